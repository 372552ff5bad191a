"""The note to the accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from beancount_invwd.report.note.html import write_html
from beancount_invwd.report.note.markdown import write_markdown
from beancount_invwd.report.note.note import Note, disclose

if TYPE_CHECKING:
    from ..request.context import Context


@dataclass(frozen=True, slots=True)
class Content:
    """The note, and its text to copy."""

    note: Note
    markdown: str


def show(context: Context) -> tuple[None, Content]:
    """The note for the time filter, else for the fiscal year up to the date."""
    note = disclose(context.run, context.selection.start, context.formats)
    note = note.change(context.formats.hide)
    return None, Content(note, write_markdown(note))


def write_text(context: Context) -> str:
    """The note as the command line writes it."""
    return write_markdown(disclose(context.run, context.selection.start))


def write_page(context: Context) -> str:
    """The same as a page of its own."""
    return write_html(disclose(context.run, context.selection.start))
