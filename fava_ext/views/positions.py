"""Positions: what is on hand, what is impaired first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.ledger.holdings import Position, list_positions, sum_totals
from fava_ext.tables.cells import Badge, Cell, Field, Grid, build_grid
from fava_ext.tables.columns import Columns, lot_field, total_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fava_ext.request.context import Context


_MARKS = {
    "impaired": "impaired",
    "written-off": "written off",
    "expired": "expired",
    "not-assessed": "not assessed",
    "stale": "stale price",
}


def show_positions(context: Context) -> Grid:
    """What is on hand, what is impaired first."""
    question, columns = context.question, Columns(context)
    rows = list_positions(context.selection.state.run, question.by, context.selection.lots)
    rows = sorted(rows, key=_by_loss)
    fields = _list_position_fields(rows, question.by, columns)
    totals = [total_cells(fields, total, f"Total, {total.currency}") for total in sum_totals(rows)]
    label = f"Positions by {question.by}"
    return build_grid("positions", label, fields, rows, question, totals=totals)


def _by_loss(row: Position) -> tuple[Any, ...]:
    return -row.allowance, -abs(row.pending), row.measure is not None, -row.cost


def _list_position_fields(
    rows: Sequence[Position], by: str, columns: Columns
) -> list[Field[Position]]:
    lot = [columns.account("account", "Account"), lot_field()] if by == "lot" else []
    names: dict[str, list[Field[Position]]] = {
        "lot": [columns.item(), *lot],
        "item": [columns.item()],
        "category": [columns.text("category", "Category")],
        "account": [columns.account("account", "Account")],
        "entity": [columns.text("entity", "Entity")],
    }
    split = [field for field in columns.split(rows) if field.key != names[by][0].key]
    amounts = [
        columns.money("cost", "Cost"),
        columns.money("allowance", "Allowance"),
        columns.money("carrying", "Carrying amount"),
        columns.money("measure", "Measure"),
    ]
    units = [columns.exact("quantity", "Quantity", "commodity")] if by in {"lot", "item"} else []
    price = [_price_field(columns)] if by in {"lot", "item"} else []
    last = [_reason_field(columns), columns.money("pending", "Pending")]
    return [*names[by], _mark_field(), *split, *units, *amounts, *price, *last]


def _reason_field(columns: Columns) -> Field[Position]:
    """What decided, which matters less where nothing is lost."""
    field = columns.text("reason", "Decided by")

    def make(row: Position) -> Cell:
        is_lost = row.allowance or row.pending or row.measure is None
        return replace(field.make(row), tone="" if is_lost else "quiet")

    return replace(field, make=make)


def _mark_field() -> Field[Position]:
    return Field(
        "status",
        "Status",
        lambda row: Cell(badges=show_marks(row)),
        lambda row: ", ".join(row.marks) or None,
    )


def show_marks(row: Position) -> list[Badge]:
    """The badges of a position."""
    return [Badge(mark, _MARKS[mark]) for mark in row.marks]


def _price_field(columns: Columns) -> Field[Position]:
    def make(row: Position) -> Cell:
        cell = columns.price(row.price, row.currency)
        return replace(cell, note=str(row.price_date or ""))

    return Field("price", "Price", make, lambda row: row.price, is_number=True)
