"""Sales of the last days → what was really paid for an item: by units, net of tax and discounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import ZERO
from beancount_invwd.report.ledger.realised import list_exits

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock

DAYS = 90
WINDOW = 365
Sold = tuple[str, str]  # item and currency


class Paid(NamedTuple):
    """What an item sold for lately.

    Attributes:
        median: The net price that half of the units fetched at most.
        highest: The net price that no unit exceeded.
        units: How many were sold for a known price.
    """

    median: Decimal
    highest: Decimal
    units: Decimal


def find_paid(run: Run) -> Mapping[Sold, Paid]:
    """Find what was paid in the last days, by item and currency.

    A share of what several items sold for says nothing of the price of one, and is left out.
    """
    return run.share(_find_paid)


def _find_paid(run: Run) -> Mapping[Sold, Paid]:
    found: dict[Sold, list[tuple[Decimal, Decimal]]] = {}
    for row in list_exits(run, add_days(run.as_of, -DAYS), run.as_of):
        if row.way == "sold" and row.price is not None and not row.is_shared:
            found.setdefault((row.item, row.cost.currency), []).append((row.price, row.units))
    return {key: _sum_up(sales) for key, sales in found.items()}


def _sum_up(sales: Sequence[tuple[Decimal, Decimal]]) -> Paid:
    ranked = sorted(sales)
    total = sum((units for _, units in ranked), ZERO)
    reached, median = ZERO, ranked[0][0]
    for price, units in ranked:
        median, reached = price, reached + units
        if reached * 2 >= total:
            break
    return Paid(median, ranked[-1][0], total)


def find_last_sale(run: Run, stock: Stock) -> datetime.date | None:
    """When units were last sold or used; None if they never were."""
    turnover = run.find_turnover(stock, WINDOW)
    is_sold = turnover.sold > 0 or turnover.last != run.find_first_purchase(stock)
    return turnover.last if is_sold else None
