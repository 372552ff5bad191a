"""The parts of the pack → one page of HTML that reads and prints well, and needs nothing else."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.note.note import Note
from beancount_invwd.report.output.cells import clean, show_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beancount_invwd.report.note.blocks import Block, Rows
    from beancount_invwd.report.output.columns import Column
    from beancount_invwd.report.output.numbers import Numbers
    from beancount_invwd.report.output.tables import Document, Table
    from beancount_invwd.report.pack.parts import Part

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem;
  color: #1b1b1b; background: #fff; }
h1 { font-size: 1.6rem }
h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid #999 }
h3 { font-size: 1rem; margin-bottom: .3rem }
nav ul { columns: 3; padding-left: 1.2rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .85rem; margin: .6rem 0 }
th, td { padding: .15rem .6rem .15rem 0; text-align: left; vertical-align: top }
th { border-bottom: 1px solid #666 } tfoot td { border-top: 1px solid #666; font-weight: 600 }
.num { text-align: right; font-variant-numeric: tabular-nums } .num, .date { white-space: nowrap }
.gap, .check { background: #fff3c4; padding: .1rem .4rem }
@media (prefers-color-scheme: dark) { @media screen {
  body { color: #e6e6e6; background: #16181b }
  .gap, .check { background: #4a3d08 } a { color: #8ab4f8 }
} }
@media print {
  body { font-size: 10px; max-width: none; margin: 0; padding: 0 }
  nav { display: none } section { break-before: page } section:first-of-type { break-before: auto }
  .wide { overflow: visible } tr, h2, h3 { break-inside: avoid } h2, h3 { break-after: avoid }
  thead { display: table-header-group } tfoot { display: table-row-group }
}
@page { size: A4 landscape; margin: 12mm }
"""

_CLASSES = {"date": ' class="date"'}


def write_page(title: str, language: str, parts: Sequence[Part], numbers: Numbers) -> str:
    """Write the page.

    Args:
        title: What it is, and of which ledger.
        language: The language of its words, such as `en`.
        parts: What it holds, in their order.
        numbers: Writes the numbers.
    """
    body = [f'<section id="{_mark(part)}">{_write_part(part, numbers)}</section>' for part in parts]
    links = [f'<li><a href="#{_mark(part)}">{_text(part.title)}</a></li>' for part in parts]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{escape(language)}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_text(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{_text(title)}</h1><nav><ul>{''.join(links)}</ul></nav><main>",
            *body,
            "</main></body></html>\n",
        ]
    )


def _mark(part: Part) -> str:
    return escape(part.name.replace(" ", "-"))


def _text(text: str) -> str:
    return escape(clean(text))


def _write_part(part: Part, numbers: Numbers) -> str:
    title, content = f"<h2>{_text(part.title)}</h2>", part.content
    lines = _write_note(content) if isinstance(content, Note) else _write_document(content, numbers)
    return "\n".join([title, *lines])


def _write_note(note: Note) -> Iterator[str]:
    yield from map(_write_block, note.remarks)
    for section in note.sections:
        yield f"<h3>{_text(section.heading)} ({_text(section.paragraph)})</h3>"
        yield from map(_write_block, section.blocks)


def _write_block(block: Block) -> str:
    if block.kind == "table":
        classes = [""] * block.names + [' class="num"'] * (len(block.head) - block.names)
        return _draw(block.head, classes, block.rows, block.totals)
    if block.kind == "list":
        return f"<ul>{''.join(f'<li>{_text(row[0])}</li>' for row in block.rows)}</ul>"
    if block.kind != "paragraph":
        return f'<p class="gap">[{_text(block.text)}]</p>'
    doubt = f' <span class="check">[{_text(block.doubt)}]</span>' if block.doubt else ""
    return f"<p>{_text(block.text)}{doubt}</p>"


def _draw(head: Sequence[str], classes: Sequence[str], rows: Rows, totals: Rows) -> str:
    def line(cells: Sequence[str], tag: str = "td") -> str:
        parts = zip(cells, classes, strict=True)
        return f"<tr>{''.join(f'<{tag}{name}>{_text(cell)}</{tag}>' for cell, name in parts)}</tr>"

    foot = f"<tfoot>{''.join(map(line, totals))}</tfoot>" if totals else ""
    body = "\n".join(map(line, rows))
    return (
        f'<div class="wide"><table><thead>{line(head, "th")}</thead>\n'
        f"<tbody>{body}</tbody>{foot}</table></div>"
    )


def _write_document(document: Document, numbers: Numbers) -> Iterator[str]:
    main = document.tables[0]
    totals = [row for table in document.tables if table.role == "totals" for row in table.rows]
    if not main.rows:
        yield f"<p>{_text(main.empty)}</p>"
    elif main.section:
        for heading, rows in groupby(main.rows, key=main.section.read):
            yield f"<h3>{_text(str(heading))}</h3>"
            yield _write_table(main, list(rows), [], numbers)
    else:
        yield _write_table(main, main.rows, totals, numbers)
    for table in document.tables:
        if table.role == "apart" and table.rows:
            yield f"<h3>{_text(table.empty)}</h3>"
            yield _write_table(table, table.rows, [], numbers)
    for text in (*document.notes, *document.warnings):
        yield f"<p>{_text(text)}</p>"


def _write_table(table: Table, rows: Sequence[Any], totals: Sequence[Any], numbers: Numbers) -> str:
    def is_told(column: Column) -> bool:
        cells = [column.read(row) for row in (*rows, *totals)]
        return column != table.section and any(cell not in {None, ""} for cell in cells)

    columns = [column for column in table.columns if is_told(column)]
    lines, sums = (
        [[show_cell(row, column, numbers) for column in columns] for row in some]
        for some in (rows, totals)
    )
    classes = [_CLASSES.get(column.kind, ' class="num"' * column.is_number) for column in columns]
    return _draw([column.heading for column in columns], classes, lines, sums)
