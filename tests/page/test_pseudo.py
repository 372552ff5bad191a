"""No view and no command has an untranslated word: a language puts ⟦…⟧ around all it knows.

What stands outside is a name or code of the ledger, or is listed here with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from gettext import NullTranslations
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from click.testing import CliRunner

from beancount_invwd.cli.commands import main
from beancount_invwd.ground import words
from fava_ext.views.index import VIEWS
from tests.support.fava_pages import EXAMPLE, start

_ATTRIBUTES = {
    "title",
    "aria-label",
    "alt",
    "placeholder",
    "data-title",
    "data-drawn",
    "data-point",
}
_UNSEEN = {"style", "script", "pre", "code"}  # code: directives and settings as they are typed
_WORD = re.compile(r"[^\W\d_]{2,}")


class Pseudo(NullTranslations):
    """Knows every word."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@pytest.fixture(autouse=True)
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_load", lambda _language: Pseudo())


class Reader(HTMLParser):
    """All that a person sees or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_quoted = ("class", "words") in attrs  # an error of bean-check, which is English
        self._unseen += tag in _UNSEEN or (tag == "span" and (is_quoted or self._unseen > 0))
        self.texts += [value or "" for name, value in attrs if name in _ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN or (tag == "span" and self._unseen > 0)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.texts.append(data)


def find_leaks(text: str, known: set[str]) -> list[str]:
    """The words outside of all ⟦…⟧ that are not known."""
    while (shorter := re.sub("⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = shorter
    return sorted({word for word in _WORD.findall(text) if word not in known})


def list_names(path: Path) -> set[str]:
    """The words that the user has written: of accounts, commodities, texts and metadata."""
    entries, _, options = loader.load_file(str(path))
    texts = [options["title"], path.name, "option"]
    for entry in entries:
        if "invwd" not in (getattr(entry, "tags", None) or ()):
            texts += map(str, _list_values(entry))
    return {word for text in texts for word in _WORD.findall(text)}


def _list_values(entry: Any) -> Iterator[Any]:
    for value in entry:
        if isinstance(value, list) and value and hasattr(value[0], "account"):
            for posting in value:
                yield from (posting.account, posting.units, posting.cost, posting.meta)
        elif isinstance(value, dict):
            yield from (pair for pair in value.items() if not pair[0].startswith("_"))
        else:
            yield value


_NAMES = {
    *("CSV", "XLSX", "JSON", "HTML", "Markdown", "HEAD"),  # formats and git
    *("IAS", "FRS", "ASPE", "ASC", "HGB"),  # standards
    *("price", "standard", "basis", "reversals", "none", "hgb"),  # settings, as they are typed
    *("beancount", "old", "new"),  # of files
}


_SMALL = """
option "title" "Qq"
option "operating_currency" "EUR"
plugin "beancount_invwd"
1970-01-01 custom "fava-extension" "fava_ext"
2023-01-01 open Assets:Inventory:Qa
2023-01-01 open Assets:Inventory:Qb
2023-01-01 open Assets:Qc
2023-01-01 open Income:Qd
2023-01-01 open Expenses:COGS
2023-01-01 commodity QMUG
  category: "qcat"
  invwd-selling-cost: "8%"
2023-01-01 commodity QJAM
2023-01-01 commodity QPEN
2023-01-05 price QMUG 12.00 EUR
2023-01-05 price QJAM 4.00 EUR
2024-01-05 * "Qe" "Qf"
  Assets:Inventory:Qa   100 QMUG {10.00 EUR, "ql"}
  Assets:Inventory:Qa    50 QJAM {3.00 EUR}
    expires: 2024-12-20
  Assets:Inventory:Qb    20 QPEN {2.00 EUR}
  Assets:Qc
2024-03-31 price QMUG 9.00 EUR
2024-03-31 price QJAM 4.00 EUR
2024-05-05 * "Qe" "Qg"
  Assets:Inventory:Qa   -40 QMUG {}
  Expenses:COGS
  Assets:Qc             300.00 EUR
  Income:Qd            -300.00 EUR
2024-06-30 price QMUG 9.90 EUR
2024-07-05 * "Qe" "Qh"
  Assets:Inventory:Qa   -10 QMUG {}
  Assets:Inventory:Qb    10 QMUG {10.00 EUR, 2024-01-05, "ql"}
2024-08-01 custom "invwd-nrv" QMUG "x"
2024-09-01 custom "invwd-nrv" "QJAM" 1.00 EUR "damaged" "qi"
2024-12-05 price QMUG 9.50 EUR
"""


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_of_a_ledger_with_errors_has_one(view: str, tmp_path: Path) -> None:
    path = tmp_path / "qq.beancount"
    path.write_text(_SMALL, encoding="utf-8")
    assert _find_leaks_of(path, f"/qq/extension/Impairment/?view={view}&item=QMUG") == []


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_has_an_untranslated_word(view: str) -> None:
    url = f"/harbour-lane-goods/extension/Impairment/?view={view}&item=LAMP"
    assert _find_leaks_of(EXAMPLE, url) == []


def _find_leaks_of(path: Path, url: str) -> list[str]:
    reader, response = Reader(), start(path).get(url, headers={"Accept-Language": "de"})
    article = response.text.partition("<article>")[2].partition("</article>")[0]
    assert "⟦" in article
    reader.feed(article.replace("<wbr>", ""))
    return find_leaks("\n".join(reader.texts), _NAMES | list_names(path))


_ENGLISH = {"book", "example", "init"}  # what they write is a ledger
_DIRECTIVE = re.compile(
    r"^(?:  .*|(?:;; )?\d{4}-\d\d-\d\d (?:price|open|custom|\*) .*)$", re.MULTILINE
)
_ARGUMENTS = {
    "compare": ["--with", "price=-10%", "--with", "standard=hgb"],
    "explain": ["LAMP"],
    "lookback": ["--as-of", "2023-12-31"],
}
COMMANDS = [
    name
    for name, row in main.commands.items()
    if any(option.name == "language" for option in row.params) and name not in _ENGLISH
]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_has_an_untranslated_word(name: str, tmp_path: Path) -> None:
    arguments = [str(EXAMPLE), *_ARGUMENTS.get(name, ())]
    if name == "diff":
        old, new = tmp_path / "old.beancount", tmp_path / "new.beancount"
        text = EXAMPLE.read_text(encoding="utf-8")
        new.write_text(text, encoding="utf-8")
        old.write_text(re.sub(r"(price LAMP +)25", r"\g<1>24", text), encoding="utf-8")
        arguments = [str(old), str(new)]
    if name == "pack":
        arguments += ["--through", "2024-12-31", "--output", str(tmp_path / "pack.html")]
    found = CliRunner().invoke(main, [name, *arguments, "--language", "de"])
    assert found.exit_code in {0, 1}, found.output
    texts = [found.output if found.exit_code or name != "pack" else ""]
    told = "\n".join(_DIRECTIVE.sub("", text) for text in texts)
    assert find_leaks(told, _NAMES | list_names(EXAMPLE)) == [], found.output
