"""Movements: what was written within the time filter, and what caused it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.report.movements import MovementRow, list_movements
from fava_ext import fava_api
from fava_ext.tables.cells import Badge, Cell, Field, Grid, build_grid
from fava_ext.tables.columns import Columns, total_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fava_ext.request.context import Context


_ZERO = Decimal()


def show_movements(context: Context) -> Grid:
    """What was written, the newest first."""
    question, columns = context.question, Columns(context)
    rows = list_recent(context)[::-1]
    fields: list[Field[MovementRow]] = [
        Field("date", "Date", lambda row: Cell(str(row.date)), lambda row: row.date),
        _kind_field(),
        _group_field(context, columns),
        *columns.split(rows),
        _entry_field(context),
        columns.exact("quantity", "Units", "group"),
        columns.money("change", "Allowance", is_signed=True),
        _cause_field(context),
    ]
    totals = [
        total_cells(fields, total, f"Total, {total.currency}") for total in _sum_changes(rows)
    ]
    empty = "Nothing was written in this time."
    return build_grid("movements", "Movements", fields, rows, question, totals=totals, empty=empty)


def list_recent(context: Context) -> list[MovementRow]:
    """The movements of the time filter, with what caused them."""
    state = context.selection.state
    return list_movements(state.run, context.selection.recent)


@dataclass(frozen=True, slots=True)
class _Change:
    entity: str
    currency: str
    change: Decimal


def _sum_changes(rows: Sequence[MovementRow]) -> list[_Change]:
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        key = (row.entity, row.currency)
        sums[key] = sums.get(key, _ZERO) + row.change
    return [_Change(*key, change) for key, change in sorted(sums.items())]


def _kind_field() -> Field[MovementRow]:
    return Field(
        "kind",
        "Movement",
        lambda row: Cell(
            badges=[Badge(row.kind, row.kind.replace("-", "\N{NON-BREAKING HYPHEN}"))]
        ),
        lambda row: row.kind,
    )


def _group_field(context: Context, columns: Columns) -> Field[MovementRow]:
    items = {stock.key.commodity for stock in context.selection.state.run.stocks}

    def make(row: MovementRow) -> Cell:
        return columns.explain(row.group) if row.group in items else Cell(row.group)

    return Field("group", "Item", make, lambda row: columns.name(row.group).casefold())


def _entry_field(context: Context) -> Field[MovementRow]:
    """The narration, with a link to Fava's pop-up of the entry."""

    def make(row: MovementRow) -> Cell:
        text = context.formats.sentence(row.narration) or "(no narration)"
        return Cell(text, url=fava_api.url_of_entry(row.entry))

    return Field("entry", "Entry", make, lambda row: row.narration.casefold())


def _cause_field(context: Context) -> Field[MovementRow]:
    """Price, sale or statement, with a link to its line."""

    def make(row: MovementRow) -> Cell:
        url = fava_api.url_of_source(context.ledger, row.place)
        return Cell(context.formats.sentence(row.reason), note=row.cause, url=url)

    return Field("reason", "Caused by", make, lambda row: row.reason.casefold() or None)
