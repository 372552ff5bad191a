"""Prices out and in: the work list, filled in and read back, and a shop's own export."""

from __future__ import annotations

import csv
import io
import sys
from datetime import date
from pathlib import Path

import pytest
from beancount import loader
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook

from beancount_invwd.cli import main

LEDGER = """
plugin "beancount_invwd"
option "operating_currency" "EUR"
2024-01-01 commodity MUG
  sku: "4-711"
2024-01-01 commodity CUP
  sku: "X1"
2024-01-01 commodity POT
  sku: "x1"
2024-01-01 commodity TIN
  invwd-price-includes: "7%"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Expenses:COGS
2024-01-01 open Income:Sales
2024-01-05 * "Purchase"
  Assets:Inventory:Store  100 MUG {2.00 EUR}
  Assets:Inventory:Store   10 CUP {1.00 EUR}
  Assets:Inventory:Store    9 TIN {1.00 EUR}
  Assets:Inventory:Store    9 TIN {1.00 USD}
  Assets:Bank
2024-01-20 * "Sale"
  Assets:Inventory:Store   -2 MUG {}
  Expenses:COGS          4.00 EUR
  Income:Sales          -6.00 EUR
  Assets:Bank
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.beancount"
    path.write_text(LEDGER, encoding="utf-8")
    return path


def run(ledger: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["prices", str(ledger), *args])


def read(ledger: Path, content: str | bytes, *args: str, name: str = "sheet.csv") -> Result:
    sheet = ledger.parent / name
    sheet.write_bytes(content.encode() if isinstance(content, str) else content)
    return run(ledger, str(sheet), *args)


def tell(result: Result) -> list[str]:
    """The problems, without the errors of the ledger."""
    lines = result.stderr.splitlines()
    return [line.partition("sheet.csv: ")[2] for line in lines if "sheet.csv: " in line]


def test_the_list_goes_out_is_filled_in_and_comes_back(ledger: Path) -> None:
    listed = run(ledger, "--format", "csv")
    assert listed.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(listed.stdout)))
    names = [(row["commodity"], row["currency"], row["need"]) for row in rows]
    assert names == [
        ("MUG", "EUR", "missing"),
        ("CUP", "EUR", "missing"),
        ("TIN", "EUR", "missing"),
        ("TIN", "USD", "missing"),
    ]
    assert (rows[0]["median_price"], rows[0]["last_sale"]) == ("3.00", "2024-01-20")
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows({**row, "price": "3,50"} for row in rows)
    result = read(ledger, file.getvalue())
    assert (result.exit_code, tell(result)) == (0, [])
    assert result.stdout.splitlines()[0] == "2024-01-20 price MUG 3.50 EUR"
    assert result.stdout.splitlines()[3] == "2024-01-20 price TIN 3.50 USD"
    _, errors, _ = loader.load_string(LEDGER + result.stdout)
    assert errors == []


def test_the_workbook_comes_back(ledger: Path) -> None:
    path = ledger.parent / "prices.xlsx"
    assert run(ledger, "--format", "xlsx", "--output", str(path)).exit_code == 0
    book = load_workbook(path)
    sheet = book.worksheets[0]
    (column,) = [cell.column for cell in sheet[1] if cell.value == "price"]
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, column).value = 1.234
    book.save(path)
    result = run(ledger, str(path))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "2024-01-20 price MUG 1.234 EUR"
    _, errors, _ = loader.load_string(LEDGER + result.stdout)
    assert errors == []


@pytest.mark.parametrize(
    "content",
    [
        "Artikel;Preis\n4-711;3,50\n",
        "\ufeffArtikel;Preis\r\n4-711;3,50\r\n",
        "sep=;\nArtikel;Preis\n4-711;3,50\n",
        "Größe;Artikel;Preis\nä;4-711;3,50\n".encode("cp1252"),
        "Artikel\tPreis\n4-711\t3,50\n".encode("utf-16"),
        "Artikel,Preis\n4-711,3.50\n",
    ],
)
def test_an_export_of_a_shop(ledger: Path, content: str | bytes) -> None:
    result = read(
        ledger, content, "--commodity", "Artikel", "--price", "Preis", "--date", "2024-01-31"
    )
    assert (result.exit_code, tell(result)) == (0, [])
    assert result.stdout == "2024-01-31 price MUG 3.50 EUR\n"


def test_dates_and_numbers_of_a_workbook(ledger: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["day", "commodity", "price"], [date(2024, 1, 1), "MUG", 3], [None, None, None]):
        sheet.append(row)
    path = ledger.parent / "shop.xlsx"
    book.save(path)
    assert run(ledger, str(path)).stdout == "2024-01-20 price MUG 3 EUR\n"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("MUG;", "line 2: MUG has no price; fill it in, or take the line out"),
        (";3", "line 2: the commodity is empty; fill it in"),
        ("MUG;1.400", "line 2: the price 1.400 may be 1400 or 1.4; write it without a separator"),
        ("MUG;1,400", "line 2: the price 1,400 may be 1400 or 1.4; write it without a separator"),
        ("MUG;-3", "line 2: the price -3 is negative"),
        ("MUG;3 EUR", "line 2: the price '3 EUR' is no number"),
        ("MUGG;3", "line 2: MUGG is no item of the ledger; did you mean MUG?"),
        ("9;3", 'line 2: 9 is no item of the ledger; put sku: "9" on its Commodity'),
        ("X1;3", "line 2: the sku X1 is that of CUP, POT; name one"),
        ("POT;3", "line 2: the currency of POT is not known (it has no cost); name it by"),
        ("TIN;3", "line 2: the currency of TIN is not known (it costs EUR and USD); name it"),
        ("MUG;3;4", "line 2: has 3 fields, but the header has 2"),
        ("MUG;3\nMUG;4", "line 3: MUG has another price in line 2, so neither is used; keep one"),
    ],
)
def test_what_cannot_be_used_is_told(ledger: Path, lines: str, problem: str) -> None:
    result = read(ledger, f"commodity;price\n{lines}\n")
    assert (result.exit_code, result.stdout) == (1, "")
    (told,) = tell(result)
    assert told.startswith(problem)


def test_what_can_be_used_is_used_all_the_same(ledger: Path) -> None:
    lines = "MUG;1.234,50\nCUP;\nMUG;1234,5\n"
    result = read(ledger, f"commodity;price\n{lines}")
    assert (result.exit_code, result.stdout) == (1, "2024-01-20 price MUG 1234.50 EUR\n")
    result = read(ledger, "commodity;price\nMUG;1\nMUG;2\nMUG;3\nCUP;4\n")
    assert result.stdout == "2024-01-20 price CUP 4 EUR\n"
    assert tell(result)[1] == "line 4: MUG has several prices, so none is used; keep one"


def test_tax_is_taken_off_once(ledger: Path) -> None:
    result = read(ledger, "commodity;price\nMUG;3,57\n", "--net-of", "19%")
    assert result.stdout == "2024-01-20 price MUG 3.0000 EUR\n"
    result = read(ledger, "commodity;price;currency\nTIN;3,57;EUR\n", "--net-of", "19%")
    assert result.exit_code == 1
    assert "would be taken off twice" in tell(result)[0]


def test_currencies_are_those_of_the_ledger(ledger: Path) -> None:
    result = read(ledger, "commodity;price;currency\nMUG;3;USD\n")
    assert result.stdout == "2024-01-20 price MUG 3 USD\n"
    result = read(ledger, "commodity;price\nTIN;3\n", "--currency", "USD")
    assert result.stdout == "2024-01-20 price TIN 3 USD\n"
    result = read(ledger, "commodity;price;currency\nMUG;3;EURO\n")
    assert "EURO is no currency of the ledger; did you mean EUR?" in tell(result)[0]
    result = read(ledger, "commodity;price\nMUG;3\n", "--currency", "XXX")
    assert "XXX is no currency of the ledger; name it by --currency" in tell(result)[0]


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"a\0b", b"\xff\xfe\x00", b"\x81\x8d"])
def test_what_is_no_sheet_is_refused(ledger: Path, content: bytes) -> None:
    result = read(ledger, content)
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_without_calamine_a_workbook_is_refused(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    result = read(ledger, b"PK\x03\x04")
    assert result.exit_code == 2
    assert "pip install 'beancount-invwd[xlsx]'" in result.stderr


def test_an_export_with_thousands_of_other_items(ledger: Path) -> None:
    lines = "".join(f"ART-{number:05};3,50\n" for number in range(20_000))
    result = read(ledger, f"commodity;price\n{lines}MUG;3,50\n")
    assert result.stdout == "2024-01-20 price MUG 3.50 EUR\n"
    assert len(tell(result)) == 20_000


def test_what_a_header_or_a_price_lacks_is_told_in_words_of_prices(ledger: Path) -> None:
    result = read(ledger, "Artikel;Preis\nMUG;3,50\n")
    assert "or say what they are called: --commodity COLUMN --price COLUMN" in result.stderr
    result = read(ledger, "commodity;price\nMUG;-3,50\n")
    assert "line 2: the price -3.50 is negative; correct the line" in result.stderr


def test_a_currency_without_a_rate_is_asked_for_and_taken_without_tax(ledger: Path) -> None:
    with ledger.open("a", encoding="utf-8") as file:
        file.write("2024-02-01 price MUG 1.50 GBP\n2024-02-01 price CUP 2.00 EUR\n")
    listed = run(ledger, "--format", "csv").stdout
    assert "\nGBP,196.00,EUR,no rate" in listed.replace("\r", "")
    done = read(ledger, "commodity;price;currency\nGBP;1,15;EUR\n", "--net-of", "19%")
    assert (done.exit_code, done.stdout) == (0, "2024-02-01 price GBP 1.15 EUR\n")
