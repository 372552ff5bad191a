"""The rows of a count sheet → its lines by account and item, and their faults.

    account,commodity,quantity,label
    Assets:Inventory:Store,LAMP,4,A-17        4 LAMP of the lots with this label
    Assets:Inventory:Store,LAMP,9,            9 LAMP of all others

The label may be missing. Of an item with a fault in one of its lines nothing is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from beancount_invwd.ground.errors import RuleError
from beancount_invwd.sheets.rows import Problem, Row, read_number, read_rows

_COLUMNS = {"account": True, "commodity": True, "quantity": True, "label": False}


class Line(NamedTuple):
    """A line of the sheet: units that were counted, 0 or more."""

    number: int
    account: str
    commodity: str
    label: str | None
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Sheet:
    """A count sheet as it was read.

    Attributes:
        lines: Those without a fault, by account and item.
        refused: Account and item of lines with a fault: nothing may be written of them.
        faults: What is wrong.
    """

    lines: dict[tuple[str, str], list[Line]] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    faults: list[Problem] = field(default_factory=list)


def read_sheet(text: str) -> Sheet:
    """Read the text of a count sheet (CSV with a header)."""
    rows, faults = read_rows(text, _COLUMNS)
    sheet = Sheet(faults=faults)
    seen: dict[tuple[str, str, str | None], int] = {}
    for row in rows:
        key = row.cells["account"], row.cells["commodity"]
        try:
            line = _read_line(row)
            _check_once(line, seen)
        except RuleError as error:
            sheet.faults.append(Problem("sheet", row.number, str(error)))
            sheet.refused.add(key)
        else:
            sheet.lines.setdefault(key, []).append(line)
    for key in sheet.refused:
        sheet.lines.pop(key, None)
    return sheet


def _read_line(row: Row) -> Line:
    cells = row.cells
    quantity = read_number("quantity", cells["quantity"])
    for name in ("account", "commodity"):
        if not cells[name]:
            raise RuleError(f"the {name} is empty; fill it in")
    if any("\n" in value or "\r" in value for value in cells.values()):
        raise RuleError("a field runs over several lines; close its quotes")
    label = cells.get("label") or None
    return Line(row.number, cells["account"], cells["commodity"], label, quantity)


def _check_once(line: Line, seen: dict[tuple[str, str, str | None], int]) -> None:
    first = seen.setdefault(line[1:4], line.number)
    if first != line.number:
        label = "" if line.label is None else f' with label "{line.label}"'
        raise RuleError(
            f"{line.commodity} in {line.account}{label} stands in line {first} already; keep one "
            "line with the sum"
        )
