"""Count sheets out and in, as files: printed, filled in, or what `report --by lot` wrote."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from beancount_invwd.cli import main

LEDGER = """
plugin "beancount_invwd" "{'missing_price': 'ignore'}"
2024-01-01 commodity MUG
  name: "Mug, white"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Inventory:Depot "NONE"
2024-01-05 * "Purchase"
  Assets:Inventory:Store  10 MUG {2.00 EUR}
  Assets:Inventory:Store   5 MUG {2.00 EUR, "A-17"}
  Assets:Inventory:Store   4 CUP {1.00 EUR, "=1+1"}
  Assets:Inventory:Depot   3 CUP {1.00 EUR}
  Assets:Bank
2024-01-06 * "Purchase"
  Assets:Inventory:Store   1.5 MUG {2.50 EUR}
  Assets:Inventory:Depot   3 CUP {2.00 EUR}
  Assets:Bank
"""
STORE = "Assets:Inventory:Store"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.beancount"
    path.write_text(LEDGER, encoding="utf-8")
    return path


def run(command: str, ledger: Path, *args: str) -> Result:
    return CliRunner().invoke(main, [command, str(ledger), *args])


def read(ledger: Path, content: str) -> Result:
    sheet = ledger.parent / "sheet.csv"
    sheet.write_text(content, encoding="utf-8")
    return run("count", ledger, str(sheet))


def test_a_sheet_is_blind_and_names_each_shelf_once(ledger: Path) -> None:
    result = run("count", ledger, "--format", "csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "account,commodity,name,label,quantity",
        "Assets:Inventory:Depot,CUP,,,",
        f"{STORE},CUP,,'=1+1,",
        f'{STORE},MUG,"Mug, white",,',
        f'{STORE},MUG,"Mug, white",A-17,',
    ]
    shown = run("count", ledger, "--format", "csv", "--show-books").stdout
    assert [row["quantity"] for row in csv.DictReader(io.StringIO(shown))] == [
        "6",
        "4",
        "11.5",
        "5",
    ]


@pytest.mark.parametrize("call", [["count", "--show-books"], ["report", "--by", "lot"]])
@pytest.mark.parametrize("style", ["csv", "xlsx"])
def test_what_the_books_say_comes_back_without_a_word(
    ledger: Path, call: list[str], style: str
) -> None:
    command, *options = call
    sheet = ledger.parent / f"sheet.{style}"
    done = run(command, ledger, *options, "--format", style, "--output", str(sheet))
    assert done.exit_code == 0
    result = run("count", ledger, str(sheet))
    assert (result.exit_code, result.output) == (0, "")


def test_a_workbook_that_is_filled_in_writes_off_what_is_missing(ledger: Path) -> None:
    path = ledger.parent / "sheet.xlsx"
    run("count", ledger, "--format", "xlsx", "--show-books", "--output", str(path))
    book = load_workbook(path)
    book.worksheets[0]["E5"].value = 2.5  # MUG with the label A-17, of 5
    book.save(path)
    result = run("count", ledger, str(path))
    assert result.exit_code == 0
    assert '-2.5 MUG {"A-17"}' in result.stdout


def test_a_sheet_of_a_european_spreadsheet(ledger: Path) -> None:
    lines = f"{STORE};MUG;;11,5\n{STORE};MUG;A-17;4\n{STORE};CUP;=1+1;4\n"
    result = read(ledger, f"sep=;\naccount;commodity;label;quantity\n{lines}")
    assert result.exit_code == 0
    assert '-1 MUG {"A-17"}' in result.stdout


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (f"{STORE};MUG;A-17;5", 0),
        (f"{STORE};MUG;A-17;6", 1),
        (f"{STORE};MUG;A-71;5", 1),
        (f"{STORE};MUG;A-17;1.400", 1),
        (f"{STORE};MUG;;", 1),
    ],
)
def test_what_is_left_to_settle_ends_with_status_1(ledger: Path, line: str, status: int) -> None:
    result = read(ledger, f"account;commodity;label;quantity\n{line}\n")
    assert (result.exit_code, result.stdout) == (status, "")


def test_lines_of_a_report_that_are_no_number_are_told(ledger: Path) -> None:
    lines = f"{STORE},MUG,,1\n{STORE},MUG,,many\n"
    result = read(ledger, f"account,commodity,lot_label,quantity\n{lines}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 3: the quantity 'many' is no number" in result.stderr
