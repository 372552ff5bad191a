"""Lots + evidence → what each is worth on a date, and the allowances that their groups need.

No allowance is changed here. `assess` and `plan` look at each lot and say why it is worth what;
`weigh` gives the same results and takes the short way where all units of a stock are alike. Until
when they hold goes on the agenda, and what cannot be measured among the mistakes.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Protocol

from beancount_invwd.allowance.groups import Group, Grouping, Plan, Row
from beancount_invwd.allowance.outcomes import Outcome, weigh
from beancount_invwd.allowance.uniform import Uniform, Worth
from beancount_invwd.directives.mistakes import Mistakes
from beancount_invwd.directives.read import Directives
from beancount_invwd.ground.dates import earlier
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import allot
from beancount_invwd.lots.books import Books
from beancount_invwd.lots.demand import Demand, Rate
from beancount_invwd.lots.stock import NO_LIMIT, Lot, Place, Stock
from beancount_invwd.measure.evidence import EvidenceBook
from beancount_invwd.measure.formula import AS_IS, Formula
from beancount_invwd.measure.materials import Materials
from beancount_invwd.measure.measured import Evidence, Measured, Unit, measure_item, measure_lot
from beancount_invwd.measure.prices import Price
from beancount_invwd.policy.policy import Terms
from beancount_invwd.timeline.agenda import Agenda

_UNKNOWN_TERMS = Measured(None, "", lack="terms")
_NEGATIVE = Measured(None, "", lack="units")
_ONE_UNIT = Unit(ZERO)


class Lacks(Protocol):
    """Takes what measuring found lacking."""

    def report_negative(self, lot: Lot) -> None:
        """Take a lot of which more left than there was."""

    def report_margin(self, stock: Stock) -> None:
        """Take an item that needs a normal margin and has none."""


class Assessor:
    """Measures what the books hold.

    Args:
        directives: Tell what goes into what.
        mistakes: Takes what is wrong.
        lacks: Takes what measuring found lacking.
        grouping: Tells which lots are one group.
        books: The lots.
        demand: What was sold or used.
        agenda: Takes until when an assessment is good.
        find_contra: Gives the allowance account of a place.
        evidence: What the directives say; None is nothing so far.

    Attributes:
        evidence: What the directives so far say.
        demand: As given.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (one of each stage before)
        self,
        directives: Directives,
        mistakes: Mistakes,
        lacks: Lacks,
        grouping: Grouping,
        books: Books,
        demand: Demand,
        agenda: Agenda,
        find_contra: Callable[[Place], str],
        evidence: EvidenceBook | None = None,
    ) -> None:
        self.evidence = evidence or EvidenceBook()
        self.demand = demand
        self._directives = directives
        self._mistakes = mistakes
        self._lacks = lacks
        self._grouping = grouping
        self._is_by_lot = grouping.basis == "lot"
        self._books = books
        self._agenda = agenda
        self._find_contra = find_contra
        self._uniform = Uniform(grouping, find_contra)
        self._materials = Materials(directives, self.evidence, books.stocks)
        self._members: defaultdict[tuple[str, str, str], list[Stock]] = defaultdict(list)
        self._grouped = 0  # how many of the stocks are in there

    def assess(self, stock: Stock, day: datetime.date) -> list[Row]:
        """Measure the lots of a stock; those that cannot be are there with the reason."""
        rows = []
        known: dict[int, Evidence] = {}  # by identity, which is quicker to hash
        until = None
        for lot in stock.lots.values():
            terms = lot.terms
            if lot.units < 0:
                self._lacks.report_negative(lot)
                measured = _NEGATIVE
            elif terms is None:
                measured = _UNKNOWN_TERMS
            else:
                evidence = known.get(id(terms))
                if evidence is None:
                    evidence = known[id(terms)] = self.find_evidence(stock, terms, day)
                particular = self.evidence.find_particular(lot)
                measured = measure_lot(lot, terms, evidence, particular, day)
                until = earlier(until, measured.until)
            if measured.lack == "margin":
                self._lacks.report_margin(stock)
            rows.append(Row(lot, measured))
        self._agenda.hold(stock, until)
        return rows

    def find_evidence(self, stock: Stock, terms: Terms, day: datetime.date) -> Evidence:
        """Find all that is known of a stock on a date, for lots of these terms."""
        evidence = self.evidence.find(stock, terms, day)
        if stock.facts.used_in:
            evidence = self._materials.judge(stock, evidence, day)
        if self.demand.is_asked:
            evidence = evidence._replace(rates=self.demand.find_rates(stock, day))
        return evidence

    def weigh(self, stocks: Iterable[Stock], day: datetime.date, *, by_lot: bool) -> list[Outcome]:
        """Find out what a measurement of the groups that these stocks are in would change.

        Groups in which nothing is lost and nothing was may be left out.

        Args:
            stocks: The stocks.
            day: The measurement date.
            by_lot: Whether all of it has to be told lot by lot.
        """
        outcomes: list[Outcome] = []
        if self._grouping.is_by_item:
            for stock in stocks:
                self._agenda.rouse(stock)
                if stock.lots and (stock.allowance or not self._is_covered(stock, day)):
                    outcomes += self._weigh_group([stock], day, by_lot=by_lot)
        else:
            for group in self._list_groups(stocks):
                outcomes += self._weigh_group(group, day, by_lot=by_lot)
        return sorted(outcomes, key=lambda outcome: (outcome.group, outcome.is_own))

    def plan(self, stocks: Iterable[Stock], day: datetime.date) -> list[Plan]:
        """Compute the new allowances of the groups that these stocks are in.

        Groups in which nothing is lost and nothing was are left out.
        """
        groups = [[s] for s in stocks] if self._grouping.is_by_item else self._list_groups(stocks)
        plans = [plan for group in groups for plan in self._plan_group(group, day)]
        return sorted(filter(_matters, plans), key=lambda plan: plan.group)

    def plan_at(self, share: Decimal, stocks: Iterable[Stock], day: datetime.date) -> list[Plan]:
        """Compute the same if items sold for a share of what they do on that date.

        Contracts, replacement costs, and what is known of particular goods stay as they are, and so
        do allowances that are locked.
        """
        scaled = Assessor(
            self._directives,
            self._mistakes,
            self._lacks,
            self._grouping,
            self._books,
            self.demand,
            self._agenda,
            self._find_contra,
            self.evidence.scale_prices(share),
        )
        return scaled.plan(stocks, day)

    def _is_covered(self, stock: Stock, day: datetime.date) -> bool:
        """Whether a price that is all that is known covers the cost of a stock without allowance.

        That it gets too old one day changes nothing: without a measure there is no loss either.
        """
        formula, terms = stock.formula, stock.terms
        if formula is None or terms is None or terms.ageing:
            return False
        entry = self.evidence.prices.find_only(stock.key.commodity, stock.key.currency)
        if entry is None or not self._is_uniform(stock):
            return False
        price: Decimal = entry.amount.number
        value = least = price if formula is AS_IS else formula.find_least(price)
        if least < stock.cost_unit_highest:
            if formula.measure != "nrv":
                value = self._find_by_replacement(stock, formula, price, day)
            if value < stock.cost_unit_highest and not self._is_sound(stock, value):
                return False
        if not self.demand.is_asked:
            if least >= stock.cost_unit_highest:
                self._agenda.rest(stock, stock.cost_unit_highest if formula is AS_IS else price)
            return True
        rate, until = self._find_rate(stock, day)
        if rate is None:
            self._agenda.hold(stock, until)
        return rate is None

    def _find_by_replacement(
        self, stock: Stock, formula: Formula, price: Decimal, day: datetime.date
    ) -> Decimal:
        """The least that a unit is worth by replacement cost too, however old the evidence is."""
        if formula.measure == "replacement":
            return ZERO  # once it is too old, the price may be less
        replacement = self.evidence.find_replacement(stock, day, None)
        return formula.find_value(price, replacement.number if replacement else None)[0]

    def _is_sound(self, stock: Stock, value: Decimal) -> bool:
        """Whether a value per unit covers the cost of each lot, or else that of all together."""
        if stock.cost_unit_highest is NO_LIMIT:
            return not self._is_by_lot and stock.cost <= value * stock.units
        lots = stock.lots.values()
        stock.cost_unit_highest = max([lot.cost_unit for lot in lots], default=ZERO)
        if value >= stock.cost_unit_highest:
            return True
        if self._is_by_lot:
            return False
        return sum([lot.units * (lot.cost_unit - value) for lot in lots]) <= ZERO

    def _is_uniform(self, stock: Stock) -> bool:
        """Whether all units of a stock are worth the same, but for rates off cost."""
        return stock.is_plain and stock.key.commodity not in self.evidence.stated

    def _weigh_group(
        self, stocks: Sequence[Stock], day: datetime.date, *, by_lot: bool
    ) -> list[Outcome]:
        parts = []
        for stock in stocks:
            worth = self._find_worth(stock, day)
            if worth is None:
                return [weigh(plan, self._find_contra) for plan in self._plan_group(stocks, day)]
            if not worth.reason:
                self._agenda.hold(stock, worth.until)
                continue
            if self._grouping.may_wait and not by_lot:
                whole = self._uniform.weigh_whole(stock, worth)
                if whole is not None:
                    self._agenda.hold(stock, worth.until)
                    return [whole]
            parts.append((stock, worth))
        if not parts:
            return []
        outcomes, untils = self._uniform.weigh(parts, day)
        for (stock, _), until in zip(parts, untils, strict=True):
            self._agenda.hold(stock, until)
        return outcomes

    def _find_worth(self, stock: Stock, day: datetime.date) -> Worth | None:
        """Find what each unit of a stock is worth; None if its lots have to be looked at.

        Without a measure there is no reason.
        """
        terms = stock.terms
        if terms is None or not self._is_uniform(stock):
            return None
        ageing, formula = terms.ageing, stock.formula
        rate, rate_until = self._find_rate(stock, day) if self.demand.is_asked else (None, None)
        plain = self.evidence.find_plain(stock, terms, day) if formula is not None else None
        if plain is not None and formula is not None:
            entry, replacement, until = plain
            number = entry.amount.number
            value, reason = formula.find_value(number, replacement.number if replacement else None)
            price = Price(number, entry.date, entry, None) if reason != "replacement" else None
            return Worth(value, reason, price, earlier(until, rate_until), ageing, rate)
        if terms.measure == "cost":
            return Worth(None, "cost", None, rate_until, ageing, rate)
        found = measure_item(_ONE_UNIT, terms, self.evidence.find(stock, terms, day))
        if found.lack not in {None, "price"}:
            return None
        until = earlier(found.until, rate_until)
        return Worth(found.total, found.reason, found.price, until, ageing, rate)

    def _find_rate(
        self, stock: Stock, day: datetime.date
    ) -> tuple[Rate | None, datetime.date | None]:
        """Find the highest rate off cost by demand, and until when no other one holds."""
        highest = until = None
        for rate in self.demand.find_rates(stock, day):
            until = earlier(until, rate.until)
            if rate.share and (highest is None or rate.share > highest.share):
                highest = rate
        return highest, until

    def _list_groups(self, stocks: Iterable[Stock]) -> list[list[Stock]]:
        """List the stocks of the wide groups that any of these is in."""
        names = {self._grouping.name_wide(stock): None for stock in stocks}
        return [self._find_members(name) for name in names]

    def _find_members(self, name: tuple[str, str, str]) -> list[Stock]:
        """The stocks of a group that have lots, for the bases category and total."""
        stocks = self._books.stocks
        if len(stocks) > self._grouped:
            for stock in islice(stocks.values(), self._grouped, None):
                self._members[self._grouping.name_wide(stock)].append(stock)
            self._grouped = len(stocks)
        return [stock for stock in self._members[name] if stock.lots]

    def _plan_group(self, stocks: Sequence[Stock], day: datetime.date) -> list[Plan]:
        together: list[Row] = []
        plans = []
        for stock in stocks:
            for row in self.assess(stock, day):
                if row.measured.total is None:
                    continue
                if row.measured.is_own or self._is_by_lot:
                    plans.append(_make_plan(self._grouping.find_group(row.lot, is_own=True), [row]))
                else:
                    together.append(row)
        if together:
            if len(stocks) > 1:
                together.sort(key=lambda row: row.lot.number)
            plans.append(
                _make_plan(self._grouping.find_group(together[0].lot, is_own=False), together)
            )
        return plans


def _matters(plan: Plan) -> bool:
    """Whether something is lost in a group, or was."""
    return any(plan.allowances) or any(row.lot.allowance for row in plan.rows)


def _make_plan(group: Group, rows: Sequence[Row]) -> Plan:
    gaps = [row.lot.cost - row.lot.locked - (row.measured.total or ZERO) for row in rows]
    locked = [row.lot.locked for row in rows]
    quantum = rows[0].lot.stock.quantum
    weights = [max(ZERO, gap) for gap in gaps]
    return Plan(group, rows, allot(sum(gaps, ZERO), weights, locked, quantum))
