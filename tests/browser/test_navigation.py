"""From view to view, and through time: every state has an address of its own."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.addresses import ONE_LOSS, PAGE, VIEWS
from tests.browser.conftest import Open, Serve

TEXT = "Filter by tag, payee, …"


def expect_view(page: Page, view: str) -> None:
    """The view is shown, marked in the navigation, and in the address."""
    expect(page.locator(".impairment[data-ready]")).to_have_attribute("data-view", view)
    current = page.get_by_role("navigation", name="Views").locator('[aria-current="page"]')
    expect(current).to_contain_text(VIEWS[view])
    shown = re.search(r"[?&]view=([a-z]+)", page.url)
    assert (shown[1] if shown else "todo") == view


def find_view(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name=title).click()


def test_the_sidebar_leads_to_the_page(example: str, window: Open) -> None:
    page = window(example.replace(PAGE, "/income_statement/"))
    page.get_by_role("link", name="Impairment").click()
    expect(page).to_have_url(example)
    expect_view(page, "todo")
    expect(page.get_by_role("list", name="To do")).to_be_visible()


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_opens_by_its_address_and_by_its_link(view: str, example: str, window: Open) -> None:
    expect_view(window(f"{example}?view={view}"), view)
    page = window(f"{example}?view=positions")
    find_view(page, VIEWS[view])
    expect_view(page, view)


def test_views_are_switched_by_keyboard(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions")
    links = page.get_by_role("navigation", name="Views").get_by_role("link")
    links.first.focus()
    for title in list(VIEWS.values())[1:]:
        page.keyboard.press("ArrowRight")
        expect(page.locator(":focus")).to_contain_text(title)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_have_text("Disclosure")
    page.keyboard.press("Enter")
    expect_view(page, "disclosure")


def test_back_and_forward(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions")
    find_view(page, "Movements")
    expect_view(page, "movements")
    find_view(page, "Disclosure")
    expect_view(page, "disclosure")
    page.go_back()
    expect_view(page, "movements")
    page.go_back()
    expect_view(page, "positions")
    page.go_forward()
    expect_view(page, "movements")


def test_the_filters_of_fava_narrow_the_view_and_keep_it(example: str, window: Open) -> None:
    page = window(f"{example}?view=movements")
    rows = page.get_by_role("table", name="Movements").locator("tbody tr")
    expect(rows.filter(has_text="2024-")).not_to_have_count(0)
    everything = rows.count()

    set_filter(page, "Time", "2023")
    expect(page).to_have_url(re.compile("time=2023"))
    expect(rows.filter(has_text="2024-")).to_have_count(0)
    expect(rows.filter(has_text="2023-")).not_to_have_count(0)
    expect_view(page, "movements")

    set_filter(page, "Account", "Assets:Inventory:Workshop")
    expect(page).to_have_url(re.compile("account=Assets"))
    expect(rows.filter(has_text="Wool scarf")).to_have_count(0)
    expect_view(page, "movements")

    set_filter(page, "Account", "")
    set_filter(page, TEXT, '"Wool scarf"')
    expect(page).to_have_url(re.compile("filter="))
    expect_view(page, "movements")
    find_view(page, "Roll-forward")
    expect_view(page, "rollforward")
    assert "time=2023" in page.url
    assert "filter=" in page.url
    find_view(page, "Movements")
    expect_view(page, "movements")

    set_filter(page, TEXT, "")
    expect(page).not_to_have_url(re.compile("filter="))
    expect_view(page, "movements")
    set_filter(page, "Time", "")
    expect(page).not_to_have_url(re.compile("time="))
    expect(rows).to_have_count(everything)


def set_filter(page: Page, placeholder: str, value: str) -> None:
    """Type into one of the fields at the top of Fava's window."""
    field = page.get_by_placeholder(placeholder, exact=True)
    field.fill(value)
    field.press("Enter")
    field.blur()


def test_a_bad_filter_is_said_kindly(example: str, window: Open) -> None:
    page = window(f"{example}?time=nonsense&view=movements")
    expect(page.locator(".impairment")).to_contain_text("nonsense")


def test_behind_a_prefix(serve_text: Serve, window: Open) -> None:
    root = serve_text(ONE_LOSS, "--prefix", "/books")
    page = window(f"{root}/books/test{PAGE}?view=positions")
    expect_view(page, "positions")
    find_view(page, "Movements")
    expect_view(page, "movements")
    assert page.url.startswith(f"{root}/books/test{PAGE}")
    page.goto(f"{root}/books/test{PAGE}?view=positions")
    page.get_by_role("link", name="WIDGET", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("WIDGET")
    for link in page.locator(".impairment a").all():
        target = link.get_attribute("href")
        assert target is not None
        assert not target.startswith("/test"), target


def test_read_only(serve_text: Serve, window: Open) -> None:
    page = window(f"{serve_text(ONE_LOSS, '--read-only')}/test{PAGE}")
    for view, title in VIEWS.items():
        find_view(page, title)
        expect_view(page, view)
