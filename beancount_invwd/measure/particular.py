"""Lot + rule → its value on a date: what is known of these very goods, and of their age.

Expired, damaged or obsolete goods have a value of their own, whatever their item sells for; age and
demand can only lower what a lot is worth (ACCOUNTING section 4).

    10 MILK {1.20 USD, "B1"}, expires 2024-02-10: on that day worth nothing, whatever the price
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.dates import DAY, earlier
from beancount_invwd.ground.money import ZERO
from beancount_invwd.lots.demand import Rate, lower_cost
from beancount_invwd.measure.measured import Measured
from beancount_invwd.policy.values import find_rate

if TYPE_CHECKING:
    from beancount_invwd.directives.metadata import Facts
    from beancount_invwd.directives.statements import Statement
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.measure.rule import Rule


def measure_lot(lot: Lot, rule: Rule, particular: Statement | None, day: datetime.date) -> Measured:
    """Measure a lot on a date.

    Args:
        lot: The lot; its units are positive.
        rule: How the value of its item follows.
        particular: The `invwd-nrv` directive in force that names its label or account.
        day: The measurement date.
    """
    found = _measure_particular(lot, particular, day) or rule.value(lot)
    expires = lot.facts.expires
    if expires is not None and expires > day:
        found = found._replace(until=earlier(found.until, expires - DAY))
    if found.total is None:
        return found
    if rule.terms.ageing:
        share, until = find_rate(rule.terms.ageing, lot.aged_from, day)
        found = _lower(found, found.total, lot, Rate(share, "ageing", until))
    for rate in rule.evidence.rates:
        if rate.reason == "coverage" and not is_saleable(lot, particular, day):
            continue
        found = _lower(found, found.total or ZERO, lot, rate)
    return found if found.total else found._replace(is_apart=True)


def _lower(found: Measured, total: Decimal, lot: Lot, rate: Rate) -> Measured:
    """Lower a value to what a policy leaves of cost, if that is less."""
    until = earlier(found.until, rate.until)
    if rate.share:
        lowered = lower_cost(lot.cost, rate)
        if lowered < total:
            return Measured(lowered, rate.reason, is_apart=True, until=until)
    return found if until is found.until else found._replace(until=until)


def _measure_particular(
    lot: Lot, particular: Statement | None, day: datetime.date
) -> Measured | None:
    facts = lot.facts
    if _is_expired(facts, day):
        salvage = facts.salvage or lot.stock.facts.salvage
        return Measured(lot.units * salvage[0] if salvage else ZERO, "expired", is_apart=True)
    if particular is not None and particular.number is not None:
        return Measured(lot.units * particular.number, particular.reason, is_apart=True)
    if facts.nrv is not None:
        return Measured(lot.units * facts.nrv[0], "nrv", is_apart=True)
    return None


def is_saleable(lot: Lot, particular: Statement | None, day: datetime.date) -> bool:
    """Whether goods cover demand: they did not expire, nor is their stated value nothing."""
    if _is_expired(lot.facts, day):
        return False
    if particular is not None and particular.number is not None:
        return particular.number != ZERO
    return lot.facts.nrv is None or lot.facts.nrv[0] != ZERO


def is_particular(lot: Lot, particular: Statement | None, day: datetime.date) -> bool:
    """Whether something is known of these very goods, so that they are like no others."""
    return particular is not None or lot.facts.nrv is not None or _is_expired(lot.facts, day)


def _is_expired(facts: Facts, day: datetime.date) -> bool:
    return facts.expires is not None and facts.expires <= day
