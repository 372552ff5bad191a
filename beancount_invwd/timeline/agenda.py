"""What has to be tested: the stocks of which something changed since the last measurement.

A price, a movement of units, a rate or a directive puts an item on the agenda, and so does a date
up to which alone an earlier assessment was good. All others need no work: where the price covers
the cost of each lot, only a price below that, or a dearer purchase, puts the item on the agenda.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from heapq import heappop, heappush
from itertools import chain

from beancount_invwd.lots.books import Books
from beancount_invwd.lots.stock import Stock, StockKey

NEVER = datetime.date.max


class Agenda:
    """Keeps the list of stocks to test.

    Args:
        books: Tells which stocks units moved in.
        feeds: The raw materials that go into an item.
        is_by_price: Whether items are tested whenever they get a price.

    Attributes:
        awake: Items of which there is new evidence.
        alarms: By item, from which price on a new one calls for no test; others always do.
    """

    def __init__(
        self, books: Books, feeds: Mapping[str, frozenset[str]], *, is_by_price: bool
    ) -> None:
        self.awake: set[str] = set()
        self.alarms: dict[str, Decimal] = {}
        self._books = books
        self._feeds = feeds
        self._is_by_price = is_by_price
        self._changed: set[Stock] = set()
        self._holds_until: dict[Stock, datetime.date] = {}
        self._waiting: list[tuple[datetime.date, StockKey]] = []

    def add(self, stocks: Iterable[Stock]) -> None:
        """Put stocks on the list of the next measurement."""
        self._changed.update(stocks)

    def rest(self, stock: Stock, price: Decimal) -> None:
        """Let a stock rest whose lots are all covered from this price on.

        Not so if the item has other stocks, or may tell what a material is worth.
        """
        item = stock.key.commodity
        if len(self._books.by_commodity[item]) == 1 and not self._feeds:
            stock.is_calm, self.alarms[item] = True, price

    def rouse(self, stock: Stock) -> None:
        """Let all events of a stock, and all prices of its item, call for a test again."""
        stock.is_calm = False
        self.alarms.pop(stock.key.commodity, None)

    def hold(self, stock: Stock, until: datetime.date | None) -> None:
        """Note until when an assessment is good without a new directive or movement."""
        if until is not None and self._holds_until.get(stock, NEVER) > until:
            self._holds_until[stock] = until
            heappush(self._waiting, (until, stock.key))

    def take(self, day: datetime.date, items: Iterable[str] | None) -> list[Stock]:
        """Take the stocks that have to be tested on a date.

        Args:
            day: The measurement date.
            items: The items that are tested, or None for all.
        """
        changed, by_commodity = self._changed, self._books.by_commodity
        changed |= self._books.touched
        self._books.touched.clear()
        awake = self.awake & by_commodity.keys()
        changed.update(chain.from_iterable(map(by_commodity.__getitem__, awake)))
        self.awake.clear()
        self._wake_waiting(day)
        if self._feeds:
            for stock in list(changed):
                for material in self._feeds.get(stock.key.commodity, ()):
                    changed.update(by_commodity.get(material, ()))
        if items is not None:
            return [stock for item in items for stock in by_commodity.get(item, ()) if stock.lots]
        due = list(self._books.stocks.values() if self._is_by_price else changed)
        changed.clear()
        return due

    def _wake_waiting(self, day: datetime.date) -> None:
        while self._waiting and self._waiting[0][0] < day:
            until, key = heappop(self._waiting)
            stock = self._books.stocks[key]
            if self._holds_until.get(stock) == until:
                del self._holds_until[stock]
                self._changed.add(stock)
