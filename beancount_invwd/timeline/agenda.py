"""What has to be tested: the stocks of which something changed since the last measurement.

A price, a movement of units, a rate or a directive puts an item on the agenda, and so does a date
up to which alone an earlier assessment was good. All others need no work.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from beancount_invwd.allowance.memory import Memory
from beancount_invwd.lots.books import Books
from beancount_invwd.lots.stock import Stock
from beancount_invwd.measure.prices import PriceBook


class Agenda:
    """Keeps the list of stocks to test.

    Args:
        books: Tells which stocks units moved in.
        memory: Tells until when what was found holds.
        prices: The newest prices.
        feeds: The raw materials that go into an item.
        is_by_price: Whether items are tested whenever they get a price.

    Attributes:
        awake: Items of which there is new evidence.
    """

    def __init__(
        self,
        books: Books,
        memory: Memory,
        prices: PriceBook,
        feeds: Mapping[str, Iterable[str]],
        *,
        is_by_price: bool,
    ) -> None:
        self.awake: set[str] = set()
        self._books = books
        self._memory = memory
        self._prices = prices
        self._feeds = feeds
        self._is_by_price = is_by_price
        self._changed: set[Stock] = set()

    def add(self, stocks: Iterable[Stock]) -> None:
        """Put stocks on the list of the next measurement."""
        self._changed.update(stocks)

    def add_item(self, item: str) -> None:
        """Put an item on the list of which something other than a price is stated."""
        self.awake.add(item)
        self.add(self._books.by_commodity.get(item, ()))

    def take(self, day: datetime.date, items: Iterable[str] | None) -> list[Stock]:
        """Take the stocks that have to be tested on a date.

        Args:
            day: The measurement date.
            items: The items that are tested, or None for all.
        """
        changed, by_commodity = self._changed, self._books.by_commodity
        prices = self._prices.newest_by_pair
        changed |= self._books.touched
        self._books.touched.clear()
        for item in self.awake:
            for stock in by_commodity.get(item, ()):
                if not (
                    stock.is_calm
                    and len(quotes := prices[item]) == 1  # a calm stock has a price
                    and quotes[stock.currency].amount.number >= stock.dearest
                ):
                    changed.add(stock)
        changed.update(self._memory.take_over(day))
        if self._feeds:
            for name in self._list_materials(self.awake, changed):
                changed.update(by_commodity.get(name, ()))
        self.awake.clear()
        if items is not None:
            return [stock for item in items for stock in by_commodity.get(item, ()) if stock.lots]
        due = list(self._books.stocks.values() if self._is_by_price else changed)
        changed.clear()
        return due

    def _list_materials(self, items: Iterable[str], stocks: Iterable[Stock]) -> set[str]:
        """List the raw materials of items and stocks, those of their parts included."""
        found: set[str] = set()
        waiting = [*items, *(stock.key.commodity for stock in stocks)]
        while waiting:
            more = [name for name in self._feeds.get(waiting.pop(), ()) if name not in found]
            found.update(more)
            waiting += more
        return found
