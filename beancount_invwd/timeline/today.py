"""What happens to allowances on a day → movements, once it ends.

What units took along is settled with what the ledger has booked of it; both may stand in any order.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.booked.claim import is_booked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.booked.booked import Booked
    from beancount_invwd.lots.moves import Outflow
    from beancount_invwd.movements.movement import Movement
    from beancount_invwd.movements.releases import Releases
    from beancount_invwd.timeline.due import Due
    from beancount_invwd.timeline.intake import Intake
    from beancount_invwd.timeline.ordered import Ordered

_get_date = attrgetter("date")


class Today:
    """Notes what happens until the day ends.

    Args:
        releases: What units took along.
        booked: What the ledger has booked itself.
        ordered: What is ordered.
        intake: Takes prices.
        movements: Takes what is to be written and what is booked.

    Attributes:
        date: A day on which something happened, until it is ended; None if there is none.
        entries: The ledger.
        is_claim: Tells what is booked.
    """

    def __init__(
        self,
        releases: Releases,
        booked: Booked,
        ordered: Ordered,
        intake: Intake,
        movements: list[Movement],
    ) -> None:
        self.date: datetime.date | None = None
        self.entries: Sequence[Any] = ()
        self.is_claim = is_booked
        self._releases = releases
        self._booked = booked
        self._ordered = ordered
        self._intake = intake
        self._movements = movements

    def begin(self, day: datetime.date) -> None:
        """Begin a day: another one ends."""
        if self.date is not None and day != self.date:
            self.end(self.date)

    def note(self, txn: Any, outflow: Outflow | None) -> None:
        """Note what a transaction did to allowances, or says that it did."""
        is_claim, is_any = bool(txn.tags) and self.is_claim(txn), self._ordered.is_any
        if is_claim or outflow is not None or is_any:
            self.date = txn.date
        if outflow is not None:
            self._releases.record(txn, outflow, is_booked=is_claim)
        if (is_any or is_claim) and self._ordered.note(txn, is_claim=is_claim):
            self._booked.note_use(txn)
        elif is_claim:
            if txn.date != self._booked.day:
                self._foresee(txn.date)
            self._movements += self._booked.note(txn)

    def _foresee(self, day: datetime.date) -> None:
        """Look at all entries of a day: what is booked by hand may be taken before its end."""
        entries = self.entries
        start = bisect_left(entries, day, key=_get_date)
        of_day = entries[start : bisect_right(entries, day, start, key=_get_date)]
        if self._booked.foresee(day, of_day):
            for entry in of_day:
                if type(entry) is data.Price:  # all of the day count
                    self._intake.take_price(entry)

    def end(self, day: datetime.date | None, test: Due | None = None) -> None:
        """Write what units took along on a day, as far as the ledger has not booked it.

        Args:
            day: The day.
            test: What is tested of it next.
        """
        self.date = None
        if day is not None:
            delivered = self._ordered.end_day(day, test)  # before what is booked of that test
            self._movements += self._booked.end_day(self._releases, day) + delivered
