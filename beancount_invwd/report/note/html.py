"""A note → HTML: its blocks, or a page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.report.output.html import NUMBER, draw_table, write_page, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.report.note.blocks import Block
    from beancount_invwd.report.note.note import Note


def write_html(note: Note) -> str:
    """The note as a page of its own, its annex on sheets of their own."""
    return write_page(note.title, _list_parts(note))


def _list_parts(note: Note) -> Iterator[str]:
    yield f'<main class="note"><section>{chr(10).join(write_blocks(note))}</section>'
    for section in note.annex:
        blocks = "\n".join(map(_write_block, section.blocks))
        yield f"<section><h2>{write_text(section.heading)}</h2>{blocks}</section>"
    yield "</main>"


def write_blocks(note: Note) -> Iterator[str]:
    """What the note says, without its title and its annex."""
    yield from map(_write_block, note.remarks)
    for section in note.sections:
        yield f"<h3>{write_text(section.heading)} ({write_text(section.paragraph)})</h3>"
        yield from map(_write_block, section.blocks)


def _write_block(block: Block) -> str:
    if block.kind == "table":
        classes = [""] * block.names + [NUMBER] * (len(block.head) - block.names)
        return draw_table(block.head, classes, block.rows, block.totals)
    if block.kind == "list":
        return f"<ul>{''.join(f'<li>{write_text(row[0])}</li>' for row in block.rows)}</ul>"
    if block.kind != "paragraph":
        return f'<p class="gap">[{write_text(block.text)}]</p>'
    doubt = f' <span class="check">[{write_text(block.doubt)}]</span>' if block.doubt else ""
    return f"<p>{write_text(block.text)}{doubt}</p>"
