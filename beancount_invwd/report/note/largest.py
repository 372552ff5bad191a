"""Rows of a long list → the largest ones, and what is left: a note is a page or two."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from beancount_invwd.ground.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

_MOST = 20
MOST_LINES = 10
"""Of what is told in a sentence each, or by name."""
Row = TypeVar("Row")


def find_largest(
    rows: Sequence[Row], amount: Callable[[Row], Decimal], most: int = _MOST
) -> tuple[list[Row], list[Row]]:
    """Find the rows of the largest amounts; they and all others stay in their order."""
    if len(rows) <= most + 1:  # a line of the others tells no more than the other itself
        return list(rows), []
    shown = {id(row) for row in sorted(rows, key=lambda row: -abs(amount(row)))[:most]}
    return [row for row in rows if id(row) in shown], [row for row in rows if id(row) not in shown]


def list_names(names: Sequence[str]) -> str:
    """Name some of them."""
    more = len(names) - MOST_LINES
    return ", ".join(names[:MOST_LINES]) + (say(" and {more} more", more=more) if more > 0 else "")
