"""A table of a report → as the template shows it: sorted, cut to a length.

Only rows that are shown are formatted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.words import say

from .. import fava_api
from ..request.question import BadQuestionError
from ..tables.cells import Cell, Cells

if TYPE_CHECKING:
    from beancount_invwd.report.output.columns import Column
    from beancount_invwd.report.output.tables import Table

    from ..request.context import Context

LONGEST = 100
Makers = Mapping[str, Callable[[Any], Cell]]


class Head(NamedTuple):
    """A heading.

    Attributes:
        label: Its title with the heading above it, for where a cell stands alone.
        about: What the column means.
        sorted: How the table is sorted by it now; `next` is what a click asks for, empty where
            the order is fixed.
    """

    key: str
    title: str
    label: str
    about: str
    kind: str
    is_number: bool
    sorted: str
    next: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        name: Tells the tables of a view apart.
        spans: Headings above the headings, each with the number of columns; empty for none.
        count: How many rows there are; paper shows them all, which the script asks for then.
    """

    name: str
    label: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    totals: Sequence[Sequence[Cell]]
    count: int
    spans: Sequence[tuple[str, int]] = ()
    empty: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are shown."""
        return self.count > len(self.rows)


def pick(columns: Sequence[Column], *keys: str) -> list[Column]:
    """Pick columns, in the order of the page."""
    by_key = {column.key: column for column in columns}
    return [by_key[key] for key in keys]


def build_grid(  # noqa: PLR0913 (what a table is made of)
    context: Context,
    label: str,
    table: Table,
    columns: Sequence[Column],
    *,
    makers: Makers | None = None,
    totals: Sequence[Any] = (),
    spans: Mapping[str, str] | None = None,
    is_main: bool = True,
) -> Grid:
    """Build a table.

    Args:
        context: What is asked for.
        label: What the table is called.
        table: The columns and rows of the report.
        columns: Those that are shown; entity and currency only if they say something.
        makers: Makes the cells of some columns otherwise than their kind says, by key.
        totals: Rows that have some of the columns.
        spans: Headings above the headings, by key.
        is_main: Whether the address says in which order; others stay as they are.

    Raises:
        BadQuestionError: The address names a column that is not there.
    """
    question, shown = context.question, [*columns[:1], *_leave_out(columns[1:], table.rows)]
    line = _Line(Cells(context), table.columns, makers or {})
    sort = question.sort if is_main else ""
    is_down, key = sort.startswith("-"), sort.removeprefix("-")
    rows = table.rows
    if key:
        rows = _sort(rows, _find(shown, key), line.cells, is_down=is_down)
    cut = len(rows) if question.is_whole else LONGEST
    return Grid(
        table.name,
        label,
        [_make_head(column, sort if is_main else None, spans or {}) for column in shown],
        [line.make(shown, row) for row in rows[:cut]],
        [line.total(shown, row) for row in totals],
        len(rows),
        _span(shown, spans) if spans else (),
        table.empty,
    )


def _leave_out(columns: Sequence[Column], rows: Sequence[Any]) -> Iterator[Column]:
    """Leave entity and currency out where they say nothing, unless the figures are converted."""
    currencies = {getattr(row, "currency", "") for row in rows}
    usual = {fava_api.read_currency() or next(iter(currencies), "")}
    idle = {
        "entity": not any(getattr(row, "entity", "") for row in rows),
        "currency": currencies <= usual,
    }
    return (column for column in columns if not idle.get(column.key))


class _Line:
    """Makes the cells of a line."""

    def __init__(self, cells: Cells, columns: Sequence[Column], makers: Makers) -> None:
        self.cells = cells
        self._columns = {column.key: column for column in columns}
        self._makers = makers

    def make(self, columns: Sequence[Column], row: Any) -> list[Cell]:
        """A line of the table."""
        return [self._make(column, row) for column in columns]

    def _make(self, column: Column, row: Any) -> Cell:
        if column.key in self._makers:
            return self._makers[column.key](row)
        cell = self.cells.make(column, row)
        below = self._columns.get(column.below)
        if below is None or below.read(row) is None:
            return cell
        return replace(cell, note=self.cells.make(below, row).text)

    def total(self, columns: Sequence[Column], total: Any) -> list[Cell]:
        """A line below the table: what the total has of the columns."""
        entity = f", {total.entity}" if total.entity else ""
        title = say("Total, {currency}{entity}", currency=total.currency, entity=entity)
        if label := getattr(total, "label", ""):
            title = f"{label}, {total.currency}{entity}"
        found = [Cell(title)]
        for column in columns[1:]:
            is_told = column.is_money and isinstance(column.read(total), Decimal)
            found.append(self.cells.make(column, total) if is_told else Cell())
        return found


def _span(columns: Sequence[Column], spans: Mapping[str, str]) -> list[tuple[str, int]]:
    names = [spans.get(column.key, "") for column in columns]
    return [(name, len(list(group))) for name, group in groupby(names)]


def _make_head(column: Column, sort: str | None, spans: Mapping[str, str]) -> Head:
    orders = {column.key: "ascending", f"-{column.key}": "descending"}
    now = orders.get(sort or "", "")
    is_down_next = now == "ascending" or (not now and column.is_number)
    then = "" if sort is None else f"-{column.key}" if is_down_next else column.key
    title = column.heading
    label = ": ".join(filter(None, (spans.get(column.key), title)))
    return Head(column.key, title, label, column.about, column.kind, column.is_number, now, then)


def _find(columns: Sequence[Column], key: str) -> Column:
    for column in columns:
        if column.key == key:
            return column
    known = ", ".join(column.key for column in columns)
    raise BadQuestionError(say("sort is {key!r}; allowed are {known}", key=key, known=known))


def _sort(rows: Sequence[Any], column: Column, cells: Cells, *, is_down: bool) -> Sequence[Any]:
    keyed = [(cells.order(column, row), row) for row in rows]
    known = [(value, row) for value, row in keyed if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=is_down)
    return [row for _, row in known] + [row for value, row in keyed if value is None]
