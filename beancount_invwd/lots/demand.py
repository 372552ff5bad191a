"""Units that left → demand, and the rates that slow or missing demand takes off cost.

Units count as demanded when they were sold or used, not when they were thrown away or went back;
what customers bring back is taken off. Goods that cover more days than they will sell in are
reserved (ACCOUNTING section 4):

    'idle': {180: '20%'}       nothing left for 180 days: 20 % off cost
    'coverage': {'window': 365, 'rates': {365: '50%'}}
                               730 units, one a day: half of them lie beyond a year, 25 % off cost
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
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


class Turnover(NamedTuple):
    """How fast an item leaves.

    Attributes:
        sold: Units that were sold or used within a window.
        days: The days of the window; fewer if the item is younger.
        is_known: Whether the item is as old as the window.
        last: The date when units were last sold or used, or else first bought.
        until: The last day on which this holds without another sale.
    """

    sold: Decimal
    days: int
    is_known: bool
    last: datetime.date
    until: datetime.date | None

    def find_supply(self, units: Decimal) -> Decimal | None:
        """For how many days units last; None if nothing was sold or used."""
        return units * self.days / self.sold if self.sold > 0 else None

    def find_sales(self, days: int) -> Decimal:
        """How many units would be sold or used in some days."""
        return self.sold * days / self.days


class _Flow:
    """Dates on which units left, and how many had by then, less those that came back.

    Attributes:
        last: The last date on which some left.
    """

    def __init__(self) -> None:
        self.dates: list[datetime.date] = []
        self.units: list[Decimal] = []
        self.last: datetime.date | None = None

    def add(self, date: datetime.date, units: Decimal) -> None:
        before = self.units[-1] if self.units else ZERO
        if self.dates and self.dates[-1] == date:
            self.units[-1] = before + units
        else:
            self.dates.append(date)
            self.units.append(before + units)

    def sum_window(self, window: int, day: datetime.date) -> tuple[Decimal, datetime.date | None]:
        """Sum the units of the last `window` days, `day` included, and until when they count."""
        first = bisect_right(self.dates, add_days(day, -window))
        if first == len(self.dates):
            return ZERO, None
        before = self.units[first - 1] if first else ZERO
        return max(ZERO, self.units[-1] - before), add_days(self.dates[first], window - 1)


_NO_FLOW = _Flow()


class Demand:
    """When units of each stock were first bought, and which were sold or used, and when.

    Args:
        idle: Days since the last sale or use, with their rates.
        coverage: Days of supply with their rates, or None.
        is_told: Whether reports ask for it too.

    Attributes:
        is_asked: Whether any rate depends on demand.
        is_noted: Whether anybody asks for it; else nothing needs to be noted.
    """

    def __init__(self, idle: Schedule, coverage: Coverage | None, *, is_told: bool = False) -> None:
        self._idle = idle
        self._coverage = coverage
        self._left: dict[Stock, _Flow] = {}
        self._first: dict[Stock, datetime.date] = {}
        self.is_asked = bool(idle) or coverage is not None
        self.is_noted = self.is_asked or is_told

    def change(self, idle: Schedule, coverage: Coverage | None) -> None:
        """Let other rates hold from now on."""
        self._idle, self._coverage = idle, coverage
        self.is_asked = bool(idle) or coverage is not None

    def note_bought(self, stock: Stock, date: datetime.date) -> None:
        """Note the date of units that came in: that of their cost, also of a transfer."""
        first = self._first.get(stock)
        if first is None or date < first:
            self._first[stock] = date

    def note_left(self, stock: Stock, date: datetime.date, units: Decimal) -> None:
        """Note units that were sold or used; dates never go back."""
        if units:
            flow = self._left.setdefault(stock, _Flow())
            flow.add(date, units)
            flow.last = date

    def note_back(self, stock: Stock, date: datetime.date, units: Decimal) -> None:
        """Note units that came back after all: less demand of their day, but no sale."""
        if units:
            self._left.setdefault(stock, _Flow()).add(date, -units)

    def find_rates(self, stock: Stock, units: Decimal, day: datetime.date) -> tuple[Rate, ...]:
        """Find what the policies take off the cost of a stock on a date.

        Args:
            stock: The stock.
            units: Those of its units that can be sold.
            day: The date.
        """
        rates = []
        if self._idle:
            last = self.find_turnover(stock, 1, day).last
            share, until = find_rate(self._idle, last, day)
            rates.append(Rate(share, "idle", until))
        if self._coverage is not None:
            rates.append(self._find_coverage(stock, self._coverage, units, day))
        return tuple(rates)

    def find_first(self, stock: Stock, day: datetime.date) -> datetime.date:
        """The first purchase; today for goods that were only ever sold."""
        return self._first.get(stock, day)

    def find_turnover(self, stock: Stock, window: int, day: datetime.date) -> Turnover:
        """Find how fast a stock leaves.

        Args:
            stock: The stock.
            window: Over how many days, `day` included.
            day: The date.
        """
        flow = self._left.get(stock, _NO_FLOW)
        first = self.find_first(stock, day)
        age = (day - first).days
        last = flow.last or first
        sold, until = flow.sum_window(window, day)
        return Turnover(sold, max(1, min(window, age)), age >= window, last, until)

    def _find_coverage(
        self, stock: Stock, coverage: Coverage, units: Decimal, day: datetime.date
    ) -> Rate:
        found = self.find_turnover(stock, coverage.window, day)
        if not found.is_known:
            until = add_days(self.find_first(stock, day), coverage.window - 1)
            return Rate(ZERO, "coverage", until)
        supply = found.find_supply(units)
        if supply is None:
            return Rate(coverage.rates[-1][1], "coverage", found.until)
        if coverage.is_by_item:
            share = ZERO
            for days, rate in coverage.rates:
                if supply >= days:
                    share = rate
        else:
            share = _average(coverage.rates, supply)
        return Rate(share, "coverage", found.until)


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
