"""Terms + evidence → what units are worth on a day, and which rule decided it.

Cost is tested against a measure: net realisable value, replacement cost, or one of their
combinations (ACCOUNTING section 4). What it takes to spell the measure out is read from here too,
so that an explanation cannot differ from what is booked. Values are of all units that are asked
for, so that nothing is rounded before the group is.

    100 WIDGET {10 USD}, price 8 USD, selling cost 5 %: 100 × 8 × 95 % = 760.00 (IAS 2.6)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.measure.measured import Evidence, Measured, Unit, Valued

if TYPE_CHECKING:
    from beancount_invwd.directives.statements import Contract
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


NO_COSTS = Costs()
_NO_UNITS = Unit(ZERO, ZERO)


def add_up_costs(terms: Terms) -> Costs:
    """Add up the costs of some terms."""
    sums = {"price": ZERO, "unit": ZERO, "cost": ZERO}
    for charge in (terms.completion_cost, terms.selling_cost):
        sums[charge.of] += charge.number
    costs = Costs(ONE - sums["price"], sums["unit"], sums["cost"])
    return NO_COSTS if costs == NO_COSTS else costs


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


class Part(NamedTuple):
    """What units would sell for, under a contract or at the market.

    Attributes:
        contract: The contract, or None.
        share: The share of the units that this counts for.
        price: Of a unit; None if the market has none.
        net: What all units would realise at that.
        is_stated: Whether that is what an `invwd-nrv` says, from which nothing is taken.
    """

    contract: Contract | None
    share: Decimal
    price: Decimal | None
    net: Decimal = ZERO
    is_stated: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """How the value of units follows from what is known of their item on a day."""

    terms: Terms
    costs: Costs
    evidence: Evidence

    @property
    def measure(self) -> Measure:
        """The measure; of a raw material, what its products leave of it (IAS 2.32)."""
        use = self.evidence.use
        if use is None:
            return self.terms.measure
        return "cost" if use.is_recovered else "replacement"

    @property
    def is_uniform(self) -> bool:
        """Whether units are worth the same whatever they cost, or just that."""
        margin = self.terms.normal_margin
        of_cost = self.costs.of_cost or (margin is not None and margin.of == "cost")
        return not of_cost or self.measure == "cost"

    @property
    def needs_nrv(self) -> bool:
        """Whether what units sell for themselves may decide."""
        if self.measure == "replacement":
            return self.evidence.replacement is None
        return self.measure != "cost"

    def value(self, units: Valued) -> Measured:
        """What units are worth by what is known of their item alone."""
        use, measure, found = self.evidence.use, self.measure, self.evidence.replacement
        if use is not None and use.lack:
            return Measured(None, use.lack, until=self.evidence.until, lack="product")
        if measure == "cost":
            return self._tell(units.cost, "cost" if use is None else "used-in")
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
        """Net realisable value: up to their quantity at the price of contracts (IAS 2.31)."""
        evidence, until = self.evidence, self.evidence.until
        if evidence.contracts:
            return self._realise_parts(units)
        market, statement = self._find_market(units, ONE), evidence.statement
        if market.price is None:
            return Measured(None, "", until=until, lack="price")
        if market.is_stated and statement is not None:
            return Measured(market.net, statement.reason, until=until)
        return Measured(market.net, "price", evidence.price, until=until)

    def _realise_parts(self, units: Valued) -> Measured:
        parts = self.list_parts(units)
        if parts[-1].price is None:
            return Measured(None, "", until=self.evidence.until, lack="price")
        total = sum([part.share * part.net for part in parts], ZERO)
        return Measured(total, "contract", until=self.evidence.until)

    def list_parts(self, units: Valued) -> list[Part]:
        """List what units would sell for: under each contract, and the rest at the market."""
        parts, rest = [], ONE
        for contract, share in self.evidence.contracts:
            net = self.costs.find_net(units, contract.number)
            parts.append(Part(contract, share, contract.number, net))
            rest -= share
        return [*parts, self._find_market(units, rest)] if rest > ZERO else parts

    def _find_market(self, units: Valued, share: Decimal) -> Part:
        statement, price = self.evidence.statement, self.evidence.price
        if statement is not None and statement.number is not None:
            net = units.units * statement.number
            return Part(None, share, statement.number, net, is_stated=True)
        if price is None:
            return Part(None, share, None)
        number = (
            price.number / (ONE + includes)
            if (includes := self.terms.price_includes)
            else price.number
        )
        return Part(None, share, number, self.costs.find_net(units, number))

    def find_margin(self, units: Valued) -> Charged | None:
        """The normal margin of units; None if none is stated."""
        margin = self.terms.normal_margin
        return None if margin is None else _charge("normal_margin", margin, units, self._gross)

    @property
    def _gross(self) -> Decimal:
        """What a unit sells for before costs; of several parts, on average."""
        parts = self.list_parts(_NO_UNITS)
        return sum([part.share * (part.price or ZERO) for part in parts], ZERO)

    def list_costs(self, units: Valued, price: Decimal) -> Sequence[Charged]:
        """List what it takes to complete and to sell units at a price."""
        named = {name: getattr(self.terms, name) for name in ("completion_cost", "selling_cost")}
        return [_charge(name, row, units, price) for name, row in named.items() if row.number]

    def _tell(self, total: Decimal, reason: str) -> Measured:
        return Measured(total, reason, until=self.evidence.until)


def _charge(name: str, charge: Charge, units: Valued, price: Decimal) -> Charged:
    if charge.of == "cost":
        return Charged(name, charge, units.cost)
    return Charged(name, charge, units.units * price if charge.of == "price" else units.units)
