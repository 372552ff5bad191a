"""Estimates that change, day by day, and which movements tell of it.

The effect falls into the first measurement from the date on (IAS 8.36); what is written then says
so: "selling cost 8% (5% until 2024-12-31)".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.directives.estimates import Estimate
from beancount_invwd.ground.dates import DAY
from beancount_invwd.movements.movement import LESS_STOCK
from beancount_invwd.policy.estimates import ESTIMATES, WIDE, tell_value

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.demand import Demand
    from beancount_invwd.movements.materiality import Materiality
    from beancount_invwd.movements.movement import Movement
    from beancount_invwd.policy.policy import Policy
    from beancount_invwd.timeline.agenda import Agenda


class _Change(NamedTuple):
    estimate: Estimate
    before: Any


def depends_on_demand(directives: Directives) -> bool:
    """Whether rates by demand may come into force."""
    rows = directives.by_entry.values()
    return any(isinstance(row, Estimate) and row.key in {"idle", "coverage"} for row in rows)


class Estimates:
    """Puts estimates into force.

    Args:
        policy: The policy of the `plugin` line.
        directives: Have the terms of goods.
        books: The lots.
        demand: What was sold or used.
        materiality: Tells what of losses is a line of its own.
        agenda: Takes what has to be tested.

    Attributes:
        policy: The policy as of today, for all goods.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (all that estimates are of)
        self,
        policy: Policy,
        directives: Directives,
        books: Books,
        demand: Demand,
        materiality: Materiality,
        agenda: Agenda,
    ) -> None:
        self.policy = policy
        self._parameters = directives.parameters
        self._chart = directives.chart
        self._books = books
        self._demand = demand
        self._materiality = materiality
        self._agenda = agenda
        self._changes: list[_Change] = []

    def take(self, row: Estimate) -> None:
        """Put an estimate into force."""
        of = self.policy if row.key in WIDE else self._find_terms(row)
        self._change(row, getattr(of, row.key))
        self._put(row)
        self._agenda.add(self._books.stocks.values())

    @property
    def count(self) -> int:
        """How many changed since all goods were tested."""
        return len(self._changes)

    @contextmanager
    def undone(self, since: int) -> Iterator[None]:
        """Let goods be measured by the estimates before; the first that changed stay."""
        changes = self._changes[since:]
        for change in reversed(changes):
            self._put(change.estimate._replace(value=change.before))
        yield
        for change in changes:
            self._put(change.estimate)

    def _put(self, row: Estimate) -> None:
        if row.key in WIDE:
            self.policy = replace(self.policy, **{row.key: row.value})
            self._demand.change(self.policy.idle, self.policy.coverage)
            self._materiality.change(self.policy)
        else:
            self._parameters.change(row)
            if not row.place:
                terms = replace(self.policy.terms, **{row.key: row.value})
                self.policy = replace(self.policy, terms=terms)
            self._books.renew_terms()

    def _find_terms(self, row: Estimate) -> Any:
        if row.is_of_account:
            return self._parameters.of_item("", row.place)
        return self._parameters.of_item(row.place)

    def _change(self, row: Estimate, before: Any) -> None:
        for other in self._changes:  # of the same day, that of a wider place
            is_same = (other.estimate.date, other.estimate.key) == (row.date, row.key)
            if is_same and other.estimate.value == before:
                before = other.before
        if before != row.value:
            self._changes.append(_Change(row, before))

    def tell(
        self, movements: Sequence[Movement], last: datetime.date | None, *, is_of_all: bool
    ) -> Sequence[Movement]:
        """Let what a measurement writes tell of the estimates that changed since the last one.

        A reversal whose price is no newer than that comes from them, not from the price.

        Args:
            movements: What it writes.
            last: The date of the last measurement.
            is_of_all: Whether all goods were tested; else the others still wait.
        """
        if not self._changes:
            return movements
        told = [self._tell(row, last) for row in movements]
        if is_of_all:
            self._changes = []
        return told

    def _tell(self, row: Movement, last: datetime.date | None) -> Movement:
        texts, price = self._list_texts(row), row.price
        is_new = price is not None and (last is None or price.date > last or price.rate is not None)
        is_price = row.reason in {"price", LESS_STOCK} and price is not None
        if not texts or row.kind != "reversal" or is_new or not is_price:
            return row._replace(estimates=texts)
        return row._replace(estimates=texts, reason="estimate")

    def _list_texts(self, row: Movement) -> tuple[str, ...]:
        if row.measure is None or row.kind not in {"write-down", "write-off", "reversal"}:
            return ()
        return tuple(_tell(change) for change in self._changes if self._concerns(change, row))

    def _concerns(self, change: _Change, row: Movement) -> bool:
        """Whether goods of a group are measured by an estimate."""
        estimate, group = change.estimate, row.group
        if estimate.key == "materiality":
            return False
        item = group.commodity
        places = [place for place in self._books.list_places() if place.contra in row.changes]
        accounts = {place.account for place in places if item in {"", place.commodity}}
        if estimate.is_of_account:
            accounts &= {estimate.place}
            if not accounts:
                return False
        elif estimate.place and item != estimate.place:
            category = self._chart.items.category(estimate.place)
            return not item and group.category in {"", category}
        if not item or estimate.key in WIDE:
            return True
        terms = [self._parameters.of_item(item, account) for account in accounts]
        return any(getattr(row, estimate.key) == estimate.value for row in terms)


def _tell(change: _Change) -> str:
    row = change.estimate
    until = f"{tell_value(change.before)} until {row.date - DAY}"
    return f"{ESTIMATES[row.key]} {tell_value(row.value)} ({until})"
