"""The views of the page: what is in their tables, in which order, and where their links lead."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from beancount import loader
from flask.testing import FlaskClient

from fava_ext.formats import Formats
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


def _line_of(start: str) -> int:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return next(i for i, text in enumerate(lines, 1) if text.startswith(start))


def _editor_line(link: str) -> int:
    return int(parse_qs(urlsplit(link).query)["line"][0])


# Positions


def test_positions_show_name_amounts_evidence_and_reason(
    example: FlaskClient,
) -> None:
    table = visit(example, f"{PAGE}?view=positions").table("Positions by item")
    assert table.find("Desk lamp LAMP") == [
        "Desk lamp LAMP", "40", "1,088.00", "168.00", "920.00", "0.00", "920.00",
        "26.00 2024-10-14", "impaired", "price",
    ]  # fmt: skip
    wax = table.find("Beeswax, kg WAX")
    assert wax[1:5] == ["120", "768.00", "0.00", "768.00"]
    assert wax[7] == "– none", "no price decided"


def test_what_is_impaired_comes_first_the_largest_allowance_before_others(
    example: FlaskClient,
) -> None:
    table = visit(example, f"{PAGE}?view=positions").table("Positions")
    assert table.column("Allowance")[:3] == ["168.00", "78.00", "0.00"]


@pytest.mark.parametrize(
    ("by", "first", "cost"),
    [
        ("lot", "Desk lamp LAMP, Assets:Inventory:Store", 4709),
        ("category", "home", 4709),
        ("account", "Assets:Inventory:Store", 4709),
        ("entity", "", 4709),
    ],
)
def test_positions_by_anything_add_up_to_the_same(
    example: FlaskClient, by: str, first: str, cost: int
) -> None:
    table = visit(example, f"{PAGE}?view=positions&by={by}").table(f"Positions by {by}")
    head = table.rows[0]
    assert table.rows[1][0] == first
    assert table.find("Total, USD")[head.index("Cost")] == f"{cost:,}.00"
    total = sum(float(text.replace(",", "")) for text in table.column("Cost"))
    assert total == cost


def test_lots_have_their_date_label_and_account(example: FlaskClient) -> None:
    row = visit(example, f"{PAGE}?view=positions&by=lot").table("Positions").find("Beeswax, kg WAX")
    assert row[:2] == ["Beeswax, kg WAX, Assets:Inventory:Workshop", "2024-07-23"]


def test_badges_say_what_a_reader_must_not_miss(make_client: MakeClient) -> None:
    goods = """
2024-01-05 * "Purchase"
  Assets:Inventory:Store   1 FINE {10.00 USD}
  Assets:Inventory:Store   1 LOW {10.00 USD}
  Assets:Inventory:Store   1 GONE {10.00 USD}
    expires: 2024-01-20
  Assets:Inventory:Store   1 BLIND {10.00 USD}
  Assets:Inventory:Store   1 STALE {10.00 USD}
  Assets:Bank
2022-01-05 price STALE 12.00 USD
2024-01-31 price FINE 12.00 USD
2024-01-31 price LOW 9.00 USD
2024-01-31 price GONE 9.00 USD
"""
    table = visit(make_client(HEAD + ACCOUNTS + goods), f"{TEST}?view=positions").table("Positions")
    assert dict(zip(table.column("Item"), table.column("Status"), strict=True)) == {
        "FINE": "",
        "LOW": "impaired",
        "GONE": "written off expired",
        "BLIND": "not assessed",
        "STALE": "not assessed stale price",
    }


@pytest.mark.parametrize(
    ("sort", "title", "texts"),
    [
        ("-cost", "Cost", ["1,176.00", "1,088.00", "1,062.00", "768.00", "423.00", "192.00"]),
        ("quantity", "Quantity", ["12", "40", "45", "120", "140", "140"]),
        ("price", "Price", ["10.00 2024-06-17", "12.00 2024-07-01", "15.50 2024-01-02",
                            "18.50 2024-01-02", "26.00 2024-10-14", "– none"]),
    ],
)  # fmt: skip
def test_tables_are_sorted_by_value_and_say_so(
    example: FlaskClient, sort: str, title: str, texts: list[str]
) -> None:
    article = get(example, f"{PAGE}?view=positions&sort={sort}")
    assert read(article).table("Positions").column(title) == texts
    way = "descending" if sort.startswith("-") else "ascending"
    assert re.findall(r'aria-sort="(\w+)"', article) == [way]
    then = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
    again = rf'data-sort="{then}" title="[^"]+">{title}'
    assert re.search(again, article), "another click turns it round"


def test_names_are_sorted_as_people_read_them(example: FlaskClient) -> None:
    names = (
        visit(example, f"{PAGE}?view=positions&sort=commodity").table("Positions").column("Item")
    )
    assert names == [
        "Beeswax candle CANDLE", "Beeswax, kg WAX", "Coffee, 1 kg bag COFFEE", "Desk lamp LAMP",
        "Stoneware mug MUG", "Wool scarf SCARF",
    ]  # fmt: skip


def test_what_no_position_shows_is_said_below_them(make_client: MakeClient) -> None:
    period = HEAD.replace('"beancount_invwd"', "\"beancount_invwd\" \"{'release': 'period'}\"")
    sale = """
2024-02-10 * "Sale"
  Assets:Inventory:Store   -4 WIDGET {12.00 USD}
  Assets:Bank               48.00 USD
2024-02-12 price WIDGET 9.00 USD
"""
    client = make_client(period + ACCOUNTS + ONE_LOSS + sale)
    said = "12.00 USD of releases wait for the end of the period"
    assert said in get(client, f"{TEST}?view=positions")
    assert said not in get(client, f"{TEST}?view=positions&account=Assets:Inventory:Store")


def test_a_long_table_shows_its_first_rows_and_the_total_of_all(make_client: MakeClient) -> None:
    lots = "\n".join(
        f'  Assets:Inventory:Store   1 WIDGET {{12.00 USD, 2024-01-02, "{n:04}"}}'
        for n in range(300)
    )
    goods = f'\n2024-01-02 * "Purchase"\n{lots}\n  Assets:Bank\n2024-01-31 price WIDGET 9.00 USD\n'
    client = make_client(HEAD + ACCOUNTS + goods)
    article = get(client, f"{TEST}?view=positions&by=lot")
    table = read(article).table("Positions")
    assert len(table.column("Cost")) == 100
    assert table.find("Total, USD")[3] == "3600.00", "300 × 12.00"
    assert "Show all 300" in article
    whole = get(client, f"{TEST}?view=positions&by=lot&rows=all")
    assert len(read(whole).table("Positions").column("Cost")) == 300
    assert "of 300 rows" not in whole


def test_no_digit_of_a_quantity_or_price_is_rounded_away(make_client: MakeClient) -> None:
    goods = """
2024-01-11 * "Purchase"
  Assets:Inventory:Store   2.125 GADGET {0.0375 USD}
  Assets:Bank
2024-01-31 price GADGET 0.0250 USD
"""
    row = (
        visit(make_client(HEAD + ACCOUNTS + goods), f"{TEST}?view=positions")
        .table("Positions")
        .find("GADGET")
    )
    assert row[1] == "2.125"
    assert row[7].startswith("0.0250 ")


WHOLE = """
2024-01-10 * "Purchase"
  Assets:Inventory:Store   700 WIDGET {22 USD}
  Assets:Bank
2024-01-31 price WIDGET 13.77 USD
2024-02-29 price WIDGET 12 USD
"""


@pytest.mark.parametrize(
    ("more", "opening", "change", "price"),
    [
        ("", "5761.00", "+1239.00", "12.00"),
        ("2023-01-01 commodity USD\n  precision: 0\n", "5761", "+1239", "12"),
        ("2023-01-01 commodity USD\n  precision: 3\n", "5761.000", "+1239.000", "12.000"),
        ('2023-01-01 custom "fava-option" "locale" "de"\n', "5.761,00", "+1.239,00", "12,00"),
    ],
)
def test_a_ledger_of_whole_numbers_has_cents_on_the_page(
    make_client: MakeClient, more: str, opening: str, change: str, price: str
) -> None:
    client = make_client(HEAD + ACCOUNTS + more + WHOLE)
    rolled = visit(client, f"{TEST}?view=rollforward").table("Roll-forward")
    assert rolled.find("2024-02-01")[1:3] == [opening, change], "700 × 8.23, 700 × 1.77"
    reader = visit(client, f"{TEST}?view=positions")
    assert reader.figures["Write-downs"] == reader.figures["Allowance"]
    row = reader.table("Positions").find("WIDGET")
    assert row[1] == "700"
    assert row[7].split()[0] == price
    assert f"WIDGET, {opening} USD" in get(client, f"{TEST}?view=disclosure")


def test_numbers_are_written_as_the_locale_of_fava_has_it(make_client: MakeClient) -> None:
    german = '2023-01-01 custom "fava-option" "locale" "de"\n'
    goods = ONE_LOSS.replace("12.00", "1200.50")
    reader = visit(make_client(HEAD + german + ACCOUNTS + goods), f"{TEST}?view=positions")
    assert reader.figures["Cost"] == "12.005,00"
    assert "12.005,00" in reader.table("Positions").find("WIDGET")


# Movements


def test_movements_are_what_the_ledger_has_the_newest_first(example: FlaskClient) -> None:
    entries, _, _ = loader.load_file(str(EXAMPLE))
    written = [entry for entry in entries if "invwd" in (getattr(entry, "tags", None) or ())]
    table = visit(example, f"{PAGE}?view=movements").table("Movements")
    assert table.column("Date") == [str(entry.date) for entry in reversed(written)]
    assert table.column("Entry") == [
        " ".join((entry.narration or "").split()) for entry in reversed(written)
    ]
    assert table.find("Total, USD")[3] == "+246.00", "what is left of them"
    assert table.find("Liabilities, USD")[3] == "+80.00", "of what is ordered"
    assert sum(Decimal(text) for text in table.column("Allowance")) == Decimal("326.00")


def test_a_movement_is_explained_as_of_its_own_date(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=movements")
    links = re.findall(r'<a href="([^"]*)" data-explain>', article)
    days = read(article).table("Movements").column("Date")
    asked = [parse_qs(urlsplit(html.unescape(link)).query) for link in links]
    assert [query["time"] for query in asked] == [[day] for day in days for _ in range(3)]
    first = example.get(html.unescape(links[0]).replace("?", "?partial=true&")).text
    assert f"How its figures came about on {days[0]}" in first


@pytest.mark.parametrize("view", ["movements", "rollforward", "explain&item=LAMP"])
def test_nothing_opens_favas_pop_up_which_fails_on_what_is_generated(
    example: FlaskClient, view: str
) -> None:
    reader = visit(example, f"{PAGE}?view={view}")
    assert reader.hrefs
    assert not [link for link in reader.hrefs if "#context-" in link]


def test_an_amount_of_the_roll_forward_leads_to_its_movements(example: FlaskClient) -> None:
    url = f"{PAGE}?view=rollforward&period=quarter&each=item"
    reader = visit(example, url)
    table = reader.table("Roll-forward")
    down = table.find("Desk lamp LAMP")[table.rows[0].index("Write-downs")]
    link = next(h for h in reader.hrefs if "kind=write-down&" in h and "item=LAMP" in h)
    article = get(example, link)
    assert "Only write-down of LAMP" in article
    table = read(article).table("Movements")
    assert set(table.column("Movement")) == {"write\N{NON-BREAKING HYPHEN}down"}
    change = table.rows[0].index("Allowance")
    assert table.find("Total, USD")[change] == down == "+249.00"
    days = [h for h in reader.hrefs if "view=explain" in h and "item=LAMP" in h]
    assert any("time=2024-12-31" in link for link in days), "its closing balance"


def test_a_group_is_explained_by_its_entry_and_its_items(make_client: MakeClient) -> None:
    config = "\"beancount_invwd\" \"{'basis': 'total'}\""
    client = make_client(HEAD.replace('"beancount_invwd"', config) + ACCOUNTS + ONE_LOSS)
    row = visit(client, f"{TEST}?view=movements")
    article = get(client, row.links["total"])
    assert "2024-01-31 * " in article
    assert "item=WIDGET" in read(article).links["WIDGET"]


def test_what_came_since_stands_in_an_old_explanation(make_client: MakeClient) -> None:
    later = "\n2024-02-20 price WIDGET 13.00 USD\n2024-02-29 balance Assets:Bank -120.00 USD\n"
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + later)
    url = f"{TEST}?view=explain&item=WIDGET"
    table = visit(client, f"{url}&time=2024-01-31").table("Since then")
    assert [row[0] for row in table.rows[1:]] == ["2024-02-20 price", "2024-02-29 reversal"]
    assert not [table for table in visit(client, url).tables if table.label == "Since then"]


def test_evidence_shows_what_its_directive_says_and_its_documents(
    make_client: MakeClient, tmp_path: Path
) -> None:
    (tmp_path / "offer.pdf").write_bytes(b"%PDF-1.4")
    says = '  dealer: "Lux & Co"\n  document: "offer.pdf"\n  document-2: "lost.pdf"\n'
    listed = '2024-01-31 document Assets:Inventory:Store "offer.pdf"\n'
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + says + listed)
    reader = visit(client, f"{TEST}?view=explain&item=WIDGET&time=2024-01-31")
    (price,) = [row for row in reader.table("Evidence").rows if row[0] == "price"]
    for text in ("dealer: Lux & Co", "document: offer.pdf", "document-2: lost.pdf"):
        assert text in price[1]
    with client.get(reader.links["document: offer.pdf"]) as response:
        assert response.data == b"%PDF-1.4"
    assert "document-2: lost.pdf" not in reader.links


def test_a_movement_links_to_the_price_or_the_sale_that_caused_it(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=movements&time=2024")
    rows = [(row, re.search(r'href="([^"]*/editor/[^"]*)"', row)) for row in article.split("</tr>")]
    causes = {
        " ".join(text.split()): _editor_line(html.unescape(link[1])) for text, link in rows if link
    }
    write_down = next(line for text, line in causes.items() if "Write-down of SCARF" in text)
    assert write_down == _line_of("2024-06-17 price SCARF")
    release = next(line for text, line in causes.items() if "20 units by: Hotel" in text)
    assert release == _line_of('2024-12-16 * "Hotel"')


def test_a_movement_by_a_statement_links_to_it(make_client: MakeClient) -> None:
    stated = '\n2024-01-20 custom "invwd-nrv" "WIDGET" 5.00 USD "damaged"\n'
    text = HEAD + ACCOUNTS + ONE_LOSS.replace("price WIDGET 9.00", "price OTHER 9.00") + stated
    row = visit(make_client(text), f"{TEST}?view=movements").table("Movements").rows[1]
    line = text.splitlines().index(stated.strip()) + 1
    assert row[-1] == f"damaged test.beancount:{line}"


def test_an_opening_that_was_booked_by_hand_links_to_its_line(make_client: MakeClient) -> None:
    opening = """
2024-01-01 * "Opening" #invwd
  invwd: "write-down"
  invwd-group: "WIDGET"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Inventory:Store:Allowance   -20.00 USD
  Assets:Bank
2023-01-01 open Assets:Inventory:Store:Allowance
"""
    text = HEAD + ACCOUNTS + opening
    reader = visit(make_client(text), f"{TEST}?view=movements")
    line = text.splitlines().index('2024-01-01 * "Opening" #invwd') + 1
    assert reader.table("Movements").rows[1][-1] == f"test.beancount:{line}"
    assert f"line={line}" in reader.links[f"test.beancount:{line}"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("supplier-return", "they went back to the supplier"),
        ("own-use", "put to own use"),
        ("sale", "sale"),
    ],
)
def test_reasons_of_releases_are_words(make_client: MakeClient, reason: str, words: str) -> None:
    booked = f"""
2024-02-03 * "Gone" #invwd
  invwd: "release"
  invwd-group: "WIDGET"
  invwd-reason: "{reason}"
  Assets:Inventory:Store   -2 WIDGET {{12.00 USD}}
  Assets:Inventory:Store:Allowance   6.00 USD
  Assets:Bank               18.00 USD
2024-01-01 open Assets:Inventory:Store:Allowance
"""
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + booked)
    table = visit(client, f"{TEST}?view=movements").table("Movements")
    assert table.find("2024-02-03")[-1].startswith(words)


def test_goods_that_come_and_go_otherwise_than_by_a_sale_say_so(make_client: MakeClient) -> None:
    moved = """
2024-01-01 open Expenses:COGS
2024-01-01 open Equity:Drawings
2024-01-01 open Liabilities:Supplier
2024-02-03 * "Sold"
  Assets:Inventory:Store   -5 WIDGET {12.00 USD}
  Expenses:COGS             60.00 USD
2024-02-04 * "Two come back"
  Assets:Inventory:Store    2 WIDGET {12.00 USD, 2024-01-10}
  Expenses:COGS            -24.00 USD
2024-02-05 * "For the owner"
  Assets:Inventory:Store   -1 WIDGET {12.00 USD}
  Equity:Drawings           12.00 USD
2024-02-06 * "To the supplier"
  Assets:Inventory:Store   -3 WIDGET {12.00 USD}
  Liabilities:Supplier      36.00 USD
"""
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + moved)
    table = visit(client, f"{TEST}?view=movements").table("Movements")
    shown = {row[0]: (row[1], row[3], row[-1].partition(" test.")[0]) for row in table.rows[1:-1]}
    assert {day: shown[day] for day in shown if day > "2024-02-02"} == {
        "2024-02-03": ("release", "-15.00", "sale"),
        "2024-02-04": ("release", "+6.00", "a customer brought them back"),
        "2024-02-05": ("release", "-3.00", "put to own use"),
        "2024-02-06": ("release", "-9.00", "they went back to the supplier"),
    }
    assert visit(client, f"{TEST}?view=positions").figures["Releases"] == "21.00", (
        "15.00 − 6.00 + 3.00 + 9.00"
    )


def test_the_year_before_stands_beside_a_period(example: FlaskClient) -> None:
    name = "Compared with the year before"
    table = visit(example, f"{PAGE}?view=rollforward&time=2024").table(name)
    assert table.rows[1:] == [
        ["2024-01-01 – 2024-12-31", "161.00", "+548.00", "0.00", "-113.88", "-349.12", "0.00",
         "246.00"],
        ["2023-01-01 – 2023-12-31", "0.00", "+406.00", "+180.00", "0.00", "-425.00", "0.00",
         "161.00"],
    ]  # fmt: skip
    asked = "time=2024-Q3&each=cause&sort=-price"
    table = visit(example, f"{PAGE}?view=rollforward&{asked}").table(name)
    assert table.column("Period") == ["2024-07-01 – 2024-09-30", "2023-07-01 – 2023-09-30"]
    assert table.column("Stated values") == ["0.00", "+336.00"]
    scarf = visit(example, f"{PAGE}?view=rollforward&time=2024&each=item&account=Store").table(name)
    assert scarf.column("Item").count("Wool scarf SCARF") == 2


@pytest.mark.parametrize("query", ["interval=year", "time=2023", "period=year&each=item"])
def test_nothing_stands_beside_a_period_that_is_compared_already_or_was_the_first(
    query: str, example: FlaskClient
) -> None:
    tables = visit(example, f"{PAGE}?view=rollforward&{query}").tables
    assert not [table for table in tables if table.label.startswith("Compared")]


@pytest.mark.parametrize("view", ["positions", "movements", "rollforward", "risk", "compare"])
@pytest.mark.parametrize(
    ("conversion", "is_named"), [("EUR", True), ("USD", False), ("at_cost", False)]
)
def test_amounts_of_another_currency_than_the_figures_have_their_unit(
    make_client: MakeClient, view: str, conversion: str, *, is_named: bool
) -> None:
    rate = "\n2024-01-31 price USD 0.50 EUR\n"
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + rate)
    url = f"{TEST}?view={view}&conversion={conversion}&headroom=50"
    table = visit(client, url).tables[-1]
    assert any("Currency" in row for row in table.rows) == is_named
    if is_named:
        assert table.column("Currency") == ["USD"]


# Roll-forward


def test_roll_forward_follows_favas_interval(example: FlaskClient) -> None:
    table = visit(example, f"{PAGE}?view=rollforward&interval=year").table("Roll-forward")
    assert table.rows[1:] == [
        ["2023-01-01 – 2023-12-31", "0.00", "+406.00", "+180.00", "0.00", "-425.00", "0.00",
         "161.00"],
        ["2024-01-01 – 2024-12-31", "161.00", "+548.00", "0.00", "-113.88", "-349.12", "0.00",
         "246.00"],
        ["Total, USD", "0.00", "+954.00", "+180.00", "-113.88", "-774.12", "0.00", "246.00"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("interval", "count"), [("", 24), ("day", 24), ("week", 24), ("quarter", 8), ("yearly", 2)]
)
def test_each_interval_has_its_periods(example: FlaskClient, interval: str, count: int) -> None:
    table = visit(example, f"{PAGE}?view=rollforward&interval={interval}").table("Roll-forward")
    assert len(table.column("Opening")) == count


@pytest.mark.parametrize("account", ["", "Assets:Inventory:Store"])
@pytest.mark.parametrize(("each", "title"), [("item", "Item"), ("category", "Category")])
def test_roll_forward_of_each_adds_up_to_that_of_all(
    example: FlaskClient, each: str, title: str, account: str
) -> None:
    url = f"{PAGE}?view=rollforward&period=year&account={account}"
    whole = visit(example, url).table("Roll-forward")
    table = visit(example, f"{url}&each={each}").table("Roll-forward")
    assert table.rows[0][:2] == [title, "Period"]
    assert table.find("Total, USD")[2:] == whole.find("Total, USD")[1:]
    for name in ("Write-downs", "Reversals", "Releases"):
        amounts = [
            sum(Decimal(text.replace(",", "")) for text in found.column(name))
            for found in (whole, table)
        ]
        assert amounts[0] == amounts[1]


def test_a_currency_that_never_had_an_allowance_has_no_roll_forward(
    make_client: MakeClient,
) -> None:
    euros = ONE_LOSS.replace("USD", "EUR").replace("WIDGET", "GADGET").replace("9.00", "15.00")
    url = f"{TEST}?view=rollforward&period=month"
    both = HEAD + ACCOUNTS + ONE_LOSS.replace("01-10", "03-10").replace("01-31", "05-31") + euros
    client = make_client(both)
    for each in ("", "cause"):
        table = visit(client, f"{url}&each={each}").table("Roll-forward")
        assert table.column("Closing") == ["0.00"] * 4 + ["30.00"], "zeros before it stay"
        assert [row[0] for row in table.rows[6:]] == ["Total, USD"]
        table = visit(client, f"{url}&each={each}&account=Store").table("Roll-forward")
        assert [row[0] for row in table.rows[-1:]] == ["Total, USD"]
    none = visit(make_client(HEAD + ACCOUNTS + euros), url).table("Roll-forward")
    assert none.column("Closing") == ["0.00"], "if there is nothing else, zeros are the answer"


@pytest.mark.parametrize(
    ("basis", "known"),
    [
        ("item", ["Movement", "Cause", "Item", "Category"]),
        ("category", ["Movement", "Cause", "Category"]),
        ("total", ["Movement", "Cause"]),
    ],
)
def test_roll_forward_offers_what_the_policy_can_tell_apart(
    make_client: MakeClient, basis: str, known: list[str]
) -> None:
    config = f"\"beancount_invwd\" \"{{'basis': '{basis}'}}\""
    client = make_client(HEAD.replace('"beancount_invwd"', config) + ACCOUNTS + ONE_LOSS)
    article = get(client, f"{TEST}?view=rollforward")
    ways = article.partition("Roll-forward by")[2].partition("</nav>")[0]
    assert re.findall(r">(\w+)</a>", ways) == known
    article = get(client, f"{TEST}?view=rollforward&each=item")
    assert ("This address cannot be read" in article) == ("Item" not in known)


def test_the_bridge_leads_from_opening_to_closing_by_cause(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=rollforward&each=cause&time=2024&interval=quarter")
    bars = read_charts(article)["Bridge of the allowance, USD"]
    amounts = {name: row["Amount"] for name, row in bars.items()}
    total = read(article).table("Roll-forward").find("Total, USD")
    titles = read(article).table("Roll-forward").rows[0]
    assert titles == ["Period", *amounts]
    assert [Decimal(text.replace(",", "")) for text in total[1:]] == list(amounts.values())
    closing = amounts.pop("Closing")
    assert sum(amounts.values()) == closing == 246


def test_a_period_leads_to_its_movements(example: FlaskClient) -> None:
    reader = visit(example, f"{PAGE}?view=rollforward&interval=quarter")
    link = reader.links["2024-04-01 – 2024-06-30"]
    table = visit(example, link).table("Movements")
    assert table.column("Date") == ["2024-06-30", "2024-06-26", "2024-04-30"]


# At risk


def test_risk_lists_what_may_be_lost_next(example: FlaskClient) -> None:
    table = visit(example, f"{PAGE}?view=risk").table("Inventory at risk")
    # 40 × (25.00 × 90 % × 1.04 - 3.00) = 816.00, and 920.00 are carried
    assert table.find("Desk lamp LAMP")[:2] == ["Desk lamp LAMP", "104.00"]


def test_risk_has_the_sums_of_what_it_lists(example: FlaskClient) -> None:
    table = visit(example, f"{PAGE}?view=risk").table("Inventory at risk")
    total = table.find("Total, USD")
    for title in ("At risk", "Carrying amount", "If prices fall"):
        amounts = [Decimal(text.replace(",", "")) for text in table.column(title)]
        assert total[table.rows[0].index(title)] == f"{sum(amounts):,}"
    assert total[table.rows[0].index("Days old")] == ""


def test_risk_takes_headroom_and_days(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=risk&headroom=50&within=0")
    lamp = read(article).table("Inventory at risk").find("Desk lamp LAMP")
    assert lamp[1] == "520.00", "920.00 less 40 × (12.50 × 1.04 - 3.00)"
    assert 'name="headroom" value="50"' in article
    assert 'name="within" value="0"' in article


# Compare


def test_compare_shows_a_price_shock_at_first(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=compare")
    table = read(article).table("Policies side by side")
    assert "price=-10%" in article
    lamp = table.find("Desk lamp LAMP")
    assert lamp[1:5] == ["168.00", "-168.00", "272.00", "+104.00"]
    assert 'name="price" value="-10"' in article


def _columns(article: str) -> list[str]:
    return re.findall(r'class="span">([^<]*)<', article)[1:]


def _link(article: str, name: str) -> dict[str, list[str]]:
    match = re.search(rf'class="{name}" href="([^"]*)"', article)
    assert match is not None
    return parse_qs(urlsplit(html.unescape(match[1])).query)


def test_compare_has_a_column_for_the_policy_and_one_for_prices(example: FlaskClient) -> None:
    form = f"{PAGE}?view=compare&standard=hgb&basis=&price=-10"
    assert _columns(get(example, form)) == ["standard=hgb", "price=-10%"]
    assert _columns(get(example, f"{PAGE}?view=compare&standard=hgb")) == ["standard=hgb"]
    assert _columns(get(example, f"{PAGE}?view=compare")) == ["price=-10%"]
    assert _columns(get(example, f"{PAGE}?view=compare&price=")) == []


def test_compare_keeps_columns_and_puts_both_in_one(example: FlaskClient) -> None:
    query = f"standard=hgb&basis=total&price=-20&with={quote('price=+5%')}"
    article = get(example, f"{PAGE}?view=compare&{query}")
    policy, prices = "standard=hgb,basis=total", "price=-20%"
    assert _columns(article) == ["price=+5%", policy, prices]
    assert 'aria-label="Remove price=+5%"' in article
    assert _link(article, "keep")["with"] == ["price=+5%", policy, prices]
    joined = _link(article, "join")
    assert joined["with"] == ["price=+5%", f"{policy},{prices}"]
    query = urlencode(joined, doseq=True)
    article = get(example, f"{PAGE}?{query}")
    assert _columns(article) == ["price=+5%", f"{policy},{prices}", policy, prices]
    assert 'class="join"' not in article


@pytest.mark.parametrize("query", ["", "price=", "standard=hgb"])
def test_compare_puts_nothing_together_where_there_are_not_two(
    example: FlaskClient, query: str
) -> None:
    assert 'class="join"' not in get(example, f"{PAGE}?view=compare&{query}")


def test_compare_takes_any_setting_and_shows_what_differs_most_first(example: FlaskClient) -> None:
    query = urlencode({"view": "compare", "price": "", "with": "measure=replacement,price=-50%"})
    article = get(example, f"{PAGE}?{query}&with=")
    assert _columns(article) == ["measure=replacement,price=-50%"]
    table = read(article).table("Policies side by side")
    more = table.rows[1].index("Difference")
    amounts = [abs(Decimal(row[more].replace(",", ""))) for row in table.rows[2:-1]]
    assert amounts == sorted(amounts, reverse=True)


def test_compare_names_columns_scales_costs_and_says_why(example: FlaskClient) -> None:
    query = urlencode({"view": "compare", "price": "", "with": "Careful: price=-50%"})
    article = get(example, f"{PAGE}?{query}&replacement=20")
    assert _columns(article) == ["Careful", "replacement=20%"]
    table = read(article).table("Policies side by side")
    why = table.rows[1].index("Why")
    words = "measured at 400.00 (price), not 920.00 (price)"
    assert table.find("Desk lamp LAMP")[why] == f"Careful: {words}"
    alone = visit(example, f"{PAGE}?{query}").table("Policies side by side")
    assert alone.find("Desk lamp LAMP")[-1] == words
    assert "replacement" in get(example, f"{PAGE}?view=compare&replacement=lots")


def test_compare_says_what_the_configuration_refuses(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=compare&with={quote('basis=colour')}")
    assert "basis=colour" in article
    assert "allowed is" in article


def test_compare_without_any_change_is_the_ledger_alone(example: FlaskClient) -> None:
    table = visit(example, f"{PAGE}?view=compare&price=").table("Policies side by side")
    assert table.find("Total, USD") == ["Total, USD", "246.00", "-85.00"]


# Disclosure


def test_disclosure_shows_the_note_and_its_gaps(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=disclosure")
    assert "Inventories, 2024-01-01 to 2024-12-31" in article
    home = read(article).tables[0].find("home")
    assert home[:5] == ["home", "USD", "3,326.00", "168.00", "3,158.00"]
    assert "IAS 2.36 (h)" in article
    assert '<p class="gap">[to be written by the author:' in article
    assert 'data-copy="note"' in article


# Explain


def test_an_item_links_to_its_explanation(example: FlaskClient) -> None:
    link = visit(example, f"{PAGE}?view=positions").links["Desk lamp"]
    assert parse_qs(urlsplit(link).query) == {"view": ["explain"], "item": ["LAMP"]}
    reader = visit(example, link)
    assert reader.figures["Allowance, USD"] == "168.00"
    steps = [row for table in reader.tables for row in table.rows]
    assert ["NRV", "1,040.00 − 120.00", "920.00", ""] in steps
    line = _line_of("2024-10-14 price LAMP")
    assert _editor_line(reader.links[f"example.beancount:{line}"]) == line


def test_formulas_are_written_as_the_locale_of_fava_has_it(make_client: MakeClient) -> None:
    german = '2023-01-01 custom "fava-option" "locale" "de_DE"\n'
    cost = HEAD.replace('"beancount_invwd"', "\"beancount_invwd\" \"{'selling_cost': '8.5%'}\"")
    goods = ONE_LOSS.replace("10 WIDGET {12.00 USD}", '500 WIDGET {12.00 USD, "V-2.50"}')
    stated = '2024-01-30 custom "invwd-nrv" "WIDGET" 9.00 USD "offer 1.5 of W-2.50, was v8.50"\n'
    stated += '  lot: "V-2.50"\n'
    client = make_client(cost + german + ACCOUNTS + goods)
    url = f"{TEST}?view=explain&item=WIDGET"
    steps = [row[:3] for table in visit(client, url).tables for row in table.rows]
    assert ["cost", "500 × 12,00", "6.000,00"] in steps
    assert ["cost to sell", "4.500,00 × 8,5%", "382,50"] in steps
    assert ["loss", "6.000,00 − 4.117,50", "1.882,50"] in steps
    assert any("cost 6,000.00, NRV 4,117.50 USD" in how for _, how, _ in steps), "a quotation"
    article = get(make_client(cost + german + ACCOUNTS + goods + stated), url)
    assert "9,00 USD a unit on 2024-01-30: offer 1.5 of W-2.50, was v8.50" in article


@pytest.mark.parametrize(
    ("locale", "why"),
    [
        ("", "measured at 4050.00 (price), not 4500.00 (price)"),
        ("de", "measured at 4.050,00 (price), not 4.500,00 (price)"),
        ("en", "measured at 4,050.00 (price), not 4,500.00 (price)"),
    ],
)
def test_sentences_have_figures_as_tables_do(
    make_client: MakeClient, locale: str, why: str
) -> None:
    option = f'2023-01-01 custom "fava-option" "locale" "{locale}"\n' if locale else ""
    goods = ONE_LOSS.replace("10 WIDGET", "500 WIDGET")
    url = f"{TEST}?view=compare&with=selling_cost%3D10%25"
    table = visit(make_client(HEAD + option + ACCOUNTS + goods), url).table("Policies side by side")
    assert table.find("WIDGET")[-1] == why


@pytest.mark.parametrize(
    ("option", "amount"),
    [
        ("", "1500.00 USD"),
        ('option "render_commas" "TRUE"', "1,500.00 USD"),
        ('2023-01-01 custom "fava-option" "locale" "de"', "1.500,00 USD"),
    ],
)
def test_remarks_of_the_note_have_figures_as_its_tables_do(
    make_client: MakeClient, option: str, amount: str
) -> None:
    goods = ONE_LOSS.replace("10 WIDGET", "500 WIDGET").replace("01-31 price", "02-01 price")
    client = make_client(f"{HEAD}{option}\n{ACCOUNTS}{goods}")
    article = get(client, f"{TEST}?view=disclosure")
    remark = f"would change the allowance by {amount}, which is not written"
    assert remark in article
    if "locale" not in option:  # files have the numbers of the ledger
        assert remark in client.get(f"{TEST}disclosure.md").text


@pytest.mark.parametrize(
    ("number", "text"), [("-0.004", "0.00"), ("-0.005", "-0.01"), ("0", "0.00")]
)
def test_what_rounds_to_nothing_has_no_sign(
    make_client: MakeClient, number: str, text: str
) -> None:
    app = make_client(HEAD + ACCOUNTS).application
    (ledger,) = app.config["LEDGERS"].ledgers
    with app.app_context():
        assert Formats(ledger).show_money(Decimal(number), "USD") == text


def test_paragraphs_lines_and_what_is_quoted_stay_in_every_locale(make_client: MakeClient) -> None:
    german = '2023-01-01 custom "fava-option" "locale" "de"\n'
    app = make_client(HEAD + german + ACCOUNTS).application
    (ledger,) = app.config["LEDGERS"].ledgers
    with app.app_context():
        formats = Formats(ledger)
        text = "1,506.02 USD of 12,345, 8.50 (IFRS 15.76, IAS 2.36) on {}: {} price MUG 1007.50 USD"
        said = formats.sentence(text.format("2024-12-31", "2024-12-31"))
        kept = formats.hide("a narration of 1,506.02")
    assert said == (
        "1.506,02 USD of 12.345, 8,50 (IFRS 15.76, IAS 2.36) on 2024-12-31: "
        "2024-12-31 price MUG 1007.50 USD"
    )
    assert kept == "a narration of 1,506.02"


def test_the_entry_stands_in_the_explanation_as_it_does_in_the_books(example: FlaskClient) -> None:
    article = html.unescape(get(example, f"{PAGE}?view=explain&item=SCARF&time=2024-06-30"))
    assert "In the books" in article
    for text in (
        '2024-06-30 * "Write-down of SCARF to net realisable value: 20 units, cost 320.00',
        'invwd-reason: "price"',
        "Assets:Inventory:Store:Allowance  -95.00 USD",
    ):
        assert text in article
    quiet = get(example, f"{PAGE}?view=explain&item=SCARF&time=2024-07-15")
    assert "In the books" not in quiet


def test_a_lot_is_explained_alone(example: FlaskClient) -> None:
    reader = visit(example, f"{PAGE}?view=positions&time=2023-10&by=lot")
    link = next(h for h in reader.hrefs if "lot=M-0823" in h)
    story = visit(example, link)
    assert any("M-0823" in table.label for table in story.tables)
    assert not any("2023-01" in table.label for table in story.tables if "Lot" in table.label)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("item=LAMPS", "did you mean LAMP?"),
        ("item=MUG&lot=X", "never had a lot"),
        ("", "No item is named"),
    ],
)
def test_what_cannot_be_explained_is_said(example: FlaskClient, query: str, words: str) -> None:
    article = get(example, f"{PAGE}?view=explain&{query}")
    assert "This item cannot be explained" in article
    assert words in article


# What the script asks for


def test_a_fragment_is_the_view_alone(example: FlaskClient) -> None:
    response = example.get(f"{PAGE}fragment?view=positions&sort=-cost")
    assert response.status_code == 200
    assert response.text.lstrip().startswith('<div class="body" data-body="positions">')
    assert "<h2>" not in response.text
    whole = visit(example, f"{PAGE}?view=positions&sort=-cost").table("Positions")
    assert read(response.text).table("Positions") == whole


def test_the_panel_is_the_explanation_alone(example: FlaskClient) -> None:
    response = example.get(f"{PAGE}explain_panel?item=LAMP&time=2024-10")
    assert response.status_code == 200
    assert response.text.lstrip().startswith('<div class="story">')
    assert read(response.text).figures["Allowance, USD"] == "137.50"


def test_what_is_ordered_stands_below_goods_and_roll_forward(example: FlaskClient) -> None:
    name = "Liabilities for what is ordered"
    table = visit(example, f"{PAGE}?view=positions&sort=-allowance").table(name)
    assert table.rows[1:] == [
        ["Desk lamp LAMP", "2024-09-17", "2025-02-28", "20", "540.00", "460.00", "80.00", "0.00",
         "price"],
    ]  # fmt: skip
    rolled = visit(example, f"{PAGE}?view=rollforward&interval=year&each=cause").table(name)
    assert rolled.rows[1:] == [
        ["Desk lamp LAMP", "2024-01-01", "2024-12-31", "0.00", "+80.00", "0.00", "0.00", "80.00"],
    ]
    for other in ("time=2023", "account=Assets:Inventory:Workshop"):
        page = visit(example, f"{PAGE}?view=positions&{other}")
        assert name not in [table.label for table in page.tables]
