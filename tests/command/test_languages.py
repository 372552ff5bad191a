"""Words in other languages: catalogues are whole, up to date, and keep what stands in braces."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from beancount_invwd.cli.commands import main
from beancount_invwd.ground.words import find_language, list_languages, plural, speaking, translate
from tests.support import catalogue

CATALOGUES = catalogue.list_catalogues()


def name(path: Path) -> str:
    return path.parts[-3]


def find_names(text: Any) -> set[str]:
    """The names in braces of a text, of the last one if it has a singular and a plural."""
    last: str = text[-1] if isinstance(text, tuple | list) else text
    return set(re.findall(r"{(\w*)", last))


def test_there_is_german() -> None:
    assert list_languages() == ["en", "de"]
    assert [name(path) for path in CATALOGUES] == ["de"]


def test_no_word_stands_inside_of_an_f_string() -> None:
    assert list(catalogue.list_nested()) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_every_word_is_translated(path: Path) -> None:
    """Write new ones by `python -m tests.support.catalogue`, and translate them."""
    assert list(catalogue.list_missing(path)) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_nothing_is_left_of_words_that_are_gone(path: Path) -> None:
    known = {message.id for message in catalogue.extract()}
    assert [message.id for message in catalogue.read(path) if message.id not in known] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    compiled = catalogue.compile_catalogue(catalogue.read(path))
    assert path.with_suffix(".mo").read_bytes() == compiled


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_what_stands_in_braces_is_kept(path: Path) -> None:
    for message in catalogue.read(path):
        wanted = find_names(message.id)
        if message.id and wanted:
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            assert [find_names(text) for text in texts] == [wanted] * len(texts), message.id


def test_a_language_is_spoken_for_a_while() -> None:
    assert translate("Write-downs") == "Write-downs"
    assert plural("{count} item", "{count} items", 1) == "{count} item"
    with speaking("de"):
        assert translate("no such words") == "no such words"
    assert [find_language(wanted) for wanted in ("de", "de_AT", "DE-CH", "fr", "")] == [
        *["de"] * 3,
        *["en"] * 2,
    ]


def test_a_report_in_english_is_what_it_is_without_the_option() -> None:
    call = ["report", "example.beancount"]
    plain = CliRunner().invoke(main, call)
    assert CliRunner().invoke(main, [*call, "--language", "en"]).output == plain.output
    assert CliRunner().invoke(main, [*call, "--language", "xx"]).exit_code == 2
