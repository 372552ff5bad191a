"""Movements: what was written within the time filter, and what caused it."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.words import say, translate
from beancount_invwd.policy.words import REASONS
from beancount_invwd.report.movements import (
    COLUMNS,
    document_movements,
    list_movements,
    sum_changes,
)
from beancount_invwd.report.output.narrations import tell_narration
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


class Only(NamedTuple):
    """What is shown alone, and the address of all."""

    text: str
    url: str


def show(context: Context) -> tuple[Grid, Only | None]:
    """What was written, the newest first."""
    rows = _list_recent(context)[::-1]
    table = Table("movements", COLUMNS, rows, empty=say("Nothing was written in this time."))
    makers, totals = _list_makers(context), sum_changes(rows)
    columns = pick(COLUMNS, *_SHOWN)
    grid = build_grid(context, say("Movements"), table, columns, makers=makers, totals=totals)
    return grid, _tell_only(context)


def _tell_only(context: Context) -> Only | None:
    question = context.question
    kind = translate(question.kind or "movements")
    text = say("{kind} of {item}", kind=kind, item=question.item) if question.item else kind
    is_all = not question.kind and not question.item
    return None if is_all else Only(text, fava_api.url_of(view="movements"))


def _list_recent(context: Context) -> list[MovementRow]:
    """The movements of the time filter, with what caused them; of one kind or item, if asked."""
    kind, item = context.question.kind, context.question.item
    rows = [
        row
        for row in [*context.selection.ordered, *context.selection.recent]
        if kind in {"", row.kind} and item in {"", row.group}
    ]
    return list_movements(context.run, sorted(rows, key=attrgetter("date")))


def _list_makers(context: Context) -> Makers:
    cells, formats = Cells(context), context.formats
    (change,) = pick(COLUMNS, "change")

    def show_kind(row: MovementRow) -> Cell:
        text = translate(row.kind).replace("-", "\N{NON-BREAKING HYPHEN}")
        return Cell(badges=[Badge(row.kind, text)])

    def show_group(row: MovementRow) -> Cell:
        return cells.explain(row.group, day=row.date)

    def show_entry(row: MovementRow) -> Cell:
        """The narration, which leads to the entry in full: Fava's pop-up cannot show it."""
        text = formats.hide(tell_narration(row.narration)) or say("(no narration)")
        return replace(cells.explain(row.group, day=row.date), text=text, note="")

    def show_change(row: MovementRow) -> Cell:
        url = cells.explain(row.group, day=row.date).url
        return replace(cells.make(change, row), url=url, item=row.group)

    def show_cause(row: MovementRow) -> Cell:
        """Price, sale or statement, with a link to its line."""
        url = fava_api.url_of_source(context.ledger, row.place)
        reason = formats.sentence(translate(REASONS.get(row.reason, row.reason)))
        return Cell(reason, note=row.cause, url=url) if reason else Cell(row.cause, url=url)

    return {
        "kind": show_kind,
        "group": show_group,
        "narration": show_entry,
        "change": show_change,
        "reason": show_cause,
    }


def write(context: Context) -> Document:
    """The file of it."""
    rows, end = _list_recent(context), context.run.as_of
    start = context.selection.start or (rows[0].date if rows else end)
    return document_movements(rows, start, end)
