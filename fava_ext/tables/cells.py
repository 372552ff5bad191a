"""Rows → a table as the template shows it: sorted, cut to a length, formatted, linked.

A field knows the heading of a column, what it is sorted by and how a cell is made. Only rows that
are shown are formatted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from fava_ext.request.question import BadQuestionError

if TYPE_CHECKING:
    from fava_ext.request.question import Question

Row = TypeVar("Row")
LONGEST = 100


class Badge(NamedTuple):
    """A word that a reader must not miss."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows.

    Attributes:
        note: Small print below.
        tone: `quiet` for what matters less, `bad` for what is wrong, `good` for what is right.
        url: Where a click leads; `item` and `lot` say that it explains these.
        hint: What a person who cannot see the sign has to know.
    """

    text: str = ""
    note: str = ""
    tone: str = ""
    url: str = ""
    item: str = ""
    lot: str = ""
    hint: str = ""
    badges: Sequence[Badge] = ()


@dataclass(frozen=True, slots=True)
class Field(Generic[Row]):
    """A column.

    Attributes:
        key: What the address calls it to sort by.
        order: What a row is sorted by; None stands last.
    """

    key: str
    title: str
    make: Callable[[Row], Cell]
    order: Callable[[Row], Any]
    is_number: bool = False


class Head(NamedTuple):
    """A heading: its field, how the table is sorted by it now, and what a click asks for."""

    key: str
    title: str
    is_number: bool
    sorted: str
    next: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        name: Tells the tables of a view apart.
        spans: Headings above the headings, each with the number of columns; empty for none.
        count: How many rows there are, of which `rows` may be the first ones.
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


def build_grid(  # noqa: PLR0913 (what a table is made of)
    name: str,
    label: str,
    fields: Sequence[Field[Row]],
    rows: Sequence[Row],
    question: Question,
    *,
    totals: Sequence[Sequence[Cell]] = (),
    spans: Sequence[tuple[str, int]] = (),
    empty: str = "",
) -> Grid:
    """Build a table, in the order that the address asks for.

    Raises:
        BadQuestionError: The address names a column that is not there.
    """
    is_down = question.sort.startswith("-")
    key = question.sort.removeprefix("-")
    heads = [_make_head(field, key, is_down=is_down) for field in fields]
    if key:
        rows = _sort(rows, _find(fields, key), is_down=is_down)
    shown = rows if question.is_whole else rows[:LONGEST]
    cells = [[field.make(row) for field in fields] for row in shown]
    return Grid(name, label, heads, cells, totals, len(rows), spans, empty)


def _make_head(field: Field[Row], key: str, *, is_down: bool) -> Head:
    now = ("descending" if is_down else "ascending") if field.key == key else ""
    if now:
        then = field.key if is_down else f"-{field.key}"
    else:
        then = f"-{field.key}" if field.is_number else field.key
    return Head(field.key, field.title, field.is_number, now, then)


def _find(fields: Sequence[Field[Row]], key: str) -> Field[Row]:
    for field in fields:
        if field.key == key:
            return field
    known = ", ".join(field.key for field in fields)
    raise BadQuestionError(f"sort is {key!r}; allowed are {known}")


def _sort(rows: Sequence[Row], field: Field[Row], *, is_down: bool) -> Sequence[Row]:
    keyed = [(field.order(row), row) for row in rows]
    known = [(value, row) for value, row in keyed if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=is_down)
    return [row for _, row in known] + [row for value, row in keyed if value is None]
