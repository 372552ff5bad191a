"""An allowance that came from elsewhere is the opening of the roll-forward, and has a source."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from beancount import loader

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.report.explain.explain import explain
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.movements import list_movements
from beancount_invwd.report.rollforward import roll_forward

HEAD = """
plugin "beancount_invwd" "{config}"
2023-01-01 open Assets:Bank
2023-01-01 open Assets:Inventory:Store "FIFO"
2023-01-01 open Expenses:COGS
"""
TAKEN_OVER = """
2023-01-01 open Equity:Opening
2023-01-01 open Assets:Inventory:Store:Allowance
{day} * "Taken over from the old system" #invwd
  invwd-group: "WIDGET"
  Assets:Inventory:Store:Allowance  -40.00 USD
  Equity:Opening                     40.00 USD
"""
BOUGHT = """
2023-01-02 * "Opening stock"
  Assets:Inventory:Store  10 WIDGET {10.00 USD}
  Assets:Bank
2023-12-31 price WIDGET 6.00 USD
"""


def load(body: str, config: str = "{'period': 'year'}") -> Run:
    entries, errors, options = loader.load_string(HEAD.replace("{config}", config) + body)
    assert errors == []
    return follow_ledger(entries, options)


def list_columns(body: str, **given: Any) -> list[Any]:
    rows: Any = roll_forward(load(body), **given).rows
    return [(str(row.start), *map(int, (row.opening, row.transfers, row.closing))) for row in rows]


@pytest.mark.parametrize("day", ["2023-01-02", "2023-01-17"])
def test_what_is_taken_over_is_the_opening(day: str) -> None:
    body = BOUGHT + TAKEN_OVER.replace("{day}", day)
    assert list_columns(body) == [("2023-01-01", 40, 0, 40)]


def test_before_an_allowance_is_taken_over_there_is_nothing_to_roll() -> None:
    body = BOUGHT + TAKEN_OVER.replace("{day}", "2023-11-15")
    rows = list_columns(body, length="month")
    assert rows == [("2023-11-01", 40, 0, 40), ("2023-12-01", 40, 0, 40)]
    assert list_columns(body, length="month", start=datetime.date(2023, 12, 1)) == rows[1:]


def test_what_comes_later_from_elsewhere_is_a_transfer() -> None:
    first = TAKEN_OVER.replace("{day}", "2023-01-02").replace("40.00", "30.00")
    second = TAKEN_OVER.replace("{day}", "2023-06-02").replace("40.00", "10.00")
    second = "\n".join(row for row in second.splitlines() if " open " not in row)
    body = BOUGHT + first + second
    assert list_columns(body, length="quarter")[:2] == [
        ("2023-01-01", 30, 0, 30),
        ("2023-04-01", 30, 10, 40),
    ]


def test_a_write_down_by_hand_is_no_opening() -> None:
    body = BOUGHT + TAKEN_OVER.replace("{day}", "2023-01-02").replace(
        "Equity:Opening", "Expenses:Lost"
    )
    row: Any
    (row,) = roll_forward(load(body)).rows
    assert (row.opening, row.write_downs) == (0, 40)


def test_what_was_taken_over_names_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    text = HEAD.replace("{config}", "{}") + BOUGHT + TAKEN_OVER.replace("{day}", "2023-01-02")
    path.write_text(text)
    entries, _, options = loader.load_file(str(path))
    run = follow_ledger(entries, options)
    (row,) = list_movements(run, read_history(run).written)
    line = text.splitlines().index('2023-01-02 * "Taken over from the old system" #invwd')
    assert row.cause == f"ledger.beancount:{line + 1}"
    steps = explain(run, "WIDGET").chapters[0].steps
    assert row.cause in [step.source for step in steps if step.section == "Written"]


def test_the_line_of_the_year_is_no_movement_of_the_allowance() -> None:
    # 40.00 go to cost of goods sold; once 50.00 are reached, from there to the line
    config = "{'period': 'month', 'materiality': '50 USD'}"
    body = (
        BOUGHT.replace("2023-12-31 price", "2023-02-28 price")
        + "2023-01-31 price WIDGET 8.00 USD\n"
    )
    bought = body.replace("10 WIDGET", "20 WIDGET")
    run = load(bought, config)
    found: Any = read_history(run).written
    assert [(row.group, row.change) for row in found] == [
        ("WIDGET", 40),
        ("WIDGET", 40),
    ]
    row: Any
    (row,) = roll_forward(run, by="item").rows
    assert (row.commodity, row.write_downs, row.transfers) == ("WIDGET", 80, 0)
