"""The page takes the run of the load, and follows the ledger itself where it must."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from beancount import loader
from beancount.core import data
from beancount.core.amount import Amount
from flask.testing import FlaskClient

from beancount_invwd.engine import Run, follow_ledger, kept
from beancount_invwd.ground.money import ZERO
from tests.support.fava_pages import ACCOUNTS, HEAD, ONE_LOSS, TEST, MakeClient, get

LEDGER = HEAD + ACCOUNTS + ONE_LOSS
PLUGIN = 'plugin "beancount_invwd"'


class Followed(list[Any]):
    """What the page follows itself: the dates."""


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Followed:
    found = Followed()

    def note(entries: Any, options: Any, day: Any, **rest: Any) -> Run:
        found.append(day)
        return follow_ledger(entries, options, day, **rest)

    monkeypatch.setattr("fava_ext.request.cache.follow_ledger", note)
    return found


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> str:
    """A plugin that raises prices by 1."""
    return add_plugin(monkeypatch, "raise_prices", raise_price)


@pytest.fixture
def excluding(monkeypatch: pytest.MonkeyPatch) -> str:
    """A plugin that takes prices out of the evidence, within the entries that it is given."""

    def exclude(entry: Any) -> Any:
        if isinstance(entry, data.Price):
            entry.meta["invwd-exclude"] = True
        return entry

    return add_plugin(monkeypatch, "exclude_prices", exclude)


def add_plugin(monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[Any], Any]) -> str:
    """Add a plugin that changes entries, and return the line that switches it on."""
    module = ModuleType(name)
    vars(module).update(__plugins__=("run",), run=lambda rows, _: ([*map(change, rows)], []))
    monkeypatch.setitem(sys.modules, name, module)
    return f'plugin "{name}"'


def raise_price(entry: Any) -> Any:
    if not isinstance(entry, data.Price):
        return entry
    return entry._replace(amount=Amount((entry.amount.number or ZERO) + 1, "USD"))


def read_measure(client: FlaskClient) -> str:
    return client.get(f"{TEST}positions.csv").text.splitlines()[1]


def test_the_page_does_not_follow_the_ledger_again(
    make_client: MakeClient, followed: Followed
) -> None:
    client = make_client(LEDGER)
    assert "90.00" in read_measure(client)
    assert followed == []
    get(client, f"{TEST}?time=2024-01-20")
    assert [str(day) for day in followed] == ["2024-01-20"], "another date is not that of the load"


def test_nor_after_the_ledger_was_saved(make_client: MakeClient, followed: Followed) -> None:
    client = make_client(LEDGER)
    before = read_measure(client)
    (ledger,) = client.application.config["LEDGERS"].ledgers
    path = Path(ledger.beancount_file_path)
    path.write_text(LEDGER.replace("9.00 USD", "7.00 USD"), encoding="utf-8")
    ledger.load_file()
    assert read_measure(client) != before
    assert "70.00" in read_measure(client)
    assert followed == []


def test_what_a_later_plugin_changes_counts(
    make_client: MakeClient, followed: Followed, raising: str
) -> None:
    client = make_client(LEDGER.replace(PLUGIN, f"{PLUGIN}\n{raising}"))
    assert "100.00" in read_measure(client)
    assert followed == [None]


def test_what_a_later_plugin_writes_into_entries_counts(
    make_client: MakeClient, followed: Followed, excluding: str
) -> None:
    client = make_client(LEDGER.replace(PLUGIN, f"{PLUGIN}\n{excluding}"))
    assert "no price" in read_measure(client)
    assert followed == [None]


def test_a_plugin_before_is_no_matter(
    make_client: MakeClient, followed: Followed, raising: str
) -> None:
    client = make_client(LEDGER.replace(PLUGIN, f"{raising}\n{PLUGIN}"))
    assert "100.00" in read_measure(client)
    assert followed == []


def test_entries_that_are_other_ones_after_the_load_count(
    make_client: MakeClient, followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a plugin that Beancount itself runs last could make them."""
    add_plugin(monkeypatch, "raise_last", raise_price)
    monkeypatch.setattr(loader, "PLUGINS_POST", [("raise_last", None)])
    client = make_client(LEDGER)
    assert "100.00" in read_measure(client)
    assert followed == [None]


def test_a_fault_of_what_is_only_asked_keeps_no_book_from_being_written(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from beancount_invwd.report import page  # noqa: PLC0415 (it is changed)

    def fail(_run: Run) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(page, "ASKED", page.ASKED._replace(look_back=fail))
    client = make_client(LEDGER)
    (ledger,) = client.application.config["LEDGERS"].ledgers
    assert ledger.load_errors == []
    assert any("invwd" in entry.tags for entry in ledger.all_entries_by_type.Transaction)
    assert "30.00" in read_measure(client)


def test_no_run_waits_for_anybody(make_client: MakeClient) -> None:
    make_client(LEDGER)
    assert kept._waiting == []


def test_without_the_page_nothing_is_kept(make_client: MakeClient) -> None:
    make_client(LEDGER.replace("fava-extension", "no-extension"))
    assert kept._waiting == []


def test_one_state_is_in_memory_at_most(make_client: MakeClient) -> None:
    client = make_client(LEDGER)
    (ledger,) = client.application.config["LEDGERS"].ledgers
    for _ in range(5):
        get(client, TEST)
        ledger.load_file()
    gc.collect()
    runs = [row for row in gc.get_objects() if isinstance(row, Run) and row.entries]
    name = ledger.beancount_file_path
    own = [row for row in runs if row.options_map["filename"] == name]
    assert [row.entries is ledger.all_entries for row in own] == [True]
