"""An item → how its figures came about, step by step, with links to the lines of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from beancount.parser import printer

from beancount_invwd.report.explain.explain import (
    Explanation,
    UnknownItem,
    document_explanation,
    explain,
)
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.positions import COLUMNS

from .. import fava_api
from ..tables.cells import Cells
from ..tables.grid import pick
from .positions import show_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.report.explain.steps import Step
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context
    from ..tables.cells import Badge, Cell


@dataclass(frozen=True, slots=True)
class Line:
    """One step."""

    label: str
    formula: str
    result: str
    source: str
    url: str


@dataclass(frozen=True, slots=True)
class Part:
    """The steps that belong together, and what they are of."""

    title: str
    where: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Story:
    """The whole explanation.

    Attributes:
        name: What Fava calls the item.
        figures: Terms and amounts of the item on this date.
        entries: What was written on this date, as Beancount writes it.
    """

    item: str
    lot: str
    name: str
    as_of: str
    badges: Sequence[Badge]
    figures: Sequence[tuple[str, Cell]]
    parts: Sequence[Part]
    entries: Sequence[str]


def show(context: Context) -> tuple[None, Story | str]:
    """The explanation, or why there is none."""
    if not context.question.item:
        return None, "No item is named in this address."
    try:
        return None, tell_story(context)
    except UnknownItem as error:
        return None, str(error)


def _explain(context: Context) -> Explanation:
    question = context.question
    return explain(context.run, question.item, question.lot or None)


def tell_story(context: Context) -> Story:
    """Tell how the figures of an item came about.

    Raises:
        UnknownItem: There is no such item or lot.
    """
    found, cells, formats = _explain(context), Cells(context), context.formats
    is_one = len(found.chapters) == 1
    parts = []
    for chapter in found.chapters:
        where = "" if is_one else ", ".join(filter(None, (chapter.entity, chapter.currency)))
        for title, steps in groupby(chapter.steps, key=lambda step: step.section):
            lines = [_make_line(step, context) for step in steps]
            parts.append(Part(formats.formula(title), where, lines))
    figures, badges = _sum_up(context, cells)
    name, as_of = cells.name(found.item), str(found.as_of)
    entries = list(_list_entries(context))
    return Story(found.item, found.label or "", name, as_of, badges, figures, parts, entries)


def _list_entries(context: Context) -> Iterator[str]:
    """What was written on this date for the item, or for a group that it is in."""
    run, item = context.run, context.question.item
    names = {item, run.categories.get(item), "total"}
    written = [row for row in context.selection.movements if row.date == run.as_of]
    for entry in {id(row.entry): row.entry for row in written if row.group in names}.values():
        yield context.formats.sentence(printer.format_entry(entry).rstrip())


def _sum_up(context: Context, cells: Cells) -> tuple[list[tuple[str, Cell]], list[Badge]]:
    """The figures of the item on this date, with their units, and its badges."""
    question = context.question
    lots = context.selection.lots_of(question.item, question.lot)
    figures: list[tuple[str, Cell]] = []
    badges: list[Badge] = []
    for row in list_positions(context.run, "item", lots):
        unit = ", ".join(filter(None, (f", {row.currency}", row.entity)))
        for column in pick(COLUMNS, "quantity", "cost", "measure", "allowance", "carrying"):
            term = f"{column.heading}{unit if column.is_money else ''}"
            figures.append((term, cells.make(column, row)))
        badges += [badge for badge in show_marks(row) if badge not in badges]
    return figures, badges


def _make_line(step: Step, context: Context) -> Line:
    formats = context.formats
    result = "" if step.result is None else formats.show_exact(step.result)
    place = Sources(context.run.options_map).read(step.source)
    url = fava_api.url_of_source(context.ledger, place)
    how = formats.formula(step.formula)
    return Line(formats.formula(step.label), how, result, step.source, url)


def write(context: Context) -> Document:
    """What the command line writes of it.

    Raises:
        UnknownItem: There is no such item or lot.
    """
    return document_explanation(_explain(context))
