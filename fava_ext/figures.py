"""Positions and movements → key figures by entity and currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.report import positions, rollforward
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.rolled import sum_rows
from beancount_invwd.report.output.columns import Column

from . import fava_api
from .tables.grid import pick

if TYPE_CHECKING:
    from .request.context import Context

_ON_DATE = pick(positions.COLUMNS, "cost", "allowance", "carrying", "pending")
_IN_TIME = pick(rollforward.COLUMNS, "write_downs", "write_offs", "reversals", "releases")
_DECREASES = {"reversals", "releases"}
_MOVED = (*pick(rollforward.COLUMNS, "transfers"), Column("taken_over", "taken over", "change"))
_NOTES = {
    "carrying": mark("cost less allowance"),
    "pending": mark("if it were measured on this date"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its term, the amount as it is shown, and what it means."""

    term: str
    text: str
    note: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of an entity and currency."""

    entity: str
    currency: str
    on_date: Sequence[Figure]
    in_time: Sequence[Figure]


def list_figures(context: Context) -> list[Figures]:
    """List the key figures of what is shown, converted as Fava does.

    Movements are those of the time filter, or of the fiscal year; decreases of the allowance are
    positive here, since their name says what they are. Transfers go both ways (between accounts of
    which a filter picks one): they have a sign, and are shown where there are any; so is what was
    taken over.
    Everything is converted at the rate of the as-of date.
    """
    run, selection = context.run, context.selection
    totals = sum_totals(list_positions(run, "entity", selection.lots))
    start, end = selection.span
    recent = [row for row in selection.written if row.date >= start]
    moved = sum_rows(run, recent, [(start, end)], None)
    rows: dict[tuple[str, str], list[Any]] = {}
    shown: list[Any] = [*totals, *(row for row in moved if not row.is_empty)]
    for row in shown:
        unit = fava_api.find_unit(context.ledger, row.currency, run.as_of)
        rows.setdefault((row.entity, unit), []).append(row)
    return [_show(*key, found, context) for key, found in sorted(rows.items())]


def _show(entity: str, unit: str, rows: Sequence[Any], context: Context) -> Figures:
    def make(column: Column) -> Figure:
        cells = [(row.currency, column.read(row)) for row in rows]
        amounts = [(currency, cell) for currency, cell in cells if isinstance(cell, Decimal)]
        found = fava_api.convert(context.ledger, amounts, context.run.as_of)
        number = found.get(unit, Decimal())
        number = -number if column.key in _DECREASES else number
        sign = "+" if column in _MOVED and number > 0 else ""
        text = sign + context.formats.show_money(number, unit)
        note = translate(_NOTES[column.key]) if column.key in _NOTES else ""
        return Figure(column.heading, text, note, not number)

    moved = [figure for figure in map(make, _MOVED) if not figure.is_zero]
    in_time = [*map(make, _IN_TIME), *moved]
    return Figures(entity, unit, [make(column) for column in _ON_DATE], in_time)


def describe_conversion(context: Context) -> str:
    """Say what of the key figures is converted, and which rates are missing; empty for nothing."""
    target, day, selection = fava_api.read_currency(), context.run.as_of, context.selection
    if not target:
        return ""
    shown = {row.lot.place.currency for row in selection.lots}
    shown |= {row.currency for row in selection.recent}
    kept = {name for name in shown if fava_api.find_unit(context.ledger, name, day) == name}
    missing = [
        say("{name} to {target}", name=name, target=target)
        for name in sorted(kept.difference(target.split(",")))
    ]
    done = (
        say("Converted to {target} at the rates of {day}.", target=target, day=day)
        if shown - kept
        else ""
    )
    lack = (
        say(
            "Not converted, as there is no rate by {day}: {names}.",
            day=day,
            names=", ".join(missing),
        )
        if missing
        else ""
    )
    return f"{done} {lack}".strip()
