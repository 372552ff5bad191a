"""Sales of the ledger → what an item sold for lately, net of tax and discounts.

    2024-03-05 * "Two mugs"
      Assets:Inventory:Store  -2 MUG {}
      Income:Sales            -6.00 EUR     3.00 EUR a unit
      …

A price on the posting (`@`) is what it says, less the tax that prices include; without one the
income of a transaction that sells nothing else is shared out. Sales that are excluded are none of
the ordinary course.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from statistics import median_low
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.metadata import EXCLUDE
from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import ONE, ZERO

if TYPE_CHECKING:
    from beancount_invwd.engine import Run

DAYS = 90
Sold = tuple[str, str]  # item and currency


def find_medians(run: Run) -> Mapping[Sold, Decimal]:
    """Find the median net price per unit of the sales of the last days, by item and currency."""
    return run.share(_find_medians)


def _find_medians(run: Run) -> Mapping[Sold, Decimal]:
    start = add_days(run.as_of, -DAYS)
    taxes = {
        stock.key.commodity: ONE + run.find_item_terms(stock).price_includes for stock in run.stocks
    }
    found: dict[Sold, list[Decimal]] = {}
    for entry in run.past:
        if entry.date > start and type(entry) is data.Transaction and not _is_excluded(entry):
            for key, number in _list_prices(run, entry, taxes):
                found.setdefault(key, []).append(number)
    return {key: median_low(numbers) for key, numbers in found.items()}


def _is_excluded(row: Any) -> bool:
    return (row.meta or {}).get(EXCLUDE) is True


def _list_prices(
    run: Run, txn: Any, taxes: Mapping[str, Decimal]
) -> Iterator[tuple[Sold, Decimal]]:
    """List what each posting of a transaction sold goods for."""
    goods = [
        row
        for row in txn.postings
        if row.cost is not None
        and row.units.number < ZERO
        and not _is_excluded(row)
        and run.inventory(row.account) is not None
    ]
    for row in goods:
        if row.price is not None:
            item = row.units.currency
            yield (item, row.price.currency), row.price.number / taxes.get(item, ONE)
    if len({row.units.currency for row in goods}) == 1 and all(row.price is None for row in goods):
        yield from _share_income(run, txn, goods)


def _share_income(run: Run, txn: Any, goods: list[Any]) -> Iterator[tuple[Sold, Decimal]]:
    income = [row.units for row in txn.postings if run.policy.roots.is_under(row.account, "Income")]
    units = -sum((row.units.number for row in goods), ZERO)
    amount = -sum((row.number for row in income), ZERO)
    if len({row.currency for row in income}) == 1 and amount > 0:
        yield (goods[0].units.currency, income[0].currency), amount / units
