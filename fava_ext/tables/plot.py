"""Amounts by row and series → a chart: what the script draws, and the table that stands behind it.

In incognito mode a chart keeps its shape, but holds shares of the largest amount only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from .. import fava_api

if TYPE_CHECKING:
    from ..request.context import Context

Kind = Literal["area", "columns", "tree", "rows"]
_ZERO, _HUNDRED = Decimal(), Decimal(100)
_MOST_TICKS = 5


class Point(NamedTuple):
    """What a chart is made of: amounts at a date, of a cause, of an item.

    Attributes:
        name: What its row of the table is called; `short` is what stands on the axis.
        amounts: By the key of a series; what it lacks is 0.
        group: What it belongs to in a treemap.
        url: Where a click leads; `item` says that it explains one.
        tone: The key of its colour in rows, where it is not that of the series.
        start: Where its bar begins in rows, 0 for most.
    """

    name: str
    amounts: Mapping[str, Decimal]
    short: str = ""
    group: str = ""
    url: str = ""
    item: str = ""
    tone: str = ""
    start: Decimal = _ZERO


class Part(NamedTuple):
    """An amount as it is drawn and as it is written; in rows also where its bar stands."""

    size: Decimal
    text: str
    left: str = ""
    width: str = ""


class Row(NamedTuple):
    """A point with its amounts in the order of the series."""

    point: Point
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart in one currency.

    Attributes:
        kind: An area over time; columns that are stacked; a treemap; bars side by side with words.
        first: What the rows of its table are.
        series: The keys and titles of its amounts; keys are what colours go by.
        ticks: Where lines across stand, and what is written at them.
        note: What it says, in a sentence.
    """

    kind: Kind
    title: str
    unit: str
    first: str
    series: Mapping[str, str]
    rows: Sequence[Row]
    ticks: Sequence[tuple[str, str]] = ()
    note: str = ""


def plot(  # noqa: PLR0913 (what a chart is made of)
    context: Context,
    kind: Kind,
    title: str,
    unit: str,
    points: Sequence[Point],
    *,
    first: str,
    series: Mapping[str, str],
    note: str = "",
) -> Chart:
    """Make a chart of amounts in one currency."""
    used = {key: name for key, name in series.items() if any(p.amounts.get(key) for p in points)}
    shown = used or dict(series)
    scale = _find_scale(points)
    low, high = _find_bounds(kind, list(shown), points)
    ticks = _find_ticks(low * scale, high * scale)
    hides = fava_api.is_incognito()
    rows = []
    for point in points:
        parts = []
        for key in shown:
            amount = point.amounts.get(key, _ZERO)
            sign = "+" if point.tone == "increase" else ""
            text = sign + context.formats.show_money(amount, unit)
            place = _place(point.start, amount, low, high) if kind == "rows" else ("", "")
            parts.append(Part(_round(amount * scale) if hides else amount, text, *place))
        rows.append(Row(point, parts))
    texts = [(f"{tick:f}", "" if hides else _write_tick(context, tick)) for tick in ticks]
    return Chart(kind, title, unit, first, shown, rows, texts, note)


def _find_scale(points: Iterable[Point]) -> Decimal:
    if not fava_api.is_incognito():
        return Decimal(1)
    highest = max((abs(n) for point in points for n in point.amounts.values()), default=_ZERO)
    return _HUNDRED / (highest or Decimal(1))


def _round(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"))


def _find_bounds(
    kind: Kind, keys: Sequence[str], points: Sequence[Point]
) -> tuple[Decimal, Decimal]:
    """The lowest and highest amount that is drawn; 0 is always among them."""
    ends = [_ZERO]
    for point in points:
        amounts = [point.amounts.get(key, _ZERO) for key in keys]
        if kind == "columns":
            ends += [sum((n for n in amounts if n > 0), _ZERO)]
            ends += [sum((n for n in amounts if n < 0), _ZERO)]
        else:
            ends += [point.start + n for n in amounts]
            ends += [point.start] if amounts else []
    return min(ends), max(ends)


def _place(start: Decimal, amount: Decimal, low: Decimal, high: Decimal) -> tuple[str, str]:
    """Where a bar begins and how long it is, in per cent of the line."""
    span = (high - low) or Decimal(1)
    left = (min(start, start + amount) - low) / span * _HUNDRED
    return f"{left:.2f}", f"{abs(amount) / span * _HUNDRED:.2f}"


def _find_ticks(low: Decimal, high: Decimal) -> list[Decimal]:
    """Round numbers around what is drawn: 1, 2 or 5 with zeros from one to the next."""
    raw = (high - low or Decimal(1)) / _MOST_TICKS
    power = Decimal(1).scaleb(raw.adjusted())
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= raw)
    first, last = (low / step).__floor__(), (high / step).__ceil__()
    return [step * n for n in range(first, max(last, first + 1) + 1)]


def _write_tick(context: Context, tick: Decimal) -> str:
    exponent = tick.normalize().as_tuple().exponent
    return context.formats.digits(tick, max(0, -exponent if isinstance(exponent, int) else 0))
