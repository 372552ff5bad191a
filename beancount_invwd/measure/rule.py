"""Terms + evidence → what units are worth on a day, and which rule decided it.

Cost is tested against a measure: net realisable value, replacement cost, or one of their
combinations (ACCOUNTING section 4). What it takes to spell the measure out is read from here too,
so that an explanation cannot differ from what is booked. Values are of all units that are asked
for, so that nothing is rounded before the group is.

    100 WIDGET {10 USD}, price 8 USD, selling cost 5 %: 100 × 8 × 95 % = 760.00 (IAS 2.6)
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.measure.measured import Evidence, Measured, Valued

if TYPE_CHECKING:
    from beancount_invwd.directives.statements import Contract
    from beancount_invwd.measure.prices import Price
    from beancount_invwd.policy.policy import Terms
    from beancount_invwd.policy.standards import Measure
    from beancount_invwd.policy.values import Charge


class Costs(NamedTuple):
    """What it takes to complete and to sell, added up.

    Attributes:
        left: The share of the price that is left.
        amount: What they take per unit besides.
        of_cost: What they take besides as a share of cost.
    """

    left: Decimal = ONE
    amount: Decimal = ZERO
    of_cost: Decimal = ZERO

    def find_net(self, units: Valued, price: Decimal) -> Decimal:
        """What units realise at a price; never less than nothing."""
        net = units.units * price
        if self is not NO_COSTS:
            net = net * self.left - units.units * self.amount
        if self.of_cost:
            net -= units.cost * self.of_cost
        return max(ZERO, net)

    def find_price(self, units: Valued, net: Decimal) -> Decimal | None:
        """The price per unit at which units realise an amount; None if no price does."""
        if self.left <= 0:
            return None
        costs = units.units * self.amount + units.cost * self.of_cost
        return (net + costs) / self.left / units.units


NO_COSTS = Costs()


def add_up_costs(terms: Terms) -> Costs:
    """Add up the costs of some terms."""
    sums = {"price": ZERO, "unit": ZERO, "cost": ZERO}
    for charge in (terms.completion_cost, terms.selling_cost):
        sums[charge.of] += charge.number
    costs = Costs(ONE - sums["price"], sums["unit"], sums["cost"])
    return NO_COSTS if costs == NO_COSTS else costs


class Plain(NamedTuple):
    """Terms by which a price and a replacement cost alone decide what a unit is worth.

    Attributes:
        left: The share of the price that is left after costs.
        amount: What costs take per unit besides.
        margin: The normal margin as a share of the price.
        margin_amount: The same as an amount per unit.
    """

    measure: Measure
    left: Decimal
    amount: Decimal
    margin: Decimal = ZERO
    margin_amount: Decimal = ZERO

    def find_least(self, price: Decimal, replacement: Decimal | None) -> Decimal:
        """The least that a unit is worth; without a replacement cost, its nrv."""
        nrv = max(ZERO, price * self.left - self.amount)
        if replacement is None or replacement >= nrv:
            return nrv
        if self.measure == "lower":
            return replacement
        return max(replacement, nrv - price * self.margin - self.margin_amount)


def read_plain(terms: Terms, costs: Costs) -> Plain | None:
    """Read such terms; None if more decides."""
    margin = terms.normal_margin
    is_more = terms.ageing or costs.of_cost or terms.price_includes
    if is_more or terms.measure not in {"nrv", "lower", "lcm"}:
        return None
    plain = Plain(terms.measure, costs.left, costs.amount)
    if terms.measure != "lcm":
        return plain
    if margin is None or margin.of == "cost":
        return None
    if margin.of == "price":
        return plain._replace(margin=margin.number)
    return plain._replace(margin_amount=margin.number)


class Charged(NamedTuple):
    """A cost or margin of units: a number times what it is of.

    Attributes:
        name: Which of the terms.
        base: Units, or an amount.
    """

    name: str
    charge: Charge
    base: Decimal

    @property
    def amount(self) -> Decimal:
        """What it takes."""
        return self.base * self.charge.number


class Sale(NamedTuple):
    """What units sell for.

    Attributes:
        price: Of a unit, without tax.
        net: What is left of it for all of them.
        is_stated: Whether that is what an `invwd-nrv` says, from which nothing is taken.
    """

    price: Decimal
    net: Decimal
    is_stated: bool = False


class Rule(NamedTuple):
    """How the value of units follows from what is known of their item on a day."""

    terms: Terms
    costs: Costs
    evidence: Evidence

    @property
    def measure(self) -> Measure:
        """The measure."""
        return self.terms.measure

    @property
    def is_uniform(self) -> bool:
        """Whether units are worth the same whatever they cost, or just that."""
        margin = self.terms.normal_margin
        of_cost = self.costs.of_cost or (margin is not None and margin.of == "cost")
        return self.evidence.use is None and (not of_cost or self.measure == "cost")

    @property
    def needs_nrv(self) -> bool:
        """Whether what units sell for themselves may decide."""
        if self.evidence.use is not None or self.measure == "cost":
            return False
        return self.measure != "replacement" or self.evidence.replacement is None

    def at(self, contract: Contract) -> Rule:
        """The same for units that a contract sells."""
        evidence = self.evidence._replace(price=None, statement=None, contract=contract)
        return Rule(self.terms, self.costs, evidence)

    def with_price(self, price: Price) -> Rule:
        """The same at another price."""
        return Rule(self.terms, self.costs, self.evidence._replace(price=price, statement=None))

    def value(self, units: Valued) -> Measured:
        """What units are worth by what is known of their item alone."""
        measure, found = self.measure, self.evidence.replacement
        if measure == "cost":
            return self._tell(units.cost, "cost")
        if found is not None and measure == "replacement":
            return self._tell(units.units * found.number, "replacement")
        nrv = self.realise(units)
        if nrv.total is None or measure in {"nrv", "replacement"}:
            return nrv
        margin = self.find_margin(units) if measure == "lcm" else None
        if margin is None and measure == "lcm":
            return nrv._replace(total=None, lack="margin")
        replacement = nrv.total if found is None else units.units * found.number
        floor = ZERO if margin is None else max(ZERO, nrv.total - margin.amount)
        return self._choose(nrv, nrv.total, replacement, floor)

    def _choose(
        self, nrv: Measured, ceiling: Decimal, replacement: Decimal, floor: Decimal
    ) -> Measured:
        """Replacement cost, at most the ceiling, at least the floor (ASC 330-10-35-1C)."""
        if replacement >= ceiling or floor == ceiling:
            return nrv
        if replacement >= floor:
            return self._tell(replacement, "replacement")
        return nrv._replace(total=floor, reason="floor")

    def realise(self, units: Valued) -> Measured:
        """Net realisable value (IAS 2.6)."""
        evidence, until, sale = self.evidence, self.evidence.until, self.sell(units)
        if sale is None:
            return Measured(None, "", until=until, lack="price")
        if evidence.contract is not None:
            return Measured(sale.net, "contract", until=until)
        if evidence.statement is not None:
            return Measured(sale.net, evidence.statement.reason, until=until)
        return Measured(sale.net, "price", evidence.price, until=until)

    def sell(self, units: Valued) -> Sale | None:
        """What units sell for; None if that is not known."""
        price, statement, _, _, contract, *_ = self.evidence
        if contract is not None:
            return Sale(contract.number, self.costs.find_net(units, contract.number))
        if statement is not None and statement.number is not None:
            return Sale(statement.number, units.units * statement.number, is_stated=True)
        if price is None:
            return None
        tax = self.terms.price_includes
        number = price.number / (ONE + tax) if tax else price.number
        return Sale(number, self.costs.find_net(units, number))

    def find_margin(self, units: Valued) -> Charged | None:
        """The normal margin of units; None if none is stated."""
        margin, sale = self.terms.normal_margin, self.sell(units)
        if margin is None or sale is None:
            return None
        return charge("normal_margin", margin, units, sale.price)

    def list_costs(self, units: Valued, price: Decimal) -> Sequence[Charged]:
        """List what it takes to complete and to sell units at a price."""
        named = {name: getattr(self.terms, name) for name in ("completion_cost", "selling_cost")}
        return [charge(name, row, units, price) for name, row in named.items() if row.number]

    def _tell(self, total: Decimal, reason: str) -> Measured:
        return Measured(total, reason, until=self.evidence.until)


def charge(name: str, row: Charge, units: Valued, price: Decimal) -> Charged:
    """Charge units that sell at a price with a cost or margin."""
    if row.of == "cost":
        return Charged(name, row, units.cost)
    return Charged(name, row, units.units * price if row.of == "price" else units.units)
