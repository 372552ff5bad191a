"""The text of a count sheet → its lines, and its faults with their line numbers.

    account,commodity,quantity,label
    Assets:Inventory:Store,MUG,17,
    Assets:Inventory:Store,LAMP,4,A-17

The columns may stand in any order, the label may be missing; columns of other names (a shelf, a
remark) are passed over. Commas, semicolons and tabs separate, as spreadsheets write them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Literal, NamedTuple

from beancount_invwd.ground.errors import RuleError

NEEDED = ("account", "commodity", "quantity")
COLUMNS = (*NEEDED, "label")
HEADER = ",".join(COLUMNS)
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


class Line(NamedTuple):
    """A line of the sheet: units that were counted, 0 or more."""

    number: int
    account: str
    commodity: str
    label: str | None
    quantity: Decimal


@dataclass(slots=True)
class Sheet:
    """A sheet as it was read.

    Attributes:
        lines: Those without a fault, by account and item.
        refused: Account and item of lines with a fault: nothing may be written of them.
        faults: What is wrong, in the order of lines.
    """

    lines: dict[tuple[str, str], list[Line]] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    faults: list[Problem] = field(default_factory=list)

    def add_fault(self, line: int, message: str) -> None:
        """Note what is wrong with a line."""
        self.faults.append(Problem("sheet", line, message))


def read_sheet(text: str) -> Sheet:
    """Read the text of a count sheet (CSV with a header)."""
    sheet = Sheet()
    rows = _split(text, sheet)
    if not rows:
        sheet.add_fault(1, f"the sheet is empty; its first line must be the header: {HEADER}")
        return sheet
    (number, header), *rest = rows
    try:
        places = _read_header(header)
    except RuleError as error:
        sheet.add_fault(number, str(error))
        return sheet
    seen: dict[tuple[str, str, str | None], int] = {}
    for number, row in rest:
        _read_row(sheet, places, len(header), number, row, seen)
    for key in sheet.refused:
        sheet.lines.pop(key, None)
    return sheet


def _split(text: str, sheet: Sheet) -> list[tuple[int, list[str]]]:
    """Split the text into rows of fields with the number of their first line; drop blank ones."""
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
            fields = [value.strip() for value in row]
            if any(fields):
                rows.append((number, fields))
            number = reader.line_num + 1
    except csv.Error as error:
        sheet.add_fault(number, f"cannot be read as CSV ({error}), nor what follows")
    return rows


def _read_header(header: Sequence[str]) -> dict[str, int]:
    """Find the place of each column."""
    names = [name.casefold() for name in header]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise RuleError(
            f"the header has no column {', '.join(missing)}; it must name: {HEADER} (label may be "
            "left out)"
        )
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        near = get_close_matches(name, COLUMNS, 1, 0.75)
        if near and name not in COLUMNS:
            raise RuleError(f"unknown column '{header[place]}'; did you mean {near[0]}?")
        if name in places and name in COLUMNS:
            raise RuleError(f"the column {name} stands there twice; keep one")
        places[name] = place
    return places


def _read_row(  # noqa: PLR0913, PLR0917 (a line and all that it is held against)
    sheet: Sheet,
    places: dict[str, int],
    width: int,
    number: int,
    row: Sequence[str],
    seen: dict[tuple[str, str, str | None], int],
) -> None:
    if len(row) != width:
        sheet.add_fault(
            number,
            f"has {len(row)} fields, but the header has {width}; put a field that contains the "
            'separator in quotes ("…")',
        )
        return
    account, commodity = row[places["account"]], row[places["commodity"]]
    label = (row[places["label"]] if "label" in places else "") or None
    key = (account, commodity, label)
    try:
        quantity = _read_quantity(row[places["quantity"]])
        _check_names(account, commodity, row)
        _check_once(key, seen)
    except RuleError as error:
        sheet.add_fault(number, str(error))
        sheet.refused.add((account, commodity))
        return
    seen[key] = number
    line = Line(number, account, commodity, label, quantity)
    sheet.lines.setdefault((account, commodity), []).append(line)


def _check_names(account: str, commodity: str, row: Sequence[str]) -> None:
    if not account or not commodity:
        missing = "commodity" if account else "account"
        raise RuleError(f"the {missing} is empty; fill it in")
    if any("\n" in value or "\r" in value for value in row):
        raise RuleError("a field runs over several lines; close its quotes")


def _check_once(
    key: tuple[str, str, str | None], seen: Mapping[tuple[str, str, str | None], int]
) -> None:
    if key in seen:
        account, commodity, label = key
        name = f"{commodity} in {account}" + ("" if label is None else f' with label "{label}"')
        raise RuleError(f"{name} stands in line {seen[key]} already; keep one line with the sum")


def _read_quantity(text: str) -> Decimal:
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if _NUMBER.fullmatch(text.removeprefix("-")):
        raise RuleError(f"the quantity {text} is negative; what is not there counts as 0")
    raise RuleError(
        f"the quantity '{text}' is no number; write it with a decimal point and without "
        "thousands separators, such as 1250.5"
    )
