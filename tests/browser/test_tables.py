"""What a reader does with a table: sort it, open what stands in it, take it along."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Locator, Page, expect

from beancount_invwd.cli.commands import main
from tests.browser.conftest import EXAMPLE, Open


def find_column(table: Locator, title: str) -> list[str]:
    """The texts of a column, row by row."""
    titles = [" ".join(text.split()) for text in table.locator("thead th").all_inner_texts()]
    index = titles.index(title) + 1
    return table.locator(f"tbody tr > :nth-child({index})").all_inner_texts()


def read_numbers(table: Locator, title: str) -> list[float]:
    return [float(text.replace(",", "").replace("−", "-")) for text in find_column(table, title)]


def find_header(page: Page, title: str) -> Locator:
    table = page.get_by_role("table", name="Positions")
    return table.get_by_role("columnheader", name=title, exact=True)


def test_a_column_is_sorted_by_click(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions")
    table = page.get_by_role("table", name="Positions")
    header = find_header(page, "Cost")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    costs = read_numbers(table, "Cost")
    assert costs == sorted(costs, reverse=True)
    assert len(set(costs)) > 1
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    assert read_numbers(table, "Cost") == costs[::-1]


def test_a_column_is_sorted_by_keyboard(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions")
    table = page.get_by_role("table", name="Positions")
    header = find_header(page, "Item")
    header.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")
    items = find_column(table, "Item")
    assert items == sorted(items, key=str.casefold)
    expect(header.locator(":focus")).to_have_count(1)


def test_an_entry_opens_from_movements(example: str, window: Open) -> None:
    page = window(f"{example}?view=movements")
    page.get_by_role("table", name="Movements").locator("tbody td.k-narration a").first.click()
    popup = page.get_by_role("dialog")
    expect(popup).to_contain_text("Assets:Inventory:Store:Allowance")
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    expect(page.locator(".impairment")).to_have_attribute("data-view", "movements")


DOWNLOADS = {
    "positions": ["report", "--by", "item"],
    "rollforward": ["rollforward", "--period", "month"],
    "risk": ["risk"],
    "compare": ["compare", "--with", "price=-10%"],
}


@pytest.mark.parametrize("view", DOWNLOADS)
def test_a_download_is_what_the_command_line_writes(
    view: str, example: str, window: Open, tmp_path: Path
) -> None:
    page = window(f"{example}?view={view}")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    command, *options = DOWNLOADS[view]
    target = tmp_path / "cli.csv"
    arguments = [command, str(EXAMPLE), *options, "--format", "csv", "--output", str(target)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert Path(download.value.path()).read_bytes() == target.read_bytes()


def test_a_download_follows_the_filters(example: str, window: Open) -> None:
    page = window(f"{example}?view=movements&time=2023")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    _, *lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    shown = page.get_by_role("table", name="Movements").locator("tbody tr").count()
    assert len(lines) == shown > 0
    assert all("2023-" in line for line in lines)
