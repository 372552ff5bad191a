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
from beancount_invwd.measure.measured import Evidence, Measured, Valued

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
        """Whether units are worth the same whatever they cost."""
        margin = self.terms.normal_margin
        of_cost = self.costs.of_cost or (margin is not None and margin.of == "cost")
        return not of_cost and self.measure != "cost"

    @property
    def needs_nrv(self) -> bool:
        """Whether what units sell for themselves may decide."""
        if self.measure == "replacement":
            return self.evidence.replacement is None
        return self.measure != "cost"

    def value(self, units: Valued) -> Measured:
        """What units are worth by what is known of their item alone."""
        use, measure = self.evidence.use, self.measure
        if use is not None and use.lack:
            return self._tell(None, use.lack)._replace(lack="product")
        if measure == "cost":
            return self._tell(units.cost, "cost" if use is None else "used-in")
        replacement = self._replace(units) if measure != "nrv" else None
        if measure == "replacement" and replacement is not None:
            return replacement
        nrv = self.realise(units)
        if measure in {"nrv", "replacement"} or nrv.total is None:
            return nrv
        if measure == "lower":
            return min(nrv, replacement or nrv, key=_total)
        return self._choose_middle(units, nrv, replacement or nrv)

    def _choose_middle(self, units: Valued, nrv: Measured, replacement: Measured) -> Measured:
        """The middle one of ceiling, replacement cost and floor (ASC 330-10-35-1C)."""
        margin = self.find_margin(units)
        if margin is None:
            return nrv._replace(total=None, lack="margin")
        bottom = max(ZERO, _total(nrv) - margin.amount)
        found = (nrv, replacement, nrv._replace(total=bottom, reason="floor"))
        middle = sorted(map(_total, found))[1]
        return next(row for row in found if row.total == middle)

    def realise(self, units: Valued) -> Measured:
        """Net realisable value: up to their quantity at the price of contracts (IAS 2.31)."""
        parts = self.list_parts(units)
        if any(part.price is None for part in parts):
            return self._tell(None, "")._replace(lack="price")
        if parts[0].contract is not None:
            return self._tell(sum([part.share * part.net for part in parts], ZERO), "contract")
        statement = self.evidence.statement
        if parts[0].is_stated and statement is not None:
            return self._tell(parts[0].net, statement.reason)
        return self._tell(parts[0].net, "price")._replace(price=self.evidence.price)

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
        return Part(None, share, price.number, self.costs.find_net(units, price.number))

    def find_margin(self, units: Valued) -> Charged | None:
        """The normal margin of units; None if none is stated."""
        margin = self.terms.normal_margin
        if margin is None:
            return None
        parts = self.list_parts(units)
        gross = sum([part.share * (part.price or ZERO) for part in parts], ZERO)
        return _charge("normal_margin", margin, units, gross * units.units)

    def list_costs(self, units: Valued, price: Decimal) -> Sequence[Charged]:
        """List what it takes to complete and to sell units at a price."""
        named = {name: getattr(self.terms, name) for name in ("completion_cost", "selling_cost")}
        gross = units.units * price
        return [_charge(name, row, units, gross) for name, row in named.items() if row.number]

    def _replace(self, units: Valued) -> Measured | None:
        found = self.evidence.replacement
        return None if found is None else self._tell(units.units * found.number, "replacement")

    def _tell(self, total: Decimal | None, reason: str) -> Measured:
        return Measured(total, reason, until=self.evidence.until)


def _charge(name: str, charge: Charge, units: Valued, gross: Decimal) -> Charged:
    bases = {"unit": units.units, "price": gross}
    return Charged(name, charge, units.cost if charge.of == "cost" else bases[charge.of])


def _total(measured: Measured) -> Decimal:
    assert measured.total is not None  # noqa: S101 (for the type checker; callers made sure)
    return measured.total
