"""Entries of other plugins that the engine can follow, or passes over → as Beancount has them.

Reports read more than the engine: accounts that hold no inventory, prices that no measurement asks
for. What is odd there harms no books, so that nothing is left out; it is only made readable.

    price MUG 6.5 (float)                         6.5 USD
    Assets:Tools  1 SAW {datetime(2024, 1, 5)}    {2024-01-05}
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from beancount.core import data
from beancount.core.amount import Amount
from beancount.core.position import Cost

from beancount_invwd.directives.odd import find_odd
from beancount_invwd.engine.follow import BadConfiguration, follow_ledger
from beancount_invwd.engine.ledger import NotSwitchedOn


def make_readable(entries: Sequence[Any], options_map: Mapping[str, Any]) -> Sequence[Any]:
    """Make entries readable that the engine does not have to leave out.

    Args:
        entries: All entries as loaded.
        options_map: The ledger's options.

    Returns:
        The same entries if all are, or if the engine leaves out what is not.
    """
    odd = find_odd(entries)
    if not odd:
        return entries
    try:
        is_left_out = bool(follow_ledger(entries, options_map).unreadable)
    except (NotSwitchedOn, BadConfiguration):
        return entries
    if is_left_out:
        return entries
    mended = ((_mend(entry) if id(entry) in odd else entry) for entry in entries)
    return [entry for entry in mended if entry is not None]


def _mend(entry: Any) -> Any:
    """The entry as Beancount would have it; None of a price without a number."""
    entry = entry._replace(meta=_mend_meta(entry.meta))
    if type(entry) is data.Price:
        amount = _mend_amount(entry.amount)
        return None if amount is None else entry._replace(amount=amount)
    if type(entry) is data.Transaction:
        return entry._replace(postings=list(_mend_postings(entry.postings)))
    return entry


def _mend_postings(rows: Sequence[Any]) -> Iterator[Any]:
    """The postings that have an account and an amount."""
    for row in rows:
        meta = None if row.meta is None else _mend_meta(row.meta)
        units = _mend_amount(row.units)
        if units is not None and isinstance(row.account, str):
            yield row._replace(units=units, cost=_mend_cost(row.cost), meta=meta)


def _mend_meta(meta: Any) -> dict[str, Any]:
    """The metadata that has a name."""
    known = meta if isinstance(meta, dict) else {}
    return {key: value for key, value in known.items() if isinstance(key, str)}


def _mend_amount(amount: Any) -> Amount | None:
    number = _mend_number(getattr(amount, "number", None))
    currency = getattr(amount, "currency", None)
    return None if number is None or not isinstance(currency, str) else Amount(number, currency)


def _mend_number(number: Any) -> Decimal | None:
    if isinstance(number, (int, float)):
        number = Decimal(str(number))
    return number if isinstance(number, Decimal) and number.is_finite() else None


def _mend_cost(cost: Any) -> Cost | None:
    """The cost; none that was not booked, or has no number."""
    number = _mend_number(getattr(cost, "number", None))
    if number is None or not isinstance(cost.currency, str):
        return None
    day = cost.date.date() if isinstance(cost.date, datetime.datetime) else cost.date
    return Cost(number, cost.currency, day, None if cost.label is None else str(cost.label))
