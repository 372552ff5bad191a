"""The look back and the audit listing: where links lead to them, and what they show."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.fava_pages import ACCOUNTS, HEAD, PAGE, TEST, MakeClient, get, visit

SALE = """
2023-01-01 open Income:Sales
2023-01-01 open Expenses:COGS
2024-11-01 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Inventory:Attic    5 GADGET {5.00 USD}
  Assets:Bank
2024-12-31 price WIDGET 10.00 USD
2024-12-31 price GADGET 9.00 USD
2025-01-20 * "Sale"
  Assets:Inventory:Store   -4 WIDGET {}
  Income:Sales            -36.00 USD
  Assets:Bank              36.00 USD
  Expenses:COGS            48.00 USD
"""


def find_links(client: FlaskClient, view: str) -> dict[str, str]:
    return dict(visit(client, f"{PAGE}?view={view}").links)


@pytest.mark.parametrize("view", ["risk", "compare"])
def test_last_estimates_are_found_where_what_may_come_is(example: FlaskClient, view: str) -> None:
    link = find_links(example, view)["Last estimates, and what came of them"]
    article = get(example, link)
    assert 'value="2023-12-31"' in article, "last year's end"
    assert "goods were carried 85.00 USD too high: too soft" in article


def test_the_audit_listing_is_found_at_the_positions(example: FlaskClient) -> None:
    article = get(example, find_links(example, "positions")["Audit listing"])
    assert "the listing ties." in article
    assert "Pottery | " in article


def test_a_look_back_of_another_day(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + SALE)
    article = get(client, f"{TEST}?view=lookback")
    assert "goods were carried 4.00 USD too high: too soft (-10.0% of the measure)" in article
    assert "GADGET" in article
    assert "GADGET" not in get(client, f"{TEST}?view=lookback&account=Assets:Inventory:Store")
    assert "Nothing was on hand on 2024-06-30" in get(
        client, f"{TEST}?view=lookback&date=2024-06-30"
    )
    assert "This address cannot be read" in get(client, f"{TEST}?view=lookback&date=soon")


def test_a_listing_of_some_lots_does_not_say_that_it_ties(make_client: MakeClient) -> None:
    client = make_client(HEAD + ACCOUNTS + SALE)
    article = get(client, f"{TEST}?view=audit&account=Assets:Inventory:Attic&time=2024")
    assert "GADGET" in article
    assert "WIDGET" not in article
    assert "only all of them tie" in article


def test_a_listing_that_does_not_tie_says_so(make_client: MakeClient) -> None:
    head = HEAD.replace('"beancount_invwd"', "\"beancount_invwd\" \"{'release': 'period'}\"")
    article = get(make_client(head + ACCOUNTS + SALE), f"{TEST}?view=audit")
    assert '<p class="bad">' in article
    assert "8.00 USD of allowance that is not in this listing" in article
