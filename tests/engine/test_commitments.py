"""What is ordered: sentences that hold of any orders, prices and deliveries."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader
from beancount.core import data
from beancount.parser import printer
from hypothesis import given, settings
from hypothesis import strategies as st

from beancount_invwd.engine import follow_ledger
from beancount_invwd.report.book import book
from beancount_invwd.report.explain.explain import explain
from beancount_invwd.report.ledger.ordered import list_orders
from beancount_invwd.report.note.markdown import write_markdown
from beancount_invwd.report.note.note import disclose
from beancount_invwd.report.rollforward import roll_forward
from tests.support.case_files import ROOT, case_name, read_case

LIABILITY = "Liabilities:Inventory:Commitments"
HEAD = """
plugin "beancount_invwd" "{'standard': '%s', 'period': 'quarter'}"
2024-01-01 open Assets:Inventory
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:COGS
2024-02-01 custom "invwd-commitment" 60 GOLD 10.00 USD
  until: 2025-06-30
2024-02-02 custom "invwd-commitment" 40 GOLD 11.00 USD
  until: 2025-06-30
  penalty: 2.50 USD
"""
END = "2025-06-30 price GOLD 12.00 USD\n"
STANDARDS = st.sampled_from(["ias2", "asc330", "hgb"])
DAYS = st.integers(40, 500)
PRICES = st.lists(st.tuples(DAYS, st.integers(1, 1500)), max_size=6)
DELIVERIES = st.lists(st.tuples(DAYS, st.integers(1, 30), st.sampled_from(["10.00", "11.00"])))
CASES = sorted((ROOT / "commitments").rglob("*.beancount"))


def _date(day: int) -> str:
    return str(datetime.date(2024, 1, 1) + datetime.timedelta(days=day))


def write(standard: str, prices: Any, deliveries: Any) -> str:
    lines = [f"{_date(day)} price GOLD {Decimal(cents) / 100} USD\n" for day, cents in prices]
    for number, (day, units, cost) in enumerate(deliveries):
        lines.append(
            f'{_date(day)} * "{number}"\n  Assets:Inventory  {units} GOLD {{{cost} USD}}\n'
            "  Assets:Bank\n"
        )
    return HEAD % standard + "".join(lines) + END


def load(text: str) -> tuple[list[Any], list[Any], dict[str, Any]]:
    entries, errors, options = loader.load_string(text)
    return entries, [row for row in errors if "were to come until" not in row.message], options


def list_own(entries: list[Any]) -> list[str]:
    return [
        printer.format_entry(entry)
        for entry in entries
        if entry.meta["filename"] == "<beancount_invwd>" and isinstance(entry, data.Transaction)
    ]


@settings(max_examples=25, deadline=None)
@given(STANDARDS, PRICES, DELIVERIES)
def test_a_liability_is_never_below_nil_nor_above_what_is_still_to_be_paid(
    standard: str, prices: Any, deliveries: Any
) -> None:
    entries, errors, _ = load(write(standard, prices, deliveries))
    assert errors == []
    liability, ordered = Decimal(), Decimal(1040)
    for entry in entries:
        if isinstance(entry, data.Transaction):
            for posting in entry.postings:
                units: Any = posting.units
                liability -= units.number if posting.account == LIABILITY else 0
        assert 0 <= liability <= ordered


@settings(max_examples=15, deadline=None)
@given(STANDARDS, PRICES, DELIVERIES, st.integers(40, 540))
def test_booked_included_and_reloaded_is_the_same(
    standard: str, prices: Any, deliveries: Any, day: int
) -> None:
    text = write(standard, prices, deliveries)
    entries, _, options = load(text)
    through = datetime.date(2024, 1, 1) + datetime.timedelta(days=day)
    again, errors, _ = load(text + book(entries, options, through))
    assert errors == []
    before = [row for row in list_own(entries) if row[:10] > str(through)]
    assert list_own(again) == before


@settings(max_examples=10, deadline=None)
@given(STANDARDS, PRICES, DELIVERIES)
def test_without_the_directives_nothing_of_them_is_left(
    standard: str, prices: Any, deliveries: Any
) -> None:
    head, _, rest = (write(standard, prices, deliveries)).partition("2024-02-01 custom")
    rest = rest.partition("penalty: 2.50 USD\n")[2]
    entries, errors, options = load(head + rest)
    assert errors == []
    assert not any("ommitment" in text for text in list_own(entries))
    run = follow_ledger(entries, options)
    assert list_orders(run) == []
    assert list(roll_forward(run).ordered) == []
    assert "IAS 37.84" not in write_markdown(disclose(run))


@pytest.mark.parametrize("path", CASES, ids=case_name)
def test_reports_tie_to_the_liabilities_of_the_ledger(path: Any) -> None:
    entries, _, options = load(read_case(path).ledger)
    run = follow_ledger(entries, options)
    held: dict[str, Decimal] = {}
    for entry in entries:
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            units: Any = posting.units
            if "Commitments" in posting.account and posting.account.startswith("Liabilities"):
                item = entry.meta["invwd-group"]
                held[item] = held.get(item, Decimal()) - units.number
    rolled = {row.commodity: row.closing for row in roll_forward(run).ordered}
    assert rolled == {item: held[item] for item in rolled}
    sums: dict[str, Decimal] = {}
    for row in list_orders(run):
        sums[row.commodity] = sums.get(row.commodity, Decimal()) + row.liability
    assert {item: amount for item, amount in held.items() if amount} == {
        item: amount for item, amount in sums.items() if amount
    }
    note = write_markdown(disclose(run))
    assert "IAS 37.84" in note or "ASC 330-10-50-5" in note
    for item in held:
        steps = [step for row in explain(run, item).chapters for step in row.steps]
        assert "Liability" in {step.section for step in steps}
