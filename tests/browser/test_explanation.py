"""How a figure came about: in a dialog, and at an address of its own."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, PdfMargins, expect
from pypdf import PdfReader

from tests.browser.addresses import HEAD, ONE_LOSS, PAGE, PLUGIN, PURCHASE
from tests.browser.conftest import Open, Serve
from tests.browser.test_german import LANGUAGE

PHONE = {"width": 390, "height": 844}
MARGINS: PdfMargins = {"top": "1cm", "right": "1cm", "bottom": "1cm", "left": "1cm"}
"""Those that browsers set."""


def find_dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Explanation of")


def test_a_click_opens_it_and_escape_closes_it(serve_text: Serve, window: Open) -> None:
    page = window(f"{serve_text(ONE_LOSS)}/test{PAGE}?view=positions")
    address = page.url
    item = page.get_by_role("table", name="Positions").get_by_role("link", name="WIDGET")
    item.click()
    dialog = find_dialog(page)
    expect(dialog).to_be_visible()
    for figure in ("120.00", "110.00", "10.00"):  # cost, measure, allowance
        expect(dialog).to_contain_text(figure)
    assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(item).to_be_focused()
    expect(page).to_have_url(address)


def test_back_closes_it_and_the_view_stays_as_it_was(serve_text: Serve, window: Open) -> None:
    page = window(f"{serve_text(ONE_LOSS)}/test{PAGE}?view=positions")
    address = page.url
    page.evaluate("document.querySelector('.impairment').dataset.same = 'yes'")
    item = page.get_by_role("table", name="Positions").get_by_role("link", name="WIDGET")
    for _ in range(2):
        item.click()
        expect(find_dialog(page)).to_be_visible()
        expect(page).to_have_url(f"{address}#explain?item=WIDGET")
        page.go_back()
        expect(find_dialog(page)).to_have_count(0)
        expect(page).to_have_url(address)
        expect(item).to_be_focused()
    expect(page.locator('.impairment[data-same="yes"]')).to_be_visible()
    item.click()
    expect(find_dialog(page)).to_be_visible()
    page.reload()
    expect(find_dialog(page)).to_contain_text("WIDGET")
    page.go_back()
    expect(find_dialog(page)).to_have_count(0)
    page.go_forward()
    expect(find_dialog(page)).to_be_visible()


def test_a_movement_is_explained_on_its_own_date(example: str, window: Open) -> None:
    page = window(f"{example}?view=movements")
    row = page.get_by_role("row").filter(has_text="2024-01-31").first
    row.get_by_role("link", name="Beeswax candle").click()
    expect(find_dialog(page)).to_contain_text('invwd: "write-down"')
    expect(find_dialog(page)).to_contain_text("How its figures came about on 2024-01-31")


def test_the_keyboard_opens_it_and_its_button_closes_it(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions")
    item = page.get_by_role("table", name="Positions").get_by_role("link").first
    item.press("Enter")
    dialog = find_dialog(page)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    expect(item).to_be_focused()


def test_it_is_printed_alone(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions")
    table = page.get_by_role("table", name="Positions")
    table.get_by_role("link").first.click()
    expect(find_dialog(page)).to_be_visible()
    page.emulate_media(media="print")
    expect(find_dialog(page).get_by_role("heading").first).to_be_visible()
    expect(find_dialog(page).get_by_role("button", name="Close")).to_be_hidden()
    expect(page.locator('[data-grid="positions"]')).to_be_hidden()
    assert len(print_on_paper(page)) == 1


def test_focus_stays_within_it(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions")
    page.get_by_role("table", name="Positions").get_by_role("link").first.click()
    dialog = find_dialog(page)
    expect(dialog).to_be_visible()
    stops = dialog.locator("a, button, [tabindex='0']").count()
    inside = "document.querySelector('dialog[open]').contains(document.activeElement)"
    for _ in range(stops + 2):
        page.keyboard.press("Tab")
        assert page.evaluate(f"{inside} || document.activeElement === document.body")


def test_it_has_an_address_of_its_own(example: str, window: Open) -> None:
    page = window(f"{example}?view=positions&time=2023")
    link = page.get_by_role("table", name="Positions").get_by_role("link").first
    address = link.evaluate("link => link.href")
    name = link.inner_text()
    assert "view=explain" in address
    assert "time=2023" in address
    story = window(address)
    expect(story.locator(".impairment")).to_have_attribute("data-view", "explain")
    expect(story.locator(".impairment")).to_contain_text(name)


def test_the_dialog_leads_to_it(example: str, window: Open) -> None:
    page = window(f"{example}?view=movements")
    row = page.get_by_role("row").filter(has_text="2023-09-30").first
    row.get_by_role("link", name="Stoneware mug").click()
    find_dialog(page).get_by_role("link", name="Address of this explanation").click()
    story = page.locator('.impairment[data-view="explain"]')
    expect(story.get_by_role("heading", name="Stoneware mug")).to_be_visible()
    expect(story).to_contain_text("How its figures came about on 2023-09-30")


def test_evidence_is_a_click_away(serve_text: Serve, window: Open) -> None:
    page = window(f"{serve_text(ONE_LOSS)}/test{PAGE}?view=explain&item=WIDGET")
    line = ONE_LOSS.splitlines().index("2024-01-31 price WIDGET  11.00 USD") + 1
    page.get_by_role("link", name=f"test.beancount:{line}").first.click()
    expect(page).to_have_url(re.compile(rf"/test/editor/.*line={line}"))
    expect(page.locator(".cm-content")).to_contain_text("price WIDGET")


LINES = """links => links.map(link => {
  const text = link.textContent.trim(), lines = [];
  let top = null;
  for (const node of link.childNodes)
    for (let i = 0; i < (node.data ?? "").length; i++) {
      const range = document.createRange();
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      if (top === null || box.top > top + 4) { lines.push(""); top = box.top; }
      lines[lines.length - 1] += node.data[i];
    }
  const right = Math.max(...[...link.getClientRects()].map(box => box.right));
  return [lines, right];
})"""
"""The lines that links stand in, and where they end."""


@pytest.mark.parametrize("folder", ["", "books-of-the-shop/purchases/of-all-suppliers/2024/"])
def test_a_place_is_whole_on_a_phone(
    folder: str, tmp_path: Path, serve_text: Serve, window: Open
) -> None:
    path = tmp_path / folder / "shop.beancount"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PURCHASE, encoding="utf-8")
    text = ONE_LOSS.replace(PURCHASE, f'\ninclude "{folder}shop.beancount"\n')
    page = window(f"{serve_text(text)}/test{PAGE}?view=explain&item=WIDGET", viewport=PHONE)
    links = page.locator(".impairment .source a").filter(has_text="shop.beancount:3")
    expect(links.first).to_have_attribute("title", f"{folder}shop.beancount:3")
    for lines, right in links.evaluate_all(LINES):
        assert right <= PHONE["width"], lines
        assert all(re.search("[/-]$", line) for line in lines[:-1]), lines
        assert "shop.beancount:3" in lines[-1], lines


def write_history(months: int) -> str:
    """A purchase, and months in which the price falls and rises in turn."""
    ends = [f"{2020 + i // 12}-{i % 12 + 1:02}-28" for i in range(months)]
    prices = [f"{day} price WIDGET {8 + i % 2}.{i:02} USD" for i, day in enumerate(ends)]
    purchase = PURCHASE.replace("2024-01-10", "2020-01-01")
    head = HEAD.replace("2024-01-01 open", "2020-01-01 open")
    return "\n".join((PLUGIN, head, purchase, *prices, ""))


def print_on_paper(page: Page) -> list[str]:
    """What each sheet of paper says."""
    paper = page.pdf(format="A4", margin=MARGINS)
    sheets = PdfReader(io.BytesIO(paper)).pages
    return [sheet.extract_text() for sheet in sheets]


def test_a_long_history_is_printed_on_one_sheet(serve_text: Serve, window: Open) -> None:
    address = f"test{PAGE}?view=explain&item=WIDGET&time=2023-03"
    page = window(f"{serve_text(write_history(40))}/{address}")
    rows = page.get_by_role("table", name="Written").get_by_role("row")
    expect(rows.filter(has_text=re.compile("^2020-01-31"))).to_be_visible()
    expect(rows.filter(has_text="earlier")).to_have_count(0)
    whole = [Decimal(text) for text in rows.locator(".num:visible").all_inner_texts()]
    page.emulate_media(media="print")
    expect(rows.filter(has_text=re.compile("^2020-01-31"))).to_have_count(0)
    expect(rows.filter(has_text="earlier")).to_have_count(2)
    shown = [Decimal(text) for text in rows.locator(".num:visible").all_inner_texts()]
    assert len(whole) == 39 + 1
    assert len(shown) == 2 + 12 + 1
    for *amounts, total in (whole, shown):
        assert sum(amounts) == total
    (sheet,) = print_on_paper(page)
    for words in ("In the books", "Evidence", "2023-03-31", "in all"):
        assert words in sheet, words


def test_many_lots_are_printed_side_by_side(serve_text: Serve, window: Open) -> None:
    lots = "".join(
        PURCHASE.replace("2024-01-10", f"2024-01-{day}").replace("12.00", f"12.{day}")
        for day in range(11, 17)
    )
    text = ONE_LOSS.replace(PURCHASE, lots)
    page = window(f"{serve_text(text)}/test{PAGE}?view=explain&item=WIDGET")
    expect(page.get_by_role("table", name="Lot 2024-01-16").first).to_be_visible()
    (sheet,) = print_on_paper(page)
    for day in range(11, 17):
        assert f"Lot 2024-01-{day} at 12.{day}" in sheet
        assert f"10 × 12.{day} = 12{day / 10:.2f}" in sheet


RESULTS = """tables => tables.map(table => ({
  title: table.getAttribute("aria-label"),
  rows: [...table.querySelectorAll("tbody tr")].filter(row => row.checkVisibility()).map(
    row => [row.cells[0].textContent, row.cells[2].textContent]),
}))"""
"""The steps that are in sight, with their results."""


def write_lots(count: int, basis: str, language: str) -> str:
    """Lots of one item on a hundred days, most of them below cost, some old, each at its own."""
    text = HEAD.replace("2024-01-01 open", "2023-01-01 open")
    text += f"""{language}
plugin "beancount_invwd" "{{'basis': '{basis}', 'selling_cost': '5%', 'ageing': '360:10%'}}"
2024-01-31 price WIDGET  10.50 USD
"""
    return text + "".join(
        PURCHASE.replace("2024-01-10", f"2023-{i // 28 + 1:02}-{i % 28 + 1:02}").replace(
            "12.00", f"{9 + i * 7 % count / 10:.2f}"
        )
        for i in range(count)
    )


@pytest.mark.parametrize("language", ["", LANGUAGE], ids=["en", "de"])
@pytest.mark.parametrize("basis", ["lot", "item"])
def test_very_many_lots_are_printed_on_one_sheet(
    basis: str, language: str, serve_text: Serve, window: Open
) -> None:
    text = write_lots(30, basis, language)
    page = window(f"{serve_text(text)}/test{PAGE}?view=explain&item=WIDGET")
    tables = page.locator(".story .part table")
    assert len([row for row in tables.evaluate_all(RESULTS) if "2023-01-02" in row["title"]]) > 1
    rest = page.locator(".story .part.on-paper")
    expect(rest).to_be_hidden()
    (sheet,) = print_on_paper(page)
    lots = re.findall(r"10 × (\d+\.\d\d) = (\d+\.\d\d)", sheet)
    losses = re.findall(r" (\d+\.\d\d) (\d+\.\d\d) − 0 = \d+\.\d\d", sheet)
    page.emulate_media(media="print")
    sums = rest.locator("td.num").all_inner_texts()
    cost, measure, before, after, change = map(Decimal, sums)
    figures = page.locator(".story dd").all_inner_texts()
    assert sum(Decimal(total) for _, total in lots) + cost == Decimal(figures[1])
    assert sum(Decimal(lost) for lost, _ in losses) + after == Decimal(figures[3])
    assert min(Decimal(unit) for unit, _ in lots) == Decimal("11.40")
    assert len(lots) == len(losses) == 6
    assert before == 0
    assert change == after
    assert cost - measure == after
