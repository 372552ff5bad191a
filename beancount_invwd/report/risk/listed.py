"""Price directives against what was really paid: list prices that nobody pays (IAS 2.30).

2024-03-01 price MUG 15.00 EUR, but all sales of the last 90 days were at 12.00 net: what a
test at 12.00 would write more is what hangs on that price
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.report.ledger.recent_sales import find_paid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.measure.prices import Price


class Listed(NamedTuple):
    """A price and what was paid, both net of tax.

    Attributes:
        price: That of the directive that counts, in the cost currency.
        paid: The median of the last days; None if nothing was sold for a known price.
        loss: What the lots would lose more at what was paid, if nobody paid the price.
    """

    price: Decimal
    paid: Decimal | None = None
    loss: Decimal = ZERO


def is_refused(run: Run, stock: Stock, price: Price) -> bool:
    """Whether nobody paid a price of an item lately."""
    paid = find_paid(run).get((stock.key.commodity, stock.key.currency))
    return paid is not None and paid.is_refused(_take_tax(run, stock, price), stock.quantum)


def _take_tax(run: Run, stock: Stock, price: Price) -> Decimal:
    """A price without tax."""
    return price.number / (ONE + run.find_item_terms(stock).price_includes)


def find_listed(run: Run, rows: Sequence[Row], price: Price) -> Listed:
    """Hold a price against what was paid for the item.

    Args:
        run: The state of a date.
        rows: Lots of a stock, measured.
        price: The price that counts for them.
    """
    stock = rows[0].lot.stock
    net = _take_tax(run, stock, price)
    paid = find_paid(run).get((stock.key.commodity, stock.key.currency))
    if paid is None:
        return Listed(net)
    if not paid.is_refused(net, stock.quantum):
        return Listed(net, paid.median)
    gross = paid.median * (ONE + run.find_item_terms(stock).price_includes)
    cheaper = price._replace(number=gross)
    return Listed(net, paid.median, loss=_find_loss(run, rows, cheaper))


def _find_loss(run: Run, rows: Sequence[Row], price: Price) -> Decimal:
    """What lots that a price decides would lose more at another."""
    more = ZERO
    for lot, measured in rows:
        if measured.reason != "price" or measured.total is None or lot.terms is None:
            continue
        total = run.find_rule(lot, lot.terms).with_price(price).value(lot).total
        if total is not None:
            more += max(ZERO, lot.cost - total) - max(ZERO, lot.cost - measured.total)
    return round_money(max(ZERO, more), rows[0].lot.stock.quantum)
