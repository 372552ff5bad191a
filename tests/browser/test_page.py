from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Open


def test_the_sidebar_leads_to_the_page(example: str, window: Open) -> None:
    page = window(example.replace("extension/Impairment/", "income_statement/"))
    page.get_by_role("link", name="Impairment").click()
    expect(page).to_have_url(example)
    expect(page.get_by_role("heading", name="Inventory as of")).to_be_visible()
