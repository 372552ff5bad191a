"""Prices: what is missing or ageing, a grid to fill in, and the directives that it gives.

The page writes nothing: what is filled in comes back as text to copy, checked as
`bean-invwd prices` checks a sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.report.price_list import (
    COLUMNS,
    WITHIN,
    document_price_list,
    list_price_needs,
)
from beancount_invwd.sheets.prices import Asked, read_prices
from beancount_invwd.sheets.rows import split_text

from .. import fava_api
from ..tables.cells import Cell, Cells
from ..tables.grid import pick

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.report.output.tables import Document
    from beancount_invwd.report.price_list import PriceNeed

    from ..request.context import Context

_SHOWN = ("commodity", "need", "cost", "last_price", "last_date", "last_sale", "median_price")
_HEADER = "commodity;price;currency"


class Row(NamedTuple):
    """An item that needs a price.

    Attributes:
        cells: What is known of it, by column.
        last_currency: That of the last price, where it is another one.
        is_stale: Whether its price only gets too old.
        sku: The number of the item that a shop's list may name.
    """

    item: str
    currency: str
    cells: dict[str, Cell]
    last_currency: str
    sku: str
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Content:
    """The grid.

    Attributes:
        date: Of the directives.
        can_copy: Whether prices may be filled in: not where figures are hidden.
    """

    heads: Sequence[tuple[str, bool]]
    rows: Sequence[Row]
    within: int
    date: str
    can_copy: bool


def show(context: Context) -> tuple[None, Content]:
    """What is missing or gets too old."""
    cells, columns = Cells(context), pick(COLUMNS, *_SHOWN)
    rows = [
        Row(
            row.commodity,
            row.currency,
            {column.key: cells.make(column, row) for column in columns},
            row.last_currency if row.last_currency not in {None, row.currency} else "",
            fava_api.find_sku(context.ledger, row.commodity),
            row.need == "too old soon",
        )
        for row in _list_shown(context)
    ]
    heads = [(column.heading, column.is_number) for column in columns]
    date, within = str(context.run.as_of), context.question.look_ahead(WITHIN)
    return None, Content(heads, rows, within, date, not fava_api.is_incognito())


def _list_shown(context: Context) -> list[PriceNeed]:
    selection, within = context.selection, context.question.look_ahead(WITHIN)
    rows = context.run.share(_list_usual) if within == WITHIN else _list(context.run, within)
    return [row for row in rows if selection.shows_row(row.commodity)]


def _list_usual(run: Run) -> list[PriceNeed]:
    return _list(run, WITHIN)


def _list(run: Run, within: int) -> list[PriceNeed]:
    return list_price_needs(run, within)


def read(context: Context) -> dict[str, Any]:
    """Read what was filled in: the directives, and what is wrong in which line."""
    question = context.question
    date = question.date or context.run.as_of
    found = read_prices(
        context.run, split_text(f"{_HEADER}\n{question.sheet}"), Asked(date, tax=question.tax)
    )
    problems = [{"line": row.line, "message": row.message} for row in found.problems]
    return {"text": found.write(), "count": len(found.lines), "problems": problems}


def write(context: Context) -> Document:
    """The work list, as the command line writes it."""
    within = context.question.look_ahead(WITHIN)
    return document_price_list(context.run, _list_shown(context), within)
