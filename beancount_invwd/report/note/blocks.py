"""What a note is made of, before it is Markdown or HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from beancount_invwd.ground.words import say

Kind = Literal["paragraph", "gap", "remark", "list", "table"]
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the note.

    Attributes:
        kind: A `gap` is for the author to write, a `remark` for the author to check.
        doubt: What of a paragraph the author has to check, empty for nothing.
        rows: The items of a list, or the lines of a table, of one cell or several.
        head: The titles of a table.
        totals: The last lines of a table.
        names: How many columns of a table hold names, at its left; all others hold numbers.
    """

    kind: Kind
    text: str = ""
    doubt: str = ""
    rows: Rows = ()
    head: Sequence[str] = ()
    totals: Rows = ()
    names: int = 0

    def change(self, words: Callable[[str], str]) -> Block:
        """The same with other words, for whoever hides figures."""

        def change_rows(rows: Rows) -> Rows:
            return [[words(cell) for cell in row] for row in rows]

        texts = words(self.text), words(self.doubt), change_rows(self.rows)
        head, totals = [words(title) for title in self.head], change_rows(self.totals)
        return Block(self.kind, *texts, head, totals, self.names)


def paragraph(text: str, doubt: str = "") -> Block:
    """A sentence or more."""
    return Block("paragraph", text, doubt)


def gap(what: str) -> Block:
    """What is left to the author, since no ledger knows it."""
    return Block("gap", say("to be written by the author: {what}", what=what))


def remark(what: str) -> Block:
    """What the author has to look at."""
    return Block("remark", tell_check(what))


def tell_check(what: str) -> str:
    """What the author has to look at, in words."""
    return say("to be checked by the author: {what}", what=what)
