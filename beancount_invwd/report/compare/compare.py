"""One ledger under several policies → allowance and profit or loss side by side.

    compare(…, [Scenario("standard=hgb", {"standard": "hgb"}), Scenario("price=-10%", {}, …)])

The first column is the ledger's own policy; a scenario changes keys of its configuration, or scales
the prices of the items, or what they cost to buy again. Exchange rates stay as they are, and so do
values that an `invwd-nrv` directive states. Nothing is written.

Profit or loss is that of the fiscal year up to the date: the allowance that the goods carried when
it began, or that was taken over from another system, less what they carry now. Under every policy
that is what write-downs, reversals and releases come to, and it can be told of an item even where a
whole category is tested as one.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from beancount.core import data
from beancount.core.amount import Amount

from beancount_invwd.engine import Asked, BadConfiguration, collector_paused, follow_ledger
from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.ground.money import CONTEXT, ONE, ZERO, round_money
from beancount_invwd.ground.words import say, translate
from beancount_invwd.measure.prices import IMPLICIT, is_evidence
from beancount_invwd.measure.sales import Sales
from beancount_invwd.report.compare.scenarios import BadScenario, Scenario
from beancount_invwd.report.ledger.level import find_level, find_level_beside
from beancount_invwd.report.ledger.outcomes import sum_bias
from beancount_invwd.report.ledger.remarks import tell_pending

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock, StockKey
    from beancount_invwd.report.ledger.notice import Notice

LEDGER = "ledger"


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
    """An item, or with `commodity` None a total; figures in the order of the columns.

    Attributes:
        why: What the column that differs most does otherwise; with its name, if there are several.
    """

    entity: str
    currency: str
    commodity: str | None
    figures: Sequence[Figures]
    why: str = field(default="", compare=False)

    @property
    def differences(self) -> Sequence[Figures]:
        """What each column has more than the first."""
        return [row - self.figures[0] for row in self.figures]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Policies side by side.

    Attributes:
        start: The first day of the fiscal year, from which profit or loss counts.
        columns: The ledger's own policy, then the scenarios, by names that differ.
        rows: By entity, currency and item; items without an allowance anywhere are left out.
        totals: By entity and currency.
        notes: By column, what is wrong under that policy and is not under the ledger's, and what
            a test on the date would change.
        levels: By column, what its groups hide, if they are wider than its standard wants.
        biases: By column, what goods would have been carried more at by the sales of the days
            after, by entity and currency, as `lookback` has it; of all items, or left out.
    """

    as_of: datetime.date
    start: datetime.date
    columns: Sequence[str]
    rows: Sequence[CompareRow]
    totals: Sequence[CompareRow]
    notes: Mapping[str, Sequence[str]]
    levels: Mapping[str, Sequence[str]]
    biases: Mapping[str, Mapping[tuple[str, str], Decimal]]


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
    columns = _name_apart([Scenario(LEDGER), *scenarios])
    runs, notes, levels, biases = [], {}, {}, {}
    for column in columns:
        runs.append(run := _follow(own, column, start))
        known = {error.message for error in own.errors}
        pending, biases[column.name] = tell_pending(run), sum_bias(run)
        levels[column.name] = [row.message for row in _find_level(run, own)]
        wrong = [e.message for e in run.errors if e.message not in known]
        notes[column.name] = [*wrong, *pending]
    with localcontext(CONTEXT):
        names = [column.name for column in columns]
        rows = _list_rows(runs, names)
        for run in runs:
            if run is not own:
                run.close()
        return Comparison(day, start, names, rows, _sum_totals(rows), notes, levels, biases)


def _name_apart(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Give a number to a name that a column before has: 'Careful', 'Careful (2)'."""
    found: dict[str, Scenario] = {}
    for scenario in scenarios:
        name, count = scenario.name, 1
        while name in found:
            count += 1
            name = f"{scenario.name} ({count})"
        found[name] = replace(scenario, name=name)
    return list(found.values())


def narrow(found: Comparison, keep: Callable[[CompareRow], bool]) -> Comparison:
    """Keep some rows of a comparison, and add up those."""
    rows = [row for row in found.rows if keep(row)]
    with localcontext(CONTEXT):
        return replace(found, rows=rows, totals=_sum_totals(rows), biases={})


def _follow(own: Run, scenario: Scenario, start: datetime.date) -> Run:
    """Follow the ledger under a policy, with the allowances when `start` began."""
    entries, options_map, day, changes = own.entries, own.options_map, own.as_of, scenario.changes
    if not changes and not scenario.price_change and not scenario.replacement_change:
        return own
    asked = Asked(start, ONE + scenario.replacement_change, is_noted=False)
    try:
        if scenario.price_change:
            run = follow_ledger(entries, options_map, day, changes) if changes else own
            items = frozenset(stock.key.commodity for stock in run.stocks)
            entries = _scale_prices(entries, items, ONE + scenario.price_change)
        return follow_ledger(entries, options_map, day, changes, asked)
    except BadConfiguration as refusal:
        problems = "; ".join(e.message.removeprefix("beancount_invwd: ") for e in refusal.errors)
        raise BadScenario(f"{scenario.name}: {problems}") from refusal


def _find_level(run: Run, own: Run) -> list[Notice]:
    return find_level(run) if run is own else find_level_beside(run, own)


def _scale_prices(entries: Sequence[Any], items: frozenset[str], factor: Decimal) -> list[Any]:
    """Scale what items sell for; prices that were made from a purchase are none."""
    sales = Sales(entries)

    def scale(entry: Any) -> Any:
        is_price = type(entry) is data.Price and entry.currency in items
        if not is_price or not is_evidence(entry, sales):
            return entry
        amount = Amount(entry.amount.number * factor, entry.amount.currency)
        meta = entry.meta
        if IMPLICIT in meta:
            meta = {key: value for key, value in meta.items() if key != IMPLICIT}
        return data.Price(meta, entry.date, entry.currency, amount)

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


def _list_rows(runs: Sequence[Run], names: Sequence[str]) -> list[CompareRow]:
    nothing, found = Figures(ZERO, ZERO), [_read_figures(run) for run in runs]
    stocks = [{stock.key: stock for stock in run.stocks} for run in runs]
    rows = []
    for key in sorted({key for figures in found for key in figures}):
        row = CompareRow(*key, [figures.get(key, nothing) for figures in found])
        if any(f.allowance or f.profit for f in row.figures):
            column, why = _tell_why(row, runs, [each.get(key) for each in stocks])
            is_named = why and len(names) > 1 + 1
            rows.append(replace(row, why=f"{names[column]}: {why}" if is_named else why))
    return rows


def _tell_why(
    row: CompareRow, runs: Sequence[Run], stocks: Sequence[Stock | None]
) -> tuple[int, str]:
    """Tell which column differs most, and what it does otherwise."""
    allowances = [figures.allowance for figures in row.figures]
    most = max(range(len(runs)), key=lambda i: abs(allowances[i] - allowances[0]))
    if allowances[most] == allowances[0]:
        return most, ""
    own, other = (_tell_basis(runs[i], stocks[i]) for i in (0, most))
    if other != own:
        nothing = say("nothing")
        words = say("measured at {other}, not {own}", other=other or nothing, own=own or nothing)
        return most, words
    return most, say("measured alike, but tested, set off or kept from earlier dates otherwise")


def _tell_basis(run: Run, stock: Stock | None) -> str:
    """Tell what an item is measured at on the date, and by which rules: '920.00 (price)'."""
    rows = [] if stock is None else run.measure(stock)
    totals = [row.measured.total for row in rows if row.measured.total is not None]
    if stock is None or not totals:
        return ""
    reasons = {row.measured.reason for row in rows if row.measured.total is not None}
    total = round_money(sum(totals, ZERO), stock.quantum)
    return f"{total:,f} ({', '.join(sorted(map(translate, reasons)))})"


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
