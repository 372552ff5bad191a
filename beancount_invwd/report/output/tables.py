"""Rows of a report → a document: tables, and sentences below them.

Faces turn documents into text, CSV, JSON and XLSX, and rows into the tables of the page; nothing is
formatted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from beancount_invwd.report.output.columns import Cell, Column

Role = Literal["main", "totals", "notices", "apart", "extra"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: The key in JSON, the sheet in XLSX.
        rows: What the columns take their cells from.
        role: The main table is all that CSV holds; totals stand below it in text; of notices text
            tells in sentences; one apart follows in text and in JSON, if it has rows; an extra
            table is not in JSON.
        section: The column whose values become headings in text, None for none.
        empty: What text says if there are no rows.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Any]
    role: Role = "main"
    section: Column | None = None
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A report, ready to be written.

    Attributes:
        title: The first line of text.
        facts: What the JSON says besides the tables.
        tables: The main one first.
        notes: Sentences below the tables.
        warnings: Notes that a reader must not miss; formats without notes need them elsewhere.
        data: JSON in place of facts and tables, if these do not fit.
    """

    title: str
    facts: Mapping[str, Cell]
    tables: Sequence[Table]
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    data: Mapping[str, Any] | None = field(default=None)
