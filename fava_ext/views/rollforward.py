"""Roll-forward: opening, movements and closing of each of Fava's intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.report.ledger.rolled import sum_periods
from beancount_invwd.report.ledger.spans import find_year_start
from beancount_invwd.report.output.tables import Table
from beancount_invwd.report.rollforward import (
    COLUMNS,
    Rollforward,
    document_rollforward,
    roll_forward,
    roll_some,
)
from fava_ext import fava_api
from fava_ext.tables.cells import Cell
from fava_ext.tables.grid import Grid, build_grid, pick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_invwd.report.ledger.rolled import RollRow
    from beancount_invwd.report.ledger.spans import SpanLength
    from beancount_invwd.report.ledger.tie_out import TieOut
    from beancount_invwd.report.output.tables import Document
    from fava_ext.request.context import Context

_LENGTHS: Mapping[str, SpanLength] = {"quarter": "quarter", "year": "year"}
_MOVED = ("write_downs", "write_offs", "reversals", "releases", "transfers")


def _roll(context: Context) -> Rollforward:
    """Roll the allowance forward, by Fava's interval."""
    selection, run = context.selection, context.run
    length, start = _LENGTHS.get(fava_api.read_interval(), "month"), selection.start
    if not selection.is_narrow:
        return roll_forward(run, length, None, start)
    return roll_some(run, selection.written, length, start or find_year_start(run))


def show(context: Context) -> tuple[Grid, Sequence[TieOut]]:
    """Opening, movements and closing of each period; and the accounts that do not tie out."""
    rolled = _roll(context)
    table = Table("rollforward", COLUMNS, rolled.rows, empty="There was no inventory.")
    columns = pick(COLUMNS, "from", "entity", "currency", "opening", *_MOVED, "closing")
    label, totals = "Roll-forward of the allowance", sum_periods(rolled.rows)
    makers = {"from": _show_period}
    grid = build_grid(context, label, table, columns, makers=makers, totals=totals)
    return grid, [tie for tie in rolled.ties if not tie.is_tied]


def _show_period(row: RollRow) -> Cell:
    url = fava_api.url_of(view="movements", time=f"{row.start} - {row.end}")
    return Cell(f"{row.start} – {row.end}", url=url)


def write(context: Context) -> Document:
    """What the command line writes of it."""
    return document_rollforward(_roll(context))
