"""The page in Fava, asked for as a browser asks: every answer is a page, whatever the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fava import application
from fava.ext import find_extensions
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import fava_ext
from beancount_invwd.ground.errors import InvwdError
from fava_ext import Impairment
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
    start,
    visit,
)

FOLDER = Path(fava_ext.__file__).parent


# What stands on it


def test_head_says_date_and_policy_and_links_to_the_plugin_line(example: FlaskClient) -> None:
    article = get(example, f"{PAGE}?view=positions")
    assert "Inventory as of 2024-12-31" in article
    assert (
        "IAS 2 · tests each item against net realisable value · reversals in full"
        " · at each month end"
    ) in article
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    line = next(i for i, text in enumerate(lines, 1) if text.startswith("plugin"))
    link = visit(example, f"{PAGE}?view=positions").links[f"example.beancount:{line}"]
    assert parse_qs(urlsplit(link).query) == {"file_path": [str(EXAMPLE)], "line": [str(line)]}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_an_address_and_is_marked_as_current(
    example: FlaskClient, view: str
) -> None:
    article = get(example, f"{PAGE}?view={view}")
    assert f'<div class="impairment" data-view="{view}">' in article
    current = re.findall(r'href="([^"]*)" aria-current="page"', article)
    assert [parse_qs(urlsplit(link).query)["view"] for link in current] == [[view]]


@pytest.mark.parametrize("view", [*VIEWS, "lookback", "audit", "diff", "explain"])
@pytest.mark.parametrize("query", ["", "time=2023-Q3", "account=Workshop", "filter=%23invwd"])
def test_every_view_follows_every_filter_in_its_links(
    example: FlaskClient, view: str, query: str
) -> None:
    reader = visit(example, f"{PAGE}?view={view}&item=CANDLE&{query}")
    own = [link for link in reader.hrefs if PAGE in link]
    assert own
    name, _, value = query.partition("=")
    for link in own:
        if query and "time=2023-" not in link:
            assert f"{name}={value}" in link, link


@pytest.mark.parametrize("view", VIEWS)
def test_partial_navigation_gets_the_fragment(example: FlaskClient, view: str) -> None:
    response = example.get(f"{PAGE}?view={view}&partial=true")
    assert response.status_code == 200
    assert "<html" not in response.text
    assert f'data-view="{view}"' in response.text
    assert "partial" not in "".join(re.findall(r'href="([^"]*)"', response.text))


@pytest.mark.parametrize(
    "query", ["view=profits", "by=colour", "standard=gaap", "basis=all", "price=lots", "rows=some",
              "headroom=200", "within=-1", "within=soon", "view=positions&sort=colour",
              "sort=", "price=-", "with=a&with=b&with=c&with=d&with=e&with=f&with=g"]
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_said_kindly(example: FlaskClient, query: str) -> None:
    article = get(example, f"{PAGE}?{query}")
    if query != "sort=":
        assert "This address cannot be read" in article
        assert query.rpartition("=")[0].rpartition("&")[2] in article
    else:
        assert "Inventory as of" in article


@pytest.mark.parametrize("query", ["conversion=garbage", "interval=garbage", "time=", "x=%00"])
def test_other_parameters_do_no_harm(example: FlaskClient, query: str) -> None:
    assert "Inventory as of 2024-12-31" in get(example, f"{PAGE}?{query}")


def test_sidebar_link_of_the_example_leads_somewhere(example: FlaskClient) -> None:
    ((_, link),) = example.application.config["LEDGERS"]["harbour-lane-goods"].misc.sidebar_links
    assert example.get(link).status_code == 200


# What can be wrong


def test_without_the_plugin_the_page_says_which_line_to_add(make_client: MakeClient) -> None:
    article = get(
        make_client(HEAD.replace('plugin "beancount_invwd"\n', "")), f"{TEST}?view=positions"
    )
    assert "the plugin is not switched on" in article
    assert '<pre><code>plugin "beancount_invwd"</code></pre>' in article


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("{'standrad': 'hgb'}", "standrad"),
        ("{'inventory': 'Assets:Nowhere'}", "matches no account"),
        ("{'period': 'week', 'until': 'soon'}", "until"),
    ],
)
def test_an_error_in_the_configuration_is_shown_with_its_line(
    make_client: MakeClient, config: str, words: str
) -> None:
    text = HEAD.replace('"beancount_invwd"', f'"beancount_invwd" "{config}"')
    client = make_client(text + ACCOUNTS + ONE_LOSS)
    for view in VIEWS:
        article = get(client, f"{TEST}?view={view}")
        assert "to mend" in article
        assert words in article
        assert "test.beancount:4" in article, "the plugin line"


def test_an_error_of_what_cannot_be_written_is_shown_too(make_client: MakeClient) -> None:
    late = "\n2025-01-01 open Expenses:Inventory:Write-Down\n"
    article = get(make_client(HEAD + ACCOUNTS + ONE_LOSS + late), f"{TEST}?view=positions")
    assert "1 error to mend" in article
    assert "Expenses:Inventory:Write-Down" in article.replace("<wbr>", "")


def test_an_error_links_to_its_line_in_the_editor(make_client: MakeClient, tmp_path: Path) -> None:
    wrong = '\n2024-01-20 custom "invwd-nrv" "WIDGET" -3.00 USD "damaged"\n'
    text = HEAD + ACCOUNTS + ONE_LOSS + wrong
    line = text.splitlines().index(wrong.strip()) + 1
    link = visit(make_client(text), f"{TEST}?view=positions").links[f"test.beancount:{line}"]
    assert parse_qs(urlsplit(link).query) == {
        "file_path": [str(tmp_path / "test.beancount")],
        "line": [str(line)],
    }


def test_of_many_errors_the_first_ones_are_shown(make_client: MakeClient) -> None:
    kinds = [
        '"invwd-nrv" "WIDGET" -{n}.00 USD "damaged"',  # of one kind, at most 20 are told
        '"invwd-replacement-cost" "WIDGET" -{n}.00 USD',
    ]
    wrong = "".join(
        f"2024-01-20 custom {kind.format(n=n)}\n" for kind in kinds for n in range(1, 16)
    )
    client = make_client(f"{HEAD}{ACCOUNTS}{ONE_LOSS}\n{wrong}")
    article = get(client, f"{TEST}?view=positions")
    assert "30 errors to mend" in article
    assert article.count('class="place"') == 20
    assert "<summary>27 more</summary>" in article.split('class="place"')[4 - 1]
    assert visit(client, TEST).links["Fava's list of errors"] == "/test/errors/"


def test_an_error_links_to_the_external_editor_where_fava_does(make_client: MakeClient) -> None:
    wrong = """
2024-01-20 custom "invwd-nrv" "WIDGET" -3.00 USD "damaged"
2023-01-01 custom "fava-option" "use-external-editor" "true"
"""
    reader = visit(make_client(HEAD + ACCOUNTS + ONE_LOSS + wrong), f"{TEST}?view=positions")
    assert any(link.startswith("beancount:///") for link in reader.hrefs)


def test_an_error_without_a_file_of_the_ledger_has_no_link(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = InvwdError({"filename": "<beancount_invwd>", "lineno": 0}, "of no file", None)
    monkeypatch.setattr("fava_ext.fava_api.list_errors", lambda *_: [nowhere])
    reader = visit(make_client(HEAD + ACCOUNTS + ONE_LOSS), f"{TEST}?view=positions")
    assert "<beancount_invwd>:0" not in reader.links


def test_a_fault_of_the_engine_is_said_and_not_thrown(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("<b>of ours</b>")

    monkeypatch.setattr("fava_ext.impairment.take_kept", lambda *_: None)
    monkeypatch.setattr("fava_ext.request.cache.follow_ledger", fail)
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS)
    response = client.get(TEST)
    assert response.status_code == 200
    assert "The plugin failed" in response.text
    assert "ZeroDivisionError: &lt;b&gt;of ours&lt;/b&gt;" in response.text
    assert client.get(f"{TEST}positions.csv").status_code == 400


def test_an_empty_ledger_is_no_inventory(make_client: MakeClient) -> None:
    text = 'plugin "beancount_invwd"\n2023-01-01 custom "fava-extension" "fava_ext"\n'
    client = make_client(text)
    (slug,) = client.application.config["LEDGERS"].ledgers_by_slug
    article = get(client, f"/{slug}/extension/Impairment/")
    assert "<h2>Inventory</h2>" in article, "no date, since the ledger has none"
    assert "1 error to mend" in article


@pytest.mark.parametrize("view", VIEWS)
def test_inventory_accounts_without_goods_are_no_inventory(
    make_client: MakeClient, view: str
) -> None:
    article = get(make_client(HEAD + ACCOUNTS), f"{TEST}?view={view}")
    words = {
        "todo": "Nothing is to be done.",
        "prices": "No price is needed.",
        "positions": "No inventory on this date",
        "movements": "Nothing was written in this time.",
        "rollforward": "There was no inventory.",
        "risk": "Nothing is at risk.",
        "compare": "There is no allowance under any of these policies.",
        "disclosure": "No inventories are on hand",
        "help": "How a figure is made",
    }
    assert words[view] in article


def test_without_an_operating_currency_there_are_figures_and_charts(
    make_client: MakeClient,
) -> None:
    text = HEAD.replace('option "operating_currency" "USD"\n', "")
    article = get(make_client(text + ACCOUNTS + ONE_LOSS), f"{TEST}?view=positions")
    assert read_charts(article)["Allowance by item, USD"] == {"WIDGET": {"Allowance": 30}}


@pytest.mark.parametrize("config", ['"{\'a"', '"1/0"', '"nonsense"', "12", "TRUE", "2024-01-01"])
def test_a_configuration_of_the_page_never_stops_fava(make_client: MakeClient, config: str) -> None:
    text = HEAD.replace('"fava_ext"', f'"fava_ext" {config}') + ACCOUNTS + ONE_LOSS
    article = get(make_client(text), f"{TEST}?view=positions")
    assert "This page takes no options" in article
    assert "30.00" in article


# How Fava is run


@pytest.fixture
def _no_cached_links() -> Iterator[None]:
    """Empty Fava's cache of links, which outlives an app and does not know of prefixes."""
    application._cached_url_for.cache_clear()
    yield
    application._cached_url_for.cache_clear()


@pytest.mark.usefixtures("_no_cached_links")
@pytest.mark.parametrize("view", [*VIEWS, "lookback", "audit", "diff", "explain"])
def test_prefix_is_in_every_link(make_client: MakeClient, view: str) -> None:
    app = make_client(HEAD + ACCOUNTS + ONE_LOSS).application
    app.wsgi_app = DispatcherMiddleware(lambda *_: [], {"/books": app.wsgi_app})  # type: ignore[method-assign]
    reader = visit(app.test_client(), f"/books{TEST}?view={view}&item=WIDGET")
    assert reader.hrefs
    for link in reader.hrefs:
        assert link.startswith(("/books/test/", "#context-")), link


@pytest.mark.parametrize("view", VIEWS)
def test_read_only_shows_the_page_and_takes_nothing(view: str) -> None:
    client = start(EXAMPLE, read_only=True)
    assert "Inventory as of 2024-12-31" in get(client, f"{PAGE}?view={view}")
    assert client.post(f"{PAGE}positions.csv").status_code in {401, 405}


def test_endpoints_answer_nothing_but_get(example: FlaskClient) -> None:
    for name, method in Impairment(
        example.application.config["LEDGERS"]["harbour-lane-goods"]
    ).endpoints:
        assert method == "GET", name
    assert example.post(f"{PAGE}positions.csv").status_code == 404


def test_a_changed_ledger_is_shown_at_once(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(HEAD + ACCOUNTS + ONE_LOSS)
    assert visit(client, f"{TEST}?view=positions").figures["Allowance"] == "30.00"
    text = (HEAD + ACCOUNTS + ONE_LOSS).replace("WIDGET 9.00", "WIDGET 7.50")
    (tmp_path / "test.beancount").write_text(text, encoding="utf-8")
    client.application.config["LEDGERS"]["test"].watcher.last_checked = 0
    assert visit(client, f"{TEST}?view=positions").figures["Allowance"] == "45.00"


def test_the_module_shows_fava_one_extension() -> None:
    classes, errors = find_extensions(EXAMPLE.parent, "fava_ext")
    assert (classes, errors) == ([Impairment], [])


# What it must not hold


@pytest.mark.parametrize("view", [*VIEWS, "lookback", "audit", "diff", "explain"])
def test_the_page_has_neither_script_nor_event_handler(example: FlaskClient, view: str) -> None:
    article = get(example, f"{PAGE}?view={view}&item=LAMP")
    assert re.findall("<script[^>]*>", article) == [
        '<script type="application/json" id="page-title">'
    ], "Fava's own"
    assert not re.search(r"\son\w+\s*=|javascript:|\sstyle=", article)


def test_templates_mark_nothing_as_safe_and_ask_for_nothing_from_outside() -> None:
    files = [*FOLDER.glob("templates/**/*.*"), *FOLDER.glob("*.js")]
    assert len(files) > 10
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", ""), path.name
        text = text.replace('"http://www.w3.org/2000/svg"', "the name of SVG")
        assert not re.search(r"https?://|@import|url\(", text), path.name


@pytest.mark.parametrize("name", ["extension_js_module/Impairment", "extension/Impairment/charts"])
def test_the_scripts_are_served(example: FlaskClient, name: str) -> None:
    with example.get(f"/harbour-lane-goods/{name}.js") as response:
        assert response.status_code == 200
        assert response.mimetype == "text/javascript"
