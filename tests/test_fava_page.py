"""The page in Fava, asked for as a browser asks: every answer is a page, whatever the ledger."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from beancount import loader
from fava import application
from fava.application import create_app
from fava.ext import find_extensions
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import fava_ext
from beancount_invwd.errors import InvwdError
from beancount_invwd.report import assess, list_positions, sum_totals
from fava_ext import Impairment

EXAMPLE = Path(__file__).parent.parent / "example.beancount"
TEMPLATE = Path(fava_ext.__file__).parent / "templates" / "Impairment.html"
PAGE = "/harbour-lane-goods/extension/Impairment/"

HEAD = """
option "title" "Test"
option "operating_currency" "USD"
plugin "beancount_invwd"
2023-01-01 custom "fava-extension" "fava_ext"
"""
ACCOUNTS = """
2023-01-01 open Assets:Bank
2023-01-01 open Assets:Inventory:Store
2023-01-01 open Assets:Inventory:Attic
"""
ONE_LOSS = """
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Bank
2024-01-31 price WIDGET 9.00 USD
"""

MakeClient = Callable[..., FlaskClient]


class _TableParser(HTMLParser):
    """Collects the texts of all cells, table by table, and the targets of all links."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.links: list[str] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
            self._in_cell = True
        elif tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            cell = f"{self.tables[-1][-1][-1]} {data}"
            self.tables[-1][-1][-1] = " ".join(cell.split())


def _parse(html: str) -> _TableParser:
    parser = _TableParser()
    parser.feed(html)
    return parser


def _get(client: FlaskClient, url: str) -> str:
    """Get a page that must be there, and return what stands in its article."""
    response = client.get(url)
    assert response.status_code == 200, response.text
    _, _, rest = response.text.partition("<article>")
    article, _, _ = rest.partition("</article>")
    assert "Traceback" not in article
    return article


@pytest.fixture(scope="module")
def example() -> FlaskClient:
    return create_app([EXAMPLE], load=True, poll_watcher=True).test_client()


@pytest.fixture
def make_client(tmp_path: Path) -> MakeClient:
    """Return a function that writes a ledger and starts Fava on it."""

    def make(text: str, **options: Any) -> FlaskClient:
        path = tmp_path / "test.beancount"
        path.write_text(text, encoding="utf-8")
        return create_app([path], load=True, poll_watcher=True, **options).test_client()

    return make


@pytest.fixture
def _no_cached_links() -> Iterator[None]:
    """Empty Fava's cache of links, which outlives an app and does not know of prefixes."""
    application._cached_url_for.cache_clear()
    yield
    application._cached_url_for.cache_clear()


def _totals(rows: list[list[str]]) -> list[str]:
    """Return cost, allowance, carrying amount and pending of the last row of positions."""
    row = rows[-1]
    return [row[2], row[3], row[4], row[-1]]


def _headings(article: str) -> list[str]:
    return [" ".join(text.split()) for text in re.findall(r"<h3>([^<]*)</h3>", article)]


# The figures


def test_totals_are_those_of_the_report(example: FlaskClient) -> None:
    entries, _, options = loader.load_file(str(EXAMPLE))
    (total,) = sum_totals(list_positions(assess(entries, options, None), by="item"))
    table = _parse(_get(example, PAGE)).tables[0]
    expected = [total.cost, total.allowance, total.carrying, total.pending]
    assert _totals(table) == [f"{number:,.2f}" for number in expected]


def test_totals_are_those_of_the_ledger(example: FlaskClient) -> None:
    entries, _, _ = loader.load_file(str(EXAMPLE))
    cost, allowance = Decimal(), Decimal()
    for entry in entries:
        for posting in getattr(entry, "postings", ()):
            if posting.account.endswith(":Allowance"):
                allowance -= posting.units.number
            elif posting.account.startswith("Assets:Inventory"):
                cost += posting.units.number * posting.cost.number
    table = _parse(_get(example, PAGE)).tables[0]
    figures = [cost, allowance, cost - allowance]
    assert _totals(table)[:3] == [f"{number:,.2f}" for number in figures]


def test_positions_show_name_quantity_amounts_evidence_and_reason(example: FlaskClient) -> None:
    rows = _parse(_get(example, PAGE)).tables[0]
    lamp = next(row for row in rows if row[0] == "Desk lamp LAMP")
    assert lamp[1:5] == ["40", "1,080.00", "160.00", "920.00"]
    assert lamp[6:] == ["920.00", "26.00", "2024-10-14", "0.00"]
    wax = next(row for row in rows if row[0] == "Beeswax, kg WAX")
    assert wax[1:5] == ["120", "768.00", "0.00", "768.00"]
    assert wax[7:9] == ["–", ""]


def test_the_largest_allowance_comes_first(example: FlaskClient) -> None:
    names = [row[0] for row in _parse(_get(example, PAGE)).tables[0]]
    assert names[1:3] == ["Desk lamp LAMP", "Wool scarf SCARF"]


def test_head_says_date_and_policy(example: FlaskClient) -> None:
    article = _get(example, PAGE)
    assert "Inventory as of 2024-12-31" in article
    assert (
        "IAS 2 · tests each item against net realisable value · reversals in full"
        " · at each month end"
    ) in article


def test_tie_out_is_ticked_where_lots_and_ledger_agree(example: FlaskClient) -> None:
    article = _get(example, PAGE)
    assert "The allowances of the lots equal the balances of their accounts." in article
    rows = _parse(article).tables[1]
    assert ["Assets:Inventory:Store:Allowance", "238.00 USD", "238.00 USD", "✓"] in rows


def test_tie_out_shows_what_somebody_else_posted(make_client: MakeClient) -> None:
    stray = """
2024-02-10 open Expenses:Stray
2024-02-11 * "Posted by hand"
  Assets:Inventory:Store:Allowance  -5.00 USD
  Expenses:Stray
"""
    article = _get(make_client(HEAD + ACCOUNTS + ONE_LOSS + stray), "/test/extension/Impairment/")
    assert "are not what the lots add up to" in article
    account, lots, ledger, difference = _parse(article).tables[1][1]
    assert (account, lots, ledger) == (
        "Assets:Inventory:Store:Allowance",
        "30.00 USD",
        "35.00 USD",
    )
    assert difference.lstrip("-") == "5.00 USD"


def test_each_currency_has_its_own_positions_and_totals(make_client: MakeClient) -> None:
    euros = """
2023-01-01 commodity EUR
  precision: 2
2024-01-11 * "Purchase"
  Assets:Inventory:Store   2.125 GADGET {0.0375 EUR}
  Assets:Bank
2024-01-31 price GADGET 0.0250 EUR
"""
    article = _get(make_client(HEAD + ACCOUNTS + ONE_LOSS + euros), "/test/extension/Impairment/")
    assert _headings(article) == ["EUR", "USD", "Tie-out to the ledger"]
    by_currency = {table[-1][0]: table for table in _parse(article).tables[:2]}
    assert _totals(by_currency["Total, USD"])[:3] == ["120.00", "30.00", "90.00"]
    gadget = by_currency["Total, EUR"][1]
    assert gadget[1] == "2.125", "no digit of a quantity is rounded away"
    assert gadget[7] == "0.025", "nor one of a value per unit"


def test_entities_are_named(make_client: MakeClient) -> None:
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
    article = _get(make_client(text + goods), "/test/extension/Impairment/")
    assert _headings(article) == ["North, USD", "South, USD", "Tie-out to the ledger"]
    assert [_totals(table)[1] for table in _parse(article).tables[:2]] == ["30.00", "3.00"]


# Fava's filters


@pytest.mark.parametrize(
    ("time", "as_of", "allowance"),
    [
        ("2023-08", "2023-08-31", "70.00"),
        ("2023-Q3", "2023-09-30", "406.00"),
        ("2023-10-30", "2023-10-30", "406.00"),
        ("2023-10-31", "2023-10-31", "586.00"),
        ("2023", "2023-12-31", "161.00"),
        ("2024-02-13", "2024-02-13", "239.00"),
        ("2023 to 2024", "2024-12-31", "238.00"),
    ],
)
def test_time_filter_sets_the_date(
    example: FlaskClient, time: str, as_of: str, allowance: str
) -> None:
    article = _get(example, f"{PAGE}?time={quote(time)}")
    assert f"Inventory as of {as_of}" in article
    tables = _parse(article).tables
    assert _totals(tables[0])[1] == allowance
    assert "✗" not in article
    ledger = sum(Decimal(row[2].removesuffix(" USD")) for row in tables[1][1:])
    assert f"{ledger:.2f}" == allowance


def test_sidebar_link_of_the_example_leads_somewhere(example: FlaskClient) -> None:
    ((_, link),) = example.application.config["LEDGERS"]["harbour-lane-goods"].misc.sidebar_links
    assert example.get(link).status_code == 200


def test_every_month_end_ties_out_to_the_ledger(example: FlaskClient) -> None:
    entries, _, _ = loader.load_file(str(EXAMPLE))
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        for posting in getattr(entry, "postings", ()):
            if posting.account.endswith(":Allowance"):
                balances[entry.date.strftime("%Y-%m")] -= posting.units.number
    balance = Decimal()
    for month in (date(year, number, 1) for year in (2023, 2024) for number in range(1, 13)):
        balance += balances[month.strftime("%Y-%m")]
        tables = _parse(_get(example, f"{PAGE}?time={month:%Y-%m}")).tables
        assert _totals(tables[0])[1] == f"{balance:.2f}"


def test_a_time_before_all_purchases_is_no_inventory(example: FlaskClient) -> None:
    assert "No inventory on this date" in _get(example, f"{PAGE}?time=2022")


def test_a_time_after_the_ledger_is_assessed_too(example: FlaskClient) -> None:
    article = _get(example, f"{PAGE}?time=9999")
    assert "Inventory as of 9999-12-30" in article
    assert _totals(_parse(article).tables[0])[1] == "238.00"


def test_measurements_that_ended_long_ago_do_not_turn_the_clock_back(
    make_client: MakeClient,
) -> None:
    text = HEAD.replace('"beancount_invwd"', "\"beancount_invwd\" \"{'until': '2024-01-31'}\"")
    later = """
2024-02-05 * "Sale"
  Assets:Inventory:Store   -4 WIDGET {}
  Expenses:COGS            48.00 USD
  Assets:Bank              36.00 USD
  Income:Sales            -36.00 USD
2024-02-20 price WIDGET 8.00 USD
2024-01-01 open Expenses:COGS
2024-01-01 open Income:Sales
"""
    article = _get(make_client(text + ACCOUNTS + ONE_LOSS + later), "/test/extension/Impairment/")
    assert "Inventory as of 2024-02-20" in article
    positions, ties = _parse(article).tables
    assert _totals(positions) == ["72.00", "18.00", "54.00", "6.00"]
    assert ties[1][1:] == ["18.00 USD", "18.00 USD", "✓"]


def test_account_filter_shows_the_lots_of_these_accounts(example: FlaskClient) -> None:
    article = _get(example, f"{PAGE}?account=Workshop")
    rows = _parse(article).tables[0]
    assert [row[:4] for row in rows[1:-1]] == [
        ["Beeswax candle CANDLE", "Assets:Inventory:Workshop", "2024-11-04", "120"],
        ["Beeswax, kg WAX", "Assets:Inventory:Workshop", "2024-07-23", "120"],
    ]
    assert rows[-1][2:5] == ["1,680.00", "0.00", "1,680.00"]
    assert "The account filter picks lots" in article


def test_text_filter_is_said_not_to_count(example: FlaskClient) -> None:
    article = _get(example, f"{PAGE}?filter=%23invwd")
    assert "It does not narrow this page." in article
    assert _totals(_parse(article).tables[0])[1] == "238.00"


@pytest.mark.parametrize(
    "query",
    [
        "time=garbage",
        "time=2024-13",
        "time=2024-W99",
        "time=0000",
        "time=day-99999999",
        "time=2024 to 2023",
        "filter=((",
        "filter=:",
        "account=((",
        "time=<script>alert(1)</script>",
        "filter=<script>alert(1)</script>((",
    ],
)
def test_a_filter_that_cannot_be_read_is_said_so(example: FlaskClient, query: str) -> None:
    article = _get(example, f"{PAGE}?{quote(query, safe='=')}")
    assert "A filter cannot be read" in article
    assert "<script>alert" not in article


@pytest.mark.parametrize("query", ["conversion=garbage", "interval=garbage", "time=", "x=%00"])
def test_other_parameters_do_no_harm(example: FlaskClient, query: str) -> None:
    assert "Inventory as of 2024-12-31" in _get(example, f"{PAGE}?{query}")


def test_links_keep_the_filters(example: FlaskClient) -> None:
    links = _parse(_get(example, f"{PAGE}?time=2023-Q3")).links
    account = next(link for link in links if "/account/" in link)
    assert parse_qs(urlsplit(account).query) == {"time": ["2023-Q3"]}


# What can be wrong


def test_without_the_plugin_the_page_says_which_line_to_add(make_client: MakeClient) -> None:
    text = HEAD.replace('plugin "beancount_invwd"\n', "")
    article = _get(make_client(text), "/test/extension/Impairment/")
    assert "the plugin is not switched on" in article
    assert '<pre><code>plugin "beancount_invwd"</code></pre>' in article


def test_an_error_in_the_configuration_is_shown_with_its_file(make_client: MakeClient) -> None:
    text = HEAD.replace('"beancount_invwd"', "\"beancount_invwd\" \"{'standrad': 'hgb'}\"")
    article = _get(make_client(text + ACCOUNTS + ONE_LOSS), "/test/extension/Impairment/")
    assert "1 error to mend" in article
    assert "standrad" in article
    assert "test.beancount:" in article


def test_an_error_of_what_cannot_be_written_is_shown_too(make_client: MakeClient) -> None:
    late = "\n2025-01-01 open Expenses:Inventory:Write-Down\n"
    article = _get(make_client(HEAD + ACCOUNTS + ONE_LOSS + late), "/test/extension/Impairment/")
    assert "1 error to mend" in article
    assert "Expenses:Inventory:Write-Down" in article


def test_an_error_links_to_its_line_in_the_editor(make_client: MakeClient, tmp_path: Path) -> None:
    wrong = '\n2024-01-20 custom "invwd-nrv" "WIDGET" -3.00 USD "damaged"\n'
    text = HEAD + ACCOUNTS + ONE_LOSS + wrong
    line = text.splitlines().index(wrong.strip()) + 1
    links = _parse(_get(make_client(text), "/test/extension/Impairment/")).links
    editor = next(link for link in links if "/editor/" in link)
    assert parse_qs(urlsplit(editor).query) == {
        "file_path": [str(tmp_path / "test.beancount")],
        "line": [str(line)],
    }


def test_an_error_links_to_the_external_editor_where_fava_does(make_client: MakeClient) -> None:
    wrong = """
2024-01-20 custom "invwd-nrv" "WIDGET" -3.00 USD "damaged"
2023-01-01 custom "fava-option" "use-external-editor" "true"
"""
    article = _get(make_client(HEAD + ACCOUNTS + ONE_LOSS + wrong), "/test/extension/Impairment/")
    assert any(link.startswith("beancount:///") for link in _parse(article).links)


def test_a_fault_of_the_engine_is_said_and_not_thrown(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("<b>of ours</b>")

    monkeypatch.setattr("fava_ext.assess", fail)
    article = _get(make_client(HEAD + ACCOUNTS + ONE_LOSS), "/test/extension/Impairment/")
    assert "The plugin failed" in article
    assert "ZeroDivisionError: &lt;b&gt;of ours&lt;/b&gt;" in article


def test_an_error_without_a_file_of_the_ledger_has_no_link(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = InvwdError({"filename": "<beancount_invwd>", "lineno": 0}, "of no file", None)
    monkeypatch.setattr("fava_ext.fava_api.list_errors", lambda *_: [nowhere])
    article = _get(make_client(HEAD + ACCOUNTS + ONE_LOSS), "/test/extension/Impairment/")
    assert "of no file" in article
    assert not any("/editor/" in link for link in _parse(article).links)


def test_an_empty_ledger_is_no_inventory(make_client: MakeClient) -> None:
    text = 'plugin "beancount_invwd"\n2023-01-01 custom "fava-extension" "fava_ext"\n'
    client = make_client(text)
    (slug,) = client.application.config["LEDGERS"].ledgers_by_slug
    article = _get(client, f"/{slug}/extension/Impairment/")
    assert "<h2>Inventory</h2>" in article, "no date, since the ledger has none"
    assert "1 error to mend" in article
    assert "matches no account" in article


def test_inventory_accounts_without_goods_are_no_inventory(make_client: MakeClient) -> None:
    article = _get(make_client(HEAD + ACCOUNTS), "/test/extension/Impairment/")
    assert "No inventory on this date" in article


@pytest.mark.parametrize("config", ['"{\'a"', '"1/0"', '"nonsense"', "12", "TRUE", "2024-01-01"])
def test_a_configuration_of_the_page_never_stops_fava(make_client: MakeClient, config: str) -> None:
    text = HEAD.replace('"fava_ext"', f'"fava_ext" {config}') + ACCOUNTS + ONE_LOSS
    article = _get(make_client(text), "/test/extension/Impairment/")
    assert "This page takes no options" in article
    assert "30.00" in article


def test_hostile_text_is_escaped(make_client: MakeClient) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>'"
    text = f"""
option "title" "Test"
option "operating_currency" "USD"
plugin "beancount_invwd"
2023-01-01 custom "fava-extension" "fava_ext" "{hostile}"
2023-01-01 commodity WIDGET
  name: "{hostile}"
  category: "{hostile}"
2024-01-10 * "{hostile}" "{hostile}"
  Assets:Inventory:Store   10 WIDGET {{12.00 USD, "{hostile}"}}
  Assets:Bank
2024-01-11 * "{hostile}"
  Assets:Inventory:Attic   10 WIDGET {{12.00 USD, "other"}}
  Assets:Bank
2024-01-20 custom "invwd-nrv" "WIDGET" 9.00 USD "{hostile}"
  account: Assets:Inventory:Attic
2024-01-21 custom "invwd-nrv" "{hostile}" 9.00 USD "no such item"
2024-01-31 price WIDGET 8.00 USD
"""
    client = make_client(text + ACCOUNTS)
    for query in (
        "",
        "?account=Inventory",
        f"?account={quote(hostile)}",
        f"?time={quote(hostile)}",
    ):
        page = client.get(f"/test/extension/Impairment/{query}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
    article = _get(client, "/test/extension/Impairment/?account=Inventory")
    assert article.count("&lt;script&gt;alert(1)") >= 3, "name, label and error stand there as text"


def test_the_page_has_neither_script_nor_event_handler(example: FlaskClient) -> None:
    article = _get(example, PAGE)
    scripts = re.findall(r"<script[^>]*>", article)
    assert scripts == ['<script type="application/json" id="page-title">'], "Fava's own data"
    assert not re.search(r"\son\w+\s*=|javascript:", article)
    assert "|safe" not in TEMPLATE.read_text(encoding="utf-8").replace(" ", "")


# How Fava is run


def test_incognito_masks_every_figure() -> None:
    client = create_app([EXAMPLE], load=True, incognito=True, poll_watcher=True).test_client()
    for query in ("", "?account=Inventory"):
        article = _get(client, PAGE + query)
        for table in _parse(article).tables:
            for row in table:
                figures = [re.sub(r"\d{4}-\d\d-\d\d|Coffee, 1 kg|M-0823", "", cell) for cell in row]
                assert not re.search(r"\d", "".join(figures)), row
        assert "X,XXX.XX" in article
        assert not re.search(r'data-sort-value="[^"a-z]*\d', article)
        assert not re.search(r"\d\.\d\d\b", article.partition("</style>")[2])


def test_incognito_masks_figures_in_errors(make_client: MakeClient) -> None:
    wrong = '\n2024-01-20 custom "invwd-nrv" "WIDGET" -345.67 USD "damaged"\n'
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS + wrong, incognito=True)
    article = _get(client, "/test/extension/Impairment/")
    assert "1 error to mend" in article
    assert "345.67" not in article


@pytest.mark.usefixtures("_no_cached_links")
def test_prefix_is_in_every_link(make_client: MakeClient) -> None:
    app = make_client(HEAD + ACCOUNTS + ONE_LOSS).application
    app.wsgi_app = DispatcherMiddleware(lambda *_: [], {"/books": app.wsgi_app})  # type: ignore[method-assign]
    links = _parse(_get(app.test_client(), "/books/test/extension/Impairment/")).links
    assert links
    assert all(link.startswith("/books/test/") for link in links)


def test_read_only_shows_the_page_and_takes_nothing() -> None:
    client = create_app([EXAMPLE], load=True, read_only=True, poll_watcher=True).test_client()
    assert "Inventory as of 2024-12-31" in _get(client, PAGE)
    assert client.post(PAGE).status_code in {401, 405}


def test_partial_navigation_gets_the_fragment(example: FlaskClient) -> None:
    response = example.get(f"{PAGE}?partial=true")
    assert response.status_code == 200
    assert "<html" not in response.text
    assert '<div class="invwd">' in response.text


def test_a_changed_ledger_is_shown_at_once(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS)
    assert "30.00" in _get(client, "/test/extension/Impairment/")
    text = (HEAD + ACCOUNTS + ONE_LOSS).replace("WIDGET 9.00", "WIDGET 7.50")
    (tmp_path / "test.beancount").write_text(text, encoding="utf-8")
    client.application.config["LEDGERS"]["test"].watcher.last_checked = 0
    assert "45.00" in _get(client, "/test/extension/Impairment/")


def test_the_module_shows_fava_one_extension() -> None:
    classes, errors = find_extensions(EXAMPLE.parent, "fava_ext")
    assert (classes, errors) == ([Impairment], [])
