"""Properties of the reports: what one of them says, the others and the ledger say too."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Literal

import pytest
from beancount import loader
from beancount.core import data
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.ground.dates import YearEnd
from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.report.compare.compare import compare
from beancount_invwd.report.compare.scenarios import BadScenario, Scenario
from beancount_invwd.report.explain.explain import Explanation, explain
from beancount_invwd.report.explain.steps import Step
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.rolled import RollBy
from beancount_invwd.report.ledger.spans import split_span
from beancount_invwd.report.output.formats import write_json
from beancount_invwd.report.output.numbers import Numbers
from beancount_invwd.report.positions import document_positions
from beancount_invwd.report.rollforward import (
    NotTestedSo,
    Rollforward,
    document_rollforward,
    roll_forward,
)
from tests.support.random_evidence import evidence_from_seed
from tests.support.random_ledgers import ledgers, with_plugin
from tests.support.random_trade import trade_from_seed

STEADY = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
CALENDAR = YearEnd(12, 31)
PLAIN = Numbers({}, {})

Loaded = tuple[list[Any], dict[str, Any]]
Sums = dict[tuple[str, str], Decimal]


def load(text: str, config: str) -> Loaded:
    entries, errors, options = loader.load_string(with_plugin(text, config), dedent=False)
    assume(not errors)
    return entries, options


def month_ends(entries: Sequence[Any]) -> list[date]:
    first, last = entries[0].date, entries[-1].date
    return [end for _, end in split_span(first, last, "month", CALENDAR)]


def balances(entries: Sequence[Any], accounts: set[str], day: date) -> Sums:
    """Return the balances of allowance accounts, with their sign changed."""
    sums: Sums = defaultdict(Decimal)
    for entry in entries:
        if isinstance(entry, data.Transaction) and entry.date <= day:
            for posting in entry.postings:
                if posting.account in accounts:
                    units: Any = posting.units
                    sums[posting.account, units.currency] -= units.number
    return sums


def sum_by(rows: Sequence[Any], name: str) -> dict[tuple[str, str], Decimal]:
    sums: Sums = defaultdict(Decimal)
    for row in rows:
        sums[row.entity, row.currency] += getattr(row, name)
    return {key: amount for key, amount in sums.items() if amount}


def last_rows(rolled: Rollforward) -> list[Any]:
    return [row for row in rolled.rows if row.end == rolled.end]


def is_waiting(run: Run) -> bool:
    """Whether releases wait for the end of the period: lots carry less than accounts until then."""
    on_lots = sum(stock.allowance for stock in run.stocks)
    return sum(run.allowances().values()) != on_lots


@STEADY
@given(ledgers())
def test_totals_closing_balances_and_json_are_the_same_at_every_month_end(
    texts: tuple[str, str],
) -> None:
    entries, options = load(*texts)
    for day in month_ends(entries):
        state = follow_ledger(entries, options, day)
        rolled = roll_forward(state, "month")
        closing = sum_by(last_rows(rolled), "closing")
        accounts = {account for account, _ in state.allowances()}
        by_currency: Sums = defaultdict(Decimal)
        for (_, currency), amount in balances(entries, accounts, day).items():
            by_currency["", currency] += amount
        for (_, currency), amount in closing.items():
            by_currency["", currency] -= amount
        assert not any(by_currency.values()), day
        assert rolled.is_tied
        if not is_waiting(state):
            totals = sum_totals(list_positions(state, "lot"))
            assert sum_by(totals, "allowance") == closing
            told = json.loads(write_json(document_positions(state, "lot"), PLAIN))
            assert [row["allowance"] for row in told["totals"]] == [
                f"{row.allowance or abs(row.allowance):f}" for row in totals
            ]


def test_a_lot_that_is_bought_and_stated_later_does_not_matter_before() -> None:
    text = """
2023-01-01 open Assets:Inventory
2023-01-01 open Assets:Cash
2023-01-10 * "Purchase"
  Assets:Inventory   1 WIDGET {9.00 USD}
  Assets:Cash
2023-01-31 price WIDGET 8.00 USD
2023-02-10 * "Purchase"
  Assets:Inventory   1 WIDGET {9.00 USD, "L"}
  Assets:Cash
2023-02-11 custom "invwd-nrv" "WIDGET" 1.00 USD "damaged"
  lot: "L"
"""
    entries, errors, options = loader.load_string(with_plugin(text, "{}"), dedent=False)
    assert not errors
    (row,) = list_positions(follow_ledger(entries, options, date(2023, 1, 31)))
    assert (row.allowance, row.reason) == (Decimal("1.00"), "price")


@STEADY
@given(ledgers(), st.sampled_from(["month", "quarter", "year"]), st.sampled_from([None, "cause"]))
def test_each_period_opens_as_the_one_before_closed(
    texts: tuple[str, str], length: Any, by: RollBy | None
) -> None:
    entries, options = load(*texts)
    rolled = roll_forward(follow_ledger(entries, options), length, by)
    for one, other in zip(rolled.rows, rolled.rows[1:], strict=False):
        if (one.entity, one.currency) == (other.entity, other.currency):
            assert one.closing == other.opening
            assert one.end + timedelta(1) == other.start
    told = json.loads(write_json(document_rollforward(rolled, by), PLAIN))
    for row in told["periods"]:
        amounts = [key for key in row if key not in {"entity", "currency", "from", "to"}]
        assert (amounts[0], amounts[-1]) == ("opening", "closing")
        *moved, closing = (Decimal(row[key]) for key in amounts)
        assert sum(moved) == closing


@STEADY
@given(ledgers(), st.sampled_from(["item", "category"]))
def test_rows_of_items_add_up_and_close_as_the_lots_do(
    texts: tuple[str, str], by: Literal["item", "category"]
) -> None:
    entries, options = load(*texts)
    state = follow_ledger(entries, options)
    try:
        rolled = roll_forward(state, "quarter", by)
    except NotTestedSo:
        assume(False)  # noqa: FBT003
    whole = roll_forward(state, "quarter")
    assert sum_by(last_rows(rolled), "closing") == sum_by(last_rows(whole), "closing")
    if not is_waiting(state):
        name = "commodity" if by == "item" else "category"
        closing = {
            (row.entity, row.currency, getattr(row, name)): row.closing
            for row in last_rows(rolled)
            if row.closing
        }
        assert closing == {
            (row.entity, row.currency, getattr(row, name)): row.allowance
            for row in list_positions(state, by)
            if row.allowance
        }


@STEADY
@given(ledgers())
def test_compare_with_the_own_policy_shows_no_difference(texts: tuple[str, str]) -> None:
    entries, options = load(*texts)
    same = ast.literal_eval(texts[1])
    found = compare(follow_ledger(entries, options), [Scenario("same", same), Scenario("nothing")])
    for row in (*found.rows, *found.totals):
        assert row.figures[0] == row.figures[1] == row.figures[2]
        assert not any(more.allowance or more.profit for more in row.differences)


@STEADY
@given(ledgers(), st.sampled_from(["ias2", "asc330", "hgb"]))
def test_compare_is_what_a_ledger_with_that_configuration_gives(
    texts: tuple[str, str], standard: str
) -> None:
    entries, options = load(*texts)
    config = {**ast.literal_eval(texts[1]), "standard": standard}
    found = compare(follow_ledger(entries, options), [Scenario("other", {"standard": standard})])
    others, other_options = load(texts[0], repr(config))
    rows = list_positions(follow_ledger(others, other_options, found.as_of))
    assert {
        (row.entity, row.currency, row.commodity): row.figures[1].allowance
        for row in found.rows
        if row.figures[1].allowance
    } == {(row.entity, row.currency, row.commodity): row.allowance for row in rows if row.allowance}


@STEADY
@given(
    ledgers(),
    st.sampled_from([{"standard": "hgb"}, {"period": "price"}, {"fiscal_year_end": "02-11"}]),
    st.integers(0, 700),
)
def test_profit_counts_from_the_allowances_of_the_day_before_the_fiscal_year(
    texts: tuple[str, str], changes: dict[str, Any], back: int
) -> None:
    entries, options = load(*texts)
    day = entries[-1].date - timedelta(days=back)
    try:
        found = compare(follow_ledger(entries, options, day), [Scenario("other", changes)])
    except BadScenario:  # not every configuration allows every period
        reject()
    for column, keys in enumerate([{}, changes]):
        before = follow_ledger(entries, options, found.start - timedelta(days=1), keys)
        opening = {stock.key: stock.allowance for stock in before.stocks if stock.allowance}
        assert {
            (row.entity, row.currency, row.commodity): figures.allowance + figures.profit
            for row in found.rows
            if (figures := row.figures[column]).allowance + figures.profit
        } == opening


FORMULA = re.compile(r"[-0-9.%×÷+−() ]+")


def calculate(formula: str) -> Fraction:
    """Do what a person does with a pocket calculator."""
    text = re.sub(r"([0-9.]+)%", r"(\1 ÷ 100)", formula)
    text = re.sub(r"[0-9.]+", lambda match: f"Fraction('{match[0]}')", text)
    for sign, operator in (("×", "*"), ("÷", "/"), ("−", "-")):
        text = text.replace(sign, operator)
    return Fraction(eval(text, {"Fraction": Fraction}))  # noqa: S307 (digits and signs only)


def find_wrong_results(found: Explanation, quantum: Fraction = Fraction(1)) -> list[Step]:
    """Return the steps whose result is not what their formula says, to one quantum."""
    return [
        step
        for chapter in found.chapters
        for step in chapter.steps
        if step.result is not None and FORMULA.fullmatch(step.formula)
        if abs(calculate(step.formula) - Fraction(step.result))
        > quantum + abs(Fraction(step.result)) / 10**6
    ]


@STEADY
@given(ledgers())
def test_a_pocket_calculator_comes_to_the_same_results(texts: tuple[str, str]) -> None:
    entries, options = load(*texts)
    quantum = Fraction(1, 100)
    for precision, coarser in (("1", Fraction(1, 10)), ("0", Fraction(1))):
        if f"precision: {precision}" in texts[0]:
            quantum = coarser
    for found in explain_all(entries, options):
        assert find_wrong_results(found, quantum) == []


@STEADY
@given(ledgers())
def test_explained_measures_are_those_of_the_engine(texts: tuple[str, str]) -> None:
    entries, options = load(*texts)
    state = follow_ledger(entries, options)
    for found in explain_all(entries, options):
        stocks = [stock for stock in state.stocks if stock.key.commodity == found.item]
        for stock, chapter in zip(stocks, found.chapters, strict=True):
            with localcontext(CONTEXT):
                rows = state.measure(stock)
            lots = split_lots(chapter.steps)
            assert len(rows) == len(lots)
            for row, steps in zip(rows, lots, strict=True):
                if row.measured.total is not None:
                    results = [step.result for step in steps if step.result is not None]
                    assert results[-1] == row.measured.total


@STEADY
@given(ledgers())
def test_explained_allowances_are_those_of_the_books(texts: tuple[str, str]) -> None:
    entries, options = load(*texts)
    state = follow_ledger(entries, options)
    after = {
        row.commodity: row.allowance + row.pending for row in list_positions(state) if row.commodity
    }
    one_each = [row.commodity for row in list_positions(state)]
    for found in explain_all(entries, options):
        if one_each.count(found.item) == 1 == len(found.chapters):
            steps = found.chapters[0].steps
            told = [s.result for s in steps if s.section.startswith("Allow") and s.label == "after"]
            assert sum(filter(None, told)) == after[found.item]


def explain_all(entries: Sequence[Any], options: dict[str, Any]) -> list[Explanation]:
    run = follow_ledger(entries, options)
    items = dict.fromkeys(stock.key.commodity for stock in run.stocks)
    return [explain(run, item) for item in items]


def split_lots(steps: Sequence[Step]) -> list[list[Step]]:
    """Return the steps of each lot, which begin with its cost."""
    lots: list[list[Step]] = []
    for step in steps:
        if step.section.startswith("Lot "):
            if step.label == "cost":
                lots.append([])
            lots[-1].append(step)
    return lots


@pytest.mark.parametrize("make", [evidence_from_seed, trade_from_seed])
@pytest.mark.parametrize("seed", range(25))
def test_cost_and_allowance_tie_and_steps_come_out(
    make: Callable[[int], tuple[str, str]], seed: int
) -> None:
    texts = make(seed)
    entries, errors, options = loader.load_string(with_plugin(*texts))
    run = follow_ledger(entries, options, date(2023, 8, 15))
    rolled = roll_forward(run, "month")
    assert rolled.is_tied or errors
    quantum = Fraction(1) if "precision: 0" in texts[0] else Fraction(1, 10)
    for item in run.categories:
        assert find_wrong_results(explain(run, item), quantum) == []
