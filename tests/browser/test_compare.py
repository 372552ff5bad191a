"""What if: other policies and prices, recomputed by the server while the reader types.

Ten widgets cost 12.00 and sell for 11.00: 120.00 less 110.00 is an allowance of 10.00. At prices
that are a tenth lower they bring in 99.00, and the allowance is 21.00: 11.00 more.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.addresses import HEAD, ONE_LOSS, PAGE, PLUGIN
from tests.browser.conftest import Open, Serve

TWO_ITEMS = f"""{PLUGIN}{HEAD}
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {{12.00 USD}}
  Assets:Inventory:Store   10 GADGET {{12.00 USD}}
  Assets:Bank
2024-01-31 price WIDGET  11.00 USD
2024-01-31 price GADGET  15.00 USD
"""
"""The gadgets gain 30.00, more than the widgets lose: all inventory as one has no loss."""


def expect_row(page: Page, part: str, *figures: str) -> None:
    """Allowance and profit as the ledger has it; then both in the scenario, with differences."""
    row = page.locator(f"[data-result=compare] {part} tr")
    expect(row.locator("td.num")).to_have_text(figures)


@pytest.mark.parametrize(
    ("shock", "figures"),
    [
        ("-10", ("21.00", "+11.00", "-21.00", "-11.00")),
        ("-50", ("65.00", "+55.00", "-65.00", "-55.00")),
        ("5", ("4.50", "-5.50", "-4.50", "+5.50")),
    ],
)
def test_a_price_shock(
    shock: str, figures: tuple[str, ...], serve_text: Serve, window: Open
) -> None:
    page = window(f"{serve_text(ONE_LOSS)}/test{PAGE}?view=compare")
    page.evaluate("window.isStillHere = true")
    field = page.get_by_role("form", name="Compare").get_by_label("Price change")
    field.fill(shock)
    field.press("Enter")
    expect_row(page, "tbody", "10.00", "-10.00", *figures)
    assert page.evaluate("window.isStillHere")
    expect(page).to_have_url(re.compile(rf"price={shock}"))
    page.reload()
    expect_row(page, "tbody", "10.00", "-10.00", *figures)


def test_any_setting(serve_text: Serve, window: Open) -> None:
    page = window(f"{serve_text(ONE_LOSS)}/test{PAGE}?view=compare&price=")
    field = page.get_by_role("form", name="Compare").get_by_label("Any setting")
    field.fill("reversals=none,price=-10%")
    field.press("Enter")
    expect_row(page, "tbody", "10.00", "-10.00", "21.00", "+11.00", "-21.00", "-11.00")
    field.fill("colour=blue")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("colour")


def test_another_basis(serve_text: Serve, window: Open) -> None:
    page = window(f"{serve_text(TWO_ITEMS)}/test{PAGE}?view=compare")
    form = page.get_by_role("form", name="Compare")
    form.get_by_label("Price change").fill("")
    form.get_by_label("Price change").press("Enter")
    form.get_by_label("Basis").select_option("total")
    expect_row(page, "tfoot", "10.00", "-10.00", "0.00", "-10.00", "0.00", "+10.00")


def test_a_standard_is_compared_with_alone(serve_text: Serve, window: Open) -> None:
    page = window(f"{serve_text(ONE_LOSS)}/test{PAGE}?view=compare")
    heads = page.locator("[data-result=compare] th.span")
    expect(heads).to_have_text(["As the ledger", "price=-10%"])
    form = page.get_by_role("form", name="Compare")
    form.get_by_label("Standard").select_option("hgb")
    expect(heads).to_have_text(["As the ledger", "standard=hgb", "price=-10%"])
    page.get_by_role("link", name="Add both in one column").click()
    expect(heads).to_have_text(
        ["As the ledger", "standard=hgb,price=-10%", "standard=hgb", "price=-10%"]
    )
    form.get_by_label("Price change").fill("")
    form.get_by_label("Price change").press("Enter")
    expect(heads).to_have_text(["As the ledger", "standard=hgb,price=-10%", "standard=hgb"])


def test_nothing_is_written(serve_text: Serve, window: Open) -> None:
    root = serve_text(ONE_LOSS)
    page = window(f"{root}/test{PAGE}?view=compare&price=-50")
    expect_row(page, "tbody", "10.00", "-10.00", "65.00", "+55.00", "-65.00", "-55.00")
    page.goto(f"{root}/test{PAGE}")
    figures = page.get_by_role("region", name="Key figures")
    expect(figures).to_contain_text("110.00")
    expect(figures).not_to_contain_text("65.00")


def test_what_is_no_change_is_said(serve_text: Serve, window: Open) -> None:
    page = window(f"{serve_text(ONE_LOSS)}/test{PAGE}?view=compare&price=nonsense")
    expect(page.locator(".impairment")).to_contain_text("price is 'nonsense'")
