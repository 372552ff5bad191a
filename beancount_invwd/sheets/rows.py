"""A sheet → rows of cells by the name of their column, and faults with line numbers.

    account,commodity,quantity,label
    Assets:Inventory:Store,MUG,17,            line 2: {"account": "Assets:Inventory:Store", …}
    Assets:Inventory:Store,LAMP,4,A-17

What a list is about (a count, prices) is not known here. The columns may stand in any order, those
of other names (a shelf, a remark) are passed over. Commas, semicolons and tabs separate, as
spreadsheets write them; where it is no comma, numbers may have a decimal comma. What could be
thousands as well as a decimal (`1.400`) is not guessed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Literal, NamedTuple

from beancount_invwd.ground.errors import RuleError

MOST_HINTS = 50  # likeness takes long to find: an export may have thousands of other items
_SEPARATORS = ",;\t"
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?")
_UNCLEAR = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_GROUPS = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3}){1,4},[0-9]{1,12}")

Cell = str | Decimal

Kind = Literal["sheet", "unknown", "surplus", "unsettled", "order", "not counted"]


class Problem(NamedTuple):
    """What the user has to look at.

    Attributes:
        kind: A fault of the sheet; a name that the books do not know; more than the books have; a
            shortage that cannot be written; where to append, and what that changes later; on
            hand, but not in the sheet.
        line: The line of the sheet; None if it is of no line.
        message: What, why and the remedy.
    """

    kind: Kind
    line: int | None
    message: str

    def __str__(self) -> str:
        where = "" if self.line is None else f"line {self.line}: "
        return f"{where}{self.message}"


class Grid(NamedTuple):
    """A sheet as it is written.

    Attributes:
        lines: The cells of each line that is not blank, with its number; a cell of a spreadsheet
            that is a number is a Decimal.
        faults: What could not be read.
        has_comma: Whether texts may have a decimal comma.
    """

    lines: Sequence[tuple[int, Sequence[Cell]]]
    faults: Sequence[Problem] = ()
    has_comma: bool = True


class Row(NamedTuple):
    """A row of the sheet below its header.

    Attributes:
        number: The line that it begins on.
        cells: Its texts by column.
        numbers: The cells that are numbers and no texts.
    """

    number: int
    cells: Mapping[str, str]
    numbers: Mapping[str, Decimal]
    has_comma: bool

    def read_number(self, name: str) -> Decimal:
        """Read a number that is not negative.

        Raises:
            RuleError: It is none, or could be two.
        """
        text = self.cells[name]
        if name not in self.numbers and self.has_comma:
            text = _read_comma(name, text)
        return read_number(name, text)


def read_rows(
    sheet: Grid,
    columns: Mapping[str, bool],
    others: Mapping[str, str] | None = None,
    remedy: str = "",
) -> tuple[list[Row], list[Problem]]:
    """Read a sheet with a header.

    Args:
        sheet: The sheet.
        columns: The columns that are read, and whether it must have each.
        others: Other names that a column may have.
        remedy: What else helps if columns are called otherwise.

    Returns:
        The rows that have a cell for each column of the header, and the faults found.
    """
    lines, faults = sheet.lines, list(sheet.faults)
    if not lines:
        message = f"the sheet is empty; its first line must be the header: {','.join(columns)}"
        return [], [*faults, Problem("sheet", 1, message)]
    number, names = lines[0]
    try:
        header = _read_header([str(name) for name in names], columns, others or {})
    except RuleError as error:
        return [], [*faults, Problem("sheet", number, f"{error}{remedy}")]
    rows = []
    for number, cells in lines[1:]:
        if len(cells) == len(header):
            rows.append(_make_row(number, dict(zip(header, cells, strict=True)), sheet))
        else:
            message = (
                f"has {len(cells)} fields, but the header has {len(header)}; put a field that "
                'contains the separator in quotes ("…")'
            )
            faults.append(Problem("sheet", number, message))
    return rows, faults


def _make_row(number: int, cells: Mapping[str, Cell], sheet: Grid) -> Row:
    texts = {
        name: f"{cell:f}" if isinstance(cell, Decimal) else cell for name, cell in cells.items()
    }
    numbers = {name: cell for name, cell in cells.items() if isinstance(cell, Decimal)}
    return Row(number, texts, numbers, sheet.has_comma)


def split_text(text: str) -> Grid:
    """Split text into rows of cells with the number of their first line; drop blank ones."""
    text = text.removeprefix("\ufeff")
    first, _, rest = text.lstrip().partition("\n")
    told = re.fullmatch(r"sep=([,;\t])\s*", first, re.IGNORECASE)
    separator = told[1] if told else max(_SEPARATORS, key=first.count)
    text, start = (rest, text.count("\n") - rest.count("\n") + 1) if told else (text, 1)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=separator != "\t"
    )
    rows: list[tuple[int, Sequence[Cell]]] = []
    number, has_comma = start, separator != ","
    try:
        for row in reader:
            cells = [value.strip() for value in row]
            if any(cells):
                rows.append((number, cells))
            number = reader.line_num + start
    except csv.Error as error:
        message = f"cannot be read as CSV ({error}), nor what follows"
        return Grid(rows, [Problem("sheet", number, message)], has_comma)
    return Grid(rows, [], has_comma)


def _read_header(
    header: Sequence[str], columns: Mapping[str, bool], others: Mapping[str, str]
) -> list[str]:
    """The names of the columns, as they are known."""
    names = [others.get(name.casefold(), name.casefold()) for name in header]
    missing = [name for name, is_needed in columns.items() if is_needed and name not in names]
    if missing:
        spare = ", ".join(name for name, is_needed in columns.items() if not is_needed)
        raise RuleError(
            f"the header has no column {', '.join(missing)}; it must name: {','.join(columns)}"
            f"{f' ({spare} may be left out)' if spare else ''}"
        )
    for place, name in enumerate(names):
        near = get_close_matches(name, columns, 1, 0.75)
        if near and name not in columns and near[0] not in names:
            raise RuleError(f"unknown column '{header[place]}'; did you mean {near[0]}?")
        if name in columns and name in names[:place]:
            raise RuleError(f"the column {name} stands there twice; keep one")
    return names


def _read_comma(name: str, text: str) -> str:
    """Write a number with a decimal point.

    Raises:
        RuleError: It could be one with a point, or with a comma, for thousands.
    """
    if _UNCLEAR.fullmatch(text):
        whole, decimal = text.replace(",", "").replace(".", ""), text.replace(",", ".").rstrip("0")
        raise RuleError(
            f"the {name} {text} may be {whole} or {decimal.rstrip('.')}; write it without a "
            "separator of thousands, and not with three decimals"
        )
    if _GROUPS.fullmatch(text):
        text = text.replace(".", "")
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def read_number(name: str, text: str) -> Decimal:
    """Read a number that is not negative.

    Raises:
        RuleError: It is none.
    """
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if _NUMBER.fullmatch(text.removeprefix("-")):
        remedy = "what is not there counts as 0" if name == "quantity" else "correct the line"
        raise RuleError(f"the {name} {text} is negative; {remedy}")
    raise RuleError(
        f"the {name} '{text}' is no number; write it with a decimal point and without "
        "thousands separators, such as 1250.5"
    )
