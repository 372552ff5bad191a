"""Movements → rows for people and scripts, with what caused each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.causes import Causes
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.ledger.written import Written
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
    from collections.abc import Sequence

    from beancount_invwd.engine import Run

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
class MovementRow(Written):
    """A movement as it is shown.

    Attributes:
        cause: File and line of what caused it, relative to the ledger's folder, else empty.
        place: The same with the whole path, or None.
    """

    cause: str
    place: Mapping[str, Any] | None

    @property
    def narration(self) -> str:
        """What the transaction says."""
        return self.entry.narration or ""


def list_movements(run: Run, written: Sequence[Written]) -> list[MovementRow]:
    """List movements with what caused them, in the order of their dates."""
    causes, sources = run.share(Causes), Sources(run.options_map)

    def show(row: Written) -> MovementRow:
        place = causes.find(row)
        known = {field.name: getattr(row, field.name) for field in fields(Written)}
        return MovementRow(**known, cause=sources.locate(place), place=place)

    return [show(row) for row in written]


class Change(NamedTuple):
    """What movements of an entity and currency come to: of allowances, or `is_ordered`."""

    is_ordered: bool
    entity: str
    currency: str
    change: Decimal

    @property
    def label(self) -> str:
        """What it is of, empty for allowances."""
        return say("Liabilities") if self.is_ordered else ""


def sum_changes(rows: Sequence[MovementRow]) -> list[Change]:
    """Add movements up, apart from those of liabilities, by entity and currency."""
    sums: Sums[tuple[bool, str, str]] = Sums()
    with localcontext(CONTEXT):
        for row in rows:
            is_ordered = row.kind.startswith("commitment")
            sums.add((is_ordered, row.entity, row.currency), row.change)
    return [Change(*key, change) for key, change in sorted(sums.items())]


def document_movements(rows: Sequence[MovementRow], start: object, end: object) -> Document:
    """Movements of a period, both days inclusive."""
    return Document(
        say("Movements of the allowance, {start} to {end}", start=start, end=end),
        {},
        [Table("movements", COLUMNS, rows, empty=say("Nothing was written in this period."))],
    )
