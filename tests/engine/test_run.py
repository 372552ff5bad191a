"""A run answers questions: the same ones twice alike, whatever was asked between."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from beancount import loader

from beancount_invwd.directives.chart import Allowance, Inventory
from beancount_invwd.engine import BadConfiguration, NotSwitchedOn, Run, follow_ledger
from beancount_invwd.report.explain.explain import explain
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.note.note import disclose
from beancount_invwd.report.risk.risk import list_risks
from beancount_invwd.report.rollforward import roll_forward

EXAMPLE = Path(__file__).parents[2] / "example.beancount"
STORE = "Assets:Inventory:Store"


@pytest.fixture(scope="module")
def run() -> Run:
    entries, _, options = loader.load_file(str(EXAMPLE))
    return follow_ledger(entries, options)


def test_what_accounts_are(run: Run) -> None:
    assert isinstance(run.account(STORE), Inventory)
    assert isinstance(run.account(f"{STORE}:Allowance"), Allowance)
    assert run.account("Assets:Bank") is None
    assert run.inventory(f"{STORE}:Allowance") is None


def test_reports_change_nothing(run: Run) -> None:
    before = (list_positions(run, "lot"), dict(run.allowances()), roll_forward(run))
    for report in (list_risks, disclose):
        report(run)
    for item in run.categories:
        explain(run, item)
    assert (list_positions(run, "lot"), dict(run.allowances()), roll_forward(run)) == before


def test_what_reports_share_is_worked_out_once(run: Run) -> None:
    assert read_history(run) is read_history(run)


def test_the_past_ends_on_the_date(run: Run) -> None:
    day = datetime.date(2024, 6, 30)
    then = follow_ledger(run.entries, run.options_map, day)
    assert then.past[-1].date <= day < run.past[-1].date
    assert then.past == [entry for entry in run.entries if entry.date <= day]
    assert then.last_test == run.last_test


def test_a_refused_configuration_is_an_exception_at_the_door() -> None:
    text = 'plugin "beancount_invwd" "{\'basis\': 1}"\n2024-01-01 open Assets:Inventory\n'
    entries, errors, options = loader.load_string(text)
    with pytest.raises(BadConfiguration, match="basis") as refusal:
        follow_ledger(entries, options)
    assert refusal.value.errors == errors


def test_a_ledger_without_the_plugin_is_told_at_the_door() -> None:
    entries, _, options = loader.load_string("2024-01-01 open Assets:Inventory\n")
    with pytest.raises(NotSwitchedOn):
        follow_ledger(entries, options)
