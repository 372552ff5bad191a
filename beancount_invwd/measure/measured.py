"""Lot + evidence → its value on a date, and which rule decided it.

Cost is tested against a measure: net realisable value, replacement cost, or one of their
combinations (ACCOUNTING section 4). What is known of particular goods (expired, damaged) comes
first; ageing can only lower the result. All values are totals of the lot, so that nothing is
rounded before the group is.

    100 WIDGET {10 USD}, price 8 USD, selling cost 5 %: 100 × 8 × 95 % = 760.00 (IAS 2.6)
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from beancount_invwd.ground.dates import earlier
from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.lots.demand import Rate, lower_cost
from beancount_invwd.policy.values import find_rate

if TYPE_CHECKING:
    from beancount_invwd.directives.metadata import Facts
    from beancount_invwd.directives.statements import Contract, Statement
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.measure.prices import Price, Replacement
    from beancount_invwd.policy.policy import Terms
    from beancount_invwd.policy.values import Charge

Lack = Literal["price", "margin", "terms", "units", "product"]


class Valued(Protocol):
    """Units and their cost: a lot, a stock, or a single unit."""

    @property
    def units(self) -> Decimal:
        """How many."""

    @property
    def cost(self) -> Decimal:
        """What all of them cost."""


class Unit(NamedTuple):
    """One unit, at its unit cost."""

    cost: Decimal
    units: Decimal = ONE


class Product(NamedTuple):
    """A product that a raw material is used in: what a unit costs and is worth.

    Attributes:
        price: The price, if that decided.
    """

    item: str
    cost: Decimal
    nrv: Decimal
    price: Price | None


class Use(NamedTuple):
    """What is known of the products that a raw material is used in.

    Attributes:
        is_recovered: Whether each is expected to sell at or above its cost.
        lack: The product of which that cannot be told, or nothing.
        products: Those of which it can be told.
    """

    is_recovered: bool
    lack: str
    products: Sequence[Product] = ()


class Evidence(NamedTuple):
    """What is known of an item on a date, as far as it is not too old.

    Attributes:
        price: The price, in the cost currency.
        statement: An `invwd-nrv` for the whole item that counts in place of the price.
        replacement: The replacement cost.
        until: The last day on which this holds without a new directive; None is for ever.
        contracts: Contracts in force, the dearest first, each with its share of the units.
        use: For a raw material, what is known of its products.
        rates: What the policies on demand take off cost.
    """

    price: Price | None
    statement: Statement | None
    replacement: Replacement | None
    until: datetime.date | None
    contracts: Sequence[tuple[Contract, Decimal]] = ()
    use: Use | None = None
    rates: tuple[Rate, ...] = ()


class Measured(NamedTuple):
    """The value of a lot.

    Attributes:
        total: Value of all units of the lot, not rounded; None if it cannot be assessed.
        reason: The rule that decided: price, expired, ageing, … or the words of an `invwd-nrv`; if
            it is a product that cannot be judged, its name.
        price: The price, if it decided.
        is_own: Whether the lot is a group of its own (ACCOUNTING section 5).
        until: The last day on which this holds without a new directive or movement.
        lack: Why there is no total.
    """

    total: Decimal | None
    reason: str
    price: Price | None = None
    is_own: bool = False
    until: datetime.date | None = None
    lack: Lack | None = None


def measure_lot(
    lot: Lot,
    terms: Terms,
    evidence: Evidence,
    particular: Statement | None,
    day: datetime.date,
) -> Measured:
    """Measure a lot on a date.

    Args:
        lot: The lot; its units are positive.
        terms: Its parameters.
        evidence: What is known of its item, for these terms.
        particular: The `invwd-nrv` directive in force that names its label or account.
        day: The measurement date.
    """
    found = _measure_particular(lot, particular, day) or measure_item(lot, terms, evidence)
    expires = lot.facts.expires
    if expires is not None and expires > day:
        found = found._replace(until=earlier(found.until, expires - datetime.timedelta(days=1)))
    if found.total is None:
        return found
    if terms.ageing:
        share, until = find_rate(terms.ageing, lot.aged_from, day)
        found = _lower(found, lot, Rate(share, "ageing", until))
    for rate in evidence.rates:
        found = _lower(found, lot, rate)
    if not found.total:
        found = found._replace(is_own=True)
    return found


def _measure_particular(
    lot: Lot, particular: Statement | None, day: datetime.date
) -> Measured | None:
    facts = lot.facts
    if _is_expired(facts, day):
        salvage = facts.salvage or lot.stock.facts.salvage
        return Measured(lot.units * salvage[0] if salvage else ZERO, "expired", is_own=True)
    if particular is not None and particular.number is not None:
        return Measured(lot.units * particular.number, particular.reason, is_own=True)
    if facts.nrv is not None:
        return Measured(lot.units * facts.nrv[0], "nrv", is_own=True)
    return None


def _is_expired(facts: Facts, day: datetime.date) -> bool:
    return facts.expires is not None and facts.expires <= day


def is_particular(lot: Lot, particular: Statement | None, day: datetime.date) -> bool:
    """Whether something is known of these very goods, so that they are like no others."""
    return particular is not None or lot.facts.nrv is not None or _is_expired(lot.facts, day)


def measure_item(  # noqa: PLR0911 (a line for each measure)
    lot: Valued, terms: Terms, evidence: Evidence
) -> Measured:
    """Measure units by what is known of their item alone."""
    measure, use = terms.measure, evidence.use
    if use is not None:  # raw material: IAS 2.32
        if use.lack:
            return Measured(None, use.lack, until=evidence.until, lack="product")
        measure = "cost" if use.is_recovered else "replacement"
    if measure == "cost":
        reason = "cost" if use is None else "used-in"
        return Measured(lot.cost, reason, until=evidence.until)
    nrv = measure_nrv(lot, terms, evidence)
    if measure == "nrv":
        return nrv
    if measure == "replacement":
        return _measure_replacement(lot, evidence) or nrv
    if nrv.total is None:
        return nrv
    replacement = _measure_replacement(lot, evidence) or nrv
    if measure == "lower":
        return min(nrv, replacement, key=_total)
    if terms.normal_margin is None:
        return nrv._replace(total=None, lack="margin")
    gross = find_gross(lot, evidence)
    floor = max(ZERO, nrv.total - _charge(terms.normal_margin, lot, gross))
    bottom = nrv._replace(total=floor, reason="floor")
    middle = sorted(map(_total, (nrv, replacement, bottom)))[1]  # ASC 330-10-35-1C
    return next(found for found in (nrv, replacement, bottom) if found.total == middle)


def _total(measured: Measured) -> Decimal:
    assert measured.total is not None  # noqa: S101 (for the type checker; callers made sure)
    return measured.total


def find_gross(units: Valued, evidence: Evidence) -> Decimal:
    """What percentages are of: units × price or stated nrv, as far as contracts leave some."""
    total, rest = ZERO, ONE
    for contract, share in evidence.contracts:
        total += share * units.units * contract.number
        rest -= share
    if rest <= 0:
        return total
    statement, price = evidence.statement, evidence.price
    if statement is not None and statement.number is not None:
        return total + rest * units.units * statement.number
    return total + rest * units.units * price.number if price is not None else ZERO


def measure_nrv(units: Valued, terms: Terms, evidence: Evidence) -> Measured:
    """Net realisable value: up to their quantity at the price of contracts (IAS 2.31)."""
    found = _measure_market(units, terms, evidence)
    if not evidence.contracts:
        return found
    total, rest = ZERO, ONE
    for contract, share in evidence.contracts:
        gross = units.units * contract.number
        total += share * max(ZERO, gross - _costs(units, terms, gross))
        rest -= share
    if rest > 0:
        if found.total is None:
            return found
        total += rest * found.total
    return Measured(total, "contract", until=evidence.until)


def _measure_market(units: Valued, terms: Terms, evidence: Evidence) -> Measured:
    statement, price = evidence.statement, evidence.price
    if statement is not None and statement.number is not None:
        total = units.units * statement.number
        return Measured(total, statement.reason, until=evidence.until)
    if price is None:
        return Measured(None, "", until=evidence.until, lack="price")
    gross = units.units * price.number
    net = gross - _costs(units, terms, gross)
    return Measured(max(ZERO, net), "price", price, until=evidence.until)


def _costs(units: Valued, terms: Terms, gross: Decimal) -> Decimal:
    """Costs to complete and to sell."""
    completion = _charge(terms.completion_cost, units, gross)
    return completion + _charge(terms.selling_cost, units, gross)


def _measure_replacement(lot: Valued, evidence: Evidence) -> Measured | None:
    found = evidence.replacement
    if found is None:
        return None
    return Measured(lot.units * found.number, "replacement", until=evidence.until)


def _charge(charge: Charge, lot: Valued, gross: Decimal) -> Decimal:
    """A cost to complete or sell, or a margin, for all units of a lot."""
    if charge.of == "price":
        return gross * charge.number
    return (lot.cost if charge.of == "cost" else lot.units) * charge.number


def _lower(found: Measured, lot: Lot, rate: Rate) -> Measured:
    """Lower a value to what a policy leaves of cost, if that is less."""
    until = earlier(found.until, rate.until)
    if rate.share:
        lowered = lower_cost(lot.cost, rate)
        if lowered < _total(found):
            return Measured(lowered, rate.reason, is_own=True, until=until)
    return found if until is found.until else found._replace(until=until)
