"""What an estimate did, as the note says it: also where its period is closed, and of orders."""

from __future__ import annotations

import datetime

import pytest
from beancount import loader

from beancount_invwd.engine import follow_ledger
from beancount_invwd.report.note.markdown import write_markdown
from beancount_invwd.report.note.note import disclose
from tests.support.case_files import ROOT, read_case


def tell(case: str, first: str, last: str, *changed: tuple[str, str]) -> list[str]:
    text = read_case(ROOT / "policy" / "estimates" / f"{case}.beancount").ledger
    for old, new in changed:
        text = text.replace(old, new)
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


def test_an_estimate_first_measured_on_the_last_closed_day_is_told_where_it_is_written() -> None:
    days = ("2024-12-31 custom", "2024-09-30 custom")
    assert tell("in-a-closed-period", "2024-01-01", "2024-12-31", days) == [
        "The measurement of 2024-12-31: it raised write-downs by 30.00 USD."
    ]
    assert tell("in-a-closed-period", "2024-01-01", "2024-09-30", days) == [
        "What the measurement of 2024-09-30 made of it is in the books of that period."
    ]


def test_an_estimate_of_the_day_on_which_it_is_booked() -> None:
    days = ("2024-07-01 custom", "2024-09-30 custom")
    assert tell("booked-with-it", "2024-01-01", "2024-12-31", days) == [
        "The measurement of 2024-09-30: it raised write-downs by 30.00 USD."
    ]


def test_what_an_estimate_did_to_orders_in_a_closed_period_is_told_where_it_is_written() -> None:
    last = "2024-06-30 price GOLD 10.00 USD\n"
    more = f'{last}2024-06-30 custom "invwd-closed" TRUE\n2024-09-30 price GOLD 10.00 USD\n'
    assert tell("of-what-is-ordered", "2024-01-01", "2024-12-31", (last, more)) == [
        "The measurement of 2024-09-30: it raised losses on what is ordered by 50.00 USD."
    ]


def test_what_an_estimate_did_may_be_less_than_one() -> None:
    assert tell("beside-a-price", "2024-01-01", "2024-12-31", ("100 MUG", "1 MUG")) == [
        "The measurement of 2024-06-30: it raised write-downs by 0.27 USD."
    ]
    other = (("100 MUG", "1 MUG"), ("'5%'", "'9%'"))
    assert tell("beside-a-price", "2024-01-01", "2024-12-31", *other) == [
        "The measurement of 2024-06-30: it lowered write-downs by 0.09 USD."
    ]


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("2024-01-01", "2024-04-01", 1),
        ("2024-01-01", "2024-03-31", 0),
        ("2024-04-01", "2024-06-30", 1),
        ("2024-04-02", "2024-12-31", 0),
    ],
)
def test_an_estimate_is_told_in_the_period_of_its_day(first: str, last: str, count: int) -> None:
    assert len(tell("of-what-is-ordered", first, last)) == count
