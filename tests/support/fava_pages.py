"""What the tests of the page share: ledgers, a client, and what a reader finds on the page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

from fava.application import create_app
from flask.testing import FlaskClient

EXAMPLE = Path(__file__).parents[2] / "example.beancount"
PAGE = "/harbour-lane-goods/extension/Impairment/"
TEST = "/test/extension/Impairment/"
VIEWS = (
    "todo", "positions", "movements", "rollforward", "risk", "prices", "compare",
    "disclosure", "help",
)  # fmt: skip

HEAD = """
option "title" "Test"
option "operating_currency" "USD"
plugin "beancount_invwd"
2023-01-01 custom "fava-extension" "fava_ext"
"""
ACCOUNTS = """
2023-01-01 open Assets:Bank
2023-01-01 open Assets:Inventory:Store
2023-01-01 open Assets:Inventory:Attic
"""
ONE_LOSS = """
2024-01-10 * "Purchase"
  Assets:Inventory:Store   10 WIDGET {12.00 USD}
  Assets:Bank
2024-01-31 price WIDGET 9.00 USD
"""

TOTALS = ("Total, ", "Liabilities, ")
"""How the lines below a table begin."""
MakeClient = Callable[..., FlaskClient]


class Table(NamedTuple):
    """A table: its label, and the texts of its cells line by line, the head first."""

    label: str
    rows: list[list[str]]

    def find(self, start: str) -> list[str]:
        """The line that begins with a text."""
        return next(row for row in self.rows if row[0].startswith(start))

    def column(self, title: str) -> list[str]:
        """The cells below a heading, without those of the totals."""
        head = next(row for row in self.rows if title in row)
        i = head.index(title)
        body = self.rows[self.rows.index(head) + 1 :]
        return [row[i] for row in body if not row[0].startswith(TOTALS)]


class Reader(HTMLParser):
    """Collects tables, links, figures, and where text stands."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.links: dict[str, str] = {}
        self.hrefs: list[str] = []
        self.figures: dict[str, str] = {}
        self.badges: list[str] = []
        self.labels: list[str] = []
        self._cell = self._term = self._link = ""
        self._open: str = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "aria-label" in found:
            self.labels.append(found["aria-label"])
        if tag == "table":
            self.tables.append(Table(found.get("aria-label", ""), []))
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in {"td", "th"}:
            self.tables[-1].rows[-1].append("")
            self._open = "cell"
        elif tag in {"dt", "dd"} and found.get("class") != "small":
            self._open = tag
        elif tag == "a":
            self.hrefs.append(found["href"])
            self._link = found["href"]
        if "data-badge" in found:
            self.badges.append(found["data-badge"])

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "dt", "dd"}:
            self._open = ""
        elif tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if self._link and text:
            self.links.setdefault(text, self._link)
        if self._open == "cell":
            row = self.tables[-1].rows[-1]
            row[-1] = f"{row[-1]} {text}".strip()
        elif self._open == "dt" and text:
            self._term = text
        elif self._open == "dd" and text:
            self.figures.setdefault(self._term, text)

    def table(self, label: str) -> Table:
        """The table whose label begins with a text."""
        return next(table for table in self.tables if table.label.startswith(label))


def read_charts(article: str) -> dict[str, dict[str, dict[str, Decimal]]]:
    """What is drawn: numbers by chart, by row and by series, those of 0 left out."""
    charts = {}
    for label, body in re.findall(
        r'<figure class="chart"[^>]* aria-label="([^"]*)">(.*?)</figure>', article, re.DOTALL
    ):
        titles = re.findall(r'data-key="[^"]*">([^<]*)</th>', body) or ["Amount"]
        rows = {}
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL):
            name = re.search(r'<th scope="row">(?:<a[^>]*>)?([^<]*)<', row)
            numbers = map(Decimal, re.findall(r'data-n="([^"]*)"', row))
            if name is not None:
                pairs = zip(titles, numbers, strict=True)
                rows[html.unescape(name[1])] = {title: n for title, n in pairs if n}
        charts[html.unescape(label)] = rows
    return charts


def start(path: Path, **options: Any) -> FlaskClient:
    """Start Fava on a ledger, without a server."""
    return create_app([path], load=True, poll_watcher=True, **options).test_client()


def get(client: FlaskClient, url: str) -> str:
    """Get a page that must be there, and return what stands in its article, without styles."""
    response = client.get(url)
    assert response.status_code == 200, response.text
    _, _, rest = response.text.partition("<article>")
    article, _, _ = rest.partition("</article>")
    assert "Traceback" not in article
    assert "The plugin failed" not in article
    return re.sub(r"<style>.*?</style>", "", article, flags=re.DOTALL)


def read(text: str) -> Reader:
    """Read what stands on a page."""
    reader = Reader()
    reader.feed(text.replace("<wbr>", ""))
    return reader


def visit(client: FlaskClient, url: str) -> Reader:
    """Get a page and read it."""
    return read(get(client, url))


def refuse(client: FlaskClient, url: str, status: int = 400) -> str:
    """Ask an endpoint for what it has to refuse, and return the reason."""
    response = client.get(url)
    assert response.status_code == status, response.text
    assert response.mimetype == "application/json"
    assert response.json is not None
    assert list(response.json) == ["error"]
    return str(response.json["error"])
