"""A document → text, CSV, JSON or XLSX.

In CSV and XLSX numbers are numbers and dates are dates. What comes from the ledger as text and
begins like a formula (=, +, -, @) can do no harm in a spreadsheet: CSV puts an apostrophe before
it (also in full width, and after a separator, where another program may begin a cell), XLSX says
that it is text. Text for a terminal has no control characters.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.output.columns import Cell, Column
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from beancount_invwd.report.output.numbers import Numbers

_TRIGGERS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 (some spreadsheets take them)
_AFTER_SEPARATOR = re.compile(rf"([;\t\r\n|][\s\"]*)(?=[{re.escape(''.join(_TRIGGERS))}])")
_GAP = "  "
_SHEET_NAME = 31
_WIDEST = 60
_EXCEL_DIGITS = Context(prec=15)


def write_text(document: Document, numbers: Numbers) -> str:
    """Write aligned columns; those that are empty are left out."""
    lines = [document.title]
    main = document.tables[0]
    totals = [row for table in document.tables if table.role == "totals" for row in table.rows]
    if not main.rows:
        lines += ["", main.empty]
    elif main.section:
        for heading, rows in groupby(main.rows, key=main.section.read):
            part = [_GAP + line for line in _draw(main, list(rows), numbers)]
            lines += ["", _clean(str(heading)), *part]
    else:
        lines += ["", *_draw_with_head(main, totals, numbers)]
    for table in document.tables:
        if table.role == "apart" and table.rows:
            lines += ["", table.empty, "", *_draw_with_head(table, [], numbers)]
    sentences = [*document.notes, *(f"! {text}" for text in document.warnings)]
    if sentences:
        lines += ["", *(_clean(text) for text in sentences)]
    return "\n".join(lines) + "\n"


def _draw_with_head(table: Table, totals: Sequence[Any], numbers: Numbers) -> Iterator[str]:
    """Titles, a rule, the rows, a rule, the totals."""
    rows = [*table.rows, *totals]
    columns = [column for column in table.columns if _is_told(column, rows)]
    head = [column.title for column in columns]
    body = [[_show(row, column, numbers) for column in columns] for row in rows]
    widths = _measure([head, *body])
    rule = _GAP.join("-" * width for width in widths)
    yield _join(head, columns, widths)
    yield rule
    for i, line in enumerate(body):
        if i == len(table.rows):
            yield rule
        yield _join(line, columns, widths)


def _draw(table: Table, rows: Sequence[Any], numbers: Numbers) -> Iterator[str]:
    """The rows of a section, without titles."""
    columns = [
        column for column in table.columns if column != table.section and _is_told(column, rows)
    ]
    body = [[_show(row, column, numbers) for column in columns] for row in rows]
    widths = _measure(body)
    for line in body:
        yield _join(line, columns, widths)


def _measure(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(_width, cells)) for cells in zip(*lines, strict=True)]


def _is_told(column: Column, rows: Sequence[Any]) -> bool:
    """Whether a column says anything."""
    cells = [column.read(row) for row in rows]
    if column.in_text == "always":
        return any(cell not in {None, ""} for cell in cells)
    return column.in_text == "rare" and any(cells)


def _join(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = [
        " " * (width - _width(cell)) + cell
        if column.is_number
        else cell + " " * (width - _width(cell))
        for cell, column, width in zip(cells, columns, widths, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def _show(row: Any, column: Column, numbers: Numbers) -> str:
    cell = column.read(row)
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        if column.is_money:
            return numbers.show_money(cell, row.currency)
        return (numbers.show_share if column.kind == "share" else numbers.show_exact)(cell)
    return _clean(str(cell))


def _clean(text: str) -> str:
    """Put a space in place of what moves the cursor or colours the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def write_csv(document: Document, _numbers: Numbers) -> str:
    """Write the main table; numbers have all their digits."""
    table = document.tables[0]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = _name_columns(table)
    writer.writerow([_disarm(name) for name in names])
    for row in table.rows:
        writer.writerow([_encode_csv(column.read(row)) for column in table.columns])
    return file.getvalue()


def _name_columns(table: Table) -> list[str]:
    """The keys of the columns; where these are mere numbers, their titles."""
    return [
        f"{before.title}: difference"
        if column.key.startswith("difference ")
        else column.title
        if column.key.startswith("column ")
        else column.key
        for before, column in zip((table.columns[0], *table.columns), table.columns, strict=False)
    ]


def _encode_csv(cell: Cell) -> str:
    if isinstance(cell, str):
        return _disarm(cell)
    return "" if cell is None else str(_encode(cell))


def _disarm(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula, and a terminal for a command."""
    apart = _AFTER_SEPARATOR.sub(r"\1'", text)
    return f"'{_clean(apart)}" if _is_formula(text) else _clean(apart)


def _is_formula(text: str) -> bool:
    return text.lstrip().startswith(_TRIGGERS) or text.startswith(("\t", "\r", "\n"))


def write_json(document: Document, _numbers: Numbers) -> str:
    """Write facts and tables; numbers are strings with all their digits, dates ISO."""
    data: dict[str, Any] = dict(document.data or {})
    if document.data is None:
        data |= document.facts
        for table in document.tables:
            if table.role != "extra" and (table.role != "apart" or table.rows):
                data[table.name] = [
                    {column.key: column.read(row) for column in table.columns} for row in table.rows
                ]
    return json.dumps(data, default=_encode, ensure_ascii=False, indent=2) + "\n"


def _encode(cell: Any) -> Any:
    if isinstance(cell, Decimal):
        return f"{cell or abs(cell):f}"  # no minus zero
    return cell.isoformat() if isinstance(cell, datetime.date) else cell


def write_xlsx(document: Document, numbers: Numbers) -> bytes:
    """Write a sheet for each table, and one for notes."""
    from openpyxl import Workbook  # noqa: PLC0415 (an optional extra, and slow to import)

    book = Workbook()
    book.remove(book.active)
    book.properties.title = _clean(document.title)
    for table in document.tables:
        _fill(book.create_sheet(table.name[:_SHEET_NAME]), table, numbers)
    sentences = [*document.notes, *document.warnings]
    if sentences:
        notes = Table("notes", [Column("note", "note", get=str)], sentences)
        _fill(book.create_sheet("notes"), notes, numbers)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(sheet: Any, table: Table, numbers: Numbers) -> None:
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    for i, (column, name) in enumerate(zip(table.columns, _name_columns(table), strict=True), 1):
        _set_text(sheet.cell(1, i), name)
        sheet.cell(1, i).font = Font(bold=True)
        widest = len(name)
        for j, row in enumerate(table.rows, 2):
            value = column.read(row)
            _set_cell(sheet.cell(j, i), value, _find_format(row, column, numbers))
            widest = max(widest, len(_show(row, column, numbers)))
        sheet.column_dimensions[get_column_letter(i)].width = min(widest, _WIDEST) + 2
    sheet.freeze_panes = "A2"


def _find_format(row: Any, column: Column, numbers: Numbers) -> str:
    if column.is_money:
        places = numbers.count_places(row.currency)
        return "#,##0" + ("." + "0" * places if places else "")
    return {"date": "yyyy-mm-dd", "share": "0.0%"}.get(column.kind, "General")


def _set_cell(cell: Any, value: Cell, number_format: str) -> None:
    if value is None:
        return
    if isinstance(value, str):
        _set_text(cell, value)
        return
    cell.value = _EXCEL_DIGITS.plus(value) if isinstance(value, Decimal) else value
    cell.number_format = number_format


def _set_text(cell: Any, text: str) -> None:
    cell.value = _clean(text)
    cell.data_type = "s"  # not a formula, whatever it begins with
    cell.quotePrefix = _is_formula(text)


Writer = Callable[[Document, "Numbers"], str | bytes]
WRITERS: Mapping[str, Writer] = {
    "text": write_text,
    "csv": write_csv,
    "json": write_json,
    "xlsx": write_xlsx,
}
