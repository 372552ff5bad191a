"""Transactions of a day → which prices are those of sales (ACCOUNTING section 4).

`beancount.plugins.implicit_prices` makes prices of all that is bought or sold. Only what goods left
at says what they sell for, and not if the sale is marked as none of the ordinary course:

    2024-02-29 * "Clearance"
      invwd-exclude: TRUE
      Assets:Inventory  -10 MUG {10.00 USD} @ 4.00 USD
"""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from beancount.core import data

from beancount_invwd.directives.metadata import EXCLUDE

_get_date = attrgetter("date")


class Sales:
    """Looks sales up, a day at a time.

    Args:
        entries: The ledger's entries, sorted.
    """

    def __init__(self, entries: Sequence[Any] = ()) -> None:
        self._entries = entries
        self._day: datetime.date | None = None
        self._sold: set[tuple[str, Any]] = set()

    def have(self, price: Any) -> bool:
        """Whether units left at a price on its day."""
        if price.date != self._day:
            self._day, self._sold = price.date, set(self._list_sold(price.date))
        return (price.currency, price.amount) in self._sold

    def _list_sold(self, day: datetime.date) -> Iterator[tuple[str, Any]]:
        entries = self._entries
        start = bisect_left(entries, day, key=_get_date)
        for txn in entries[start : bisect_right(entries, day, start, key=_get_date)]:
            if type(txn) is not data.Transaction or txn.meta.get(EXCLUDE) is True:
                continue
            row: Any
            for row in txn.postings:
                is_excluded = (row.meta or {}).get(EXCLUDE) is True
                if row.price is not None and row.units.number < 0 and not is_excluded:
                    yield row.units.currency, row.price
