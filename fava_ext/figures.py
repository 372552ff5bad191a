"""Positions and movements → key figures by entity and currency."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.rolled import sum_rows
from fava_ext import fava_api

if TYPE_CHECKING:
    from fava_ext.request.context import Context

_ON_DATE = {
    "cost": "Cost",
    "allowance": "Allowance",
    "carrying": "Carrying amount",
    "pending": "Pending",
}
_IN_TIME = {
    "write_downs": "Write-downs",
    "write_offs": "Write-offs",
    "reversals": "Reversals",
    "releases": "Releases",
}
_DECREASES = {"reversals", "releases"}
_MOVED = {"transfers": "Transfers"}
_NOTES = {"carrying": "cost less allowance", "pending": "if it were measured on this date"}
_Unit = tuple[str, str]  # entity, the currency that amounts are converted to
_Amounts = dict[str, list[tuple[str, Decimal]]]  # currency and number by the names of the terms


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

    Movements are those of the time filter; decreases of the allowance are positive here, since
    their name says what they are. Transfers go both ways: they have a sign, and are shown where
    there are any: between accounts of which a filter picks one, or taken over from elsewhere.
    Everything is converted at the rate of the as-of date.
    """
    run, selection = context.run, context.selection
    amounts: dict[_Unit, _Amounts] = {}
    for total in sum_totals(list_positions(run, "entity", selection.lots)):
        _put(amounts, total, _ON_DATE, context)
    span = (selection.start or datetime.date.min, run.as_of)
    for row in sum_rows(run, selection.recent, [span], None):
        if not row.is_empty:
            _put(amounts, row, {**_IN_TIME, **_MOVED}, context)
    return [_show(key, found, context) for key, found in sorted(amounts.items())]


def _put(
    amounts: dict[_Unit, _Amounts], row: Any, terms: Mapping[str, str], context: Context
) -> None:
    unit = fava_api.find_unit(context.ledger, row.currency, context.run.as_of)
    found = amounts.setdefault((row.entity, unit), {})
    for name in terms:
        found.setdefault(name, []).append((row.currency, getattr(row, name)))


def _show(key: _Unit, amounts: _Amounts, context: Context) -> Figures:
    entity, unit = key
    found = {
        name: fava_api.convert(context.ledger, rows, context.run.as_of).get(unit, Decimal())
        for name, rows in amounts.items()
    }

    def make(name: str, term: str) -> Figure:
        number = found.get(name, Decimal())
        number = -number if name in _DECREASES else number
        sign = "+" if name in _MOVED and number > 0 else ""
        text = sign + context.formats.show_money(number, unit)
        return Figure(term, text, _NOTES.get(name, ""), not number)

    moved = _MOVED if found.get("transfers") else {}
    on_date = [make(*term) for term in _ON_DATE.items()]
    return Figures(entity, unit, on_date, [make(*term) for term in {**_IN_TIME, **moved}.items()])


def describe_conversion(context: Context) -> str:
    """Say what of the key figures is converted, and which rates are missing; empty for nothing."""
    target, day, selection = fava_api.read_currency(), context.run.as_of, context.selection
    if not target:
        return ""
    shown = {row.lot.place.currency for row in selection.lots}
    shown |= {row.currency for row in selection.recent}
    kept = {name for name in shown if fava_api.find_unit(context.ledger, name, day) == name}
    missing = [f"{name} to {target}" for name in sorted(kept.difference(target.split(",")))]
    done = f"Converted to {target} at the rates of {day}." if shown - kept else ""
    lack = f"Not converted, as there is no rate by {day}: {', '.join(missing)}." if missing else ""
    return f"{done} {lack}".strip()
