"""Lot + rule → its value on a date: what is known of these very goods, and of their age.

Expired, damaged or obsolete goods have a value of their own, whatever their item sells for; age and
demand can only lower what a lot is worth (ACCOUNTING section 4).

    10 MILK {1.20 USD, "B1"}, expires 2024-02-10: on that day worth nothing, whatever the price
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.dates import DAY, earlier
from beancount_invwd.ground.money import ZERO
from beancount_invwd.lots.demand import Rate, lower_cost
from beancount_invwd.measure.materials import measure_material
from beancount_invwd.measure.measured import Measured, Valued
from beancount_invwd.policy.values import find_rate

if TYPE_CHECKING:
    from beancount_invwd.directives.metadata import Facts
    from beancount_invwd.directives.statements import Contract, Statement
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.measure.rule import Rule


def measure_lot(
    lot: Lot,
    rule: Rule,
    particular: Statement | None,
    day: datetime.date,
    contracts: Sequence[Contract] = (),
) -> Measured:
    """Measure a lot on a date by what is known of it, or at p.

    Args:
        lot: The lot; its units are positive.
        rule: How the value of its item follows.
        particular: The `invwd-nrv` directive in force that names its label or account.
        day: The measurement date.
        contracts: Those that sell some of its item: without a p, the dearest one tells whether a
            policy lowers its value, and only what is worthless by all of them is worth nothing.
    """
    found = _measure_particular(lot, particular, day)
    bids: list[Decimal] = []
    if found is None:
        found = measure_units(lot, rule, lot)
        values = [rule.at(contract).value(lot).total for contract in contracts]
        bids = [total for total in values if total is not None]
    expires = lot.facts.expires
    if expires is not None and expires > day:
        found = found._replace(until=earlier(found.until, expires - DAY))
    judged = max(bids, default=None) if found.total is None else found.total
    if judged is None:
        return found
    until = found.until
    for rate in _list_rates(lot, rule, particular, day):
        until, lowered = earlier(until, rate.until), lower_cost(lot.cost, rate)
        if rate.share and lowered < judged:
            found, judged = Measured(lowered, rate.reason, is_apart=True), lowered
    is_worthless = found.total is not None and not found.total and not any(bids)
    return found._replace(until=until, is_apart=found.is_apart or is_worthless)


def _list_rates(
    lot: Lot, rule: Rule, particular: Statement | None, day: datetime.date
) -> Iterator[Rate]:
    """List what policies take off the cost of a lot."""
    if rule.terms.ageing:
        share, until = find_rate(rule.terms.ageing, lot.aged_from, day)
        yield Rate(share, "ageing", until)
    for rate in rule.evidence.rates:
        if rate.reason != "coverage" or is_saleable(lot, particular, day):
            yield rate


def measure_units(units: Valued, rule: Rule, lot: Lot | None = None) -> Measured:
    """Measure units, of a lot or to come, by what is known of their item."""
    use, until = rule.evidence.use, rule.evidence.until
    return rule.value(units) if use is None else measure_material(units, use, until, lot)


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
