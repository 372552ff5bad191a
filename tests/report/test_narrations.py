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
    english = re.compile(
        r"\b(until|units?|cost|more|less stock|days|evidence|closed|lot|pool|expired|net)\b"
    )
    with speaking("de"):
        own = [text for text in sorted(texts) if " by: " not in text]
        assert [text for text in own if english.search(tell_narration(text))] == []
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
        (
            (
                "Write-down of MUG to net realisable value: 9 units, cost 90.00, NRV 60.00 EUR; "
                "selling cost 0.25 EUR (5% of cost until 2024-12-31); rates by age 10% from 180 "
                "days on, 30% from 365 days on (none until 2024-12-31): 25.00 EUR more"
            ),
            (
                "Wertminderung von MUG auf Nettoveräußerungswert: 9 Stück, Anschaffungskosten "
                "90.00, NVW 60.00 EUR; Vertriebskosten 0.25 EUR (5% der Anschaffungskosten bis "
                "2024-12-31); Abschläge nach Alter 10% ab 180 Tagen, 30% ab 365 Tagen (keine bis "
                "2024-12-31): 25.00 EUR mehr"
            ),
        ),
        (
            (
                "Write-down of MUG to net realisable value: 9 units, cost 90.00, NRV 60.00 EUR; "
                "age of prices 90 days (none until 2024-12-31); a loss of 5.00 EUR of the period "
                "closed on 2024-12-31 is set off in it"
            ),
            (
                "Wertminderung von MUG auf Nettoveräußerungswert: 9 Stück, Anschaffungskosten "
                "90.00, NVW 60.00 EUR; Alter der Preise 90 Tage (keine bis 2024-12-31); "
                "ein Verlust von 5.00 EUR der am 2024-12-31 abgeschlossenen Periode ist darin "
                "verrechnet"
            ),
        ),
        ("What a user wrote; and more", "What a user wrote; and more"),
    ],
)
def test_words_of_users_stay(english: str, german: str) -> None:
    assert tell_narration(english) == english
    with speaking("de"):
        assert tell_narration(english) == german
