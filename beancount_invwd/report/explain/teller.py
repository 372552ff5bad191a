"""The state before and after a measurement → the steps that lead from one to the other."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.allowance.changes import list_allowances
from beancount_invwd.directives.estimates import Estimate
from beancount_invwd.directives.mistakes import find_meta
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.explain.losses import name_lot, tell_loss
from beancount_invwd.report.explain.many import pick_lots
from beancount_invwd.report.explain.past import Past
from beancount_invwd.report.explain.steps import Case, Step
from beancount_invwd.report.explain.steps_demand import DemandSteps
from beancount_invwd.report.explain.steps_evidence import list_evidence
from beancount_invwd.report.explain.steps_measure import MeasureSteps
from beancount_invwd.report.ledger.holdings import LACKS
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.output.cells import name_codes
from beancount_invwd.report.output.numbers import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Lot, Stock
    from beancount_invwd.report.explain.many import Many


class Teller:
    """Tells the steps of one item.

    Args:
        before: The state of the date, without its measurement.
        after: The same with it.
        label: The lots to tell of, None for all.
    """

    def __init__(self, before: Run, after: Run, label: str | None) -> None:
        self._run = before
        self._day = before.as_of
        self._label = label
        self._plans = {lot.number: plan for plan in before.plans for lot in plan.lots}
        self._planned = list_allowances(before.plans)
        self._sources = Sources(before.options_map)
        self._demand = DemandSteps(before, self._sources)
        self._estimates = [row for row in before.directives if isinstance(row, Estimate)]
        self._past = Past(after, self._sources)
        self._now = _list_allowances(after)

    def tell(self, stock: Stock) -> Iterator[Step]:
        """Tell the steps of a stock: evidence, lots, groups, allowance, history."""
        rows = self._run.measure(stock)
        told = [row for row in rows if self._label in {None, row.lot.label}]
        if not told:
            yield Step(say("On hand"), say("units"), say("none on {day}", day=self._day), ZERO)
        else:
            many = pick_lots(told, self._planned)
            yield from self._tell_evidence(told, many)
            for row in told:
                yield from many.place(row.lot.number, self._tell_lot(row))
            yield from self._tell_groups(told, many)
            for row in told:
                yield from many.place(row.lot.number, self._tell_allowance(row.lot))
            yield from many.sum_up(self._planned)
        yield from self._past.tell(stock)

    def _make_case(self, row: Row) -> Case | None:
        lot, terms = row.lot, row.lot.terms
        if terms is None or lot.units <= 0:
            return None
        rule, particular = self._run.find_rule(lot, terms), self._run.find_particular(lot)
        return Case(lot, rule, particular, row.measured, self._day)

    def _tell_evidence(self, rows: Sequence[Row], many: Many) -> Iterator[Step]:
        cases = [case for row in rows if (case := self._make_case(row)) is not None]
        found: dict[Step, Step] = {}
        for case in cases:
            steps = list(list_evidence(case, self._sources))
            for step, placed in zip(steps, many.place(case.lot.number, steps), strict=True):
                found[step] = step if found.get(step) == step else placed
        yield from found.values()
        if cases:
            yield from self._demand.list_all(cases[0].lot.stock)

    def _tell_lot(self, row: Row) -> Iterator[Step]:
        lot = row.lot
        section = say("Lot {lot}", lot=name_lot(lot))
        source = self._sources.locate(find_meta(*lot.origin))
        formula = say("units × cost of all that is in the pool")
        if not lot.is_pool:
            formula = f"{show(lot.units)} × {show(lot.cost_unit)}"
        yield Step(section, say("cost"), formula, lot.cost, source)
        case = self._make_case(row)
        if case is not None:
            opens, estimates = self._run.opens.get, self._estimates
            yield from MeasureSteps(case, section, self._sources, opens, estimates).list_all()
        if row.measured.lack is not None:
            yield Step(section, say("measure"), translate(LACKS[row.measured.lack]))
        else:
            yield Step(section, say("decided by"), name_codes(row.measured.reason))

    def _tell_groups(self, rows: Sequence[Row], many: Many) -> Iterator[Step]:
        """The loss of each group that the lots are in, and their shares."""
        told: set[int] = set()
        for row in rows:
            plan = self._plans.get(row.lot.number)
            if plan is None or id(plan) in told:
                continue
            told.add(id(plan))
            is_netted = self._run.policy.basis in {"category", "total"}
            steps = tell_loss(plan, many, is_netted=is_netted)
            yield from many.place(row.lot.number, steps) if plan.is_apart else steps
        if not told:
            measured = [row for row in rows if row.measured.total is not None]
            if measured:
                yield Step(
                    say("Loss"),
                    say("measure"),
                    say("not below cost, in any group: nothing is lost"),
                    ZERO,
                )

    def _tell_allowance(self, lot: Lot) -> Iterator[Step]:
        """Before and after, and whether the difference was written."""
        before, after = lot.allowance, self._planned.get(lot.number, lot.allowance)
        section = say("Allowance of {lot}", lot=name_lot(lot))
        yield Step(
            section,
            say("before"),
            say("carried before {day} was measured", day=self._day),
            before,
        )
        if lot.locked and after != lot.locked:
            formula = f"{show(lot.locked)} + {show(after - lot.locked)}"
            yield Step(
                section, say("after"), say("{formula}, locked and lost", formula=formula), after
            )
        else:
            yield Step(section, say("after"), say("what is lost now"), after)
        yield Step(section, say("change"), f"{show(after)} − {show(before)}", after - before)
        yield Step(section, say("state"), self._tell_state(lot, after))

    def _tell_state(self, lot: Lot, after: Decimal) -> str:
        if lot.allowance == after:
            return say("booked") if self._past.is_booked(lot.stock) else say("nothing to write")
        if self._now.get(lot.number, ZERO) == after:
            return say("written")
        closed = self._run.closed
        if closed is not None and self._day <= closed:
            return say("not written, the period is closed on {closed}", closed=closed)
        return say("pending: {day} was not measured", day=self._day)


def _list_allowances(run: Run) -> Mapping[int, Decimal]:
    return {lot.number: lot.allowance for stock in run.stocks for lot in stock.lots.values()}
