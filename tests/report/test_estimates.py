"""What an estimate did, as the note says it: also where its period is closed, and of orders."""

from __future__ import annotations

import datetime

import pytest
from beancount import loader

from beancount_invwd.engine import follow_ledger
from beancount_invwd.report.note.markdown import write_markdown
from beancount_invwd.report.note.note import disclose
from tests.support.case_files import ROOT, read_case


def tell(case: str, first: str, last: str) -> list[str]:
    text = read_case(ROOT / "policy" / "estimates" / f"{case}.beancount").ledger
    entries, errors, options = loader.load_string(text)
    assert errors == []
    run = follow_ledger(entries, options, datetime.date.fromisoformat(last))
    note = write_markdown(disclose(run, datetime.date.fromisoformat(first)))
    return [row.partition("8.39). ")[2] for row in note.splitlines() if "of an estimate" in row]


@pytest.mark.parametrize(
    ("case", "first", "last", "effect"),
    [
        pytest.param(
            "beside-a-price", "2024-01-01", "2024-12-31",
            "The measurement of 2024-06-30: it raised write-downs by 27.00 USD.", id="open",
        ),
        pytest.param(
            "in-a-closed-period", "2025-01-01", "2025-03-31",
            "The measurement of 2025-03-31: it raised write-downs by 30.00 USD.",
            id="closed, in the year in which it is written",
        ),
        pytest.param(
            "booked-with-it", "2024-01-01", "2024-12-31",
            "The measurement of 2024-09-30: it raised write-downs by 30.00 USD.",
            id="closed and booked",
        ),
        pytest.param(
            "of-what-is-ordered", "2024-01-01", "2024-12-31",
            "The measurement of 2024-06-30: it raised losses on what is ordered by 50.00 USD.",
            id="ordered",
        ),
        pytest.param(
            "materiality-lowered", "2024-01-01", "2024-12-31",
            "It concerns where losses stand, not how much they are.", id="materiality",
        ),
    ],
)  # fmt: skip
def test_the_note_says_what_an_estimate_did(case: str, first: str, last: str, effect: str) -> None:
    assert tell(case, first, last) == [effect]


def test_the_note_of_another_year_says_nothing_of_it() -> None:
    assert tell("booked-with-it", "2025-01-01", "2025-03-31") == []
