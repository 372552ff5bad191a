"""Directives of other plugins that stand nowhere count as others; files on two drives."""

from __future__ import annotations

import ntpath
from decimal import Decimal
from types import SimpleNamespace

import pytest
from beancount import loader
from beancount.core import data
from beancount.core.amount import Amount
from beancount.core.flags import FLAG_PADDING

from beancount_invwd.engine import follow_ledger
from beancount_invwd.ground import errors as errors_module
from beancount_invwd.plugin import invwd
from tests.engine.test_odd import (
    LEDGER,
    Change,
    change_entry,
    change_posting,
    list_losses,
    load_odd,
)

OPENING = """
2023-01-01 open Assets:Inventory
2023-01-01 open Equity:Opening
"""
PADDED = """
2023-01-01 pad Assets:Inventory Equity:Opening
2024-01-04 balance Assets:Inventory  7.00 USD
2024-02-05 balance Assets:Inventory  7.00 USD
"""
PLACES: dict[str, Change] = {
    "no line": lambda entry: entry._replace(meta={"filename": "a"}),
    "a line of text": lambda entry: entry._replace(meta={**entry.meta, "lineno": "7"}),
    "a line that is None": lambda entry: entry._replace(meta={**entry.meta, "lineno": None}),
    "no file": lambda entry: entry._replace(meta={"lineno": 7}),
    "no metadata": lambda entry: entry._replace(meta=None),
}


@pytest.mark.parametrize("at", range(13))
@pytest.mark.parametrize("name", PLACES)
def test_a_directive_without_file_or_line_says_what_it_says(name: str, at: int) -> None:
    """Whatever directive it is: Beancount sorts by lines, and an error has to name one."""
    entries, _, options = loader.load_string(OPENING + LEDGER + PADDED)
    entries = [row for row in entries if getattr(row, "flag", None) != FLAG_PADDING]
    assert len(entries) == 13
    expected, told = invwd(entries, options, "{}")
    assert ["this balance holds but" in row.message for row in told] == [True]
    entries[at] = PLACES[name](entries[at])
    output, errors = invwd(entries, options, "{}")
    found = [[list_losses(row[len(entries) :]), len(row)] for row in (output, expected)]
    assert found[0] == found[1]
    assert [row.message for row in errors] == [row.message for row in told]
    assert all(type(row.source["lineno"]) is int for row in errors)
    assert all(type(row.source["filename"]) is str for row in errors)
    state = follow_ledger(entries, {**options, "plugin": [("beancount_invwd", "{}")]})
    assert not state.errors


def test_what_is_odd_of_an_account_leaves_its_line() -> None:
    """Beancount pads after all plugins, and sorts what it pads by lines."""
    entries, _, options = loader.load_string(OPENING + LEDGER + PADDED)
    odd = change_entry(data.Open, "Store", meta=lambda meta: {**meta, 7: "seven"})
    output, errors = invwd([odd(entry) for entry in entries], options, "{}")
    assert "a key of the metadata is 7" in errors[0].message
    assert len(output) == len(entries)


def test_what_a_posting_without_a_line_states_counts() -> None:
    stated = change_posting(
        meta=lambda _: {"filename": "a", "invwd-nrv": Amount(Decimal(9), "USD")},
    )
    entries, options = load_odd(stated)
    output, errors = invwd(entries, options, "{}")
    assert not errors
    assert list_losses(output[len(entries) :]) == [("2024-01-31", "CUP", Decimal("10.00"))]


def test_a_file_on_another_drive_is_named_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no way from one drive of Windows to another."""
    monkeypatch.setattr(errors_module, "os", SimpleNamespace(path=ntpath, sep="\\"))
    assert errors_module.relative_to("C:\\books\\in\\a.beancount", "C:\\books") == "in/a.beancount"
    assert errors_module.relative_to("D:\\a.beancount", "C:\\books") == "D:/a.beancount"


def test_what_is_wrong_twice_without_a_line_is_told_once() -> None:
    order = '2024-01-10 custom "invwd-commitment" 100 MUG 10.00 USD\n  account: Assets:Bank\n'
    entries, _, options = loader.load_string(LEDGER + order * 2)
    unplaced = change_entry(data.Custom, meta=lambda meta: {**meta, "lineno": None})
    _, errors = invwd(entries, options, "{}")
    _, told = invwd([unplaced(row) for row in entries], options)
    assert len(errors) == 2
    assert [row.message for row in told] == [errors[0].message]
