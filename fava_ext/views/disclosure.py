"""The note to the accounts, which is Markdown → blocks that the template shows.

Only what `beancount_invwd.report.note.note` writes is read: paragraphs, lists, tables, and gaps for
the author in square brackets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from beancount_invwd.report.note.note import Note


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a gap that the author has to fill, a list, or a table.

    Attributes:
        rows: Cells by line; the first line of a table is its head.
        numbers: Which columns of a table hold numbers.
    """

    kind: Literal["text", "gap", "list", "table"]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[bool] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """A paragraph of the standard and what the note says to it."""

    heading: str
    paragraph: str
    blocks: Sequence[Block]


def read_note(note: Note, mask: Callable[[str], str]) -> list[Chapter]:
    """Read a note; `mask` hides figures."""
    return [
        Chapter(
            section.heading,
            section.paragraph,
            [block for line in section.lines for block in _read_blocks(mask(line))],
        )
        for section in note.sections
    ]


def read_remarks(note: Note, mask: Callable[[str], str]) -> list[Block]:
    """Read what stands before the first paragraph; `mask` hides figures."""
    return [block for line in note.remarks for block in _read_blocks(mask(line))]


def _read_blocks(text: str) -> list[Block]:
    lines = [line for line in text.split("\n") if line]
    if not lines:
        return []
    if lines[0].startswith("|"):
        head, rule, *rows = [_split(line) for line in lines]
        numbers = [mark.endswith(":") for mark in rule]
        return [Block("table", [head, *rows], numbers)]
    if lines[0].startswith("- "):
        return [Block("list", [[_plain(line[2:])] for line in lines])]
    return [
        Block("gap" if part.startswith("[to be ") else "text", [[_plain(part)]])
        for part in _GAP.split(text)
        if part.strip()
    ]


_GAP = re.compile(r"(\[to be [^\]]*\])")


def _split(line: str) -> list[str]:
    """The cells of a line; a bar with a backslash before it is none of its own."""
    cells = re.split(r"(?<!\\)\|", line)[1:-1]
    return [_plain(cell.strip()) for cell in cells]


def _plain(text: str) -> str:
    """Take backslashes and stars off."""
    return re.sub(r"\\([\\`|<>\[\]_])", r"\1", text.replace("**", "")).strip()
