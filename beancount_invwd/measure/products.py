"""Products → what is known of them, for the raw materials that go into them (IAS 2.32).

A product sells at the contracts that its stock does not fill, else at its price; what is a material
of other products itself is worth what these leave for it. Chains are judged from their end,
each product once a day.

    TABLE sells for 100.00 and costs 90.00: BOARD, which goes into it, recovers its cost
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.dates import add_days, earlier
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.lots.stock import Stock, StockKey
from beancount_invwd.measure.materials import find_least
from beancount_invwd.measure.measured import Product, Unit, Use, Valued
from beancount_invwd.measure.rule import Rule, add_up_costs

if TYPE_CHECKING:
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.directives.statements import Statement
    from beancount_invwd.measure.contracts import Split
    from beancount_invwd.measure.evidence import EvidenceBook
    from beancount_invwd.measure.prices import Replacement
    from beancount_invwd.measure.valuer import Today
    from beancount_invwd.policy.policy import Terms

Goods = Sequence[tuple[Valued, Rule]]


class Verdict(NamedTuple):
    """What is known of a product.

    Attributes:
        is_worth_it: Whether it sells for what it costs at least; None if that cannot be told.
        until: The last day on which this holds.
    """

    product: Product
    is_worth_it: bool | None
    until: datetime.date | None


class Products:
    """Tells what is known of the products of a raw material.

    Args:
        directives: Tell what is used in what, and under which terms.
        evidence: What the directives say of the products.
        stocks: The stocks of all items.
        split: Tells how contracts share the units of a product.
    """

    def __init__(
        self,
        directives: Directives,
        evidence: EvidenceBook,
        stocks: Mapping[StockKey, Stock],
        split: Callable[[Stock, Goods, Today], Split],
    ) -> None:
        self._chart = directives.chart
        self._items = directives.chart.items
        self._parameters = directives.parameters
        self._evidence = evidence
        self._stocks = stocks
        self._split = split
        self._absent: dict[StockKey, Stock] = {}

    def judge(self, stock: Stock, terms: Terms, today: Today) -> tuple[Use, datetime.date | None]:
        """Tell what is known of the products of a material, and until when that holds."""
        known = today.verdicts
        for key in self._list_products(stock.key):
            self._judge_all(key, known, today)
        found = [known[key] for key in self._list_products(stock.key)]
        yields = self._items.used_in(stock.key.commodity)
        until = None
        for row in found:
            until = earlier(until, row.until)
        lack = next((row.product.item for row in found if row.is_worth_it is None), "")
        max_age = terms.price_max_age
        statement = self._evidence.find_general(stock, today.day, max_age)
        replacement = self._evidence.find_stated_replacement(stock, today.day, max_age)
        for stated in (statement, replacement):
            until = _limit(until, stated, max_age)
        use = Use(
            tuple(row.product._replace(units=yields[row.product.item]) for row in found),
            _agree([row.is_worth_it for row in found]),
            lack,
            statement,
            replacement,
            stock.purchase if stock.is_repriced else None,
            self._parameters.find_completion(stock.key.commodity),
        )
        return use, until

    def _list_products(self, material: StockKey) -> list[StockKey]:
        names = self._items.used_in(material.commodity)
        return [material._replace(commodity=name) for name in names]

    def _judge_all(self, key: StockKey, known: dict[StockKey, Verdict], today: Today) -> None:
        """Judge a product, after those that it goes into itself."""
        waiting = [key]
        while waiting:
            part = waiting[-1]
            further = [k for k in self._list_products(part) if k not in known]
            if part not in known and further and not self._parameters.is_blocked(part.commodity):
                waiting += further
                continue
            if part not in known:
                known[part] = self._judge(part, known, today)
            waiting.pop()

    def _judge(self, key: StockKey, known: Mapping[StockKey, Verdict], today: Today) -> Verdict:
        item = key.commodity
        stock = self._stocks.get(key) or self._find_absent(key)
        terms = self._parameters.of_lot(item, key.currency, _find_account(stock))
        if terms is None:
            return Verdict(Product(item, ZERO, None, None, None), None, None)
        cost = _find_unit_cost(stock)
        further = [known[k] for k in self._list_products(key)]
        if further:
            return self._judge_part(stock, terms, cost, further, today)
        evidence = self._evidence.find(stock, terms, today.day)
        rule, unit = Rule(terms, add_up_costs(terms), evidence), Unit(cost or ZERO)
        lacking = self._split(stock, [(unit, rule)], today).unfilled
        contract = lacking[0].contract if lacking else None
        nrv = (rule if contract is None else rule.at(contract)).realise(unit)
        product = Product(item, ZERO, nrv.total, cost, nrv.price)
        return Verdict(product, _covers(product), evidence.until)

    def _find_absent(self, key: StockKey) -> Stock:
        """A product that was never on hand: it may have a price all the same."""
        found = self._absent.get(key)
        if found is None:
            quantum, facts = self._chart.quantum(key.currency), self._items.facts(key.commodity)
            found = self._absent[key] = Stock(key, key.commodity, quantum, facts)
        return found

    def _judge_part(
        self,
        stock: Stock,
        terms: Terms,
        cost: Decimal | None,
        further: Sequence[Verdict],
        today: Today,
    ) -> Verdict:
        """Judge what is a material of other products itself."""
        yields = self._items.used_in(stock.key.commodity)
        products = [row.product._replace(units=yields[row.product.item]) for row in further]
        until = None
        for row in further:
            until = earlier(until, row.until)
        statement = self._evidence.find_general(stock, today.day, terms.price_max_age)
        until = _limit(until, statement, terms.price_max_age)
        completion = self._parameters.find_completion(stock.key.commodity)
        nrv = find_least(products, completion, Unit(cost or ZERO))
        if statement is not None:
            nrv = statement.number
        product = Product(stock.key.commodity, ZERO, nrv, cost, None)
        if completion is None:
            return Verdict(product, _agree([row.is_worth_it for row in further]), until)
        return Verdict(product, _covers(product), until)


def _limit(
    until: datetime.date | None, stated: Statement | Replacement | None, max_age: int | None
) -> datetime.date | None:
    """Until when something holds that rests on what is stated, which grows too old."""
    if stated is None or max_age is None:
        return until
    return earlier(until, add_days(stated.date, max_age))


def _covers(product: Product) -> bool | None:
    """Whether a product sells for what it costs at least; None if that cannot be told."""
    if product.nrv is None or product.cost is None:
        return None
    return product.nrv >= product.cost


def _agree(answers: Sequence[bool | None]) -> bool | None:
    """Whether all say so: one that does not suffices, else all have to be known."""
    return None if None in answers and False not in answers else all(answers)


def _find_account(stock: Stock) -> str:
    """The account of a product, whose parameters count; none if it is in several.

    One that is not on hand counts where it was bought or made last.
    """
    accounts = {lot.account for lot in stock.lots.values() if lot.units > 0}
    if not accounts and stock.acquired is not None:
        accounts = {stock.acquired[1].account}
    return accounts.pop() if len(accounts) == 1 else ""


def _find_unit_cost(stock: Stock) -> Decimal | None:
    """The average of the lots on hand, else the newest purchase or production."""
    average = stock.find_average()
    if average is not None or stock.acquired is None:
        return average
    cost: Decimal = stock.acquired[1].cost.number
    return cost
