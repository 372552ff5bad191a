"""The roll-forward of the allowance, and what ties it to the ledger."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader

from beancount_invwd.engine import follow_ledger
from beancount_invwd.ground.dates import YearEnd, fiscal_year_start
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.rolled import RollBy, RollRow, sum_periods
from beancount_invwd.report.ledger.spans import (
    day_before,
    find_unmeasured,
    find_year_start,
    split_span,
)
from beancount_invwd.report.ledger.tie_out import CostTie
from beancount_invwd.report.rollforward import (
    NotTestedSo,
    Rollforward,
    document_rollforward,
    roll_beside,
    roll_forward,
    roll_some,
)

D = datetime.date
HEAD = """
plugin "beancount_invwd" "{config}"
2023-01-01 commodity WAX
  category: "material"
2023-01-01 commodity CANDLE
  category: "goods"
2023-01-01 open Assets:Inventory "FIFO"
2023-01-01 open Assets:Bank
2023-01-01 open Equity:Opening
2023-01-01 open Expenses:Wages
2023-01-01 open Expenses:Inventory:Write-Down
"""
WAX = """
2023-01-10 * "Wax"
  Assets:Inventory   100 WAX {6.00 USD}
  Assets:Bank
2023-01-31 price WAX 5.00 USD
2023-02-10 * "Candles"
  Assets:Inventory  -100 WAX {}
  Expenses:Wages    -400 USD
  Assets:Inventory   100 CANDLE {10.00 USD}
2023-02-28 price CANDLE 9.50 USD
"""


def load(body: str, config: str = "{}") -> tuple[list[Any], dict[str, Any]]:
    entries, errors, options = loader.load_string(HEAD.replace("{config}", config) + body)
    assert len(errors) == body.count("By hand")
    return entries, options


def roll(body: str, config: str = "{}", **given: Any) -> Rollforward:
    entries, options = load(body, config)
    return roll_forward(follow_ledger(entries, options), **given)


ALL_KINDS = """
2023-01-10 * "Wax"
  Assets:Inventory   100 WAX {6.00 USD}
  Assets:Bank
2023-01-31 price WAX 5.00 USD
2023-02-28 price WAX 5.50 USD
2023-03-01 * "Sold"
  Assets:Inventory   -50 WAX {}
  Expenses:Wages
2023-03-31 price WAX 4.00 USD
2023-04-30 price WAX 4.50 USD
2023-05-10 * "Sold"
  Assets:Inventory   -10 WAX {}
  Expenses:Wages
2023-05-31 price WAX 0.00 USD
2023-06-10 * "Candles"
  Assets:Inventory     1 CANDLE {10.00 USD}
  Assets:Bank
2023-06-30 price CANDLE 0.00 USD
"""


@pytest.mark.parametrize("by", [None, "cause"])
def test_months_put_together_are_the_whole_span(by: str | None) -> None:
    months, whole = (roll(ALL_KINDS, by=by, length=length).rows for length in ("month", "year"))
    assert [int(row.closing) for row in months] == [100, 50, 100, 75, 240, 250]
    assert sum_periods(months) == whole
    (row,) = whole
    # lost: 100 + 75; written off: 180 of wax, 10 of candles; back: 50 + 25; sold with 25 and 15
    parts = (row.write_downs, row.write_offs, row.reversals, row.releases)
    assert parts == (Decimal(175), Decimal(190), Decimal(-75), Decimal(-40))
    assert row.losses == Decimal(365)
    assert bool(row.causes) == (by is not None)


def test_what_happens_on_the_first_day_is_of_the_span() -> None:
    (row,) = roll(ALL_KINDS, start=D(2023, 3, 1), length="year").rows
    assert (row.opening, row.releases, row.closing) == (Decimal(50), Decimal(-40), Decimal(250))


def test_transfers_of_periods_add_up() -> None:
    days = (D(2023, 1, 1), D(2023, 1, 31))
    rows = [
        RollRow("", "USD", None, None, *days, Decimal(0), transfers=Decimal(part))
        for part in (5, 7)
    ]
    assert [row.transfers for row in sum_periods(rows)] == [Decimal(12)]


@pytest.mark.parametrize(("ledger", "difference"), [("15.00", "0.00"), ("16.01", "1.01")])
def test_a_balance_at_cost_is_lots_money_and_what_is_excluded(ledger: str, difference: str) -> None:
    parts = (Decimal(10), Decimal(2), Decimal(3))
    tie = CostTie("Assets:Inventory", "USD", *parts, Decimal(ledger), Decimal("0.01"))
    assert tie.difference == Decimal(difference)


def test_signs() -> None:
    # 100.00 lost on wax stays on the account, in candles; these are worth 950.00: 50.00 come back
    rolled = roll(WAX, length="month")
    assert [
        (int(row.write_downs), int(row.reversals), int(row.closing)) for row in rolled.rows
    ] == [
        (100, 0, 100),
        (0, -50, 50),
    ]
    assert rolled.is_tied
    assert [row.start for row in rolled.rows] == [D(2023, 1, 1), D(2023, 2, 1)]
    assert [row.end for row in rolled.rows] == [D(2023, 1, 31), D(2023, 2, 28)]


@pytest.mark.parametrize(
    ("by", "names"), [("item", ("CANDLE", "WAX")), ("category", ("goods", "material"))]
)
def test_production_moves_an_allowance_within_one_account(by: Any, names: tuple[str, str]) -> None:
    rolled = roll(WAX, length="month", by=by)
    told = [
        (
            row.commodity or row.category,
            row.start.month,
            *map(int, (row.opening, row.write_downs)),
            *map(int, (row.reversals, row.transfers, row.closing)),
        )
        for row in rolled.rows
    ]
    assert told == [
        (names[0], 2, 0, 0, -50, 100, 50),
        (names[1], 1, 0, 100, 0, 0, 100),
        (names[1], 2, 100, 0, 0, -100, 0),
    ]


def test_where_releases_wait_rows_of_items_are_the_movements() -> None:
    later = (
        WAX
        + """
2023-03-05 * "Sold"
  Assets:Inventory  -50 CANDLE {}
  Expenses:Wages    500 USD
"""
    )
    rolled = roll(later, "{'release': 'period'}", by="item")
    assert [(row.commodity, int(row.closing)) for row in rolled.rows] == [
        ("CANDLE", -50),
        ("WAX", 100),
    ]
    assert rolled.is_tied


def test_rows_finer_than_the_unit_of_account_are_refused() -> None:
    for config, by in (("category", "item"), ("total", "item"), ("total", "category")):
        with pytest.raises(NotTestedSo, match=f"basis {config}"):
            roll(WAX, repr({"basis": config}), by=by)
    rolled = roll(WAX, "{'basis': 'category'}", by="category")
    assert [(row.category, int(row.closing)) for row in rolled.rows] == [
        ("goods", 50),
        ("material", 0),
    ]


def test_posting_by_hand_does_not_tie_out() -> None:
    by_hand = (
        WAX
        + """
2023-02-20 * "By hand"
  Assets:Inventory:Allowance  -7 USD
  Expenses:Wages
"""
    )
    rolled = roll(by_hand, by="item")
    (tie,) = rolled.ties
    assert not rolled.is_tied
    assert tie.account == "Assets:Inventory:Allowance"
    assert [int(amount) for amount in (tie.written, tie.ledger, tie.lots)] == [50, 57, 50]


def test_a_period_stands_beside_that_of_the_year_before() -> None:
    # what production moved from wax to candles is a transfer in both years
    again = (
        WAX.replace("2023-02-28", "2024-02-29").replace("2023-", "2024-").replace("5.00", "4.00")
    )
    entries, options = load(WAX + again)
    run = follow_ledger(entries, options)
    span = D(2024, 1, 1), D(2024, 2, 29)
    rows = roll_beside(run, span, "item")
    assert [(row.commodity, row.start, row.end) for row in rows] == [
        ("CANDLE", *span),
        ("CANDLE", D(2023, 1, 1), D(2023, 12, 31)),
        ("WAX", *span),
        ("WAX", D(2023, 1, 1), D(2023, 12, 31)),
    ]
    assert [(int(row.opening), int(row.transfers), int(row.closing)) for row in rows] == [
        (50, 200, 100),
        (0, 100, 50),
        (0, -200, 0),
        (0, -100, 0),
    ]
    assert all(
        row.opening == before.closing for row, before in zip(rows[::2], rows[1::2], strict=True)
    )
    part = D(2024, 2, 1), D(2024, 2, 29)
    (now, before) = roll_beside(run, part)
    assert (before.start, before.end) == (D(2023, 2, 1), D(2023, 2, 28))
    assert [int(now.opening), int(before.opening)] == [250, 100]
    assert roll_beside(run, (D(2023, 1, 1), D(2023, 12, 31))) == []


def test_start_and_length() -> None:
    rolled = roll(WAX, start=D(2023, 2, 1))
    assert [(int(row.opening), int(row.closing)) for row in rolled.rows] == [(100, 50)]
    rolled = roll(WAX, "{'fiscal_year_end': '01-31'}")
    assert [(row.start, row.end) for row in rolled.rows] == [
        (D(2022, 2, 1), D(2023, 1, 31)),
        (D(2023, 2, 1), D(2023, 2, 28)),
    ]


BOOKED = """
2023-01-01 open Assets:Inventory:Allowance
2023-01-01 open Expenses:Inventory:Reversal
2023-01-10 * "Wax"
  Assets:Inventory   100 WAX {6.00 USD}
  Assets:Bank
2023-01-15 * "Taken over" #invwd
  invwd-group: "WAX"
  Assets:Inventory:Allowance  -30.00 USD
  Equity:Opening
2023-01-16 * "And back" #invwd
  invwd-group: "WAX"
  Assets:Inventory:Allowance   11.00 USD
  Expenses:Inventory:Reversal
2023-01-16 * "And on" #invwd
  invwd-group: "WAX"
  Assets:Inventory:Allowance   -1.00 USD
  Expenses:Inventory:Write-Down
2023-01-17 * "A tag of the user's own" #invwd
  Assets:Bank   1.00 USD
  Equity:Opening
2023-01-31 price WAX 5.80 USD
"""


def test_booked_movements_count_with_what_they_say_or_show() -> None:
    entries, options = load(BOOKED)
    run = follow_ledger(entries, options)
    rows = read_history(run).written
    assert [(row.kind, int(row.change)) for row in rows] == [
        ("transfer", 30),  # no loss: it was taken over
        ("reversal", -11),
        ("write-down", 1),
    ]
    assert rows[0].changes == {"Assets:Inventory:Allowance": Decimal("30.00")}
    assert (rows[0].quantity, rows[0].price, rows[0].source) == (None, None, "")
    rolled = roll_forward(run)
    assert rolled.is_tied
    assert [row.closing for row in rolled.rows] == [20]
    assert [(int(row.opening), int(row.write_downs)) for row in rolled.rows] == [(30, 1)]


@pytest.mark.parametrize(
    ("old", "new", "opening"),
    [
        ("", "", 30),
        ('"Taken over" #invwd\n', '"Lost" #invwd\n  invwd: "write-down"\n', 0),
        ("-30.00 USD\n  Equity:Opening", "-30.00 USD\n  Expenses:Inventory:Write-Down", 0),
    ],
)
def test_only_what_came_from_elsewhere_was_there_before(old: str, new: str, opening: int) -> None:
    (row,) = roll(BOOKED.replace(old, new, 1) if old else BOOKED).rows
    assert [row.opening, row.taken_over, row.closing] == [opening, opening, 20]


TAKEN_OVER = """
2023-01-01 open Assets:Inventory:Allowance
2023-01-01 * "Wax"
  Assets:Inventory   100 WAX {6.00 USD}
  Assets:Bank
"""


def take_over(*days: str) -> str:
    """A ledger that takes over 10.00 on each of some days."""
    return TAKEN_OVER + "".join(
        f'{day} * "Taken over" #invwd\n  invwd-group: "WAX"\n'
        f"  Assets:Inventory:Allowance  -10.00 USD\n  Equity:Opening\n"
        f"{day} price WAX 5.00 USD\n"
        for day in days
    )


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["2023-01-01"], [(1, 10)]),
        (["2023-01-31"], [(1, 10)]),
        (["2023-02-28"], [(2, 10)]),
        (["2023-01-10", "2023-02-28"], [(1, 10), (2, 0)]),
    ],
)
def test_rows_begin_where_an_allowance_was_taken_over(days: list[str], told: list[Any]) -> None:
    rows = roll(take_over(*days), "{'start': '2023-03-31'}", length="month").rows
    assert [(row.start.month, int(row.taken_over)) for row in rows] == told
    assert sum(row.closing for row in rows[-1:]) == 10 * len(days)


def test_what_was_taken_over_and_went_into_a_product_was_there_before() -> None:
    taken = """
2023-01-01 open Assets:Inventory:Allowance
2023-01-11 * "Taken over" #invwd
  invwd-group: "WAX"
  Assets:Inventory:Allowance  -30.00 USD
  Equity:Opening
"""
    rows = roll(WAX + taken, by="item").rows
    assert [
        (row.commodity, int(row.opening), int(row.write_downs), int(row.transfers)) for row in rows
    ] == [("CANDLE", 0, 0, 100), ("WAX", 30, 70, -100)]


def test_what_some_movements_add_up_to() -> None:
    entries, options = load(WAX)
    run = follow_ledger(entries, options)
    written = read_history(run).written
    some = roll_some(run, written[:1], "year", D(2023, 1, 1), "item")
    assert [(row.commodity, int(row.closing)) for row in some.rows] == [("WAX", 100)]
    assert document_rollforward(some, "item").notes == []
    none = roll_some(run, [], "year", D(2023, 1, 1))
    assert [row.is_empty for row in none.rows] == [True]
    assert roll_some(run, [], "year", D(2023, 1, 1), "item").rows == []


def test_a_period_of_some_movements_moves_nothing_between_items() -> None:
    again = WAX.replace("2023-02-28", "2024-02-29").replace("2023-", "2024-")
    entries, options = load(WAX + again)
    run = follow_ledger(entries, options)
    span = D(2024, 1, 1), D(2024, 2, 29)
    assert roll_beside(run, span, "item", []) == []
    assert [row.is_empty for row in roll_beside(run, span, None, [])] == [True, True]


def test_what_ties_is_said_with_money_on_the_account() -> None:
    ledger = WAX + '2023-02-11 * "By hand"\n  Assets:Inventory  3.00 USD\n  Assets:Bank\n'
    rolled = roll(ledger)
    first, second = document_rollforward(rolled).notes
    assert first.startswith("The closing allowance is the balance of the allowance accounts")
    assert "3.00 USD" in second
    keys = {by: document_rollforward(roll(WAX, by=by), by).tables[0].columns for by in _WAYS}
    assert {by: [row.key for row in found[:4]] for by, found in keys.items()} == {
        None: ["entity", "currency", "from", "to"],
        "item": ["entity", "currency", "commodity", "from"],
        "category": ["entity", "currency", "category", "from"],
    }


_WAYS: tuple[RollBy | None, ...] = (None, "item", "category")


def test_a_booked_movement_in_two_currencies_is_two() -> None:
    euros = "  Assets:Bank  1.00 EUR\n  Equity:Opening  -1.00 EUR\n"
    two = BOOKED.replace(
        "  Equity:Opening\n2023-01-16", f"  Equity:Opening  30.00 USD\n{euros}2023-01-16"
    )
    entries, _, options = loader.load_string(HEAD.replace("{config}", "{}") + two)
    rows = read_history(follow_ledger(entries, options)).written
    assert [(row.kind, row.currency, int(row.change)) for row in rows] == [
        ("transfer", "USD", 30),
        ("transfer", "EUR", 0),
        ("reversal", "USD", -11),
        ("write-down", "USD", 1),
    ]


ENTITIES = """
plugin "beancount_invwd" "{'inventory': 'Assets:(?P<entity>[^:]+):Inventory'}"
2023-01-01 open Assets:North:Inventory
2023-01-01 open Assets:North:Inventory:Allowance
2023-01-01 open Assets:South:Inventory
2023-01-01 open Assets:South:Inventory:Allowance
2023-01-01 open Assets:Bank
2023-01-01 open Equity:Opening
2023-01-10 * "Wax and mugs"
  Assets:North:Inventory   100 WAX {6.00 USD}
  Assets:South:Inventory   100 WAX {6.00 USD}
  Assets:South:Inventory    10 MUG {6.00 USD}
  Assets:Bank
2023-01-15 * "Taken over" #invwd
  Assets:North:Inventory:Allowance  -10.00 USD
    invwd-group: "WAX"
  Assets:South:Inventory:Allowance   -5.00 USD
    invwd-group: "MUG"
  Equity:Opening
2023-01-31 balance Assets:North:Inventory  100 WAX
"""


def test_booked_movements_of_several_groups_and_entities() -> None:
    entries, errors, options = loader.load_string(ENTITIES)
    run = follow_ledger(entries, options)
    rows = read_history(run).written
    assert [(row.group, row.entity, int(row.change)) for row in rows] == [
        ("WAX", "North", 10),
        ("MUG", "South", 5),
    ]
    rolled = roll_forward(run)
    assert [(row.entity, int(row.closing)) for row in rolled.rows] == [("North", 10), ("South", 5)]
    assert [error.message[:30] for error in errors] == ["no item on hand has a price th"]


def test_the_first_year_is_that_of_the_first_transaction() -> None:
    entries, options = load("2022-03-01 open Assets:Old\n2022-03-01 price WAX 5.00 USD\n" + WAX)
    assert find_year_start(follow_ledger(entries, options)) == D(2023, 1, 1)


def test_a_period_that_ends_on_the_last_day_to_look_at_is_not_tested() -> None:
    entries, options = load(WAX.replace("2023-02-28", "2023-02-20"))
    run = follow_ledger(entries, options)
    assert find_unmeasured(run, D(2023, 2, 28)) == (D(2023, 2, 20), D(2023, 2, 28))
    assert find_unmeasured(run, D(2023, 2, 27)) is None
    run = follow_ledger(*load(WAX))
    assert find_unmeasured(run, D(2023, 3, 31)) == (D(2023, 2, 28), D(2023, 3, 31))


def test_spans() -> None:
    ends = [end for _, end in split_span(D(2023, 5, 15), D(2024, 2, 10), "quarter", YearEnd(6, 30))]
    assert ends == [D(2023, 6, 30), D(2023, 9, 30), D(2023, 12, 31), D(2024, 2, 10)]
    assert fiscal_year_start(D(2024, 2, 10), YearEnd(6, 30)) == D(2023, 7, 1)
    assert fiscal_year_start(D(2024, 7, 1), YearEnd(6, 30)) == D(2024, 7, 1)
    assert fiscal_year_start(D.min, YearEnd(6, 30)) == D.min
    assert (day_before(D(2024, 3, 1)), day_before(D.min)) == (D(2024, 2, 29), D.min)
