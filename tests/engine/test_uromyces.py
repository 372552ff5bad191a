"""uromyces, a loader in Rust that runs plugins: the case files give the same through it.

What uromyces itself cannot load is listed here by what the ledger holds, and each such case is
checked to fail still, so that the list cannot go out of date unnoticed.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from beancount import loader
from beancount.core import data
from beancount.parser import printer

from beancount_invwd.transactions.journal import FILENAME
from tests.support.case_files import case_name, find_cases, read_case

uromyces = pytest.importorskip("uromyces", reason="uromyces is not installed")


class Gap(NamedTuple):
    """What uromyces 0.0.5 cannot do.

    Attributes:
        reason: In words.
        mark: Which ledgers have it.
        sign: What then is in an error or exception; nothing if only the entries differ.
    """

    reason: str
    mark: re.Pattern[str]
    sign: str


GAPS = [
    Gap(
        "it drops a custom directive that has metadata",
        re.compile(r'^\d{4}-\d\d-\d\d custom "[^\n]*\n[ \t]+[a-z]', re.MULTILINE),
        "Invalid number node",
    ),
    Gap(
        "it reads no comment behind a price",
        re.compile(r"^\d{4}-\d\d-\d\d price [^\n;]*;", re.MULTILINE),
        "Invalid syntax",
    ),
    Gap(
        "it reads no comment behind the currency of an account",
        re.compile(r"^\d{4}-\d\d-\d\d open \S+ [A-Z]+[ \t]*;", re.MULTILINE),
        "Invalid syntax",
    ),
    Gap(
        "it cannot hand metadata without a value to a plugin",
        re.compile(r"^[ \t]+[a-z][\w-]*:[ \t]*$", re.MULTILINE),
        "failed to extract enum MetaValue",
    ),
    Gap(
        "it does not keep the cost of units that it works out itself",
        re.compile(r"^[ \t]+[A-Z][\w:-]+[ \t]+[A-Z]+ \{", re.MULTILINE),
        "",
    ),
    Gap(
        "it does not sort the prices of a day by line that implicit_prices makes",
        re.compile(
            r"implicit_prices.*^(\d{4}-\d\d-\d\d) price [^\n]*\n+\1 \*", re.MULTILINE | re.DOTALL
        ),
        "",
    ),
    Gap(
        "it does not sort what one plugin adds before it runs the next",
        re.compile(
            r'^plugin "beancount_invwd".*^plugin "beancount_invwd', re.MULTILINE | re.DOTALL
        ),
        "",
    ),
    Gap(
        "it opens an account that a plugin adds after what is posted to it that day",
        re.compile(
            r"\A(?!.* open \S+:Store:Allowance\b).*^[ \t]+\S+:Store:Allowance[ \t]",
            re.MULTILINE | re.DOTALL,
        ),
        "Invalid reference to inactive account",
    ),
    Gap(
        "it closes an account before what a plugin posts to it that day",
        re.compile(r"^2024-01-31 close Expenses:Inventory:Write-Off$", re.MULTILINE),
        "Invalid reference to inactive account",
    ),
    Gap(
        "it does not tell how the ledger writes numbers",
        re.compile(r"\{[\d.]+ ETH\}"),
        "",
    ),
    Gap(
        "it pads before plugins run",
        re.compile(
            r"\A(?!.*invwd-money).*^\d{4}-\d\d-\d\d pad \S+:Stock\b", re.MULTILINE | re.DOTALL
        ),
        "",
    ),
    Gap(
        "it checks balances before plugins run",
        re.compile(
            r"\A(?!.* pad ).*^\S+ balance (Assets:Shop|Expenses:Inventory)[ \t]",
            re.MULTILINE | re.DOTALL,
        ),
        "",
    ),
]


class Outcome(NamedTuple):
    """What the plugin wrote, and all errors."""

    written: Counter[str]
    errors: list[str]


def print_own(entries: list[Any]) -> Counter[str]:
    """Print what the plugin wrote; to uromyces, no payee is an empty one."""
    return Counter(
        printer.format_entry(
            entry._replace(payee=entry.payee or None)
            if isinstance(entry, data.Transaction)
            else entry
        )
        for entry in entries
        if entry.meta["filename"] == FILENAME
    )


def load_by_beancount(path: Path) -> Outcome:
    entries, errors, _ = loader.load_file(str(path))
    return Outcome(print_own(entries), sorted(str(error.message) for error in errors))


def load_by_uromyces(path: Path) -> Outcome:
    from uromyces._convert import beancount_entries  # noqa: PLC0415 (perhaps not installed)

    try:
        ledger = uromyces.load_file(str(path))
    except Exception as error:  # noqa: BLE001 (this is what is tested)
        return Outcome(Counter(), [str(error)])
    entries = beancount_entries(ledger.entries)
    return Outcome(print_own(entries), sorted(str(error.message) for error in ledger.errors))


def find_gaps(text: str) -> list[Gap]:
    return [gap for gap in GAPS if gap.mark.search(text)]


@pytest.mark.parametrize("path", find_cases(), ids=case_name)
def test_uromyces_gives_the_same(path: Path, tmp_path: Path) -> None:
    ledger = read_case(path).ledger
    copy = tmp_path / path.name
    copy.write_text(ledger, encoding="utf-8")
    theirs, ours = load_by_uromyces(copy), load_by_beancount(copy)
    gaps = find_gaps(ledger)
    if not gaps:
        assert theirs == ours
        return
    assert theirs != ours, f"uromyces can do this now: {gaps[0].reason}"
    assert any(gap.sign in error for gap in gaps for error in theirs.errors or [""])


def test_each_gap_is_met() -> None:
    ledgers = [read_case(path).ledger for path in find_cases()]
    assert all(any(gap.mark.search(text) for text in ledgers) for gap in GAPS)
