"""Movements → rows for people and scripts, with what caused each."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.causes import Causes
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.output.columns import (
    COST,
    CURRENCY,
    ENTITY,
    MEASURE,
    PRICE,
    PRICE_DATE,
    Column,
)
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.written import Written

COLUMNS = (
    Column("date", "date", "date"),
    Column("kind", "kind", page="Movement"),
    ENTITY,
    CURRENCY,
    Column("group", "group", page="Item"),
    Column("reason", "reason", page="Caused by", below="cause"),
    Column("quantity", "quantity", "exact", page="Units", unit="group"),
    COST,
    MEASURE,
    PRICE,
    PRICE_DATE,
    Column("change", "change", "change", page="Allowance"),
    Column("narration", "narration", page="Entry"),
    Column("cause", "cause"),
)


@dataclass(frozen=True, slots=True)
class MovementRow:
    """A movement as it is shown.

    Attributes:
        change: The increase of the allowance; a decrease is negative.
        cause: File and line of what caused it, relative to the ledger's folder, else empty.
        place: The same with the whole path, or None.
    """

    date: datetime.date
    kind: str
    entity: str
    currency: str
    group: str
    reason: str
    quantity: Decimal | None
    cost: Decimal | None
    measure: Decimal | None
    price: Decimal | None
    price_date: datetime.date | None
    change: Decimal
    narration: str
    cause: str
    place: Mapping[str, Any] | None
    entry: Any


def list_movements(run: Run, written: Sequence[Written]) -> list[MovementRow]:
    """List movements with what caused them, in the order of their dates."""
    causes, sources = run.share(Causes), Sources(run.options_map)
    found = []
    for row in written:
        place = causes.find(row)
        found.append(
            MovementRow(
                date=row.date,
                kind=row.kind,
                entity=row.entity,
                currency=row.currency,
                group=row.group,
                reason=row.reason,
                quantity=row.quantity,
                cost=row.cost,
                measure=row.measure,
                price=row.price,
                price_date=row.price_date,
                change=row.change,
                narration=row.entry.narration or "",
                cause=sources.locate(place),
                place=place,
                entry=row.entry,
            )
        )
    return found


class Change(NamedTuple):
    """What movements of an entity and currency come to."""

    entity: str
    currency: str
    change: Decimal


def sum_changes(rows: Sequence[MovementRow]) -> list[Change]:
    """Add movements up by entity and currency."""
    sums: Sums[tuple[str, str]] = Sums()
    with localcontext(CONTEXT):
        for row in rows:
            sums.add((row.entity, row.currency), row.change)
    return [Change(*key, change) for key, change in sorted(sums.items())]


def document_movements(rows: Sequence[MovementRow], start: object, end: object) -> Document:
    """Movements of a period, both days inclusive."""
    return Document(
        f"Movements of the allowance, {start} to {end}",
        {},
        [
            Table(
                "movements",
                COLUMNS,
                rows,
                empty="Nothing was written in this period.",
            )
        ],
    )
