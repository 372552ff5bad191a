"""A note → Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beancount_invwd.report.note.blocks import Block
    from beancount_invwd.report.note.note import Note


def write_markdown(note: Note) -> str:
    """Write the whole text."""
    parts = [f"# {note.title}", *map(write_block, note.remarks)]
    for section in note.sections:
        parts += [f"## {section.heading} ({section.paragraph})", *map(write_block, section.blocks)]
    for section in note.annex:
        parts += [f"## {section.heading}", *map(write_block, section.blocks)]
    return "\n\n".join(parts) + "\n"


def write_block(block: Block) -> str:
    """Write a piece of the note; what is left to the author stands in brackets."""
    if block.kind == "table":
        return "\n".join(f"| {' | '.join(line)} |" for line in _list_lines(block))
    if block.kind == "list":
        return "\n".join(f"- {_escape(row[0])}" for row in block.rows)
    text = _escape(block.text)
    if block.kind != "paragraph":
        return f"[{text}]"
    return f"{text} [{_escape(block.doubt)}]" if block.doubt else text


def _list_lines(block: Block) -> Iterator[Sequence[str]]:
    yield [title or " " for title in block.head]
    yield ["---" if i < block.names else "---:" for i in range(len(block.head))]
    for row in block.rows:
        yield [_escape(cell) for cell in row]
    for row in block.totals:
        cells = [_escape(cell) for cell in row]
        name = block.names - 2  # the currency is the last of the names
        yield [*cells[:name], f"**{cells[name]}**", *cells[name + 1 :]]


def _escape(text: str) -> str:
    """Keep the ledger's words from being taken for Markdown or HTML."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return re.sub(r"([\\`|<>\[\]_])", r"\\\1", words)
