"""What is remembered from one measurement to the next, so that work follows events.

Nothing of it decides an amount: forgotten, the same is found again.

    MUG holds until 2024-06-30: then its price is too old, or a lot of it gets a higher rate
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from decimal import Decimal
from heapq import heappop, heappush
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ENDLESS
from beancount_invwd.policy.values import find_rate

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.policy.values import Schedule

NEVER = datetime.date.max


class Memory:
    """What weighing remembers of stocks and lots.

    Attributes:
        converted: Stocks that have a price in another currency, by that currency.
        apart: Stocks of which a lot ever was a group of its own.
    """

    def __init__(self) -> None:
        self.converted: dict[str, set[Stock]] = {}
        self.apart: set[Stock] = set()
        self._until: dict[Stock, datetime.date] = {}
        self._waiting: list[tuple[datetime.date, int, Stock]] = []
        self._aged: dict[int, tuple[datetime.date, tuple[Decimal, str]]] = {}
        self._least: dict[Stock, tuple[int, Decimal]] = {}

    def forget_rates(self) -> None:
        """Forget rates by age, since estimates changed."""
        self._aged.clear()

    def find_converted(self, entry: Any) -> Collection[Stock]:
        """Find the stocks whose price depends on the rate that a price directive gives."""
        found = self.converted.get(entry.currency, set())
        return found | self.converted.get(entry.amount.currency, set())

    def hold(self, stock: Stock, until: datetime.date | None) -> None:
        """Note until when an assessment is good without a new directive or movement."""
        if until is not None and self._until.get(stock, NEVER) > until:
            self._until[stock] = until
            heappush(self._waiting, (until, id(stock), stock))

    def take_over(self, day: datetime.date) -> Iterator[Stock]:
        """Take the stocks of which an assessment is no longer good on a day."""
        while self._waiting and self._waiting[0][0] < day:
            until, _, stock = heappop(self._waiting)
            if self._until.get(stock) == until:
                del self._until[stock]
                yield stock

    def list_rates(
        self, stock: Stock, ageing: Schedule, day: datetime.date
    ) -> list[tuple[Decimal, str]]:
        """List the rates off cost by the age of lots; held is until when they stay."""
        aged, found = self._aged, []
        for number, lot in stock.lots.items():
            known = aged.get(number)
            if known is None or known[0] < day or lot.is_pool:
                share, until = find_rate(ageing, lot.aged_from, day)
                known = aged[number] = until or NEVER, (share, "ageing")
            found.append(known)
        self.hold(stock, min([until for until, _ in found]))
        return [rate for _, rate in found]

    def find_least(self, stock: Stock) -> Decimal:
        """Find a unit cost below which no lot of a stock is."""
        last, lowest = self._least.get(stock, (0, ENDLESS))
        newest = next(reversed(stock.lots), last)
        if newest > last:
            for lot in takewhile(lambda lot: lot.number > last, reversed(stock.lots.values())):
                lowest = min(lowest, lot.cost_unit)
            self._least[stock] = newest, lowest
        return lowest
