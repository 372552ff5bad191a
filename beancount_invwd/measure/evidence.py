"""Price and `invwd-…` directives → what is known of an item or a lot on a date.

Directives are added in the order of their dates, so what is held is always as of today. Items whose
price depends on a rate are remembered, so that a new rate calls for a new measurement of them.
"""

from __future__ import annotations

import datetime
from bisect import insort
from collections.abc import Sequence
from copy import copy
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

from beancount_invwd.directives.statements import Assertion, Contract, ReplacementCost, Statement
from beancount_invwd.ground.dates import add_days, earlier
from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.measure.measured import Evidence
from beancount_invwd.measure.particular import is_particular
from beancount_invwd.measure.prices import Price, PriceBook, Replacement

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Lot, Stock
    from beancount_invwd.policy.policy import Terms

_Target = tuple[str | None, str | None, datetime.date | None]  # label, account, cost date
_WHOLE: _Target = (None, None, None)
_Ranked = tuple[int, Statement]  # the higher, the newer


class EvidenceBook:
    """What the directives so far say.

    Attributes:
        prices: The newest prices and rates.
        stated: Items that an `invwd-nrv` or a contract ever named.
        price_share: The part that counts of prices and of values stated for whole items: all, but
            where it is asked what a fall of prices would cost.
    """

    def __init__(self) -> None:
        self.prices = PriceBook()
        self.stated: set[str] = set()
        self.price_share = ONE
        self._statements: dict[str, dict[_Target, dict[str, _Ranked]]] = {}
        self._replacements: dict[tuple[str, str], Replacement] = {}
        self._contracts: dict[str, list[Contract]] = {}
        self._rank = 0

    def scale_prices(self, share: Decimal) -> EvidenceBook:
        """The same evidence, but that `find` gives a share of what items sell for.

        Exchange rates, replacement costs, contracts and what is known of particular goods stay.
        """
        scaled = copy(self)
        scaled.price_share = share
        return scaled

    def take_directive(self, row: Assertion) -> None:
        """Take an `invwd-nrv`, `invwd-replacement-cost` or `invwd-contract`."""
        if isinstance(row, ReplacementCost):
            found = Replacement(row.number, row.date, row.entry)
            self._replacements[row.item, row.currency] = found
        elif isinstance(row, Contract):
            self.stated.add(row.item)
            insort(self._contracts.setdefault(row.item, []), row, key=_dearest_first)
        else:
            self._take_statement(row)

    def _take_statement(self, row: Statement) -> None:
        self.stated.add(row.item)
        self._rank += 1
        target = (row.label, row.account, row.cost_date)
        by_currency = self._statements.setdefault(row.item, {}).setdefault(target, {})
        if row.currency is not None:
            by_currency[row.currency] = (self._rank, row)
        else:
            by_currency.clear()

    def find(self, stock: Stock, terms: Terms, day: datetime.date) -> Evidence:
        """Find what is known of an item on a date, as far as it is not too old."""
        item, currency = stock.key.commodity, stock.key.currency
        max_age = terms.price_max_age
        price = self.prices.find_price(item, currency, day, max_age)
        statement = None
        if item in self._statements:
            statement = self._find_general(stock, day, max_age)
        if price is not None and statement is not None:
            is_newer = price.date > statement.date  # of one day, the directive counts
            price, statement = (price, None) if is_newer else (None, statement)
        if self.price_share != ONE:
            price, statement = self._scale(price, statement)
        replacement = None
        if terms.measure not in {"nrv", "cost"} or stock.facts.used_in:
            replacement = self.find_replacement(stock, day, max_age)
        until = None
        if max_age is not None:
            for found in (price, statement, replacement):
                if found is not None:
                    until = earlier(until, add_days(found.date, max_age))
        contracts = self._fill_contracts(stock, day) if item in self._contracts else ()
        for contract, _ in contracts:
            until = earlier(until, contract.until)
        return Evidence(price, statement, replacement, until, contracts)

    def _scale(
        self, price: Price | None, statement: Statement | None
    ) -> tuple[Price | None, Statement | None]:
        if price is not None:
            price = price._replace(number=price.number * self.price_share)
        if statement is not None and statement.number is not None:
            statement = statement._replace(number=statement.number * self.price_share)
        return price, statement

    def _fill_contracts(
        self, stock: Stock, day: datetime.date
    ) -> Sequence[tuple[Contract, Decimal]]:
        """Share the units on hand out to contracts, the dearest first (IAS 2.31).

        Goods of which something particular is known fill none. Without units on hand, the next
        one would fill the dearest.
        """
        units = self._count_sound(stock, day) or ONE
        shared = self._share_units(stock, units, day)
        filled = [(contract, taken / units) for contract, taken in shared if taken]
        sold = sum((taken for _, taken in shared), ZERO)
        if sold == units:  # all are sold: no rounded share may leave a rest
            others = sum((share for _, share in filled[:-1]), ZERO)
            filled[-1] = (filled[-1][0], ONE - others)
        return filled

    def list_unfilled(self, stock: Stock, day: datetime.date) -> list[tuple[Contract, Decimal]]:
        """List contracts for more than what is on hand, each with the units that it lacks."""
        if stock.key.commodity not in self._contracts:
            return []
        shared = self._share_units(stock, self._count_sound(stock, day), day)
        return [(row, row.units - taken) for row, taken in shared if taken < row.units]

    def _share_units(
        self, stock: Stock, units: Decimal, day: datetime.date
    ) -> list[tuple[Contract, Decimal]]:
        """Share units out to the contracts of an item that are in force, the dearest first."""
        shared = []
        for contract in self._contracts[stock.key.commodity]:
            if contract.currency == stock.key.currency and day <= contract.until:
                taken = min(units, contract.units)
                units -= taken
                shared.append((contract, taken))
        return shared

    def _count_sound(self, stock: Stock, day: datetime.date) -> Decimal:
        """Count the units on hand of which nothing particular is known."""
        return sum(
            (
                lot.units
                for lot in stock.lots.values()
                if lot.units > 0 and not is_particular(lot, self.find_particular(lot), day)
            ),
            ZERO,
        )

    def _find_general(
        self, stock: Stock, day: datetime.date, max_age: int | None
    ) -> Statement | None:
        """Find the `invwd-nrv` for a whole item."""
        stated = self._statements[stock.key.commodity].get(_WHOLE, {})
        found = stated.get(stock.key.currency)
        return found[1] if found and _is_fresh(found[1].date, day, max_age) else None

    def find_replacement(
        self, stock: Stock, day: datetime.date, max_age: int | None
    ) -> Replacement | None:
        """Find the replacement cost of an item, if it is not too old."""
        purchase = None
        if stock.purchase is not None:
            txn, posting = stock.purchase
            purchase = Replacement(posting.cost.number, txn.date, txn)
        directive = self._replacements.get((stock.key.commodity, stock.key.currency))
        newest = directive or purchase
        if directive is not None and purchase is not None and purchase.date > directive.date:
            newest = purchase  # of one day, the directive counts
        return newest if newest and _is_fresh(newest.date, day, max_age) else None

    def is_particular(self, item: str) -> bool:
        """Whether directives ever named single lots or accounts of an item."""
        return any(target != _WHOLE for target in self._statements.get(item, ()))

    def find_particular(self, lot: Lot) -> Statement | None:
        """Find the newest `invwd-nrv` in force that names a lot's label, account or cost date."""
        stated = self._statements.get(lot.stock.key.commodity)
        if not stated:
            return None
        currency, date = lot.stock.key.currency, None if lot.is_pool else lot.date
        named = set(product({lot.label, None}, {lot.account, None}, {date, None})) - {_WHOLE}
        found = [
            by_currency[currency]
            for target in named
            if (by_currency := stated.get(target)) is not None and currency in by_currency
        ]
        return max(found, key=lambda ranked: ranked[0])[1] if found else None


def _dearest_first(contract: Contract) -> Decimal:
    return -contract.number


def _is_fresh(date: datetime.date, day: datetime.date, max_age: int | None) -> bool:
    return max_age is None or (day - date).days <= max_age
