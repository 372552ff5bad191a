"""A measurement date → the movements of that date (ACCOUNTING section 2).

The stocks of which something changed are weighed. In an open period their groups get new
allowances, and what changed is described, with what it corrects of a closed one; in a closed period
nothing changes but what the ledger says itself, and the difference is noted.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from beancount_invwd.allowance.changes import Weighed, merge
from beancount_invwd.ground.money import ZERO
from beancount_invwd.lots.stock import set_all
from beancount_invwd.movements.movement import LESS_STOCK, MORE_DEMAND, Movement, describe

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_invwd.allowance.weigh import Weigher
    from beancount_invwd.booked.closed import ClosedPeriod
    from beancount_invwd.lots.books import Books
    from beancount_invwd.movements.materiality import Materiality
    from beancount_invwd.timeline.agenda import Agenda
    from beancount_invwd.timeline.missing import Missing

DEMAND = frozenset({"coverage", "idle"})
"""Rules by which demand takes something off cost."""


class Measurement:
    """Measures on dates.

    Args:
        books: The lots.
        agenda: Tells which stocks have to be tested.
        weigher: Weighs them.
        closed: Takes what a measurement of a closed date would change, and gives it back.
        materiality: Tells what of losses is a line of its own.
        missing: Takes what has no measure.
        is_final: Whether what is recognised is not reversed any more.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (one of each stage before)
        self,
        books: Books,
        agenda: Agenda,
        weigher: Weigher,
        closed: ClosedPeriod,
        materiality: Materiality,
        missing: Missing,
        *,
        is_final: bool,
    ) -> None:
        self._books = books
        self._agenda = agenda
        self._weigher = weigher
        self._closed = closed
        self._materiality = materiality
        self._missing = missing
        self._is_final = is_final
        self._slow: dict[int, tuple[str, Decimal]] = {}

    def test(self, day: datetime.date, only: frozenset[str] | None) -> Sequence[Movement]:
        """Measure what may have changed.

        Args:
            day: The measurement date.
            only: The items whose groups are tested; None is all.

        Returns:
            What is to be written.
        """
        closed = self._closed
        closed.follow(self._books.moved or ())
        if not closed.covers(day):
            closed.write_late(day)
        due = self._agenda.take(day, only)
        written: Sequence[Movement] = ()
        with closed.lent():
            weighed, lacking = self._weigher.weigh(due, day, by_lot=closed.through is not None)
            self._missing.report_lacking(lacking)
            if only is not None:
                weighed = [row for row in weighed if not only.isdisjoint(row.items)]
            if closed.covers(day):
                closed.note(weighed, due)
                self._keep(weighed)
            else:
                written = self._write(weighed, day)
                closed.forget(None if only is None else due)  # what is different no more
        if closed.covers(day):
            self._materiality.place(day, (), (), is_closed=True)
            if self._is_final:
                closed.lock()
        self._books.moved = [] if closed.has_gaps else None
        return written

    def _write(self, weighed: Sequence[Weighed], day: datetime.date) -> Sequence[Movement]:
        """Set the allowances of groups and describe what changed."""
        corrects, found = self._closed.take_gaps(weighed), []
        for together in merge(weighed):
            late = sum([corrects[id(row)] for row in together], ZERO)
            row = describe(together, day, late)
            why = self._find_demand(together) if row.kind == "reversal" else None
            found.append(row if why is None else row._replace(reason=why))
        found = self._closed.correct(found, day)
        found = self._materiality.place(day, found, weighed, is_closed=False)
        for weight in weighed:
            weight.set(is_final=self._is_final)
            self._note_demand(weight)
        return found

    def _note_demand(self, row: Weighed) -> None:
        """Note lots that are worth less for want of demand, with the units of their item."""
        for lot, reason in zip(row.lots, row.reasons, strict=False):
            if reason in DEMAND:
                self._slow[lot.number] = reason, lot.stock.units
            else:
                self._slow.pop(lot.number, None)

    def _find_demand(self, together: Sequence[Weighed]) -> str | None:
        """Tell whether a loss came back because demand does no longer take anything off."""
        if not self._slow or any(DEMAND.intersection(row.reasons) for row in together):
            return None
        for row in together:
            for lot in row.list_lots():
                reason, units = self._slow.pop(lot.number, (None, ZERO))
                if reason is not None:
                    is_less = reason == "coverage" and lot.stock.units < units
                    return LESS_STOCK if is_less else MORE_DEMAND
        return None

    def _keep(self, weighed: Iterable[Weighed]) -> None:
        """Keep the allowances of a closed date, but for what went only from lot to lot."""
        for row in weighed:
            if row.changes:
                set_all(row.lots, [lot.allowance for lot in row.lots], is_apart=row.is_apart)
                self._agenda.add({lot.stock for lot in row.lots})
            else:  # no booking tells that
                row.set(is_final=self._is_final)
