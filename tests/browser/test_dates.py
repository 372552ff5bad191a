"""A date is read in one piece: on a phone, no line ends within it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, go
from tests.browser.test_looks import ADDRESSES

BROKEN = r"""() => {
  const found = [], walker = document.createTreeWalker(
    document.querySelector(".impairment"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("pre, style, template")) continue;
    for (const date of node.data.matchAll(/\b\d{4}-\d{2}-\d{2}\b/g)) {
      const range = document.createRange();
      range.setStart(node, date.index);
      range.setEnd(node, date.index + date[0].length);
      const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
      if (tops.size > 1) found.push(node.data);
    }
  }
  return found;
}"""
"""Texts in which a date stands in two lines."""


@pytest.mark.parametrize("width", [320, 400])
def test_a_date_is_in_one_line(width: int, example: str, window: Open) -> None:
    page = window(f"{example}?view=todo", viewport={"width": width, "height": 844})
    for view in [*ADDRESSES, "lookback", "audit", "movements&time=2024", "todo&within=400"]:
        go(page, f"{example}?view={view}")
        closed = page.locator(".impairment details:not([open])")
        closed.evaluate_all("parts => parts.forEach(part => { part.open = true; })")
        assert page.evaluate(BROKEN) == [], view
    page.get_by_role("link", name="To do").click()
    page.get_by_role("spinbutton").fill("300")
    page.get_by_role("spinbutton").blur()
    expect(page.locator(".impairment [aria-busy]")).to_have_count(0)
    assert page.evaluate(BROKEN) == []
    page.locator(".impairment .tasks a[data-explain]").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(BROKEN) == []
