"""What was known on an earlier date, and of some of it what is known today.

What moved an allowance is told apart by measuring once more with what was known before: with its
prices, then with its prices at today's rates, then with today's prices, and so on.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.lots.demand import Demand, Rate
from beancount_invwd.measure.evidence import EvidenceBook

if TYPE_CHECKING:
    from beancount_invwd.directives.statements import Contract, Statement
    from beancount_invwd.directives.temporary import Temporary
    from beancount_invwd.lots.stock import Stock, StockKey
    from beancount_invwd.measure.measured import Evidence
    from beancount_invwd.measure.prices import Replacement
    from beancount_invwd.policy.policy import Terms


class Past(EvidenceBook):
    """What was known on an earlier date.

    Args:
        book: What is known now, which is that date.
        day: The date.
        stocks: The stocks, whose newest purchases are remembered.

    Attributes:
        stated_on: The date.
        priced_on: The date that prices are of.
    """

    def __init__(self, book: EvidenceBook, day: datetime.date, stocks: Iterable[Stock]) -> None:
        super().__init__()
        vars(self).update(vars(book))
        self.detach()
        self.stated_on = self.priced_on = day
        self._purchases: Mapping[Stock, Any] | None = {row: row.purchase for row in stocks}

    def with_rates(self, now: EvidenceBook, currencies: Collection[str]) -> Past:
        """The same at today's exchange rates."""
        found = copy(self)
        found.prices = self.prices.with_rates(now.prices, currencies)
        return found

    def with_prices(self, now: EvidenceBook, day: datetime.date) -> Past:
        """The same at today's prices, rates and replacement costs."""
        found = copy(self)
        found.adopt_prices(now)
        found.priced_on = day
        found.forget_purchases()
        return found

    def forget_purchases(self) -> None:
        """Let the newest purchases be those of today."""
        self._purchases = None

    def find(self, stock: Stock, terms: Terms, _day: datetime.date) -> Evidence:
        """Find what was known of an item."""
        return super().find(stock, terms, self.priced_on)

    def find_temporary(self, item: str, _day: datetime.date) -> Temporary | None:
        """Find the decline of an item that was not recognised."""
        return super().find_temporary(item, self.stated_on)

    def list_contracts(self, key: StockKey, _day: datetime.date) -> Sequence[Contract]:
        """List the contracts of an item that were in force."""
        return super().list_contracts(key, self.stated_on)

    def find_general(
        self, stock: Stock, _day: datetime.date, max_age: int | None
    ) -> Statement | None:
        """Find the `invwd-nrv` for a whole item."""
        return super().find_general(stock, self.stated_on, max_age)

    def find_replacement(
        self, stock: Stock, _day: datetime.date, max_age: int | None
    ) -> Replacement | None:
        """Find the replacement cost of an item."""
        return super().find_replacement(stock, self.priced_on, max_age)

    def find_purchase(self, stock: Stock) -> Any:
        """Find the newest purchase of an item."""
        return stock.purchase if self._purchases is None else self._purchases.get(stock)

    def find_stated_replacement(
        self, stock: Stock, _day: datetime.date, max_age: int | None
    ) -> Replacement | None:
        """Find the replacement cost that is stated of an item."""
        return super().find_stated_replacement(stock, self.priced_on, max_age)


class PastDemand(Demand):
    """What demand took off the cost of stocks on an earlier date.

    Args:
        rates: By stock.
    """

    def __init__(self, rates: Mapping[Stock, tuple[Rate, ...]]) -> None:
        super().__init__((), None)
        self.is_asked = bool(rates)
        self._rates = rates

    def find_rates(self, stock: Stock, _units: Decimal, _day: datetime.date) -> tuple[Rate, ...]:
        """Find what was taken off the cost of a stock."""
        return self._rates.get(stock, ())
