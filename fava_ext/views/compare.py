"""The policies that are asked for → side by side, and the form that asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.policy.words import BASES, STANDARDS
from beancount_invwd.report.compare.compare import Comparison, narrow
from beancount_invwd.report.compare.document import (
    document_comparison,
    take_figure,
    tell_biases,
    tell_name,
)
from beancount_invwd.report.compare.scenarios import BadScenario
from beancount_invwd.report.output.columns import CURRENCY, ENTITY, ITEM, Column
from beancount_invwd.report.output.tables import Table

from .. import fava_api
from ..tables.grid import Grid, build_grid

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_invwd.report.compare.compare import CompareRow
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context

_FIGURES = {"allowance": mark("Allowance"), "profit": mark("Profit or loss")}
_BASES = {key: basis.in_line for key, basis in BASES.items()}


class Choice(NamedTuple):
    """One choice of a field."""

    value: str
    text: str
    is_chosen: bool


class Kept(NamedTuple):
    """A column that was kept, and the address without it."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Form:
    """The form, and what is told below the table or in its place.

    Attributes:
        price: By how many per cent prices change; so does `replacement` for what goods cost to buy.
        keep_url: The address that keeps what the fields say; empty if all of it is kept.
        join_url: The address that adds both policy and prices as one column; empty without both.
        problem: Why it cannot be compared; empty if it can.
        notes: What is wrong under a policy and is not under the ledger's, or not written.
    """

    standards: Sequence[Choice]
    bases: Sequence[Choice]
    price: str
    replacement: str
    kept: Sequence[Kept]
    keep_url: str
    join_url: str
    problem: str = ""
    notes: Sequence[str] = ()
    start: str = ""
    lookback_url: str = ""
    diff_url: str = ""


def show(context: Context) -> tuple[Grid | None, Form]:
    """Policies side by side, and the form with what it asks for now."""
    form, sentence = _fill_in(context), context.formats.sentence
    try:
        found = _find_comparison(context)
    except BadScenario as error:
        return None, Form(**form, problem=sentence(str(error)))
    notes = [
        sentence(f"{tell_name(name)}: {message}")
        for told in (found.levels, found.notes)
        for name, messages in told.items()
        for message in messages
    ]
    notes += [sentence(text) for text in tell_biases(found)]
    return _show_table(context, found), Form(**form, notes=notes, start=str(found.start))


def _find_comparison(context: Context) -> Comparison:
    """Compare, and keep the items that the filters pick."""
    selection = context.selection
    found = context.cache.compare(context.question.columns, selection.filters.end)
    if not selection.is_narrow:
        return found
    return narrow(found, lambda row: selection.shows_row(row.commodity))


def _fill_in(context: Context) -> dict[str, Any]:
    question = context.question
    kept, asked = question.scenarios, question.asked
    joined = ",".join(asked)
    joins = len(asked) > 1 and joined not in kept
    return {
        "standards": _list_choices(STANDARDS, question.standard),
        "bases": _list_choices(_BASES, question.basis),
        "price": question.price.removesuffix("%"),
        "replacement": question.replacement.removesuffix("%"),
        "kept": [
            Kept(name, _url([other for other in kept if other != name], context)) for name in kept
        ],
        "keep_url": _url(question.columns, context) if set(asked) - set(kept) else "",
        "join_url": _url([*kept, joined], context) if joins else "",
        "lookback_url": fava_api.url_of(view="lookback"),
        "diff_url": fava_api.url_of(view="diff"),
    }


def _list_choices(values: Mapping[str, str], chosen: str) -> list[Choice]:
    first = Choice("", say("as the ledger"), not chosen)
    return [first, *(Choice(key, translate(text), key == chosen) for key, text in values.items())]


def _url(scenarios: Sequence[str], context: Context) -> str:
    values = {**context.question.parameters, "with": list(scenarios)}
    return fava_api.url_of(view="compare", **values)


def _show_table(context: Context, found: Comparison) -> Grid:
    """An item a line; for each policy its allowance and profit or loss, and what is different."""
    columns, spans = [ITEM, ENTITY, CURRENCY], dict[str, str]()
    for number, name in enumerate(found.columns):
        more = _list_columns(number)
        columns += more
        spans |= {column.key: name if number else say("As the ledger") for column in more}
    if len(found.columns) > 1:
        columns.append(Column("why", "Why"))
    rows = sorted(found.rows, key=_by_difference)
    empty = say("There is no allowance under any of these policies.")
    table, label = Table("compare", columns, rows, empty=empty), say("Policies side by side")
    return build_grid(context, label, table, columns, totals=found.totals, spans=spans)


def _by_difference(row: CompareRow) -> tuple[Decimal, Decimal]:
    """What differs most comes first."""
    most = max(abs(figures.allowance) for figures in row.differences)
    return -most, -max(abs(figures.allowance) for figures in row.figures)


def _list_columns(number: int) -> list[Column]:
    columns = []
    for key, title in _FIGURES.items():
        name, get = f"{key}-{number}", take_figure(number, key)
        columns.append(Column(name, title, "money", get=get))
        if number:
            get = take_figure(number, key, is_difference=True)
            columns.append(Column(f"{name}-difference", "Difference", "change", get=get))
    return columns


def write(context: Context) -> Document:
    """What the command line writes of it.

    Raises:
        BadScenario: A scenario cannot be read, or the configuration refuses it.
    """
    return document_comparison(_find_comparison(context))
