"""The rows of a count sheet → its lines by account and item, and their faults.

    account,commodity,quantity,label
    Assets:Inventory:Store,LAMP,4,A-17        4 LAMP of the lots with this label
    Assets:Inventory:Store,LAMP,9,            9 LAMP of all others

The label may be missing. What `report --by lot` wrote is one as well (`lot_label`): lots of a label
that it lists by date are added up. Of an item with a fault in one of its lines nothing is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.money import ZERO
from beancount_invwd.sheets.rows import Grid, Problem, Row, read_rows, split_text

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


_REPORTED = "lot_label"
_TRIGGERS = {*"=+-@＝＋－＠"}  # noqa: RUF001 (what a report disarms)


def read_sheet(given: str | Grid) -> Sheet:
    """Read a count sheet with a header: the text of a CSV, or what was read of a file."""
    grid = split_text(given) if isinstance(given, str) else given
    rows, faults = read_rows(grid, _COLUMNS, {_REPORTED: "label"})
    is_report = bool(grid.lines) and _REPORTED in grid.lines[0][1]
    if is_report:
        rows = _add_up(rows)
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


def _add_up(rows: Sequence[Row]) -> list[Row]:
    """Make one row of those of the same account, item and label; what is no number stays."""
    found: dict[object, Row] = {}
    for row in rows:
        cells = row.cells
        key = cells["account"], cells["commodity"], _arm(cells["label"])
        try:
            number = row.read_number("quantity")
        except RuleError:
            found[row.number] = row
            continue
        before = found.setdefault(key, Row(row.number, cells, {"quantity": ZERO}, has_comma=False))
        number += before.numbers["quantity"]
        texts = {**cells, "quantity": f"{number:f}"}
        found[key] = before._replace(cells=texts, numbers={"quantity": number})
    return list(found.values())


def _arm(label: str) -> str:
    """Take off the apostrophe that keeps a spreadsheet from taking a label for a formula."""
    return label[1:] if label[:1] == "'" and label[1:2] in _TRIGGERS else label


def _read_line(row: Row) -> Line:
    cells = row.cells
    if not cells["quantity"]:
        raise RuleError(
            "the quantity is empty; fill it in (0 if none is there), or remove the line"
        )
    quantity = row.read_number("quantity")
    for name in ("account", "commodity"):
        if not cells[name]:
            raise RuleError(f"the {name} is empty; fill it in")
    if any("\n" in value or "\r" in value for value in cells.values()):
        raise RuleError("a field runs over several lines; close its quotes")
    label = _arm(cells.get("label", "")) or None
    return Line(row.number, cells["account"], cells["commodity"], label, quantity)


def _check_once(line: Line, seen: dict[tuple[str, str, str | None], int]) -> None:
    first = seen.setdefault(line[1:4], line.number)
    if first != line.number:
        label = "" if line.label is None else f' with label "{line.label}"'
        raise RuleError(
            f"{line.commodity} in {line.account}{label} stands in line {first} already; keep one "
            "line with the sum"
        )
