"""What the page must not show: figures in incognito mode, and text of the ledger as HTML."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from beancount_invwd.policy.standards import STANDARDS
from tests.support.fava_pages import (
    ACCOUNTS,
    EXAMPLE,
    HEAD,
    ONE_LOSS,
    PAGE,
    TEST,
    VIEWS,
    MakeClient,
    get,
    read_charts,
    refuse,
    start,
    visit,
)

# Incognito


@pytest.fixture(scope="module")
def masked() -> FlaskClient:
    return start(EXAMPLE, incognito=True)


def _visible(article: str) -> str:
    """The text that stands on the page, without addresses, dates, and names with digits."""
    text = re.sub(r"<script.*?</script>", " ", article, flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]*>", " ", text.replace("<wbr>", "")))
    known = (
        r"\d{4}-\d\d-\d\d|\w+\.beancount:\d+|Coffee, 1 kg"
        r"|\d+ to \d+ %|over 50 %"
        r"|IFRS 15\.76|IAS 2\.9, 2\.29, 2\.33|IAS (2|8|37)(\.\d+)*|M-0823|(FRS|ASPE|ASC) \d+"
    )
    return re.sub(known, "", text)


@pytest.mark.parametrize("view", [*VIEWS, "lookback", "audit", "diff", "explain"])
def test_incognito_masks_every_figure(masked: FlaskClient, view: str) -> None:
    article = get(masked, f"{PAGE}?view={view}&item=LAMP")
    rest = re.sub(r"price=-10%|replacement=\+15%|IAS 1\.38|name=\S+", "", _visible(article))
    assert not re.search(r"\d", rest), re.findall(r".{30}\d.{20}", rest)
    if view not in {"compare", "risk", "help", "diff"}:
        assert "XXX" in article


@pytest.mark.parametrize("by", ["lot", "category", "account", "entity"])
def test_incognito_masks_positions_of_any_kind(masked: FlaskClient, by: str) -> None:
    article = get(masked, f"{PAGE}?view=positions&by={by}&time=2023-10")
    assert not re.search(r"\d", _visible(article))


def test_incognito_keeps_the_shape_of_charts_and_not_their_amounts(masked: FlaskClient) -> None:
    article = get(masked, f"{PAGE}?view=positions")
    charts = read_charts(article)
    costs = [row["Cost"] for row in charts["Cost and allowance, USD"].values()]
    assert max(costs) == 100, "shares of the highest"
    assert charts["Allowance by item, USD"]["Desk lamp"] == {"Allowance": 100}
    risks = read_charts(get(masked, f"{PAGE}?view=risk"))
    assert risks["Carrying amount by headroom, USD"]
    for chart in (*charts.values(), *risks.values()):
        assert max(abs(number) for row in chart.values() for number in row.values()) == 100
    assert not re.search(r'data-ticks="[^"]*[1-9][0-9]*&#34;, &#34;[^&]', article)


@pytest.mark.parametrize("name", ["positions.csv", "movements.json", "risk.xlsx", "disclosure.md"])
def test_incognito_refuses_downloads_and_offers_none(masked: FlaskClient, name: str) -> None:
    assert "incognito" in refuse(masked, PAGE + name, 403)
    assert name not in get(masked, f"{PAGE}?view={name.partition('.')[0]}")


def test_incognito_masks_what_the_script_asks_for(masked: FlaskClient) -> None:
    panel = masked.get(f"{PAGE}explain_panel?item=LAMP").text
    assert "168.00" not in panel
    assert not re.search(r"\d", _visible(panel))
    assert not re.search(r"\d", _visible(masked.get(f"{PAGE}fragment?sort=cost").text))


def test_incognito_masks_figures_in_errors(make_client: MakeClient) -> None:
    wrong = '\n2024-01-20 custom "invwd-nrv" "WIDGET" -345.67 USD "damaged"\n'
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + wrong, incognito=True)
    article = get(client, f"{TEST}?view=positions")
    assert "1 error to mend" in article
    assert "345.67" not in article


@pytest.mark.parametrize("standard", STANDARDS)
def test_incognito_masks_amounts_of_the_note_and_no_paragraph(
    make_client: MakeClient, standard: str
) -> None:
    config = f"\"beancount_invwd\" \"{{'standard': '{standard}', 'period': 'month'}}\""
    text = HEAD.replace('"beancount_invwd"', config) + ACCOUNTS + ONE_LOSS
    pending = "\n2024-02-10 price WIDGET 5.43 USD\n"
    shown, masked = (
        html.unescape(get(make_client(text + pending, incognito=hides), f"{TEST}?view=disclosure"))
        for hides in (False, True)
    )
    source = STANDARDS[standard].source
    assert source in shown
    assert source in masked
    for amount in ("120.00", "90.00", "30.00", "12.00", "9.00", "5.43", "54.30", "35.70"):
        assert amount not in masked
    if "lcm" not in standard:
        assert "35.70" in shown, "pending: 90.00 − 54.30"
        assert "by XX.XX USD, which is not written" in masked
    for reference in ("IAS 2.36 (a)", "ASC 330-10-50-3, -4", "FRS 102 13.22", "HGB §284 (2)"):
        assert shown.count(reference) == masked.count(reference)


@pytest.mark.parametrize(
    ("standard", "references"),
    [
        ("ias2", ["IAS 2.29"]),
        ("frs102", ["FRS 102 27.3"]),
        ("asc330", ["ASC 330-10-35-8"]),
        ("hgb", ["HGB §252(1) 3", "§240(4)"]),
    ],
)
def test_incognito_masks_amounts_of_what_has_to_be_looked_at_and_no_paragraph(
    make_client: MakeClient, standard: str, references: list[str]
) -> None:
    config = f"{{'standard': '{standard}', 'basis': 'total', 'period': 'month', 'measure': 'nrv'}}"
    text = HEAD.replace('"beancount_invwd"', f'"beancount_invwd" "{config}"') + ACCOUNTS + ONE_LOSS
    other = """
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 GADGET {12.00 USD}
  Assets:Bank
2024-01-31 price GADGET 14.00 USD
"""
    shown, masked = (
        html.unescape(get(make_client(text + other, incognito=hides), f"{TEST}?view=positions"))
        for hides in (False, True)
    )
    assert "30.00 in place of 10.00 USD" in shown
    assert "30.00 in place of 10.00 USD" not in masked
    for reference in references:
        assert reference in masked


# Escaping

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>'"
LEDGER = f"""
option "title" "Test"
option "operating_currency" "USD"
plugin "beancount_invwd" "{{'missing_price': 'ignore'}}"
2023-01-01 custom "fava-extension" "fava_ext" "{HOSTILE}"
2023-01-01 commodity WIDGET
  name: "{HOSTILE}"
  category: "{HOSTILE}"
2024-01-10 * "{HOSTILE}" "{HOSTILE}"
  Assets:Inventory:Store   10 WIDGET {{12.00 USD, "{HOSTILE}"}}
  Assets:Bank
2024-01-11 * "{HOSTILE}"
  Assets:Inventory:Attic   10 WIDGET {{12.00 USD, "other"}}
  Assets:Bank
2024-01-20 custom "invwd-nrv" "WIDGET" 9.00 USD "{HOSTILE}"
  account: Assets:Inventory:Attic
2024-01-21 custom "invwd-nrv" "{HOSTILE}" 9.00 USD "no such item"
2024-01-31 price WIDGET 8.00 USD
2024-02-01 open Expenses:COGS
2024-02-02 * "{HOSTILE}" "\u202eÜnïcödé 数量 🎁"
  Assets:Inventory:Store   -2 WIDGET {{12.00 USD, "{HOSTILE}"}}
  Expenses:COGS            24.00 USD
{ACCOUNTS}"""


@pytest.mark.parametrize("view", [*VIEWS, "lookback", "audit", "diff", "explain"])
@pytest.mark.parametrize(
    "query", ["", "account=Inventory", "by=lot", "by=category", "interval=year"]
)
def test_hostile_text_is_escaped(make_client: MakeClient, view: str, query: str) -> None:
    page = make_client(LEDGER).get(f"{TEST}?view={view}&item=WIDGET&{query}")
    assert page.status_code == 200
    assert "The plugin failed" not in page.text
    assert "<script>alert" not in page.text
    assert "<img" not in page.text


@pytest.mark.parametrize(
    "name", ["time", "account", "filter", "view", "by", "sort", "item", "lot", "with", "standard",
             "price", "headroom", "conversion", "charts"]
)  # fmt: skip
def test_hostile_parameters_are_escaped(example: FlaskClient, name: str) -> None:
    for view in ("positions", "compare", "explain"):
        page = example.get(f"{PAGE}?view={view}&{name}={quote(HOSTILE)}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text


def test_hostile_text_stands_there_as_text(make_client: MakeClient) -> None:
    client = make_client(LEDGER)
    reader = visit(client, f"{TEST}?view=positions&by=lot")
    assert HOSTILE in reader.table("Positions by lot").rows[1][0]
    assert "1 error to mend" in get(client, f"{TEST}?view=positions")
    movements = visit(client, f"{TEST}?view=movements").table("Movements")
    assert any("Ünïcödé 数量 🎁" in text for text in movements.column("Entry"))


def test_the_explanation_of_a_hostile_lot_has_an_address(make_client: MakeClient) -> None:
    client = make_client(LEDGER)
    link = visit(client, f"{TEST}?view=positions&by=lot").links[HOSTILE]
    article = get(client, link)
    assert "How its figures came about" in article
    assert "<img" not in article
