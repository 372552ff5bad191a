"""Narrations in the language that is spoken: every sentence of the plugin is known again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from beancount_invwd.ground.words import speaking
from beancount_invwd.report.output.narrations import tell_narration

CASES = Path(__file__).parents[1] / "cases"


def test_every_narration_of_the_cases_is_german() -> None:
    texts = {
        text.replace('\\"', '"')
        for path in sorted(CASES.rglob("*.beancount"))
        for text in re.findall(
            r'\* "(.*)" #invwd\n', path.read_text(encoding="utf-8").partition("* Expected")[2]
        )
    }
    assert len(texts) > 100
    with speaking("de"):
        assert [text for text in sorted(texts) if tell_narration(text) == text] == []


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "Write-off of MUG: 3 units, cost 30.00 EUR, nothing left",
            "Vollabschreibung von MUG: 3 Stück, Anschaffungskosten 30.00 EUR, nichts übrig",
        ),
        (
            "Release of write-down of MUG of Shop: 1 unit by: Bo | A mug; as a gift",
            "Auflösung der Wertminderung von MUG von Shop: 1 Stück durch: Bo | A mug; as a gift",
        ),
        ("What a user wrote", "What a user wrote"),
    ],
)
def test_words_of_users_stay(english: str, german: str) -> None:
    assert tell_narration(english) == english
    with speaking("de"):
        assert tell_narration(english) == german
