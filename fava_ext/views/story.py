"""What an explanation is made of, on the screen and on a sheet of paper.

On paper the steps of many lots stand side by side, a lot in a row:

                            cost                     NRV              decided by: price
    Lot 2024-01-02 at 10.00 100 × 10.00 = 1000.00    100 × 9.20 = 920.00
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_invwd.report.explain.steps import Place

    from ..tables.cells import Badge, Cell

_MANY, _FULL = 4, 14
_DIGITS = re.compile(r"\d+")


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
        heads: The steps, with what is the same in all rows.
        rows: The title of each part, and its lines.
        tail: How all titles end, most often an account; the rows are without it.
    """

    heads: Sequence[Line]
    rows: Sequence[Part]
    tail: str


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
    """Put parts with the same steps into one table before the first of them, if there are many.

    If there are many of all kinds, two with the same steps are enough.
    """
    alike: dict[tuple[str, ...], list[Part]] = {}
    for part in parts:
        if not part.place:
            alike.setdefault(_list_labels(part), []).append(part)
    most = 1 if sum(map(len, alike.values())) > _FULL else _MANY
    for part in parts:
        rows = [] if part.place else alike[_list_labels(part)]
        if len(rows) <= most:
            yield part
            continue
        if part is rows[0]:
            tail = _find_tail([row.title for row in rows])
            cut = [replace(row, title=row.title.removesuffix(tail)) for row in rows]
            yield Lined(list(_list_heads(rows)), cut, tail)
        yield replace(part, place="screen")


def _list_labels(part: Part) -> tuple[str, ...]:
    """What its steps are called, whatever the figures in it: 395 days old, at most."""
    return tuple(_DIGITS.sub("0", line.label) for line in part.lines)


def _list_heads(rows: Sequence[Part]) -> Iterator[Line]:
    for lines in zip(*(row.lines for row in rows), strict=True):
        label = _find_same(line.label for line in lines)
        formula = _find_same(line.formula for line in lines)
        yield Line(label, formula, "", _find_same(line.source for line in lines), "")


def _find_tail(titles: Sequence[str]) -> str:
    """The words that all titles end with."""
    ends = zip(*(reversed(title.split(" ")) for title in titles), strict=False)
    same = takewhile(lambda words: len(set(words)) == 1, ends)
    return "".join(f" {words[0]}" for words in reversed(list(same)))


def _find_same(texts: Iterable[str]) -> str:
    found = set(texts)
    return found.pop() if len(found) == 1 else ""
