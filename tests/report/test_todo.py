"""What to do next: each with its money, reason and the line that settles it."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest
from beancount import loader

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.report.price_list import list_price_needs
from beancount_invwd.report.risk.advice import is_near_cost
from beancount_invwd.report.risk.risk import list_risks
from beancount_invwd.report.todo.document import document_tasks
from beancount_invwd.report.todo.task import Task
from beancount_invwd.report.todo.todo import list_tasks

HEAD = """
plugin "beancount_invwd" "{'price_max_age': 60}"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Equipment
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Expenses:COGS
2024-01-01 open Income:Sales
2024-01-05 * "Purchase"
  Assets:Inventory:Store  10 MUG {20.00 USD}
  Assets:Bank
"""
PRICED = "2024-01-31 price MUG 25.00 USD\n"
SALE = """
2024-02-10 * "Sale"
  Assets:Inventory:Store  -1 MUG {}
  Expenses:COGS           20.00 USD
  Income:Sales            {income} USD
  Assets:Bank
"""
JAM = """
2024-01-05 * "Jam"
  Assets:Inventory:Store  24 JAM {2.50 USD, "J-1"}
    expires: 2024-02-20
  Assets:Bank
2024-01-31 price JAM 4.00 USD
"""


def follow(body: str, day: str | None = None) -> Run:
    entries, _, options = loader.load_string(HEAD + body)
    return follow_ledger(
        entries, options, None if day is None else datetime.date.fromisoformat(day)
    )


def find(run: Run, kind: str, within: int = 30) -> list[Task]:
    return [row for row in list_tasks(run, within) if row.kind == kind]


def test_a_period_end_that_passed_is_cured_by_the_line() -> None:
    body = PRICED + "2024-02-20 price MUG 15.00 USD\n"
    (task,) = find(follow(body, "2024-03-10"), "untested-period-end")
    assert [task.amount, task.currency, task.date] == [50, "USD", datetime.date(2024, 2, 29)]
    assert task.line == "2024-02-29 balance Assets:Inventory:Store 10 MUG"
    cured = follow(f"{body}{task.line}\n", "2024-03-10")
    assert find(cured, "untested-period-end") == []
    assert sum(row.lot.allowance for row in cured.rows) == 50


@pytest.mark.parametrize("inventory", ["Assets:Inventory", "Assets:Inventory:Store(?!:Lent)"])
def test_the_line_counts_what_is_below_the_account_as_a_balance_does(inventory: str) -> None:
    body = """
2024-01-01 open Assets:Inventory:Store:Lent
  invwd-exclude: TRUE
2024-01-01 open Assets:Inventory:Store:Lent:Shelf
  invwd-exclude: TRUE
2024-02-19 * "Of others, without a cost"
  Assets:Inventory:Store:Lent        3 MUG
  Assets:Inventory:Store:Lent:Shelf  2 MUG
  Assets:Equipment                  -5 MUG
2024-02-20 price MUG 15.00 USD
"""
    config = f"{{'inventory': '{inventory}'}}"
    entries, _, options = loader.load_string(HEAD.replace("{'price_max_age': 60}", config) + body)
    run = follow_ledger(entries, options, datetime.date(2024, 3, 10))
    (task,) = find(run, "untested-period-end")
    assert task.line == "2024-02-29 balance Assets:Inventory:Store 15 MUG"


def test_a_period_end_to_come_is_told_if_it_would_cost() -> None:
    body = PRICED + "2024-02-20 price MUG {} USD\n"
    (task,) = find(follow(body.format("15.00")), "untested-period-end")
    assert task.date == datetime.date(2024, 2, 29)
    assert task.reason.startswith("a period ends on 2024-02-29 and is tested only if the ledger")
    assert find(follow(body.format("25.00")), "untested-period-end") == []
    assert find(follow(body.format("15.00")), "untested-period-end", within=8) == []


def test_with_until_the_plugin_line_has_to_change() -> None:
    entries, _, options = loader.load_string(
        HEAD.replace("'price_max_age': 60", "'until': '2024-01-31'") + PRICED
    )
    (task,) = find(
        follow_ledger(entries, options, datetime.date(2024, 3, 1)), "untested-period-end"
    )
    assert task.line == "'until': '2024-02-29'"


@pytest.mark.parametrize(("own", "due"), [("", ["MUG"]), ("    invwd-nrv: 9 USD\n", [])])
def test_goods_whose_value_their_purchase_states_need_no_newer_price(
    own: str, due: list[str]
) -> None:
    bought = "  Assets:Inventory:Store  10 MUG {20.00 USD}\n"
    text = (HEAD + PRICED).replace(bought, bought + own)
    entries, _, options = loader.load_string(text)
    run = follow_ledger(entries, options, datetime.date(2024, 3, 2))
    assert [row.commodity for row in list_price_needs(run, 60)] == due


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2024-02-01", None),
        ("2024-03-02", "the price gets too old; the last is of 2024-01-31"),
        ("2024-04-01", "the price is too old; the last is of 2024-01-31"),
    ],
)
def test_prices_age(day: str, reason: str | None) -> None:
    found = find(follow(PRICED, day), "price")
    assert [row.reason for row in found] == ([reason] if reason else [])


def test_a_missing_price_offers_what_it_sold_for() -> None:
    (task,) = find(follow(SALE.replace("{income}", "-23.00")), "price")
    assert [task.reason, task.amount] == ["there is no price", 180]
    assert task.line == "2024-02-10 price MUG 23.00 USD"
    assert find(follow(f"{SALE.replace('{income}', '-23.00')}{task.line}\n"), "price") == []


def test_of_many_prices_those_of_the_most_cost_are_asked_for_one_by_one() -> None:
    goods = "".join(f"  Assets:Inventory:Store  {i} ART-{i} {{1 USD}}\n" for i in range(1, 13))
    run = follow(f'{PRICED}2024-02-01 * "More"\n{goods}  Assets:Bank\n', "2024-02-01")
    asked = find(run, "price")
    assert len(asked) == 11
    assert [asked[0].amount, asked[1].commodity, asked[-1].amount] == [12, "ART-11", 3]
    (rest,) = [row for row in asked if row.commodity is None]
    assert [rest.amount, rest.reason] == [1 + 2, "2 more alike, listed by: bean-invwd prices"]


def test_a_price_that_lacks_a_rate_asks_for_the_rate() -> None:
    (row,) = list_price_needs(follow("2024-01-31 price MUG 20.00 EUR\n"))
    assert [row.commodity, row.need] == ["EUR", "no rate"]
    assert row.line == "2024-01-31 price EUR … USD"


def test_the_median_of_recent_sales_is_net_and_of_the_ordinary_course() -> None:
    sales = [("-22.00", ""), ("-24.00", ""), ("-90.00", ""), ("-1.00", "  invwd-exclude: TRUE\n")]
    body = "".join(
        SALE.replace("{income}", income).replace('"Sale"\n', f'"Sale"\n{meta}')
        for income, meta in sales
    )
    (row,) = list_price_needs(follow(body))
    assert [row.median_price, row.last_sale] == [24, datetime.date(2024, 2, 10)]
    with_tax = '2024-01-01 commodity MUG\n  invwd-price-includes: "19%"\n'
    (row,) = list_price_needs(follow(body + with_tax))
    assert [row.median_price, row.line] == [24, "2024-02-10 price MUG 28.56 USD"]
    at = body.replace("MUG {}", "MUG {} @ 23.80 USD")
    (row,) = list_price_needs(follow(at + with_tax))
    assert row.median_price == Decimal("20.00")


def test_goods_that_expire_before_demand_reaches_them() -> None:
    (task,) = find(follow(PRICED + JAM), "expiring")
    assert [task.amount, task.date] == [60, datetime.date(2024, 2, 20)]
    assert "24 JAM that cost 60.00 USD expire" in task.reason
    assert "sold at 2.50 USD or more nothing is lost" in task.reason
    assert task.line == "2024-01-31 price JAM 2.50 USD"


def test_expired_goods_stay_on_the_list_until_they_are_thrown_away() -> None:
    run = follow(PRICED + JAM + "2024-02-29 price MUG 25.00 USD\n")
    (task,) = find(run, "expired")
    assert [task.amount, task.date] == [60, datetime.date(2024, 2, 20)]
    assert task.line.splitlines() == [
        "2024-02-29 open Expenses:Inventory:Write-Off",
        '2024-02-29 * "Expired JAM thrown away"',
        '  Assets:Inventory:Store  -24 JAM {2.50 USD, 2024-01-05, "J-1"}',
        "  Expenses:Inventory:Write-Off",
    ]
    body = f"{PRICED}{JAM}2024-02-29 price MUG 25.00 USD\n{task.line}\n"
    entries, errors, options = loader.load_string(HEAD + body)
    assert errors == []
    assert find(follow_ledger(entries, options), "expired") == []


def test_goods_near_cost_and_contracts_that_end() -> None:
    contract = '2024-01-20 custom "invwd-contract" 6 MUG 30.00 USD\n  until: 2024-02-15\n'
    body = PRICED.replace("25.00", "21.00") + contract
    (task,) = find(follow(body), "contract")
    assert [task.amount, task.date] == [180, datetime.date(2024, 2, 15)]
    (near,) = find(follow(PRICED.replace("25.00", "21.00")), "near-cost")
    assert near.amount == 11
    assert "it is lost if prices fall by 10%" in near.reason


def test_every_line_of_goods_near_cost_can_be_pasted() -> None:
    (near,) = find(follow(PRICED.replace("25.00", "21.00")), "near-cost")
    assert near.line == "2024-01-31 price MUG … USD"
    assert "sold at 20.00 USD or more nothing is lost; the line takes a newer price" in near.reason


def test_what_was_written_down_is_near_cost_no_more() -> None:
    # 15.00 on 31 January; at 15.00 a fall costs, as it did, and nobody can do anything about it
    assert find(follow(PRICED.replace("25.00", "15.00")), "near-cost") == []
    assert find(follow(PRICED.replace("25.00", "21.00")), "near-cost") != []
    # 50.004 is 50.00: carried at 150.00, worth 149.996
    assert find(follow(PRICED.replace("25.00", "14.9996")), "near-cost") == []


def test_value_that_is_coming_back_is_near_cost_again() -> None:
    # carried at 150.00; at 15.05 that is 0.50 more, at 10 % less 14.55 below
    body = PRICED.replace("25.00", "15.00") + "2024-02-10 price MUG 15.05 USD\n"
    (near,) = find(follow(body), "near-cost")
    assert "headroom is 0.3%; it is lost if prices fall by 10%" in near.reason


def test_what_carries_a_loss_and_has_no_selling_price_is_not_near_cost() -> None:
    run = follow(PRICED.replace("25.00", "15.00"))
    (row,), (stock,) = list_risks(run), run.stocks
    assert not is_near_cost(replace(row, headroom=None), stock)


@pytest.mark.parametrize(
    ("selling_cost", "tax", "least"),
    [
        ("10% of cost", "20%", "26.40"),  # 20.00 + 2.00, and a fifth
        ("3%", "20%", "24.75"),  # 20.00 ÷ 97 % = 20.6186; 24.7423 with tax, rounded up
    ],
)
def test_the_least_price_has_costs_to_sell_and_tax_in_it(
    selling_cost: str, tax: str, least: str
) -> None:
    config = f"'selling_cost': '{selling_cost}', 'price_includes': '{tax}'"
    text = HEAD.replace("'price_max_age': 60", config) + PRICED.replace("25.00", "27.00")
    entries, _, options = loader.load_string(text)
    (near,) = find(follow_ledger(entries, options), "near-cost")
    assert f"sold at {least} USD or more nothing is lost" in near.reason


def test_what_age_will_take_can_be_avoided_by_a_sale() -> None:
    text = HEAD.replace("'price_max_age': 60", "'ageing': {40: '10%'}, 'selling_cost': '3%'")
    entries, _, options = loader.load_string(text + PRICED)
    (task,) = find(follow_ledger(entries, options), "ageing")
    # 20.00 ÷ 97 % = 20.618…, rounded up
    assert [task.amount, task.line] == [20, "2024-01-31 price MUG 20.62 USD"]
    assert "sold at 20.62 USD or more nothing is lost" in task.reason


def test_a_contract_that_goes_on_is_another_one() -> None:
    contract = (
        '2024-01-20 custom "invwd-contract" 6 MUG 30.00 USD\n  until: 2024-02-15\n'
        "  penalty: 1.00 USD\n"
    )
    (task,) = find(follow(PRICED + contract), "contract")
    longer = task.line.replace("…", "2024-12-31")
    run = follow(f"{PRICED}{contract}{longer}\n2024-02-20 price MUG 25.00 USD\n")
    assert [row.message for row in run.errors] == []
    assert find(run, "contract") == []


ORDER = '2024-01-20 custom "invwd-commitment" 5 MUG 18.00 USD\n  until: 2024-02-15\n'


def test_a_delivery_to_come_can_be_entered() -> None:
    (task,) = find(follow(PRICED + ORDER), "delivery")
    assert [task.amount, task.date] == [90, datetime.date(2024, 2, 15)]
    delivered = f"{PRICED}{ORDER}{task.line.replace('…', 'Assets:Bank')}\n"
    run = follow(delivered)
    assert run.errors == []
    assert [row.kind for row in list_tasks(run) if row.commodity == "MUG"] == []


def test_a_delivery_that_did_not_come_is_asked_about() -> None:
    (task,) = find(follow(f"{PRICED}{ORDER}2024-02-20 price MUG 25.00 USD\n"), "commitment")
    assert [task.amount, task.date] == [90, datetime.date(2024, 2, 15)]
    assert task.line.splitlines() == ["; below line 12:", "  until: …"]


@pytest.mark.parametrize(
    ("counted", "books", "goods", "amount"),
    [(8, "2 MUG more", "-2 MUG {}", 40), (11, "1 MUG less", "1 MUG {… USD}", 20)],
)
def test_a_count_that_does_not_agree_is_settled(
    counted: int, books: str, goods: str, amount: int
) -> None:
    balance = f"2024-02-01 balance Assets:Inventory:Store {counted} MUG\n"
    (task,) = find(follow(PRICED + balance + balance.replace("02-01", "02-02")), "count")
    assert [task.amount, task.date] == [amount, datetime.date(2024, 2, 1)]
    assert books in task.reason
    assert f"Assets:Inventory:Store  {goods}" in task.line
    settled = PRICED + balance + task.line.replace("…", "20.00") + "\n"
    entries, errors, options = loader.load_string(HEAD + settled)
    assert errors == []
    assert find(follow_ledger(entries, options), "count") == []


def test_a_count_does_not_guess_the_lot_that_is_missing() -> None:
    more = '2024-01-06 * "More"\n  Assets:Inventory:Store  5 MUG {22.00 USD}\n  Assets:Bank\n'
    body = PRICED + more + "2024-02-01 balance Assets:Inventory:Store 13 MUG\n"
    (task,) = find(follow(body), "count")
    assert "Assets:Inventory:Store  -2 MUG {…}" in task.line


def test_what_several_lines_open_is_opened_once() -> None:
    counted = "2024-02-01 balance Assets:Inventory:Store 8 MUG\n"
    run = follow(PRICED + JAM + counted + "2024-02-29 price MUG 25.00 USD\n")
    lines = document_tasks(run, list_tasks(run), 30, "ledger.beancount").notes
    opened = [line for line in lines if " open " in line]
    assert opened == [lines[1]] == ["2024-01-31 open Expenses:Inventory:Write-Off"]


def test_a_count_of_what_is_gone_has_no_cost() -> None:
    gone = (
        SALE.replace("{income}", "-23.00").replace("-1 MUG", "-10 MUG").replace("20.00", "200.00")
    )
    (task,) = find(follow(f"{gone}2024-02-11 balance Assets:Inventory:Store 1 MUG\n"), "count")
    assert task.amount is None
    assert "Assets:Inventory:Store  1 MUG {…}" in task.line


def test_a_normal_margin_that_lacks_is_asked_for() -> None:
    text = HEAD.replace("'price_max_age': 60", "'standard': 'asc330-lcm'") + PRICED
    entries, _, options = loader.load_string(text)
    (task,) = find(follow_ledger(entries, options), "evidence")
    entries, errors, options = loader.load_string(f"{text}{task.line.replace('…', '20')}\n")
    assert errors == []
    assert find(follow_ledger(entries, options), "evidence") == []


def test_questions_are_asked_with_the_line_that_answers() -> None:
    use = '2024-02-01 * "Taken"\n  Assets:Inventory:Store  -1 MUG {}\n  Assets:Equipment\n'
    (task,) = find(follow(PRICED + use), "own-use")
    assert [task.amount, task.currency] == [20, "USD"]
    assert task.line.splitlines() == ["; below line 4:", "  invwd-own-use: TRUE"]
    late = PRICED.replace("2024-01-31", "2024-12-20") + "2025-01-20 price MUG 15.00 USD\n"
    late += "2024-12-31 price EUR 1 USD\n"
    (task,) = find(follow(late), "later-evidence")
    assert task.line.splitlines() == ["; below line 12:", "  invwd-as-of: 2024-12-31"]


def test_the_most_money_stands_first() -> None:
    amounts = [row.amount for row in list_tasks(follow(JAM), 60)]
    assert amounts == sorted(amounts, key=lambda amount: -(amount or 0))
    assert len(amounts) > 1
