"""The dates on which lots are tested, and on which allowances are locked.

Period ends are known beforehand. With `period` `price`, every date counts on which an item on hand
gets new evidence or one of its lots expires; then only that item's groups are tested.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from beancount_invwd.ground.dates import DAY, fiscal_year_end
from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.policy.policy import Policy

NEVER = datetime.date.max


class Due(NamedTuple):
    """What is due at the end of a date.

    Attributes:
        is_test: Whether lots are tested.
        items: The items whose groups are tested; None is all.
        is_lock: Whether a fiscal year ends.
    """

    date: datetime.date
    is_test: bool
    items: frozenset[str] | None
    is_lock: bool


class Calendar:
    """Tells what is due between the dates of the directives.

    Args:
        policy: Period, fiscal year, start.
        end: The last date on which lots may be tested, inclusive.
        perishables: New lots and when they expire; the calendar takes them off this list.
        is_on_hand: Whether there are units of an item today.

    Attributes:
        soonest: Nothing is due before this date's end. (With `price`, that is not known.)
    """

    def __init__(
        self,
        policy: Policy,
        end: datetime.date,
        perishables: list[tuple[datetime.date, Lot]],
        is_on_hand: Callable[[str], bool],
    ) -> None:
        self.end = end
        self._is_on_hand = is_on_hand
        self.soonest = datetime.date.min
        self._policy = policy
        self._is_by_price = policy.period == "price"
        self._perishables = perishables
        self._expiring: list[tuple[datetime.date, int, Lot]] = []
        self._events: set[str] = set()
        self._today: datetime.date | None = None
        self._test = NEVER
        self._lock = NEVER
        self._is_over = False  # after the last date that there is

    def go_to(self, day: datetime.date) -> None:
        """Begin a date; all that was due before it has been taken."""
        if self._today is None:
            self._test = self._policy.find_test_date(day)
            self._lock = fiscal_year_end(day, self._policy.year_end)
        self._today = day
        if not self._is_by_price:
            self.soonest = min(self._test, self._lock)

    def note_event(self, item: str) -> None:
        """Note that there is new evidence of an item today; it counts with `period` `price`."""
        if self._is_by_price:
            self._events.add(item)

    def is_last(self, date: datetime.date) -> bool:
        """Whether no test of all lots comes after the one on `date`."""
        return date >= self.end or self._policy.find_test_date(date + DAY) > self.end

    def take_before(self, day: datetime.date) -> Due | None:
        """Take what is due next, if that is before `day`."""
        date = self._next_date()
        return self._take(date) if date < day else None

    def take_rest(self) -> Due | None:
        """Take what is due next, up to the last date on which lots may be tested."""
        date = self._next_date()
        return self._take(date) if date <= self.end and not self._is_over else None

    def _next_date(self) -> datetime.date:
        date = min(self._test, self._lock)
        if not self._is_by_price or self._today is None:
            return date
        for expires, lot in self._perishables:
            if expires >= self._today:
                heappush(self._expiring, (expires, lot.number, lot))
        self._perishables.clear()
        self._events = {item for item in self._events if self._is_on_hand(item)}
        if self._expiring:
            date = min(date, self._expiring[0][0])
        return min(date, self._today) if self._events else date

    def _take(self, date: datetime.date) -> Due:
        self._is_over = date == NEVER
        while self._expiring and self._expiring[0][0] <= date:
            lot = heappop(self._expiring)[2]
            if lot.units > 0:
                self._events.add(lot.stock.key.commodity)
        items = None if date == self._test else frozenset(self._events)
        self._events = set()
        is_lock = date == self._lock
        following = date + DAY if date < NEVER else NEVER
        if items is None:
            self._test = self._policy.find_test_date(following)
        if is_lock:
            self._lock = fiscal_year_end(following, self._policy.year_end)
        start = self._policy.start or date
        is_test = start <= date <= self.end and (items is None or bool(items))
        return Due(date, is_test, items, is_lock)
