"""To do: what comes next, the most money first, each with the line to paste."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from beancount_invwd.ground.words import mark, translate
from beancount_invwd.report.output.columns import Column
from beancount_invwd.report.price_list import WITHIN
from beancount_invwd.report.todo.document import document_tasks, list_columns
from beancount_invwd.report.todo.task import Task
from beancount_invwd.report.todo.todo import list_tasks

from .. import fava_api
from ..tables.cells import Cell, Cells
from ..tables.grid import LONGEST, pick
from .view import Link

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context

KINDS = {
    "untested-period-end": mark("Period end"),
    "price": mark("Price"),
    "evidence": mark("Evidence"),
    "expired": mark("Expired"),
    "expiring": mark("Expires soon"),
    "ageing": mark("Ageing"),
    "near-cost": mark("Near cost"),
    "contract": mark("Contract"),
    "commitment": mark("On order"),
    "delivery": mark("Delivery"),
    "count": mark("Count"),
    "own-use": mark("Own use"),
    "later-evidence": mark("Later evidence"),
    "provision": mark("Provision"),
    "penalty": mark("Penalty"),
}
_SHOWN = ("amount", "currency", "date", "commodity", "reason", "line")


@dataclass(frozen=True, slots=True)
class Item:
    """A task as it is shown.

    Attributes:
        kind: Its name, and the word for it.
        cells: Its amount, currency, date, item, reason, and line to paste.
    """

    kind: tuple[str, str]
    cells: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Content:
    """The list and what stands above it.

    Attributes:
        kinds: What may be shown alone.
        count: How many tasks there are, of which `items` may be the first ones.
        prices_url: The view in which all prices are filled in; empty if none is asked for.
        can_copy: Whether lines may be copied: not where figures are hidden.
    """

    items: Sequence[Item]
    kinds: Sequence[Link]
    count: int
    within: int
    prices_url: str
    can_copy: bool

    @property
    def has_lines(self) -> bool:
        """Whether there is anything to copy."""
        return self.can_copy and any(item.cells["line"].text for item in self.items)


def show(context: Context) -> tuple[None, Content]:
    """What is to be done."""
    question, rows = context.question, _list_shown(context, context.question.look_ahead(WITHIN))
    kinds = Counter[str](row.kind for row in rows)
    shown = [row for row in rows if question.kind in {"", row.kind}]
    cut = shown if question.is_whole else shown[:LONGEST]
    columns = pick(list_columns(context.run, context.ledger.beancount_file_path), *_SHOWN)
    items = [_show_task(row, columns, context) for row in cut]
    has_prices = kinds["price"] > 0
    url = fava_api.url_of(view="prices") if has_prices else ""
    can_copy = not fava_api.is_incognito()
    links = _list_kinds(kinds, context)
    return None, Content(items, links, len(shown), question.look_ahead(WITHIN), url, can_copy)


def count(context: Context) -> str:
    """Count what is to be done, the same in every view; empty for nothing."""
    number = len(_list_shown(context, WITHIN))
    return context.formats.sentence(str(number)) if number else ""


def _list_shown(context: Context, within: int) -> list[Task]:
    """The tasks of what the filters pick; those of no item are of all."""
    selection, run = context.selection, context.run
    rows = run.share(_list_usual) if within == WITHIN else list_tasks(run, within)
    return [row for row in rows if row.commodity is None or selection.shows_row(row.commodity)]


def _list_usual(run: Run) -> list[Task]:
    return list_tasks(run)


def _list_kinds(kinds: Counter[str], context: Context) -> list[Link]:
    if len(kinds) <= 1:
        return []
    every = mark("All")
    counts = {"": kinds.total(), **{kind: kinds[kind] for kind in KINDS if kinds[kind]}}
    return [
        Link(
            f"{translate(KINDS.get(kind, every))} {context.formats.sentence(str(number))}",
            fava_api.url_of(view="todo", **{**context.question.parameters, "kind": kind}),
            kind == context.question.kind,
        )
        for kind, number in counts.items()
    ]


def _show_task(row: Task, columns: Sequence[Column], context: Context) -> Item:
    cells, found = Cells(context), {}
    for column in columns:
        is_known = column.read(row) is not None
        found[column.key] = cells.make(column, row) if is_known else Cell()
    if row.commodity not in context.run.categories:
        found["commodity"] = Cell(row.commodity or "")
    return Item((row.kind, translate(KINDS[row.kind])), found)


def write(context: Context) -> Document:
    """What the command line writes of it."""
    within = context.question.look_ahead(WITHIN)
    rows = _list_shown(context, within)
    return document_tasks(context.run, rows, within, context.ledger.beancount_file_path)
