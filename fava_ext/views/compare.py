"""The policies that are asked for → side by side, and the form that asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.policy.words import BASES, STANDARDS
from beancount_invwd.report.compare import BadScenario, Comparison, narrow
from fava_ext import fava_api
from fava_ext.tables.cells import Cell, Field, Grid, build_grid
from fava_ext.tables.columns import Columns, of_entity

if TYPE_CHECKING:
    from beancount_invwd.report.compare import CompareRow
    from fava_ext.request.context import Context


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
    """The form, and its result or what is wrong with it.

    Attributes:
        price: By how many per cent prices change.
        keep_url: The address that keeps what the fields say; empty if all of it is kept.
        join_url: The address that adds both policy and prices as one column; empty without both.
        problem: Why it cannot be compared; empty if it can.
        notes: What is wrong under a policy and is not under the ledger's, or not written.
    """

    standards: Sequence[Choice]
    bases: Sequence[Choice]
    price: str
    kept: Sequence[Kept]
    keep_url: str
    join_url: str
    problem: str = ""
    grid: Grid | None = None
    notes: Sequence[str] = ()
    start: str = ""


def find_comparison(context: Context) -> Comparison:
    """Compare, and keep the items that the filters pick.

    Raises:
        BadScenario: A scenario cannot be read, or the configuration refuses it.
    """
    selection = context.selection
    found = context.store.compare(context.question.columns, selection.filters.end)
    if not selection.is_narrow:
        return found
    return narrow(found, lambda row: selection.shows_row(row.commodity))


def show_form(context: Context) -> Form:
    """Show the form with what it asks for now."""
    question = context.question
    kept, asked = question.scenarios, question.asked
    joined = ",".join(asked)
    joins = len(asked) > 1 and joined not in kept
    form: dict[str, Any] = {
        "standards": _list_choices(STANDARDS, question.standard),
        "bases": _list_choices(
            {key: basis.in_line for key, basis in BASES.items()}, question.basis
        ),
        "price": question.price.removesuffix("%"),
        "kept": [
            Kept(name, _url([other for other in kept if other != name], context)) for name in kept
        ],
        "keep_url": _url(question.columns, context) if set(asked) - set(kept) else "",
        "join_url": _url([*kept, joined], context) if joins else "",
    }
    try:
        found = find_comparison(context)
    except BadScenario as error:
        return Form(**form, problem=context.formats.sentence(str(error)))
    notes = [
        context.formats.sentence(f"{name}: {message}")
        for name, messages in found.notes.items()
        for message in messages
    ]
    grid = show_comparison(context, found)
    return Form(**form, grid=grid, notes=notes, start=str(found.start))


def _list_choices(values: Mapping[str, str], chosen: str) -> list[Choice]:
    first = Choice("", "as the ledger", not chosen)
    return [first, *(Choice(key, text, key == chosen) for key, text in values.items())]


def _url(scenarios: Sequence[str], context: Context) -> str:
    question = context.question
    values: dict[str, Any] = {
        "standard": question.standard,
        "basis": question.basis,
        "with": list(scenarios),
    }
    return fava_api.url_of(view="compare", price=question.price.removesuffix("%"), **values)


def show_comparison(context: Context, found: Comparison) -> Grid:
    """An item a line; for each policy its allowance and profit or loss, and what is different."""
    columns = Columns(context)
    fields: list[Field[CompareRow]] = [columns.item(), *columns.split(found.rows)]
    spans = [("", len(fields))]
    for number, name in enumerate(found.columns):
        more = _list_compare_fields(number, columns)
        fields += more
        spans.append((name if number else "As the ledger", len(more)))
    totals = [_compare_total(row, fields, spans[0][1]) for row in found.totals]
    rows = sorted(found.rows, key=lambda row: -max(abs(f.allowance) for f in row.figures))
    empty = "There is no allowance under any of these policies."
    return build_grid(
        "compare",
        "Policies side by side",
        fields,
        rows,
        context.question,
        totals=totals,
        spans=spans,
        empty=empty,
    )


def _list_compare_fields(number: int, columns: Columns) -> list[Field[CompareRow]]:
    def take(row: CompareRow, *, key: str, is_difference: bool) -> Decimal:
        figures = row.differences if is_difference else row.figures
        value: Decimal = getattr(figures[number], key)
        return value

    def make(row: CompareRow, *, get: Callable[[CompareRow], Decimal], is_signed: bool) -> Cell:
        return columns.amount(get(row), row.currency, is_signed=is_signed)

    fields = []
    for key, title in (("allowance", "Allowance"), ("profit", "Profit or loss")):
        for is_difference in (False, True) if number else (False,):
            get = partial(take, key=key, is_difference=is_difference)
            name = f"{key}-{number}{'-difference' if is_difference else ''}"
            cell = partial(make, get=get, is_signed=is_difference)
            head = "Difference" if is_difference else title
            fields.append(Field(name, head, cell, get, is_number=True))
    return fields


def _compare_total(row: CompareRow, fields: Sequence[Field[CompareRow]], width: int) -> list[Cell]:
    name = Cell(f"Total, {row.currency}{of_entity(row)}")
    rest = [field.make(row) for field in fields[width:]]
    return [name, *(Cell() for _ in range(width - 1)), *rest]
