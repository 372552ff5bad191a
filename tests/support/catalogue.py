"""Words of the source → the catalogues of other languages, by Babel.

    python -m tests.support.catalogue            write what is new into all catalogues, compile them
    python -m tests.support.catalogue --missing  print what is not translated

Words are the arguments of `say`, `translate` (`_` in templates), `plural` and `mark`, in Python and
in the templates of the page. What is gone is taken out; what is new has to be translated by hand.
"""

from __future__ import annotations

import argparse
import ast
import datetime
import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from beancount_invwd.ground.words import DOMAIN, find_catalogues
from beancount_invwd.policy import words
from beancount_invwd.policy.estimates import ESTIMATES
from beancount_invwd.policy.narrations import ADDED, CHANGES, PIECES, TAILS
from beancount_invwd.report.ledger.holdings import LACKS
from beancount_invwd.report.note import requirements
from beancount_invwd.report.output.meanings import CODES, MEANINGS

_NO_CLOCK = datetime.datetime(2026, 11, 30, tzinfo=datetime.timezone.utc)  # same words, same file
PACKAGES = ("beancount_invwd", "fava_ext")
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "say", "translate", "mark")),
    **dict.fromkeys(("plural", "ngettext"), (1, 2)),
}


def extract() -> Catalog:
    """All words of the source."""
    found = Catalog(project="beancount-invwd")
    for text in _list_tables():
        found.add(text)
    for package in PACKAGES:
        folder = _find_folder(package)
        rows = extract_from_dir(folder, METHODS, keywords=KEYWORDS)
        for _file, _line, message, _comments, context in rows:
            found.add(message, context=context)
        for path in sorted(folder.rglob("*.py")):
            for title in _list_titles(path):
                found.add(title)
    return found


def _find_folder(package: str) -> Path:
    """Where the source is: beside the tests, or where it is installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent


def _list_tables() -> Iterator[str]:
    """Words that stand in tables of the source, and are translated where they are shown."""
    yield from (*CHANGES, *ADDED, *TAILS)
    yield from (text for piece in PIECES.values() for text in piece)
    yield from (*MEANINGS.values(), *sorted(CODES), *LACKS.values(), *ESTIMATES.values())
    asked = [row for rows in (*requirements.NOTES.values(), [requirements.ONEROUS]) for row in rows]
    yield from (text for row in asked for text in (row.heading, row.gap) if text)
    yield from (*requirements.FORMULAS.values(), *requirements.OTHERS.values())
    yield from (text for texts in requirements.NOT_ALLOWED.values() for text in texts.values())
    settings = (*words.MEASURES.values(), *words.BASES.values(), *words.REVERSALS.values())
    yield from (text for setting in settings for text in setting)
    yield from (*words.STANDARDS.values(), *words.PERIODS.values(), *words.REASONS.values())
    yield from (text for texts in (words.NRV, *words.VALUES.values()) for text in texts)


def _list_titles(path: Path) -> Iterator[str]:
    """The titles of columns: the second argument of each, and what the page calls it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Column":
            pages = [word.value for word in node.keywords if word.arg == "page"]
            for given in [*node.args[1:2], *pages]:
                if isinstance(given, ast.Constant) and given.value:
                    yield str(given.value)


def list_nested() -> Iterator[str]:
    """Words inside of an f-string, which are only found from Python 3.12 on."""
    for package in PACKAGES:
        for path in sorted(_find_folder(package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            strings = (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))
            for node in (inner for row in strings for inner in ast.walk(row)):
                if not isinstance(node, ast.Call):
                    continue
                is_word = getattr(node.func, "id", "") in KEYWORDS
                if is_word and any(isinstance(given, ast.Constant) for given in node.args):
                    yield f"{path.name}:{node.lineno}"


def list_catalogues() -> list[Path]:
    """The catalogues there are."""
    return sorted(find_catalogues().glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read(path: Path) -> Catalog:
    """Read a catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def list_missing(path: Path) -> Iterator[str]:
    """The words of the source that a catalogue has not, or has not translated."""
    catalogue = read(path)
    for message in extract():
        if message.id:
            known = catalogue.get(message.id)
            texts = known.string if known is not None and not known.fuzzy else ""
            if not all(texts if isinstance(texts, tuple) else (texts,)):
                yield message.id if isinstance(message.id, str) else message.id[0]


def compile_catalogue(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def update(path: Path) -> None:
    """Take new words in and old ones out, and compile."""
    catalogue = read(path)
    catalogue.update(extract(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = _NO_CLOCK
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = "none"
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=False, sort_output=True, no_location=True)
    path.with_suffix(".mo").write_bytes(compile_catalogue(read(path)))


def main() -> None:
    """Update all catalogues, or print what they lack."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.catalogue", description=__doc__)
    parser.add_argument("--missing", action="store_true")
    args = parser.parse_args()
    for path in list_catalogues():
        if not args.missing:
            update(path)
        for message in list_missing(path):
            print(f"{path.parts[-3]}: {message}")


if __name__ == "__main__":
    main()
