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
from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.statements import Assertion, Contract, ReplacementCost, Statement
from beancount_invwd.directives.temporary import Temporary
from beancount_invwd.ground.dates import add_days, earlier
from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.measure.measured import Evidence
from beancount_invwd.measure.prices import PriceBook, Replacement

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Lot, Stock, StockKey
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
        replacement_share: The part that counts of what goods cost to buy again: all, but where it
            is asked what other prices of purchase would give.
    """

    def __init__(self) -> None:
        self.prices = PriceBook()
        self.stated: set[str] = set()
        self.price_share = self.replacement_share = ONE
        self._statements: dict[str, dict[_Target, dict[str, _Ranked]]] = {}
        self._replacements: dict[tuple[str, str], Replacement] = {}
        self._contracts: dict[str, list[Contract]] = {}
        self._temporary: dict[str, Temporary] = {}
        self._rank = 0

    def scale_prices(self, share: Decimal) -> EvidenceBook:
        """The same evidence, but that `find` gives a share of what items sell for.

        Exchange rates, replacement costs, contracts and what is known of particular goods stay.
        """
        scaled = copy(self)
        scaled.price_share = share
        return scaled

    def detach(self) -> None:
        """Let what comes later concern only the book that this one was copied from."""
        self.prices = self.prices.detach()
        self._statements = {
            item: {target: dict(found) for target, found in targets.items()}
            for item, targets in self._statements.items()
        }
        self._replacements = dict(self._replacements)
        self._contracts = {item: [*found] for item, found in self._contracts.items()}
        self._temporary = dict(self._temporary)

    def adopt_prices(self, other: EvidenceBook) -> None:
        """Take what another book knows of prices and replacement costs."""
        self.prices, self._replacements = other.prices, other._replacements

    def without_temporary(self) -> EvidenceBook:
        """The same evidence, by which every decline lasts."""
        found = copy(self)
        found.forget_temporary()
        return found

    def forget_temporary(self) -> None:
        """Let every decline last."""
        self._temporary = {}

    def find_temporary(self, item: str, day: datetime.date) -> Temporary | None:
        """Find the decline of an item that is not recognised on a date."""
        row = self._temporary.get(item)
        return row if row is not None and day <= row.until else None

    def take_directive(self, row: Assertion | Temporary) -> None:
        """Take an `invwd-nrv`, `invwd-replacement-cost` or `invwd-contract`."""
        if isinstance(row, ReplacementCost):
            found = Replacement(row.number, row.date, row.entry)
            self._replacements[row.item, row.currency] = found
        elif isinstance(row, Temporary):
            self.stated.add(row.item)
            self._temporary[row.item] = row
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
            statement = self.find_general(stock, day, max_age)
        if price is not None and statement is not None:
            is_newer = price.date > statement.date  # of one day, the directive counts
            price, statement = (price, None) if is_newer else (None, statement)
        if price is not None and self.price_share != ONE:
            price = price._replace(number=price.number * self.price_share)
        replacement = None
        if terms.measure not in {"nrv", "cost"}:
            replacement = self.find_replacement(stock, day, max_age)
        until = None
        if max_age is not None:
            for found in (price, statement, replacement):
                if found is not None:
                    until = earlier(until, add_days(found.date, max_age))
        for contract in self.list_contracts(stock.key, day):
            until = earlier(until, contract.until)
        return Evidence(price, statement, replacement, until)

    def list_contracts(self, key: StockKey, day: datetime.date) -> Sequence[Contract]:
        """List the contracts of an item that are in force, the dearest first."""
        if key.commodity not in self._contracts:
            return ()
        rows = self._contracts[key.commodity]
        return [row for row in rows if row.currency == key.currency and day <= row.until]

    def find_general(
        self, stock: Stock, day: datetime.date, max_age: int | None
    ) -> Statement | None:
        """Find the `invwd-nrv` for a whole item, if it is not too old."""
        stated = self._statements.get(stock.key.commodity, {}).get(_WHOLE, {})
        ranked = stated.get(stock.key.currency)
        if ranked is None or not _is_fresh(ranked[1].date, day, max_age):
            return None
        found, share = ranked[1], self.price_share
        return found if share == ONE else found._replace(number=(found.number or ZERO) * share)

    def find_replacement(
        self, stock: Stock, day: datetime.date, max_age: int | None
    ) -> Replacement | None:
        """Find the replacement cost of an item, if it is not too old."""
        purchase = None
        bought = self.find_purchase(stock)
        if bought is not None:
            txn, posting = bought
            purchase = Replacement(posting.cost.number, txn.date, txn)
        directive = self._replacements.get((stock.key.commodity, stock.key.currency))
        newest = directive or purchase
        if directive is not None and purchase is not None and purchase.date > directive.date:
            newest = purchase  # of one day, the directive counts
        return self._scale(newest) if newest and _is_fresh(newest.date, day, max_age) else None

    def _scale(self, found: Replacement) -> Replacement:
        share = self.replacement_share
        return found if share == ONE else found._replace(number=found.number * share)

    def find_purchase(self, stock: Stock) -> Any:
        """Find transaction and posting of the newest purchase of an item, None without one."""
        return stock.purchase

    def find_stated_replacement(
        self, stock: Stock, day: datetime.date, max_age: int | None
    ) -> Replacement | None:
        """Find the replacement cost that is stated of an item, if it is not too old.

        Scaled, that of the newest purchase counts as if it were stated.
        """
        if self.replacement_share != ONE:
            return self.find_replacement(stock, day, max_age)
        found = self._replacements.get((stock.key.commodity, stock.key.currency))
        return found if found and _is_fresh(found.date, day, max_age) else None

    def is_particular(self, item: str) -> bool:
        """Whether directives ever named single lots or accounts of an item."""
        return any(target != _WHOLE for target in self._statements.get(item, ()))

    def is_uneven(self, key: StockKey, day: datetime.date) -> bool:
        """Whether what is stated of an item may give its units different values on a date."""
        item = key.commodity
        return item in self.stated and (
            self.is_particular(item)
            or bool(self.list_contracts(key, day))
            or self.find_temporary(item, day) is not None
        )

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
