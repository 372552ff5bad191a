"""Estimates that change: sentences that hold of any of them, whatever prices do meanwhile."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

from beancount import loader
from beancount.core import data
from beancount.parser import printer
from hypothesis import given, settings
from hypothesis import strategies as st

from beancount_invwd.report.book import book

HEAD = """
plugin "beancount_invwd" "{'standard': '%s', 'period': 'quarter', 'selling_cost': '5%%'}"
2024-01-01 open Assets:Inventory:A
2024-01-01 open Assets:Inventory:B
2024-01-01 open Assets:Bank
2024-01-02 * "Goods"
  Assets:Inventory:A  100 MUG {10.00 USD}
  Assets:Inventory:B  100 MUG {9.00 USD}
  Assets:Bank
2024-01-03 custom "invwd-commitment" 30 MUG 10.00 USD
  until: 2026-12-31
2024-01-05 price MUG 11.00 USD
2025-09-30 price MUG 9.00 USD
"""
DAYS = st.dates(datetime.date(2024, 1, 6), datetime.date(2025, 6, 30))
PRICES = st.lists(st.tuples(DAYS, st.integers(700, 1200)), max_size=5)
ESTIMATES = st.lists(
    st.tuples(
        DAYS,
        st.sampled_from(
            [
                '"selling_cost" "0%"',
                '"selling_cost" "8%"',
                '"selling_cost" "12%" "MUG"',
                '"ageing" "90:20%" Assets:Inventory:B',
                '"idle" "{120: \'10%\'}"',
            ]
        ),
    ),
    max_size=4,
)
TOLD = re.compile(r"\): ([\d,.]+) USD (?:more|less)")
STANDARDS = st.sampled_from(["ias2", "asc330", "hgb"])


def write(standard: str, prices: Any, estimates: Any) -> str:
    lines = [f"{day} price MUG {Decimal(cents) / 100} USD\n" for day, cents in prices]
    lines += [f'{day} custom "invwd-policy" {what}\n' for day, what in estimates]
    return HEAD % standard + "".join(lines)


def load(text: str) -> tuple[list[Any], dict[str, Any]]:
    entries, errors, options = loader.load_string(text)
    assert errors == []
    return entries, options


def list_own(entries: list[Any], after: str = "") -> list[str]:
    return [
        printer.format_entry(entry)
        for entry in entries
        if entry.meta["filename"] == "<beancount_invwd>"
        and isinstance(entry, data.Transaction)
        and str(entry.date) > after
    ]


@settings(max_examples=12, deadline=None)
@given(STANDARDS, PRICES, ESTIMATES, DAYS)
def test_booked_with_estimates_and_reloaded_is_the_same(
    standard: str, prices: Any, estimates: Any, day: datetime.date
) -> None:
    text = write(standard, prices, estimates)
    entries, options = load(text)
    again, _ = load(text + book(entries, options, day))
    assert list_own(again) == list_own(entries, str(day))


@settings(max_examples=8, deadline=None)
@given(STANDARDS, PRICES, ESTIMATES)
def test_what_an_estimate_did_stands_in_words_and_as_a_number(
    standard: str, prices: Any, estimates: Any
) -> None:
    entries, _ = load(write(standard, prices, estimates))
    for entry in entries:
        told = TOLD.search(getattr(entry, "narration", None) or "")
        amount = Decimal(told[1].replace(",", "")) if told else None
        effect = entry.meta.get("invwd-estimate")
        assert amount == (None if effect is None else abs(effect))
    if not estimates:
        assert not any("invwd-estimate" in entry.meta for entry in entries)
