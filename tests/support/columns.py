"""Columns of every export → `beancount_invwd/COLUMNS.md`, for whoever reads CSV, JSON or XLSX.

    python -m tests.support.columns

Each command is run on the example, and what it hands to the writers is listed; a test holds that
the file is up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner

from beancount_invwd.cli.commands import main as invwd
from beancount_invwd.report.output import formats
from beancount_invwd.report.output.columns import Column
from beancount_invwd.report.output.tables import Document, Table

ROOT = Path(__file__).parents[2]
FILE = ROOT / "beancount_invwd" / "COLUMNS.md"
CALLS = {
    "report": "--by lot",
    "report ": "--by item",
    "rollforward": "--by item",
    "rollforward ": "--by cause",
    "risk": "",
    "compare": "--with standard=hgb",
    "explain": "LAMP",
    "todo": "",
    "prices": "--within 400",
    "count": "",
    "audit": "",
    "lookback": "--as-of 2023-12-31",
    "diff": "",
}
KINDS = {
    "money": "amount, in the currency of the row",
    "change": "amount, with a sign",
    "exact": "number, not rounded",
    "price": "per unit",
    "days": "whole number",
    "share": "share of 1",
    "date": "date",
}
HEAD = """# Columns

What tables hold, by command, as `--format csv`, `json` and `xlsx` name it. CSV has the first table
of each, JSON all that have rows under their names, XLSX a sheet for each. Numbers of JSON are
strings with all their digits, dates are ISO. New columns may come; those that are here stay.
Written by `python -m tests.support.columns`.
"""


def capture(command: str, options: str) -> Document:
    """The document that a command makes of the example."""
    found: list[Document] = []

    def keep(document: Document, _numbers: Any) -> str:
        found.append(document)
        return ""

    example = str(ROOT / "example.beancount")
    files = [example, example] if command == "diff" else [example]
    with patch.dict(formats.WRITERS, json=keep):
        result = CliRunner().invoke(invwd, [command, *files, *options.split(), "--format", "json"])
    assert found, (command, result.output)
    return found[0]


def describe() -> str:
    """The whole file."""
    lines = [HEAD]
    for command, options in CALLS.items():
        lines.append(f"\n## `{f'{command.strip()} {options}'.strip()}`\n")
        for table in capture(command.strip(), options).tables:
            if table.role != "extra":
                lines += _describe_table(table)
    return "\n".join(lines) + "\n"


def _describe_table(table: Table) -> Iterator[str]:
    yield f"`{table.name}`:\n"
    yield "| column | holds | what it is |"
    yield "| --- | --- | --- |"
    for column in table.columns:
        yield f"| `{column.key}` | {KINDS.get(column.kind, 'text')} | {_tell(column)} |"
    yield ""


def _tell(column: Column) -> str:
    about = column.about or column.heading
    return about.replace("|", "\\|")


if __name__ == "__main__":
    FILE.write_text(describe(), encoding="utf-8")
