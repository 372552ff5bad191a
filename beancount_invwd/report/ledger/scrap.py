"""Goods that expired and are still on hand → the transaction that throws them away.

    2024-12-31 * "Expired JAM thrown away"
      Assets:Inventory:Store  -24 JAM {2.50 USD, 2024-01-05, "J-1"}
      Expenses:Inventory:Write-Off

The plugin moves value, never units (ACCOUNTING section 9).
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.amount import Amount
from beancount.core.position import Cost, Position, to_string

from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.report.ledger.holdings import EXPIRED

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Lot


class Expired(NamedTuple):
    """Units of an item in an account that expired.

    Attributes:
        date: When the first of them expired.
        carrying: What of their cost is not written down.
        line: The transaction, with an `open` of its account if the ledger has none.
    """

    account: str
    commodity: str
    currency: str
    units: Decimal
    cost: Decimal
    carrying: Decimal
    date: datetime.date | None
    line: str


def list_expired(run: Run) -> list[Expired]:
    """List goods that expired and are still on hand, by account and item."""
    groups: dict[tuple[Any, str], list[Lot]] = {}
    for row in run.rows:
        if row.measured.reason == EXPIRED and row.lot.units > 0:
            groups.setdefault((row.lot.stock.key, row.lot.account), []).append(row.lot)
    return [_sum_up(run, lots) for _, lots in sorted(groups.items())]


def _sum_up(run: Run, lots: Sequence[Lot]) -> Expired:
    stock = lots[0].stock
    cost = sum((lot.cost for lot in lots), ZERO)
    carrying = cost - sum((lot.allowance for lot in lots), ZERO)
    return Expired(
        lots[0].account,
        stock.key.commodity,
        stock.key.currency,
        sum((lot.units for lot in lots), ZERO),
        cost,
        round_money(carrying, stock.quantum),
        min((lot.facts.expires for lot in lots if lot.facts.expires is not None), default=None),
        _write(run, lots),
    )


def _write(run: Run, lots: Sequence[Lot]) -> str:
    entity, currency, item = lots[0].stock.key
    account = run.result("write_off", entity, item)
    opened = [] if account in run.opens else [f"{run.as_of} open {account}"]
    postings = []
    for lot in lots:
        date = None if lot.is_pool else lot.date
        cost: Any = Cost(lot.cost_unit, currency, date, lot.label)  # type: ignore[arg-type]
        position = Position(Amount(-lot.units, item), cost)
        goods = to_string(position)  # type: ignore[no-untyped-call]
        postings.append(f"  {lot.account}  {goods}")
    head = f'{run.as_of} * "Expired {item} thrown away"'
    return "\n".join([*opened, head, *postings, f"  {account}"])
