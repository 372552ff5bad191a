"""Lots + evidence → what each lot is worth on a date: rule, contracts, products, demand together.

Contracts sell some of the units of an item, whatever lot these are in, so each lot is measured in
parts: for its share under each contract, and for the rest (ACCOUNTING section 10).

    40 MUG {160.00 USD}, 16 sold at 168.00, the price 155.20: parts of 6,720.00 and 6,208.00
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.dates import earlier
from beancount_invwd.ground.money import ZERO
from beancount_invwd.lots.demand import Demand, Rate
from beancount_invwd.lots.stock import Lot, Stock, StockKey
from beancount_invwd.measure.contracts import Split, split_units
from beancount_invwd.measure.evidence import EvidenceBook
from beancount_invwd.measure.measured import Measured, Part
from beancount_invwd.measure.particular import (
    is_particular,
    is_saleable,
    measure_lot,
    measure_units,
)
from beancount_invwd.measure.products import Goods, Products, Verdict
from beancount_invwd.measure.rule import Costs, Rule, add_up_costs

if TYPE_CHECKING:
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.directives.statements import Contract
    from beancount_invwd.policy.policy import Terms

_UNKNOWN_TERMS = Measured(None, "", lack="terms")
_NEGATIVE = Measured(None, "", lack="units")


class Today:
    """A date, and what was found out for it so far.

    Attributes:
        rules: By stock and the identity of terms, which is quicker to hash.
        alone: What lots are worth without contracts, by number.
        splits: By stock, and the number of the lot if each is judged by itself.
        verdicts: What is known of the products of raw materials.
        rates: What demand takes off the cost of stocks.
    """

    def __init__(self, day: datetime.date) -> None:
        self.day = day
        self.rules: dict[tuple[Stock, int], Rule] = {}
        self.alone: dict[int, Measured] = {}
        self.splits: dict[tuple[Stock, int], Split] = {}
        self.verdicts: dict[StockKey, Verdict] = {}
        self.rates: dict[Stock, tuple[Rate, ...]] = {}


class Valuer:
    """Measures lots.

    Args:
        directives: Tell what goes into what, and under which terms.
        evidence: What the directives so far say.
        demand: What was sold or used.
        stocks: The stocks of all items.
        note: Takes the stocks whose prices are asked for.
        is_by_lot: Whether each lot is judged by itself.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (one of each stage before)
        self,
        directives: Directives,
        evidence: EvidenceBook,
        demand: Demand,
        stocks: Mapping[StockKey, Stock],
        note: Callable[[Stock], None],
        is_by_lot: bool,  # noqa: FBT001
    ) -> None:
        self._evidence = evidence
        self._demand = demand
        self._note = note
        self._is_by_lot = is_by_lot
        self._products = Products(directives, evidence, stocks, self._judge_product)
        self._costs: dict[int, tuple[Terms, Costs]] = {}  # by the identity of the terms

    def measure(self, lot: Lot, today: Today) -> Measured:
        """Measure a lot; if that cannot be done, tell why."""
        if lot.units < ZERO:
            return _NEGATIVE
        if lot.terms is None:
            return _UNKNOWN_TERMS
        contracts = self._list_contracts(lot.stock, today)
        found = self._measure_alone(lot, contracts, today)
        if contracts and not found.is_apart and found.lack in {None, "price"}:
            found = self._measure_parts(lot, found, today)
        if found.total is None and not lot.cost:  # free goods need no evidence
            return found._replace(total=ZERO, reason="cost", is_apart=True, lack=None)
        return self._hold_temporary(lot, found, today)

    def _hold_temporary(self, lot: Lot, found: Measured, today: Today) -> Measured:
        """Let a lot keep at most what it carries while a decline is temporary (ASC 270-10-45-6).

        What policies take off its cost is lost as ever.
        """
        row = self._evidence.find_temporary(lot.stock.key.commodity, today.day)
        if row is None or found.total is None:
            return found
        rule = self._find_own_rule(lot, today)
        if found.is_apart and not self._is_worthless(lot, rule, today):
            return found
        total, until = max(found.total, lot.cost - lot.allowance), earlier(found.until, row.until)
        terms, evidence = rule.terms._replace(measure="cost"), rule.evidence._replace(use=None)
        rule = rule._replace(terms=terms, evidence=evidence)
        lowered = measure_lot(lot, rule, None, today.day, ())
        if lowered.is_apart and (lowered.total or ZERO) <= total:
            return lowered._replace(until=earlier(lowered.until, row.until))
        return found._replace(total=total, until=until, parts=(), whole=found.total)

    def _is_worthless(self, lot: Lot, rule: Rule, today: Today) -> bool:
        """Whether a lot is worth nothing at p, and nothing is known of its goods in particular."""
        particular = self._evidence.find_particular(lot)
        is_known = is_particular(lot, particular, today.day)
        return not is_known and measure_units(lot, rule, lot).total == ZERO

    def _measure_alone(self, lot: Lot, contracts: Sequence[Contract], today: Today) -> Measured:
        """Measure a lot at what is known of it, or at p."""
        found = today.alone.get(lot.number)
        if found is None:
            rule, particular = self._find_own_rule(lot, today), self._evidence.find_particular(lot)
            found = measure_lot(lot, rule, particular, today.day, contracts)
            if contracts:
                today.alone[lot.number] = found
        return found

    def _measure_parts(self, lot: Lot, found: Measured, today: Today) -> Measured:
        """Measure a lot in parts, as contracts sell its item."""
        rule, parts, values = self._find_own_rule(lot, today), [], []
        for contract, units in self._split_for(lot, today).filled:
            value = found if contract is None else rule.at(contract).value(lot)
            if value.total is None:
                return value._replace(until=earlier(found.until, value.until))
            values.append(value)
            parts.append(Part(contract, units, value.total))
        if all(part.contract is None for part in parts):
            return found
        total = sum([part.units * part.total for part in parts], ZERO)
        reasons = [value.reason for value in values]
        return Measured(
            total / sum([part.units for part in parts], ZERO),
            "contract" if "contract" in reasons else reasons[0],
            until=earlier(found.until, rule.evidence.until),
            parts=tuple(parts),
        )

    # Contracts.

    def split(self, stock: Stock, today: Today, coming: Decimal = ZERO) -> Split:
        """Find out how contracts share the units of a stock that are like any others.

        Args:
            stock: The stock.
            today: The date.
            coming: Units that came today and are still counted as ordered.
        """
        lots = self._list_sound(stock, today)
        goods = [(lot, self._find_own_rule(lot, today)) for lot in lots]
        return self._split(stock, lots, goods, today, coming)

    def _split_for(self, lot: Lot, today: Today) -> Split:
        key = (lot.stock, lot.number if self._is_by_lot else 0)
        found = today.splits.get(key)
        if found is None:
            lots = self._list_sound(lot.stock, today)
            judged = [lot] if self._is_by_lot else lots
            goods = [(row, self._find_own_rule(row, today)) for row in judged]
            found = today.splits[key] = self._split(lot.stock, lots, goods, today)
        return found

    def _split(
        self,
        stock: Stock,
        lots: Iterable[Lot],
        goods: Goods,
        today: Today,
        coming: Decimal = ZERO,
    ) -> Split:
        units = sum([lot.units for lot in lots], ZERO) - coming
        contracts = self._list_contracts(stock, today)
        return split_units(contracts, units, lambda contract: _is_left(contract, goods))

    def _list_contracts(self, stock: Stock, today: Today) -> Sequence[Contract]:
        """The contracts that sell an item; what is used in products is sold with these."""
        if stock.facts.used_in:
            return ()
        return self._evidence.list_contracts(stock.key, today.day)

    def _list_sound(self, stock: Stock, today: Today) -> list[Lot]:
        """The lots on hand that are no groups of their own."""
        contracts = self._list_contracts(stock, today)
        lots = [lot for lot in stock.lots.values() if lot.units > ZERO and lot.terms is not None]
        return [lot for lot in lots if not self._measure_alone(lot, contracts, today).is_apart]

    def _judge_product(self, stock: Stock, unit: Goods, today: Today) -> Split:
        """Find out how contracts share the units of a product, with one that stands for them."""
        self._note(stock)
        lots = [lot for lot in stock.lots.values() if lot.units > ZERO and lot.terms is not None]
        goods = [(lot, self._find_own_rule(lot, today)) for lot in lots]
        return self._split(stock, self._list_sound(stock, today), goods or unit, today)

    # Rules.

    def _find_own_rule(self, lot: Lot, today: Today) -> Rule:
        terms = lot.terms
        assert terms is not None  # noqa: S101 (for the type checker; callers made sure)
        key = (lot.stock, id(terms))
        rule = today.rules.get(key)
        if rule is None:
            rule = today.rules[key] = self.find_rule(lot.stock, terms, today)
        return rule

    def find_rule(self, stock: Stock, terms: Terms, today: Today) -> Rule:
        """Find how the value of lots of a stock follows on a date, for lots of these terms."""
        self._note(stock)
        evidence = self._evidence.find(stock, terms, today.day)
        if stock.facts.used_in:
            use, until = self._products.judge(stock, terms, today)
            evidence = evidence._replace(use=use, until=earlier(evidence.until, until))
        if self._demand.is_asked:
            evidence = evidence._replace(rates=self.find_rates(stock, today))
        return Rule(terms, self.find_costs(terms), evidence)

    def find_costs(self, terms: Terms) -> Costs:
        """What it takes to complete and to sell, added up once."""
        found = self._costs.get(id(terms))
        if found is None:
            found = self._costs[id(terms)] = (terms, add_up_costs(terms))
        return found[1]

    def find_rates(self, stock: Stock, today: Today) -> tuple[Rate, ...]:
        """Find what demand takes off the cost of a stock."""
        found = today.rates.get(stock)
        if found is None:
            demand, day = self._demand, today.day
            units = self.find_saleable(stock, day) if demand.needs_units else ZERO
            found = today.rates[stock] = demand.find_rates(stock, units, day)
        return found

    def find_saleable(self, stock: Stock, day: datetime.date) -> Decimal:
        """The units of a stock that can be sold: they cover demand (ACCOUNTING section 4)."""
        if not (stock.is_mixed or self._evidence.is_particular(stock.key.commodity)):
            return stock.units
        find = self._evidence.find_particular
        lots = stock.lots.values()
        return sum((lot.units for lot in lots if is_saleable(lot, find(lot), day)), ZERO)


def _is_left(contract: Contract, goods: Goods) -> bool:
    """Whether leaving a contract costs less than delivering goods by it (IAS 37.68)."""
    units = sum([row.units for row, _ in goods], ZERO)
    if contract.penalty is None or not units:
        return False
    cost = sum([row.cost for row, _ in goods], ZERO)
    market = [rule.value(row).total for row, rule in goods]
    delivered = [rule.at(contract).value(row).total for row, rule in goods]
    if None in market:  # else they are worth something under the contract as well
        return False
    sold = sum([total for total in market if total], ZERO)
    paid = sum([total for total in delivered if total], ZERO)
    return units * contract.penalty + max(ZERO, cost - sold) < max(ZERO, cost - paid)
