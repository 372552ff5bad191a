"""The pack: one file for the accountant, the same bytes for the same ledger."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from beancount import loader
from click.testing import CliRunner

from beancount_invwd.cli.commands import main
from beancount_invwd.engine import Asked, follow_ledger
from beancount_invwd.report.output.tables import Document
from beancount_invwd.report.pack.pack import pack
from beancount_invwd.report.pack.parts import list_parts

EXAMPLE = Path(__file__).parents[2] / "example.beancount"
NAMES = ["inventory-2024-12-31.html", "inventory-2024-12-31.xlsx"]
HARM = """
option "title" "<b>Bold & Sons</b>"
plugin "beancount_invwd"
2024-01-01 open Assets:Inventory "FIFO"
2024-01-01 open Assets:Bank
2024-01-05 * "Supplier"
  Assets:Inventory    10 WIDGET {10.00 USD, "<script>alert(1)</script>"}
  Assets:Bank
2024-01-31 price WIDGET 7.50 USD
"""


def open_pack(content: bytes) -> tuple[str, openpyxl.Workbook]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    page = next(name for name in archive.namelist() if name.endswith(".html"))
    book = next(name for name in archive.namelist() if name.endswith(".xlsx"))
    return archive.read(page).decode(), openpyxl.load_workbook(io.BytesIO(archive.read(book)))


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("pack") / "2024.zip"
    call = ["pack", str(EXAMPLE), "--through", "2024-12-31", "--output", str(path)]
    assert CliRunner().invoke(main, call).exit_code == 0
    return path.read_bytes()


def test_the_same_ledger_gives_the_same_bytes(packed: bytes) -> None:
    entries, _, options = loader.load_file(str(EXAMPLE))
    run = follow_ledger(entries, options, None, asked=Asked(by_cause=True))
    assert pack(run) == packed
    archive = zipfile.ZipFile(io.BytesIO(packed))
    assert archive.namelist() == NAMES
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.external_attr >> 16 for info in archive.infolist()} == {0o644}


def test_the_page_holds_every_part_and_the_allowance_of_the_report(packed: bytes) -> None:
    page, _ = open_pack(packed)
    parts = ["note", "positions", "roll-forward", "bridge", "movements", "audit", "prices"]
    for part in [*parts, "policy", "explain-LAMP", "explain-SCARF"]:
        assert f'<section id="{part}">' in page
        assert f'<a href="#{part}">' in page
    assert '<td>Total</td><td>USD</td><td class="num">4709.00</td><td class="num">246.00' in page
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    (line,) = [n for n, text in enumerate(lines, 1) if text.startswith("2024-10-14 price LAMP")]
    assert page.count(f"example.beancount:{line}<") >= 2  # used, and listed


def test_the_workbook_has_a_sheet_for_each_and_they_tie(packed: bytes) -> None:
    _, book = open_pack(packed)
    assert book.sheetnames[:2] == ["note", "positions"]
    sums = {}
    for name in ("positions", "audit"):
        titles, *rows = book[name].iter_rows(values_only=True)
        place = titles.index("Allowance")
        sums[name] = sum(row[place] for row in rows)
    titles, *rows = book["roll-forward"].iter_rows(values_only=True)
    assert sums == {"positions": 246, "audit": 246}
    assert rows[-1][titles.index("Closing")] == 246
    titles, *rows = book["bridge"].iter_rows(values_only=True)
    first, last = titles.index("Opening"), titles.index("Closing")
    for row in rows:
        assert sum(row[first:last]) == pytest.approx(row[last])


def test_words_of_the_ledger_are_words() -> None:
    entries, errors, options = loader.load_string(HARM)
    assert not errors
    page, _ = open_pack(pack(follow_ledger(entries, options, None)))
    assert "<script>alert" not in page
    assert "<b>Bold" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;Bold &amp; Sons&lt;/b&gt;: Inventories on 2024-01-31" in page


def test_a_ledger_without_goods_has_a_pack_too() -> None:
    ledger = """
plugin "beancount_invwd"
2024-01-01 open Assets:Inventory "FIFO"
2024-01-01 open Assets:Bank
"""
    entries, _, options = loader.load_string(ledger)
    page, book = open_pack(pack(follow_ledger(entries, options, None)))
    assert "No inventory is on hand" in page
    assert "policy" in book.sheetnames


def test_what_has_to_be_checked_stands_first_on_the_sheet_of_the_note() -> None:
    entries, _, options = loader.load_string(HARM + "2024-02-15 price WIDGET 7.00 USD\n")
    _, book = open_pack(pack(follow_ledger(entries, options, None)))
    _, (section, text, *_), *_ = book["note"].iter_rows(values_only=True)
    assert not section
    assert str(text).startswith("[to be checked by the author: a test on 2024-02-15 would")


def test_it_speaks_german(tmp_path: Path) -> None:
    path = tmp_path / "2024.zip"
    call = ["pack", str(EXAMPLE), "--through", "2024-12-31", "--output", str(path)]
    assert CliRunner().invoke(main, [*call, "--language", "de"]).exit_code == 0
    page, _ = open_pack(path.read_bytes())
    assert '<html lang="de">' in page
    assert "Die Wertberichtigung, Jahr für Jahr" in page
    assert "<th>Artikel</th>" in page
    assert "The allowance" not in page


ITEMS = [f"I{n:02}" for n in range(12)]
MANY = """
plugin "beancount_invwd" "{'fiscal_year_end': '01-31'}"
2024-01-01 open Assets:Inventory "FIFO"
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:COGS
2024-01-05 * "Supplier"
  Assets:Bank
  Assets:Inventory    1 I11 {10.00 USD, "second"}
""" + "".join(f"  Assets:Inventory    10 {item} {{10.00 USD}}\n" for item in ITEMS)
PRICED = "".join(f"2024-01-31 price {item} {10 - n / 10} USD\n" for n, item in enumerate(ITEMS))
LATER = """
2024-02-01 * "Sold on the first day of the year"
  Assets:Inventory    -5 I10 {}
  Expenses:COGS
2024-02-10 price I01 2.00 USD
2024-02-20 custom "invwd-policy" "selling_cost" "1%" "I05"
"""


def test_the_largest_allowances_and_what_is_pending_are_explained() -> None:
    entries, errors, options = loader.load_string(MANY + PRICED + LATER)
    assert not errors
    parts = {part.name: part for part in list_parts(follow_ledger(entries, options))}
    # 80.00 are pending of I01, 12.10 carried of I11, half of 10.00 of I10, then 9.00 to 3.00
    assert [name[8:] for name in parts if name.startswith("explain")] == [
        *("I01", "I11", "I09", "I08", "I07", "I06", "I05", "I10", "I04", "I03"),
    ]

    def rows(name: str) -> list[Any]:
        content = parts[name].content
        assert isinstance(content, Document)
        return list(content.tables[0].rows)

    assert [(row.commodity, row.lots) for row in rows("prices")] == [
        (item, 2 if item == "I11" else 1) for item in ITEMS
    ]
    assert [(row.kind, row.date.day) for row in rows("movements")] == [("release", 1)]
    assert [row.key for row in rows("policy")][-2:] == ["plugin", "selling_cost"]


def test_items_have_sheets_whatever_they_are_called() -> None:
    items = ["/NQH21", "A-VERY-LONG-NAME-OF-GOODS.1", "A-VERY-LONG-NAME-OF-GOODS.2", "IT'S"]
    goods = "".join(f"  Assets:Inventory  10 {item} {{10 USD}}\n" for item in items)
    prices = "".join(f"2024-01-31 price {item} 7.50 USD\n" for item in items)
    text = HARM.replace(
        '  Assets:Inventory    10 WIDGET {10.00 USD, "<script>alert(1)</script>"}\n', goods
    )
    entries, errors, options = loader.load_string(text + prices)
    assert not errors
    _, book = open_pack(pack(follow_ledger(entries, options, None)))
    names = [name for name in book.sheetnames if name.startswith("explain")]
    assert names == [
        "explain -NQH21",
        "explain A-VERY-LONG-NAME-OF-GOO",
        "explain A-VERY-LONG-NAME-OF-G 2",
        "explain IT'S",
    ]
