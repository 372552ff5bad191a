"""One ledger under several policies → allowance and profit or loss side by side.

    compare(…, [Scenario("standard=hgb", {"standard": "hgb"}), Scenario("price=-10%", {}, …)])

The first column is the ledger's own policy; a scenario changes keys of its configuration, or scales
the prices of the items. Exchange rates and purchase costs stay as they are, and so do values that
an `invwd-nrv` directive states. Nothing is written.

Profit or loss is that of the fiscal year up to the date: the allowance that the goods carried when
it began, or that was taken over from another system, less what they carry now. Under every policy
that is what write-downs, reversals and releases come to, and it can be told of an item even where a
whole category is tested as one.
"""

from __future__ import annotations

import ast
import datetime
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data
from beancount.core.amount import Amount

from beancount_invwd.engine import BadConfiguration, collector_paused, follow_ledger
from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.ground.errors import find_near
from beancount_invwd.ground.money import CONTEXT, ONE, ZERO
from beancount_invwd.measure.prices import IMPLICIT
from beancount_invwd.report.ledger.remarks import tell_pending
from beancount_invwd.report.output.columns import CURRENCY, ENTITY, ITEM, Column
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import StockKey

LEDGER = "ledger"
PRICE = "price"


class BadScenario(Exception):  # noqa: N818 (what was asked for is wrong)
    """A scenario that cannot be read or that the configuration refuses; the text says why."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A policy to compare with.

    Attributes:
        name: As the user wrote it.
        changes: Keys of the configuration and their values.
        price_change: By what share item prices change; -0.10 is ten per cent less.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    price_change: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Figures:
    """An item under one policy; a gain is positive, as is an allowance."""

    allowance: Decimal
    profit: Decimal

    def __add__(self, other: Figures) -> Figures:
        return Figures(self.allowance + other.allowance, self.profit + other.profit)

    def __sub__(self, other: Figures) -> Figures:
        return Figures(self.allowance - other.allowance, self.profit - other.profit)


@dataclass(frozen=True, slots=True)
class CompareRow:
    """An item, or with `commodity` None a total; figures in the order of the columns."""

    entity: str
    currency: str
    commodity: str | None
    figures: Sequence[Figures]

    @property
    def differences(self) -> Sequence[Figures]:
        """What each column has more than the first."""
        return [row - self.figures[0] for row in self.figures]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Policies side by side.

    Attributes:
        start: The first day of the fiscal year, from which profit or loss counts.
        columns: The ledger's own policy, then the scenarios, by name.
        rows: By entity, currency and item; items without an allowance anywhere are left out.
        totals: By entity and currency.
        notes: By column, what is wrong under that policy and is not under the ledger's, and what
            a test on the date would change.
    """

    as_of: datetime.date
    start: datetime.date
    columns: Sequence[str]
    rows: Sequence[CompareRow]
    totals: Sequence[CompareRow]
    notes: Mapping[str, Sequence[str]]


def read_scenario(text: str) -> Scenario:
    """Read `standard=hgb,basis=lot` or `price=-10%`.

    Raises:
        BadScenario: It has another form.
    """
    changes: dict[str, Any] = {}
    price_change = ZERO
    for part in _split_settings(text):
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not key or not value:
            raise BadScenario(f"{part.strip()!r} is no setting; write standard=hgb or price=-10%")
        if key in changes or (key == PRICE and price_change):
            raise BadScenario(f"{key!r} is given twice")
        if key == PRICE:
            price_change = _read_change(value)
        elif find_near(key, [PRICE]):
            raise BadScenario(f"unknown key {key!r}; did you mean {PRICE!r}?")
        else:
            changes[key] = _read_value(value)
    return Scenario(text, changes, price_change)


def _split_settings(text: str) -> list[str]:
    """Split at commas that are in no brackets or quotes."""
    parts, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth <= 0:
            parts.append("")
            continue
        parts[-1] += char
    return parts


def _read_change(value: str) -> Decimal:
    digits = value.removesuffix("%").lstrip("+-")
    is_number = digits.replace(".", "", 1).isdigit() and digits.isascii()
    if not value.endswith("%") or not is_number or len(value) > len(digits) + 2:
        raise BadScenario(f"price={value} is no change; write price=-10% or price=+5%")
    change = Decimal(value.removesuffix("%")) / 100
    if change < -ONE:
        raise BadScenario(f"price={value}: prices cannot fall by more than 100%")
    return change


def _read_value(value: str) -> Any:
    """A Python literal as in the configuration, else the text itself: hgb, 8%, 2024-01-31."""
    try:
        return ast.literal_eval(value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return value


def compare(own: Run, scenarios: Sequence[Scenario]) -> Comparison:
    """Compare the ledger's own policy with others.

    Args:
        own: The ledger under its own policy, as of the date to compare at.
        scenarios: What to compare with, a column each.

    Raises:
        BadScenario: The configuration refuses a scenario.
    """
    day = own.as_of
    start = fiscal_year_start(day, own.policy.year_end)
    columns = [Scenario(LEDGER), *scenarios]
    found, notes = [], {}
    for column in columns:
        run = _follow(own, column, start)
        found.append(_read_figures(run))
        known = {error.message for error in own.errors}
        pending = tell_pending(run)
        wrong = [e.message for e in run.errors if e.message not in known]
        notes[column.name] = [*wrong, *pending]
    with localcontext(CONTEXT):
        rows = _list_rows(found)
        names = [column.name for column in columns]
        return Comparison(day, start, names, rows, _sum_totals(rows), notes)


def narrow(found: Comparison, keep: Callable[[CompareRow], bool]) -> Comparison:
    """Keep some rows of a comparison, and add up those."""
    rows = [row for row in found.rows if keep(row)]
    with localcontext(CONTEXT):
        return replace(found, rows=rows, totals=_sum_totals(rows))


def _follow(own: Run, scenario: Scenario, start: datetime.date) -> Run:
    """Follow the ledger under a policy, with the allowances when `start` began."""
    entries, options_map, day, changes = own.entries, own.options_map, own.as_of, scenario.changes
    if not changes and not scenario.price_change:
        return own
    try:
        if scenario.price_change:
            run = follow_ledger(entries, options_map, day, changes) if changes else own
            items = frozenset(stock.key.commodity for stock in run.stocks)
            entries = _scale_prices(entries, items, ONE + scenario.price_change)
        return follow_ledger(entries, options_map, day, changes, start)
    except BadConfiguration as refusal:
        problems = "; ".join(e.message.removeprefix("beancount_invwd: ") for e in refusal.errors)
        raise BadScenario(f"{scenario.name}: {problems}") from refusal


def _scale_prices(entries: Sequence[Any], items: frozenset[str], factor: Decimal) -> list[Any]:
    """Scale what items sell for; prices that were made from a purchase cost are none."""

    def scale(entry: Any) -> Any:
        is_price = type(entry) is data.Price and entry.currency in items
        if not is_price or entry.meta.get(IMPLICIT) == "from_cost":
            return entry
        amount = Amount(entry.amount.number * factor, entry.amount.currency)
        return data.Price(entry.meta, entry.date, entry.currency, amount)

    with localcontext(CONTEXT), collector_paused():
        return [scale(entry) for entry in entries]


def _read_figures(run: Run) -> Mapping[StockKey, Figures]:
    opening, taken = run.opening, run.taken_over
    figures = {}
    with localcontext(CONTEXT):
        for stock in run.stocks:
            key, allowance = stock.key, stock.allowance
            before = opening.get(key, ZERO) + taken.get(key, ZERO)
            figures[key] = Figures(allowance, before - allowance)
    return figures


def _list_rows(found: Sequence[Mapping[StockKey, Figures]]) -> list[CompareRow]:
    nothing = Figures(ZERO, ZERO)
    keys = {key for figures in found for key in figures}
    rows = [
        CompareRow(*key, [figures.get(key, nothing) for figures in found]) for key in sorted(keys)
    ]
    return [row for row in rows if any(f.allowance or f.profit for f in row.figures)]


def _sum_totals(rows: Sequence[CompareRow]) -> list[CompareRow]:
    sums: dict[tuple[str, str], list[Figures]] = {}
    for row in rows:
        key = (row.entity, row.currency)
        before = sums.get(key)
        sums[key] = (
            [a + b for a, b in zip(before, row.figures, strict=True)]
            if before is not None
            else list(row.figures)
        )
    return [CompareRow(*key, None, figures) for key, figures in sorted(sums.items())]


def document_comparison(found: Comparison) -> Document:
    """Policies side by side: two lines for each item, its allowance and its profit or loss."""
    columns = _list_columns(found)
    notes = [f"{name}: {message}" for name, messages in found.notes.items() for message in messages]
    return Document(
        f"Allowance on {found.as_of}, profit or loss from {found.start}",
        {},
        [
            Table(
                "rows",
                columns,
                [line for row in found.rows for line in _list_lines(row)],
                empty="There is no allowance under any of these policies.",
            ),
            Table(
                "totals",
                columns,
                [line for row in found.totals for line in _list_lines(row)],
                "totals",
            ),
        ],
        warnings=notes,
        data={
            "as_of": found.as_of,
            "from": found.start,
            "columns": list(found.columns),
            "rows": [_encode(row, found.columns) for row in found.rows],
            "totals": [_encode(row, found.columns) for row in found.totals],
            "notes": notes,
        },
    )


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
        columns.append(Column(f"column {number}", name, "money", get=_take(number)))
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
