"""Prices and `invwd-nrv` that are evidence of an earlier date (IAS 10.9(b)(ii), ASC 855-10-25-1).

    2025-01-20 price MUG 5.50 USD
      invwd-as-of: 2024-12-31

It counts on 2024-12-31 before any other price of that day, and from its own date as a price of
that date. Where 2024-12-31 is closed it counts there only if the books of that date have it.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.metadata import AS_OF, show
from beancount_invwd.directives.statements import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.directives.read import Directives

    Follow = Callable[[Collection[int]], tuple[Mapping[str, datetime.date], datetime.date | None]]
    """Evidence → when items would have been written otherwise, and the last test."""

_OWN_DATE = "__invwd_own_date__"
_NEVER, _EVER = datetime.date.min, datetime.date.max
_get_date = attrgetter("date")


def find_own_date(entry: Any) -> datetime.date | None:
    """The date of the directive of which this is the earlier evidence; None if it is itself."""
    found: datetime.date | None = entry.meta.get(_OWN_DATE)
    return found


def list_stated(entries: Sequence[Any]) -> list[Any]:
    """List prices and values that say of which date they are evidence."""
    found = [entry for entry in entries if AS_OF in entry.meta]
    return [entry for entry in found if type(entry) in {data.Price, data.Custom}]


class Later:
    """Finds evidence that came later.

    Args:
        directives: What the ledger states.
        entries: All entries.
        stated: Those that say of which date they are evidence.
        most_days: How many days after a date evidence of it may come.
        operating: The operating currencies, whose prices are rates.
        mistakes: Takes what is wrong.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (all that decides which of it counts)
        self,
        directives: Directives,
        entries: Sequence[Any],
        stated: Sequence[Any],
        most_days: int,
        operating: Collection[str],
        mistakes: Mistakes,
    ) -> None:
        self._directives = directives
        self._most_days = most_days
        self._mistakes = mistakes
        self._stated = stated
        self._currencies = set(operating)
        if self._stated:
            quotes = (entry.amount.currency for entry in entries if type(entry) is data.Price)
            self._currencies |= set(quotes)

    def insert(
        self, entries: Sequence[Any], end: datetime.date, booked: Collection[int] = ()
    ) -> Sequence[Any]:
        """Insert evidence where it counts.

        Args:
            entries: The entries that are followed.
            end: The last date that is, inclusive.
            booked: The identities of the evidence that counts on or before a closed date.
        """
        closed = self._directives.closed
        found = [
            early
            for entry, early in self._list_early(end)
            if closed is None or early.date > closed or id(entry) in booked
        ]
        if not found:
            return entries
        merged = list(entries)
        for early in found:
            merged.insert(bisect_right(merged, early.date, key=_get_date), early)
        return merged

    def find_booked(self, follow: Follow) -> Collection[int]:
        """Find evidence of closed dates that their books have: with it nothing is different.

        What came last, after the books were closed, is left out first.

        Args:
            follow: Follows the closed dates with some of it.
        """
        closed = self._directives.closed
        if closed is None or not self._stated:
            return ()
        known = [
            (entry, self._find_item(entry))
            for entry in self._stated
            if self._is_of_goods(entry)
            and self._find_problem(entry) is None
            and entry.meta[AS_OF] <= closed
        ]
        while known:
            different, tested_on = follow({id(entry) for entry, _ in known})
            wrong = dict[str, datetime.date]()
            for entry, item in known:
                day = entry.meta[AS_OF]
                if not tested_on or tested_on < day or different.get(item, _NEVER) >= day:
                    wrong[item] = max(wrong.get(item, _NEVER), entry.date)
            if not wrong:
                break
            known = [(e, item) for e, item in known if e.date < wrong.get(item, _EVER)]
        return {id(entry) for entry, _ in known}

    def _is_of_goods(self, entry: Any) -> bool:
        row = self._directives.by_entry.get(id(entry))
        return type(entry) is data.Price or isinstance(row, Statement)

    def _find_item(self, entry: Any) -> str:
        row = self._directives.by_entry.get(id(entry))
        return row.item if isinstance(row, Statement) else entry.currency

    def _list_early(self, end: datetime.date) -> Iterator[tuple[Any, Any]]:
        """Evidence, and its copy on the date that it is of; what is wrong is reported."""
        for entry in self._stated:
            if not self._is_of_goods(entry):
                continue  # an error already
            problem = self._find_problem(entry)
            if problem:
                self._mistakes.block(self._find_item(entry), entry.meta, problem, entry)
                continue
            row = self._directives.by_entry.get(id(entry))
            day = entry.meta[AS_OF]
            if day < entry.date and day <= end:
                meta = {**entry.meta, _OWN_DATE: entry.date}
                early = entry._replace(date=day, meta=meta)
                value = row._replace(date=day, entry=early) if isinstance(row, Statement) else None
                self._directives.note_later(early, value)
                yield entry, early

    def _find_problem(self, entry: Any) -> str | None:
        day = entry.meta[AS_OF]
        if not isinstance(day, datetime.date):
            return f"{AS_OF} is {show(day)}; allowed is a date such as 2024-12-31"
        if type(entry) is data.Price and entry.currency in self._currencies:
            return (
                f"{AS_OF} says nothing on an exchange rate: that of the day counts which is "
                "measured (IAS 21.23); remove it"
            )
        if day > entry.date:
            return (
                f"{AS_OF} is {day}, after its own date; it is the earlier date that this tells of"
            )
        if (entry.date - day).days > self._most_days:
            return (
                f"{AS_OF} is {day}, more than {self._most_days} days before; later evidence of a "
                "date is none of it any more; remove it, or raise 'evidence_after'"
            )
        return None
