"""The parts of the pack → one page of HTML that reads and prints well, and needs nothing else."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.note.html import write_blocks
from beancount_invwd.report.note.note import Note
from beancount_invwd.report.output import html
from beancount_invwd.report.output.cells import show_cell
from beancount_invwd.report.output.html import draw_table, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beancount_invwd.report.output.columns import Column
    from beancount_invwd.report.output.numbers import Numbers
    from beancount_invwd.report.output.tables import Document, Table
    from beancount_invwd.report.pack.parts import Part


_CLASSES = {"date": ' class="date"'}


def write_page(title: str, parts: Sequence[Part], numbers: Numbers) -> str:
    """Write the page.

    Args:
        title: What it is, and of which ledger.
        parts: What it holds, in their order.
        numbers: Writes the numbers.
    """
    body = [f'<section id="{_mark(part)}">{_write_part(part, numbers)}</section>' for part in parts]
    links = [f'<li><a href="#{_mark(part)}">{write_text(part.title)}</a></li>' for part in parts]
    contents = f"<nav><ul>{''.join(links)}</ul></nav><main>"
    return html.write_page(title, [contents, *body, "</main>"])


def _mark(part: Part) -> str:
    return escape(part.name.replace(" ", "-"))


def _write_part(part: Part, numbers: Numbers) -> str:
    title, content = f"<h2>{write_text(part.title)}</h2>", part.content
    lines = (
        write_blocks(content) if isinstance(content, Note) else _write_document(content, numbers)
    )
    return "\n".join([title, *lines])


def _write_document(document: Document, numbers: Numbers) -> Iterator[str]:
    main = document.tables[0]
    totals = [row for table in document.tables if table.role == "totals" for row in table.rows]
    if not main.rows:
        yield f"<p>{write_text(main.empty)}</p>"
    elif main.section:
        for heading, rows in groupby(main.rows, key=main.section.read):
            yield f"<h3>{write_text(str(heading))}</h3>"
            yield _write_table(main, list(rows), [], numbers)
    else:
        yield _write_table(main, main.rows, totals, numbers)
    for table in document.tables:
        if table.role == "apart" and table.rows:
            yield f"<h3>{write_text(table.empty)}</h3>"
            yield _write_table(table, table.rows, [], numbers)
    for text in (*document.notes, *document.warnings):
        yield f"<p>{write_text(text)}</p>"


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
    return draw_table([column.heading for column in columns], classes, lines, sums)
