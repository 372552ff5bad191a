"""Fava's filters on the page: lots are followed over the whole ledger, filters pick some."""

from __future__ import annotations

import datetime
import sys
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.support.fava_pages import ACCOUNTS, HEAD, PAGE, TEST, VIEWS, MakeClient, get, visit

TWO_ACCOUNTS = """
2023-01-01 commodity WIDGET
  category: "tools"
2024-01-10 * "Purchase" "in the store"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Bank
2024-01-11 * "Purchase" "in the attic"
  Assets:Inventory:Attic    5 WIDGET {12.00 USD}
  Assets:Bank
2024-01-12 * "Purchase" "of another kind"
  Assets:Inventory:Attic    2 GADGET {50.00 USD}
  Assets:Bank
2024-01-31 price WIDGET 9.00 USD
2024-01-31 price GADGET 40.00 USD
"""


@pytest.mark.parametrize(
    ("time", "as_of", "allowance"),
    [
        ("2023-08", "2023-08-31", "70.00"),
        ("2023-Q3", "2023-09-30", "406.00"),
        ("2023-10-30", "2023-10-30", "406.00"),
        ("2023-10-31", "2023-10-31", "586.00"),
        ("2023", "2023-12-31", "161.00"),
        ("2024-02-13", "2024-02-13", "239.00"),
        ("2023 - 2024", "2024-12-31", "246.00"),
        ("9999", "9999-12-30", "246.00"),
    ],
)
def test_time_filter_sets_the_date(
    example: FlaskClient, time: str, as_of: str, allowance: str
) -> None:
    url = f"{PAGE}?view=positions&time={quote(time)}"
    assert f"Inventory as of {as_of}" in get(example, url)
    assert visit(example, url).figures["Allowance"] == allowance


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_of_the_end_of_the_time_filter(example: FlaskClient, view: str) -> None:
    article = get(example, f"{PAGE}?view={view}&time=2023")
    assert "Inventory as of 2023-12-31" in article
    if view not in {"todo", "prices"}:  # which look ahead
        assert "2024-" not in article.partition("</nav>")[2].replace("2024-06-30", "")


def test_measurements_that_ended_long_ago_do_not_turn_the_clock_back(
    make_client: MakeClient,
) -> None:
    text = HEAD.replace('"beancount_invwd"', "\"beancount_invwd\" \"{'until': '2024-01-31'}\"")
    goods = """
2024-01-01 open Expenses:COGS
2024-01-01 open Income:Sales
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Bank
2024-01-31 price WIDGET 9.00 USD
2024-02-05 * "Sale"
  Assets:Inventory:Store   -4 WIDGET {}
  Expenses:COGS            48.00 USD
  Assets:Bank              36.00 USD
  Income:Sales            -36.00 USD
2024-02-20 price WIDGET 8.00 USD
"""
    reader = visit(make_client(text + ACCOUNTS + goods), f"{TEST}?view=positions")
    assert reader.figures["Cost"] == "72.00", "6 units are left"
    assert reader.figures["Allowance"] == "18.00", "6 of 10 parts of 30.00"
    assert reader.figures["Pending"] == "6.00"


# Account


def test_account_filter_shows_what_lies_in_these_accounts(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + TWO_ACCOUNTS)
    reader = visit(client, f"{TEST}?view=positions&account=Attic")
    table = reader.table("Positions")
    assert table.column("Quantity") == ["2", "5"]
    assert reader.figures["Cost"] == "160.00", "5 × 12.00 + 2 × 50.00"
    assert reader.figures["Allowance"] == "35.00", "5 × 3.00 + 2 × 10.00"
    assert "The account filter shows the lots in these accounts" in get(
        client, f"{TEST}?view=positions&account=Attic"
    )


def test_account_filter_narrows_movements_to_its_accounts(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + TWO_ACCOUNTS)
    reader = visit(client, f"{TEST}?view=movements&account=Attic")
    table = reader.table("Movements")
    assert dict(zip(table.column("Item"), table.column("Allowance"), strict=True)) == {
        "GADGET": "+20.00",
        "WIDGET": "+15.00",
    }
    assert reader.figures["Write-downs"] == "35.00"
    rolled = visit(client, f"{TEST}?view=rollforward&account=Attic").table("Roll-forward")
    assert rolled.find("Total, USD")[-1] == "35.00", "the balance of Assets:Inventory:Attic:…"


def test_the_allowance_account_picks_what_stands_behind_it(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + TWO_ACCOUNTS)
    reader = visit(client, f"{TEST}?view=positions&account=Assets:Inventory:Store:Allowance")
    assert reader.figures["Cost"] == "120.00"
    assert reader.figures["Allowance"] == "30.00"


def test_account_filter_narrows_risk_and_compare_to_items_that_were_there(
    make_client: MakeClient,
) -> None:
    client = make_client(HEAD + ACCOUNTS + TWO_ACCOUNTS)
    risk = visit(client, f"{TEST}?view=risk&account=Store").table("Inventory at risk")
    assert risk.column("Item") == ["WIDGET"]
    compared = visit(client, f"{TEST}?view=compare&account=Store").table("Policies")
    assert compared.column("Item") == ["WIDGET"]
    assert compared.find("Total, USD")[1] == "45.00", "an item is tested as a whole"


def test_an_account_without_inventory_picks_nothing(make_client: MakeClient) -> None:
    article = get(
        make_client(HEAD + ACCOUNTS + TWO_ACCOUNTS), f"{TEST}?view=positions&account=Assets:Bank"
    )
    assert "No inventory on this date" in article


# Text


@pytest.mark.parametrize(
    ("text", "items", "written"),
    [
        ("#invwd", {"WIDGET", "GADGET"}, 2),
        ("attic", {"WIDGET"}, 0),
        ("kind", {"GADGET"}, 0),
        ("Write-down", {"WIDGET", "GADGET"}, 2),
        ("GADGET", {"GADGET"}, 1),
        ('invwd-group:"WIDGET"', {"WIDGET"}, 1),
        ('payee:"Purchase"', {"WIDGET", "GADGET"}, 0),
        ('category:"tools"', {"WIDGET"}, 0),
        ("-#invwd", {"WIDGET", "GADGET"}, 0),
    ],
)
def test_text_filter_picks_items_by_entries_and_movements_as_the_journal_does(
    make_client: MakeClient, text: str, items: set[str], written: int
) -> None:
    client = make_client(HEAD + ACCOUNTS + TWO_ACCOUNTS)
    query = f"filter={quote(text)}"
    assert (
        set(visit(client, f"{TEST}?view=positions&{query}").table("Positions").column("Item"))
        == items
    )
    article = get(client, f"{TEST}?view=movements&{query}")
    assert article.count('data-badge="write-down"') == written
    assert "The text filter shows" in article


def test_text_filter_that_matches_nothing_leaves_nothing(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + TWO_ACCOUNTS)
    for view in VIEWS:
        assert get(client, f"{TEST}?view={view}&filter=nothing-like-this")
    assert "No inventory on this date" in get(
        client, f"{TEST}?view=positions&filter=nothing-like-this"
    )


def test_a_category_that_is_tested_as_one_is_picked_by_its_items(make_client: MakeClient) -> None:
    text = HEAD.replace('"beancount_invwd"', "\"beancount_invwd\" \"{'basis': 'category'}\"")
    client = make_client(text + ACCOUNTS + TWO_ACCOUNTS)
    reader = visit(client, f"{TEST}?view=positions&filter={quote('invwd-group:tools')}")
    assert reader.table("Positions").column("Item") == ["WIDGET"]
    assert reader.figures["Allowance"] == "45.00"
    assert '"USD carrying amount"' not in get(client, f"{TEST}?view=positions&filter=attic")


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("disclosure", "The note is of all inventory"),
        ("explain", "The explanation is of the whole item"),
    ],
)
def test_what_filters_do_not_narrow_says_so(example: FlaskClient, view: str, words: str) -> None:
    assert words in get(example, f"{PAGE}?view={view}&item=LAMP&account=Workshop")
    assert words not in get(example, f"{PAGE}?view={view}&item=LAMP&time=2024")


def test_a_filter_that_names_today_is_another_one_tomorrow(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(HEAD + ACCOUNTS + TWO_ACCOUNTS)
    for today in (datetime.date(2024, 1, 31), datetime.date(2024, 2, 1)):
        for module in [found for name, found in sys.modules.items() if name.startswith("fava.")]:
            if hasattr(module, "local_today"):  # versions read a filter in different modules
                monkeypatch.setattr(module, "local_today", lambda today=today: today)
        assert f"Inventory as of {today}" in get(client, f"{TEST}?view=positions&time=day")


# What cannot be read


@pytest.mark.parametrize(
    "query",
    [
        "time=garbage",
        "time=2024-13",
        "time=2024-W99",
        "time=0000",
        "time=day-99999999",
        "time=2024 - 2023",
        "filter=((",
        "filter=:",
        "account=((",
        "time=<script>alert(1)</script>",
        "filter=<script>alert(1)</script>((",
    ],
)
def test_a_filter_that_cannot_be_read_is_said_so(example: FlaskClient, query: str) -> None:
    article = get(example, f"{PAGE}?view=positions&{quote(query, safe='=')}")
    assert "This address cannot be read" in article
    assert "clear all filters" in article
    assert "<script>alert" not in article
