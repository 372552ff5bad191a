"""Every report over every case file: no rule of the engine is strange to them."""

from __future__ import annotations

import datetime
from contextlib import suppress
from pathlib import Path

import pytest
from beancount import loader

from beancount_invwd.engine import BadConfiguration, Run, follow_ledger
from beancount_invwd.report.audit.document import document_audit
from beancount_invwd.report.audit.listing import list_audit
from beancount_invwd.report.compare.compare import compare
from beancount_invwd.report.compare.scenarios import read_scenario
from beancount_invwd.report.explain.explain import explain
from beancount_invwd.report.lookback import document_lookback, look_back
from beancount_invwd.report.note.note import disclose
from beancount_invwd.report.output.formats import WRITERS
from beancount_invwd.report.output.numbers import make_numbers
from beancount_invwd.report.output.tables import Document
from beancount_invwd.report.positions import document_positions
from beancount_invwd.report.price_list import document_price_list, list_price_needs
from beancount_invwd.report.risk.risk import HEADROOM, document_risks, list_risks
from beancount_invwd.report.rollforward import document_rollforward, roll_forward
from tests.report.test_properties import find_wrong_results
from tests.support.case_files import case_name, find_cases, read_case

DAYS = (None, datetime.date.min, datetime.date.max)


@pytest.mark.parametrize("path", find_cases(), ids=case_name)
def test_reports_of_a_case(path: Path) -> None:
    entries, errors, options = loader.load_string(read_case(path).ledger)
    try:
        runs = [follow_ledger(entries, options, day) for day in DAYS]
    except BadConfiguration as refusal:
        runs, errors = [], [row for row in errors if row not in refusal.errors]
        assert not errors, "nothing else is said of a ledger whose configuration is refused"
    for run in runs:
        check_reports(run, has_errors=bool(errors))


def check_reports(run: Run, *, has_errors: bool) -> None:
    """Check that each report has an answer that fits."""
    rolled = roll_forward(run, start=run.as_of)
    assert rolled.is_tied or has_errors
    disclose(run)
    documents = [
        document_positions(run, "lot"),
        document_rollforward(rolled),
        document_risks(run, list_risks(run), HEADROOM, 90),
        document_price_list(run, list_price_needs(run), 30),
        document_lookback(look_back(run, 90)),
        document_audit(run, list_audit(run, 90), 90),
    ]
    assert documents[-1].notes or has_errors or run.waiting or run.corrections, "it ties"
    numbers = make_numbers(run)
    for document in documents:
        check(document)
        assert all(WRITERS[style](document, numbers) for style in ("text", "csv", "json"))
    for item in {stock.key.commodity for stock in run.stocks}:
        assert find_wrong_results(explain(run, item)) == []


def check(document: Document) -> None:
    """Check that rows have what their columns take from them."""
    for table in document.tables:
        keys = [column.key for column in table.columns if column.get is None]
        assert all(hasattr(row, key) for row in table.rows for key in keys)


def test_every_case_can_be_compared() -> None:
    scenarios = [read_scenario("standard=hgb"), read_scenario("basis=lot,price=-10%")]
    scenarios.append(read_scenario("basis=total,accounts={},price=-10%"))  # what names no item
    for path in find_cases():
        entries, _, options = loader.load_string(read_case(path).ledger)
        with suppress(BadConfiguration):
            assert len(compare(follow_ledger(entries, options), scenarios).columns) == 4
