"""Balances of goods that do not hold → counts to settle, each with the transaction for it.

    2024-12-31 balance Assets:Inventory:Store  18 MUG     the books have 20
    2024-12-30 * "Count of MUG: 2 missing"
      Assets:Inventory:Store  -2 MUG {}
      Expenses:Inventory:Write-Off

Beancount says by how much a balance fails; of several of an item in an account the first is told,
since it hides the others.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.words import say

if TYPE_CHECKING:
    from beancount_invwd.engine import Run


_IN_ORDER = {data.Booking.FIFO, data.Booking.LIFO, data.Booking.HIFO}


class Unsettled(NamedTuple):
    """A balance of goods that does not hold.

    Attributes:
        more: By how much the books have more than was counted; below 0 less.
        cost: What that much costs on average, in `currency`; None if nothing is on hand.
        line: The transaction that settles it.
    """

    date: datetime.date
    account: str
    commodity: str
    more: Decimal
    cost: Decimal | None
    currency: str | None
    line: str


def list_unsettled(run: Run) -> Iterator[Unsettled]:
    """List the counts of the ledger that are not settled."""
    told = set()
    for entry in run.past:
        if type(entry) is not data.Balance or entry.diff_amount is None:
            continue
        place = (entry.account, entry.amount.currency)
        is_ours = run.inventory(place[0]) is not None and place[1] in run.categories
        if is_ours and place not in told and not run.is_excluded(place[1]):
            told.add(place)
            yield _tell(run, entry)


def _tell(run: Run, entry: Any) -> Unsettled:
    account, item, more = entry.account, entry.amount.currency, entry.diff_amount.number
    lots = [row.lot for row in run.rows if row.lot.account == account]
    lots = [lot for lot in lots if lot.stock.key.commodity == item and lot.units > 0]
    units = sum((lot.units for lot in lots), ZERO)
    cost, entity, currency = None, "", None
    if lots:
        (entity, currency, _), quantum = lots[0].stock.key, lots[0].stock.quantum
        cost = round_money(abs(more) * sum((lot.cost for lot in lots), ZERO) / units, quantum)
    loss, day = run.result("write_off", entity, item), add_days(entry.date, -1)
    opened = [] if loss in run.opens else [f"{day} open {loss}"]
    what = say("missing") if more > 0 else say("more than in the books")
    booking = run.opens[account].booking if account in run.opens else None
    is_clear = len(lots) < 2 or (booking or run.options_map["booking_method"]) in _IN_ORDER  # noqa: PLR2004
    goods = (
        ("{}" if is_clear else "{…}") if more > 0 else f"{{… {currency or ''}}}".replace(" }", "}")
    )
    lines = [
        *opened,
        f'{day} * "Count of {item}: {abs(more):f} {what}"',
        f"  {account}  {-more:f} {item} {goods}",
        f"  {loss}",
    ]
    return Unsettled(entry.date, account, item, more, cost, currency, "\n".join(lines))
