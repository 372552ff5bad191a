"""English words of reports and the page → those of the reader's language, by gettext.

    say("Write-downs")                           'Wertminderungen' while German is spoken
    say("lost on {day}", day="2024-01-31")       words around figures, which stay as they are
    plural("{count} item", "{count} items", 12)  to be formatted

The words of the source are English and are the keys of the catalogues, which stand beside the page
(`fava_ext/translations`); a language is a folder there. What the plugin writes into the books is
English always: only reports speak another language, for as long as `speaking` lasts.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from gettext import NullTranslations
    from pathlib import Path

ENGLISH = "en"
DOMAIN = "beancount_invwd"
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def find_catalogues() -> Path:
    """The folder of the catalogues."""
    from pathlib import Path  # noqa: PLC0415 (not on the way of bean-check: it takes 8 ms)

    return Path(__file__).resolve().parents[2] / "fava_ext" / "translations"


def list_languages() -> list[str]:
    """The languages that can be spoken: English, and each that has a catalogue."""
    found = find_catalogues().glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return [ENGLISH, *sorted(path.parts[-3] for path in found)]


def find_language(wanted: str) -> str:
    """The language for a locale such as `de_AT`; English if there is no catalogue for it."""
    language = wanted.replace("-", "_").partition("_")[0].lower()
    return language if language in list_languages() else ENGLISH


def current_language() -> str:
    """The language that is spoken."""
    return _language.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language, one of `list_languages`, for a while."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def translate(message: str) -> str:
    """The words in the language that is spoken."""
    language = _language.get()
    return message if language == ENGLISH else _load(language).gettext(message)


def say(message: str, **values: object) -> str:
    """The same with values in place of what stands in braces."""
    return translate(message).format(**values)


def plural(one: str, many: str, count: int) -> str:
    """The words for so many things; the count stands in braces, to be formatted."""
    language = _language.get()
    if language == ENGLISH:
        return one if count == 1 else many
    return _load(language).ngettext(one, many, count)


def mark(message: str) -> str:
    """Words that are translated later, where they are shown: only named here for the catalogue."""
    return message


@cache
def _load(language: str) -> NullTranslations:
    import gettext  # noqa: PLC0415 (not on the way of bean-check)

    return gettext.translation(DOMAIN, find_catalogues(), [language])
