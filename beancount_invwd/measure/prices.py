"""Price directives → evidence of what an item sells for on a date, and closing rates.

The newest price counts if it is not too old. A price in another currency counts at the closing
rate: the newer of x → c and the inverse of c → x (IAS 21.25: only the price is translated, cost
stays at its historical rate). What goods were bought at is no price, but may be a rate.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from copy import copy
from decimal import Decimal
from typing import Any

from beancount_invwd.directives.later import find_own_date
from beancount_invwd.directives.metadata import EXCLUDE
from beancount_invwd.ground.money import ONE
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.measure.sales import Sales

IMPLICIT = "__implicit_prices__"


class Price(NamedTuple):
    """What an item sells for, in the cost currency.

    Attributes:
        number: Per unit, in the cost currency.
        date: The date of the price directive.
        entry: The price directive.
        rate: The directive whose rate converted it, or None.
    """

    number: Decimal
    date: datetime.date
    entry: Any
    rate: Any

    @property
    def own_date(self) -> datetime.date:
        """The date of the directive, also where it is evidence of an earlier one."""
        return find_own_date(self.entry) or self.date


class Replacement(NamedTuple):
    """What a unit costs to buy, in the cost currency: from a directive or a purchase."""

    number: Decimal
    date: datetime.date
    entry: Any


class PriceBook:
    """The newest price of each pair so far; directives are added in order of their dates.

    Attributes:
        newest_by_pair: The newest price directive that is evidence, by item and currency.
        sales: Tells which prices are those of sales.
    """

    def __init__(self) -> None:
        self.newest_by_pair: dict[str, dict[str, Any]] = {}
        self.sales = Sales()
        self._costs: dict[tuple[str, str], tuple[Any, Any]] = {}  # each with the price before it

    def add(self, entry: Any) -> bool:
        """Add a price directive; return whether it is evidence of a selling price."""
        source, target = entry.currency, entry.amount.currency
        if not is_evidence(entry, self.sales):
            if entry.meta.get(EXCLUDE) is not True:
                self._costs[source, target] = entry, self._find_quote(source, target)
            return False
        self.newest_by_pair.setdefault(source, {})[target] = entry
        return True

    def detach(self) -> PriceBook:
        """A book that nothing is added to when more is added to this one."""
        found = copy(self)
        found.newest_by_pair = {row: dict(quotes) for row, quotes in self.newest_by_pair.items()}
        found._costs = dict(self._costs)  # noqa: SLF001
        return found

    def with_rates(self, other: PriceBook, currencies: Collection[str]) -> PriceBook:
        """The same prices at the exchange rates of another book.

        Args:
            other: The book.
            currencies: What is no item.
        """
        found, pairs = copy(other), other.newest_by_pair
        rates = {item: quotes for item, quotes in pairs.items() if item in currencies}
        found.newest_by_pair = self.newest_by_pair | rates
        return found

    def find_price(
        self, item: str, currency: str, day: datetime.date, max_age: int | None
    ) -> Price | None:
        """Find the price of an item in a cost currency on a date (ACCOUNTING section 4)."""
        quotes = self.newest_by_pair.get(item)
        if not quotes:
            return None
        if len(quotes) == 1 and currency in quotes:
            found = quotes[currency]
            fresh = max_age is None or (day - found.date).days <= max_age
            return Price(found.amount.number, found.date, found, None) if fresh else None
        ranked = sorted(quotes.values(), key=lambda entry: _rank(entry, currency))
        for entry in ranked:
            if max_age is not None and (day - entry.date).days > max_age:
                return None
            found = self._convert(entry, currency)
            if found is not None:
                return found
        return None

    def newest(self, item: str) -> Any:
        """The newest price directive of an item in whatever currency, or None."""
        return max(
            self.newest_by_pair.get(item, {}).values(), key=lambda entry: entry.date, default=None
        )

    def list_currencies(self) -> set[str]:
        """The currencies that anything has a price in."""
        return {name for quotes in self.newest_by_pair.values() for name in quotes}

    def has_cost(self, item: str) -> bool:
        """Whether there are prices that only say what an item was bought for."""
        return any(source == item for source, _ in self._costs)

    def _convert(self, entry: Any, currency: str) -> Price | None:
        amount = entry.amount
        if amount.currency == currency:
            return Price(amount.number, entry.date, entry, None)
        rate = self.find_rate(amount.currency, currency)
        if rate is None:
            return None
        number = amount.number * rate[0] / rate[1]
        return Price(number, entry.date, entry, rate[2])

    def find_rate(self, source: str, target: str) -> tuple[Decimal, Decimal, Any] | None:
        """Find the closing rate between two currencies, of whatever age.

        Returns:
            Multiplier, divisor and the price directive; None without one.
        """
        direct = self._newest_pair(source, target)
        inverse = self._newest_pair(target, source)
        if inverse is not None and not inverse.amount.number:
            inverse = None
        if direct is not None and (inverse is None or direct.date >= inverse.date):
            return direct.amount.number, ONE, direct
        return None if inverse is None else (ONE, inverse.amount.number, inverse)

    def _newest_pair(self, source: str, target: str) -> Any:
        """The last directive of a pair; what a currency was bought for is a rate, if no price."""
        price = self._find_quote(source, target)
        cost, before = self._costs.get((source, target), (None, None))
        return cost if cost is not None and price is before else price

    def _find_quote(self, source: str, target: str) -> Any:
        return self.newest_by_pair.get(source, {}).get(target)


def is_evidence(entry: Any, sales: Sales) -> bool:
    """Whether a price directive says what an item sells for, and is not excluded."""
    if entry.meta.get(EXCLUDE) is True:
        return False
    return IMPLICIT not in entry.meta or sales.have(entry)


def _rank(entry: Any, currency: str) -> tuple[int, bool, str]:
    """Order prices: newest first, of one day the cost currency, then alphabetically."""
    return -entry.date.toordinal(), entry.amount.currency != currency, entry.amount.currency
