"""Rows of a long list → the largest ones, and what is left: a note is a page or two."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

_MOST = 20
_MOST_NAMES = 10
Row = TypeVar("Row")


def find_largest(
    rows: Sequence[Row], amount: Callable[[Row], Decimal]
) -> tuple[list[Row], list[Row]]:
    """Find the rows of the largest amounts; they and all others stay in their order."""
    if len(rows) <= _MOST + 1:  # a line of the others tells no more than the other itself
        return list(rows), []
    shown = {id(row) for row in sorted(rows, key=lambda row: -abs(amount(row)))[:_MOST]}
    return [row for row in rows if id(row) in shown], [row for row in rows if id(row) not in shown]


def list_names(names: Sequence[str]) -> str:
    """Name some of them."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
