"""Roll-forward: opening, movements and closing of each of Fava's intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.report.ledger.rolled import sum_periods
from beancount_invwd.report.ledger.spans import day_before, find_year_start
from beancount_invwd.report.output.tables import Table
from beancount_invwd.report.rollforward import (
    CAUSE_COLUMNS,
    COLUMNS,
    Rollforward,
    document_rollforward,
    list_ways,
    roll_beside,
    roll_forward,
    roll_some,
)

from .. import fava_api
from ..charts import Gallery, draw_bridge, hang
from ..request.question import BadQuestionError
from ..tables.cells import Cell, Cells
from ..tables.grid import Grid, build_grid, pick
from .ordered import show_rolled
from .view import Link

if TYPE_CHECKING:
    from datetime import date

    from beancount_invwd.report.ledger.rolled import RollBy, RollRow
    from beancount_invwd.report.ledger.spans import SpanLength
    from beancount_invwd.report.ledger.tie_out import TieOut
    from beancount_invwd.report.output.columns import Column
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context
    from ..tables.grid import Makers

_A_YEAR = {"month": 12, "quarter": 4, "year": 1}
_MOST_PERIODS = 1_200
_MOVED = ("write_downs", "write_offs", "reversals", "releases", "transfers")
_PERIODS = {
    "": mark("Fava's interval"),
    "month": mark("Month"),
    "quarter": mark("Quarter"),
    "year": mark("Year"),
}
_EACH = {
    "": mark("Movement"),
    "cause": mark("Cause"),
    "item": mark("Item"),
    "category": mark("Category"),
}


@dataclass(frozen=True, slots=True)
class Content:
    """What stands around the table.

    Attributes:
        ties: The accounts that do not tie out.
        orders: The liabilities for what is ordered, if anything is.
        beside: The period of the key figures, and what it is compared with, unless the table has
            both already.
    """

    ways: Sequence[Link]
    periods: Sequence[Link]
    ties: Sequence[TieOut]
    gallery: Gallery
    orders: Grid | None
    beside: Grid | None


def _roll(context: Context, by: RollBy | None) -> Rollforward:
    """Roll the allowance forward, by Fava's interval unless another one is asked for."""
    selection, run, asked = context.selection, context.run, context.question.period
    interval = asked or fava_api.read_interval()
    length = cast("SpanLength", interval if interval in {"quarter", "year"} else "month")
    start = selection.start or find_year_start(run)
    _check_length(start, run.as_of, length)
    if not selection.is_narrow:
        return roll_forward(run, length, by, selection.start)
    return roll_some(run, selection.written, length, start, by)


def _check_length(start: date, end: date, length: SpanLength) -> None:
    """Refuse what nobody reads, and what would keep others waiting for their pages."""
    count = (end.year - start.year + 1) * _A_YEAR[length]
    if count > _MOST_PERIODS:
        raise BadQuestionError(
            say(
                "{start} to {end} are about {count:,} periods, and at most {most:,} are shown; "
                "choose a shorter time or longer periods",
                start=start,
                end=end,
                count=count,
                most=_MOST_PERIODS,
            )
        )


def show(context: Context) -> tuple[Grid, Content]:
    """Opening, movements and closing of each period."""
    cells = Cells(context)
    by = _read_by(context)
    rolled = _roll(context, by)
    whole = rolled if by == "cause" else _roll(context, "cause")
    columns = _list_columns(by, rolled.rows)
    table = Table("rollforward", columns, rolled.rows, empty=say("There was no inventory."))
    totals = sum_periods(whole.rows)

    label, makers = say("Roll-forward of the allowance"), _list_makers(columns, cells)
    grid = build_grid(context, label, table, columns, makers=makers, totals=totals)
    return grid, Content(
        _list_links("each", context),
        _list_links("period", context),
        [tie for tie in rolled.ties if not tie.is_tied],
        hang(context, lambda asked: draw_bridge(asked, totals)),
        show_rolled(context, rolled.ordered),
        _show_beside(context, by, rolled),
    )


def _show_beside(context: Context, by: RollBy | None, rolled: Rollforward) -> Grid | None:
    """The period of the key figures, and below it the one that it is compared with (IAS 1.38)."""
    selection = context.selection
    written = selection.written if selection.is_narrow else None
    rows = roll_beside(context.run, selection.span, by, written)
    spans = {(row.start, row.end) for row in rolled.rows}
    if all((row.start, row.end) in spans for row in rows):
        return None
    columns = _list_columns(by, rows)
    table, makers = Table("beside", columns, rows), _list_makers(columns, Cells(context))
    label = say("Compared with the year before")
    return build_grid(context, label, table, columns, makers=makers, is_main=False)


def _list_columns(by: RollBy | None, rows: Sequence[RollRow]) -> list[Column]:
    """Those of movements, or of their causes; a cause that moved nothing is left out."""
    if by != "cause":
        names = () if by is None else ("commodity",) if by == "item" else (by,)
        keys = (*names, "from", "entity", "currency", "opening", *_MOVED, "closing")
        return pick(COLUMNS, *keys)
    shown = [
        column.key
        for column in CAUSE_COLUMNS
        if column.in_text != "rare" or any(map(column.read, rows))
    ]
    first = ("from", "entity", "currency")
    return pick(CAUSE_COLUMNS, *first, *(key for key in shown if key not in {*first, "to"}))


def _read_by(context: Context) -> RollBy | None:
    each, known = context.question.each, _list_ways(context)
    if not each:
        return None
    if each in known:
        return each
    ways = ", ".join(known) or say("none")
    raise BadQuestionError(
        say(
            "each is {each!r}; as the ledger tests its goods, allowed are {ways}",
            each=each,
            ways=ways,
        )
    )


def _list_ways(context: Context) -> list[RollBy]:
    """Causes can always be told; items and categories only as the policy tests goods."""
    return ["cause", *list_ways(context.run)]


def _list_links(name: str, context: Context) -> list[Link]:
    """What else may be asked for: only what the policy can tell apart."""
    question, known = context.question, ("", *_list_ways(context))
    texts = _PERIODS if name == "period" else {key: _EACH[key] for key in known}
    now = getattr(question, name)
    return [
        Link(
            translate(text),
            fava_api.url_of(view="rollforward", **{**question.parameters, name: key}),
            key == now,
        )
        for key, text in texts.items()
    ]


def _list_makers(columns: Sequence[Column], cells: Cells) -> Makers:
    """Every amount leads to what it is made of: an item's balance to its explanation on that day.

    Others lead to the movements of the period, or to the positions of its first or last day.
    """
    find = lru_cache(None)(fava_api.url_of)  # a link takes long to build

    def show(column: Column, row: RollRow) -> Cell:
        cell, item = cells.make(column, row), row.commodity or row.category or ""
        if not column.read(row):
            return cell
        if column.key in {"opening", "closing"}:
            day = row.end if column.key == "closing" else day_before(row.start)
            if row.commodity:
                return replace(cells.explain(row.commodity, day=day), text=cell.text, note="")
            return replace(cell, url=find(view="positions", time=str(day)))
        kind = column.key.replace("_", "-").removesuffix("s") if column.key in _MOVED else ""
        url = find(view="movements", time=f"{row.start} - {row.end}")
        return replace(cell, url=f"{url}&{urlencode({'kind': kind, 'item': item})}")

    amounts = {column.key: partial(show, column) for column in columns if column.is_money}
    return {
        **amounts,
        "from": _show_period,
        "commodity": lambda row: cells.explain(row.commodity or "", day=row.end),
    }


def _show_period(row: RollRow) -> Cell:
    url = fava_api.url_of(view="movements", time=f"{row.start} - {row.end}")
    return Cell(f"{row.start} – {row.end}", url=url)


def write(context: Context) -> Document:
    """What the command line writes of it."""
    by = _read_by(context)
    return document_rollforward(_roll(context, by), by)
