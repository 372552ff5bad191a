"""An item → how its figures came about, step by step, with links to the lines of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from beancount.parser import printer

from beancount_invwd.ground.words import say
from beancount_invwd.report.explain.early import FEWEST, MOST, list_early, sum_up
from beancount_invwd.report.explain.explain import (
    Explanation,
    UnknownItem,
    document_explanation,
    explain,
)
from beancount_invwd.report.explain.since import list_since
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.positions import COLUMNS

from .. import fava_api
from ..tables.cells import Cell, Cells
from ..tables.grid import pick
from .positions import show_marks
from .story import Line, Part, Story, line_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.report.explain.steps import Step
    from beancount_invwd.report.ledger.holdings import Position
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context
    from ..tables.cells import Badge


def show(context: Context) -> tuple[None, Story | str]:
    """The explanation, or why there is none."""
    if not context.question.item:
        return None, say("No item is named in this address.")
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
    item, cells = context.question.item, Cells(context)
    if item not in context.run.categories and (items := _list_items(context)):
        return _tell_group(items, context)
    found, entries = _explain(context), list(_list_entries(context))
    rows = _list_rows(context)
    figures, badges = _sum_up(rows, cells)
    entities = {row.entity for row in rows}
    asked = replace(context.question, view="explain").parameters
    url = fava_api.url_of(view="explain", time=found.as_of, **asked)
    return Story(
        found.item,
        found.label or "",
        cells.name(found.item),
        str(found.as_of),
        badges,
        figures,
        list(line_up([*_list_parts(found, context), *_tell_since(context)])),
        entries,
        url=url,
        entity=entities.pop() if len(entities) == 1 else "",
    )


def _list_parts(found: Explanation, context: Context) -> Iterator[Part]:
    is_one = len(found.chapters) == 1
    for chapter in found.chapters:
        where = "" if is_one else ", ".join(filter(None, (chapter.entity, chapter.currency)))
        is_many = any(step.place for step in chapter.steps)
        most = FEWEST if is_many else MOST
        for title, steps in groupby(chapter.steps, key=lambda step: step.section):
            lines = list(_list_lines(list(steps), most, context))
            places = {line.place for line in lines}
            place = places.pop() if len(places) == 1 else ""
            yield Part(context.formats.formula(title), where, lines, place)


def _list_lines(steps: Sequence[Step], most: int, context: Context) -> Iterator[Line]:
    """The steps; on paper of many movements the last ones, below the sums of the earlier ones."""
    early = list_early(steps, most)
    summed = set(map(id, early))
    for step in sum_up(early):
        yield replace(_make_line(step, context), place="paper")
    for step in steps:
        line = _make_line(step, context)
        yield replace(line, place="screen") if id(step) in summed else line


def _tell_since(context: Context) -> Iterator[Part]:
    steps = list_since(context.run, context.question.item)
    if steps:
        yield Part(steps[0].section, "", [_make_line(step, context) for step in steps])


def _list_items(context: Context) -> list[str]:
    """The items of a group that is tested as one."""
    name, run = context.question.item, context.run
    is_all = name == "total" and run.policy.basis == "total"
    return [item for item, group in run.categories.items() if is_all or group == name]


def _tell_group(items: Sequence[str], context: Context) -> Story:
    """Tell of a group: what was written for it, and which items it is made of."""
    name, day, cells = context.question.item, context.run.as_of, Cells(context)
    links = [cells.explain(item, day=day) for item in items]
    entries = list(_list_entries(context))
    url = fava_api.url_of(view="explain", time=day, item=name)
    return Story(name, "", name, str(day), [], [], [], entries, items=links, url=url)


def _list_entries(context: Context) -> Iterator[str]:
    """What was written on this date for the item, or for a group that it is in."""
    run, item = context.run, context.question.item
    names = {item, run.categories.get(item), "total"}
    written = [row for row in context.selection.movements if row.date == run.as_of]
    for entry in {id(row.entry): row.entry for row in written if row.group in names}.values():
        yield context.formats.hide(printer.format_entry(entry).rstrip())


def _list_rows(context: Context) -> Sequence[Position]:
    """The item on this date, by entity and currency."""
    question = context.question
    lots = context.selection.lots_of(question.item, question.lot)
    return list_positions(context.run, "item", lots)


def _sum_up(rows: Sequence[Position], cells: Cells) -> tuple[list[tuple[str, Cell]], list[Badge]]:
    """The figures of the item, with their units, and its badges."""
    figures: list[tuple[str, Cell]] = []
    badges: list[Badge] = []
    has_entities = len({row.entity for row in rows}) > 1
    for row in rows:
        entity = row.entity if has_entities else ""
        unit = ", ".join(filter(None, (f", {row.currency}", entity)))
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
    how, notes = formats.formula(step.formula), list(_list_notes(place, context))
    return Line(formats.formula(step.label), how, result, step.source, url, notes, step.place)


def _list_notes(place: Mapping[str, Any] | None, context: Context) -> Iterator[Cell]:
    """What a price or a directive says besides, with links to the documents that it names."""
    entry = None if place is None else context.cache.evidence.get(tuple(place.values()))
    for key, value in () if entry is None else entry.meta.items():
        if key not in {"filename", "lineno"} and not key.startswith("__") and value is not None:
            url = fava_api.url_of_document(context.ledger, entry, key)
            yield Cell(f"{key}: {context.formats.hide(str(value))}", url=url)


def write(context: Context) -> Document:
    """What the command line writes of it.

    Raises:
        UnknownItem: There is no such item or lot.
    """
    return document_explanation(_explain(context))
