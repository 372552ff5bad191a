"""`bean-invwd book` and `bean-invwd count`, as a user calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data
from click.testing import CliRunner

from beancount_invwd.cli.commands import main

LEDGER = """plugin "beancount_invwd"
2024-01-01 open Assets:Inventory:Store "FIFO"
2024-01-01 open Assets:Bank
2024-01-05 * "Mugs bought"
  Assets:Inventory:Store  10 MUG {8.00 USD}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-02-20 price MUG 5.00 USD
2024-02-29 balance Assets:Inventory:Store 10 MUG
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.beancount"
    path.write_text(LEDGER, encoding="utf-8")
    return path


def load(path: Path) -> dict[str, str]:
    """The plugin's transactions by their date and whether they are generated."""
    entries, errors, _ = loader.load_file(str(path))
    assert not errors
    return {
        str(entry.date): entry.meta["filename"]
        for entry in entries
        if isinstance(entry, data.Transaction) and "invwd" in (entry.tags or ())
    }


def test_a_booked_period_is_included_and_the_rest_goes_on(ledger: Path) -> None:
    booked = ledger.parent / "booked.beancount"
    call = ["book", str(ledger), "--through", "2024-01-31", "--output", str(booked)]
    result = CliRunner().invoke(main, call)
    assert (result.exit_code, result.output) == (0, "")
    assert '2024-01-31 custom "invwd-closed" TRUE' in booked.read_text(encoding="utf-8")
    ledger.write_text(LEDGER + 'include "booked.beancount"\n', encoding="utf-8")
    assert load(ledger) == {"2024-01-31": str(booked), "2024-02-29": "<beancount_invwd>"}


@pytest.mark.parametrize("is_included", [True, False])
def test_a_ledger_with_roots_of_its_own(ledger: Path, *, is_included: bool) -> None:
    roots = 'option "name_assets" "Lager"\noption "name_expenses" "Aufwand"\n'
    text = roots + LEDGER.replace("Assets:", "Lager:")
    ledger.write_text(text, encoding="utf-8")
    booked = CliRunner().invoke(main, ["book", str(ledger), "--through", "2024-01-31"]).output
    assert 'option "name_assets" "Lager"\noption "name_expenses" "Aufwand"\n\n2024' in booked
    other = ledger.parent / "booked.beancount"
    other.write_text(booked, encoding="utf-8")
    added = 'include "booked.beancount"\n' if is_included else booked
    ledger.write_text(text + added, encoding="utf-8")
    where = str(other if is_included else ledger)
    assert load(ledger) == {"2024-01-31": where, "2024-02-29": "<beancount_invwd>"}


def test_a_price_that_comes_late_moves_nothing_that_is_booked(ledger: Path) -> None:
    booked = CliRunner().invoke(main, ["book", str(ledger), "--through", "2024-01-31"]).output
    late = "2024-01-25 price MUG 7.00 USD\n"
    ledger.write_text(LEDGER + booked + late, encoding="utf-8")
    assert load(ledger) == {"2024-01-31": str(ledger), "2024-02-29": "<beancount_invwd>"}


def test_a_date_is_needed(ledger: Path) -> None:
    assert CliRunner().invoke(main, ["book", str(ledger)]).exit_code == 2


def test_what_is_missing_is_written_off_and_the_rest_listed(ledger: Path) -> None:
    sheet = ledger.parent / "sheet.csv"
    sheet.write_text(
        "account,commodity,quantity\nAssets:Inventory:Store,MUG,7\nAssets:Inventory:Store,CUP,1\n",
        encoding="utf-8",
    )
    result = CliRunner().invoke(main, ["count", str(ledger), str(sheet), "--balances"])
    assert result.exit_code == 1  # what is unknown is left to settle
    assert "-3 MUG {}" in result.stdout
    assert "line 3" in result.stderr
    assert "CUP" in result.stderr
    text = LEDGER.replace("balance Assets:Inventory:Store 10 MUG", "price MUG 5.00 USD")
    ledger.write_text(text + result.stdout, encoding="utf-8")
    assert "2024-02-29" in load(ledger)


def test_a_sheet_that_is_no_text_is_refused(ledger: Path) -> None:
    sheet = ledger.parent / "sheet.csv"
    sheet.write_bytes(b"\xff\xfe\x00accounts")
    result = CliRunner().invoke(main, ["count", str(ledger), str(sheet)])
    assert result.exit_code == 2
    assert "cannot be read" in result.output


@pytest.mark.parametrize("text", ["", "account,commodity\nAssets:Inventory:Store,MUG\n"])
def test_a_sheet_with_faults_is_no_success(ledger: Path, tmp_path: Path, text: str) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["count", str(ledger), str(sheet)])
    assert result.exit_code == 1
    assert "sheet.csv: line 1: the " in result.stderr


def test_a_count_does_not_write_over_its_sheet(ledger: Path) -> None:
    sheet = ledger.parent / "sheet.csv"
    sheet.write_text("account,commodity,quantity\n", encoding="utf-8")
    call = ["count", str(ledger), str(sheet), "--output", str(sheet)]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 2
    assert "is not written over" in result.output
    assert sheet.read_text(encoding="utf-8") == "account,commodity,quantity\n"


@pytest.mark.parametrize(
    ("line", "status", "expected"),
    [
        ('plugin "beancount_invwd" "{\'standard\': 1}"', 1, "standard"),
        ("", 2, "the ledger does not use the plugin"),
    ],
)
def test_without_a_policy_nothing_is_counted(
    ledger: Path, line: str, status: int, expected: str
) -> None:
    ledger.write_text(LEDGER.replace('plugin "beancount_invwd"', line), encoding="utf-8")
    sheet = ledger.parent / "sheet.csv"
    sheet.write_text("account,commodity,quantity\nAssets:Inventory:Store,MUG,7\n", "utf-8")
    result = CliRunner().invoke(main, ["count", str(ledger), str(sheet)])
    assert (result.exit_code, result.stdout) == (status, "")
    assert expected in result.stderr
