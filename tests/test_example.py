"""The example tells a story in its comments; here the comments are held to it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from beancount import loader
from beancount.core.data import Transaction

EXAMPLE = Path(__file__).parent.parent / "example.beancount"
PROMISE = re.compile(r"the plugin writes: (\S+) (\S+) (\S+) (\S+) (\S+)$")
KINDS = {"write-down", "write-off", "reversal", "release", "transfer"}


class Movement(NamedTuple):
    """What a comment promises, or what a generated transaction does."""

    date: date
    kind: str
    amount: Decimal
    currency: str
    item: str


@pytest.fixture(scope="module")
def ledger() -> tuple[list[Any], list[Any], dict[str, Any]]:
    entries, errors, options = loader.load_file(str(EXAMPLE))
    return entries, errors, options


def _read_promises() -> list[Movement]:
    """Read the promises, which stand in comments of their own, one a line."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    found = [PROMISE.search(line) for line in lines if line.startswith(";;   the plugin writes:")]
    assert all(found), "a promise is: DATE KIND AMOUNT CURRENCY ITEM"
    return [
        Movement(date.fromisoformat(day), kind, Decimal(amount), currency, item)
        for day, kind, amount, currency, item in (match.groups() for match in found if match)
    ]


def _read_generated(entries: list[Any]) -> list[Transaction]:
    return [entry for entry in entries if "invwd" in (getattr(entry, "tags", None) or ())]


def _measure_movement(entry: Transaction) -> Movement:
    """Sum up the debits of a generated transaction: what it moves."""
    amounts: list[Any] = [posting.units for posting in entry.postings]
    (currency,) = {amount.currency for amount in amounts}
    total = sum((amount.number for amount in amounts if amount.number > 0), Decimal())
    return Movement(entry.date, entry.meta["invwd"], total, currency, entry.meta["invwd-group"])


def test_loads_without_errors(ledger: tuple[list[Any], list[Any], dict[str, Any]]) -> None:
    _, errors, options = ledger
    assert errors == []
    assert options["title"] == "Harbour Lane Goods"
    assert options["operating_currency"] == ["USD"]


def test_plugin_writes_what_the_comments_promise_and_nothing_else(
    ledger: tuple[list[Any], list[Any], dict[str, Any]],
) -> None:
    written = Counter(map(_measure_movement, _read_generated(ledger[0])))
    assert sorted(written.elements()) == sorted(_read_promises())


def test_every_mention_of_the_plugin_writing_is_a_promise() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    head = text.count('"the plugin writes: ..."')
    assert text.count("the plugin writes:") - head == len(_read_promises())


def test_every_kind_of_movement_occurs(
    ledger: tuple[list[Any], list[Any], dict[str, Any]],
) -> None:
    assert {entry.meta["invwd"] for entry in _read_generated(ledger[0])} == KINDS


def test_allowances_end_where_the_last_comment_says(
    ledger: tuple[list[Any], list[Any], dict[str, Any]],
) -> None:
    balances: Counter[str] = Counter()
    for entry in ledger[0]:
        for posting in getattr(entry, "postings", ()):
            if posting.account.endswith(":Allowance"):
                balances[posting.account] += posting.units.number
    assert balances == {
        "Assets:Inventory:Store:Allowance": Decimal("-238.00"),  # lamps 160.00, scarves 78.00
        "Assets:Inventory:Workshop:Allowance": Decimal("0.00"),
    }


def test_the_company_earns_money(ledger: tuple[list[Any], list[Any], dict[str, Any]]) -> None:
    profit: Counter[int] = Counter()
    for entry in ledger[0]:
        for posting in getattr(entry, "postings", ()):
            if posting.account.startswith(("Income", "Expenses")):
                profit[entry.date.year] -= posting.units.number
    assert profit[2023] > 5000
    assert profit[2024] > 2500
