"""The steps of a long history → its early movements, and their sums by kind, for a sheet of paper.

    write-downs   7 from 2021-01-31 to 2022-06-30   410.00
    releases      9 from 2021-02-18 to 2022-07-04  −125.00

What is summed and what is not add up to what all movements do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.explain.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST, FEWEST = 12, 3
"""How many movements are told of, the second below many lots."""
_KINDS = 5
"""Sums take as many lines as there are kinds: fewer movements than that are not summed."""


def list_early(steps: Sequence[Step], most: int = MOST) -> Sequence[Step]:
    """The movements that are summed, if there are many: all but the last ones."""
    moved = [step for step in steps if step.moved is not None]
    return moved[:-most] if len(moved) > most + _KINDS else []


def sum_up(steps: Sequence[Step]) -> Iterator[Step]:
    """The sums of movements by kind, in the order of their first ones."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        if step.moved is not None:
            found.setdefault(step.moved.kind, []).append(step)
    for kind, alike in found.items():
        days = [step.moved.date for step in alike if step.moved is not None]
        yield Step(
            alike[0].section,
            say("earlier: {kind}", kind=translate(kind)),
            say(
                "{count} from {start} to {end}, all on the page",
                count=len(alike),
                start=days[0],
                end=days[-1],
            ),
            sum((step.result or ZERO for step in alike), ZERO),
        )
