"""What is not wrong but has to be looked at, with its amount."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader

from beancount_invwd.engine import Asked, Run, follow_ledger
from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.report.compare.compare import compare
from beancount_invwd.report.compare.scenarios import read_scenario
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.notices import list_notices
from beancount_invwd.report.ledger.remarks import list_remarks
from beancount_invwd.report.ledger.spans import find_state
from beancount_invwd.report.ledger.tie_out import CostTie, tie_cost
from beancount_invwd.report.ledger.year_end import ask_year_end, sum_carrying
from beancount_invwd.report.note.markdown import write_markdown
from beancount_invwd.report.note.note import disclose
from beancount_invwd.report.output.formats import write_json, write_text
from beancount_invwd.report.output.numbers import make_numbers
from beancount_invwd.report.positions import document_positions
from beancount_invwd.report.rollforward import document_rollforward, roll_forward
from tests.support.case_files import ROOT, read_case
from tests.support.compare_models import MAKERS

HEAD = """
plugin "beancount_invwd" "{config}"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Equipment
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Equity:Drawings
2024-01-01 open Expenses:COGS
2024-01-01 open Income:Sales
2024-01-01 commodity MUG
  category: "china"
2024-01-01 commodity CUP
  category: "china"
"""
STORE = "Assets:Inventory:Store"
# 10 mugs lose 70.00, 10 cups gain 25.00
CHINA = """
2024-01-05 * "Purchase"
  Assets:Inventory:Store  10 MUG {20.00 USD}
  Assets:Inventory:Store  10 CUP {5.00 USD}
  Assets:Bank
2024-01-31 price MUG 13.00 USD
2024-01-31 price CUP 7.50 USD
"""


def follow(body: str, config: str = "{}", day: datetime.date | None = None) -> Run:
    entries, _, options = loader.load_string(HEAD.replace("{config}", config) + body)
    return follow_ledger(entries, options, day)


def find(run: Run, kind: str) -> list[Any]:
    return [row for row in list_notices(run) if row.kind == kind]


RECOSTED = """
2024-02-10 * "By hand"
  Assets:Inventory:Store  -10 MUG {20.00 USD, 2024-01-05}
  Assets:Inventory:Store   10 MUG {{cost} USD, 2024-01-05}
  {account}
"""


@pytest.mark.parametrize(
    ("cost", "account", "amount"),
    [
        ("13.00", "Expenses:Damage", "70.00"),
        ("13.00", "Expenses:Damage  80.00 USD\n  Assets:Bank", "70.00"),  # with a fee
        ("13.00", "Expenses:COGS", None),
        ("13.00", "Assets:Bank", None),
        ("21.00", "Assets:Bank", None),
    ],
)
def test_a_cost_that_was_lowered_against_an_expense_is_named(
    cost: str, account: str, amount: str | None
) -> None:
    body = RECOSTED.replace("{cost}", cost).replace("{account}", account)
    rows = find(follow("2024-01-01 open Expenses:Damage" + CHINA + body), "direct-write-down")
    assert [row.amount for row in rows] == ([] if amount is None else [Decimal(amount)])
    named = account.split(maxsplit=1)[0]
    assert [(row.account, row.commodity) for row in rows] == [(named, "MUG")] * len(rows)


# The level of the test.


@pytest.mark.parametrize(
    ("standard", "basis", "words"),
    [
        ("ias2", "category", "IAS 2.29 allows groups only of one product line that cannot"),
        ("ias2", "total", "IAS 2.29 does not allow to test all inventory as one"),
        ("frs102", "category", "FRS 102 27.3 allows groups only of one product line that cannot"),
        ("aspe3031", "total", "ASPE 3031 (as IAS 2.29) does not allow to test all inventory"),
        ("asc330", "category", "ASC 330-10-35-8 leaves the choice if it most clearly reflects"),
        ("asc330", "total", "excess and obsolete goods item by item"),
    ],
)
def test_groups_wider_than_the_standard_wants(standard: str, basis: str, words: str) -> None:
    run = follow(CHINA, f"{{'standard': '{standard}', 'basis': '{basis}'}}")
    (row,) = find(run, "level")
    assert words in row.message
    assert "item by item the allowance would be 70.00 in place of 45.00 USD" in row.message
    assert (row.amount, row.currency) == (Decimal("25.00"), "USD")


@pytest.mark.parametrize("basis", ["item", "category"])
def test_hgb_wants_goods_one_by_one(basis: str) -> None:
    dear = '2024-01-06 * "Dear"\n  Assets:Inventory:Store  10 CUP {8.00 USD}\n  Assets:Bank\n'
    run = follow(dear + CHINA, f"{{'standard': 'hgb', 'basis': '{basis}', 'period': 'month'}}")
    (row,) = find(run, "level")
    assert "HGB §252(1) 3 wants goods valued one by one, in groups only by §240(4)" in row.message
    assert "lot by lot the allowance would be" in row.message


@pytest.mark.parametrize("basis", ["lot", "item"])
def test_a_level_that_is_allowed_is_not_told_of(basis: str) -> None:
    assert find(follow(CHINA, f"{{'basis': '{basis}'}}"), "level") == []


def test_a_wider_level_that_changes_nothing_is_not_told_of() -> None:
    same = CHINA.replace("CUP 7.50", "CUP 5.00")
    assert find(follow(same, "{'basis': 'category'}"), "level") == []


def test_what_was_booked_of_wider_groups_does_not_hide_the_difference() -> None:
    booked = """
2024-01-31 * "Write-down" #invwd
  invwd: "write-down"
  invwd-group: "china"
  Assets:Inventory:Store:Allowance  -45.00 USD
  Expenses:Inventory:Write-Down      45.00 USD
2024-01-01 open Assets:Inventory:Store:Allowance
2024-01-01 open Expenses:Inventory:Write-Down
2024-01-31 custom "invwd-closed" TRUE
"""
    (row,) = find(follow(CHINA + booked, "{'basis': 'category'}"), "level")
    assert "would be 70.00 in place of 45.00 USD" in row.message


def test_the_level_is_told_in_the_note_and_beside_other_policies() -> None:
    run = follow(CHINA, "{'basis': 'category'}")
    words = "item by item the allowance would be 70.00 in place of 45.00 USD"
    assert words in write_markdown(disclose(run))
    found = compare(run, [read_scenario("basis=item")])
    assert words in found.levels["ledger"][0]
    assert found.levels["basis=item"] == []


# Goods that left at cost.

TAKEN = """
2024-02-05 * "Cups for the office kitchen"
  Assets:Inventory:Store  -2 CUP {}
  {account}  10.00 USD
"""


def test_an_account_that_took_the_whole_cost_is_asked_about() -> None:
    taken = TAKEN.replace("{account}", "Assets:Equipment")
    (row,) = find(follow(CHINA + taken + taken), "own-use")
    assert row.message == (
        "goods left at cost into Assets:Equipment: put to own use? `invwd-own-use: TRUE` on its "
        "Open; if not, FALSE (20.00 USD)"
    )
    assert row[2:7] == ("Assets:Equipment", None, "USD", 20, datetime.date(2024, 2, 5))


@pytest.mark.parametrize("account", ["Expenses:COGS", "Equity:Drawings"])
def test_other_accounts_say_what_they_are(account: str) -> None:
    assert find(follow(CHINA + TAKEN.replace("{account}", account)), "own-use") == []


@pytest.mark.parametrize("answer", ["TRUE", "FALSE"])
def test_an_account_that_says_what_it_is_is_not_asked_about(answer: str) -> None:
    opened = f"2024-01-01 open Assets:Desks\n  invwd-own-use: {answer}\n"
    run = follow(opened + CHINA + TAKEN.replace("{account}", "Assets:Desks"))
    assert find(run, "own-use") == []


@pytest.mark.parametrize(
    "postings",
    [
        "Assets:Bank  10.02 USD\n  Income:Sales  -0.02 USD",
        "Assets:Bank  10.00 USD\n  Income:Sales  -10.00 USD\n  Expenses:COGS  10.00 USD",
    ],
)
def test_a_sale_is_no_own_use_whatever_it_brings(postings: str) -> None:
    sold = f'2024-02-05 * "Sale"\n  Assets:Inventory:Store  -2 CUP {{}}\n  {postings}\n'
    assert find(follow(CHINA + sold), "own-use") == []


# What inventory accounts hold besides.

OTHERS = """
2024-01-06 * "Freight"
  Assets:Inventory:Store  12.00 USD
  Assets:Bank
2024-01-01 commodity HIRED
  invwd-exclude: TRUE
2024-01-07 * "Goods of others"
  Assets:Inventory:Store  2 HIRED {3.00 USD}
  Assets:Bank
"""


def test_cost_is_tied_each_part_named() -> None:
    run = follow(CHINA + OTHERS)
    numbers = (Decimal(number) for number in ("250", "12", "6", "268", "0.01"))
    assert tie_cost(run) == [CostTie(STORE, "USD", *numbers)]
    assert tie_cost(run)[0].difference == 0
    (money,), (excluded,) = find(run, "money"), find(run, "excluded")
    assert (money.account, money.currency, money.amount) == (STORE, "USD", 12)
    assert (excluded.commodity, excluded.amount) == ("HIRED", 6)
    words = f"{STORE}: 268.00 USD at cost, of it lots 250.00, money 12.00, excluded goods 6.00"
    assert words in list_remarks(run)
    assert words in document_rollforward(roll_forward(run)).notes


def test_money_that_is_gone_again_is_not_told_of() -> None:
    back = '2024-01-08 * "Back"\n  Assets:Inventory:Store  -12.00 USD\n  Assets:Bank\n'
    run = follow(CHINA + OTHERS + back)
    assert find(run, "money") == []
    assert tie_cost(run)[0].money == 0


def test_an_account_that_is_excluded_is_named() -> None:
    aside = """
2024-01-01 open Assets:Inventory:Aside
  invwd-exclude: TRUE
2024-01-07 * "Goods of others"
  Assets:Inventory:Aside  2 MUG {3.00 USD}
  Assets:Bank
"""
    (row,) = find(follow(CHINA + aside), "excluded")
    assert (row.account, row.commodity, row.amount) == ("Assets:Inventory:Aside", "MUG", 6)


def test_a_lot_that_is_excluded_is_named() -> None:
    lot = """
2024-01-07 * "Consigned"
  Assets:Inventory:Store  4 MUG {20.00 USD, "theirs"}
    invwd-exclude: TRUE
  Assets:Bank
2024-01-09 * "One goes back"
  Assets:Inventory:Store  -1 MUG {20.00 USD, "theirs"}
  Assets:Bank  20.00 USD
"""
    run = follow(CHINA + lot)
    (row,) = find(run, "excluded")
    assert (row.account, row.commodity, row.amount) == (STORE, "MUG", 60)
    assert sum(read_history(run).costs.values()) == 250
    tie: Any
    (tie,) = tie_cost(run)
    assert (tie.lots, tie.excluded, tie.difference) == (250, 60, 0)


def test_cost_that_does_not_tie_is_a_warning() -> None:
    run = follow(CHINA)
    run.share(tie_cost.__globals__["read_history"]).costs.clear()
    assert not roll_forward(run).is_tied
    wrong = f"{STORE}: 0 USD at cost, of it lots 250.00, neither -250.00"
    assert document_positions(run).warnings == [wrong]
    assert document_rollforward(roll_forward(run)).warnings == [wrong]
    assert wrong in write_text(document_positions(run), make_numbers(run))


# Currencies, contracts, dates.


def test_cost_in_a_currency_that_the_ledger_does_not_operate_in() -> None:
    run = follow('option "operating_currency" "EUR"\n' + CHINA)
    (row,) = find(run, "functional-currency")
    assert (row.currency, row.amount) == ("USD", 250)
    assert "IAS 21.21" in row.message
    assert find(follow('option "operating_currency" "USD"\n' + CHINA), "functional-currency") == []
    assert find(follow(CHINA), "functional-currency") == []  # it is not known


def test_a_contract_for_more_than_is_on_hand_is_a_provision() -> None:
    contract = '2024-01-20 custom "invwd-contract" 15 MUG 18.00 USD\n  until: 2024-06-30\n'
    (row,) = find(follow(CHINA + contract), "provision")
    assert (row.commodity, row.currency, row.amount) == ("MUG", "USD", 10)
    assert "is a provision (IAS 37), not one of inventory" in row.message


def test_a_contract_for_more_than_is_on_hand_costs_at_most_its_penalty() -> None:
    contract = """
2024-01-20 custom "invwd-contract" 15 MUG 18.00 USD
  until: 2024-06-30
  penalty: {penalty} USD
"""
    for penalty, amount in (("2.00", "10.00"), ("1.50", "7.50")):
        run = follow(CHINA + contract.replace("{penalty}", penalty))
        (row,) = find(run, "provision")
        assert row.amount == Decimal(amount)
        assert ("leaving it costs 1.50 a unit" in row.message) == (penalty == "1.50")
        assert find(run, "penalty") == []


def test_a_contract_that_is_left_costs_its_penalty() -> None:
    # 10 mugs cost 20.00 and sell for 19.00; delivered at 12.00 they lose 8.00, left 1.00 and 5.00
    contract = """
2024-01-20 custom "invwd-contract" 6 MUG 12.00 USD
  until: 2024-06-30
  penalty: {penalty} USD
"""
    body = CHINA.replace("13.00", "19.00") + contract
    (row,) = find(follow(body.replace("{penalty}", "5.00")), "penalty")
    assert (row.commodity, row.currency, row.amount) == ("MUG", "USD", 30)
    assert "is a provision (IAS 37.68)" in row.message
    assert find(follow(body.replace("{penalty}", "7.00")), "penalty") == []  # equal: delivered


def test_a_period_end_that_the_ledger_does_not_reach() -> None:
    later = '2024-02-10 * "Sale"\n  Assets:Inventory:Store  -1 CUP {}\n  Expenses:COGS\n'
    run = follow(CHINA + later, day=datetime.date(2024, 3, 15))
    (row,) = find(run, "untested-period-end")
    assert row.date == datetime.date(2024, 2, 29)
    assert "add a price or a balance of 2024-02-29" in row.message
    assert find(follow(CHINA + later, day=datetime.date(2024, 2, 28)), "untested-period-end") == []
    assert find(follow(CHINA), "untested-period-end") == []


def test_notices_in_json() -> None:
    run = follow(CHINA + OTHERS)
    found: Any = json.loads(write_json(document_positions(run), make_numbers(run)))["notices"]
    assert [row["kind"] for row in found] == ["money", "excluded"]
    assert found[0] == {
        "kind": "money",
        "account": STORE,
        "commodity": None,
        "currency": "USD",
        "amount": "12.00",
        "date": "2024-01-31",
        "message": f"{STORE} holds 12.00 USD of money besides its lots",
    }


LATER = """
plugin "beancount_invwd" "{'period': 'year'}"
2024-01-01 open Assets:Inventory
2024-01-01 open Assets:Bank
2024-02-01 * "goods"
  Assets:Inventory  100 MUG {10.00 USD}
  Assets:Bank
2024-12-31 price MUG 9.00 USD
2025-01-20 price MUG 6.00 USD
  %s
2025-02-20 price MUG 7.00 USD
2025-06-20 price MUG 5.00 USD
"""


@pytest.mark.parametrize(
    ("answer", "as_of", "amounts"),
    [
        ("", None, [Decimal("300.00")]),  # 10.00 - 6.00 in place of 10.00 - 9.00
        ("", datetime.date(2024, 12, 31), [Decimal("300.00")]),
        ("invwd-as-of: 2025-01-20", None, [Decimal("200.00")]),  # it arose later; 7.00 is asked of
        ("invwd-as-of: 2024-12-31", None, []),  # 7.00 would lower that loss
    ],
)
def test_a_price_after_the_year_end_is_asked_about(
    answer: str, as_of: datetime.date | None, amounts: list[Decimal]
) -> None:
    entries, errors, options = loader.load_string(LATER % answer)
    assert errors == []
    notices = list_notices(follow_ledger(entries, options, as_of))
    assert [row.amount for row in notices if row.kind == "later-evidence"] == amounts


SOLD = """
{day} * "Sale"
  Assets:Inventory  -{units} MUG {{}}
  Assets:Bank  {amount} USD
  Income:Sales
  Expenses:COGS  {cost} USD
"""


def find_later(*sales: str, answer: str = "") -> list[Any]:
    opens = "2024-01-01 open Income:Sales\n2024-01-01 open Expenses:COGS\n"
    text = LATER.partition("2025-01-20")[0] + opens + "".join(sales) + answer
    entries, errors, options = loader.load_string(text)
    assert errors == []
    notices = list_notices(follow_ledger(entries, options))
    return [row for row in notices if row.kind == "later-evidence"]


def sell(units: int, amount: int, day: str = "2025-01-20") -> str:
    return SOLD.format(units=units, amount=amount, day=day, cost=units * 10)


def test_sales_after_the_year_end_below_the_measure_are_asked_about() -> None:
    (row,) = find_later(sell(20, 120))  # 20 × (9.00 − 6.00)
    assert (row.amount, row.date) == (60, datetime.date(2025, 1, 20))
    assert "20 were sold since for 6.00 on average" in row.message
    assert row.line == "2025-01-20 price MUG 6.00 USD\n  invwd-as-of: 2024-12-31"
    assert find_later(sell(20, 120), answer=f"{row.line}\n") == []
    assert find_later(sell(20, 120), answer=row.line.replace("2024-12-31", "2025-01-20")) == []


def test_sales_at_the_price_or_too_late_are_no_question() -> None:
    assert find_later(sell(20, 180)) == []
    assert find_later(sell(20, 120, "2025-04-01")) == []


def test_a_price_that_is_asked_about_names_the_sales() -> None:
    (row,) = find_later(sell(20, 120), answer="2025-01-25 price MUG 5.00 USD\n")
    assert row.amount == 400
    assert row.message.endswith("; 20 were sold since for 6.00 on average, net of tax")


@pytest.mark.parametrize(
    ("case", "day", "amount"),
    [
        pytest.param("recovers", "2024-06-30", "200.00", id="item: 10.00 - 8.00"),
        pytest.param("recovers", "2024-09-30", "100.00", id="item: 10.00 - 9.00"),
        pytest.param("recovers", "2024-12-31", None, id="over"),
        pytest.param("age-counts-as-ever", "2024-06-30", "100.00", id="200.00 less 10 % by age"),
        pytest.param("category", "2024-06-30", "200.00", id="of 300.00 it keeps 100.00"),
        pytest.param("total", "2024-06-30", "200.00", id="300.00, of which others gained 100.00"),
        pytest.param("total", "2024-09-30", "100.00", id="its share of 150.00"),
    ],
)
def test_a_temporary_decline_is_told_with_its_amount(
    case: str, day: str, amount: str | None
) -> None:
    text = read_case(ROOT / "measure" / "temporary" / f"{case}.beancount").ledger
    entries, errors, options = loader.load_string(text)
    assert errors == []
    run = follow_ledger(entries, options, datetime.date.fromisoformat(day))
    text = write_json(document_positions(run), make_numbers(run))
    written = json.loads(text)["notices"]
    found = [(row["commodity"], row["amount"]) for row in written if row["kind"] == "temporary"]
    assert found == ([] if amount is None else [("SCARF", amount)])
    assert ("since it is temporary" in "".join(list_remarks(run))) == (amount is not None)


@pytest.mark.parametrize("maker", [name for name in MAKERS if name != "closed"])
def test_what_came_later_is_found_on_the_way_as_on_its_own_date(maker: str) -> None:
    found = 0
    for seed in range(12):
        text, config = MAKERS[maker](seed)
        entries, _, options = loader.load_string(f'plugin "beancount_invwd" "{config}"\n{text}')
        day = entries[-1].date
        on_the_way = follow_ledger(entries, options, day, asked=Asked(look_back=ask_year_end))
        expected = list_notices(follow_ledger(entries, options, day))
        assert list_notices(on_the_way) == expected, seed
        found += sum(row.kind == "later-evidence" for row in expected)
        eve = fiscal_year_start(day, on_the_way.policy.year_end) - datetime.timedelta(1)
        answer = on_the_way.recall(eve)
        if answer is not None:
            found += len(answer.evidence)
            assert answer.carrying == sum_carrying(find_state(on_the_way, eve)), seed
    assert found > 0
