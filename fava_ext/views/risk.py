"""At risk: what may be lost next, the most money first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.output.tables import Table
from beancount_invwd.report.risk.risk import (
    COLUMNS,
    WITHIN,
    document_risks,
    list_risks,
    sum_risks,
)
from beancount_invwd.report.risk.warnings import list_meanings

from .. import fava_api
from ..charts import Gallery, draw_risks, hang
from ..tables.cells import Badge, Cell, Cells
from ..tables.grid import Grid, build_grid, pick

if TYPE_CHECKING:
    from beancount_invwd.report.output.tables import Document
    from beancount_invwd.report.risk.risk import RiskRow

    from ..request.context import Context

_FIGURES = ("at_risk", "pending", "loss_price", "loss_expiry", "loss_ageing", "carrying",
            "headroom", "quantity", "supply", "idle", "age", "price_age", "warnings")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """The fields of the form that asks, the charts, and what leads to last year's estimates."""

    fields: Sequence[tuple[str, str]]
    gallery: Gallery
    lookback_url: str


def _list_shown(context: Context) -> list[RiskRow]:
    """All goods that the filters pick, at risk or not."""
    question, selection = context.question, context.selection
    return [
        row
        for row in list_risks(
            context.run, question.headroom, question.look_ahead(WITHIN), is_whole=True
        )
        if not row.account or selection.filters.accepts(row.account)
        if selection.shows_row(row.commodity)
    ]


def show(context: Context) -> tuple[Grid, Content]:
    """What may be lost next, the most money first."""
    shown = _list_shown(context)
    near = (row for row in shown if row.warnings)
    rows = sorted(near, key=lambda row: (-row.pending, -row.at_risk))
    lot = ("lot_date",) if any(row.account for row in rows) else ()
    columns = pick(COLUMNS, "commodity", *lot, "entity", "currency", *_FIGURES)
    table = Table("risk", COLUMNS, rows, empty=say("Nothing is at risk."))
    makers: Any = {"warnings": _show_warnings, "commodity": Cells(context).name_lot}
    grid = build_grid(
        context, say("Inventory at risk"), table, columns, makers=makers, totals=sum_risks(rows)
    )
    question = context.question
    fields = [("headroom", question.percent), ("within", str(question.look_ahead(WITHIN)))]
    gallery = hang(context, lambda asked: draw_risks(asked, shown))
    return grid, Content(fields, gallery, fava_api.url_of(view="lookback"))


def _show_warnings(row: RiskRow) -> Cell:
    meanings = list_meanings()
    return Cell(badges=[Badge("near", translate(name), meanings[name]) for name in row.warnings])


def write(context: Context) -> Document:
    """What the command line writes of it."""
    question = context.question
    rows = [row for row in _list_shown(context) if row.warnings]
    return document_risks(context.run, rows, question.headroom, question.look_ahead(WITHIN))
