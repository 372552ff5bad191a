"""The audit listing: each lot with purchase, evidence and sales after, tied to the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from beancount_invwd.ground.words import say
from beancount_invwd.report.audit.document import COLUMNS, document_audit
from beancount_invwd.report.audit.listing import list_audit, sum_audit
from beancount_invwd.report.audit.ties import tell_ties, tie_audit
from beancount_invwd.report.ledger.outcomes import WITHIN
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.output.cells import name_codes
from beancount_invwd.report.output.tables import Table

from .. import fava_api
from ..tables.cells import Cell, Cells
from ..tables.grid import Grid, build_grid, pick

if TYPE_CHECKING:
    from beancount_invwd.report.audit.listing import AuditRow
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context
    from ..tables.grid import Makers

_SHOWN = ("commodity", "lot_date", "entity", "currency", "quantity", "cost", "allowance",
          "carrying", "measure", "reason", "purchase", "age", "last_sale", "sold_after",
          "average_after")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """The form, and whether the listing ties."""

    within: int
    is_tied: bool
    notes: Sequence[str]


def _list_shown(context: Context) -> list[AuditRow]:
    selection = context.selection
    return [
        row
        for row in list_audit(context.run, context.question.look_ahead(WITHIN))
        if selection.filters.accepts(row.account) and selection.shows_row(row.commodity)
    ]


def show(context: Context) -> tuple[Grid, Content]:
    """The lots, by account and item."""
    rows, within = _list_shown(context), context.question.look_ahead(WITHIN)
    table = Table("audit", COLUMNS, rows, empty=say("No inventory is on hand on this date."))
    grid = build_grid(
        context,
        say("Lots with their evidence"),
        table,
        pick(COLUMNS, *_SHOWN),
        makers=_list_makers(context),
        totals=sum_audit(rows),
    )
    is_tied, notes = _tie(context, rows)
    return grid, Content(within, is_tied, [context.formats.sentence(text) for text in notes])


def _tie(context: Context, rows: Sequence[AuditRow]) -> tuple[bool, Sequence[str]]:
    if context.selection.is_narrow:
        return True, [say("These are the lots that the filters pick; only all of them tie.")]
    return tell_ties(context.run, rows, tie_audit(context.run, rows))


def _list_makers(context: Context) -> Makers:
    sources, formats = Sources(context.run.options_map), context.formats

    def link(text: str, place: str) -> Cell:
        """Words, and below them a line of the ledger, to which they lead."""
        url = fava_api.url_of_source(context.ledger, sources.read(place))
        return Cell(formats.sentence(text), note=place, url=url)

    return {
        "commodity": Cells(context).name_lot,
        "purchase": lambda row: link(row.document, row.purchase),
        "reason": lambda row: link(name_codes(row.reason), row.evidence),
        "lot_date": lambda row: replace(Cell(str(row.lot_date)), note=row.lot_label or ""),
    }


def write(context: Context) -> Document:
    """What the command line writes of it."""
    rows, within = _list_shown(context), context.question.look_ahead(WITHIN)
    is_whole = not context.selection.is_narrow
    return document_audit(context.run, rows, within, is_whole=is_whole)
