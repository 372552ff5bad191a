"""Look back: what came of the estimates of a date, last year's end if none is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.outcomes import WITHIN
from beancount_invwd.report.lookback import (
    COLUMNS,
    REASON_COLUMNS,
    document_lookback,
    find_year_end,
    list_notes,
    list_verdicts,
    look_back,
    sum_lookback,
    sum_reasons,
)
from beancount_invwd.report.output.tables import Table

from ..tables.grid import Grid, build_grid, pick

if TYPE_CHECKING:
    from beancount_invwd.report.ledger.outcomes import Outcome
    from beancount_invwd.report.lookback import Lookback
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context

_SHOWN = ("commodity", "entity", "currency", "bias", "gain", "measured", "net", "measure_unit",
          "average", "sold", "quantity", "left", "left_cost", "other", "reason")  # fmt: skip
_OF_REASON = ("reason", "entity", "currency", "bias", "gain", "measured", "net", "left_cost")


@dataclass(frozen=True, slots=True)
class Content:
    """The form, the bias of the whole, how far the figures reach, and the same by reason."""

    date: str
    within: int
    verdicts: Sequence[str]
    notes: Sequence[str]
    reasons: Grid


def _look_back(context: Context) -> Lookback:
    """Look back from the date that is asked for, at the goods that the filters pick."""
    question, selection = context.question, context.selection

    def keep(found: Outcome) -> bool:
        lot = found.lot
        is_shown = selection.shows_row(lot.stock.key.commodity)
        return is_shown and selection.filters.accepts(lot.account)

    day = question.date or find_year_end(context.run)
    return look_back(context.run, question.look_ahead(WITHIN), keep, day)


def show(context: Context) -> tuple[Grid, Content]:
    """What went the most wrong first; and by reason."""
    found, sentence = _look_back(context), context.formats.sentence
    table = Table(
        "lookback",
        COLUMNS,
        found.rows,
        empty=say("Nothing was on hand on {as_of}.", as_of=found.as_of),
    )
    grid = build_grid(
        context,
        say("Estimates and what came of them"),
        table,
        pick(COLUMNS, *_SHOWN),
        totals=sum_lookback(found.rows),
    )
    reasons = Table("reasons", REASON_COLUMNS, sum_reasons(found.rows))
    columns = pick(REASON_COLUMNS, *_OF_REASON)
    by_reason = build_grid(context, say("By reason"), reasons, columns, is_main=False)
    verdicts, notes = (
        [sentence(text) for text in told] for told in (list_verdicts(found), list_notes(found))
    )
    days = (found.until - found.as_of).days
    return grid, Content(str(found.as_of), days, verdicts, notes, by_reason)


def write(context: Context) -> Document:
    """What the command line writes of it."""
    return document_lookback(_look_back(context))
