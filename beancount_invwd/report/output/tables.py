"""Rows of a report → a document: tables whose columns know what they hold.

The names of the columns are the keys of the JSON output. Faces turn documents into text, CSV, JSON
and XLSX; nothing is formatted here.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["text", "date", "money", "exact", "share"]
Role = Literal["main", "totals", "extra"]
Cell = str | int | Decimal | datetime.date | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        kind: `money` is rounded to the decimals of the row's `currency`, `exact` is not.
        in_text: Text leaves columns out that are empty, those that are rare if all is 0 as well.
    """

    key: str
    title: str
    kind: Kind = "text"
    in_text: Literal["always", "rare", "never"] = "always"


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: The key in JSON, the sheet in XLSX.
        rows: Cells by the keys of the columns.
        role: The main table is all that CSV holds; totals stand below it in text; an extra
            table is not in JSON.
        section: The column whose values become headings in text, empty for none.
        empty: What text says if there are no rows.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Cell]]
    role: Role = "main"
    section: str = ""
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


def pick(row: object, columns: Sequence[Column]) -> dict[str, Cell]:
    """Take the cells of a row that has attributes of the columns' names."""
    return {column.key: getattr(row, column.key) for column in columns}
