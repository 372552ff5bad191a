"""The page in German: its words, also those of the script, and room for words that are longer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.addresses import ONE_LOSS, PAGE, VIEWS
from tests.browser.conftest import EXAMPLE, Open, Serve, go
from tests.browser.test_looks import (
    ADDRESSES,
    PHONE,
    find_overflow,
    list_faults,
    list_out_of_sight,
    wait_for_charts,
)
from tests.support.fava_server import serve

LANGUAGE = '2020-01-01 custom "fava-option" "language" "de"\n'
TITLES = {
    "todo": "Zu tun",
    "positions": "Positionen",
    "movements": "Bewegungen",
    "rollforward": "Entwicklung",
    "risk": "Gefährdet",
    "prices": "Preise",
    "compare": "Vergleich",
    "disclosure": "Anhang",
    "help": "Hilfe",
}
SOFT_HYPHEN = "\N{SOFT HYPHEN}"
BROKEN = r"""titles => titles.flatMap(title => {
  const walker = document.createTreeWalker(title, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode())
    for (const word of walker.currentNode.data.matchAll(/[\p{L}\p{N}]+/gu)) {
      const tops = new Set();
      for (let i = word.index; i < word.index + word[0].length; i++) {
        const range = document.createRange();
        range.setStart(walker.currentNode, i);
        range.setEnd(walker.currentNode, i + 1);
        tops.add(Math.round([...range.getClientRects()].at(-1)?.top ?? 0)); // a hyphen before it
      }
      if (tops.size > 1) found.push(word[0]);
    }
  return found;
})"""
"""The words of titles, or their syllables, that stand in two lines."""


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the example in German; give the address of its page."""
    path = Path(tmp_path_factory.mktemp("german"), "beispiel.beancount")
    path.write_text(LANGUAGE + EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    with serve(path) as root:
        yield f"{root}/harbour-lane-goods{PAGE}"


def test_the_views_and_what_leads_to_them(german: str, window: Open) -> None:
    page = window(german)
    expect(page.get_by_role("link", name="Vorratsbewertung")).to_be_visible()
    expect(page).to_have_title("Vorratsbewertung - Harbour Lane Goods")
    links = page.locator(".impairment .views a")
    assert list(TITLES) == list(VIEWS)
    for link, title in zip(links.all(), TITLES.values(), strict=True):
        expect(link).to_contain_text(title)


@pytest.mark.parametrize("width", [320, 820, 1120])
def test_amounts_are_in_sight_and_words_have_room(width: int, german: str, window: Open) -> None:
    page = window(german, viewport={"width": width, "height": 900})
    for view in ADDRESSES:
        go(page, f"{german}?view={view}")
        wait_for_charts(page)
        assert list_out_of_sight(page) == [], view
        assert find_overflow(page) <= 0, view
        wide = page.locator(".impairment .grid :is(th, td)").evaluate_all(
            "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth)"
            ".map(cell => cell.textContent)"
        )
        assert wide == [], view
        assert page.locator(".impairment .grid thead th").evaluate_all(BROKEN) == [], view


@pytest.mark.parametrize("view", ADDRESSES)
def test_no_serious_fault(view: str, german: str, window: Open) -> None:
    page = window(f"{german}?view={view}", color_scheme="dark", viewport=PHONE)
    wait_for_charts(page)
    assert not list_faults(page, ".impairment")


def test_the_script_speaks_german(serve_text: Serve, window: Open) -> None:
    root = serve_text(LANGUAGE + ONE_LOSS)
    allowed = ["clipboard-read", "clipboard-write"]
    page = window(f"{root}/test{PAGE}?view=disclosure", permissions=allowed)
    page.get_by_role("button", name="Kopieren").click()
    expect(page.get_by_role("status")).to_have_text("Kopiert.")
    assert "Vorräte, 2024-01-01 bis 2024-01-31" in page.evaluate("navigator.clipboard.readText()")
    go(page, f"{root}/test{PAGE}?view=movements")
    page.get_by_role("table", name="Bewegungen").get_by_role("link", name="Wertminderung").click()
    dialog = page.get_by_role("dialog", name="Erklärung zu WIDGET")
    expect(dialog).to_contain_text("Nettoveräußerungswert")
    dialog.get_by_role("button", name="Schließen").click()
    expect(dialog).to_have_count(0)


def test_paper_has_all_columns(german: str, window: Open) -> None:
    page = window(f"{german}?view=rollforward")
    sheets = PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
    text = next(sheet for row in sheets if "Zeitraum" in (sheet := row.extract_text()))
    for word in ("Wert", "aufholungen", "Auflösungen", "buchungen", "246.00"):
        assert word in text, word


def test_a_long_word_breaks_in_a_title_only(german: str, window: Open) -> None:
    page = window(f"{german}?view=positions")
    head = page.get_by_role("columnheader", name=f"Wert{SOFT_HYPHEN}berichtigung", exact=True)
    expect(head).to_be_visible()
    expect(page.locator(".figures dt").nth(1)).to_have_text("Wertberichtigung")


def test_amounts_that_have_no_room_side_by_side_stand_below_each_other(
    serve_text: Serve, window: Open
) -> None:
    millions = ONE_LOSS.replace("12.00 USD", "1234567890123456789.00 USD")
    page = window(
        f"{serve_text(millions)}/test{PAGE}?view=rollforward",
        viewport={"width": 1024, "height": 900},
    )
    grid = page.locator("[data-grid=rollforward]")
    assert list_out_of_sight(page) == []
    expect(grid.locator("tbody td.k-closing")).to_have_css("display", "block")
    page.set_viewport_size({"width": 2400, "height": 900})
    expect(grid.locator("tbody td.k-closing")).to_have_css("display", "table-cell")


@pytest.mark.parametrize("view", ["risk", "lookback"])
def test_wide_tables_fit_a_usual_window(view: str, german: str, window: Open) -> None:
    page = window(f"{german}?view={view}", viewport={"width": 1280, "height": 900})
    hidden = "parts => parts.map(part => part.scrollWidth - part.clientWidth)"
    assert max(page.locator(".impairment .grid .scroll").evaluate_all(hidden)) <= 1
