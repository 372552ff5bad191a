"""What all formats share: the names of columns, cells as text, and text that does no harm."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.output.columns import Column
from beancount_invwd.report.output.meanings import CODED, CODES
from beancount_invwd.report.output.narrations import tell_narration
from beancount_invwd.report.output.tables import Table

if TYPE_CHECKING:
    from beancount_invwd.report.output.numbers import Numbers

TRIGGERS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 (some spreadsheets take them)


def name_columns(table: Table) -> list[str]:
    """The keys of the columns; where these are mere numbers, their titles."""
    return [
        say("{title}: difference", title=before.title)
        if column.key.startswith("difference ")
        else column.title
        if column.key.startswith("column ")
        else column.key
        for before, column in zip((table.columns[0], *table.columns), table.columns, strict=False)
    ]


def show_cell(row: Any, column: Column, numbers: Numbers) -> str:
    """A cell as text, with the decimals of its currency."""
    cell = column.read(row)
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        if column.is_money:
            return numbers.show_money(cell, row.currency)
        return (numbers.show_share if column.kind == "share" else numbers.show_exact)(cell)
    return clean(name_code(column, str(cell)))


def name_code(column: Column, cell: str) -> str:
    """A word of ours in the language that is spoken, or several; what users wrote stays."""
    if column.key == "narration":
        return tell_narration(cell)
    return name_codes(cell) if column.key in CODED and cell else cell


def name_codes(cell: str) -> str:
    """The same of a cell of any column; what stands behind a colon is the user's."""

    def name(word: str) -> str:
        code, colon, rest = word.partition(": ")
        if word in CODES:
            return translate(word)
        return f"{translate(code)}{colon}{rest}" if code in CODES else word

    return ", ".join(map(name, cell.split(", ")))


def clean(text: str) -> str:
    """Put a space in place of what moves the cursor or colours the terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " for char in text)


def find_width(text: str) -> int:
    """The columns of a terminal that a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula."""
    return text.lstrip().startswith(TRIGGERS) or text.startswith(("\t", "\r", "\n"))
