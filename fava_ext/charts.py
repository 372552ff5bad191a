"""What inventory was worth, what moved it, where it stands, what is at risk → charts.

There is one chart for each currency; amounts are converted as Fava does, at the end of each
interval. A series has the same key, and so the same colour, in every ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.report.ledger.bridged import CAUSES
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.ledger.over_time import list_values, sum_kinds
from beancount_invwd.report.risk.spread import BOUNDS, spread_expiry, spread_headroom

from . import fava_api
from .tables.cells import Cells
from .tables.plot import Chart, Point, plot
from .words import name_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from beancount_invwd.report.ledger.rolled import RollRow
    from beancount_invwd.report.risk.risk import RiskRow

    from .request.context import Context

_COLUMNS = 100
_LEAVES = 24
_VALUES = {
    "cost": mark("Cost"),
    "allowance": mark("Allowance"),
    "carrying": mark("Carrying amount"),
}
_Span = tuple["date", "date"]
_SAFE = range(3, len(BOUNDS) + 1)
"""The bands of headroom from a tenth on; goods in the others are at risk."""
_ZERO = Decimal()


class Gallery(NamedTuple):
    """The charts of a view, and the link that hides them or shows them again."""

    charts: Sequence[Chart]
    link: str
    url: str


def hang(context: Context, draw: Callable[[Context], list[Chart]]) -> Gallery:
    """Draw charts, unless they are switched off, as Fava's own can be."""
    view, asked = context.question.view, context.question.parameters
    if fava_api.shows_charts():
        url = fava_api.url_of(view=view, charts="false", **asked)
        return Gallery(draw(context), say("Hide charts"), url)
    return Gallery((), say("Show charts"), fava_api.url_of(view=view, charts=None, **asked))


def draw_positions(context: Context) -> list[Chart]:
    """What inventory was worth, and where the allowance stands; nothing without inventory."""
    spans = _list_spans(context)
    charts = [*_draw_values(context, spans), *_draw_trees(context)] if spans else []
    return sorted(charts, key=_unit_of)


def draw_movements(context: Context) -> list[Chart]:
    """What moved the allowance, and what inventory was worth."""
    spans = _list_spans(context)
    if not spans:
        return []
    charts = [*_draw_movements(context, spans[-_COLUMNS:]), *_draw_values(context, spans)]
    return sorted(charts, key=_unit_of)


def _unit_of(chart: Chart) -> str:
    """Charts of a currency stand side by side."""
    return chart.unit


def _list_spans(context: Context) -> Sequence[_Span]:
    """Fava's intervals, from the first purchase or the start of the time filter to the date."""
    days = [row.date for row in context.selection.known_costs[:1]]
    if not days:
        return []
    days += [row.date for row in context.selection.written[:1]]
    start, end = max(context.selection.start or min(days), min(days)), context.run.as_of
    return [(begin, min(last, end)) for begin, last in fava_api.split_time(start, end)]


def _convert(
    context: Context, rows: Iterable[tuple[str, str, Decimal]], day: date
) -> dict[str, dict[str, Decimal]]:
    """Amounts of series and currency, by the currency that they are shown in, then by series."""
    amounts: dict[str, list[tuple[str, Decimal]]] = {}
    for key, currency, number in rows:
        amounts.setdefault(key, []).append((currency, number))
    found: dict[str, dict[str, Decimal]] = {}
    for key, numbers in amounts.items():
        for unit, number in fava_api.convert(context.ledger, numbers, day).items():
            found.setdefault(unit, {})[key] = number
    return found


def _draw_values(context: Context, spans: Sequence[_Span]) -> list[Chart]:
    """Cost, and the allowance as what lacks from it to the carrying amount.

    Allowance and carrying amount are left out where the allowance of what is shown cannot be told.
    """
    selection, is_told = context.selection, context.selection.has_whole_allowances
    if not selection.costs:
        return []
    values = list_values(selection.costs, selection.allowances if is_told else (), spans)
    keys = list(_VALUES) if is_told else ["cost"]
    found = []
    for (_, end), rows in zip(spans, values, strict=True):
        amounts = [(key, row.currency, getattr(row, key)) for row in rows for key in keys]
        found.append(_convert(context, amounts, end))
    charts, series = [], {key: translate(_VALUES[key]) for key in keys}
    title = say("Cost and allowance") if is_told else say("Cost")
    for unit in _list_units(found):
        points = [
            _point_at(span, "positions", str(span[1]), sums.get(unit, {}))
            for span, sums in zip(spans, found, strict=True)
        ]
        charts.append(plot(context, "area", title, unit, points, first=say("Date"), series=series))
    return charts


def _draw_movements(context: Context, spans: Sequence[_Span]) -> list[Chart]:
    """Increases of the allowance are positive."""
    found = []
    for (_, end), sums in zip(spans, sum_kinds(context.selection.recent, spans), strict=True):
        amounts = [(kind, currency, change) for (kind, currency), change in sums.items()]
        found.append(_convert(context, amounts, end))
    charts, title = [], say("Movements of the allowance")
    note = say("What raises the allowance stands above the line.")
    for unit in _list_units(found):
        points = [
            _point_at(span, "movements", f"{span[0]} - {span[1]}", sums.get(unit, {}))
            for span, sums in zip(spans, found, strict=True)
        ]
        charts.append(
            plot(
                context,
                "columns",
                title,
                unit,
                points,
                first=say("Up to"),
                series=name_kinds(),
                note=note,
            )
        )
    return charts


def _list_units(found: Sequence[Mapping[str, Mapping[str, Decimal]]]) -> list[str]:
    """The currencies that have an amount, in the order of their names."""
    return sorted({unit for sums in found for unit, row in sums.items() if any(row.values())})


def _point_at(span: _Span, view: str, time: str, amounts: Mapping[str, Decimal]) -> Point:
    """A point in time, which leads to the view of that time."""
    url = fava_api.url_of(view=view, time=time)
    return Point(str(span[1]), amounts, fava_api.name_interval(span[0]), url=url)


def _draw_trees(context: Context) -> list[Chart]:
    """Where the allowance stands: items by category, or by account if that is asked for."""
    run, cells, found = context.run, Cells(context), dict[str, list[Point]]()
    lots = [row for row in context.selection.lots if row.lot.allowance]
    by_account = context.question.by == "account"
    for row in list_positions(run, "account" if by_account else "item", lots):
        amounts = fava_api.convert(context.ledger, [(row.currency, row.allowance)], run.as_of)
        (unit, number), *_ = amounts.items()
        if by_account:
            name = row.account or ""
            point = Point(name, {"allowance": number}, url=cells.link_account(name).url)
        else:
            name, item = cells.name(row.commodity or ""), row.commodity or ""
            group = "" if row.category == item else row.category or ""
            url = cells.explain(item).url
            point = Point(name, {"allowance": number}, group=group, url=url, item=item)
        found.setdefault(unit, []).append(point)
    title = say("Allowance by account") if by_account else say("Allowance by item")
    first, series = say("Account") if by_account else say("Item"), {"allowance": say("Allowance")}
    return [
        plot(context, "tree", title, unit, _keep_largest(points), first=first, series=series)
        for unit, points in sorted(found.items())
    ]


def _keep_largest(points: Sequence[Point]) -> list[Point]:
    """The largest ones, and the sum of all others."""
    ranked = sorted(points, key=lambda point: -point.amounts["allowance"])
    shown, others = ranked[:_LEAVES], ranked[_LEAVES:]
    if others:
        rest = sum((point.amounts["allowance"] for point in others), _ZERO)
        shown.append(Point(say("{count} others", count=len(others)), {"allowance": rest}))
    return shown


def draw_bridge(context: Context, rows: Sequence[RollRow]) -> list[Chart]:
    """What each cause made of the opening allowance.

    Args:
        context: What is asked, and of what.
        rows: The whole time, by entity and currency.
    """
    parts: dict[str, list[tuple[str, str, Decimal]]] = {}
    for row in rows:
        steps = (("opening", row.opening), *row.causes.items(), ("closing", row.closing))
        for key, amount in steps:
            parts.setdefault(row.currency, []).append((key, row.currency, amount))
    found = _convert(context, [part for row in parts.values() for part in row], context.run.as_of)
    charts, series = [], {"amount": say("Amount")}
    for unit in _list_units([found]):
        points = list(_build_bridge(found[unit]))
        note = say("From {start} to {end}.", start=rows[0].start, end=rows[0].end)
        charts.append(
            plot(context, "rows", say("Bridge of the allowance"), unit, points, first=say("Cause"),
                 series=series, note=note)
        )  # fmt: skip
    return charts


def _build_bridge(amounts: Mapping[str, Decimal]) -> Iterator[Point]:
    """Each cause begins where the one before it ends."""
    level = amounts.get("opening", _ZERO)
    yield Point(say("Opening"), {"amount": level}, tone="cost")
    for key, title in CAUSES.items():
        change = amounts.get(key, _ZERO)
        if change:
            name, tone = translate(title), "increase" if change > 0 else "decrease"
            name = name[:1].upper() + name[1:]
            yield Point(name, {"amount": change}, tone=tone, start=level)
        level += change
    yield Point(say("Closing"), {"amount": amounts.get("closing", _ZERO)}, tone="cost")


def draw_risks(context: Context, rows: Sequence[RiskRow]) -> list[Chart]:
    """What is at risk by month of expiry, and carrying amounts by headroom.

    Args:
        context: What is asked, and of what.
        rows: All goods that the filters pick, at risk or not.
    """
    months, bands = spread_expiry(rows), spread_headroom(rows)
    used = {month: month for month in sorted({month for month, _ in months})}
    charts = [
        *_draw_spread(context, say("At risk by month of expiry"), say("Month"), used, months),
        *_draw_spread(
            context, say("Carrying amount by headroom"), say("Headroom"), _name_bands(), bands
        ),
    ]
    return sorted(charts, key=_unit_of)


def _draw_spread(
    context: Context,
    title: str,
    first: str,
    names: Mapping[Any, str],
    sums: Mapping[tuple[Any, str], Decimal],
) -> list[Chart]:
    """A bar for each name; `sums` are by its key and by currency."""
    series = {"amount": say("Amount")}
    found = []
    for name in names:
        amounts = [("amount", unit, n) for (one, unit), n in sums.items() if one == name]
        found.append(_convert(context, amounts, context.run.as_of))
    charts = []
    for unit in _list_units(found):
        points = [
            Point(text, row.get(unit, {}), tone="carrying" if name in _SAFE else "at-risk")
            for (name, text), row in zip(names.items(), found, strict=True)
        ]
        charts.append(plot(context, "rows", title, unit, points, first=first, series=series))
    return charts


def _name_bands() -> dict[int, str]:
    shares = [f"{bound * 100:.0f}" for bound in BOUNDS]
    pairs = enumerate(pairwise(shares), start=1)
    names = {number: say("{low} to {high} %", low=low, high=high) for number, (low, high) in pairs}
    return {0: say("no headroom"), **names, len(shares): say("over {shares} %", shares=shares[-1])}
