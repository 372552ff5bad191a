"""Lot + evidence → its value on a date, and which rule decided it.

Cost is tested against a measure: net realisable value, replacement cost, or one of their
combinations (ACCOUNTING section 4). What is known of particular goods (expired, damaged) comes
first; ageing can only lower the result. All values are totals of the lot, so that nothing is
rounded before the group is.

    100 WIDGET {10 USD}, price 8 USD, selling cost 5 %: 100 × 8 × 95 % = 760.00 (IAS 2.6)
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from beancount_invwd.money import ONE, ZERO

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_invwd.facts import Statement
    from beancount_invwd.policy import Terms
    from beancount_invwd.prices import Price, Replacement
    from beancount_invwd.stock import Lot, Stock
    from beancount_invwd.values import Charge, Schedule

Lack = Literal["price", "margin", "terms", "units"]


class Evidence(NamedTuple):
    """What is known of an item on a date, as far as it is not too old.

    Attributes:
        price: The price, in the cost currency.
        statement: An `invwd-nrv` for the whole item that counts in place of the price.
        replacement: The replacement cost.
        until: The last day on which this holds without a new directive; None is for ever.
    """

    price: Price | None
    statement: Statement | None
    replacement: Replacement | None
    until: datetime.date | None


class Measured(NamedTuple):
    """The value of a lot.

    Attributes:
        total: Value of all units of the lot, not rounded; None if it cannot be assessed.
        reason: The rule that decided: price, expired, ageing, … or the words of an `invwd-nrv`.
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
        found = _lower_by_age(found, lot, terms.ageing, day)
    if not found.total:
        found = found._replace(is_own=True)
    return found


def _measure_particular(
    lot: Lot, particular: Statement | None, day: datetime.date
) -> Measured | None:
    facts = lot.facts
    if facts.expires is not None and facts.expires <= day:
        salvage = facts.salvage or lot.stock.facts.salvage
        return Measured(lot.units * salvage[0] if salvage else ZERO, "expired", is_own=True)
    if particular is not None and particular.number is not None:
        return Measured(lot.units * particular.number, particular.reason, is_own=True)
    if facts.nrv is not None:
        return Measured(lot.units * facts.nrv[0], "nrv", is_own=True)
    return None


def measure_item(  # noqa: PLR0911 (a line for each measure)
    lot: Lot | Stock, terms: Terms, evidence: Evidence
) -> Measured:
    """Measure units by what is known of their item alone."""
    measure = terms.measure
    if measure == "cost":
        return Measured(lot.cost, "cost")
    nrv = _measure_nrv(lot, terms, evidence)
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
    gross = _gross(lot, evidence)
    floor = max(ZERO, nrv.total - _charge(terms.normal_margin, lot, gross))
    bottom = nrv._replace(total=floor, reason="floor")
    return sorted((nrv, replacement, bottom), key=_total)[1]


def _total(measured: Measured) -> Decimal:
    assert measured.total is not None  # noqa: S101 (for the type checker; callers made sure)
    return measured.total


def _gross(lot: Lot | Stock, evidence: Evidence) -> Decimal:
    """What percentages are of: units × price, or × the stated nrv."""
    if evidence.statement is not None and evidence.statement.number is not None:
        return lot.units * evidence.statement.number
    return lot.units * evidence.price.number if evidence.price is not None else ZERO


def _measure_nrv(lot: Lot | Stock, terms: Terms, evidence: Evidence) -> Measured:
    statement, price = evidence.statement, evidence.price
    if statement is not None and statement.number is not None:
        total = lot.units * statement.number
        return Measured(total, statement.reason, until=evidence.until)
    if price is None:
        return Measured(None, "", until=evidence.until, lack="price")
    gross = lot.units * price.number
    costs = _charge(terms.completion_cost, lot, gross) + _charge(terms.selling_cost, lot, gross)
    return Measured(max(ZERO, gross - costs), "price", price, until=evidence.until)


def _measure_replacement(lot: Lot | Stock, evidence: Evidence) -> Measured | None:
    found = evidence.replacement
    if found is None:
        return None
    return Measured(lot.units * found.number, "replacement", until=evidence.until)


def _charge(charge: Charge, lot: Lot | Stock, gross: Decimal) -> Decimal:
    """A cost to complete or sell, or a margin, for all units of a lot."""
    if charge.of == "price":
        return gross * charge.number
    return (lot.cost if charge.of == "cost" else lot.units) * charge.number


def _lower_by_age(found: Measured, lot: Lot, ageing: Schedule, day: datetime.date) -> Measured:
    age = (day - lot.aged_from).days
    rate, until = ZERO, found.until
    for days, step in ageing:
        if days > age:
            until = earlier(until, add_days(lot.aged_from, days - 1))
            break
        rate = step
    lowered = lot.cost * (ONE - rate)
    if rate and lowered < _total(found):
        return Measured(lowered, "ageing", is_own=True, until=until)
    return found._replace(until=until)


def add_days(day: datetime.date, days: int) -> datetime.date:
    """Add days, at most up to the last date there is."""
    try:
        return day + datetime.timedelta(days)
    except OverflowError:
        return datetime.date.max


def earlier(one: datetime.date | None, other: datetime.date | None) -> datetime.date | None:
    """The earlier of two dates, where None is never."""
    if one is None or other is None:
        return one or other
    return min(one, other)
