"""The run of a load that is kept for the page: neither books nor answers depend on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader
from beancount.core import data
from beancount.core.amount import Amount

from beancount_invwd.engine import (
    BadConfiguration,
    NotSwitchedOn,
    Run,
    find_config,
    follow_and_write,
    follow_ledger,
    list_own,
    take_kept,
)
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.page import ASKED
from beancount_invwd.report.todo.todo import list_tasks
from tests.support.case_files import find_cases, read_case

EVERY = 9
LEDGER = """
plugin "beancount_invwd"
2023-01-01 open Assets:Bank
2023-01-01 open Assets:Inventory:Store
2023-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Bank
2023-12-31 price WIDGET 9.00 USD
2024-01-31 price WIDGET 8.00 USD
"""
Loaded = tuple[list[Any], Any]


def load(text: str = LEDGER) -> Loaded:
    entries, _, options = loader.load_string(text, dedent=False)
    return entries, options


def write(loaded: Loaded, *, is_kept: bool = True) -> tuple[list[Any], list[Any]]:
    """Write what the load did, once more."""
    entries, options = loaded
    own = list_own(entries)
    return follow_and_write(own, options, find_config(options), ASKED if is_kept else None)


def ask(run: Run) -> Sequence[Any]:
    """Answers that rest on all that is noted."""
    causes = [(row.date, row.group, row.causes) for row in run.movements]
    return [list_tasks(run), list_positions(run, "lot"), read_history(run), run.opening, causes]


def test_the_books_are_the_same_whether_the_page_will_ask_or_not() -> None:
    kept = 0
    for path in find_cases()[::EVERY]:
        loaded = load(read_case(path).ledger)
        entries, options = loaded
        try:
            expected = write(loaded, is_kept=False)
        except (BadConfiguration, NotSwitchedOn):
            continue
        assert write(loaded) == expected, path
        run = take_kept(entries, options)
        if run is not None:
            kept += 1
            assert not any(stock.moves for stock in run.stocks), "added up in a wide context"
            followed = follow_ledger(entries, options, asked=ASKED)
            assert run.as_of == followed.as_of, path
            assert ask(run) == ask(followed), path
    assert kept > 100


def test_a_run_is_given_once_and_only_for_its_own_load() -> None:
    one, other = load(), load()
    write(one)
    assert take_kept(*other) is None, "of another load"
    run = take_kept(*one)
    assert run is not None
    assert run.entries is one[0]
    assert take_kept(*one) is None, "it is kept no longer"


def test_the_newest_load_alone_is_kept() -> None:
    one, other = load(), load()
    write(one)
    write(other)
    assert take_kept(*one) is None
    assert take_kept(*other) is not None


def test_nothing_is_kept_if_nobody_asks() -> None:
    loaded = load()
    write(loaded, is_kept=False)
    assert take_kept(*loaded) is None


@pytest.mark.parametrize(
    ("config", "more"),
    [
        pytest.param("{'until': '2024-03-31'}", "", id="tests go on after the last entry"),
        pytest.param("{}", '2024-02-01 event "place" "Here"\n', id="reports leave the end out"),
    ],
)
def test_a_run_that_reports_would_not_ask_for_is_not_kept(config: str, more: str) -> None:
    text = LEDGER.replace('"beancount_invwd"', f'"beancount_invwd" "{config}"')
    loaded = load(text + more)
    assert write(loaded) == write(loaded, is_kept=False)
    assert take_kept(*loaded) is None


def test_what_beancount_says_of_a_balance_is_no_change() -> None:
    loaded = load(LEDGER + "2024-01-31 balance Assets:Inventory:Store 10 WIDGET\n")
    write(loaded)
    entries = list(map(fail_balance, loaded[0]))
    assert entries != loaded[0]
    run = take_kept(entries, loaded[1])
    assert run is not None
    assert run.entries is entries


def fail_balance(entry: Any) -> Any:
    """What `beancount.ops.balance` makes of one that fails."""
    if not isinstance(entry, data.Balance):
        return entry
    return entry._replace(meta=entry.meta.copy(), diff_amount=Amount(Decimal(1), "WIDGET"))


def double(entry: Any) -> list[Any]:
    """Another entry like a price of the ledger's own."""
    return [entry, entry] if isinstance(entry, data.Price) else [entry]


def raise_price(entry: Any) -> list[Any]:
    """Another price in place of one."""
    is_price = isinstance(entry, data.Price)
    return [entry._replace(amount=Amount(Decimal(20), "USD"))] if is_price else [entry]


def drop_price(entry: Any) -> list[Any]:
    """No price."""
    return [] if isinstance(entry, data.Price) else [entry]


@pytest.mark.parametrize("change", [double, raise_price, drop_price])
def test_a_run_is_dropped_if_entries_changed_since(change: Callable[[Any], list[Any]]) -> None:
    entries, options = loaded = load()
    write(loaded)
    changed = [row for entry in entries for row in change(entry)]
    assert take_kept(changed, options) is None
    assert take_kept(entries, options) is None, "it is let go at once"
