"""At risk: what may be lost next, the most money first."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.risk.risk import RiskRow, list_risks
from fava_ext.tables.cells import Badge, Cell, Field, Grid, build_grid
from fava_ext.tables.columns import Columns, lot_field

if TYPE_CHECKING:
    from fava_ext.request.context import Context
    from fava_ext.request.selection import Selection


def list_shown_risks(context: Context) -> list[RiskRow]:
    """What is at risk, of what the filters pick."""
    state, question = context.selection.state, context.question
    rows = list_risks(state.run, question.headroom, question.within)
    return [row for row in rows if _is_shown(context.selection, row)]


def _is_shown(selection: Selection, row: RiskRow) -> bool:
    if row.account and not selection.filters.accepts(row.account):
        return False
    return selection.shows_row(row.commodity)


def show_risks(context: Context) -> Grid:
    """What may be lost next, the most money first."""
    columns = Columns(context)
    rows = sorted(list_shown_risks(context), key=lambda row: -row.at_risk)
    lot = [columns.account("account", "Account"), lot_field()]
    by_lot: list[Field[Any]] = lot if any(row.account for row in rows) else []
    fields: list[Field[RiskRow]] = [
        columns.item(),
        *by_lot,
        _warning_field(),
        *columns.split(rows),
        columns.money("at_risk", "At risk"),
        columns.exact("quantity", "Quantity", "commodity"),
        columns.money("carrying", "Carrying amount"),
        _headroom_field(context, columns),
        columns.money("loss_price", "If prices fall"),
        _expiry_field(columns),
        columns.money("loss_ageing", "By ageing"),
        _days_field("supply", "Days of supply", context),
        _days_field("idle", "Days idle", context),
        _days_field("age", "Days old", context),
        _days_field("price_age", "Price, days", context),
    ]
    empty = "Nothing is at risk."
    return build_grid("risk", "Inventory at risk", fields, rows, context.question, empty=empty)


def _warning_field() -> Field[RiskRow]:
    return Field(
        "warnings",
        "Warnings",
        lambda row: Cell(badges=[Badge("near", text) for text in row.warnings]),
        lambda row: ", ".join(row.warnings) or None,
    )


def _headroom_field(context: Context, columns: Columns) -> Field[RiskRow]:
    def make(row: RiskRow) -> Cell:
        cell = columns.amount(row.headroom, row.currency)
        share = row.headroom_share
        note = "" if share is None else f"{context.formats.digits(share * 100, 1)} %"
        return Cell(cell.text, note, cell.tone, hint=cell.hint)

    return Field("headroom", "Headroom", make, lambda row: row.headroom, is_number=True)


def _expiry_field(columns: Columns) -> Field[RiskRow]:
    def make(row: RiskRow) -> Cell:
        cell = columns.amount(row.loss_expiry, row.currency)
        return Cell(cell.text, str(row.expires or ""), cell.tone)

    return Field("loss_expiry", "By expiry", make, lambda row: row.loss_expiry, is_number=True)


def _days_field(key: str, title: str, context: Context) -> Field[RiskRow]:
    def make(row: RiskRow) -> Cell:
        days = getattr(row, key)
        if days is None:
            return Cell("–", tone="quiet", hint="none")
        return Cell(context.formats.digits(Decimal(int(days)), 0))

    return Field(key, title, make, lambda row: getattr(row, key), is_number=True)
