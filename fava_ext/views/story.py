"""What an explanation is made of, on the screen and on a sheet of paper.

On paper the steps of many lots stand side by side, a lot in a row:

                            cost                     NRV              decided by: price
    Lot 2024-01-02 at 10.00 100 × 10.00 = 1000.00    100 × 9.20 = 920.00
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..tables.cells import Badge, Cell

Place = Literal["screen", "paper", ""]
_MANY = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One step.

    Attributes:
        notes: What the directive says besides: its metadata, and links to its documents.
        place: Where it stands: on the screen, on paper, or on both.
    """

    label: str
    formula: str
    result: str
    source: str
    url: str
    notes: Sequence[Cell] = ()
    place: Place = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The steps that belong together, and what they are of."""

    title: str
    where: str
    lines: Sequence[Line]
    place: Place = ""


class Lined(NamedTuple):
    """Parts with the same steps as the rows of one table, which takes less paper.

    Attributes:
        heads: The steps; with their words or formulas where these are the same in all rows.
        rows: The title of each part, and its lines.
    """

    heads: Sequence[tuple[str, str]]
    rows: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Story:
    """The whole explanation.

    Attributes:
        name: What Fava calls the item.
        figures: Terms and amounts of the item on this date.
        entries: What was written on this date, as Beancount writes it.
        entity: The entity that the goods are of, if all are of one.
        items: Of a group that is tested as one, the items in it.
        url: The address of this explanation.
    """

    item: str
    lot: str
    name: str
    as_of: str
    badges: Sequence[Badge]
    figures: Sequence[tuple[str, Cell]]
    parts: Sequence[Part | Lined]
    entries: Sequence[str]
    items: Sequence[Cell] = ()
    url: str = ""
    entity: str = ""


def line_up(parts: Sequence[Part]) -> Iterator[Part | Lined]:
    """Put parts with the same steps into one table before the first of them, if there are many."""
    alike: dict[tuple[str, ...], list[Part]] = {}
    for part in parts:
        alike.setdefault(_list_labels(part), []).append(part)
    for part in parts:
        rows = alike[_list_labels(part)]
        if len(rows) <= _MANY:
            yield part
            continue
        if part is rows[0]:
            yield Lined(list(_list_heads(rows)), rows)
        yield replace(part, place="screen")


def _list_labels(part: Part) -> tuple[str, ...]:
    return tuple(line.label for line in part.lines)


def _list_heads(rows: Sequence[Part]) -> Iterator[tuple[str, str]]:
    for lines in zip(*(row.lines for row in rows), strict=True):
        formulas = {line.formula for line in lines}
        yield lines[0].label, formulas.pop() if len(formulas) == 1 else ""
