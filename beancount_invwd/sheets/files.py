"""A file → the cells of a sheet: CSV in the encodings of spreadsheets, XLSX, ODS, XLS.

python-calamine reads workbooks; it is imported only where there is one. Of a workbook the first
sheet counts.
"""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

from beancount_invwd.sheets.rows import Cell, Grid, split_text

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DIGITS = 15  # of a number in a spreadsheet


class UnreadableError(Exception):
    """A file that is no sheet."""


def read_file(path: str) -> Grid:
    """Read the sheet in a file.

    Raises:
        UnreadableError: It cannot be read; says why and what to do.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}") from error
    if content.startswith(_WORKBOOKS):
        return _read_workbook(path, content)
    try:
        text = _decode(content)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} cannot be read as text; save it as UTF-8") from error
    if "\0" in text:
        raise UnreadableError(f"{path} cannot be read: it is no text; save it as CSV, XLSX or ODS")
    return split_text(text)


def _decode(content: bytes) -> str:
    """Read text as UTF-16 if it says so, else as UTF-8, or as Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _read_workbook(path: str, content: bytes) -> Grid:
    try:
        import python_calamine  # noqa: PLC0415 (an optional extra)
    except ImportError as error:
        raise UnreadableError(
            f"{path} is a workbook, which needs python-calamine: pip install "
            "'beancount-invwd[xlsx]'; or save it as CSV"
        ) from error
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        lines = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise UnreadableError(f"{path} cannot be read as a workbook: {error}") from error
    rows = [(number, [_read_cell(cell) for cell in line]) for number, line in enumerate(lines, 1)]
    return Grid([row for row in rows if any(cell != "" for cell in row[1])])


def _read_cell(cell: Any) -> Cell:
    """A cell; a number has the digits that the spreadsheet shows."""
    if isinstance(cell, datetime.date):
        return cell.isoformat()[:10]
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return str(cell).strip()
    return Decimal(format(cell, f".{_DIGITS}g")) if cell == cell else ""  # noqa: PLR0124 (no NaN)
