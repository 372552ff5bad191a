"""A document → text, CSV, JSON or XLSX.

In CSV and XLSX (`workbook`) numbers are numbers and dates are dates. What comes from the ledger as
text and begins like a formula (=, +, -, @) can do no harm in a spreadsheet: CSV puts an apostrophe
before it (also in full width, and after a separator, where another program may begin a cell), XLSX
says that it is text. Text for a terminal has no control characters.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.output.cells import (
    TRIGGERS,
    clean,
    find_width,
    is_formula,
    name_columns,
    show_cell,
)
from beancount_invwd.report.output.columns import Cell, Column
from beancount_invwd.report.output.tables import Document, Table
from beancount_invwd.report.output.workbook import write_xlsx

if TYPE_CHECKING:
    from beancount_invwd.report.output.numbers import Numbers

_AFTER_SEPARATOR = re.compile(rf"([;\t\r\n|][\s\"]*)(?=[{re.escape(''.join(TRIGGERS))}])")
_GAP = "  "


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
            lines += ["", clean(str(heading)), *part]
    else:
        lines += ["", *_draw_with_head(main, totals, numbers)]
    for table in document.tables:
        if table.role == "apart" and table.rows:
            lines += ["", table.empty, "", *_draw_with_head(table, [], numbers)]
    sentences = [*document.notes, *(f"! {text}" for text in document.warnings)]
    if sentences:
        lines += ["", *(clean(numbers.sentence(text)) for text in sentences)]
    return "\n".join(lines) + "\n"


def _draw_with_head(table: Table, totals: Sequence[Any], numbers: Numbers) -> Iterator[str]:
    """Titles, a rule, the rows, a rule, the totals."""
    rows = [*table.rows, *totals]
    columns = [column for column in table.columns if _is_told(column, rows)]
    head = [column.name for column in columns]
    body = [[show_cell(row, column, numbers) for column in columns] for row in rows]
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
    body = [[show_cell(row, column, numbers) for column in columns] for row in rows]
    widths = _measure(body)
    for line in body:
        yield _join(line, columns, widths)


def _measure(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(find_width, cells)) for cells in zip(*lines, strict=True)]


def _is_told(column: Column, rows: Sequence[Any]) -> bool:
    """Whether a column says anything."""
    cells = [column.read(row) for row in rows]
    if column.in_text == "always":
        return any(cell not in {None, ""} for cell in cells)
    return column.in_text == "rare" and any(cells)


def _join(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = [
        " " * (width - find_width(cell)) + cell
        if column.is_number
        else cell + " " * (width - find_width(cell))
        for cell, column, width in zip(cells, columns, widths, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def write_csv(document: Document, _numbers: Numbers) -> str:
    """Write the main table; numbers have all their digits."""
    table = document.tables[0]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = name_columns(table)
    writer.writerow([_disarm(name) for name in names])
    for row in table.rows:
        writer.writerow([_encode_csv(column.read(row)) for column in table.columns])
    return file.getvalue()


def _encode_csv(cell: Cell) -> str:
    if isinstance(cell, str):
        return _disarm(cell)
    return "" if cell is None else str(_encode(cell))


def _disarm(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula, and a terminal for a command."""
    apart = _AFTER_SEPARATOR.sub(r"\1'", text)
    return f"'{clean(apart)}" if is_formula(text) else clean(apart)


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


Writer = Callable[[Document, "Numbers"], str | bytes]
WRITERS: Mapping[str, Writer] = {
    "text": write_text,
    "csv": write_csv,
    "json": write_json,
    "xlsx": write_xlsx,
}
