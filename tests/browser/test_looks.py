"""What cannot be read is not there: contrast, narrow windows, paper, screen readers, incognito."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from tests.browser.addresses import HEAD, ONE_LOSS, PAGE, PLUGIN, PURCHASE, VIEWS
from tests.browser.conftest import EXAMPLE, Open, Serve, go

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = {"serious", "critical"}
PHONE = {"width": 390, "height": 844}
MONEY = re.compile(r"(?<![\d.])(?!(?:1\.38|2\.(?:29|3\d)|8\.39|37\.84)\b)[\d,]*\d\.\d\d\b")
"""1,088.00, but not the paragraphs IAS 1.38, 2.29, 2.36, 8.39 and 37.84."""
ADDRESSES = [*VIEWS, "explain&item=SCARF"]
KINDLY = {
    "empty": '2024-01-01 custom "fava-extension" "fava_ext"\noption "title" "Test"\n',
    "no plugin": HEAD + PURCHASE,
    "no inventory": PLUGIN + HEAD,
    "wrong configuration": f"plugin \"beancount_invwd\" \"{{'basiss': 'lot'}}\"\n{HEAD}{PURCHASE}",
    "no price": PLUGIN + HEAD + PURCHASE,
    "no operating currency": ONE_LOSS.replace('option "operating_currency" "USD"', ""),
}
"""Ledgers that have something to say other than figures."""


def list_faults(page: Page, region: str) -> list[str]:
    """Ask axe-core for serious faults of a part of the page."""
    page.evaluate(AXE)
    found = page.evaluate("region => axe.run(region)", region)
    return [
        f"{fault['id']}: {node['html'][:200]} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


def wait_for_charts(page: Page) -> None:
    """Charts are drawn after the page has come."""
    for plot in page.locator(".impairment .plot").all():
        expect(plot.locator("svg, .leaf").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ADDRESSES)
def test_no_serious_fault(view: str, scheme: str, example: str, window: Open) -> None:
    page = window(f"{example}?view={view}", color_scheme=scheme)
    wait_for_charts(page)
    assert not list_faults(page, ".impairment")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_in_the_dialog(scheme: str, example: str, window: Open) -> None:
    page = window(f"{example}?view=positions", color_scheme=scheme)
    page.get_by_role("table", name="Positions").get_by_role("link").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert not list_faults(page, "dialog")


@pytest.mark.parametrize("kind", KINDLY)
def test_no_serious_fault_where_there_is_little_to_show(
    kind: str, serve_text: Serve, window: Open
) -> None:
    root = serve_text(KINDLY[kind])
    page = window(root, color_scheme="dark", viewport=PHONE)
    for view in VIEWS:
        go(page, f"{root}/test{PAGE}?view={view}")
        assert not list_faults(page, ".impairment"), view
        assert not find_overflow(page), view


def test_the_choice_of_a_scheme_in_fava_counts_for_more_than_the_system(
    example: str, window: Open
) -> None:
    page = window(f"{example}?view=positions", color_scheme="light")
    page.evaluate("localStorage.setItem('fava-theme', JSON.stringify('dark'))")
    page.reload()
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    wait_for_charts(page)
    assert not list_faults(page, ".impairment")
    background = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", background)[:3])) < 3 * 64


OUT_OF_SIGHT = """() => {
  const seen = part => part.checkVisibility() && !part.closest(".readout, .unseen");
  const wide = part => part.scrollWidth > part.clientWidth + 1;
  const parts = [...document.querySelectorAll(".impairment .scroll")].filter(seen).filter(wide);
  const amounts = [...document.querySelectorAll(".impairment :is(td.num, dd:not(.small))")];
  const cut = amounts.filter(seen).filter(wide);
  return [...parts.map(part => part.getAttribute("aria-label")),
          ...cut.map(cell => `${cell.dataset.title}: ${cell.textContent}`)];
}"""
"""What is wider than the table that it stands in, or than its own column."""


def list_out_of_sight(page: Page) -> list[str]:
    """List what amounts, or parts of tables, cannot be seen without scrolling."""
    found: list[str] = page.evaluate(OUT_OF_SIGHT)
    return found


def find_overflow(page: Page) -> int:
    """By how many pixels the page, or the part of it that Fava scrolls, is too wide."""
    return int(
        page.evaluate(
            "Math.max(...[document.documentElement, ...document.querySelectorAll('article')]"
            ".map(part => part.scrollWidth - part.clientWidth))"
        )
    )


@pytest.mark.parametrize("width", [320, 600, 1024])
def test_no_text_of_a_table_runs_into_the_next_column(
    width: int, example: str, window: Open
) -> None:
    page = window(f"{example}?view=positions", viewport={"width": width, "height": 844})
    for view in ADDRESSES:
        go(page, f"{example}?view={view}")
        cells = page.locator(".impairment .grid :is(th, td)")
        wide = cells.evaluate_all(
            "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth)"
            ".map(cell => cell.textContent)"
        )
        assert not wide, view


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_nothing_is_wider_than_the_window(width: int, example: str, window: Open) -> None:
    page = window(f"{example}?view=positions", viewport={"width": width, "height": 844})
    for view in ADDRESSES:
        go(page, f"{example}?view={view}")
        wait_for_charts(page)
        assert find_overflow(page) <= 0, view


@pytest.mark.parametrize("width", [390, 1024])
def test_many_figures_of_entities_with_long_names_fit(
    width: int, serve_text: Serve, window: Open
) -> None:
    address = f"{serve_text(write_entities())}/test{PAGE}"
    page = window(f"{address}?view=todo", viewport={"width": width, "height": 844})
    for view in ("todo", "positions", "disclosure"):
        go(page, f"{address}?view={view}")
        closed = page.locator(".impairment details:not([open])")
        closed.evaluate_all("rows => rows.forEach(row => { row.open = true; })")
        assert find_overflow(page) <= 0, view
        cells = page.locator(".impairment .grid :is(th, td):visible, .impairment dl:visible")
        wide = cells.evaluate_all(
            "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth || "
            "cell.getBoundingClientRect().right > innerWidth).map(cell => cell.textContent)"
        )
        assert not wide, view


def write_entities() -> str:
    """Two entities with long names, in three currencies."""
    config = "{'inventory': 'Assets:(?P<entity>[^:]+):Inventory'}"
    text = (
        HEAD.replace("2024-01-01 open", "2023-01-01 open")
        + f'plugin "beancount_invwd" "{config}"\n'
    )
    for entity in ("NordwindHandelsgesellschaft", "SuedwindLogistikUndVertrieb"):
        account = f"Assets:{entity}:Inventory:Zentrallager-Nummer-Eins"
        text += f"2023-01-01 open {account}\n"
        for currency in ("USD", "EUR", "CHF"):
            text += (
                f'2023-12-10 * "Purchase"\n  {account}  10 MUG{currency} {{12.00 {currency}}}\n'
                f"  Assets:Bank\n2024-01-31 price MUG{currency} 9.00 {currency}\n"
            )
    return text


@pytest.mark.parametrize("view", VIEWS)
def test_a_phone_shows_which_view_is_open(view: str, example: str, window: Open) -> None:
    page = window(f"{example}?view={view}", viewport=PHONE)
    tab = page.get_by_role("navigation", name="Views").get_by_role("link", name=VIEWS[view])
    expect(tab).to_be_in_viewport(ratio=0.95)


def test_the_dialog_fits_a_phone(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions", viewport=PHONE)
    page.get_by_role("table", name="Positions").get_by_role("link").first.click()
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert find_overflow(page) <= 0


def test_paper_shows_whole_tables_and_no_controls(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions", viewport={"width": 1100, "height": 800})
    page.emulate_media(media="print")
    expect(page.get_by_role("table", name="Positions")).to_be_visible()
    for control in (
        page.get_by_role("navigation", name="Views"),
        page.get_by_role("link", name="CSV"),
    ):
        expect(control).to_be_hidden()
    hidden = page.locator(".impairment .scroll").evaluate_all(
        "parts => parts.filter(part => getComputedStyle(part).overflowX !== 'visible').length"
    )
    assert hidden == 0


def test_incognito_shows_no_money(serve_text: Serve, window: Open) -> None:
    root = serve_text(EXAMPLE.read_text(encoding="utf-8"), "--incognito")
    page = window(root)
    for view in ADDRESSES:
        go(page, f"{root}/harbour-lane-goods{PAGE}?view={view}")
        wait_for_charts(page)
        text = page.locator(".impairment").inner_text()
        assert len(text) > 100
        assert not MONEY.findall(text), view
        expect(page.get_by_role("link", name="CSV")).to_have_count(0)
