"""What is said below the positions, and before a period is closed."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from click.testing import CliRunner, Result

from beancount_invwd.cli.commands import main
from beancount_invwd.engine import follow_ledger
from beancount_invwd.report.ledger.notice import Notice
from beancount_invwd.report.ledger.remarks import list_remarks, tell_notices

LEDGER = """
plugin "beancount_invwd" "{'release': 'period'}"
2024-01-01 open Assets:Inventory:Store "FIFO"
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:COGS
2024-01-05 * "Works"
  Assets:Inventory:Store  100 WIDGET {10.00 USD}
  Assets:Bank
2024-01-31 price WIDGET 7.50 USD
2024-02-02 custom "invwd-contract" 70 WIDGET 11.00 USD
  until: 2025-03-31
2024-02-02 custom "invwd-contract" 50 WIDGET 6.50 USD
  until: 2025-03-31
2024-02-10 * "Sold"
  Assets:Inventory:Store  -40 WIDGET {}
  Expenses:COGS
2024-03-10 price WIDGET 7.50 USD
"""


def remarks(day: datetime.date) -> list[str]:
    entries, errors, options = loader.load_string(LEDGER)
    assert errors == []
    return list_remarks(follow_ledger(entries, options, day))


def test_releases_that_wait() -> None:
    # 40 × (10.00 − 7.50), until the end of February; 70 + 50 are sold, of which 60 are on hand
    waiting, contract = remarks(datetime.date(2024, 2, 15))
    assert waiting.startswith("100.00 USD of releases wait for the end of the period")
    assert contract.startswith("A contract of 2024-02-02 sells 50 WIDGET more than are on hand")
    assert " at 6.50 USD, " in contract
    assert "less than the 10.00 that they cost: that loss is a provision (IAS 37)" in contract


def test_a_contract_that_covers_its_cost_is_no_loss() -> None:
    assert remarks(datetime.date(2024, 2, 1)) == []
    [contract] = remarks(datetime.date(2024, 2, 29))
    assert "11.00" not in contract


@pytest.mark.parametrize("cost", ["22.5%", "2.25 USD", "25% of cost"])
def test_a_contract_is_judged_by_what_is_left_after_costs(cost: str) -> None:
    # 10.00 − 2.25 = 7.75, below the 9.00 that a unit costs
    text = f"""
plugin "beancount_invwd" "{{'selling_cost': '{cost}'}}"
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Bank
2024-01-05 * "Works"
  Assets:Inventory:Store  10 WIDGET {{9.00 USD}}
  Assets:Bank
2024-01-10 custom "invwd-contract" 40 WIDGET 10.00 USD
  until: 2024-12-31
2024-01-31 price WIDGET 12.00 USD
"""
    entries, errors, options = loader.load_string(text)
    assert errors == []
    [contract] = list_remarks(follow_ledger(entries, options, datetime.date(2024, 1, 31)))
    assert "sells 30 WIDGET more than are on hand at 10.00 USD (7.75" in contract
    assert " after costs), which is less than the 9.00 that they cost" in contract


def test_what_corrects_a_closed_period_and_is_not_written_yet() -> None:
    # 30.00 were booked in the store; by then 4 were sold and 2 lay in the shop
    text = """
plugin "beancount_invwd"
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Inventory:Store:Allowance
2024-01-01 open Assets:Inventory:Shop
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:COGS
2024-01-05 * "Works"
  Assets:Inventory:Store  10 WIDGET {10.00 USD}
  Assets:Bank
2024-01-31 price WIDGET 7.00 USD
2024-01-31 * "Booked" #invwd
  invwd-group: "WIDGET"
  Assets:Inventory:Store:Allowance  -30.00 USD
  Expenses:COGS
2024-02-10 * "Sold, entered late"
  Assets:Inventory:Store  -4 WIDGET {10.00 USD}
  Expenses:COGS
2024-02-11 * "Moved, entered late"
  Assets:Inventory:Store  -2 WIDGET {10.00 USD}
  Assets:Inventory:Shop   2 WIDGET {10.00 USD}
2024-02-15 custom "invwd-closed" TRUE
2024-03-10 price WIDGET 7.00 USD
"""
    entries, errors, options = loader.load_string(text)
    assert errors == []
    shop, store = list_remarks(follow_ledger(entries, options, datetime.date(2024, 2, 20)))
    assert shop.startswith("6.00 USD that correct a closed period wait for the next measurement;")
    assert shop.endswith(
        "until then Assets:Inventory:Shop:Allowance holds as much less than the lots."
    )
    assert store.startswith("18.00 USD that correct a closed period wait")
    assert "Assets:Inventory:Store:Allowance holds as much more than the lots" in store
    assert list_remarks(follow_ledger(entries, options, datetime.date(2024, 2, 29))) == []


def close(tmp_path: Path, through: str) -> Result:
    ledger = tmp_path / "ledger.beancount"
    ledger.write_text(LEDGER, encoding="utf-8")
    return CliRunner().invoke(main, ["book", str(ledger), "--through", through])


def test_closing_what_was_measured(tmp_path: Path) -> None:
    result = close(tmp_path, "2024-03-30")
    assert (result.exit_code, result.stderr) == (0, "")
    assert '2024-03-30 custom "invwd-closed" TRUE' in result.stdout


@pytest.mark.parametrize("through", ["2024-03-31", "2024-04-15"])
def test_what_was_not_measured_is_not_closed(tmp_path: Path, through: str) -> None:
    result = close(tmp_path, through)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "measurements end on 2024-03-10 (with the ledger" in result.stderr
    cure = result.stderr.partition("such as: ")[2].strip().rstrip(".")
    ledger = tmp_path / "ledger.beancount"
    ledger.write_text(f"{LEDGER}\n{cure}\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["book", str(ledger), "--through", "2024-03-31"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert '2024-03-31 custom "invwd-closed" TRUE' in result.stdout


def test_what_is_alike_is_told_of_the_most_money_only() -> None:
    rows = [Notice("later-evidence", f"{n}", amount=Decimal(n)) for n in (3, 9, 1, 7, 2, 8, 5)]
    rows.insert(2, Notice("own-use", "used"))
    more = "2 more alike, listed by: bean-invwd report --format json"
    assert tell_notices(rows) == ["3", "9", "7", "8", "5", more, "used"]
