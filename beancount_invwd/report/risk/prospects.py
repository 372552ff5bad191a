"""Lots and demand → what time will take of each lot: by expiry, by age, by lack of sales.

What the policy's rates for idle goods will take is counted from the day that the engine counts
from, so that what is told here is what it will write.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.policy.values import find_rate
from beancount_invwd.report.risk.selling import Fall, Selling, find_selling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.engine import Run
    from beancount_invwd.lots.demand import Turnover
    from beancount_invwd.lots.stock import Lot, Stock
    from beancount_invwd.policy.policy import Terms

WINDOW = 365


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        run: The state of a date.
        within: The days to look ahead.
        headroom: The share by which prices may fall.
    """

    run: Run
    within: int
    headroom: Decimal

    @property
    def today(self) -> datetime.date:
        """The date of the state."""
        return self.run.as_of

    @property
    def horizon(self) -> datetime.date:
        """The last day that is looked at."""
        return add_days(self.today, self.within)

    def find_turnover(self, stock: Stock) -> Turnover:
        """How fast a stock leaves."""
        return self.run.find_turnover(stock, WINDOW)


@dataclass(frozen=True, slots=True)
class Prospect:
    """A lot, what it is worth now, and what time or a fall of prices will take of it.

    Attributes:
        selling: What it would sell for, if it sells as usual and that may decide.
        carrying: Cost less allowance.
        pending: What a test today would make it carry more; below 0 less.
        loss_price: What it would carry more then if prices fell; below 0 less.
    """

    row: Row
    selling: Selling | None
    carrying: Decimal
    pending: Decimal
    loss_price: Decimal
    units_expiring: Decimal
    loss_expiry: Decimal
    loss_ageing: Decimal

    @property
    def lot(self) -> Lot:
        """The lot."""
        return self.row.lot


def look_ahead(
    question: Question, stock: Stock, turnover: Turnover, falls: Mapping[int, Fall]
) -> list[Prospect]:
    """What time, or a fall of prices, will take of each lot that is on hand.

    Args:
        question: What is asked.
        stock: The stock.
        turnover: What left of it.
        falls: What a test, and then a fall of prices, would change, by the number of the lot.
    """
    selling = find_selling(question.run, stock)
    expiring = _find_expiring(question, [row.lot for row, _ in selling], turnover)
    found = []
    for row, sells in selling:
        lot, (pending, more) = row.lot, falls[row.lot.number]
        units, carrying = expiring.get(lot.number, ZERO), lot.cost - lot.allowance
        left = carrying - pending
        expiry = _lose_by_expiry(lot, units, left)
        ageing = _lose_by_age(question, lot, left, turnover.last)
        found.append(Prospect(row, sells, carrying, pending, more, units, expiry, ageing))
    return found


def gets_old(terms: Terms | None, date: datetime.date, horizon: datetime.date) -> bool:
    """Whether a price of a date is too old for a lot on the last day that is looked at."""
    if terms is None or terms.price_max_age is None:
        return False
    return (horizon - date).days > terms.price_max_age


def _find_expiring(
    question: Question, lots: Sequence[Lot], turnover: Turnover
) -> Mapping[int, Decimal]:
    """Units that demand will not reach before they expire, by lot number."""
    found = {}
    sold = ZERO
    dated = [(lot.facts.expires, lot) for lot in lots if lot.facts.expires is not None]
    for expires, lot in sorted(dated, key=lambda pair: (pair[0], pair[1].number)):
        if expires > question.today:
            reach = turnover.find_sales((expires - question.today).days) - sold
            reached = min(lot.units, max(ZERO, reach))
            sold += reached
            if expires <= question.horizon:
                found[lot.number] = lot.units - reached
    return found


def _lose_by_expiry(lot: Lot, units: Decimal, left: Decimal) -> Decimal:
    """What expiry will take of what a test today leaves."""
    salvage = lot.facts.salvage or lot.stock.facts.salvage
    worth = units * salvage[0] if salvage else ZERO
    return round_money(max(ZERO, left * units / lot.units - worth), lot.stock.quantum)


def _lose_by_age(question: Question, lot: Lot, left: Decimal, last: datetime.date) -> Decimal:
    """What the rates by age and by days without a sale will take of what a test today leaves."""
    idle = question.run.policy.idle
    if lot.terms is None or not (lot.terms.ageing or idle):
        return ZERO
    share = max(
        find_rate(lot.terms.ageing, lot.aged_from, question.horizon)[0],
        find_rate(idle, last, question.horizon)[0],
    )
    if not share:
        return ZERO
    return round_money(max(ZERO, left - lot.cost * (ONE - share)), lot.stock.quantum)
