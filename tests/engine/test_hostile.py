"""Ledgers that hurt: the work grows with the ledger, and what comes out is in order."""

from __future__ import annotations

from typing import Any

import pytest
from beancount import loader
from beancount.core import data

from beancount_invwd.plugin import invwd
from tests.benchmarks.hostile_ledgers import LEDGERS
from tests.benchmarks.work import count_lines
from tests.support.fuzz import check, check_books, check_errors, check_written

HEAD = """
2023-01-01 open Assets:Inventory:Store
2023-01-01 open Assets:Bank
2023-01-01 open Expenses:COGS
"""
SIZE = 150
MOST = 2.4  # for twice the ledger
EQUAL = {"booked"}  # what is booked is what would be written


@pytest.mark.parametrize("name", LEDGERS)
def test_twice_the_ledger_is_twice_the_work(name: str) -> None:
    make = LEDGERS[name][0]
    half, full = (count_lines(make(size)) for size in (SIZE, 2 * SIZE))
    assert full / half <= MOST


@pytest.mark.parametrize("name", LEDGERS)
def test_what_comes_out_is_in_order(name: str) -> None:
    ledger = LEDGERS[name][0](30)
    output, errors = invwd(*ledger)
    written = output[len(ledger.entries) :]
    check_errors(errors)
    check_written(written)
    check_books(output, written, ledger.options)
    assert len(errors) <= 30
    assert name in EQUAL or written or errors


def run(text: str, config: str = "{}") -> tuple[list[Any], list[str]]:
    """What the plugin writes for a ledger, and its errors, after all that has to hold."""
    check(text, config)
    entries, _, options = loader.load_string(text)
    output, errors = invwd(entries, options, config)
    return output[len(entries) :], [error.message for error in errors]


def test_costs_of_28_digits_units_of_a_billionth_and_amounts_of_a_thousand_billions() -> None:
    written, errors = run(
        HEAD
        + """
2024-01-05 * "Bought"
  Assets:Inventory:Store   3 MUG {1.234567890123456789012345678 USD}
  Assets:Inventory:Store   0.000000000001 CUP {8.00 USD}
  Assets:Inventory:Store   0.000000000001 RING {9000000000000000.00 USD}
  Assets:Inventory:Store   1000000000000000 NAIL {0.000000000001 USD}
  Assets:Inventory:Store   1000000000000000 SHIP {1000000000000000.00 USD}
  Assets:Bank
2024-01-20 price MUG 0.234567890123456789012345678 USD
2024-01-20 price CUP 1.00 USD
2024-01-20 price RING 1.00 USD
2024-01-20 price NAIL 0 USD
2024-01-20 price SHIP 999999999999999.99 USD
2024-02-20 price MUG 2.00 USD
2024-03-01 balance Assets:Inventory:Store  3 MUG
"""
    )
    assert not errors
    assert amounts(written, "2024-01-31") == {
        "MUG": "3.00",
        "RING": "9000.00",
        "NAIL": "1000.00",
        "SHIP": "10000000000000.00",
    }
    assert amounts(written, "2024-02-29") == {"MUG": "-3.00"}


def test_accounts_closed_with_stock_keep_their_allowance() -> None:
    written, errors = run(
        HEAD
        + """
2024-01-05 * "Bought"
  Assets:Inventory:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-02-10 close Assets:Inventory:Store
2024-02-20 price MUG 5.00 USD
2024-03-20 price MUG 5.00 USD
"""
    )
    assert not errors
    assert amounts(written, "2024-01-31") == {"MUG": "20.00"}
    assert amounts(written, "2024-02-29") == {"MUG": "10.00"}


def test_an_allowance_account_that_the_plugin_opens_and_the_ledger_closes() -> None:
    written, (error,) = run(
        HEAD
        + """
2024-01-05 * "Bought"
  Assets:Inventory:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-02-10 close Assets:Inventory:Store:Allowance
2024-02-20 price MUG 5.00 USD
2024-03-20 price MUG 5.00 USD
"""
    )
    assert not written
    assert error == (
        "Assets:Inventory:Store:Allowance is closed on 2024-02-10, but needed on 2024-02-29; "
        "close it later, or set another account in 'accounts'"
    )


def test_a_ledger_with_errors_of_its_own() -> None:
    written, errors = run(
        HEAD
        + """
2024-01-05 * "Bought"
  Assets:Inventory:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-01-06 * "More than there is, which Beancount leaves out"
  Assets:Inventory:Store  -50 MUG {}
  Expenses:COGS
2024-01-07 * "Without balance"
  Assets:Inventory:Store   10 MUG {8.00 USD}
  Assets:Bank             -10.00 USD
2024-01-08 * "Nowhere"
  Assets:Inventory:Nowhere   5 MUG {8.00 USD}
  Assets:Bank
2024-01-09 nonsense
2024-01-20 price MUG 6.00 USD
2024-02-20 price MUG 6.00 USD
"""
    )
    assert not errors
    assert amounts(written, "2024-01-31") == {"MUG": "50.00"}


def test_other_letters_and_other_roots() -> None:
    written, errors = run(
        """
option "name_assets" "Vermögen"
option "name_expenses" "Aufwand"
option "name_income" "Ertrag"
2023-01-01 open Vermögen:Vorräte:Größe-Ä
2023-01-01 open Vermögen:Bank
2024-01-05 * "Gekauft"
  Vermögen:Vorräte:Größe-Ä  10 MUG {8.00 EUR}
  Vermögen:Bank
2024-01-20 price MUG 6.00 EUR
2024-02-20 price MUG 6.00 EUR
""",
        "{'inventory': 'Assets:Vorräte'}",
    )
    assert not errors
    assert [entry.account for entry in written if isinstance(entry, data.Open)] == [
        "Vermögen:Vorräte:Größe-Ä:Allowance",
        "Aufwand:Inventory:Write-Down",
    ]


@pytest.mark.parametrize("period", ["month", "quarter", "year", "price"])
def test_dates_from_the_first_to_the_last(period: str) -> None:
    written, errors = run(
        HEAD.replace("2023-01-01", "0001-01-01")
        + """
0001-01-01 * "Bought"
  Assets:Inventory:Store   10 MUG {8.00 USD}
    expires: 9999-12-31
  Assets:Bank
0001-01-01 price MUG 6.00 USD
9999-12-31 price MUG 5.00 USD
""",
        repr({"period": period, "ageing": {365: "50%"}}),
    )
    assert not errors
    assert amounts(written, "9999-12-31") == {"MUG": "60.00"}  # the price of the year 1 got old


def amounts(written: list[Any], day: str) -> dict[str, str]:
    """What is lost by item on a day."""
    found: dict[str, str] = {}
    for entry in written:
        if isinstance(entry, data.Transaction) and str(entry.date) == day:
            loss: Any = entry.postings[-1].units
            found[entry.meta["invwd-group"]] = f"{loss.number:f}"
    return found
