"""Rows with amounts → a table of the note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from beancount_invwd.ground.words import say
from beancount_invwd.report.note.blocks import Block
from beancount_invwd.report.output.columns import CURRENCY, ENTITY, Column
from beancount_invwd.report.output.numbers import NumberWriter


def draw(  # noqa: PLR0913, PLR0917 (what a table is made of)
    numbers: NumberWriter,
    name: Column,
    amounts: Sequence[Column],
    rows: Sequence[Any],
    totals: Sequence[Any] = (),
    sums: Mapping[str, Sequence[Any]] = MappingProxyType({}),
) -> Block:
    """Draw names and amounts; entities have a column if there are any.

    Args:
        numbers: Writes amounts.
        name: What rows are called.
        amounts: What is told of them.
        rows: The rows, each with an entity and a currency.
        totals: The last lines.
        sums: More lines, by what they are called.
    """
    has_entity = any(row.entity for row in (*rows, *totals))
    names = [ENTITY, name, CURRENCY] if has_entity else [name, CURRENCY]

    def write(row: Any, what: str = say("Total")) -> list[str]:
        cells = [column.read(row) for column in names]
        told = [what if cell is None else str(cell) for cell in cells]
        figures: Any = (column.read(row) for column in amounts)
        return [*told, *(numbers.show_money(number, row.currency) for number in figures)]

    head = [column.heading for column in (*names, *amounts)]
    lines = [write(row) for row in rows]
    lines += [write(row, what) for what, found in sums.items() for row in found]
    foot = [write(row) for row in totals]
    return Block("table", rows=lines, head=head, totals=foot, names=len(names))
