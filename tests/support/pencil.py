"""Figures that were worked out by hand, to hold the slow model of the rules against.

`Loss`, `Off`, `Back`, `Allow` stand for the accounts of write-downs, write-offs, reversals and the
allowance of Assets:Inventory:A.
"""

from __future__ import annotations

from textwrap import dedent
from typing import Final

from beancount import loader

from tests.support.rules.model import reference

Pencil = dict[str, tuple[str, str, str]]
"""A sentence -> ledger, configuration, and what is written."""

OPENS: Final = """\
2023-01-01 open Assets:Inventory:A "FIFO"
2023-01-01 open Assets:Inventory:B "FIFO"
2023-01-01 open Assets:Inventory:C "FIFO"
2023-01-01 open Assets:Inventory:Pool "NONE"
2023-01-01 open Assets:Cash
2023-01-01 open Assets:Equipment
  invwd-own-use: TRUE
2023-01-01 open Assets:Receivable
2023-01-01 open Equity:Drawings
2023-01-01 open Income:Sales
2023-01-01 open Income:Other
2023-01-01 open Expenses:COGS
2023-01-01 open Expenses:COGS:Shop
2023-01-01 open Expenses:COGS:Web
2023-01-01 open Expenses:Fees
2023-01-01 open Expenses:Samples
2023-01-01 open Expenses:Shrinkage
2023-01-01 open Expenses:Inventory:Write-Off
2023-01-01 open Liabilities:Payable
"""
SHORT: Final = {
    "Loss": "Expenses:Inventory:Write-Down",
    "Off": "Expenses:Inventory:Write-Off",
    "Back": "Expenses:Inventory:Reversal",
    "COGS": "Expenses:COGS",
    "Allow": "Assets:Inventory:A:Allowance",
    "AllowB": "Assets:Inventory:B:Allowance",
    "AllowC": "Assets:Inventory:C:Allowance",
    "AllowP": "Assets:Inventory:Pool:Allowance",
}
TEN_AT_TEN: Final = """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2024-01-31 price MUG 7.00 USD
"""
LOSS_30: Final = "2024-01-31 write-down Allow -30, Loss 30\n"


def check(ledger: str, config: str, pencil: str) -> None:
    """Assert that the model writes what was worked out."""
    entries, errors, options = loader.load_string(OPENS + dedent(ledger), dedent=False)
    assert errors == []
    found = [
        f"{entry.date} {entry.kind} "
        + ", ".join(sorted(f"{shorten(account)} {number}" for account, number in entry.postings))
        + "".join(f" ({reason})" for reason in entry.reasons)
        for entry in reference(entries, options, config)
    ]
    assert sorted(found) == sorted(line.strip() for line in pencil.strip().splitlines())


def shorten(account: str) -> str:
    """Return the short name of an account."""
    return next((short for short, name in SHORT.items() if name == account), account)
