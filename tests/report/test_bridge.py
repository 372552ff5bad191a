"""The bridge from opening to closing: which cause moved how much of an allowance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from beancount import loader
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from beancount_invwd.engine import Asked, Run, follow_ledger
from beancount_invwd.movements.movement import Movement
from beancount_invwd.report.book import book
from beancount_invwd.report.ledger.bridged import Bridge
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.rollforward import roll_forward
from tests.support.random_closed import closed_from_seed
from tests.support.random_evidence import evidence_from_seed
from tests.support.random_ledgers import ledger_from_seed, with_plugin
from tests.support.random_situations import situations_from_seed
from tests.support.random_trade import trade_from_seed

STEADY = settings(derandomize=True, max_examples=40, deadline=None, database=None)
LEDGERS = st.tuples(
    st.sampled_from(
        [
            ledger_from_seed,
            evidence_from_seed,
            situations_from_seed,
            trade_from_seed,
            closed_from_seed,
        ]
    ),
    st.integers(0, 10_000),
)
HEAD = """
2024-01-01 open Assets:Inventory "STRICT"
2024-01-01 open Assets:Inventory:Allowance
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:COGS
2024-01-01 open Expenses:Inventory:Write-Down
2024-01-01 open Income:Sales
2024-01-02 * "Ten of each"
  Assets:Inventory  10 MUG {10 USD}
  Assets:Inventory  10 CUP {10 USD}
  Assets:Bank
2024-01-31 price MUG 9.00 USD
2024-01-31 price EUR 1.00 USD
2024-01-31 price CUP 10.00 EUR
"""
FEBRUARY = date(2024, 2, 1)
LOSS = "2024-02-20 price MUG 8.00 USD\n"
MORE = '2024-02-10 * "Ten more"\n  Assets:Inventory  10 MUG {10 USD}\n  Assets:Bank\n'
SALE = """2024-02-10 * "Two"
  Assets:Inventory  -2 MUG {}
  Expenses:COGS     20 USD
  Assets:Bank       30 USD
  Income:Sales     -30 USD
"""
SOFT = '2024-02-01 custom "invwd-policy" "selling_cost" "10%"\n'
DAMAGED = '2024-02-10 custom "invwd-nrv" "MUG" 4.00 USD "damaged"\n  date: 2024-01-02\n'
SOLD = '2024-02-10 custom "invwd-contract" 4 MUG 12.00 USD\n  until: 2024-12-31\n'
CLOSED = '2024-01-31 custom "invwd-closed" TRUE\n'
BY_HAND = """2024-02-29 * "By hand" #invwd
  invwd-group: "CUP"
  Assets:Inventory:Allowance  -3 USD
  Expenses:Inventory:Write-Down
2024-02-29 custom "invwd-closed" TRUE
"""


LAST = "2024-02-29 price USD 0.9 GBP\n"


def load(text: str, config: str = "{}") -> Run:
    entries, errors, options = loader.load_string(with_plugin(text, config), dedent=False)
    assert not errors
    return follow_ledger(entries, options)


def make(made: tuple[Callable[[int], tuple[str, str]], int], more: str = "") -> Run:
    """The state of a random ledger without mistakes."""
    text, config = made[0](made[1])
    entries, errors, options = loader.load_string(with_plugin(text + more, config), dedent=False)
    assume(not errors)
    return follow_ledger(entries, options)


def list_causes(run: Run) -> list[Any]:
    """By entity, currency and month, what each cause moved."""
    return [
        (row.entity, row.currency, row.start, {key: n for key, n in row.causes.items() if n})
        for row in roll_forward(run, "month", "cause").rows
    ]


def describe(row: Movement) -> tuple[Any, ...]:
    return (row.date, row.kind, row.group, row.reason, row.changes, row.measure, row.corrects)


@pytest.mark.parametrize(
    ("text", "config", "told"),
    [
        (LOSS, "{}", {"price": "10.00"}),
        (SALE, "{}", {"quantity": "-2.00"}),
        (MORE + LOSS, "{}", {"quantity": "10.00", "price": "20.00"}),
        (SALE + LOSS, "{}", {"quantity": "-2.00", "price": "8.00"}),
        ("", "{'ageing': {30: '50%'}}", {"age": "90.00"}),
        (LOSS, "{'ageing': {30: '50%'}}", {"age": "90.00"}),
        ("", "{'idle': {50: '20%'}}", {"demand": "30.00"}),
        ("2024-02-28 price EUR 0.90 USD\n", "{}", {"exchange_rate": "10.00"}),
        (
            "2024-02-28 price EUR 0.90 USD\n2024-02-28 price CUP 9.00 EUR\n",
            "{}",
            {"exchange_rate": "10.00", "price": "9.00"},
        ),
        (LOSS + DAMAGED, "{}", {"price": "10.00", "stated": "40.00"}),
        (LOSS + SOLD, "{}", {"price": "10.00", "stated": "-8.00"}),
        (LOSS + SOFT, "{}", {"price": "10.00", "estimates": "18.00"}),
        (MORE + SOFT, "{}", {"quantity": "10.00", "estimates": "28.00"}),
        (CLOSED + LOSS, "{}", {"corrections": "10.00", "price": "10.00"}),
        (CLOSED + SALE + LOSS, "{}", {"corrections": "8.00", "price": "8.00"}),
        (BY_HAND, "{}", {"stated": "3.00"}),
        # 8.50 less 10 % first, 8.00 less 10 % then: what was soft already is soft no second time
        (
            SOFT + "2024-02-10 price MUG 8.50 USD\n" + LOSS,
            "{'period': 'price'}",
            {"price": "9.50", "estimates": "8.50"},
        ),
    ],
)
def test_each_cause_and_some_together(text: str, config: str, told: dict[str, str]) -> None:
    run = load(f"{HEAD}{text}{LAST}", config)
    (row,) = roll_forward(run, "month", "cause", FEBRUARY).rows
    assert {cause: f"{amount:.2f}" for cause, amount in row.causes.items() if amount} == told
    assert row.opening + sum(row.causes.values()) == row.closing


def test_a_contract_that_ends_is_no_price_and_no_age() -> None:
    text = SOLD.replace("2024-12-31", "2024-02-20").replace("2024-02-10", "2024-01-10")
    run = load(f"{HEAD}{text}{LAST}")
    assert [row[3] for row in list_causes(run)] == [{"price": 10, "stated": -4}, {"stated": 4}]


def test_a_purchase_at_a_lower_price_is_a_price_where_that_is_the_measure() -> None:
    cheap = '2024-02-10 * "Cheap"\n  Assets:Inventory  1 MUG {8 USD}\n  Assets:Bank\n'
    text = HEAD.replace("2024-01-31 price MUG 9.00 USD", "2024-01-31 price MUG 12.00 USD")
    run = load(f"{text}{cheap}{LAST}", "{'measure': 'replacement'}")
    assert [row[3] for row in list_causes(run)] == [{}, {"price": 20}]


@STEADY
@given(LEDGERS)
def test_what_is_generated_is_told_apart_to_the_cent(made: Any) -> None:
    run = make(made)
    bridge = run.share(Bridge)
    for row in read_history(run).written:
        causes = bridge.part(row)
        assert sum(causes.values()) == row.change
        if run.closed is None:  # else what is generated may correct it
            assert not causes.get("corrections")


@STEADY
@given(LEDGERS)
def test_to_tell_causes_changes_nothing(made: Any) -> None:
    run = make(made)
    told = follow_ledger(run.entries, run.options_map, asked=Asked(by_cause=True))
    measured = [row for row in told.movements if row.kind in {"write-down", "reversal"}]
    assert all(row.causes or row.is_booked or row.is_correction for row in measured)
    assert list(map(describe, told.movements)) == list(map(describe, run.movements))


@STEADY
@given(LEDGERS, st.integers(1, 3))
def test_the_bridge_is_the_same_once_books_are_closed(made: Any, quarter: int) -> None:
    run = make(made)
    days = sorted({row.date for row in read_history(run).written})
    assume(days)
    booked = book(run.entries, run.options_map, days[len(days) * quarter // 4])
    again = make(made, f"\n{booked}")
    again = follow_ledger(again.entries, again.options_map, run.as_of)
    assert list_causes(again) == list_causes(run)


@STEADY
@given(LEDGERS, st.sampled_from(["8%", "30%"]))
def test_estimates_are_the_difference_between_with_and_without(made: Any, value: str) -> None:
    plain = make(made)
    assume(plain.policy.period != "price" and plain.movements)
    since = plain.movements[len(plain.movements) // 2].date.replace(day=1)
    day = plain.policy.find_test_date(since)
    assume(day <= plain.last_test and (plain.closed is None or plain.closed < day))
    changed = make(made, f'{since} custom "invwd-policy" "selling_cost" "{value}"\n')
    plain, changed = (
        follow_ledger(run.entries, run.options_map, day, asked=Asked(by_cause=True))
        for run in (plain, changed)
    )
    without, with_it = (sum(row.allowance for row in run.stocks) for run in (plain, changed))
    estimates = [row.causes.get("estimates", 0) for row in changed.movements if row.date == day]
    assert sum(estimates) == with_it - without
