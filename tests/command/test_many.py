"""A shop of three hundred items: what bean-check says fits a screen, sheets are read in no time."""

from __future__ import annotations

from pathlib import Path

import pytest
from beancount import loader
from click.testing import CliRunner

from beancount_invwd.cli import main
from tests.support.ods import make_ods

ITEMS = [f"ART{number:03d}" for number in range(300)]
SCREEN = 24  # lines
STORE = "Assets:Inventory:Store"
HEAD = f"""
plugin "beancount_invwd"
2024-01-01 open {STORE} "FIFO"
2024-01-01 open Assets:Bank
"""
GOODS = "".join(
    f'2024-01-05 * "Purchase of {item}"\n  {STORE}  10 {item} {{2.00 EUR}}\n  Assets:Bank\n'
    for item in ITEMS
)
LAST = '2024-01-31 * "Rent"\n  Assets:Bank  -1 EUR\n  Assets:Bank\n'


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.beancount"
    path.write_text(f"{HEAD}{GOODS}{LAST}", encoding="utf-8")
    return path


def list_messages(text: str) -> list[str]:
    _, errors, _ = loader.load_string(text)
    return [error.message for error in errors]


@pytest.mark.parametrize(
    ("more", "begin"),
    [
        ("", "no item on hand has a price that counts on 2024-01-31, so 300 items with a cost of"),
        (f"2024-01-31 price {ITEMS[7]} 3 EUR\n", "299 items with a cost of 5,980.00 EUR have no"),
        (f"2022-01-31 price {ITEMS[7]} 3 EUR\n", "no item on hand has a price that counts on 2024"),
    ],
)
def test_what_lacks_fits_a_screen(more: str, begin: str) -> None:
    (message,) = list_messages(f"{HEAD}{GOODS}{LAST}{more}")
    assert message.startswith(begin)
    assert len(message.splitlines()) <= SCREEN
    assert "bean-invwd prices" in message
    assert f"-1 {ITEMS[0]} {{}} @ … EUR" in message


def test_the_months_end_of_a_shop(ledger: Path, tmp_path: Path) -> None:
    """Prices go out, come back as an ODS and are appended: bean-check is silent."""
    text = ledger.read_text(encoding="utf-8")
    sheet = tmp_path / "prices.ods"
    rows: list[list[str | float]] = [["commodity", "price"]]
    rows += [[item, 1.5] for item in ITEMS]
    sheet.write_bytes(make_ods(rows))
    todo = CliRunner().invoke(main, ["todo", str(ledger)])
    assert len(todo.stdout.splitlines()) <= SCREEN + 10  # ten lines to paste
    priced = CliRunner().invoke(main, ["prices", str(ledger), str(sheet)])
    assert priced.exit_code == 0
    assert ": line " not in priced.stderr  # of the sheet
    assert priced.stdout.count(" price ") == len(ITEMS)
    assert list_messages(text + priced.stdout) == []


def test_a_count_as_ods_takes_numbers_and_texts(ledger: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "count.ods"
    rows: list[list[str | float]] = [["account", "commodity", "quantity", "label"]]
    rows += [[STORE, item, 10, ""] for item in ITEMS[2:]]
    rows += [[STORE, ITEMS[0], 7.0, ""], [STORE, ITEMS[1], "9,5", ""]]
    sheet.write_bytes(make_ods(rows))
    result = CliRunner().invoke(main, ["count", str(ledger), str(sheet), "--balances"])
    assert "Count: 3 ART000 missing (7 counted, 10 in the books)" in result.stdout
    assert "Count: 0.5 ART001 missing" in result.stdout
    assert result.stdout.count(" balance ") == len(ITEMS)
    assert ": line " not in result.stderr  # of the sheet
