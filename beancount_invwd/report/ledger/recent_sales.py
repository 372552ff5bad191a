"""Sales of the last days → what was really paid for an item: by units, net of tax and discounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import ZERO
from beancount_invwd.report.ledger.realised import Exit, list_exits

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
        is_below: Whether every unit sold for less than the ledger's price of its day.
    """

    median: Decimal
    highest: Decimal
    is_below: bool

    def is_refused(self, listed: Decimal, quantum: Decimal) -> bool:
        """Whether nobody pays a price, which is net as well (IAS 2.30)."""
        return self.is_below and self.highest + quantum / 2 < listed


def find_paid(run: Run) -> Mapping[Sold, Paid]:
    """Find what was paid in the last days, by item and currency.

    A share of what several items sold for says nothing of the price of one, and is left out.
    """
    return run.share(_find_paid)


def _find_paid(run: Run) -> Mapping[Sold, Paid]:
    found: dict[Sold, list[Exit]] = {}
    for row in list_exits(run, add_days(run.as_of, -DAYS), run.as_of, is_listed=True):
        if row.way == "sold" and row.price is not None and not row.is_shared:
            found.setdefault((row.item, row.cost.currency), []).append(row)
    return {key: _sum_up(sales, run.quantum(key[1])) for key, sales in found.items()}


def _sum_up(sales: Sequence[Exit], quantum: Decimal) -> Paid:
    ranked = sorted((row.price or ZERO, row.units) for row in sales)
    total = sum((units for _, units in ranked), ZERO)
    reached, median = ZERO, ranked[0][0]
    for price, units in ranked:
        median, reached = price, reached + units
        if reached * 2 >= total:
            break
    is_below = all(
        row.listed is not None and (row.price or ZERO) + quantum / 2 < row.listed for row in sales
    )
    return Paid(median, ranked[-1][0], is_below)


def find_last_sale(run: Run, stock: Stock) -> datetime.date | None:
    """When units were last sold or used; None if they never were."""
    turnover = run.find_turnover(stock, WINDOW)
    is_sold = turnover.sold > 0 or turnover.last != run.find_first_purchase(stock)
    return turnover.last if is_sold else None
