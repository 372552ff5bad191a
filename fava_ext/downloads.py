"""A question → the file that the command line would write for it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.words import mark, translate
from beancount_invwd.report.output.formats import WRITERS
from beancount_invwd.report.output.numbers import make_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from beancount_invwd.report.output.tables import Document

    from .request.context import Context

STYLES = ("csv", "xlsx", "json")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
NO_XLSX = mark("XLSX needs XlsxWriter: pip install 'beancount-invwd[xlsx]'")


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
    """Tell whether XlsxWriter is installed."""
    return importlib.util.find_spec("xlsxwriter") is not None


def write_table(
    name: str, style: str, write: Callable[[Context], Document], context: Context
) -> Callable[[], File]:
    """Ask for the table of a view; what is returned writes it.

    Raises:
        NothingToWriteError: XLSX is asked for without XlsxWriter.
    """
    if style == "xlsx" and not has_xlsx():
        raise NothingToWriteError(translate(NO_XLSX))
    document, numbers = write(context), make_numbers(context.run)
    title = f"{name}-{context.run.as_of}.{style}"

    def make() -> File:
        content = WRITERS[style](document, numbers)
        data = content.encode() if isinstance(content, str) else content
        return File(title, TYPES[style], data)

    return make


def write_text(
    name: str, style: str, write: Callable[[Context], str], context: Context
) -> Callable[[], File]:
    """Write a view that is no table."""
    file = File(f"{name}-{context.run.as_of}.{style}", TYPES[style], write(context).encode())
    return lambda: file
