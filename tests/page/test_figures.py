"""Figures, tie-out and charts of the page, against sums over the ledger's own postings."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from beancount import loader
from beancount.core.data import Transaction
from flask.testing import FlaskClient

from fava_ext.tables.grid import LONGEST
from tests.support.fava_pages import (
    ACCOUNTS,
    EXAMPLE,
    HEAD,
    ONE_LOSS,
    PAGE,
    TEST,
    MakeClient,
    get,
    read,
    read_charts,
    visit,
)

EUROS = """
2023-01-01 commodity EUR
  precision: 2
2024-01-11 * "Purchase"
  Assets:Inventory:Store   2.125 GADGET {100.00 EUR}
  Assets:Bank
2024-01-31 price GADGET 80.00 EUR
2024-01-31 price EUR 1.10 USD
"""


def _postings(start: date = date.min, end: date = date.max) -> list[tuple[Any, Any]]:
    entries, _, _ = loader.load_file(str(EXAMPLE))
    return [
        (entry, posting)
        for entry in entries
        if isinstance(entry, Transaction) and start <= entry.date <= end
        for posting in entry.postings
    ]


def _sum_up(end: date = date.max) -> tuple[Decimal, Decimal]:
    """Cost and allowance of the example, added up from its postings."""
    cost, allowance = Decimal(), Decimal()
    for _, posting in _postings(end=end):
        if posting.account.endswith(":Allowance"):
            allowance -= posting.units.number
        elif posting.account.startswith("Assets:Inventory"):
            cost += posting.units.number * posting.cost.number
    return cost, allowance


def _sum_kinds(start: date = date.min, end: date = date.max) -> dict[str, Decimal]:
    """What movements changed on allowance accounts, by kind, without a sign."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for entry, posting in _postings(start, end):
        if posting.account.endswith(":Allowance"):
            sums[entry.meta["invwd"]] -= posting.units.number
    return {kind: abs(number) for kind, number in sums.items()}


def test_figures_are_the_balances_of_the_ledger(example: FlaskClient) -> None:
    cost, allowance = _sum_up()
    figures = visit(example, f"{PAGE}?view=positions").figures
    assert figures["Cost"] == f"{cost:,.2f}"
    assert figures["Allowance"] == f"{allowance:,.2f}"
    assert figures["Carrying amount"] == f"{cost - allowance:,.2f}"
    assert figures["Pending"] == "0.00"


@pytest.mark.parametrize(
    ("time", "start", "end"),
    [
        ("", date(2024, 1, 1), date(2024, 12, 31)),
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("2023-09-30 - 2024-01-31", date(2023, 9, 30), date(2024, 1, 31)),
    ],
)
def test_movements_are_those_of_the_time_filter(
    example: FlaskClient, time: str, start: date, end: date
) -> None:
    sums = _sum_kinds(start, end)
    figures = visit(example, f"{PAGE}?view=positions&time={quote(time)}").figures
    for kind in ("write-down", "write-off", "reversal", "release"):
        assert figures[f"{kind.capitalize()}s"] == f"{sums.get(kind, 0):,.2f}"


MOVED = """
2024-02-10 * "To the attic"
  Assets:Inventory:Store   -4 WIDGET {12.00 USD}
  Assets:Inventory:Attic    4 WIDGET {12.00 USD}
"""
TAKEN_OVER = """
2023-12-31 open Assets:Inventory:Store:Allowance
2023-12-31 open Equity:Opening
2023-12-31 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Bank
2023-12-31 price WIDGET 9.00 USD
2023-12-31 * "Allowance of the former books" #invwd
  invwd-group: "WIDGET"
  Assets:Inventory:Store:Allowance  -30.00 USD
  Equity:Opening
"""


@pytest.mark.parametrize(
    ("text", "account", "moved", "allowance"),
    [
        (ONE_LOSS + MOVED, "Assets:Inventory:Store", {"Transfers": "-12.00"}, "18.00"),
        (ONE_LOSS + MOVED, "Assets:Inventory:Attic", {"Transfers": "+12.00"}, "12.00"),
        (ONE_LOSS + MOVED, "", {}, "30.00"),
        (TAKEN_OVER, "", {"Taken over": "+30.00"}, "30.00"),
    ],
)
def test_what_was_moved_is_among_the_figures_so_that_they_add_up(
    make_client: MakeClient, text: str, account: str, moved: dict[str, str], allowance: str
) -> None:
    client = make_client(HEAD + ACCOUNTS + text)
    url = f"{TEST}?view=positions&account={account}"
    figures = visit(client, url).figures
    names = ("Transfers", "Taken over")
    assert {name: figures[name] for name in names if name in figures} == moved
    number = {name: Decimal(text) for name, text in figures.items()}
    written = number["Write-downs"] + number["Write-offs"] + sum(map(Decimal, moved.values()))
    assert number["Allowance"] == written - number["Reversals"] - number["Releases"]
    assert figures["Allowance"] == allowance
    article = get(client, url.replace("positions", "movements"))
    bars = read_charts(article)["Movements of the allowance, USD"]
    assert sum(sum(bar.values()) for bar in bars.values()) == number["Allowance"]


def test_positions_and_their_total_are_on_the_same_page_as_the_figures(
    example: FlaskClient,
) -> None:
    reader = visit(example, f"{PAGE}?view=positions")
    total = reader.table("Positions").find("Total, USD")
    assert reader.figures["Cost"] in total
    assert reader.figures["Carrying amount"] in total


def test_pending_is_what_a_measurement_would_add(make_client: MakeClient) -> None:
    later = "\n2024-02-10 price WIDGET 8.00 USD\n"
    figures = visit(
        make_client(HEAD + ACCOUNTS + ONE_LOSS + later), f"{TEST}?view=positions&time=2024-02-10"
    )
    assert figures.figures["Allowance"] == "30.00"
    assert figures.figures["Pending"] == "10.00", "10 units, 1.00 less each"


def test_the_carrying_amount_is_told_apart_from_market_value(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=positions")
    assert "cost less allowance" in article
    assert "it counts a loss twice" in article
    at_value = get(example, f"{PAGE}?view=positions&conversion=at_value")
    assert "this page shows cost and allowance even now" in at_value


def test_each_currency_has_figures_of_its_own(make_client: MakeClient) -> None:
    article = get(make_client(HEAD + ACCOUNTS + ONE_LOSS + EUROS), f"{TEST}?view=positions")
    blocks = article.split("Key figures")[1:]
    assert [re.findall(r"<h3><span>(\w+)", block)[0] for block in blocks] == ["EUR", "USD"]
    assert "212.50" in blocks[0], "2.125 × 100.00"
    assert "42.50" in blocks[0], "2.125 × 20.00"
    assert "120.00" in blocks[1]


def test_a_conversion_adds_up_currencies_at_the_closing_rate(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + EUROS)
    reader = visit(client, f"{TEST}?view=positions&conversion=USD")
    assert reader.figures["Cost"] == "353.75", "120.00 + 212.50 × 1.10"
    assert reader.figures["Allowance"] == "76.75", "30.00 + 42.50 × 1.10"
    assert "Converted to USD at the rates of 2024-01-31" in get(
        client, f"{TEST}?view=positions&conversion=USD"
    )


def test_a_conversion_without_a_rate_changes_nothing_and_says_so(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS)
    assert visit(client, f"{TEST}?view=positions&conversion=CHF").figures["Cost"] == "120.00"
    article = get(client, f"{TEST}?view=positions&conversion=CHF")
    assert "Not converted, as there is no rate by 2024-01-31: USD to CHF." in article
    assert "Converted" not in article
    assert "onverted" not in get(client, f"{TEST}?view=positions&conversion=USD"), (
        "it is in USD anyway"
    )


def test_a_conversion_of_some_currencies_names_the_others(make_client: MakeClient) -> None:
    rates = "\n2024-01-31 price USD 0.50 CHF\n2024-02-01 price EUR 0.90 CHF\n"
    euros = EUROS.replace("2024-01-31 price EUR 1.10 USD", "")
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + euros + rates)
    article = get(client, f"{TEST}?view=positions&conversion=CHF&time=2024-01")
    assert "Converted to CHF at the rates of 2024-01-31." in article
    assert "Not converted, as there is no rate by 2024-01-31: EUR to CHF." in article
    assert "Not converted" not in get(client, f"{TEST}?view=positions&conversion=CHF")


def test_entities_have_figures_of_their_own(make_client: MakeClient) -> None:
    text = HEAD.replace(
        '"beancount_invwd"',
        "\"beancount_invwd\" \"{'inventory': 'Assets:(?P<entity>[^:]+):Stock'}\"",
    )
    goods = """
2023-01-01 open Assets:Bank
2023-01-01 open Assets:North:Stock
2023-01-01 open Assets:South:Stock
2024-01-10 * "Purchase"
  Assets:North:Stock   10 WIDGET {12.00 USD}
  Assets:South:Stock    1 WIDGET {12.00 USD}
  Assets:Bank
2024-01-31 price WIDGET 9.00 USD
"""
    client = make_client(text + goods)
    article = get(client, f"{TEST}?view=positions")
    assert re.findall(r"<h3><span>([^<]*)", article) == ["North, USD", "South, USD"]
    table = visit(client, f"{TEST}?view=positions&by=entity").table("Positions by entity")
    assert [row[0] for row in table.rows[1:3]] == ["North", "South"]
    assert table.column("Allowance") == ["30.00", "3.00"]
    assert table.find("Total, USD, North")[2] == "30.00"


# Tie-out


def test_every_month_end_ties_out_to_the_ledger(example: FlaskClient) -> None:
    for month in (date(year, number, 1) for year in (2023, 2024) for number in range(1, 13)):
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        end = date.fromordinal(following.toordinal() - 1)
        article = get(example, f"{PAGE}?view=positions&time={month:%Y-%m}")
        assert "The allowance of the lots ties to the ledger" in article
        reader = visit(example, f"{PAGE}?view=positions&time={month:%Y-%m}")
        assert reader.figures["Allowance"] == f"{_sum_up(end)[1]:,.2f}"


def test_tie_out_lists_the_accounts(example: FlaskClient) -> None:
    table = visit(example, f"{PAGE}?view=positions").table("Tie-out")
    row = table.find("Assets:Inventory:Store:Allowance")
    assert row[1:] == ["246.00 USD", "246.00 USD", "✓"]


def test_tie_out_lists_the_cost_of_the_lots_too(example: FlaskClient) -> None:
    table = visit(example, f"{PAGE}?view=positions").table("Tie-out by inventory account")
    assert table.rows[0] == ["Inventory account, at cost", "Lots", "Ledger", "Difference"]
    assert table.find("Assets:Inventory:Workshop")[1:] == ["1,680.00 USD", "1,680.00 USD", "✓"]


def test_money_and_excluded_goods_are_named_parts_of_the_cost(make_client: MakeClient) -> None:
    besides = """
2023-01-01 commodity SAMPLE
  invwd-exclude: TRUE
2024-01-12 * "A sample, and freight"
  Assets:Inventory:Store   1 SAMPLE {3.00 USD}
  Assets:Inventory:Store   5.00 USD
  Assets:Bank
"""
    table = visit(
        make_client(HEAD + ACCOUNTS + ONE_LOSS + besides), f"{TEST}?view=positions"
    ).table("Tie-out by inventory account")
    assert table.rows[0][1:] == ["Lots", "Money", "Excluded", "Ledger", "Difference"]
    assert table.find("Assets:Inventory:Store")[1:] == [
        "120.00 USD", "5.00 USD", "3.00 USD", "128.00 USD", "✓",
    ]  # fmt: skip


def test_tie_out_shows_what_somebody_else_posted(make_client: MakeClient) -> None:
    stray = """
2024-02-10 open Expenses:Stray
2024-02-11 * "Posted by hand"
  Assets:Inventory:Store:Allowance  -5.00 USD
  Expenses:Stray
"""
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + stray)
    assert "are not what the lots add up to" in get(client, f"{TEST}?view=positions")
    row = visit(client, f"{TEST}?view=positions").table("Tie-out").rows[1]
    assert row == [
        "Assets:Inventory:Store:Allowance", "30.00 USD", "35.00 USD", "5.00 USD",
    ]  # fmt: skip
    assert "does not tie out" in get(client, f"{TEST}?view=rollforward")


def test_of_many_accounts_those_that_do_not_tie_stand_first(make_client: MakeClient) -> None:
    names = [f"Assets:Inventory:Bay{number:03}" for number in range(LONGEST + 3)]
    text = HEAD + "2023-01-01 open Assets:Bank\n2024-01-31 price WIDGET 9.00 USD\n"
    for name in names:
        text += f'2023-01-01 open {name}\n2024-01-10 * "Purchase"\n'
        text += f"  {name}  10 WIDGET {{12.00 USD}}\n  Assets:Bank\n"
    stray = f'2024-02-11 * "By hand"\n  {names[-1]}:Allowance  -5.00 USD\n  Assets:Bank\n'
    client = make_client(text + stray)
    table = visit(client, f"{TEST}?view=positions").table("Tie-out by allowance account")
    first, second, *_ = (row[0] for row in table.rows[1:])
    assert (first, second) == (f"{names[-1]}:Allowance", f"{names[0]}:Allowance")
    assert len(table.rows) == 1 + LONGEST
    assert "3 more accounts tie as well." in get(client, f"{TEST}?view=positions")
    table = visit(client, f"{TEST}?view=positions&rows=all").table("Tie-out by allowance account")
    assert len(table.rows) == 1 + len(names)


# Charts


def test_the_line_of_cost_ends_each_month_at_the_balance_of_the_ledger(
    example: FlaskClient,
) -> None:
    chart = read_charts(get(example, f"{PAGE}?view=positions"))["Cost and allowance, USD"]
    assert list(chart)[-2:] == ["2024-11-30", "2024-12-31"]
    assert len(chart) == 24, "from the first purchase on, January 2023"
    for day, point in chart.items():
        cost, allowance = _sum_up(date.fromisoformat(day))
        assert point["Cost"] == cost
        assert point.get("Allowance", 0) == allowance
        assert point["Carrying amount"] == cost - allowance


@pytest.mark.parametrize(
    ("query", "dates"),
    [
        ("", ["2024-01-31", "2024-02-29", "2024-03-10"]),
        ("time=2024-02-13", ["2024-02-13"]),
        ("time=2024-01 - 2024-02-13", ["2024-01-31", "2024-02-13"]),
        ("interval=year", ["2024-03-10"]),
    ],
)
def test_charts_end_on_the_date_of_the_page(
    make_client: MakeClient, query: str, dates: list[str]
) -> None:
    later = "\n2024-02-15 price WIDGET 9.50 USD\n2024-03-10 price WIDGET 8.00 USD\n"
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + later)
    url = f"{TEST}?view=positions&{quote(query, safe='=&')}"
    assert f"Inventory as of {dates[-1]}" in get(client, url)
    chart = read_charts(get(client, url))["Cost and allowance, USD"]
    assert list(chart) == dates
    last = chart[dates[-1]]["Carrying amount"]
    assert f"{last:.2f}" == visit(client, url).figures["Carrying amount"]


def test_bars_add_up_what_was_written_in_each_interval(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=movements&interval=year")
    chart = read_charts(article)["Movements of the allowance, USD"]
    assert list(chart) == ["2023-12-31", "2024-12-31"]
    for day, bar in chart.items():
        year = int(day[:4])
        sums = _sum_kinds(date(year, 1, 1), date(year, 12, 31))
        assert bar["Write-downs"] == sums["write-down"]
        assert bar["Releases"] == -sums["release"]
    assert "Reversals" not in chart["2023-12-31"]


def test_a_series_has_the_same_colour_whatever_else_there_is(
    example: FlaskClient, make_client: MakeClient
) -> None:
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS)
    pages = [get(example, f"{PAGE}?view=movements"), get(client, f"{TEST}?view=movements")]
    pattern = r'<span data-tone="([^"]*)">(Write-downs|Releases)</span>'
    assert [dict(re.findall(pattern, article)) for article in pages] == [
        {"write-down": "Write-downs", "release": "Releases"},
        {"write-down": "Write-downs"},
    ]


def test_each_currency_has_a_chart_of_its_own(make_client: MakeClient) -> None:
    charts = read_charts(
        get(make_client(HEAD + ACCOUNTS + ONE_LOSS + EUROS), f"{TEST}?view=positions")
    )
    assert [name for name in charts if name.startswith("Cost")] == [
        "Cost and allowance, EUR",
        "Cost and allowance, USD",
    ]
    assert charts["Cost and allowance, USD"]["2024-01-31"]["Cost"] == 120


def test_the_treemap_has_the_allowances_of_items_with_their_amounts(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=positions")
    assert read_charts(article)["Allowance by item, USD"] == {
        "Desk lamp": {"Allowance": 168},
        "Wool scarf": {"Allowance": 78},
    }
    assert re.findall(r'data-group="([^"]+)"', article) == ["home", "clothing"]


def test_the_treemap_is_by_account_where_positions_are(make_client: MakeClient) -> None:
    more = """
2024-01-11 * "Purchase"
  Assets:Inventory:Attic   5 WIDGET {12.00 USD}
  Assets:Bank
"""
    article = get(
        make_client(HEAD + ACCOUNTS + ONE_LOSS + more), f"{TEST}?view=positions&by=account"
    )
    assert read_charts(article)["Allowance by account, USD"] == {
        "Assets:Inventory:Store": {"Allowance": 30},
        "Assets:Inventory:Attic": {"Allowance": 15},
    }


def test_charts_can_be_switched_off(example: FlaskClient) -> None:
    assert "Hide charts" in visit(example, f"{PAGE}?view=positions").links
    for view in ("positions", "movements", "risk"):
        reader = visit(example, f"{PAGE}?view={view}&charts=false")
        assert not [label for label in reader.labels if label.startswith("Data:")]
        assert read_charts(get(example, reader.links["Show charts"]))


def test_what_expires_unsold_is_drawn_by_month(make_client: MakeClient) -> None:
    goods = """
2024-02-01 * "Purchase"
  Assets:Inventory:Store   10 MILK {2.00 USD}
    expires: 2024-03-20
  Assets:Inventory:Store   5 MILK {3.00 USD}
    expires: 2024-04-05
  Assets:Inventory:Store   5 TEA {3.00 USD}
  Assets:Bank
2024-02-28 price MILK 4.00 USD
2024-02-28 price TEA 4.00 USD
"""
    article = get(make_client(HEAD + ACCOUNTS + goods), f"{TEST}?view=risk")
    charts, total = read_charts(article), read(article).table("Inventory at risk").find("Total")
    months = charts["At risk by month of expiry, USD"]
    assert months == {"2024-03": {"Amount": 20}, "2024-04": {"Amount": 15}}
    assert "35.00" in total
    bands = charts["Carrying amount by headroom, USD"]
    assert {name: row for name, row in bands.items() if row} == {
        "20 to 30 %": {"Amount": 15},
        "30 to 50 %": {"Amount": 35},
    }


def test_charts_are_converted_at_the_end_of_each_interval(make_client: MakeClient) -> None:
    later = "\n2024-02-15 price EUR 1.20 USD\n"
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + EUROS + later)
    charts = read_charts(get(client, f"{TEST}?view=positions&conversion=USD&time=2024"))
    chart = charts["Cost and allowance, USD"]
    assert chart["2024-01-31"]["Cost"] == Decimal("353.75"), "120.00 + 212.50 × 1.10"
    assert chart["2024-02-29"]["Cost"] == 375, "120.00 + 212.50 × 1.20"


@pytest.mark.parametrize("query", ["interval=day", "interval=day&time=9999", "time=9999"])
def test_charts_of_many_intervals_stay_short(example: FlaskClient, query: str) -> None:
    charts = read_charts(get(example, f"{PAGE}?view=movements&{query}"))
    assert len(charts["Cost and allowance, USD"]) <= 401
    assert len(charts.get("Movements of the allowance, USD", ())) <= 100


def test_charts_of_a_time_before_all_purchases_are_left_out(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=positions&time=2022")
    assert not read_charts(article)
    assert "No inventory on this date" in article


def test_a_currency_that_is_sold_out_is_converted_too(make_client: MakeClient) -> None:
    sold = """
2024-02-05 * "Sold out"
  Assets:Inventory:Store   -2.125 GADGET {100.00 EUR}
  Assets:Bank
"""
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + EUROS + sold)
    charts = read_charts(get(client, f"{TEST}?view=positions&conversion=USD"))
    assert list(charts) == ["Cost and allowance, USD", "Allowance by item, USD"]


def test_without_goods_in_the_filter_there_are_no_charts(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS)
    assert read_charts(get(client, f"{TEST}?view=positions"))
    assert not read_charts(get(client, f"{TEST}?view=positions&account=Assets:Bank"))


def test_only_what_there_is_has_a_chart(example: FlaskClient) -> None:
    charts = read_charts(get(example, f"{PAGE}?view=movements&account=Expenses:COGS"))
    assert list(charts) == ["Movements of the allowance, USD"]


@pytest.mark.parametrize(
    ("account", "carrying"),
    [
        ("Assets:Inventory:Store", None),
        ("Assets:Inventory", 135),
        ("Assets:Inventory:Allowance", 135),
        ("Assets:Inventory:(Store|Allowance)", 135),
    ],
)
def test_charts_tie_to_the_figures_where_the_allowance_stands_elsewhere(
    make_client: MakeClient, account: str, carrying: int | None
) -> None:
    accounts = "\"beancount_invwd\" \"{'accounts': {'allowance': '{parent}:Allowance'}}\""
    text = HEAD.replace('"beancount_invwd"', accounts) + ACCOUNTS + ONE_LOSS
    attic = ONE_LOSS.replace("Store   10", "Attic   5")
    client = make_client(text + attic)
    url = f"{TEST}?view=positions&account={quote(account)}"
    article, figures = get(client, url), visit(client, url).figures
    charts = read_charts(article)
    chart = charts.get("Cost and allowance, USD") or charts["Cost, USD"]
    last = chart[max(chart)]
    assert f"{last['Cost']:.2f}" == figures["Cost"]
    assert last.get("Carrying amount") == carrying
    if carrying is not None:
        assert f"{carrying:.2f}" == figures["Carrying amount"]
    left_out = "stands in Assets:Inventory:Allowance, which the account filter leaves out"
    assert (left_out in article) == (carrying is None)


@pytest.mark.parametrize(
    ("time", "words"),
    [("", "2024-01-01 – 2024-12-31, the fiscal year"), ("2023-Q3", "2023-07-01 – 2023-09-30.")],
)
def test_key_figures_say_which_interval_they_are_of(
    example: FlaskClient, time: str, words: str
) -> None:
    assert f"Movements: {words}" in get(example, f"{PAGE}?time={time}")
