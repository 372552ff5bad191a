"""Files of a ledger → the texts of its directives, so that two versions can be held side by side.

What was booked depends on other directives (a sale takes the cost of a purchase), the text does
not: so a changed purchase is one directive that changed, not that and all sales of its goods.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_START = re.compile(
    r"\d{4}[-/]\d\d?[-/]\d\d?\s|(?:plugin|option|include|(?:push|pop)(?:tag|meta))\b"
)
_DATED = re.compile(r"\d{4}[-/]\d\d?[-/]\d\d?")
_NAMED = {"price", "commodity", "open", "close", "pad", "balance", "custom", "plugin", "option"}


class Text(NamedTuple):
    """A directive as it stands in a file.

    Attributes:
        file: The file as Beancount names it.
        line: Its first line, from 1.
        words: Its words, however they are spaced, without lines that are comments.
    """

    file: str
    line: int
    words: str

    @property
    def kind(self) -> str:
        """The word that says what it is; `txn` of a transaction."""
        first, _, rest = self.words.partition(" ")
        word = rest.partition(" ")[0] if _DATED.fullmatch(first) else first
        return word if word.isalpha() else "txn"

    @property
    def subject(self) -> tuple[str, ...]:
        """What makes two texts versions of the same directive."""
        words = self.words.split(" ")
        if self.kind not in _NAMED:
            return (self.kind, self.words.partition("\n")[0])
        return (
            self.kind,
            *words[: 4 if self.kind == "custom" else 3 if words[0][0].isdigit() else 2],
        )


def list_texts(options_map: Mapping[str, Any]) -> list[Text]:
    """List the directives of all files of a ledger; a file that cannot be read has none."""
    names = dict.fromkeys((options_map["filename"], *options_map["include"]))
    return [text for name in sorted(names) for text in _read(str(name))]


def _read(name: str) -> Iterator[Text]:
    path = Path(name)
    if not path.is_file():
        return
    start, words = 0, list[str]()
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        if _START.match(line):
            if words:
                yield Text(name, start, "\n".join(words))
            start, words = number, [_normalise(line)]
        elif words and line[:1].isspace() and (text := _normalise(line)) and text[0] != ";":
            words.append(text)
    if words:
        yield Text(name, start, "\n".join(words))


def _normalise(line: str) -> str:
    return " ".join(line.split())


def list_changed(old: Sequence[Text], new: Sequence[Text]) -> list[tuple[Text | None, Text | None]]:
    """Pair what only one version has: both of what changed, one of what was removed or added."""
    removed, added = _minus(old, new), _minus(new, old)
    before: dict[tuple[str, ...], list[Text]] = {}
    for text in removed:
        before.setdefault(text.subject, []).append(text)
    pairs: list[tuple[Text | None, Text | None]] = []
    for text in added:
        same = before.get(text.subject)
        pairs.append((same.pop(0) if same else None, text))
    pairs += [(text, None) for left in before.values() for text in left]
    return pairs


def _minus(more: Sequence[Text], less: Sequence[Text]) -> list[Text]:
    """The texts of one version that the other has not, wherever they stand."""
    left = Counter(text.words for text in less)
    rest = []
    for text in more:
        if left[text.words]:
            left[text.words] -= 1
        else:
            rest.append(text)
    return rest
