"""Raw materials: whether the products that they go into still recover their cost.

A material is not written down while every product that it is used in has a net realisable value of
at least its unit cost; otherwise it is measured at replacement cost (IAS 2.32).

    2024-01-01 commodity BOARD
      invwd-used-in: "CHAIR, TABLE"
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.dates import earlier
from beancount_invwd.ground.money import ZERO
from beancount_invwd.lots.stock import Stock, StockKey
from beancount_invwd.measure.measured import Evidence, Product, Unit, Use
from beancount_invwd.measure.rule import Rule, add_up_costs

if TYPE_CHECKING:
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.measure.evidence import EvidenceBook


_Verdict = tuple[Use, "datetime.date | None"]


class Materials:
    """Tells what is known of the products of a raw material.

    Args:
        directives: Tell what is used in what, and under which terms.
        evidence: What the directives say of the products.
        stocks: The stocks of all items.
        note: Takes the products that are judged.
    """

    def __init__(
        self,
        directives: Directives,
        evidence: EvidenceBook,
        stocks: Mapping[StockKey, Stock],
        note: Callable[[Stock], None],
    ) -> None:
        self._items = directives.chart.items
        self._parameters = directives.parameters
        self._evidence = evidence
        self._stocks = stocks
        self._note = note
        self._day: datetime.date | None = None
        self._judged: dict[StockKey, _Verdict] = {}  # products, as of that day

    def judge(self, stock: Stock, evidence: Evidence, day: datetime.date) -> Evidence:
        """Add what is known of the products to the evidence of a material."""
        if day != self._day:
            self._day, self._judged = day, {}
        for product in self._list_products(stock.key):
            self._judge_product(product, day)
        use, until = self._sum_up(stock.key)
        return evidence._replace(use=use, until=earlier(evidence.until, until))

    def _list_products(self, material: StockKey) -> list[StockKey]:
        names = self._items.used_in(material.commodity)
        return [material._replace(commodity=name) for name in names]

    def _sum_up(self, material: StockKey) -> _Verdict:
        """Judge a material by its products, which are judged already: one with a loss suffices."""
        until = None
        uses = []
        for product in self._list_products(material):
            use, holds = self._judged[product]
            uses.append(use)
            until = earlier(until, holds)
        products = {row.item: row for use in uses for row in use.products}
        lack = next((use.lack for use in uses if use.lack), "")
        if any(not use.is_recovered and not use.lack for use in uses):
            lack = ""
        is_recovered = all(use.is_recovered for use in uses)
        return Use(is_recovered, lack, tuple(products.values())), until

    def _judge_product(self, key: StockKey, day: datetime.date) -> None:
        """Judge a product by its own price, a part without one by what it goes into."""
        waiting = [key]
        while waiting:
            part = waiting[-1]
            if part not in self._judged:
                use, until = self._judge_alone(part, day)
                if use is None:
                    further = [k for k in self._list_products(part) if k not in self._judged]
                    if further:
                        waiting += further
                        continue
                    use, holds = self._sum_up(part)
                    until = earlier(until, holds)
                self._judged[part] = use, until
            waiting.pop()

    def _judge_alone(
        self, key: StockKey, day: datetime.date
    ) -> tuple[Use | None, datetime.date | None]:
        """Judge a product by its own price, None if it has none but goes into others."""
        lack = Use(is_recovered=False, lack=key.commodity)
        if self._parameters.is_blocked(key.commodity):
            return lack, None
        stock = self._stocks.get(key)
        until = None
        if stock is not None:
            self._note(stock)
            cost = _find_unit_cost(stock)
            terms = self._parameters.of_item(key.commodity, _find_account(stock))
            evidence = self._evidence.find(stock, terms, day)
            until = evidence.until
            nrv = Rule(terms, add_up_costs(terms), evidence).realise(Unit(cost or ZERO))
            if cost is not None and nrv.total is not None:
                product = Product(key.commodity, cost, nrv.total, nrv.price)
                return Use(nrv.total >= cost, "", (product,)), until
        return (None if self._items.used_in(key.commodity) else lack), until


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
    lots = [lot for lot in stock.lots.values() if lot.units > 0]
    units = sum((lot.units for lot in lots), ZERO)
    if units:
        return sum((lot.cost for lot in lots), ZERO) / units
    if stock.acquired is None:
        return None
    cost: Decimal = stock.acquired[1].cost.number
    return cost
