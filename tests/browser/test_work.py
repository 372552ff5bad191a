"""What is worked through on the page: lines to copy, and prices to paste a column into."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.addresses import HEAD, PAGE, PLUGIN
from tests.browser.conftest import Open, Serve

TWO_ITEMS = f"""{PLUGIN}{HEAD}
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {{12.00 USD}}
  Assets:Inventory:Store   10 GADGET {{30.00 USD}}
  Assets:Bank
2024-02-10 balance Assets:Inventory:Store 10 WIDGET
"""
PRICES = ["2024-02-10 price GADGET … USD", "2024-02-10 price WIDGET … USD"]


def open_page(root: str, window: Open, view: str) -> Page:
    """Open a view in a window that may read and write the clipboard."""
    allowed = ["clipboard-read", "clipboard-write"]
    return window(f"{root}/test{PAGE}?view={view}", permissions=allowed)


def read_clipboard(page: Page) -> list[str]:
    return str(page.evaluate("navigator.clipboard.readText()")).splitlines()


def test_lines_are_copied_one_or_all_that_are_chosen(serve_text: Serve, window: Open) -> None:
    page = open_page(serve_text(TWO_ITEMS), window, "todo&kind=price")
    page.get_by_role("button", name="Copy the line: Price WIDGET").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert read_clipboard(page) == PRICES[1:]
    page.get_by_role("button", name="Copy all lines").click()
    expect(page.get_by_role("button", name="Copied")).to_have_count(1)
    assert read_clipboard(page) == PRICES
    expect(page.get_by_role("button", name="Copy all lines")).to_be_visible()
    page.get_by_role("checkbox", name="Choose the line: Price GADGET").check()
    page.get_by_role("button", name="Copy chosen lines: 1").click()
    expect(page.get_by_role("button", name="Copied")).to_have_count(1)
    assert read_clipboard(page) == PRICES[:1]


def test_a_column_is_pasted_and_comes_back_as_directives(serve_text: Serve, window: Open) -> None:
    page = open_page(serve_text(TWO_ITEMS), window, "prices")
    paste(page, "31,50\r\n9\r\n")
    lines = page.locator("#price-lines")
    expect(lines).to_have_text("2024-02-10 price GADGET 31.50 USD\n2024-02-10 price WIDGET 9 USD\n")
    paste(page, "widget\tMugs\t8,25\nLAMP\tLamps\t1\n")
    expect(lines).to_contain_text("price WIDGET 8.25 USD")
    expect(page.locator("[data-price-told]")).to_have_text("Not in this list: LAMP")
    page.get_by_label("Price of GADGET").fill("1.400")
    page.get_by_label("Price of GADGET").blur()
    expect(page.get_by_text("may be 1400 or 1.4")).to_be_visible()
    expect(lines).to_have_text("2024-02-10 price WIDGET 8.25 USD\n")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert read_clipboard(page) == ["2024-02-10 price WIDGET 8.25 USD"]


def paste(page: Page, text: str) -> None:
    """Paste text into the first field."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.get_by_label("Price of GADGET").focus()
    page.keyboard.press("ControlOrMeta+V")
