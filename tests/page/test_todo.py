"""What to do, and which prices are missing: in lines to copy, since the page writes nothing."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from beancount_invwd.engine import follow_ledger
from beancount_invwd.report.todo.todo import list_tasks
from tests.support.fava_pages import (
    ACCOUNTS,
    HEAD,
    PAGE,
    TEST,
    VIEWS,
    MakeClient,
    get,
    read,
    refuse,
)

GOODS = """
2024-01-10 * "Purchase"
  Assets:Inventory:Store    10 WIDGET {12.00 USD}
  Assets:Inventory:Store    10 GADGET {30.00 USD}
  Assets:Inventory:Store    10 LAMP {5.00 USD}
  Assets:Bank
2024-01-31 price LAMP 5.20 USD
2024-03-20 balance Assets:Inventory:Store 10 LAMP
2023-01-01 commodity GADGET
  sku: "4711"
"""


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(HEAD + ACCOUNTS + GOODS)


def _tasks(article: str) -> list[str]:
    """The tasks, each as the words that it has."""
    found = re.findall(r'<li class="task">(.*?)</li>', article, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split()) for text in found]


def _ask_lines(client: FlaskClient, sheet: str, **others: str) -> Any:
    response = client.get(f"{TEST}price_lines?{urlencode({'sheet': sheet, **others})}")
    assert response.status_code == 200, response.text
    return response.json


# To do


def test_what_to_do_stands_first_the_most_money_at_the_top(client: FlaskClient) -> None:
    article = get(client, TEST)
    assert 'data-view="todo"' in article
    tasks = _tasks(article)
    assert tasks[0].startswith("300.00 USD Price GADGET 2024-03-20 there is no price")
    assert tasks[0].endswith("2024-03-20 price GADGET … USD Copy")
    assert tasks[1].startswith("120.00 USD Price WIDGET")


def test_the_tasks_are_those_of_the_command_line(client: FlaskClient) -> None:
    ledger = client.application.config["LEDGERS"]["test"]
    rows = list_tasks(follow_ledger(ledger.all_entries, ledger.options, None))
    assert len(_tasks(get(client, TEST))) == len(rows) > 2
    data = client.get(f"{TEST}todo.json").json
    assert data is not None
    assert [row["reason"] for row in data["tasks"]] == [row.reason for row in rows]


@pytest.mark.parametrize("view", VIEWS)
def test_their_count_stands_on_the_tab_of_every_view(client: FlaskClient, view: str) -> None:
    count = len(_tasks(get(client, TEST)))
    assert f'title="{count} tasks"' in get(client, f"{TEST}?view={view}")


def test_one_kind_is_shown_alone(client: FlaskClient) -> None:
    article = get(client, f"{TEST}?view=todo&kind=price")
    assert len(_tasks(article)) == 2
    assert 'aria-current="true">Price 2</a>' in article


def test_tasks_follow_the_account_filter(client: FlaskClient) -> None:
    assert not [text for text in _tasks(get(client, f"{TEST}?account=Attic")) if "Price" in text]


def test_a_task_leads_to_its_explanation(client: FlaskClient) -> None:
    links = read(get(client, TEST)).links
    assert "view=explain&item=GADGET" in links["GADGET"]


@pytest.mark.parametrize("query", ["", "&within=45"])
def test_many_tasks_of_a_kind_lead_to_the_view_that_lists_them(
    make_client: MakeClient, query: str
) -> None:
    units = "".join(f"  Assets:Inventory:Store   1 W{i} {{{i + 1}.00 USD}}\n" for i in range(12))
    goods = f'2024-01-10 * "Purchase"\n{units}  Assets:Bank\n2024-02-01 price X 1 USD\n'
    client = make_client(HEAD + ACCOUNTS + goods)
    article = html.unescape(get(client, f"{TEST}?view=todo{query}"))
    url = f"{TEST}?view=prices{query}"
    assert f'2 more alike, listed by: <a href="{url}">Prices</a>' in article
    assert len(read(get(client, url)).table("Prices that are needed").rows) == 1 + 12


def test_one_more_task_of_a_kind_is_shown_itself(make_client: MakeClient) -> None:
    units = "".join(f"  Assets:Inventory:Store   1 W{i} {{{i + 1}.00 USD}}\n" for i in range(11))
    goods = f'2024-01-10 * "Purchase"\n{units}  Assets:Bank\n2024-02-01 price X 1 USD\n'
    article = get(make_client(HEAD + ACCOUNTS + goods), f"{TEST}?view=todo&kind=price")
    assert "more alike" not in article
    assert len(_tasks(article)) == 11


def test_an_untested_period_end_is_a_card_with_its_cure(make_client: MakeClient) -> None:
    loss = """
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Bank
2024-01-20 price WIDGET 9.00 USD
"""
    cure = "2024-01-31 balance Assets:Inventory:Store 10 WIDGET"
    client = make_client(HEAD + ACCOUNTS + loss)
    for view in ("todo", "positions", "movements", "rollforward", "risk", "compare", "disclosure"):
        article = get(client, f"{TEST}?view={view}&time=2024-01-31")
        card = article.partition('aria-label="Untested period end"')[2].partition("</section>")[0]
        assert "The period end 2024-01-31 is not tested" in card, view
        assert "by 30.00 USD" in card
        assert cure in card
        assert article.count(cure) == 1 or view in {"todo", "disclosure"}
    assert "Untested period end" not in get(client, f"{TEST}?time=2024-01-20")
    cured = make_client(f"{HEAD}{ACCOUNTS}{loss}\n{cure}\n")
    assert "Untested period end" not in get(cured, f"{TEST}?time=2024-01-31")


# Prices


def test_items_without_a_price_have_a_field_each(client: FlaskClient) -> None:
    article = get(client, f"{TEST}?view=prices")
    table = read(article).table("Prices that are needed")
    assert [row[:3] for row in table.rows[1:]] == [
        ["GADGET", "missing", "300.00"],
        ["WIDGET", "missing", "120.00"],
    ]
    assert re.findall(r'data-price="(\w+)" data-currency="(\w+)"', article) == [
        ("GADGET", "USD"),
        ("WIDGET", "USD"),
    ]
    assert 'data-sku="4711"' in article


def test_what_is_filled_in_comes_back_as_directives(client: FlaskClient) -> None:
    found = _ask_lines(client, "GADGET;31,50;USD\nWIDGET;9.2;USD\n")
    assert found == {
        "text": "2024-03-20 price GADGET 31.50 USD\n2024-03-20 price WIDGET 9.2 USD\n",
        "count": 2,
        "problems": [],
    }
    assert _ask_lines(client, "GADGET;119;USD\n", date="2024-02-29", tax="19")["text"] == (
        "2024-02-29 price GADGET 100.0000 USD\n"
    )


@pytest.mark.parametrize("price", ["1.400", "-3", "nine", "1.000.000"])
def test_what_is_no_clear_number_is_told_with_its_line(client: FlaskClient, price: str) -> None:
    found = _ask_lines(client, f"GADGET;{price};USD\nWIDGET;9;USD\n")
    assert found["text"] == "2024-03-20 price WIDGET 9 USD\n"
    assert [row["line"] for row in found["problems"]] == [2]


@pytest.mark.parametrize("query", ["date=soon", "tax=-3", "tax=x", "tax=100"])
def test_a_date_or_tax_that_cannot_be_read_is_refused(client: FlaskClient, query: str) -> None:
    assert query.partition("=")[0] in refuse(client, f"{TEST}price_lines?{query}")


def test_a_reader_who_may_not_write_gets_lines_too(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + GOODS, read_only=True)
    assert _ask_lines(client, "GADGET;31;USD")["count"] == 1


def test_in_incognito_mode_there_is_nothing_to_copy(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + GOODS, incognito=True)
    for view in ("todo", "prices"):
        article = get(client, f"{TEST}?view={view}")
        assert "data-copy" not in article
        assert '<input type="text"' not in article


def test_ageing_prices_are_listed_before_they_are_too_old(example: FlaskClient) -> None:
    few = get(example, f"{PAGE}?view=prices&within=0")
    many = get(example, f"{PAGE}?view=prices&within=400")
    assert many.count("too old soon") > few.count("too old soon")
