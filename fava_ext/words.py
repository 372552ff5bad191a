"""The policy in one line; words that hold paragraphs of standards."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from beancount_invwd.ground.words import current_language, mark, say, translate
from beancount_invwd.policy import words
from beancount_invwd.policy.standards import STANDARDS
from beancount_invwd.report.note import requirements as notes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_invwd.engine import Run

_KINDS: Mapping[str, str] = {
    "write-down": mark("Write-downs"),
    "write-off": mark("Write-offs"),
    "reversal": mark("Reversals"),
    "release": mark("Releases"),
    "transfer": mark("Transfers"),
}


_BREAKS = re.compile(r"(?<=/)(?=.)|(?<=:)(?=[^\d\s])|(?=:\d+$)")
_LONG_WORDS = mark("im-pair-ment")
"""Long words of titles in small letters, with hyphens where they may break."""
_SOFT_HYPHEN, _WORD = "\N{SOFT HYPHEN}", re.compile(r"[^\W\d_]+")
_LONGEST_PLACE, _FEWEST_FOLDERS = 40, 3
_SCRIPT: Mapping[str, str] = {
    "answered": mark("Fava answered {status}"),
    "explanation": mark("Explanation of {item}"),
    "close": mark("Close"),
    "done": mark("Copied."),
    "refused": mark("The browser does not allow copying here: select the text."),
    "copied": mark("Copied"),
    "unknown": mark("Not in this list: {items}"),
}


def list_script_words() -> Mapping[str, str]:
    """What the script says, by its keys."""
    return {key: translate(text) for key, text in _SCRIPT.items()}


def name_kinds() -> Mapping[str, str]:
    """What the kinds of movements are called, by their keys."""
    return {kind: translate(name) for kind, name in _KINDS.items()}


def list_citations() -> list[str]:
    """List the project's own words that hold paragraphs: 'IAS 2.9, 2.29, 2.33'."""
    asked = [row for rows in notes.NOTES.values() for row in rows]
    refused = [text for texts in notes.NOT_ALLOWED.values() for text in texts.values()]
    texts = [text for row in asked for text in (row.paragraph, row.gap)]
    sources = (standard.source for standard in STANDARDS.values())
    return [*sources, *texts, *notes.OTHERS.values(), *refused]


def say_escaped(message: str, **values: object) -> Markup:
    """Say something in a template: text is escaped, pieces of the template are not."""
    return escape(translate(message)).format(**values)


def break_words(text: str) -> Markup:
    """Let a name break where a reader would: `Assets:` `Stock`, `books/` `shop.beancount` `:21`."""
    parts = _BREAKS.split(text)
    return Markup("<wbr>").join(parts)


def hyphenate(title: str) -> str:
    """Let the long words of a title break where they may, so that columns can be narrow."""
    return _hyphenate(title, current_language())


@lru_cache(1_000)
def _hyphenate(title: str, _language: str) -> str:
    parts = {word.replace("-", ""): word for word in translate(_LONG_WORDS).split()}
    return _WORD.sub(lambda found: _soften(found[0], parts), title)


def _soften(word: str, parts: Mapping[str, str]) -> str:
    lengths = [len(part) for part in parts.get(word.lower(), "").split("-")]
    ends = [sum(lengths[:count]) for count in range(len(lengths) + 1)]
    return _SOFT_HYPHEN.join(word[start:end] for start, end in pairwise(ends)) or word


def shorten_place(place: str) -> str:
    """A place without the folders in the middle, if its path is long: books/…/shop.beancount:21."""
    folders = place.split("/")
    if len(place) <= _LONGEST_PLACE or len(folders) < _FEWEST_FOLDERS:
        return place
    return f"{folders[0]}/…/{folders[-1]}"


def describe_policy(run: Run) -> str:
    """Say in one line what the plugin does."""
    policy = run.policy
    basis, measure = words.BASES[policy.basis], words.MEASURES[policy.measure]
    parts = [
        translate(words.STANDARDS[policy.standard]),
        say(
            "tests {basis} against {measure}",
            basis=translate(basis.in_line),
            measure=translate(measure.in_line),
        ),
        say("reversals {when}", when=translate(words.REVERSALS[policy.reversals].in_line)),
        translate(words.PERIODS[policy.period]),
    ]
    return " · ".join(parts)
