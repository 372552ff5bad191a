"""The plain way, to compare with: at each month end, a loop over all open lots.

entries → a transaction for each item whose allowance changed. It knows as much as the ledgers of
`month_ends` need: IAS 2.29 item by item, a loss is cost less the latest price, it is shared out
among the lots that are below cost, and comes back with the price (IAS 2.33). Nothing is sold.
"""

from __future__ import annotations

import calendar
import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from beancount.core import data
from beancount.core.amount import Amount
from beancount.core.position import Cost

CENT = Decimal("0.01")
CURRENCY = "USD"

Key = tuple[str, str, Cost]
"""A lot: its account, item and cost."""


def write_down(entries: Sequence[Any]) -> list[data.Transaction]:
    """Write what the losses of all items need, at each month end before the last entry."""
    lots: defaultdict[Key, Decimal] = defaultdict(Decimal)
    prices: dict[str, Decimal] = {}
    allowances: defaultdict[Key, Decimal] = defaultdict(Decimal)
    written: list[data.Transaction] = []
    end = find_month_end(entries[0].date)
    for entry in entries:
        while entry.date > end:
            written += test(end, lots, prices, allowances)
            end = find_month_end(end + datetime.timedelta(days=1))
        kind = type(entry)
        if kind is data.Price:
            prices[entry.currency] = entry.amount.number
        elif kind is data.Transaction:
            for posting in entry.postings:
                if posting.cost is not None:
                    key = posting.account, posting.units.currency, posting.cost
                    lots[key] += posting.units.number
    return written


def test(
    day: datetime.date,
    lots: Mapping[Key, Decimal],
    prices: Mapping[str, Decimal],
    allowances: defaultdict[Key, Decimal],
) -> Iterator[data.Transaction]:
    """Test all lots on a date."""
    losses: defaultdict[str, dict[Key, Decimal]] = defaultdict(dict)
    for key, units in lots.items():
        _, item, cost = key
        losses[item][key] = units * (cost.number - prices.get(item, cost.number))
    for item, by_lot in losses.items():
        total = max(sum(by_lot.values()), Decimal(0))
        below = sum(loss for loss in by_lot.values() if loss > 0)
        changes: defaultdict[str, Decimal] = defaultdict(Decimal)
        for key, loss in by_lot.items():
            allowance = (total * loss / below).quantize(CENT) if total and loss > 0 else Decimal(0)
            changes[key[0]] += allowance - allowances[key]
            allowances[key] = allowance
        for account, change in changes.items():
            if change:
                yield write(day, account, item, change)


def write(day: datetime.date, account: str, item: str, change: Decimal) -> data.Transaction:
    """Write a change of an allowance."""
    postings = [
        data.Posting(name, Amount(number, CURRENCY), None, None, None, None)
        for name, number in ((f"{account}:Allowance", -change), ("Expenses:Inventory", change))
    ]
    meta = data.new_metadata("<plain>", 0)
    tags: frozenset[str] = frozenset()
    return data.Transaction(meta, day, "*", None, f"Loss on {item}", tags, tags, postings)


def find_month_end(day: datetime.date) -> datetime.date:
    """The last day of a date's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
