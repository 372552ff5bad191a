"""Amounts are in sight in every window: of two entities, in three currencies, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.addresses import HEAD, PAGE
from tests.browser.conftest import Open, go
from tests.browser.test_german import LANGUAGE
from tests.browser.test_looks import find_overflow, list_out_of_sight
from tests.support.fava_server import serve

SHORT = ("North", "South")
LONG = ("NordwindHandelsgesellschaft", "SuedwindLogistikUndVertrieb")
WIDTHS = (400, 768, 1024, 1280, 1600)
VIEWS = [
    "todo", "positions", "positions&by=lot", "positions&by=category", "movements", "rollforward",
    "rollforward&each=item", "rollforward&each=cause", "risk", "prices&within=400", "compare",
    "lookback&date=2023-12-31", "audit&time=2024-01-15", "disclosure", "explain&item=ARTICLE-0",
]  # fmt: skip
SETTLED = """async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  await frame();
  await Promise.all(document.getAnimations().map(moved => moved.finished));
  await frame();
  await frame();
}"""
"""Fava's sidebar moves out of a narrow window, and tables are fitted to what is left."""


def write_ledger(entities: tuple[str, str], language: str) -> str:
    """Goods for millions, some of them sold, expired or old."""
    config = (
        "{'inventory': 'Assets:(?P<entity>[^:]+):Inventory', 'ageing': '180:25%', "
        "'selling_cost': '3%'}"
    )
    text = language + HEAD.replace("2024-01-01 open", "2023-01-01 open")
    text += f'plugin "beancount_invwd" "{config}"\n2023-01-01 open Expenses:COGS\n'
    text += "".join(
        f"2023-01-01 open Assets:{entity}:Inventory:Zentrallager-Nummer-Eins\n"
        for entity in entities
    )
    for i in range(12):
        currency, item = ("USD", "EUR", "CHF")[i % 3], f"ARTICLE-{i}"
        account = f"Assets:{entities[i % 2]}:Inventory:Zentrallager-Nummer-Eins"
        expiry = "    expires: 2024-03-15\n" if i % 4 == 0 else ""
        text += f"""
2023-01-01 commodity {item}
  name: "Ship model of oak, on the scale of 1:{i}"
  category: "models"
2023-{i % 10 + 1:02}-10 * "Purchase of models {i}"
  {account}  {2000 + i * 99} {item} {{1299.95 {currency}}}
{expiry}  Assets:Bank
2023-12-31 price {item} {1000 + i * 37}.00 {currency}
2024-01-20 * "Sale of models {i}"
  {account}  -700 {item} {{}} @ 1200.00 {currency}
  Assets:Bank  840000.00 {currency}
  Expenses:COGS
"""
    return f"{text}2024-02-20 price USD 0.90 EUR\n"


@pytest.fixture(scope="module", params=["de", "en"])
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve the ledger in a language; give the address of its page."""
    path = Path(tmp_path_factory.mktemp("widths"), "test.beancount")
    text = write_ledger(SHORT, LANGUAGE) if request.param == "de" else write_ledger(LONG, "")
    path.write_text(text, encoding="utf-8")
    with serve(path) as root:
        yield f"{root}/test{PAGE}"


def test_amounts_are_in_sight(address: str, window: Open) -> None:
    page = window(address)
    for view in VIEWS:
        go(page, f"{address}?view={view}")
        closed = page.locator(".impairment details:not([open])")
        closed.evaluate_all("parts => parts.forEach(part => { part.open = true; })")
        for width in WIDTHS:
            resize(page, width)
            assert list_out_of_sight(page) == [], (view, width)
            assert find_overflow(page) <= 0, (view, width)


def resize(page: Page, width: int) -> None:
    """Give the window another width, and the page time to see it."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(SETTLED)
