"""What inventory was worth and what moved it → the data of Fava's own charts.

Cost and carrying amount over time, movements by interval, and where the allowance stands. Amounts
are converted as Fava does, at the end of each interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.ledger.over_time import list_values, sum_kinds

from . import fava_api
from .words import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from beancount_invwd.report.ledger.holdings import Position

    from .request.context import Context

_BARS = 100
_ROOT = "Allowance"
_Span = tuple["date", "date"]
_Branch = tuple[tuple[str, ...], "Position"]  # a path, and what stands at its end


def list_charts(context: Context, view: str) -> list[fava_api.Chart]:
    """List the charts of what is shown, that of the view first; none without inventory."""
    selection, spans = context.selection, _list_spans(context)
    if not spans:
        return []
    charts = [_draw_value(context, spans)] if selection.costs else []
    if selection.written:
        charts.append(_draw_movements(context, spans[-_BARS:]))
    if view == "movements":
        charts.reverse()
    return [*charts, *_draw_trees(context)]


def _list_spans(context: Context) -> Sequence[_Span]:
    """Fava's intervals, from the first purchase or the start of the time filter to the date."""
    days = [row.date for row in context.selection.known_costs[:1]]
    if not days:
        return []
    days += [row.date for row in context.selection.written[:1]]
    start, end = max(context.selection.start or min(days), min(days)), context.run.as_of
    return [(begin, min(last, end)) for begin, last in fava_api.split_time(start, end)]


def _draw_value(context: Context, spans: Sequence[_Span]) -> fava_api.Chart:
    """The carrying amount is left out where the allowance of what is shown cannot be told."""
    selection = context.selection
    is_told = selection.has_whole_allowances
    values = list_values(selection.costs, selection.allowances if is_told else (), spans)
    points = []
    for (_, end), rows in zip(spans, values, strict=True):
        lines = {"cost": [(row.currency, row.cost) for row in rows]}
        if is_told:
            lines["carrying amount"] = [(row.currency, row.carrying) for row in rows]
        point: dict[str, Decimal] = {}
        for name, amounts in lines.items():
            found = fava_api.convert(context.ledger, amounts, end)
            point |= {f"{unit} {name}": number for unit, number in found.items()}
        points.append((end, point))
    return fava_api.draw_lines("Cost and carrying amount" if is_told else "Cost", points)


def _draw_movements(context: Context, spans: Sequence[_Span]) -> fava_api.Chart:
    """Increases of the allowance are positive."""
    bars = []
    for (_, end), sums in zip(spans, sum_kinds(context.selection.recent, spans), strict=True):
        amounts: dict[str, list[tuple[str, Decimal]]] = {}
        for (kind, currency), change in sums.items():
            amounts.setdefault(KINDS[kind], []).append((currency, change))
        convert = fava_api.convert
        bars.append(
            (end, {name: convert(context.ledger, rows, end) for name, rows in amounts.items()})
        )
    return fava_api.draw_bars("Movements of the allowance", bars)


def _draw_trees(context: Context) -> list[fava_api.Chart]:
    """Where the allowance stands: by category, and by account if there are several."""
    run, lots = context.run, [row for row in context.selection.lots if row.lot.allowance]
    if not lots:
        return []
    items = [(_name_path(row), row) for row in list_positions(run, "item", lots)]
    charts = [fava_api.draw_tree("Allowance by category", _grow(_ROOT, items, context))]
    rows = list_positions(run, "account", lots)
    accounts = [(tuple((row.account or "").split(":")), row) for row in rows]
    if len(dict(accounts)) > 1:
        root = accounts[0][0][0]
        below = [(path[1:], row) for path, row in accounts]
        charts.append(fava_api.draw_tree("Allowance by account", _grow(root, below, context)))
    return charts


def _name_path(row: Position) -> tuple[str, ...]:
    category, item = row.category or "", row.commodity or ""
    return (item,) if category == item else (category.replace(":", "/"), item)


def _grow(name: str, rows: Sequence[_Branch], context: Context) -> fava_api.Tree:
    """Build a tree of allowances by the parts of their paths."""
    branches: dict[str, list[_Branch]] = {}
    for path, row in rows:
        if path:
            branches.setdefault(path[0], []).append((path[1:], row))
    own = [(row.currency, row.allowance) for path, row in rows if not path]
    children = [
        _grow(f"{name}:{part}", branch, context) for part, branch in sorted(branches.items())
    ]
    amounts = fava_api.convert(context.ledger, own, context.run.as_of)
    return fava_api.make_tree(name, amounts, children)
