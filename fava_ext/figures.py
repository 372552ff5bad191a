"""Positions and movements → key figures by entity and currency."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from fava_ext import fava_api

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fava.core import FavaLedger

    from fava_ext.request.selection import Selection

_ON_DATE = {"cost": "Cost", "allowance": "Allowance", "carrying": "Carrying amount"}
_IN_TIME = {
    "write-down": "Write-downs",
    "write-off": "Write-offs",
    "reversal": "Reversals",
    "release": "Releases",
}
_DECREASES = {"reversal", "release"}
_MOVED = "transfer"
_TERMS = {**_ON_DATE, **_IN_TIME, _MOVED: "Transfers", "pending": "Pending"}
_ONE = Decimal(1)
_Key = tuple[str, str]  # entity, currency
_Sums = defaultdict[_Key, dict[str, Decimal]]  # by the names of the terms


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


def list_figures(
    selection: Selection, ledger: FavaLedger, formats: fava_api.Formats
) -> list[Figures]:
    """List the key figures of what is shown, converted as Fava does.

    Movements are those of the time filter; decreases of the allowance are positive here, since
    their name says what they are. Transfers go both ways: they have a sign, and are shown where
    there are any: between accounts of which a filter picks one, or taken over from elsewhere.
    Everything is converted at the rate of the as-of date.
    """
    sums: _Sums = defaultdict(lambda: dict.fromkeys(_TERMS, Decimal()))
    for total in sum_totals(list_positions(selection.state.run, "entity", selection.lots)):
        amounts = {name: getattr(total, name) for name in (*_ON_DATE, "pending")}
        _add(sums, total.entity, total.currency, amounts, selection, ledger)
    for row in selection.recent:
        if row.change:
            change = -row.change if row.kind in _DECREASES else row.change
            _add(sums, row.entity, row.currency, {row.kind: change}, selection, ledger)
    return [_show(key, row, formats) for key, row in sorted(sums.items())]


def describe_conversion(selection: Selection, ledger: FavaLedger) -> str:
    """Say what of the key figures is converted, and which rates are missing; empty for nothing."""
    target, day = fava_api.read_currency(), selection.state.as_of
    if not target:
        return ""
    lots, moved = selection.lots, selection.recent
    shown = {row.lot.stock.key.currency for row in lots} | {row.currency for row in moved}
    kept = {name for name in shown if fava_api.convert(ledger, _ONE, name, day)[1] == name}
    missing = [f"{name} to {target}" for name in sorted(kept.difference(target.split(",")))]
    done = f"Converted to {target} at the rates of {day}." if shown - kept else ""
    lack = f"Not converted, as there is no rate by {day}: {', '.join(missing)}." if missing else ""
    return f"{done} {lack}".strip()


def _add(  # noqa: PLR0913, PLR0917 (an amount and all that converts it)
    sums: _Sums,
    entity: str,
    currency: str,
    amounts: Mapping[str, Decimal],
    selection: Selection,
    ledger: FavaLedger,
) -> None:
    for name, number in amounts.items():
        unit = currency
        if fava_api.read_currency():
            rate, unit = fava_api.convert(ledger, _ONE, currency, selection.state.as_of)
            number = number * rate  # noqa: PLW2901
        sums[entity, unit][name] += number


def _show(key: _Key, row: Mapping[str, Decimal], formats: fava_api.Formats) -> Figures:
    entity, currency = key
    notes = {"carrying": "cost less allowance", "pending": "if it were measured on this date"}

    def make(name: str) -> Figure:
        sign = "+" if name == _MOVED and row[name] > 0 else ""
        text = sign + formats.show_money(row[name], currency)
        return Figure(_TERMS[name], text, notes.get(name, ""), not row[name])

    on_date = [make(name) for name in (*_ON_DATE, "pending")]
    moved = [_MOVED] if row[_MOVED] else []
    return Figures(entity, currency, on_date, [make(name) for name in (*_IN_TIME, *moved)])
