"""What is at risk → what can be done about it: the price at which nothing is lost.

24 JAM that cost 60.00 USD expire, the first on 2024-02-20; sold at 2.50 USD or more nothing is lost
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.ground.words import say
from beancount_invwd.measure.measured import Unit
from beancount_invwd.measure.rule import add_up_costs

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.report.risk.risk import RiskRow


def is_near_cost(row: RiskRow, stock: Stock) -> bool:
    """Whether goods still bring in what they cost; others carry a loss, or will, as it is."""
    return not row.pending and (not stock.allowance or bool(row.headroom and row.headroom > 0))


def tell_expiring(row: RiskRow, stock: Stock) -> str:
    """Goods that expire before demand reaches them."""
    cost = round_money(row.units_expiring * (stock.find_average() or ZERO), stock.quantum)
    return say(
        "{units:,f} {item} that cost {cost:,f} {currency} expire, the first on {expires}, before "
        "demand reaches them",
        units=row.units_expiring.normalize(),
        item=row.commodity,
        cost=cost,
        currency=row.currency,
        expires=row.expires,
    )


def find_least(run: Run, row: RiskRow, stock: Stock) -> Decimal | None:
    """The least price at which goods bring in what they are carried at; None if none does."""
    terms = run.find_item_terms(stock)
    unit = Unit(stock.find_average() or ZERO)
    price = add_up_costs(terms).find_price(unit, row.carrying / row.quantity)
    if price is None:
        return None
    gross = price * (ONE + terms.price_includes)
    least = round_money(gross, stock.quantum)
    return least if least >= gross else least + stock.quantum
