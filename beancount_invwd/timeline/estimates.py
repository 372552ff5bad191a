"""Estimates that change, day by day, and which movements tell of it.

The effect falls into the first measurement from the date on (IAS 8.36); what is written then says
so: "selling cost 8% (5% until 2024-12-31)".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from beancount_invwd.allowance.changes import list_allowances
from beancount_invwd.directives.estimates import Estimate
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import drop_zeros
from beancount_invwd.policy.estimates import WIDE
from beancount_invwd.timeline.told import Change, Saved, Teller

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.allowance.weigh import Weigher
    from beancount_invwd.booked.closed import ClosedPeriod
    from beancount_invwd.commitments.orders import Orders
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.stock import Stock, StockKey
    from beancount_invwd.movements.materiality import Materiality
    from beancount_invwd.movements.movement import Movement
    from beancount_invwd.policy.policy import Policy
    from beancount_invwd.timeline.agenda import Agenda

    Effects = tuple[Mapping[int, Decimal], Mapping[StockKey, Decimal]]
    """By the number of the lot, and by what is ordered."""


class Estimates:
    """Puts estimates into force.

    Args:
        policy: The policy of the `plugin` line.
        directives: Have the terms of goods.
        books: The lots.
        weigher: Weighs them.
        materiality: Tells what of losses is a line of its own.
        agenda: Takes what has to be tested.
        closed: What of a closed period is not yet written.

    Attributes:
        policy: The policy as of today, for all goods.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (all that estimates are of)
        self,
        policy: Policy,
        directives: Directives,
        books: Books,
        weigher: Weigher,
        materiality: Materiality,
        agenda: Agenda,
        closed: ClosedPeriod,
    ) -> None:
        self.policy = policy
        self._parameters = directives.parameters
        self._teller = Teller(books, directives.chart, directives.parameters)
        self._books = books
        self._weigher = weigher
        self._materiality = materiality
        self._agenda = agenda
        self._closed = closed
        self._changes: list[Change] = []  # since the last measurement
        self._last: datetime.date | None = None
        self._told: set[StockKey] = set()
        self._effects: Effects = {}, {}

    def take(self, row: Estimate) -> None:
        """Put an estimate into force."""
        saved = self._parameters.save(), self.policy
        of = self.policy if row.key in WIDE else self._find_terms(row)
        self._change(row, getattr(of, row.key), saved)
        if row.key in WIDE:
            self.policy = self.policy._replace(**{row.key: row.value})
        else:
            self._parameters.change(row)
            if not row.place:
                terms = self.policy.terms._replace(**{row.key: row.value})
                self.policy = self.policy._replace(terms=terms)
        self._apply()
        self._materiality.change(self.policy)
        self._agenda.add(self._books.stocks.values())

    def _apply(self) -> None:
        """Let goods be measured by what holds now."""
        self._weigher.demand.change(self.policy.idle, self.policy.coverage)
        self._weigher.memory.forget_rates()
        self._books.renew_terms()

    @property
    def count(self) -> int:
        """How many changed since all goods were tested."""
        return len(self._changes)

    @contextmanager
    def undone(self, since: int) -> Iterator[None]:
        """Let goods be measured by the estimates before; the first that changed stay."""
        if since >= self.count:
            yield
            return
        now = self._parameters.save(), self.policy
        self._restore(self._changes[since].saved)
        yield
        self._restore(now)

    def _find_terms(self, row: Estimate) -> Any:
        if row.is_of_account:
            return self._parameters.of_item("", row.place)
        return self._parameters.of_item(row.place)

    def _change(self, row: Estimate, before: Any, saved: Saved) -> None:
        for other in self._changes:  # of the same day, that of a wider place
            is_same = (other.estimate.date, other.estimate.key) == (row.date, row.key)
            if is_same and other.estimate.value == before:
                before = other.before
        if before != row.value:
            self._changes.append(Change(row, before, saved))

    def find_effects(self, day: datetime.date, orders: Orders) -> Effects:
        """Find what allowances and liabilities are to be more since estimates changed.

        Args:
            day: A measurement date, before what it finds is set.
            orders: What is ordered.
        """
        self._effects = {}, {}
        if all(row.estimate.key == "materiality" for row in self._changes):
            return self._effects
        self._closed.look(day, is_over=True)
        stocks = list(self._books.stocks.values())
        lots, losses = self._measure(stocks, day, orders)
        with self.undone(0):
            lots_before, losses_before = self._measure(stocks, day, orders)
        found = {}
        for stock in stocks:
            for number, lot in stock.lots.items() if stock.key not in self._told else ():
                carried = lot.allowance
                effect = lots.get(number, carried) - lots_before.get(number, carried)
                if effect:
                    found[number] = effect
        ordered = {key: loss - losses_before[key] for key, loss in losses.items()}
        self._effects = found, drop_zeros(ordered)
        return self._effects

    def _measure(self, stocks: Sequence[Stock], day: datetime.date, orders: Orders) -> Effects:
        """What lots and orders lose on a date; nothing is set."""
        weighed = self._closed.weigh(self._weigher.ask(), stocks, day, by_lot=True).weighed
        rows = {key: orders.look_out(key, day) for key in orders.keys if key not in self._told}
        losses = {
            key: sum([row.loss or ZERO for row in found], ZERO) for key, found in rows.items()
        }
        return list_allowances(weighed), losses

    def _restore(self, saved: Saved) -> None:
        terms, self.policy = saved
        self._parameters.restore(terms)
        self._apply()

    def tell(self, movements: Sequence[Movement]) -> Sequence[Movement]:
        """Let what a measurement writes tell of the estimates that changed since the last one."""
        if not self._changes:
            return movements
        return [self._teller.tell(row, self._changes, self._last) for row in movements]

    def end_test(self, day: datetime.date, only: frozenset[str] | None, *, is_owed: bool) -> None:
        """Forget what changed, but where goods were not tested, or a closed period lacks it.

        Args:
            day: The measurement date.
            only: The items whose groups were tested; None is all.
            is_owed: Whether a closed period lacks something of what is ordered.
        """
        self._last = day
        if not self._changes:
            return
        lots, orders = self._effects
        if self._closed.covers(day) and (self._closed.lacks(lots) or (orders and is_owed)):
            return
        if only is not None:
            self._told |= {key for key in self._books.stocks if key.commodity in only}
            return
        self._changes, self._told = [], set()
