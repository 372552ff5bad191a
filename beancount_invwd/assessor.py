"""Lots + evidence → what each is worth on a date, and the allowances that their groups need.

Nothing is changed here. Where sums show that no lot can be below cost, the lots are not looked at.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice

from beancount_invwd.agenda import Agenda
from beancount_invwd.allowance import allot
from beancount_invwd.demand import Demand
from beancount_invwd.evidence import EvidenceBook, Plain
from beancount_invwd.groups import Grouping
from beancount_invwd.lots import Books
from beancount_invwd.materials import Materials
from beancount_invwd.measure import Evidence, Measured, lower_by_age, measure_item, measure_lot
from beancount_invwd.mistakes import Mistakes
from beancount_invwd.money import ONE, ZERO
from beancount_invwd.movements import Group, Plan, Row
from beancount_invwd.policy import Terms
from beancount_invwd.prices import Price
from beancount_invwd.scope import Scope
from beancount_invwd.stock import Lot, Stock
from beancount_invwd.values import earlier, find_rate

_UNKNOWN_TERMS = Measured(None, "", lack="terms")
_NEGATIVE = Measured(None, "", lack="units")


class Assessor:
    """Measures what the books hold.

    Args:
        scope: Tells what goes into what.
        mistakes: Takes what is wrong.
        grouping: Tells which lots are one group.
        books: The lots.
        demand: What was sold or used.
        agenda: Takes until when an assessment is good.

    Attributes:
        evidence: What the directives so far say.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (one of each stage before)
        self,
        scope: Scope,
        mistakes: Mistakes,
        grouping: Grouping,
        books: Books,
        demand: Demand,
        agenda: Agenda,
    ) -> None:
        self.evidence = EvidenceBook(mistakes)
        self._mistakes = mistakes
        self._grouping = grouping
        self._is_by_lot = grouping.basis == "lot"
        self._books = books
        self._demand = demand
        self._agenda = agenda
        self._materials = Materials(scope, self.evidence, books.stocks)
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
                self._mistakes.report_negative(lot)
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
                self._mistakes.report_margin(stock)
            rows.append(Row(lot, measured))
        self._agenda.hold(stock, until)
        return rows

    def find_evidence(self, stock: Stock, terms: Terms, day: datetime.date) -> Evidence:
        """Find all that is known of a stock on a date, for lots of these terms."""
        evidence = self.evidence.find(stock, terms, day)
        if stock.facts.used_in:
            evidence = self._materials.judge(stock, evidence, day)
        if self._demand.is_asked:
            evidence = evidence._replace(rates=self._demand.find_rates(stock, day))
        return evidence

    def _is_plain(self, stock: Stock) -> bool:
        """Whether all lots of a stock are worth the same per unit."""
        return (
            stock.is_plain
            and stock.terms is not None
            and not self.evidence.is_stated(stock.key.commodity)
            and not self._demand.is_asked
        )

    def _is_sound(self, stock: Stock, day: datetime.date) -> bool:
        """Whether sums show that no lot of a stock, alone or together, is below cost.

        True spares the loop over its lots; False says nothing.
        """
        if stock.allowance or stock.terms is None or not self._is_plain(stock):
            return not stock.lots
        if not stock.terms.ageing and self._is_covered(stock):
            return True
        if stock.terms.ageing and not self._is_young(stock, stock.terms, day):
            return False
        value, until = self._value_unit(stock, stock.terms, day)
        if value is None or value <= 0:
            return False
        if self._is_by_lot:
            is_sound = value >= stock.cost_unit_highest
        else:
            is_sound = value * stock.units >= stock.cost
        if is_sound:
            self._agenda.hold(stock, until)
        return is_sound

    def _is_covered(self, stock: Stock) -> bool:
        """Whether a price that is all that is known covers the cost of a plain stock.

        That it gets too old one day changes nothing: without a measure there is no loss either.
        """
        entry = self.evidence.prices.find_only(stock.key.commodity, stock.key.currency)
        if entry is None or stock.nrv_line is None:
            return False
        share, amount = stock.nrv_line
        value = entry.amount.number * share - amount
        if value <= ZERO:
            return False
        if self._is_by_lot:
            return bool(value >= stock.cost_unit_highest)
        return bool(value * stock.units >= stock.cost)

    def _is_young(self, stock: Stock, terms: Terms, day: datetime.date) -> bool:
        """Whether no lot of a stock has reached the first threshold of ageing."""
        oldest = min((lot.aged_from for lot in stock.lots.values()), default=day)
        rate, until = find_rate(terms.ageing[:1], oldest, day)
        self._agenda.hold(stock, until)
        return not rate

    def _are_sound(self, stocks: Sequence[Stock], day: datetime.date) -> bool:
        """Whether sums show that a group of stocks is not below cost in all."""
        gap = ZERO
        for stock in stocks:
            if stock.allowance or stock.terms is None or not self._is_plain(stock):
                return False
            if stock.terms.ageing and not self._is_young(stock, stock.terms, day):
                return False
            value, until = self._value_unit(stock, stock.terms, day)
            self._agenda.hold(stock, until)
            if value is not None:
                if value <= 0:
                    return False
                gap += stock.cost - value * stock.units
        return gap <= 0

    def _value_unit(
        self, stock: Stock, terms: Terms, day: datetime.date
    ) -> tuple[Decimal | None, datetime.date | None]:
        """The measure of one unit of a plain stock, and until when it holds."""
        if stock.nrv_line is not None:
            found = self.evidence.find_plain(stock, terms, day)
            if found is not None:
                share, amount = stock.nrv_line
                return found.entry.amount.number * share - amount, found.until
        evidence = self.evidence.find(stock, terms, day)
        measured = measure_item(stock, terms, evidence)
        if measured.total is None or not stock.units:
            return None, measured.until
        return measured.total / stock.units, measured.until

    def plan(self, stocks: Iterable[Stock], day: datetime.date) -> list[Plan]:
        """Compute the new allowances of the groups that these stocks are in.

        Nothing is changed; groups in which nothing is lost and nothing was are left out.
        """
        plans = []
        if self._grouping.is_by_item:
            for stock in stocks:
                if not self._is_sound(stock, day):
                    plans += self._plan_group([stock], day)
        else:
            for name in {self._grouping.name_wide(stock): None for stock in stocks}:
                group = self._find_members(name)
                if not self._are_sound(group, day):
                    plans += self._plan_group(group, day)
        return sorted(plans, key=lambda plan: plan.group)

    def _find_members(self, name: tuple[str, str, str]) -> list[Stock]:
        """The stocks of a group that have lots, for the bases category and total."""
        stocks = self._books.stocks
        if len(stocks) > self._grouped:
            for stock in islice(stocks.values(), self._grouped, None):
                self._members[self._grouping.name_wide(stock)].append(stock)
            self._grouped = len(stocks)
        return [stock for stock in self._members[name] if stock.lots]

    def _assess_group(self, stock: Stock, day: datetime.date) -> Sequence[Row]:
        """Measure the lots of a stock, the short way if all are worth the same per unit.

        Lots that are groups of their own and do not change are left out then.
        """
        terms = stock.terms
        if terms is None or not stock.units or not self._is_plain(stock):
            return self.assess(stock, day)
        found = self.evidence.find_plain(stock, terms, day) if stock.nrv_line else None
        if found is not None and not terms.ageing and not self._is_by_lot:
            return self._assess_alike(stock, found)
        evidence = self.evidence.find(stock, terms, day)
        whole = measure_item(stock, terms, evidence)
        if whole.total is None:
            return self.assess(stock, day)
        self._agenda.hold(stock, whole.until)
        value = whole.total / stock.units
        rows = []
        for lot in stock.lots.values():
            if self._is_by_lot and value > lot.cost_unit and _is_bare(lot, terms):
                continue
            measured = measure_item(lot, terms, evidence)
            if terms.ageing:
                measured = lower_by_age(measured, lot, terms.ageing, day)
                self._agenda.hold(stock, measured.until)
                if measured.is_own and _is_settled(lot, measured):
                    continue
            rows.append(Row(lot, measured if measured.total else measured._replace(is_own=True)))
        return rows

    def _assess_alike(self, stock: Stock, found: Plain) -> Sequence[Row]:
        """Measure lots by a price that is all that is known of them."""
        entry, until = found
        price = Price(entry.amount.number, entry.date, entry, None)
        share, amount = stock.nrv_line or (ONE, ZERO)
        value = max(ZERO, price.number * share - amount)
        self._agenda.hold(stock, until)
        is_own = not value
        return [
            Row(lot, Measured(lot.units * value, "price", price, is_own, until))
            for lot in stock.lots.values()
        ]

    def _plan_group(self, stocks: Sequence[Stock], day: datetime.date) -> list[Plan]:
        together: list[Row] = []
        plans = []
        for stock in stocks:
            for row in self._assess_group(stock, day):
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


def _is_bare(lot: Lot, terms: Terms) -> bool:
    """Whether nothing but its unit cost matters for a lot."""
    return not lot.allowance and not lot.is_pool and not terms.ageing


def _is_settled(lot: Lot, measured: Measured) -> bool:
    """Whether a lot that is a group of its own has the allowance that it needs."""
    if not lot.is_own or measured.total is None:
        return False
    found = allot([lot.cost], [measured.total], [lot.locked], lot.stock.quantum)
    return found[0] == lot.allowance


def _make_plan(group: Group, rows: Sequence[Row]) -> Plan:
    costs = [row.lot.cost for row in rows]
    measures = [row.measured.total or ZERO for row in rows]
    locked = [row.lot.locked for row in rows]
    return Plan(group, rows, allot(costs, measures, locked, rows[0].lot.stock.quantum))
