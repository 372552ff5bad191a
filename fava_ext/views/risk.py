"""At risk: what may be lost next, the most money first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.report.output.columns import LOT
from beancount_invwd.report.output.tables import Table
from beancount_invwd.report.risk.risk import (
    COLUMNS,
    WITHIN,
    document_risks,
    list_risks,
    sum_risks,
)
from beancount_invwd.report.risk.warnings import MEANINGS

from ..tables.cells import Badge, Cell
from ..tables.grid import Grid, build_grid, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.report.output.tables import Document
    from beancount_invwd.report.risk.risk import RiskRow

    from ..request.context import Context

_LOT = tuple(column.key for column in LOT[:2])
_FIGURES = ("at_risk", "pending", "quantity", "carrying", "headroom", "loss_price", "loss_expiry",
            "loss_ageing", "supply", "idle", "age", "price_age")  # fmt: skip


def _list_shown(context: Context) -> list[RiskRow]:
    """What is at risk, of what the filters pick."""
    question, selection = context.question, context.selection
    return [
        row
        for row in list_risks(context.run, question.headroom, question.look_ahead(WITHIN))
        if not row.account or selection.filters.accepts(row.account)
        if selection.shows_row(row.commodity)
    ]


def show(context: Context) -> tuple[Grid, Sequence[tuple[str, str]]]:
    """What may be lost next; and the fields of the form that asks."""
    rows = sorted(_list_shown(context), key=lambda row: (-row.pending, -row.at_risk))
    lot = _LOT if any(row.account for row in rows) else ()
    columns = pick(COLUMNS, "commodity", *lot, "warnings", "entity", "currency", *_FIGURES)
    table = Table("risk", COLUMNS, rows, empty="Nothing is at risk.")
    makers: Any = {"warnings": _show_warnings}
    grid = build_grid(
        context, "Inventory at risk", table, columns, makers=makers, totals=sum_risks(rows)
    )
    question = context.question
    return grid, [("headroom", question.percent), ("within", str(question.look_ahead(WITHIN)))]


def _show_warnings(row: RiskRow) -> Cell:
    return Cell(badges=[Badge("near", name, MEANINGS[name]) for name in row.warnings])


def write(context: Context) -> Document:
    """What the command line writes of it."""
    question, rows = context.question, _list_shown(context)
    return document_risks(context.run, rows, question.headroom, question.look_ahead(WITHIN))
