"""A question → the file that the command line would write for it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.report.compare import document_comparison
from beancount_invwd.report.explain.explain import document_explanation
from beancount_invwd.report.movements import document_movements
from beancount_invwd.report.note.markdown import write_markdown
from beancount_invwd.report.note.note import Note, disclose
from beancount_invwd.report.output.formats import WRITERS
from beancount_invwd.report.output.numbers import NumberWriter, make_numbers
from beancount_invwd.report.positions import document_positions
from beancount_invwd.report.risk.risk import document_risks
from beancount_invwd.report.rollforward import document_rollforward
from fava_ext.views import movements, risk, rollforward
from fava_ext.views.compare import find_comparison
from fava_ext.views.explain import find_explanation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from beancount_invwd.report.output.tables import Document
    from fava_ext.request.context import Context

STYLES = ("csv", "xlsx", "json")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown; charset=utf-8",
}
NO_XLSX = "XLSX needs openpyxl: pip install 'beancount-invwd[xlsx]'"


class File(NamedTuple):
    """What is downloaded."""

    name: str
    type: str
    content: bytes


class NothingToWriteError(Exception):
    """A file that cannot be written; the text says why."""


def list_formats() -> list[str]:
    """List the formats of tables that can be written here."""
    return [name for name in STYLES if name != "xlsx" or has_xlsx()]


def has_xlsx() -> bool:
    """Tell whether openpyxl is installed."""
    return importlib.util.find_spec("openpyxl") is not None


def write_table(context: Context, name: str, style: str) -> File:
    """Write the table of a view.

    Raises:
        NothingToWriteError: XLSX is asked for without openpyxl.
    """
    if style == "xlsx" and not has_xlsx():
        raise NothingToWriteError(NO_XLSX)
    document = DOCUMENTS[name](context)
    run = context.selection.state.run
    content = WRITERS[style](document, make_numbers(run))
    data = content.encode() if isinstance(content, str) else content
    return File(f"{name}-{run.as_of}.{style}", TYPES[style], data)


def write_note(context: Context) -> File:
    """Write the note to the accounts as Markdown."""
    text = write_markdown(find_note(context))
    return File(f"disclosure-{context.selection.state.as_of}.md", TYPES["md"], text.encode())


def find_note(context: Context, numbers: NumberWriter | None = None) -> Note:
    """The note for the time filter, else for the fiscal year up to the date.

    Args:
        context: What is asked for.
        numbers: Writes its numbers; None is as the command line does.
    """
    state = context.selection.state
    return disclose(state.run, context.selection.start, numbers)


def _positions(context: Context) -> Document:
    selection = context.selection
    lots = selection.lots if selection.is_narrow else None
    return document_positions(selection.state.run, context.question.by, lots)


def _movements(context: Context) -> Document:
    selection = context.selection
    rows = movements.list_recent(context)
    start = selection.start or (rows[0].date if rows else selection.state.as_of)
    return document_movements(rows, start, selection.state.as_of)


def _rollforward(context: Context) -> Document:
    return document_rollforward(rollforward.roll(context))


def _risk(context: Context) -> Document:
    question, rows = context.question, risk.list_shown_risks(context)
    run = context.selection.state.run
    return document_risks(run, rows, question.headroom, question.within)


def _compare(context: Context) -> Document:
    return document_comparison(find_comparison(context))


def _explain(context: Context) -> Document:
    return document_explanation(find_explanation(context))


DOCUMENTS: Mapping[str, Callable[[Context], Document]] = {
    "positions": _positions,
    "movements": _movements,
    "rollforward": _rollforward,
    "risk": _risk,
    "compare": _compare,
    "explain": _explain,
}
