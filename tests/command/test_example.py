"""The example tells a story in its comments; here the comments are held to it.

What the plugin wrote for 2023 stands booked in the ledger, in a section of its own. After a change
above that section (one more line is enough: releases name the line of the sale) write it anew:

    python -m pytest tests/command/test_example.py --update-cases
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from beancount import loader
from beancount.core.data import Transaction
from click.testing import CliRunner

from beancount_invwd.cli.commands import main
from beancount_invwd.engine import follow_ledger
from beancount_invwd.report.book import book
from beancount_invwd.sheets.count import count
from beancount_invwd.transactions.journal import FILENAME

EXAMPLE = Path(__file__).parents[2] / "example.beancount"
CLOSED = date(2023, 12, 31)
SECTION = "\n* 2023 booked\n"
NEXT = "\n* 2024 Q1\n"
PROMISE = re.compile(r"the plugin writes: (\S+) (\S+) (\S+) (\S+) (\S+)$")
COUNT = re.compile(r'^2024-12-30 \* "Count: .*\n(?:  .*\n)+', re.MULTILINE)
KINDS = {"write-down", "write-off", "reversal", "release", "transfer", "commitment-loss"}

Ledger = tuple[list[Any], list[Any], dict[str, Any]]


class Movement(NamedTuple):
    """What a comment promises, or what a generated transaction does."""

    date: date
    kind: str
    amount: Decimal
    currency: str
    item: str


def _part(text: str) -> tuple[str, str, str, str]:
    """Part the example: what is before the section, its comments, what is booked, the rest."""
    before, _, rest = text.partition(SECTION)
    section, _, after = rest.partition(NEXT)
    comments, _, booked = section.partition("\n\n")
    assert comments, "the section begins with comments and an empty line"
    assert after, "2024 comes next"
    return before, comments, booked, after


@pytest.fixture(scope="module")
def unbooked(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """The example without the section, in which the plugin writes 2023 as well."""
    before, _, _, after = _part(EXAMPLE.read_text(encoding="utf-8"))
    path = tmp_path_factory.mktemp("unbooked") / EXAMPLE.name
    path.write_text(before + NEXT + after, encoding="utf-8")
    entries, errors, options = loader.load_file(str(path))
    return entries, errors, options


@pytest.fixture(scope="module")
def ledger(request: pytest.FixtureRequest, unbooked: Ledger) -> Ledger:
    """The example; with `--update-cases` what is booked in it is written first."""
    if request.config.getoption("--update-cases"):
        before, comments, _, after = _part(EXAMPLE.read_text(encoding="utf-8"))
        booked = book(unbooked[0], unbooked[2], CLOSED)
        text = f"{before}{SECTION}{comments}\n\n{booked}{NEXT}{after}"
        EXAMPLE.write_text(text, encoding="utf-8")
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


def _read_written(entries: list[Any]) -> list[Transaction]:
    """Return what the plugin wrote, be it booked since or generated."""
    return [entry for entry in entries if "invwd" in (getattr(entry, "tags", None) or ())]


def _measure_movement(entry: Transaction) -> Movement:
    """Sum up the debits of a transaction that the plugin wrote: what it moves."""
    amounts: list[Any] = [posting.units for posting in entry.postings]
    (currency,) = {amount.currency for amount in amounts}
    total = sum((amount.number for amount in amounts if amount.number > 0), Decimal())
    return Movement(entry.date, entry.meta["invwd"], total, currency, entry.meta["invwd-group"])


def _read_balances(entries: Iterable[Any]) -> list[tuple[date, str, str, Decimal]]:
    """Return what each account holds after each day that changed it."""
    balances: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    days: dict[tuple[date, str, str], Decimal] = {}
    for entry in entries:
        for posting in getattr(entry, "postings", ()):
            key = (posting.account, posting.units.currency)
            balances[key] += posting.units.number
            days[entry.date, key[0], key[1]] = balances[key]
    return sorted((*key, number) for key, number in days.items())


def test_loads_without_errors(ledger: Ledger) -> None:
    _, errors, options = ledger
    assert errors == []
    assert options["title"] == "Harbour Lane Goods"
    assert options["operating_currency"] == ["USD"]


@pytest.mark.parametrize(
    ("year", "filename"),
    [
        pytest.param(2023, str(EXAMPLE), id="2023, booked"),
        pytest.param(2024, FILENAME, id="2024, generated"),
    ],
)
def test_plugin_wrote_what_the_comments_promise_and_nothing_else(
    ledger: Ledger, year: int, filename: str
) -> None:
    written = [entry for entry in _read_written(ledger[0]) if entry.meta["filename"] == filename]
    promises = [promise for promise in _read_promises() if promise.date.year == year]
    assert sorted(map(_measure_movement, written)) == sorted(promises)
    assert promises


def test_no_promise_is_of_another_year_and_nothing_is_written_elsewhere(ledger: Ledger) -> None:
    assert {promise.date.year for promise in _read_promises()} == {2023, 2024}
    assert len(_read_written(ledger[0])) == len(_read_promises())


def test_what_is_booked_is_what_the_plugin_would_write(ledger: Ledger, unbooked: Ledger) -> None:
    assert ledger[1] == unbooked[1] == []
    _, _, booked, _ = _part(EXAMPLE.read_text(encoding="utf-8"))
    assert booked == book(unbooked[0], unbooked[2], CLOSED), "see the head of this file"


def test_booking_changes_no_balance_on_any_date(ledger: Ledger, unbooked: Ledger) -> None:
    assert _read_balances(ledger[0]) == _read_balances(unbooked[0])


def test_every_mention_of_the_plugin_writing_is_a_promise() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    head = text.count('"the plugin writes: ..."')
    assert text.count("the plugin writes:") - head == len(_read_promises())


def test_the_count_is_what_the_command_writes(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    found = COUNT.search(text)
    assert found is not None
    path = tmp_path / EXAMPLE.name
    path.write_text(text.replace(found[0], ""), encoding="utf-8")
    entries, _, options = loader.load_file(str(path))
    sheet = "account,commodity,quantity\nAssets:Inventory:Store,SCARF,12\n"
    assert sheet.splitlines()[1] in text
    run = follow_ledger(entries, options, date(2024, 12, 30))
    assert count(run, sheet).write().strip() == found[0].strip()


def test_every_kind_of_movement_occurs(
    ledger: Ledger,
) -> None:
    assert {entry.meta["invwd"] for entry in _read_written(ledger[0])} == KINDS


def test_allowances_end_where_the_last_comment_says(
    ledger: Ledger,
) -> None:
    balances: Counter[str] = Counter()
    for entry in ledger[0]:
        for posting in getattr(entry, "postings", ()):
            if posting.account.endswith(":Allowance"):
                balances[posting.account] += posting.units.number
    assert balances == {
        "Assets:Inventory:Store:Allowance": Decimal("-246.00"),  # lamps 168.00, scarves 78.00
        "Assets:Inventory:Workshop:Allowance": Decimal("0.00"),
    }


def test_the_company_earns_money(ledger: Ledger) -> None:
    profit: Counter[int] = Counter()
    for entry in ledger[0]:
        for posting in getattr(entry, "postings", ()):
            if posting.account.startswith(("Income", "Expenses")):
                profit[entry.date.year] -= posting.units.number
    assert profit[2023] > 5000
    assert profit[2024] > 2500


def test_the_command_prints_it_and_writes_it(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    printed = CliRunner().invoke(main, ["example"])
    assert (printed.exit_code, printed.output) == (0, text)
    path = tmp_path / "ledger.beancount"
    assert CliRunner().invoke(main, ["example", "--output", str(path)]).exit_code == 0
    assert path.read_text(encoding="utf-8") == text
