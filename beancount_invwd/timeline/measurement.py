"""A measurement date → the movements of that date (ACCOUNTING section 2).

The stocks of which something changed are weighed. In an open period their groups get new
allowances, and what changed is described, with what it corrects of a closed one; in a closed period
nothing changes but what the ledger says itself, and the difference is noted.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from beancount_invwd.allowance.changes import Weighed, merge
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import overlap
from beancount_invwd.lots.stock import set_all
from beancount_invwd.movements.movement import LESS_STOCK, Movement, describe

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_invwd.allowance.weigh import Weigher
    from beancount_invwd.booked.closed import ClosedPeriod
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.movements.materiality import Materiality
    from beancount_invwd.policy.policy import Policy
    from beancount_invwd.timeline.agenda import Agenda
    from beancount_invwd.timeline.missing import Missing
    from beancount_invwd.timeline.parting import Parting


class Measurement:
    """Measures on dates.

    Args:
        policy: Tells what may be reversed.
        books: The lots.
        agenda: Tells which stocks have to be tested.
        weigher: Weighs them.
        closed: Takes what a measurement of a closed date would change, and gives it back.
        materiality: Tells what of losses is a line of its own.
        missing: Takes what has no measure.

    Attributes:
        parting: Parts what is written by cause; None if nobody asks.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (one of each stage before)
        self,
        policy: Policy,
        books: Books,
        agenda: Agenda,
        weigher: Weigher,
        closed: ClosedPeriod,
        materiality: Materiality,
        missing: Missing,
    ) -> None:
        self._books = books
        self._agenda = agenda
        self._weigher = weigher
        self._closed = closed
        self._materiality = materiality
        self._missing = missing
        self.parting: Parting | None = None
        self._is_final = policy.reversals == "none"
        self._tested_on: datetime.date | None = None
        self._units: dict[Stock, Decimal] = {}  # on the last measurement date

    def test(
        self, day: datetime.date, only: frozenset[str] | None, effects: Mapping[int, Decimal]
    ) -> Sequence[Movement]:
        """Measure what may have changed.

        Args:
            day: The measurement date.
            only: The items whose groups are tested; None is all.
            effects: What lots are to carry more since estimates changed, by their number.

        Returns:
            What is to be written.
        """
        closed = self._closed
        self._agenda.add(closed.look(day, is_over=True))
        due = self._agenda.take(day, only)
        weighed, lacking = closed.weigh(self._weigher, due, day, by_lot=False)
        self._missing.report_lacking(lacking)
        if only is not None:
            weighed = [row for row in weighed if not only.isdisjoint(row.items)]
        written: Sequence[Movement] = ()
        if closed.covers(day):
            self._keep(weighed, day)
            self._materiality.place(day, (), (), is_closed=True)
            closed.forget()
        else:
            written = self._write(weighed, day, effects)
            closed.settle(is_all=only is None)
        if self.parting is not None:
            self.parting.remember(day, None if only is None else due)
        self._tested_on = day
        self._units |= {stock: stock.units for stock in due if stock.allowance}
        return written

    def _write(
        self, weighed: Sequence[Weighed], day: datetime.date, effects: Mapping[int, Decimal]
    ) -> Sequence[Movement]:
        """Set the allowances of groups and describe what changed."""
        groups, found = merge(weighed), []
        parts = self.parting.part(groups, day) if self.parting is not None else None
        corrects = self._closed.take_gaps(weighed, day)
        for i, together in enumerate(groups):
            gap = sum([corrects[id(row)][0] for row in together], ZERO)
            row = describe(together, day, gap)
            if effects:
                row = _take_effect(row, together, effects)
            if parts is not None:
                parts[i].add("quantity", -row.corrects)
                row = row._replace(causes=parts[i])
            late = sum([corrects[id(row)][1] for row in together], ZERO)
            if late and row.change == late:
                row = row.as_late(together)
            is_stock = self._comes_from_stock(row, together)
            found.append(row._replace(reason=LESS_STOCK) if is_stock else row)
        found = self._closed.correct(found, day)
        found = self._materiality.place(day, found, weighed, is_closed=False)
        for each in weighed:
            each.set(is_final=self._is_final)
        return found

    def _comes_from_stock(self, row: Movement, together: Sequence[Weighed]) -> bool:
        """Whether a reversal comes from less stock: its price is no newer than the last test."""
        last, price = self._tested_on, row.price
        if row.kind != "reversal" or last is None or row.corrects:
            return False
        is_old = row.reason == "price" and price is not None and price.date <= last
        is_own = price is None or price.rate is None
        if not (row.reason == "cost" or (is_old and is_own)):
            return False
        stock = next(iter(together[0].list_lots())).stock
        return stock.units < self._units.get(stock, ZERO) or self._is_sold(stock, row.date, last)

    def _is_sold(self, stock: Stock, day: datetime.date, last: datetime.date) -> bool:
        demand = self._weigher.demand
        return demand.is_asked and demand.find_last(stock, day) > last

    def _keep(self, weighed: Sequence[Weighed], day: datetime.date) -> None:
        """Keep the allowances of a closed date, but for what went only from lot to lot."""
        self._closed.note(weighed, day)
        for row in weighed:
            if row.changes:
                set_all(row.lots, [lot.allowance for lot in row.lots], is_apart=row.is_apart)
                self._agenda.add({lot.stock for lot in row.lots})
            else:  # no booking tells that
                row.set(is_final=self._is_final)


def _take_effect(
    row: Movement, together: Sequence[Weighed], effects: Mapping[int, Decimal]
) -> Movement:
    """Tell what of a change comes from estimates; that part corrects nothing (IAS 8.36)."""
    lots = [lot for each in together for lot in each.list_lots()]
    effect = sum([effects.get(lot.number, ZERO) for lot in lots], ZERO)
    return row._replace(estimate=effect, corrects=row.corrects - overlap(row.corrects, effect))
