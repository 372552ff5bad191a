"""Raw materials: what the products that they go into leave for them (IAS 2.32).

A material with an `invwd-completion-cost` is worth what its part of a product sells for, less what
it takes to make that of it. Without one it is worth its cost while every product sells for what it
costs at least, else what it costs to buy again.

    2024-01-01 commodity BOARD
      invwd-used-in: "CHAIR, 0.25 TABLE"
      invwd-completion-cost: 12.00 USD       of a table's 100.00: 100.00 × 0.25 − 12.00 = 13.00
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.measure.measured import Measured, Product, Use, Valued
from beancount_invwd.measure.rule import charge

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.policy.values import Charge


def measure_material(
    units: Valued, use: Use, until: datetime.date | None, lot: Lot | None
) -> Measured:
    """Measure a raw material by what its products leave of it (IAS 2.32).

    Args:
        units: Units of it.
        use: What is known of its products.
        until: The last day on which that holds.
        lot: The lot that they are, or none if they are ordered.
    """
    completion = use.completion if lot is None else use.find_completion(lot.facts)
    if completion is not None:
        if use.statement is not None and use.statement.number is not None:
            total = units.units * use.statement.number
            return Measured(total, use.statement.reason, until=until)
        least = find_least(use.products, completion, units)
        if least is None:
            lack = next(row.item for row in use.products if row.nrv is None)
            return Measured(None, lack, until=until, lack="product")
        return Measured(least, "used-in", until=until)
    if use.is_recovered is None:
        return Measured(None, use.lack, until=until, lack="product")
    if use.is_recovered:
        return Measured(units.cost, "used-in", until=until)
    return _measure_bought_again(units, use, until, lot)


def _measure_bought_again(
    units: Valued, use: Use, until: datetime.date | None, lot: Lot | None
) -> Measured:
    """Measure a material at the newest that is stated, else at the price of the newest purchase.

    The lot of that purchase keeps its cost.
    """
    stated, directive = use.statement, use.replacement
    if stated is not None and (directive is None or stated.date > directive.date):
        return Measured(units.units * (stated.number or ZERO), stated.reason, until=until)
    if directive is not None:
        return Measured(units.units * directive.number, "replacement", until=until)
    if use.purchase is None:
        return Measured(None, "", until=until, lack="purchase")
    posting = use.purchase[1]
    if lot is not None and lot.purchase is posting:
        return Measured(units.cost, "replacement", until=until)
    return Measured(units.units * posting.cost.number, "replacement", until=until)


def find_least(
    products: Sequence[Product], completion: Charge | None, units: Valued
) -> Decimal | None:
    """The least that products leave for units of a material.

    If that of some product is not known, a loss by another is enough.
    """
    found = []
    for row in products:
        if row.nrv is not None:
            gross = row.nrv * row.units
            net = units.units * gross
            if completion is not None:
                net -= charge("completion_cost", completion, units, gross).amount
            found.append(max(ZERO, net))
    least = min(found, default=None)
    is_known = len(found) == len(products) or (least is not None and least < units.cost)
    return least if is_known else None
