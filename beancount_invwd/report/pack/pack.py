"""A ledger → one ZIP file for the accountant: a page to read and print, and a workbook.

The same ledger gives the same bytes: no clock, no order but that of the parts.
"""

from __future__ import annotations

import io
import zipfile
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.engine import collector_paused
from beancount_invwd.ground.words import say
from beancount_invwd.report.note.note import Note
from beancount_invwd.report.output.columns import Column
from beancount_invwd.report.output.numbers import make_numbers
from beancount_invwd.report.output.tables import Document, Table
from beancount_invwd.report.output.workbook import write_xlsx
from beancount_invwd.report.pack.page import write_page
from beancount_invwd.report.pack.parts import list_parts, name_sheets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beancount_invwd.engine import Run

_MADE = (1980, 1, 1, 0, 0, 0)  # the first day that a ZIP file can name


def pack(run: Run) -> bytes:
    """Pack all reports of the fiscal year up to the date of a run.

    Args:
        run: The state at the end of the period.

    Returns:
        A ZIP file with `inventory-DATE.html` and `inventory-DATE.xlsx`.
    """
    with collector_paused():  # hardly any of so many cells is garbage
        return _pack(run)


def _pack(run: Run) -> bytes:
    parts, numbers = list_parts(run), make_numbers(run)
    title = say("Inventories on {as_of}", as_of=run.as_of)
    if name := str(run.options_map.get("title") or ""):
        title = f"{name}: {title}"
    note = next(part.content for part in parts if isinstance(part.content, Note))
    sheets = Document(title, {}, [_sheet_of_note(note), *name_sheets(parts)])
    return _zip(
        {
            f"inventory-{run.as_of}.html": write_page(title, parts, numbers).encode(),
            f"inventory-{run.as_of}.xlsx": write_xlsx(sheets, numbers, is_to_read=True),
        }
    )


class _Line(NamedTuple):
    """A line of the note as the sheet has it: a sentence, or the cells of a table."""

    section: str
    cells: Sequence[str]

    def read(self, place: int) -> str:
        """The cell at a place."""
        return self.cells[place] if place < len(self.cells) else ""


def _sheet_of_note(note: Note) -> Table:
    lines = list(_list_lines(note))
    most = max((len(line.cells) for line in lines), default=1)
    columns = [
        Column("section", "section"),
        Column("text", "text", get=partial(_Line.read, place=0)),
        *(Column(f"text {i}", "", get=partial(_Line.read, place=i)) for i in range(1, most)),
    ]
    return Table("note", columns, lines)


def _list_lines(note: Note) -> Iterator[_Line]:
    for block in note.remarks:
        yield _Line("", [f"[{block.text}]"])
    for section in note.sections:
        heading = f"{section.heading} ({section.paragraph})"
        for block in section.blocks:
            for text in (block.text, block.doubt and f"[{block.doubt}]"):
                if text:
                    is_remark = block.kind in {"gap", "remark"}
                    yield _Line(heading, [f"[{text}]" if is_remark else text])
            for row in (block.head, *block.rows, *block.totals):
                if row:
                    yield _Line(heading, row)


def _zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            about = zipfile.ZipInfo(name, _MADE)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o644 << 16
            archive.writestr(about, text)
    return content.getvalue()
