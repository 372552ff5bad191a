"""Every report over every case file: no rule of the engine is strange to them."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from beancount import loader

from beancount_invwd.report import assess
from beancount_invwd.report.compare import compare, read_scenario
from beancount_invwd.report.explain.explain import explain
from beancount_invwd.report.note.note import disclose
from beancount_invwd.report.output.formats import WRITERS
from beancount_invwd.report.output.numbers import make_numbers
from beancount_invwd.report.output.tables import Document
from beancount_invwd.report.positions import document_positions
from beancount_invwd.report.risk.risk import HEADROOM, document_risks, list_risks
from beancount_invwd.report.rollforward import document_rollforward, roll_forward
from tests.report.test_properties import find_wrong_results
from tests.support.case_files import case_name, find_cases, read_case

DAYS = (None, datetime.date.min, datetime.date.max)


@pytest.mark.parametrize("path", find_cases(), ids=case_name)
def test_reports_of_a_case(path: Path) -> None:
    entries, errors, options = loader.load_string(read_case(path).ledger)
    for day in DAYS:
        state = assess(entries, options, day)
        rolled = roll_forward(state, entries, start=state.as_of)
        assert rolled.is_tied or errors
        disclose(state, entries)
        documents = [
            document_positions(state, "lot"),
            document_rollforward(rolled),
            document_risks(state, list_risks(state), HEADROOM, 90),
        ]
        numbers = make_numbers(options, state.run)
        for document in documents:
            check(document)
            assert all(WRITERS[style](document, numbers) for style in ("text", "csv", "json"))
        for item in {stock.key.commodity for stock in state.stocks}:
            assert find_wrong_results(explain(entries, options, item, state.as_of)) == []


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
        if assess(entries, options).policy is not None:
            assert len(compare(entries, assess(entries, options), scenarios).columns) == 4
