"""What is ordered → rows: what it will cost, what it is worth, and the liability for the rest.

Liabilities are no allowances: they stand in tables of their own (ACCOUNTING section 13).

    GOLD   100 to come until 2025-03-31   cost 31,000.00   measure 29,000.00   liability 2,000.00
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.output.columns import (
    COST,
    CURRENCY,
    ENTITY,
    ITEM,
    MEASURE,
    QUANTITY,
    Column,
)
from beancount_invwd.report.output.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.spans import Span
    from beancount_invwd.report.ledger.written import Written


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A commitment of which units are still to come.

    Attributes:
        liability: What is lost on it, as measured last.
        pending: What a measurement on the date would add; None if that is not known.
    """

    entity: str
    currency: str
    commodity: str
    date: datetime.date
    until: datetime.date
    quantity: Decimal
    cost: Decimal
    measure: Decimal | None
    liability: Decimal
    pending: Decimal | None
    reason: str


ORDER_COLUMNS = (
    ENTITY,
    ITEM,
    CURRENCY,
    Column("date", "ordered", "date"),
    Column("until", "until", "date"),
    QUANTITY,
    COST,
    MEASURE,
    Column("liability", "liability", "money"),
    Column("pending", "pending", "money"),
    Column("reason", "reason"),
)


def list_apart(name: str, columns: Sequence[Column], rows: Sequence[Any]) -> list[Table]:
    """The table of what is ordered; there is none where nothing is."""
    title = say("Liabilities for what is ordered, beside the allowance:")
    return [Table(name, columns, rows, "apart", empty=title)] if rows else []


def list_orders(run: Run) -> list[OrderRow]:
    """List the commitments of which units are still to come on the date of a run."""
    return run.share(_list_orders)


def _list_orders(run: Run) -> list[OrderRow]:
    return [
        OrderRow(
            row.commitment.entity,
            row.commitment.currency,
            row.commitment.item,
            row.commitment.date,
            row.commitment.until,
            row.units,
            row.cost,
            row.measure if row.portions else None,
            liability,
            None if row.loss is None else row.loss - liability,
            row.reason,
        )
        for row, liability in run.list_orders()
    ]


@dataclass(frozen=True, slots=True)
class OrderRoll:
    """The liability for an item that is ordered, over a period, both days inclusive."""

    entity: str
    currency: str
    commodity: str
    start: datetime.date
    end: datetime.date
    opening: Decimal
    losses: Decimal
    recoveries: Decimal
    deliveries: Decimal

    @property
    def closing(self) -> Decimal:
        """Opening and all changes."""
        return self.opening + self.losses + self.recoveries + self.deliveries


ROLL_COLUMNS = (
    ENTITY,
    ITEM,
    CURRENCY,
    Column("from", "from", "date", get=lambda row: row.start),
    Column("to", "to", "date", get=lambda row: row.end),
    Column("opening", "opening", "money"),
    Column("losses", "losses", "change"),
    Column("recoveries", "recoveries", "change"),
    Column("deliveries", "to goods", "change"),
    Column("closing", "closing", "money"),
)


def roll_orders(run: Run, spans: Sequence[Span]) -> list[OrderRoll]:
    """Roll the liabilities for what is ordered forward, by item, then by span."""
    keys: dict[tuple[str, str, str], list[Written]] = {}
    for row in read_history(run).ordered:
        keys.setdefault((row.entity, row.currency, row.group), []).append(row)
    found = []
    for key, rows in sorted(keys.items()):
        opening = sum((row.change for row in rows if row.date < spans[0][0]), ZERO)
        for span in spans:
            sums: Sums[str] = Sums()
            for row in rows:
                if span[0] <= row.date <= span[1]:
                    sums.add(row.kind, row.change)
            parts = (sums["commitment-loss"], sums["commitment-recovery"], sums["transfer"])
            rolled = OrderRoll(*key, *span, opening, *parts)
            if opening or any(parts):
                found.append(rolled)
            opening = rolled.closing
    return found
