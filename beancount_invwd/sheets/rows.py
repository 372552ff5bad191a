"""The text of a sheet → rows of cells by the name of their column, and faults with line numbers.

    account,commodity,quantity,label
    Assets:Inventory:Store,MUG,17,            line 2: {"account": "Assets:Inventory:Store", …}
    Assets:Inventory:Store,LAMP,4,A-17

What a list is about (a count, prices) is not known here. The columns may stand in any order, those
of other names (a shelf, a remark) are passed over. Commas, semicolons and tabs separate, as
spreadsheets write them.
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

_SEPARATORS = ",;\t"
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?")

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


class Row(NamedTuple):
    """A row of the sheet below its header: the line that it begins on, and its cells."""

    number: int
    cells: Mapping[str, str]


def read_rows(text: str, columns: Mapping[str, bool]) -> tuple[list[Row], list[Problem]]:
    """Read a sheet as CSV with a header.

    Args:
        text: The sheet.
        columns: The columns that are read, and whether it must have each.

    Returns:
        The rows that have a cell for each column of the header, and the faults found.
    """
    lines, faults = _split(text)
    if not lines:
        message = f"the sheet is empty; its first line must be the header: {','.join(columns)}"
        return [], [*faults, Problem("sheet", 1, message)]
    number, names = lines[0]
    try:
        header = _read_header(names, columns)
    except RuleError as error:
        return [], [*faults, Problem("sheet", number, str(error))]
    rows = []
    for number, cells in lines[1:]:
        if len(cells) == len(header):
            rows.append(Row(number, dict(zip(header, cells, strict=True))))
        else:
            message = (
                f"has {len(cells)} fields, but the header has {len(header)}; put a field that "
                'contains the separator in quotes ("…")'
            )
            faults.append(Problem("sheet", number, message))
    return rows, faults


def _split(text: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Split the text into rows of cells with the number of their first line; drop blank ones."""
    text = text.removeprefix("\ufeff")
    first = text.lstrip().partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=separator != "\t"
    )
    rows = []
    number = 1
    try:
        for row in reader:
            cells = [value.strip() for value in row]
            if any(cells):
                rows.append((number, cells))
            number = reader.line_num + 1
    except csv.Error as error:
        message = f"cannot be read as CSV ({error}), nor what follows"
        return rows, [Problem("sheet", number, message)]
    return rows, []


def _read_header(header: Sequence[str], columns: Mapping[str, bool]) -> list[str]:
    """The names of the columns, as they are known."""
    names = [name.casefold() for name in header]
    missing = [name for name, is_needed in columns.items() if is_needed and name not in names]
    if missing:
        spare = ", ".join(name for name, is_needed in columns.items() if not is_needed)
        raise RuleError(
            f"the header has no column {', '.join(missing)}; it must name: {','.join(columns)} "
            f"({spare} may be left out)"
        )
    for place, name in enumerate(names):
        near = get_close_matches(name, columns, 1, 0.75)
        if near and name not in columns:
            raise RuleError(f"unknown column '{header[place]}'; did you mean {near[0]}?")
        if name in columns and name in names[:place]:
            raise RuleError(f"the column {name} stands there twice; keep one")
    return names


def read_number(name: str, text: str) -> Decimal:
    """Read a number that is not negative.

    Raises:
        RuleError: It is none.
    """
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if _NUMBER.fullmatch(text.removeprefix("-")):
        raise RuleError(f"the {name} {text} is negative; what is not there counts as 0")
    raise RuleError(
        f"the {name} '{text}' is no number; write it with a decimal point and without "
        "thousands separators, such as 1250.5"
    )
