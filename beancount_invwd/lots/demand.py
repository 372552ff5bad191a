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
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.lots.charged import Charged
from beancount_invwd.lots.moves import sum_costs
from beancount_invwd.policy.values import Schedule, find_rate

if TYPE_CHECKING:
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.lots.stock import Lot, Stock
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
        return _find_supply(units, self.sold, self.days)

    def find_sales(self, days: int) -> Decimal:
        """How many units would be sold or used in some days."""
        return self.sold * days / self.days


class Departure:
    """What one transaction took out: which share of it was sold or used, found when it is asked.

    Args:
        chart: Tells what accounts are.
        txn: The transaction.
        rows: What left, each with its cost.
    """

    def __init__(self, chart: Chart, txn: Any, rows: Sequence[tuple[Lot, Decimal]]) -> None:
        self.txn = txn
        self._chart, self._rows = chart, rows
        self._charged: dict[str, Charged] = {}

    @cached_property
    def _costs(self) -> Mapping[Stock, tuple[Decimal, Decimal]]:
        return sum_costs(self._rows)

    def find_share(self, stock: Stock) -> Decimal:
        """Find which share of the units of a stock was sold or used."""
        charged = self._charged.get(stock.currency)
        if charged is None:
            charged = Charged(self._chart, self.txn, stock.currency)
            self._charged[stock.currency] = charged
        if charged.is_demand(stock):
            return ONE
        return charged.find_demand(stock, self._costs[stock])


class _Flow:
    """Units of a stock that left and those that came back, in the order of dates.

    Nobody asks what most of them were: a report looks at a window, most ledgers have no reserve.

    Attributes:
        known_last: The last date on which units were sold or used, as far as anybody looked.
    """

    def __init__(self, stock: Stock) -> None:
        self.known_last: datetime.date | None = None
        self._stock = stock
        self._dates: list[datetime.date] = []
        self._units: list[Decimal] = []
        self._departures: list[Departure | None] = []  # of units that are not yet settled
        self._sums = [ZERO]  # of the units from row `_summed_from` on, before each row
        self._summed_from = 0
        self._looked = 0

    def add(self, date: datetime.date, units: Decimal, departure: Departure | None = None) -> None:
        """Add units, all of them sold or used, or a share that a departure tells."""
        self._dates.append(date)
        self._units.append(units)
        self._departures.append(departure)

    def find_last(self) -> datetime.date | None:
        """Find the last date on which units were sold or used."""
        for i in range(len(self._dates) - 1, self._looked - 1, -1):
            if self._settle(i) > ZERO:
                self.known_last = self._dates[i]
                break
        self._looked = len(self._dates)
        return self.known_last

    def sum_window(self, window: int, day: datetime.date) -> tuple[Decimal, datetime.date | None]:
        """Sum the units of the last `window` days, `day` included, and until when they count."""
        start, count = bisect_right(self._dates, add_days(day, -window)), len(self._dates)
        if len(self._sums) == 1 or start < self._summed_from:
            self._sums, self._summed_from = [ZERO], start
        sums, first = self._sums, self._summed_from
        for i in range(first + len(sums) - 1, count):
            sums.append(sums[-1] + self._settle(i))
        sold, until = sums[-1] - sums[start - first], None
        for i in range(start, count):
            if self._units[i]:
                until = add_days(self._dates[i], window - 1)
                break
        return max(ZERO, sold), until

    def _settle(self, i: int) -> Decimal:
        """Find what of a row was sold or used, once."""
        departure = self._departures[i]
        if departure is not None:
            self._units[i] *= departure.find_share(self._stock)
            self._departures[i] = None
        return self._units[i]


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
        self._departures: dict[int, Departure] = {}  # by the identity of the transaction
        self._first: dict[Stock, datetime.date] = {}
        self.is_asked = bool(idle) or coverage is not None
        self.is_noted = self.is_asked or is_told

    def find_calm(self, stock: Stock, day: datetime.date) -> datetime.date | None:
        """Find until when a known sale keeps anything from being taken off, whatever came later.

        None if there may be a rate; with `coverage`, that always is.
        """
        flow = self._left.get(stock)
        if not self._idle or self._coverage is not None or flow is None or flow.known_last is None:
            return None
        until = add_days(flow.known_last, self._idle[0][0] - 1)
        return until if day <= until else None

    @property
    def needs_units(self) -> bool:
        """Whether rates depend on how many units there are."""
        return self._coverage is not None

    def change(self, idle: Schedule, coverage: Coverage | None) -> None:
        """Let other rates hold from now on."""
        self._idle, self._coverage = idle, coverage
        self.is_asked = bool(idle) or coverage is not None

    def note_bought(self, stock: Stock, date: datetime.date) -> None:
        """Note the date of units that came in: that of their cost, also of a transfer."""
        first = self._first.get(stock)
        if first is None or date < first:
            self._first[stock] = date

    def note_departure(self, departure: Departure) -> None:
        """Note what a transaction took out, before what it took out of each stock."""
        self._departures[id(departure.txn)] = departure

    def note_left(self, stock: Stock, txn: Any, units: Decimal, *, is_used: bool = False) -> None:
        """Note units that left by a transaction that was noted; dates never go back.

        Args:
            stock: Of what.
            txn: The transaction.
            units: Units, positive.
            is_used: Whether something was made of all of them.
        """
        departure = None if is_used else self._departures[id(txn)]
        self._find_flow(stock).add(txn.date, units, departure)

    def note_back(self, stock: Stock, date: datetime.date, units: Decimal) -> None:
        """Note units that came back after all: less demand of their day, but no sale."""
        self._find_flow(stock).add(date, -units)

    def find_share(self, stock: Stock, txn: Any) -> Decimal:
        """Find which share of the units that left by a transaction was sold or used."""
        return self._departures[id(txn)].find_share(stock)

    def find_rates(self, stock: Stock, units: Decimal, day: datetime.date) -> tuple[Rate, ...]:
        """Find what the policies take off the cost of a stock on a date.

        Args:
            stock: The stock.
            units: Those of its units that can be sold; nobody asks without `needs_units`.
            day: The date.
        """
        rates = []
        if self._idle:
            share, until = find_rate(self._idle, self.find_last(stock, day), day)
            rates.append(Rate(share, "idle", until))
        if self._coverage is not None:
            rates.append(self._find_coverage(stock, self._coverage, units, day))
        return tuple(rates)

    def find_first(self, stock: Stock, day: datetime.date) -> datetime.date:
        """The first purchase; today for goods that were only ever sold."""
        return self._first.get(stock, day)

    def find_last(self, stock: Stock, day: datetime.date) -> datetime.date:
        """The date when units were last sold or used, or else first bought."""
        return self._find_flow(stock).find_last() or self.find_first(stock, day)

    def find_turnover(self, stock: Stock, window: int, day: datetime.date) -> Turnover:
        """Find how fast a stock leaves.

        Args:
            stock: The stock.
            window: Over how many days, `day` included.
            day: The date.
        """
        flow = self._find_flow(stock)
        first = self.find_first(stock, day)
        age = (day - first).days
        last = self.find_last(stock, day)
        sold, until = flow.sum_window(window, day)
        return Turnover(sold, max(1, min(window, age)), age >= window, last, until)

    def _find_flow(self, stock: Stock) -> _Flow:
        flow = self._left.get(stock)
        if flow is None:
            flow = self._left[stock] = _Flow(stock)
        return flow

    def _find_coverage(
        self, stock: Stock, coverage: Coverage, units: Decimal, day: datetime.date
    ) -> Rate:
        first, window = self.find_first(stock, day), coverage.window
        if (day - first).days < window:
            return Rate(ZERO, "coverage", add_days(first, window - 1))
        sold, until = self._find_flow(stock).sum_window(window, day)
        supply = _find_supply(units, sold, window)
        if supply is None:
            return Rate(coverage.rates[-1][1], "coverage", until)
        if coverage.is_by_item:
            share = ZERO
            for days, rate in coverage.rates:
                if supply >= days:
                    share = rate
        else:
            share = _average(coverage.rates, supply)
        return Rate(share, "coverage", until)


def _find_supply(units: Decimal, sold: Decimal, days: int) -> Decimal | None:
    """For how many days units last if so many are sold in some days; None if none are."""
    return units * days / sold if sold > ZERO else None


def _average(rates: Schedule, supply: Decimal) -> Decimal:
    """The average rate of units laid end to end over the days that they cover."""
    if supply <= rates[0][0]:
        return ZERO
    return sum([rate * days for days, rate in list_bands(rates, supply)], ZERO) / supply


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
