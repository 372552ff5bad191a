"""Units that left → demand, and the rates that slow or missing demand takes off cost.

Units count as demanded when they are sold or used: by every reduction that is no transfer. Goods
that cover more days than they will sell in are reserved (ACCOUNTING section 4):

    'idle': {180: '20%'}       nothing left for 180 days: 20 % off cost
    'coverage': {'window': 365, 'rates': {365: '50%'}}
                               730 units, one a day: half of them lie beyond a year, 25 % off cost
"""

from __future__ import annotations

import datetime
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.policy.values import Schedule, find_rate

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.policy.policy import Coverage


class Rate(NamedTuple):
    """A share off cost, the rule that gives it, and the last day on which it holds as it is."""

    share: Decimal
    reason: str
    until: datetime.date | None


class Supply(NamedTuple):
    """How many units of a stock were sold or used in the window, and for how long it lasts.

    Attributes:
        days: Days of supply; None if nothing was sold or used.
        until: The last day on which this holds without another sale.
    """

    sold: Decimal
    days: Decimal | None
    until: datetime.date | None


class Demand:
    """When units of each stock were first bought, and which were sold or used, and when.

    Args:
        idle: Days since the last sale or use, with their rates.
        coverage: Days of supply with their rates, or None.

    Attributes:
        is_asked: Whether any rate depends on demand; else nothing needs to be noted.
    """

    def __init__(self, idle: Schedule, coverage: Coverage | None) -> None:
        self._idle = idle
        self._coverage = coverage
        self._left: dict[Stock, deque[tuple[datetime.date, Decimal]]] = {}
        self._sums: dict[Stock, Decimal] = {}
        self._first: dict[Stock, datetime.date] = {}
        self._last: dict[Stock, datetime.date] = {}
        self.is_asked = bool(idle) or coverage is not None

    def note_bought(self, stock: Stock, date: datetime.date) -> None:
        """Note the date of units that came in: that of their cost, also of a transfer."""
        first = self._first.get(stock)
        if first is None or date < first:
            self._first[stock] = date

    def note_left(self, stock: Stock, date: datetime.date, units: Decimal) -> None:
        """Note units that were sold or used; dates never go back."""
        self._last[stock] = date
        if self._coverage is not None:
            self._left.setdefault(stock, deque()).append((date, units))
            self._sums[stock] = self._sums.get(stock, ZERO) + units

    def find_rates(self, stock: Stock, day: datetime.date) -> tuple[Rate, ...]:
        """Find what the policies take off the cost of a stock on a date."""
        rates = []
        if self._idle:
            share, until = find_rate(self._idle, self.find_last(stock, day), day)
            rates.append(Rate(share, "idle", until))
        if self._coverage is not None:
            rates.append(self._find_coverage(stock, self._coverage, day))
        return tuple(rates)

    def find_first(self, stock: Stock, day: datetime.date) -> datetime.date:
        """The first purchase; today for goods that were only ever sold."""
        return self._first.get(stock, day)

    def find_last(self, stock: Stock, day: datetime.date) -> datetime.date:
        """The date on which units were last sold or used, or else first bought."""
        return self._last.get(stock) or self.find_first(stock, day)

    def find_supply(self, stock: Stock, window: int, day: datetime.date) -> Supply | None:
        """Find the days of supply; None if the item is too young to tell."""
        first = self.find_first(stock, day)
        if (day - first).days < window:
            return None
        sold, until = self._sum_window(stock, window, day)
        return Supply(sold, stock.units * window / sold if sold > 0 else None, until)

    def _find_coverage(self, stock: Stock, coverage: Coverage, day: datetime.date) -> Rate:
        supply = self.find_supply(stock, coverage.window, day)
        if supply is None:
            until = add_days(self.find_first(stock, day), coverage.window - 1)
            return Rate(ZERO, "coverage", until)
        if supply.days is None:
            return Rate(coverage.rates[-1][1], "coverage", supply.until)
        if coverage.is_by_item:
            share = ZERO
            for days, rate in coverage.rates:
                if supply.days >= days:
                    share = rate
        else:
            share = _average(coverage.rates, supply.days)
        return Rate(share, "coverage", supply.until)

    def _sum_window(
        self, stock: Stock, window: int, day: datetime.date
    ) -> tuple[Decimal, datetime.date | None]:
        """Sum the units of the last `window` days, `day` included, and until when they count."""
        left = self._left.get(stock)
        while left and (day - left[0][0]).days >= window:
            self._sums[stock] -= left.popleft()[1]
        if not left:
            return ZERO, None
        return self._sums[stock], add_days(left[0][0], window - 1)


def _average(rates: Schedule, supply: Decimal) -> Decimal:
    """The average rate of units laid end to end over the days that they cover."""
    parts = list_bands(rates, supply)
    return sum((rate * days for days, rate in parts), ZERO) / supply if supply else ZERO


def list_bands(rates: Schedule, supply: Decimal) -> list[tuple[Decimal, Decimal]]:
    """List how many days of supply each rate holds for, without those below the first."""
    bands = []
    for (days, rate), following in zip(rates, (*rates[1:], None), strict=True):
        end = supply if following is None else min(supply, Decimal(following[0]))
        bands.append((max(ZERO, end - days), rate))
    return bands


def lower_cost(cost: Decimal, rate: Rate) -> Decimal:
    """What a rate leaves of cost."""
    return cost * (ONE - rate.share)
