"""Lots + evidence → what goods would sell for, and what a fall of prices would cost.

A fall costs what the engine would write down more on the same day if items sold for less: within
the same groups, with contracts, replacement costs and the costs to sell that are no percentage as
they are. So no measure is worked out here a second time.

    100 MUG {10.00 EUR} under HGB, price 10.05 EUR: 10.00, the lower of price and purchase, counts;
    at a price 10 % less, 9.045 does, and 95.50 is lost
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.allowance.changes import list_allowances
from beancount_invwd.ground.money import ZERO
from beancount_invwd.measure.measured import Part
from beancount_invwd.measure.particular import is_particular
from beancount_invwd.measure.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Lot, Stock
    from beancount_invwd.measure.prices import Price


class Selling(NamedTuple):
    """What a lot would sell for, less costs, and the price that counts for it, if one does."""

    nrv: Decimal
    price: Price | None


class Fall(NamedTuple):
    """What a lot would carry more by a test today, and on top if prices fell; below 0 less."""

    pending: Decimal
    more: Decimal


def find_falls(run: Run, fall: Decimal) -> Mapping[int, Fall]:
    """Find what a test, and then a fall of prices, would change, by the number of the lot.

    Args:
        run: The state of a date.
        fall: The share by which prices fall, 0.10 for 10 %.
    """
    before, after = list_allowances(run.plans), list_allowances(run.plan_fall(fall))
    found = {}
    for lot in (lot for stock in run.stocks for lot in stock.lots.values()):
        now = before.get(lot.number, lot.allowance)  # those in no plan keep what they carry
        then = after.get(lot.number, lot.allowance)
        found[lot.number] = Fall(now - lot.allowance, then - now)
    return found


def find_selling(run: Run, stock: Stock) -> Sequence[tuple[Row, Selling | None]]:
    """Find what the lots of a stock that are on hand would sell for, whatever their measure is.

    None is given for lots of which something particular is known, for those that cannot be
    assessed, and for those whose measure asks for no selling price.
    """
    found = run.share(_begin)
    if stock not in found:
        found[stock] = _list_selling(run, stock)
    return found[stock]


def _begin(_run: Run) -> dict[Stock, Sequence[tuple[Row, Selling | None]]]:
    """What was found so far: several reports ask for it."""
    return {}


def _list_selling(run: Run, stock: Stock) -> list[tuple[Row, Selling | None]]:
    known: dict[int, Rule] = {}  # by the identity of the terms

    def find(row: Row) -> Selling | None:
        lot, terms = row.lot, row.lot.terms
        if terms is None or row.measured.total is None:
            return None
        if is_particular(lot, run.find_particular(lot), run.as_of):
            return None
        if id(terms) not in known:
            known[id(terms)] = run.find_rule(lot, terms)
        return _find_selling(lot, known[id(terms)], row.measured.parts)

    return [(row, find(row)) for row in run.measure(stock) if row.lot.units > 0]


def _find_selling(lot: Lot, rule: Rule, parts: Sequence[Part]) -> Selling | None:
    if not rule.needs_nrv:
        return None
    if not parts:
        nrv = rule.realise(lot).total
        return None if nrv is None else Selling(nrv, rule.evidence.price)
    total = out_of = ZERO
    for part in parts:
        at = rule if part.contract is None else rule.at(part.contract)
        total += part.units * (at.realise(lot).total or ZERO)
        out_of += part.units
    is_sold = all(part.contract is not None for part in parts)
    return Selling(total / out_of, None if is_sold else rule.evidence.price)
