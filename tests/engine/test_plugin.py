"""The face that Beancount sees: it never raises, and leaves everything as it found it."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core import data

import beancount_invwd
from beancount_invwd import plugin
from beancount_invwd.ground.errors import find_plugin_line
from beancount_invwd.plugin import invwd

LEDGER = """
2024-01-01 open Assets:Inventory:Store "FIFO"
2024-01-01 open Assets:Bank
2024-01-05 * "Mugs bought"
  Assets:Inventory:Store  10 MUG {8.00 USD}
  Assets:Bank
2024-01-31 price MUG 6.00 USD
"""


def load(text: str) -> tuple[list[Any], dict[str, Any]]:
    entries, errors, options = loader.load_string(text)
    assert not errors
    return entries, options


def test_the_package_is_the_plugin() -> None:
    assert beancount_invwd.__plugins__ == ("invwd",) == plugin.__plugins__


def test_a_fault_of_a_rule_is_one_error_and_the_ledger_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(plugin, "follow_and_write", fail)
    entries, options = load(LEDGER)
    found, errors = invwd(entries, options)
    assert all(one is other for one, other in zip(found, entries, strict=True))
    assert len(errors) == 1
    assert errors[0].message == (
        "beancount_invwd failed and added nothing (ZeroDivisionError: on purpose); "
        "this is a fault of the plugin, please report it with the ledger"
    )


def test_a_configuration_of_megabytes_is_refused() -> None:
    entries, options = load(LEDGER)
    found, errors = invwd(entries, options, "{'basis': '" + "x" * 10**6 + "'}")
    assert len(found) == len(entries)
    assert "too many" in errors[0].message
    assert len(errors[0].message) < 300


def test_an_empty_ledger_has_no_inventory_account() -> None:
    found, errors = invwd([], {"filename": "<none>"})
    assert found == []
    assert "matches no account" in errors[0].message


def test_an_error_of_the_configuration_points_at_the_plugin_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    path.write_text(f';; a comment\n\nplugin "beancount_invwd" "{{\'x\': 1}}"\n{LEDGER}')
    _, errors, _ = loader.load_file(str(path))
    assert [error.source for error in errors] == [{"filename": str(path), "lineno": 3}]


def test_a_second_configuration_adds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    lines = 'plugin "beancount_invwd"\nplugin "beancount_invwd" "{\'release\': \'period\'}"\n'
    path.write_text(lines + LEDGER)
    entries, errors, _ = loader.load_file(str(path))
    assert [error.source for error in errors] == [{"filename": str(path), "lineno": 2}]
    assert "keep one plugin line" in errors[0].message
    path.write_text('plugin "beancount_invwd"\n' + LEDGER)
    alone, errors, _ = loader.load_file(str(path))
    assert errors == []
    assert len(entries) == len(alone)


def test_fava_fiscal_years_that_end_in_the_next_calendar_year() -> None:
    option = '2024-01-01 custom "fava-option" "fiscal_year_end" "15-31"\n'
    config = "{'period': 'year'}"
    entries, options = load(option + LEDGER + "2024-12-31 balance Assets:Bank -80.00 USD\n")
    found, errors = invwd(entries, options, config)
    assert not errors
    written = [entry for entry in found[len(entries) :] if isinstance(entry, data.Transaction)]
    assert [entry.date for entry in written] == [datetime.date(2024, 3, 31)]


def test_excluded_goods_are_no_lots() -> None:
    entries, options = load(
        LEDGER
        + """
2024-01-01 commodity CUP
  invwd-exclude: TRUE
2024-01-06 * "Cups of somebody else, for sale"
  Assets:Inventory:Store   5 CUP {1.00 USD}
  Assets:Bank
2024-01-07 * "A cup sold, and mugs bought"
  Assets:Inventory:Store  -1 CUP {}
  Assets:Inventory:Store   1 MUG {8.00 USD, 2024-01-05}
  Assets:Bank
"""
    )
    found, errors = invwd(entries, options)
    assert not errors
    written = [entry for entry in found[len(entries) :] if isinstance(entry, data.Transaction)]
    assert [entry.meta["invwd-quantity"] for entry in written] == [11]


def test_a_field_twice_in_the_allowance_template_is_no_harm() -> None:
    entries, options = load(LEDGER)
    config = "{'accounts': {'allowance': '{parent}:{leaf}:{leaf}-Allowance'}}"
    found, errors = invwd(entries, options, config)
    assert not errors
    assert found[len(entries)].account == "Assets:Inventory:Store:Store-Allowance"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_ledger_that_is_a_pipe_is_not_opened_again(tmp_path: Path) -> None:
    """It would wait for a writer who is gone."""
    path = tmp_path / "ledger"
    os.mkfifo(path)
    assert find_plugin_line({"filename": str(path)}) == {"filename": str(path), "lineno": 0}


def test_each_entry_has_a_line_of_its_own() -> None:
    entries, options = load(LEDGER + "2024-02-29 price MUG 5.00 USD\n")
    found, _ = invwd(entries, options)
    lines = [entry.meta["lineno"] for entry in found[len(entries) :]]
    assert len(set(lines)) == 4


def test_a_sale_without_a_line_is_named_all_the_same() -> None:
    entries, options = load(
        LEDGER
        + """
2024-02-10 * "A mug sold"
  Assets:Inventory:Store  -1 MUG {}
  Assets:Bank
2024-02-29 balance Assets:Inventory:Store  9 MUG
"""
    )
    sale = next(row for row in entries if getattr(row, "narration", "") == "A mug sold")
    sale.meta.clear()
    found, _ = invwd(entries, options)
    assert [row.meta["invwd-source"] for row in found if "invwd-source" in row.meta] == [":0"]
