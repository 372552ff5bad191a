"""The lines for a ledger that does not use the plugin yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from beancount import loader
from click.testing import CliRunner, Result

from beancount_invwd.cli import main

LEDGER = """
2024-01-01 open Assets:Bank
2024-01-01 open {account}
2024-01-05 * "Purchase"
  {account}  10 MUG {{2.00 EUR}}
  Assets:Bank
"""


def init(tmp_path: Path, text: str) -> Result:
    path = tmp_path / "ledger.beancount"
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(main, ["init", str(path)])


@pytest.mark.parametrize(
    ("account", "line"),
    [
        ("Assets:Inventory:Store", 'plugin "beancount_invwd"'),
        (
            "Assets:Shop:Stock",
            "plugin \"beancount_invwd\" \"{'inventory': ['Assets:Shop:Stock']}\"",
        ),
    ],
)
def test_the_lines_switch_it_on(tmp_path: Path, account: str, line: str) -> None:
    text = LEDGER.format(account=account)
    result = init(tmp_path, text)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f";; What is held at cost: {account}",
        line,
        "",
        "2024-01-01 open Expenses:Inventory:Reversal",
        "2024-01-01 open Expenses:Inventory:Write-Down",
        "2024-01-01 open Expenses:Inventory:Write-Off",
        "",
        ";; 2024-01-05 price MUG … EUR",
    ]
    filled = result.stdout.replace(";; 2024-01-05", "2024-01-31").replace("…", "1.50")
    entries, errors, _ = loader.load_string(text + filled)
    assert errors == []
    assert any("invwd" in (getattr(entry, "tags", None) or ()) for entry in entries)


def test_there_is_nothing_to_start_with(tmp_path: Path) -> None:
    result = init(tmp_path, "2024-01-01 open Assets:Bank\n")
    assert result.exit_code == 2
    assert "holds anything at cost" in result.stderr
    result = init(
        tmp_path, f'plugin "beancount_invwd"\n{LEDGER.format(account="Assets:Inventory")}'
    )
    assert result.exit_code == 2
    assert "uses the plugin already" in result.stderr
