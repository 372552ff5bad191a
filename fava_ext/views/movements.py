"""Movements: what was written within the time filter, and what caused it."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from beancount_invwd.policy.words import REASONS
from beancount_invwd.report.movements import (
    COLUMNS,
    document_movements,
    list_movements,
    sum_changes,
)
from beancount_invwd.report.output.tables import Table

from .. import fava_api
from ..tables.cells import Badge, Cell, Cells
from ..tables.grid import Grid, build_grid, pick

if TYPE_CHECKING:
    from beancount_invwd.report.movements import MovementRow
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context
    from ..tables.grid import Makers

_SHOWN = ("date", "kind", "group", "entity", "currency", "change", "quantity", "narration",
          "reason")  # fmt: skip


def show(context: Context) -> tuple[Grid, None]:
    """What was written, the newest first."""
    rows = _list_recent(context)[::-1]
    table = Table("movements", COLUMNS, rows, empty="Nothing was written in this time.")
    carried = [row for row in rows if not row.kind.startswith("commitment")]
    makers, totals = _list_makers(context), sum_changes(carried)
    columns = pick(COLUMNS, *_SHOWN)
    return build_grid(context, "Movements", table, columns, makers=makers, totals=totals), None


def _list_recent(context: Context) -> list[MovementRow]:
    """The movements of the time filter, with what caused them."""
    rows = [*context.selection.recent, *context.selection.ordered]
    return list_movements(context.run, sorted(rows, key=attrgetter("date")))


def _list_makers(context: Context) -> Makers:
    cells, formats, items = Cells(context), context.formats, context.run.categories

    def show_kind(row: MovementRow) -> Cell:
        text = row.kind.replace("-", "\N{NON-BREAKING HYPHEN}")
        return Cell(badges=[Badge(row.kind, text)])

    def show_group(row: MovementRow) -> Cell:
        is_item = row.group in items
        return cells.explain(row.group, day=row.date) if is_item else Cell(row.group)

    def show_entry(row: MovementRow) -> Cell:
        """The narration, with a link to Fava's pop-up of the entry."""
        text = formats.sentence(row.narration) or "(no narration)"
        return Cell(text, url=fava_api.url_of_entry(row.entry))

    def show_cause(row: MovementRow) -> Cell:
        """Price, sale or statement, with a link to its line."""
        url = fava_api.url_of_source(context.ledger, row.place)
        reason = REASONS.get(row.reason, row.reason)
        return Cell(formats.sentence(reason), note=row.cause, url=url)

    return {"kind": show_kind, "group": show_group, "narration": show_entry, "reason": show_cause}


def write(context: Context) -> Document:
    """The file of it."""
    rows, end = _list_recent(context), context.run.as_of
    start = context.selection.start or (rows[0].date if rows else end)
    return document_movements(rows, start, end)
