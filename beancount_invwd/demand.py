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

from beancount_invwd.money import ONE, ZERO
from beancount_invwd.values import Schedule, add_days, find_rate

if TYPE_CHECKING:
    from beancount_invwd.policy import Coverage
    from beancount_invwd.stock import Stock


class Rate(NamedTuple):
    """A share off cost, the rule that gives it, and the last day on which it holds as it is."""

    share: Decimal
    reason: str
    until: datetime.date | None


class Demand:
    """When units of each stock were first bought, and which were sold or used, and when.

    Args:
        idle: Days since the last sale or use, with their rates.
        coverage: Days of supply with their rates, or None.
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
        first = self._first.get(stock, day)  # of goods that were only ever sold
        rates = []
        if self._idle:
            since = self._last.get(stock, first)
            share, until = find_rate(self._idle, since, day)
            rates.append(Rate(share, "idle", until))
        if self._coverage is not None:
            rates.append(self._find_coverage(stock, first, self._coverage, day))
        return tuple(rates)

    def _find_coverage(
        self, stock: Stock, first: datetime.date, coverage: Coverage, day: datetime.date
    ) -> Rate:
        if (day - first).days < coverage.window:
            return Rate(ZERO, "coverage", add_days(first, coverage.window - 1))
        sold, until = self._sum_window(stock, coverage.window, day)
        if sold <= 0:
            return Rate(coverage.rates[-1][1], "coverage", until)
        supply = stock.units * coverage.window / sold
        if coverage.is_by_item:
            share = ZERO
            for days, rate in coverage.rates:
                if supply >= days:
                    share = rate
        else:
            share = _average(coverage.rates, supply)
        return Rate(share, "coverage", until)

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
    total = ZERO
    for (days, rate), following in zip(rates, (*rates[1:], None), strict=True):
        end = supply if following is None else min(supply, Decimal(following[0]))
        total += rate * max(ZERO, end - days)
    return total / supply if supply else ZERO


def lower_cost(cost: Decimal, rate: Rate) -> Decimal:
    """What a rate leaves of cost."""
    return cost * (ONE - rate.share)
