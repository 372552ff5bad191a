"""Changes of cost and movements → the data of Fava's own charts.

Cost and carrying amount over time, movements by interval, and where the allowance stands. Amounts
are converted as Fava does, at the end of each interval.
"""

from __future__ import annotations

from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from fava_ext import fava_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from fava.core import FavaLedger

    from fava_ext.request.selection import Selection

_ZERO = Decimal()
_BARS = 100
_NAMES = {
    "write-down": "Write-downs",
    "write-off": "Write-offs",
    "reversal": "Reversals",
    "release": "Releases",
    "transfer": "Transfers",
}
ROOT = "Allowance"
_Change = tuple[str, str, Decimal, "date"]  # what changes, currency, by how much, when
_Span = tuple["date", "date"]


def list_charts(selection: Selection, ledger: FavaLedger, view: str) -> list[fava_api.Chart]:
    """List the charts of what is shown, that of the view first; none without inventory."""
    spans = _list_spans(selection)
    if not spans:
        return []
    charts = [_draw_value(selection, ledger, spans)] if selection.costs else []
    if selection.written:
        charts.append(_draw_movements(selection, ledger, spans))
    if view == "movements":
        charts.reverse()
    lots = [row.lot for row in selection.lots if row.lot.allowance]
    if lots:
        charts.append(_draw_by_category(selection, ledger))
    if len({lot.account for lot in lots}) > 1:
        charts.append(_draw_by_account(selection, ledger))
    return charts


def _list_spans(selection: Selection) -> Sequence[_Span]:
    """Fava's intervals, from the first purchase or the start of the time filter to the date."""
    costs, written = selection.state.history.costs, selection.written
    if not costs:
        return []
    first = min(costs[0].date, *(row.date for row in written[:1])) if written else costs[0].date
    start, end = max(selection.start or first, first), selection.state.as_of
    return [(begin, min(last, end)) for begin, last in fava_api.split_time(start, end)]


def _draw_value(selection: Selection, ledger: FavaLedger, spans: Sequence[_Span]) -> fava_api.Chart:
    """The carrying amount is left out where the allowance of what is shown cannot be told."""
    costs = [("cost", row.currency, row.cost, row.date) for row in selection.costs]
    is_told = _has_whole_allowances(selection)
    written = selection.allowances if is_told else ()
    allowances = [("allowance", row.currency, row.change, row.date) for row in written]
    points = []
    for (_, end), sums in _accumulate([*costs, *allowances], spans):
        values: dict[str, Decimal] = {}
        for (name, currency), number in sums.items():
            amount, unit = _convert(ledger, number, currency, end)
            if name == "cost":
                _add(values, f"{unit} cost", amount)
            if is_told:
                _add(values, f"{unit} carrying amount", amount if name == "cost" else -amount)
        points.append((end, values))
    return fava_api.draw_lines("Cost and carrying amount" if is_told else "Cost", points)


def _has_whole_allowances(selection: Selection) -> bool:
    """Whether movements of just the goods that are shown can be told apart from others."""
    is_wide = selection.state.run.policy.basis in {"category", "total"}
    return not (is_wide and selection.filters.text) and not selection.left_out


def _add(values: dict[str, Decimal], name: str, number: Decimal) -> None:
    values[name] = values.get(name, _ZERO) + number


def _accumulate(
    changes: Sequence[_Change], spans: Sequence[_Span]
) -> Iterable[tuple[_Span, Mapping[tuple[str, str], Decimal]]]:
    """The sums of all changes up to the end of each span."""
    ordered = sorted(changes, key=itemgetter(3))
    sums: dict[tuple[str, str], Decimal] = {}
    i = 0
    for span in spans:
        while i < len(ordered) and ordered[i][3] <= span[1]:
            name, currency, number, _ = ordered[i]
            sums[name, currency] = sums.get((name, currency), _ZERO) + number
            i += 1
        yield span, sums


def _draw_movements(
    selection: Selection, ledger: FavaLedger, spans: Sequence[_Span]
) -> fava_api.Chart:
    """Increases of the allowance are positive."""
    written = [row for row in selection.recent if row.change]
    bars = []
    i = 0
    for start, end in spans[-_BARS:]:
        while i < len(written) and written[i].date < start:
            i += 1
        sums: dict[str, dict[str, Decimal]] = {}
        while i < len(written) and written[i].date <= end:
            row = written[i]
            amount, unit = _convert(ledger, row.change, row.currency, end)
            _add(sums.setdefault(_NAMES[row.kind], {}), unit, amount)
            i += 1
        bars.append((end, sums))
    return fava_api.draw_bars("Movements of the allowance", bars)


def _draw_by_category(selection: Selection, ledger: FavaLedger) -> fava_api.Chart:
    paths = [
        (_name_path(row.lot.stock.category, row.lot.stock.key.commodity), row.lot)
        for row in selection.lots
        if row.lot.allowance
    ]
    return fava_api.draw_tree("Allowance by category", _grow(ROOT, paths, selection, ledger))


def _name_path(category: str, item: str) -> tuple[str, ...]:
    return (item,) if category == item else (category.replace(":", "/"), item)


def _draw_by_account(selection: Selection, ledger: FavaLedger) -> fava_api.Chart:
    lots = [row.lot for row in selection.lots if row.lot.allowance]
    root = lots[0].account.partition(":")[0]
    paths = [(tuple(lot.account.split(":")[1:]), lot) for lot in lots]
    return fava_api.draw_tree("Allowance by account", _grow(root, paths, selection, ledger))


def _grow(
    name: str,
    paths: Sequence[tuple[tuple[str, ...], Any]],
    selection: Selection,
    ledger: FavaLedger,
) -> fava_api.Tree:
    """Build a tree of allowances by the parts of their paths."""
    own: dict[str, Decimal] = {}
    branches: dict[str, list[tuple[tuple[str, ...], Any]]] = {}
    for path, lot in paths:
        if path:
            branches.setdefault(path[0], []).append((path[1:], lot))
        else:
            number, currency = lot.allowance, lot.stock.key.currency
            amount, unit = _convert(ledger, number, currency, selection.state.as_of)
            _add(own, unit, amount)
    children = [
        _grow(f"{name}:{part}", branch, selection, ledger)
        for part, branch in sorted(branches.items())
    ]
    return fava_api.make_tree(name, own, children)


def _convert(ledger: FavaLedger, number: Decimal, currency: str, day: date) -> tuple[Decimal, str]:
    if not fava_api.read_currency():
        return number, currency
    return fava_api.convert(ledger, number, currency, day)
