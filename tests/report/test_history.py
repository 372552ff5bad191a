"""What inventory cost on any date, and the entries that concern its allowances."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader

from beancount_invwd.engine import follow_ledger
from beancount_invwd.report.ledger.history import list_cost_changes, read_history
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.spans import find_state
from beancount_invwd.report.ledger.tie_out import tie_out
from beancount_invwd.report.movements import list_movements
from beancount_invwd.report.rollforward import roll_forward, roll_some
from tests.support.fava_pages import EXAMPLE

LEDGER = """
plugin "beancount_invwd" "{'missing_price': 'ignore'}"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Inventory:Aside
  invwd-exclude: TRUE
2024-01-01 open Expenses:COGS
2024-01-01 commodity SHARE
  invwd-exclude: TRUE
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Inventory:Store    1 SHARE {99.00 USD}
  Assets:Inventory:Aside    1 WIDGET {12.00 USD}
  Assets:Bank
2024-01-31 price WIDGET 9.00 USD
2024-02-10 * "Sale"
  Assets:Inventory:Store   -4 WIDGET {}
  Expenses:COGS            48.00 USD
2024-02-20 * "Not by the plugin"
  Assets:Inventory:Store:Allowance   1.00 USD
  Expenses:COGS                     -1.00 USD
2024-02-25 * "Rent"
  Expenses:COGS             5.00 USD
  Assets:Bank
"""


ALLOWANCE = "Assets:Inventory:Store:Allowance"


def _load(text: str) -> tuple[list[Any], Any]:
    entries, errors, options = loader.load_string(text)
    by_hand = [error for error in errors if "differ from the allowances" in error.message]
    assert errors == by_hand
    return list(entries), options


def test_costs_are_those_of_goods_in_scope() -> None:
    entries, options = _load(LEDGER)
    changes = list_cost_changes(follow_ledger(entries, options))
    assert [(row.date, row.commodity, row.cost) for row in changes] == [
        (date(2024, 1, 10), "WIDGET", Decimal(120)),
        (date(2024, 2, 10), "WIDGET", Decimal(-48)),
    ]


def test_balances_have_movements_and_what_else_was_posted_to_allowances() -> None:
    entries, options = _load(LEDGER)
    history = read_history(follow_ledger(entries, options))
    assert [(row.date, row.change) for row in history.written] == [
        (date(2024, 1, 31), Decimal(30)),
        (date(2024, 2, 10), Decimal(-12)),
    ]
    assert history.balances == {(ALLOWANCE, "USD"): Decimal(17)}


def test_nothing_after_the_date_is_read() -> None:
    entries, options = _load(LEDGER)
    run = follow_ledger(entries, options, date(2024, 2, 9))
    history = read_history(run)
    assert len(list_cost_changes(run)) == 1
    assert history.costs == {("Assets:Inventory:Store", "USD"): Decimal(120)}
    assert len(history.written) == 1
    assert history.balances == {(ALLOWANCE, "USD"): Decimal(30)}


def test_costs_and_balances_are_those_of_the_lots_on_any_date() -> None:
    entries, _, options = loader.load_file(str(EXAMPLE))
    for day in (date(2023, 10, 31), date(2024, 3, 15), None):
        run = follow_ledger(entries, options, day)
        history = read_history(run)
        assert all(row.ledger == row.lots for row in tie_out(run))
        (total,) = sum_totals(list_positions(run))
        assert sum(history.costs.values()) == total.cost
        assert sum(row.cost for row in list_cost_changes(run)) == total.cost


def test_positions_of_some_lots_are_parts_of_the_whole() -> None:
    entries, _, options = loader.load_file(str(EXAMPLE))
    run = follow_ledger(entries, options)
    lots = run.rows
    parts = [sum_totals(list_positions(run, "item", [row]))[0].cost for row in lots]
    assert sum(parts) == sum_totals(list_positions(run))[0].cost


def test_rolling_all_movements_is_rolling_the_ledger() -> None:
    entries, _, options = loader.load_file(str(EXAMPLE))
    run = follow_ledger(entries, options)
    whole = roll_forward(run, "quarter", None, date(2023, 1, 1))
    written = read_history(run).written
    part = roll_some(run, written, "quarter", date(2023, 1, 1))
    assert part.rows == whole.rows
    assert part.is_part
    assert not whole.is_part


def test_a_movement_names_what_caused_it() -> None:
    text = """
plugin "beancount_invwd" "{'missing_price': 'ignore'}"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Expenses:COGS
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 PRICED {12.00 USD}
  Assets:Inventory:Store   10 STATED {12.00 USD}
  Assets:Inventory:Store   10 MILK {12.00 USD}
    expires: 2024-01-20
  Assets:Inventory:Store   10 LAMP {12.00 USD}
  Assets:Bank
2024-01-20 price PRICED 9.00 USD
2024-01-21 custom "invwd-nrv" "STATED" 5.00 USD "damaged"
2024-01-22 custom "invwd-contract" 4 LAMP 11.00 USD
  until: 2024-06-30
2024-01-23 price LAMP 10.00 USD
2024-02-10 * "Sale"
  Assets:Inventory:Store   -4 PRICED {}
  Expenses:COGS            48.00 USD
2024-02-11 * "By hand" #invwd
  invwd-group: "PRICED"
  Assets:Inventory:Store:Allowance   -1.00 USD
  Expenses:COGS                       1.00 USD
"""
    entries, options = _load(text)
    run = follow_ledger(entries, options)
    rows = list_movements(run, read_history(run).written)
    lines = text.splitlines()
    causes = {
        (row.kind, row.group): lines[row.place["lineno"] - 1] if row.place else "" for row in rows
    }
    assert causes["write-down", "PRICED"] == '2024-02-11 * "By hand" #invwd'
    assert causes["write-down", "STATED"].startswith('2024-01-21 custom "invwd-nrv"')
    assert causes["write-off", "MILK"] == '2024-01-10 * "Purchase"'
    assert causes["write-down", "LAMP"].startswith('2024-01-22 custom "invwd-contract"')
    assert causes["release", "PRICED"] == '2024-02-10 * "Sale"'


@pytest.mark.parametrize("basis", ["item", "total"])
def test_the_price_that_decided_is_named_not_another_of_its_day(basis: str) -> None:
    text = f"""
plugin "beancount.plugins.implicit_prices"
plugin "beancount_invwd" "{{'basis': '{basis}'}}"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Inventory:Store:Allowance
2024-01-01 open Expenses:Inventory:Write-Down
2024-01-20 price MUG 9.00 USD
2024-01-20 price MUG 8.00 EUR
2024-01-20 * "Purchase, of which implicit_prices makes a price"
  Assets:Inventory:Store   10 MUG {{12.00 USD}}
  Assets:Bank
2024-02-20 price MUG 7.00 USD
2024-02-20 price MUG 6.00 USD
2024-02-29 * "Booked" #invwd
  invwd-group: "{"MUG" if basis == "item" else "total"}"
  invwd: "write-down"
  invwd-price: 7.00
  invwd-price-date: 2024-02-20
  Assets:Inventory:Store:Allowance   -20.00 USD
  Expenses:Inventory:Write-Down
"""
    entries, options = _load(text)
    run = follow_ledger(entries, options)
    rows = list_movements(run, read_history(run).written)
    lines = text.splitlines()
    causes = [lines[row.place["lineno"] - 1] if row.place else "" for row in rows]
    booked = "2024-02-20 price MUG 7.00 USD" if basis == "item" else ""
    assert causes == ["2024-01-20 price MUG 9.00 USD", booked, "2024-02-20 price MUG 6.00 USD"]


MORE = "  Assets:Inventory:Store   1 WIDGET {12.00 USD}\n  Assets:Bank"


@pytest.mark.parametrize(
    "mistake",
    [
        '2024-05-01 custom "invwd-nrv" "WIDGET" 4.00 EUR',
        '2024-05-01 custom "invwd-nrv" "WIDGET" 4.00 USD "damaged"\n  lot: "A"',
        f'2024-05-01 * "More"\n  invwd-nrw: 5.00 USD\n{MORE}',
    ],
)
def test_a_later_mistake_keeps_an_item_out_of_earlier_reports(mistake: str) -> None:
    entries, errors, options = loader.load_string(LEDGER + mistake)
    assert any("WIDGET" in error.message or "invwd-nrw" in error.message for error in errors)
    (position,) = list_positions(
        follow_ledger(list(entries), options, date(2024, 1, 31)), by="item"
    )
    assert position.commodity == "WIDGET"
    assert position.measure is None
    assert not position.allowance


@pytest.mark.parametrize("changes", [None, {"standard": "hgb"}])
@pytest.mark.parametrize("first", [None, date(2024, 2, 15)])
def test_another_date_is_found_as_if_it_was_asked_for(first: date | None, changes: Any) -> None:
    later = '2024-03-01 custom "invwd-nrv" "WIDGET" 5.00 EUR\n'  # bought in USD: a mistake
    for text in (LEDGER, LEDGER + later):
        entries, _, options = loader.load_string(text)
        run, day = follow_ledger(entries, options, first, changes), date(2024, 1, 31)
        there, known = find_state(run, day), follow_ledger(entries, options, day)
        assert there is find_state(run, day)
        assert [row.allowance for row in there.stocks] == [row.allowance for row in known.stocks]
        assert [row.measured for row in there.rows] == [row.measured for row in known.rows]
        assert there.errors == known.errors
        assert there.blocked == known.blocked
        assert set(there.blocked or ()) == ({"WIDGET"} if later in text else set())
