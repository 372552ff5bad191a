"""A document → XLSX: a sheet for each table, and one for notes.

The same figures give the same bytes. XlsxWriter writes it, and is imported only here and only then.
"""

from __future__ import annotations

import datetime
import io
import re
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.output.cells import (
    clean,
    is_formula,
    name_code,
    name_columns,
    show_cell,
)
from beancount_invwd.report.output.columns import Cell, Column
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.report.output.numbers import Numbers

_SHEET_NAME = 31
_NO_SHEET_NAME = re.compile(r"[][:*?/\\]")
_WIDEST = 60
_LOOKED_AT = 200  # rows that tell how wide a column is
_LONGEST = 32_767  # characters of a cell
_DIGITS = Context(prec=15)
_MADE = datetime.datetime(1980, 1, 1)  # noqa: DTZ001 (no clock: a file says nothing of when)
_PATTERNS = {"date": "yyyy-mm-dd", "share": "0.0%"}
_FIRST = datetime.date(1900, 1, 1)  # dates before are text in a spreadsheet


def write_xlsx(document: Document, numbers: Numbers, *, is_to_read: bool = False) -> bytes:
    """Write a sheet for each table, and one for notes.

    Args:
        document: What to write.
        numbers: Writes the numbers.
        is_to_read: Whether people read it, in their language; else scripts, by keys and codes.
    """
    from xlsxwriter import Workbook  # noqa: PLC0415 (an optional extra, and slow to import)

    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    book.set_properties({"title": clean(document.title), "created": _MADE})
    writer = _Writer(book, numbers, is_to_read=is_to_read)
    for table in document.tables:
        writer.add(table)
    sentences = [*document.notes, *document.warnings]
    if sentences:
        writer.add(Table("notes", [Column("note", "note", get=str)], sentences))
    book.close()
    return file.getvalue()


class _Writer:
    """Writes tables to a book; formats are made once, and texts looked at once."""

    def __init__(self, book: Any, numbers: Numbers, *, is_to_read: bool) -> None:
        self._book = book
        self._numbers = numbers
        self._is_to_read = is_to_read
        self._formats: dict[tuple[str, bool, bool], Any] = {}
        self._texts: dict[str, tuple[str, Any]] = {}
        self._sheets: set[str] = set()

    def add(self, table: Table) -> None:
        """Add a sheet."""
        sheet = self._book.add_worksheet(self._name_sheet(table.name))
        names = name_columns(table)
        if self._is_to_read:
            names = [column.heading for column in table.columns]
        for place, (column, name) in enumerate(zip(table.columns, names, strict=True)):
            sheet.write_string(0, place, *self._look_at(name, is_bold=True))
            self._write_column(sheet, place, column, table.rows)
            looked_at = (show_cell(row, column, self._numbers) for row in table.rows[:_LOOKED_AT])
            widest = max([len(name), *map(len, looked_at)])
            sheet.set_column(place, place, min(widest, _WIDEST) + 2)
        sheet.freeze_panes(1, 0)

    def _name_sheet(self, name: str) -> str:
        """A name that spreadsheets take, and that no other sheet has."""
        found = whole = _NO_SHEET_NAME.sub("-", name)[:_SHEET_NAME].strip("'")
        number = 1
        while found.lower() in self._sheets:
            number += 1
            found = f"{whole[: _SHEET_NAME - 1 - len(str(number))]} {number}"
        self._sheets.add(found.lower())
        return found

    def _write_column(self, sheet: Any, place: int, column: Column, rows: Sequence[Any]) -> None:
        texts = self._texts
        for line, row in enumerate(rows, 1):
            value: Cell = column.read(row)
            if value is None or value == "":
                continue
            if isinstance(value, datetime.date) and value < _FIRST:
                value = value.isoformat()
            if isinstance(value, str):
                text = name_code(column, value) if self._is_to_read else value
                if text not in texts:
                    texts[text] = self._look_at(text)
                sheet.write_string(line, place, *texts[text])
                continue
            shape = self._find_format(_find_pattern(row, column, self._numbers))
            if isinstance(value, datetime.date):
                sheet.write_datetime(line, place, value, shape)
            else:
                sheet.write_number(line, place, _shorten(Decimal(value)), shape)

    def _look_at(self, text: str, *, is_bold: bool = False) -> tuple[str, Any]:
        """Text that is no formula, whatever it begins with, and its format."""
        shape = self._find_format("", is_bold=is_bold, is_quoted=is_formula(text))
        return clean(text)[:_LONGEST], shape

    def _find_format(self, pattern: str, *, is_bold: bool = False, is_quoted: bool = False) -> Any:
        key = pattern, is_bold, is_quoted
        if key not in self._formats:
            wanted = {"num_format": pattern, "bold": is_bold, "quote_prefix": is_quoted}
            chosen = {name: value for name, value in wanted.items() if value}
            self._formats[key] = self._book.add_format(chosen)
        return self._formats[key]


def _find_pattern(row: Any, column: Column, numbers: Numbers) -> str:
    """How a spreadsheet shows a number or date; "" as it likes."""
    if column.is_money:
        places = numbers.count_places(row.currency)
        return "#,##0" + ("." + "0" * places if places else "")
    return _PATTERNS.get(column.kind, "")


def _shorten(number: Decimal) -> Decimal:
    """The digits that a spreadsheet keeps, without zeros at the end."""
    number = _DIGITS.plus(number)
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize()
