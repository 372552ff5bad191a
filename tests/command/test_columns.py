"""COLUMNS.md names every column of every export."""

from __future__ import annotations

from tests.support import columns


def test_columns_are_as_the_commands_have_them() -> None:
    """Write the file anew with `python -m tests.support.columns`."""
    assert columns.FILE.read_text(encoding="utf-8") == columns.describe()
