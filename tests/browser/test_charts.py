"""What charts read out, what paper holds, and what stays in sight where there is little room."""

from __future__ import annotations

import io
import re

import pytest
from playwright.sync_api import PdfMargins, expect
from pypdf import PdfReader

from tests.browser.addresses import HEAD, PAGE, PLUGIN
from tests.browser.conftest import Open, Serve

ACCOUNT = "Assets:Inventory:Central-Warehouse-Number-One-Rotterdam"
COUNT = 602


def write_ledger(count: int) -> str:
    """Write a ledger of so many items of long names, the half in euros."""
    goods = "".join(
        f"""
2024-01-01 commodity ITEM{n:03}
  name: "Halogenschreibtischlampe number {n} of a series with a long name"
2024-01-10 * "Purchase"
  {ACCOUNT}   10 ITEM{n:03} {{12.00 {currency}}}
  Assets:Bank
2024-01-31 price ITEM{n:03}  9.00 {currency}
"""
        for n, currency in enumerate(["USD", "EUR"] * (count // 2))
    )
    return f"{PLUGIN}{HEAD}\n2024-01-01 open {ACCOUNT}\n{goods}"


WIDTHS = [360, 820]


def test_the_crosshair_reads_out_all_series_by_keys_and_by_pointer(
    example: str, window: Open
) -> None:
    page = window(f"{example}?view=positions&time=2024")
    slider = page.get_by_role("slider", name="Cost and allowance, USD")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    said = "2024-02-29, Cost 11,833.00, Allowance 239.00, Carrying amount 11,594.00"
    expect(slider).to_have_attribute("aria-valuetext", said)
    expect(slider).to_contain_text("11,594.00")
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 6, box["y"] + 90)
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^2024-12-31, Cost 4,709.00"))
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Inventory as of 2024-01-31")).to_be_visible()


def test_an_item_of_the_treemap_has_its_amount_and_is_explained(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions")
    leaf = page.get_by_role("link", name="Desk lamp, home, 168.00: Allowance by item, USD")
    expect(leaf).to_contain_text("168.00")
    leaf.click()
    expect(page.get_by_role("dialog")).to_contain_text("Desk lamp")


MARGINS: PdfMargins = {"top": "1cm", "right": "1cm", "bottom": "1cm", "left": "1cm"}


@pytest.mark.parametrize(
    ("view", "titles"),
    [
        ("movements&rows=all", ["Movement", "Units", "Entry", "Caused by"]),
        ("positions&rows=all", ["Allowance", "Price", "Status", "Decided by"]),
        ("compare&with=standard%3Dhgb&with=basis%3Dtotal&with=price%3D-20%25&rows=all", ["Why"]),
    ],
)
def test_every_sheet_has_the_titles_of_all_columns(
    serve_text: Serve, window: Open, view: str, titles: list[str]
) -> None:
    entity = "NordwindHandelsgesellschaft"
    text = write_ledger(80).replace("Assets:Inventory", f"Assets:{entity}:Inventory")
    config = "\"{'inventory': 'Assets:(?P<entity>[^:]+):Inventory'}\""
    text = text.replace('"beancount_invwd"', f'"beancount_invwd" {config}', 1)
    page = window(f"{serve_text(text)}/test{PAGE}?view={view}")
    sheets = PdfReader(io.BytesIO(page.pdf(format="A4", margin=MARGINS))).pages
    texts = [" ".join(sheet.extract_text().split()) for sheet in sheets]
    found = [text for text in texts if re.search(r"\bITEM\d{3}\b", text) and entity in text]
    assert len(found) > 1
    for sheet in found:
        assert [title for title in titles if title not in sheet] == [], sheet[:400]


def test_paper_has_all_rows_and_each_total_once(serve_text: Serve, window: Open) -> None:
    page = window(f"{serve_text(write_ledger(COUNT))}/test{PAGE}?view=positions")
    rows = page.locator("[data-grid=positions] tbody tr")
    expect(rows).to_have_count(100)
    for _ in range(2):
        text = "\n".join(row.extract_text() for row in PdfReader(io.BytesIO(page.pdf())).pages)
        assert sorted(re.findall(r"\bITEM\d{3}\b", text)) == [f"ITEM{n:03}" for n in range(COUNT)]
        totals = re.findall(r"Total, (\w+) ([\d.]+) ([\d.]+) ([\d.]+)", text)
        assert totals == [
            (currency, f"{120 * COUNT // 2}.00", f"{30 * COUNT // 2}.00", f"{90 * COUNT // 2}.00")
            for currency in ("EUR", "USD")
        ]
        assert text.rindex("Total, USD") > text.rindex(f"ITEM{COUNT - 1}")
        assert "Show all" not in text
        assert "The first 100" not in text
        expect(rows).to_have_count(100)
    expect(page.get_by_role("button", name=f"Show all {COUNT}")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_amounts_are_in_sight_whatever_the_names(
    width: int, serve_text: Serve, window: Open
) -> None:
    root = serve_text(write_ledger(2))
    page = window(
        f"{root}/test{PAGE}?view=positions&by=lot", viewport={"width": width, "height": 900}
    )
    for view in ("positions&by=lot", "positions&by=account", "movements", "rollforward", "risk"):
        page.goto(f"{root}/test{PAGE}?view={view}")
        cells = page.locator(".impairment .grid tr:first-child td.num:is(.k-cost, .k-allowance, "
                             ".k-carrying, .k-change, .k-closing, .k-at_risk)")  # fmt: skip
        ends = cells.evaluate_all("cells => cells.map(cell => cell.getBoundingClientRect().right)")
        assert ends, view
        assert max(ends) <= width, view


def test_the_note_of_many_items_takes_two_sheets(serve_text: Serve, window: Open) -> None:
    root = f"{serve_text(write_ledger(400))}/test{PAGE}"
    page = window(f"{root}?view=disclosure")
    file = page.request.get(f"{root}disclosure.html").text()
    for is_file in (False, True):
        if is_file:
            page.set_content(file)
        paper = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=is_file))).pages
        sheets = [sheet.extract_text() for sheet in paper]
        annex = next(i for i, text in enumerate(sheets) if "Annex: positions" in text)
        assert 1 <= annex <= 2, [text[:80] for text in sheets[:4]]
        assert "ITEM399" not in "".join(sheets[:annex])
        assert "ITEM399" in "".join(sheets[annex:])
        assert all(sheet.mediabox.height > sheet.mediabox.width for sheet in paper)
