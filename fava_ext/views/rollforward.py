"""Roll-forward: opening, movements and closing of each of Fava's intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.report.ledger.rolled import RollRow, sum_periods
from beancount_invwd.report.ledger.spans import find_year_start
from beancount_invwd.report.rollforward import Rollforward, roll_forward, roll_some
from fava_ext import fava_api
from fava_ext.tables.cells import Cell, Field, Grid, build_grid
from fava_ext.tables.columns import Columns, total_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_invwd.report.ledger.spans import SpanLength
    from fava_ext.request.context import Context


_LENGTHS: Mapping[str, SpanLength] = {"quarter": "quarter", "year": "year"}


def roll(context: Context) -> Rollforward:
    """Roll the allowance forward, by Fava's interval."""
    selection = context.selection
    state, length = selection.state, _LENGTHS.get(fava_api.read_interval(), "month")
    if not selection.is_narrow:
        return roll_forward(state.run, length, None, selection.start)
    start = selection.start or find_year_start(state.run)
    return roll_some(state.run, selection.written, length, start)


def show_rollforward(context: Context, rolled: Rollforward) -> Grid:
    """Opening, movements and closing of each period."""
    columns = Columns(context)
    fields: list[Field[RollRow]] = [
        Field("from", "Period", _show_period, lambda row: row.start),
        *columns.split(rolled.rows),
        columns.money("opening", "Opening"),
        columns.money("write_downs", "Write-downs", is_signed=True),
        columns.money("write_offs", "Write-offs", is_signed=True),
        columns.money("reversals", "Reversals", is_signed=True),
        columns.money("releases", "Releases", is_signed=True),
        columns.money("transfers", "Transfers", is_signed=True),
        columns.money("closing", "Closing"),
    ]
    totals = [
        total_cells(fields, total, f"Total, {total.currency}") for total in sum_periods(rolled.rows)
    ]
    empty = "There was no inventory."
    return build_grid(
        "rollforward",
        "Roll-forward of the allowance",
        fields,
        rolled.rows,
        context.question,
        totals=totals,
        empty=empty,
    )


def _show_period(row: RollRow) -> Cell:
    time = f"{row.start} - {row.end}"
    url = fava_api.url_of(view="movements", time=time)
    return Cell(f"{row.start} – {row.end}", url=url)
