"""Entries of other plugins that no ledger can hold, on the command line: it reports the rest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from beancount_invwd.cli.commands import main
from tests.engine.test_odd import LEDGER

PLUGIN = """
import datetime
from decimal import Decimal
from beancount.core import data
from beancount.core.position import CostSpec

__plugins__ = ("make_odd",)


def make_odd(entries, options_map):
    return [_change(entry) for entry in entries], []


def _change(entry):
    if CHANGE == "a price" and isinstance(entry, data.Price) and entry.date.day == 7:
        return entry._replace(amount=entry.amount._replace(number=float(entry.amount.number)))
    if CHANGE == "no price" and isinstance(entry, data.Price) and entry.currency == "OIL":
        return entry._replace(amount=entry.amount._replace(number=Decimal("NaN")))
    if CHANGE == "no file" and isinstance(entry, data.Balance):
        return entry._replace(meta={"lineno": 7})
    if not isinstance(entry, data.Transaction) or entry.narration != GOODS:
        return entry
    first, *rest = entry.postings
    cost = first.cost
    if CHANGE == "a datetime":
        cost = cost._replace(date=datetime.datetime(2024, 1, 5, 12))
    if CHANGE == "a float":
        cost = cost._replace(number=8.0)
    if CHANGE == "unbooked":
        cost = CostSpec(cost.number, None, cost.currency, cost.date, None, merge=False)
    if CHANGE == "a key":
        entry.meta[7] = "seven"
    return entry._replace(postings=[first._replace(cost=cost), *rest])
"""
ASIDE = """
2023-01-01 open Assets:Tools
2023-01-01 open Income:Sales
2024-01-06 * "Saw"
  Assets:Tools   1 SAW {30.00 USD}
  Assets:Bank
2024-01-07 price OIL 7.00 USD
2024-01-07 price CUP 7.25 USD
2024-01-08 * "Sold"
  Assets:Inventory:Store   -1 CUP {}
  Assets:Bank               7.00 USD
  Income:Sales             -7.00 USD
  Expenses:COGS
2023-01-01 open Expenses:COGS
2024-02-01 balance Assets:Bank  1.00 USD
"""
COMMANDS = [
    ["report"],
    ["rollforward"],
    ["risk"],
    ["compare", "--with", "price=-10%"],
    ["explain", "CUP"],
    ["disclose"],
    ["audit"],
    ["lookback", "--as-of", "2023-12-31"],
    ["todo"],
    ["count"],
    ["prices"],
    ["book", "--through", "2024-01-31"],
]


def run(command: list[str], change: str, goods: str, folder: Path) -> tuple[str, str]:
    (folder / "odd_entries.py").write_text(
        f"CHANGE, GOODS = {change!r}, {goods!r}\n{PLUGIN}", encoding="utf-8"
    )
    path = folder / "ledger.beancount"
    lines = 'plugin "odd_entries"\nplugin "beancount_invwd"\n'
    path.write_text(lines + LEDGER + ASIDE, encoding="utf-8")
    name, *rest = command
    sys.modules.pop("odd_entries", None)
    result = CliRunner().invoke(main, [name, str(path), *rest])
    assert result.exit_code in {0, 1}, result.output
    assert "Traceback" not in result.output
    assert "this is a fault" not in result.output
    return result.stdout, result.stderr


@pytest.fixture(autouse=True)
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


@pytest.mark.parametrize("change", ["a datetime", "a float", "unbooked", "a key"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_command_line_reports_the_rest(command: list[str], change: str, tmp_path: Path) -> None:
    out, errors = run(command, change, "Mugs", tmp_path)
    assert "does not assess MUG;" in errors
    assert "9.00" in out or "CUP" in out or command[0] in {"lookback", "prices", "todo"}


@pytest.mark.parametrize(
    "change", ["a datetime", "a float", "unbooked", "a price", "no price", "no file"]
)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_harms_no_books_is_passed_over(
    command: list[str], change: str, tmp_path: Path
) -> None:
    """Goods in another account, a price that no measurement asks for: reports read more."""
    usual, _ = run(command, "nothing", "Saw", tmp_path)
    out, errors = run(command, change, "Saw", tmp_path)
    assert "does not assess" not in errors
    assert "Balance failed for 'Assets:Bank'" in errors
    assert out == usual


def test_a_fault_of_the_command_line_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("nothing")

    monkeypatch.setattr("beancount_invwd.cli.commands.document_positions", fail)
    path = tmp_path / "ledger.beancount"
    path.write_text('plugin "beancount_invwd"\n' + LEDGER, encoding="utf-8")
    result = CliRunner().invoke(main, ["report", str(path)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.endswith(
        "Error: bean-invwd failed (ZeroDivisionError: nothing); this is a fault of the program, "
        "please report it with the ledger\n"
    )
