"""Raw materials: whether the products that they go into still recover their cost.

A material is not written down while every product that it is used in has a net realisable value of
at least its unit cost; otherwise it is measured at replacement cost (IAS 2.32).

    2024-01-01 commodity BOARD
      invwd-used-in: "CHAIR, TABLE"
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.measure import Evidence, Use, measure_nrv
from beancount_invwd.money import ONE, ZERO
from beancount_invwd.stock import Stock, StockKey
from beancount_invwd.values import earlier

if TYPE_CHECKING:
    from beancount_invwd.evidence import EvidenceBook
    from beancount_invwd.scope import Scope


class _Unit(NamedTuple):
    """One unit of a product, at its unit cost."""

    cost: Decimal
    units: Decimal = ONE


class Materials:
    """Tells what is known of the products of a raw material.

    Args:
        scope: Tells what is used in what, and under which terms.
        evidence: What the directives say of the products.
        stocks: The stocks of all items.
    """

    def __init__(
        self, scope: Scope, evidence: EvidenceBook, stocks: Mapping[StockKey, Stock]
    ) -> None:
        self._scope = scope
        self._evidence = evidence
        self._stocks = stocks

    def judge(self, stock: Stock, evidence: Evidence, day: datetime.date) -> Evidence:
        """Add what is known of the products to the evidence of a material."""
        use, until = self._judge_products(stock.key, day)
        return evidence._replace(use=use, until=earlier(evidence.until, until))

    def _judge_products(
        self, material: StockKey, day: datetime.date
    ) -> tuple[Use, datetime.date | None]:
        is_recovered, until = True, None
        for product in self._scope.used_in(material.commodity):
            use, holds = self._judge_product(material._replace(commodity=product), day)
            until = earlier(until, holds)
            if use.lack:
                return use, until
            is_recovered = is_recovered and use.is_recovered
        return Use(is_recovered, ""), until

    def _judge_product(self, key: StockKey, day: datetime.date) -> tuple[Use, datetime.date | None]:
        """Judge a product by its own price, a part without one by what it goes into."""
        lack = Use(is_recovered=False, lack=key.commodity)
        if self._scope.is_blocked(key.commodity):
            return lack, None
        stock = self._stocks.get(key)
        until = None
        if stock is not None:
            terms = self._scope.item_terms(stock)
            evidence = self._evidence.find(stock, terms, day)
            cost, until = _find_unit_cost(stock), evidence.until
            nrv = measure_nrv(_Unit(cost or ZERO), terms, evidence)
            if cost is not None and nrv.total is not None:
                return Use(nrv.total >= cost, ""), until
        if self._scope.used_in(key.commodity):
            use, holds = self._judge_products(key, day)
            return use, earlier(until, holds)
        return lack, until


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
