"""An item → how its figures came about, step by step, with links to the lines of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.explain.explain import Explanation, explain
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.ledger.sources import Sources
from fava_ext import fava_api
from fava_ext.tables.columns import Columns
from fava_ext.views.positions import show_marks

if TYPE_CHECKING:
    from beancount_invwd.report.explain.steps import Step
    from fava_ext.request.context import Context
    from fava_ext.tables.cells import Badge, Cell


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
    """

    item: str
    lot: str
    name: str
    as_of: str
    badges: Sequence[Badge]
    figures: Sequence[tuple[str, Cell]]
    parts: Sequence[Part]


def find_explanation(context: Context) -> Explanation:
    """Explain the item that is asked for.

    Raises:
        UnknownItem: There is no such item or lot.
    """
    question = context.question
    return explain(context.selection.state.run, question.item, question.lot or None)


def tell_story(context: Context) -> Story:
    """Tell how the figures of an item came about.

    Raises:
        UnknownItem: There is no such item or lot.
    """
    found = find_explanation(context)
    columns = Columns(context)
    chapters = found.chapters
    parts = []
    for chapter in chapters:
        where = ", ".join(filter(None, (chapter.entity, chapter.currency)))
        for title, steps in groupby(chapter.steps, key=lambda step: step.section):
            lines = [_make_line(step, context) for step in steps]
            parts.append(
                Part(context.formats.formula(title), where if len(chapters) > 1 else "", lines)
            )
    figures, badges = _sum_up(context, columns)
    name = columns.name(found.item)
    lot = found.label or ""
    return Story(found.item, lot, name, str(found.as_of), badges, figures, parts)


def _sum_up(
    context: Context, columns: Columns
) -> tuple[Sequence[tuple[str, Cell]], Sequence[Badge]]:
    question, state = context.question, context.selection.state
    lots = [
        row
        for row in state.lots
        if row.lot.stock.key.commodity == question.item and question.lot in {"", row.lot.label}
    ]
    figures: list[tuple[str, Cell]] = []
    badges: list[Badge] = []
    for row in list_positions(state.run, "item", lots):
        unit = f" {row.currency}{f', {row.entity}' if row.entity else ''}"
        figures += [
            ("Quantity", columns.number(row.quantity, question.item)),
            (f"Cost,{unit}", columns.amount(row.cost, row.currency)),
            (f"Measure,{unit}", columns.amount(row.measure, row.currency)),
            (f"Allowance,{unit}", columns.amount(row.allowance, row.currency)),
            (f"Carrying amount,{unit}", columns.amount(row.carrying, row.currency)),
        ]
        badges += [badge for badge in show_marks(row) if badge not in badges]
    return figures, badges


def _make_line(step: Step, context: Context) -> Line:
    formats = context.formats
    result = "" if step.result is None else formats.show_exact(step.result)
    url = _link(step.source, context)
    return Line(
        formats.formula(step.label), formats.formula(step.formula), result, step.source, url
    )


def _link(source: str, context: Context) -> str:
    """Link a place that is relative to the ledger's folder."""
    options: Any = context.ledger.options
    return fava_api.url_of_source(context.ledger, Sources(options).read(source))
