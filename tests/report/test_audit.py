"""The listing of lots: what each row vouches for, and that it ties to report and ledger."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader
from beancount.core import data
from hypothesis import given, settings

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.report.audit.document import document_audit
from beancount_invwd.report.audit.listing import AuditRow, list_audit, sum_audit
from beancount_invwd.report.audit.ties import tell_ties, tie_audit
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from tests.report.test_properties import STEADY, balances, is_waiting, load, month_ends
from tests.support.random_evidence import evidence_from_seed
from tests.support.random_ledgers import ledgers, with_plugin
from tests.support.random_trade import trade_from_seed

LEDGER = """
plugin "beancount_invwd" "{config}"
2023-01-01 open Assets:Inventory:Store "FIFO"
2023-01-01 open Assets:Inventory:Depot "FIFO"
2023-01-01 open Assets:Bank
2023-01-01 open Income:Sales
2023-01-01 open Expenses:COGS
2023-06-01 * "Mill" "100 bought" ^PO-17
  invoice: "mill-2023.pdf"
  Assets:Inventory:Store   100 WIDGET {10.00 USD}
  Assets:Bank
2023-12-31 price WIDGET 8.00 USD
"""


def follow(body: str = "", config: str = "{}", day: date | None = None) -> Run:
    entries, errors, options = loader.load_string(LEDGER.replace("{config}", config) + body)
    assert errors == []
    return follow_ledger(entries, options, day)


def audit(body: str = "", config: str = "{}", day: date | None = date(2023, 12, 31)) -> list[Any]:
    return list_audit(follow(body, config, day), 90)


def test_a_lot_is_told_with_purchase_document_and_evidence() -> None:
    (row,) = audit()
    assert row.document == "Mill | 100 bought ^PO-17 mill-2023.pdf"
    assert (row.age, row.last_sale, row.quantity, row.unit_cost) == (213, None, 100, 10)
    assert (row.measure, row.allowance, row.carrying, row.reason) == (800, 200, 800, "price")
    assert (row.sold_after, row.average_after) == (0, None)


def test_a_pool_is_told_with_its_posting_though_others_came_since(tmp_path: Any) -> None:
    body = """
2023-07-01 * "Into the depot"
  Assets:Inventory:Depot    10 WIDGET {10.00 USD}
  Assets:Bank
"""
    text = (LEDGER.replace("{config}", "{}") + body).replace('"FIFO"', '"NONE"')
    path = tmp_path / "ledger.beancount"
    path.write_text(text, encoding="utf-8")
    entries, _, options = loader.load_file(str(path))
    depot, store = list_audit(follow_ledger(entries, options), 90)
    lines = text.splitlines()
    for row, goods in ((depot, " 10 WIDGET"), (store, "100 WIDGET")):
        assert goods in lines[int(row.purchase.rpartition(":")[2]) - 1]


def test_lines_are_those_of_the_purchase_and_of_what_decided(tmp_path: Any) -> None:
    body = """
2023-06-02 * "Chipped"
  Assets:Inventory:Store   10 WIDGET {10.00 USD, "A"}
  Assets:Bank
2023-06-02 * "Milk"
  Assets:Inventory:Store   10 MILK {1.00 USD}
    expires: 2023-07-01
  Assets:Bank
2023-07-01 * "Moved: the purchase stays where it was"
  Assets:Inventory:Store  -20 WIDGET {10.00 USD, 2023-06-01}
  Assets:Inventory:Depot   20 WIDGET {10.00 USD, 2023-06-01}
2023-12-31 custom "invwd-nrv" "WIDGET" 2.00 USD "chipped"
  lot: "A"
"""
    path = tmp_path / "ledger.beancount"
    text = LEDGER.replace("{config}", "{}") + body
    path.write_text(text, encoding="utf-8")
    entries, errors, options = loader.load_file(str(path))
    assert errors == []
    rows = list_audit(follow_ledger(entries, options), 90)
    lines = text.splitlines()

    def read(place: str) -> str:
        name, _, number = place.rpartition(":")
        assert name == "ledger.beancount"
        return lines[int(number) - 1].strip()

    told = {(row.account[17:], row.commodity, row.lot_label): row for row in rows}
    assert read(told["Depot", "WIDGET", None].purchase).startswith("Assets:Inventory:Store   100")
    assert told["Depot", "WIDGET", None].document.startswith("Mill")
    assert read(told["Store", "WIDGET", None].evidence) == "2023-12-31 price WIDGET 8.00 USD"
    assert "invwd-nrv" in read(told["Store", "WIDGET", "A"].evidence)
    milk = told["Store", "MILK", None]
    assert (milk.reason, milk.evidence) == ("expired", milk.purchase)


REPLACED = '2023-12-31 custom "invwd-replacement-cost" "WIDGET" 7 USD'
CONTRACT = '2023-12-31 custom "invwd-contract" 100 WIDGET 6.00 USD\n  until: 2024-02-01'
STATED = '2023-12-31 custom "invwd-nrv" "WIDGET" 6.00 USD "dull"'
OLD = "{'price_max_age': 1, 'missing_price': 'ignore'}"
LATER = "2024-01-20 balance Assets:Bank -1000 USD"


@pytest.mark.parametrize(
    ("config", "body", "reason", "evidence"),
    [
        ("{'measure': 'replacement'}", REPLACED, "replacement", "invwd-replacement-cost"),
        ("{'ageing': {30: '50%'}}", "", "ageing", "plugin"),
        ("{}", CONTRACT, "contract", "invwd-contract"),
        ("{}", STATED, "dull", "invwd-nrv"),
        ("{'measure': 'cost'}", "", "cost", None),
        (OLD, LATER, "not assessed: no price", None),
    ],
)
def test_what_decided_is_found(
    config: str, body: str, reason: str, evidence: str | None, tmp_path: Any
) -> None:
    text = LEDGER.replace("{config}", config) + body + "\n"
    path = tmp_path / "ledger.beancount"
    path.write_text(text, encoding="utf-8")
    entries, errors, options = loader.load_file(str(path))
    assert errors == []
    (row,) = list_audit(follow_ledger(entries, options), 90)
    assert row.reason == reason
    if evidence is None:
        assert row.evidence == ""
    else:
        line = text.splitlines()[int(row.evidence.rpartition(":")[2]) - 1]
        assert evidence in line


def test_sales_after_the_date() -> None:
    body = """
2024-01-20 * "Sale"
  Assets:Inventory:Store  -40 WIDGET {}
  Income:Sales   -300.00 USD
  Assets:Bank     300.00 USD
  Expenses:COGS
"""
    (row,) = audit(body)
    assert (row.sold_after, row.average_after, row.last_sale) == (40, Decimal("7.5"), None)
    (row,) = audit(body, day=None)
    assert (row.quantity, row.last_sale, row.sold_after) == (60, date(2024, 1, 20), 0)


def tie(run: Run) -> tuple[list[AuditRow], bool, str]:
    rows = list_audit(run, 90)
    is_tied, notes = tell_ties(run, rows, tie_audit(run, rows))
    return rows, is_tied, " ".join(notes)


def test_it_says_that_it_ties() -> None:
    _, is_tied, text = tie(follow())
    assert is_tied
    assert text.endswith("the listing ties.")


def test_it_says_by_how_much_it_does_not_tie() -> None:
    body = """
2024-01-20 * "Sale"
  Assets:Inventory:Store  -40 WIDGET {}
  Income:Sales   -300.00 USD
  Assets:Bank     300.00 USD
  Expenses:COGS
"""
    run = follow(body, "{'release': 'period'}")
    _, is_tied, text = tie(run)
    assert not is_tied
    assert "the ledger has 80.00 USD of allowance that is not in this listing" in text
    assert "wait for the end of the period" in text
    document = document_audit(run, list_audit(run, 90), 90)
    assert not document.notes
    assert document.warnings


def test_a_row_that_lacks_is_missed() -> None:
    run = follow()
    ties: list[Any] = list(tie_audit(run, []))
    assert [(row.what, row.difference) for row in ties] == [("cost", 1000), ("allowance", 200)]


def test_money_and_excluded_goods_stand_besides() -> None:
    body = """
2023-06-02 commodity SHARE
  invwd-exclude: TRUE
2023-06-03 * "Shares"
  Assets:Inventory:Store   1 SHARE {50.00 USD}
  Assets:Bank
"""
    run = follow(body)
    rows, is_tied, _ = tie(run)
    assert is_tied
    assert [row.commodity for row in rows] == ["WIDGET"]
    assert [row.other for row in tie_audit(run, rows)] == [50, 0]


def test_an_empty_ledger_ties() -> None:
    entries, _, options = loader.load_string(
        'plugin "beancount_invwd"\n2023-01-01 open Assets:Inventory\n'
    )
    run = follow_ledger(entries, options, date(2023, 12, 31))
    document = document_audit(run, list_audit(run, 90), 90)
    assert document.tables[0].empty == "No inventory is on hand on 2023-12-31."
    assert document.notes


def hold(entries: list[Any], options: dict[str, Any], day: date) -> None:
    """Hold the listing of a day against report and ledger, each added up here."""
    run = follow_ledger(entries, options, day)
    rows = list_audit(run, 90)
    report = [(row.entity, row.currency, row.cost, row.allowance) for row in
              sum_totals(list_positions(run, "lot"))]  # fmt: skip
    assert [row[:4] for row in sum_audit(rows)] == report
    ties = tie_audit(run, rows)
    costs: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        if isinstance(entry, data.Transaction) and entry.date <= day:
            for posting in entry.postings:
                units: Any = posting.units
                cost: Any = posting.cost
                if cost is None:
                    costs[posting.account, units.currency] += units.number
                else:
                    costs[posting.account, cost.currency] += units.number * cost.number
    for row in ties:
        if row.what == "cost":
            assert abs(row.ledger - costs[row.account, row.currency]) < Decimal("0.01")
            assert row.difference == 0, day
    accounts = {row.account for row in ties if row.what == "allowance"}
    booked = balances(entries, accounts, day)
    for row in ties:
        if row.what == "allowance":
            assert row.ledger == booked[row.account, row.currency], day
            if not (is_waiting(run) or run.corrections):
                assert row.difference == 0, day


@settings(STEADY, max_examples=25)
@given(ledgers())
def test_it_ties_to_report_and_ledger(texts: tuple[str, str]) -> None:
    entries, options = load(*texts)
    for day in month_ends(entries)[-2:]:
        hold(entries, options, day)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("make", [trade_from_seed, evidence_from_seed])
def test_it_ties_on_ledgers_of_trade_and_evidence(make: Any, seed: int) -> None:
    entries, _, options = loader.load_string(with_plugin(*make(seed)))
    hold(entries, options, date(2023, 8, 15))
