"""Policies side by side → the document that `compare` prints."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.compare.compare import LEDGER, CompareRow, Comparison, Figures
from beancount_invwd.report.ledger.outcomes import WITHIN, tell_bias
from beancount_invwd.report.output.columns import CURRENCY, ENTITY, ITEM, Column
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def document_comparison(found: Comparison) -> Document:
    """Policies side by side: two lines for each item, its allowance and its profit or loss."""
    columns = _list_columns(found)
    levels, notes = (
        [f"{tell_name(name)}: {text}" for name, texts in told.items() for text in texts]
        for told in (found.levels, found.notes)
    )
    return Document(
        say(
            "Allowance on {as_of}, profit or loss from {start}",
            as_of=found.as_of,
            start=found.start,
        ),
        {},
        [
            Table(
                "rows",
                columns,
                [line for row in found.rows for line in _list_lines(row)],
                empty=say("There is no allowance under any of these policies."),
            ),
            Table(
                "totals",
                columns,
                [line for row in found.totals for line in _list_lines(row)],
                "totals",
            ),
        ],
        notes=[*levels, *tell_biases(found)],
        warnings=notes,
        data={
            "as_of": found.as_of,
            "from": found.start,
            "columns": list(found.columns),
            "rows": [_encode(row, found.columns) for row in found.rows],
            "totals": [_encode(row, found.columns) for row in found.totals],
            "notes": [*levels, *notes],
            "lookback": [
                {"column": name, "entity": entity, "currency": currency, "bias": bias}
                for name, biases in found.biases.items()
                for (entity, currency), bias in sorted(biases.items())
            ],
        },
    )


def tell_name(name: str) -> str:
    """What a column is called: that of the ledger in our words, others as the user did."""
    return translate(name) if name == LEDGER else name


def tell_biases(found: Comparison) -> list[str]:
    """Tell how each policy would have done, by what was sold in the days after."""
    return [
        say(
            "{name}: by the sales of the {days} days after, {bias}{of}.",
            name=tell_name(name),
            days=WITHIN,
            bias=tell_bias(bias, currency),
            of=_name_entity(entity),
        )
        for name, biases in found.biases.items()
        for (entity, currency), bias in sorted(biases.items())
    ]


def _name_entity(entity: str) -> str:
    return f" ({entity})" if entity else ""


class _Line(NamedTuple):
    """A figure of an item under all policies: its allowance, or its profit or loss."""

    row: CompareRow
    figure: str
    key: str

    @property
    def currency(self) -> str:
        """The currency of its amounts."""
        return self.row.currency


def _list_columns(found: Comparison) -> list[Column]:
    """The names, then for each policy what it gives, and what it has more than the first."""
    columns = [
        *(replace(name, get=attrgetter(f"row.{name.key}")) for name in (ENTITY, CURRENCY, ITEM)),
        Column("figure", "figure"),
    ]
    for number, name in enumerate(found.columns):
        is_named, get = number > 0, _take(number)
        columns.append(Column(f"column {number}", name, "money", is_named=is_named, get=get))
        if number:
            more = _take(number, is_difference=True)
            columns.append(Column(f"difference {number}", "difference", "change", get=more))
    return columns


def take_figure(
    number: int, key: str, *, is_difference: bool = False
) -> Callable[[CompareRow], Decimal]:
    """Take `allowance` or `profit` of a column from rows, or what it has more than the first."""

    def take(row: CompareRow) -> Decimal:
        amount: Decimal = getattr((row.differences if is_difference else row.figures)[number], key)
        return amount

    return take


def _take(number: int, *, is_difference: bool = False) -> Callable[[_Line], Decimal]:
    return lambda line: take_figure(number, line.key, is_difference=is_difference)(line.row)


def _list_lines(row: CompareRow) -> list[_Line]:
    return [_Line(row, "allowance", "allowance"), _Line(row, "profit or loss", "profit")]


def _encode(row: CompareRow, names: Sequence[str]) -> dict[str, object]:
    def encode(figures: Figures) -> dict[str, Decimal]:
        return {"allowance": figures.allowance, "profit": figures.profit}

    found: dict[str, object] = {"entity": row.entity, "currency": row.currency}
    if row.commodity is not None:
        found["commodity"] = row.commodity
    values = zip(names, row.figures, row.differences, strict=True)
    found["figures"] = [
        {"column": name, **encode(value), "difference": encode(more)}
        for name, value, more in values
    ]
    return found
