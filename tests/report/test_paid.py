"""List prices against what was paid, and assumed selling costs against the ledger's fees."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.report.ledger.recent_sales import find_paid
from beancount_invwd.report.price_list import document_price_list, list_price_needs
from beancount_invwd.report.risk.risk import list_risks
from beancount_invwd.report.risk.selling_costs import (
    find_accounts,
    find_selling_costs,
    table_selling_costs,
)
from beancount_invwd.report.todo.todo import list_tasks

HEAD = """
plugin "beancount_invwd" "{config}"
2024-01-01 open Assets:Inventory:Store "FIFO"
2024-01-01 open Assets:Bank
2024-01-01 open Income:Sales
2024-01-01 open Expenses:COGS
2024-01-01 open Expenses:Fees:Cards
2024-01-01 open Expenses:Fees:Parcels
2024-01-01 * "100 bought"
  Assets:Inventory:Store   100 WIDGET {10.00 USD}
  Assets:Bank
2024-01-31 price WIDGET 12.00 USD
"""


LOWER = "2024-02-01 price WIDGET 9.50 USD\n"


def sell(units: int, income: str, day: str = "2024-02-10", at: str = "") -> str:
    return f"""
{day} * "Sale"
  Assets:Inventory:Store   -{units} WIDGET {{}} {at}
  Income:Sales   -{income}
  Assets:Bank     {income}
  Expenses:COGS   {units * 10} USD
"""


def follow(body: str, config: str = "{}") -> Run:
    entries, errors, options = loader.load_string(HEAD.replace("{config}", config) + body)
    assert errors == []
    return follow_ledger(entries, options, date(2024, 2, 29))


def find_risk(body: str, config: str = "{}") -> Any:
    (row,) = list_risks(follow(body, config), is_whole=True)
    return row


def test_the_median_is_by_units() -> None:
    run = follow(sell(1, "12.00 USD") + sell(1, "11.00 USD") + sell(8, "64.00 USD"))
    assert find_paid(run)["WIDGET", "USD"].median == 8


def test_a_price_that_nobody_pays_is_told_with_what_hangs_on_it() -> None:
    # 80 left; at 9.00 they lose 80.00, at 12.00 nothing
    body = sell(20, "180.00 USD")
    row = find_risk(body)
    assert (row.listed, row.paid, row.loss_paid) == (12, 9, 80)
    assert "list price" in row.warnings
    assert "80.00 USD are lost at 9.00, the median" in row.why
    run = follow(body)
    need: Any
    (need,) = list_price_needs(run)
    assert (need.need, need.median_price, need.loss) == ("not paid", 9, 80)
    assert need.line == "2024-02-29 price WIDGET 9.00 USD"
    notes = document_price_list(run, [need], 30).notes
    assert any(note.startswith("'not paid'") for note in notes)
    tasks: list[Any] = [task for task in list_tasks(run) if task.kind == "price"]
    assert [(task.amount, task.reason[:20]) for task in tasks] == [(80, "nobody pays the pric")]


def test_what_hangs_on_a_price_is_what_is_lost_on_top() -> None:
    # 80 left, worth 9.50; 40.00 are lost at that, and 40.00 more at 9.00
    row = find_risk(sell(20, "180.00 USD").replace("2024-02-10", "2024-02-20") + LOWER)
    assert (row.listed, row.paid, row.loss_paid) == (Decimal("9.50"), 9, 40)


def test_what_a_rate_takes_does_not_hang_on_a_price() -> None:
    # 80 old ones at 80 % of cost lose nothing at 9.00; ten new ones lose 10.00
    more = """
2024-02-01 * "Ten more"
  Assets:Inventory:Store   10 WIDGET {10.00 USD}
  Assets:Bank
"""
    row = find_risk(sell(20, "180.00 USD") + more, "{'ageing': {40: '20%'}}")
    assert (row.listed, row.paid, row.loss_paid) == (12, 9, 10)


@pytest.mark.parametrize(
    "body",
    [
        sell(20, "180.00 USD") + sell(1, "12.00 USD"),  # one did
        sell(20, "180.00 USD", "2024-01-20"),  # there was no price yet
        sell(20, "220.00 USD") + "2024-02-20 price WIDGET 11.00 USD\n",  # it came down to that
        sell(20, "240.00 USD") + "2024-02-20 price WIDGET 15.00 USD\n",  # it went up since
        sell(20, "180.00 USD").replace('"Sale"', '"To friends"\n  invwd-exclude: TRUE'),
        "",
    ],
)
def test_a_price_that_somebody_paid_or_nobody_could_is_no_warning(body: str) -> None:
    row = find_risk(body)
    assert "list price" not in row.warnings
    assert row.loss_paid == 0
    assert list_price_needs(follow(body)) == []


def test_tax_is_no_part_of_either() -> None:
    config = "{'price_includes': '20%'}"
    row = find_risk(sell(10, "100.00 USD", at="@ 12.00 USD"), config)
    assert (row.listed, row.paid) == (10, 10)
    assert "list price" not in row.warnings
    row = find_risk(sell(10, "90.00 USD"), config)
    assert (row.listed, row.paid, row.loss_paid) == (10, 9, 90)
    (need,) = list_price_needs(follow(sell(10, "90.00 USD"), config))
    assert need.line == "2024-02-29 price WIDGET 10.80 USD"


def test_where_money_does_not_hang_on_it_there_is_nothing_to_do() -> None:
    run = follow(sell(20, "230.00 USD"))
    assert [row.need for row in list_price_needs(run)] == ["not paid"]
    assert [task for task in list_tasks(run) if task.kind == "price"] == []
    row = find_risk(sell(20, "230.00 USD"))
    assert (row.paid, "list price" in row.warnings) == (Decimal("11.5"), False)


FEES = """
2024-02-11 * "Fees and parcels"
  Expenses:Fees:Cards     10.00 USD
  Expenses:Fees:Parcels    8.00 USD
  Assets:Bank
"""


def test_selling_costs_of_the_ledger_against_what_is_assumed() -> None:
    run = follow(sell(20, "240.00 USD") + FEES, "{'selling_cost': '5%'}")
    accounts = find_accounts(run, ["Expenses:Fees"])
    assert accounts == ["Expenses:Fees:Cards", "Expenses:Fees:Parcels"]
    row: Any
    (row,) = find_selling_costs(run, accounts)
    assert (row.sales, row.booked, row.assumed, row.difference) == (240, 18, 12, 6)
    assert (row.booked_rate, row.assumed_rate) == (Decimal("0.075"), Decimal("0.05"))
    (row,) = find_selling_costs(run, find_accounts(run, ["Expenses:Fees:Cards"]))
    assert row.booked == 10


def test_selling_costs_are_those_of_a_year() -> None:
    text = HEAD.replace("{config}", "{}") + sell(20, "240.00 USD")
    for day, fee in (("2024-02-02", 8), ("2024-02-03", 4), ("2025-02-01", 2)):
        text += f'{day} * "Fee"\n  Expenses:Fees:Cards  {fee} USD\n  Assets:Bank\n'
        text += sell(1, f"{fee}.00 USD", day)
    entries, _, options = loader.load_string(text)
    run = follow_ledger(entries, options, date(2025, 2, 1))
    (row,) = find_selling_costs(run, ["Expenses:Fees:Cards"])
    assert [row.booked, row.sales] == [6, 246]
    assert "2024-02-03 to 2025-02-01" in table_selling_costs(run, ["Expenses:Fees:Cards"]).empty


def test_what_was_sold_for_an_unknown_price_has_no_assumed_cost() -> None:
    given = (
        '2024-02-12 * "A gift"\n  Assets:Inventory:Store  -5 WIDGET {}\n  Expenses:COGS  50 USD\n'
    )
    run = follow(sell(20, "240.00 USD") + given, "{'selling_cost': '5%'}")
    (row,) = find_selling_costs(run, [])
    assert [row.sales, row.assumed] == [240, 12]


@pytest.mark.parametrize(("cost", "assumed"), [("0.40 USD", 8), ("25% of cost", 50), ("0%", 0)])
def test_assumed_costs_are_those_of_the_rule(cost: str, assumed: int) -> None:
    run = follow(sell(20, "240.00 USD") + FEES, repr({"selling_cost": cost}))
    (row,) = find_selling_costs(run, find_accounts(run, ["Expenses:Fees"]))
    assert row.assumed == assumed


def test_without_sales_there_is_no_rate() -> None:
    run = follow(FEES)
    row: Any
    (row,) = find_selling_costs(run, find_accounts(run, ["Expenses:Fees"]))
    assert (row.booked_rate, row.assumed_rate, row.booked) == (None, None, 18)


@pytest.mark.parametrize("pattern", ["Expenses:Postage", "(A+)+", "("])
def test_a_pattern_that_names_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(RuleError):
        find_accounts(follow(""), [pattern])
