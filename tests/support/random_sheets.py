"""Sheets that nobody would fill in → counts and price lists are read without an exception.

Whatever a sheet holds, each line of it is used or told, and what is written can be loaded.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from beancount import loader
from beancount.parser import parser
from hypothesis import strategies as st

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.sheets.count import count
from beancount_invwd.sheets.files import UnreadableError, read_file
from beancount_invwd.sheets.prices import Asked, read_prices
from tests.support.ods import make_ods

LEDGER = """
plugin "beancount_invwd" "{'missing_price': 'ignore'}"
2024-01-01 commodity MUG
  sku: "4711"
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Inventory:Depot "NONE"
2024-01-05 * "Purchase"
  Assets:Inventory:Store  10 MUG {2.00 EUR}
  Assets:Inventory:Store   5 MUG {2.00 EUR, "A-17"}
  Assets:Inventory:Store   4 CUP {1.00 EUR, "=1+1"}
  Assets:Inventory:Depot   3 CUP {1.00 USD}
  Assets:Bank
"""
_LIKELY: dict[str, Sequence[str | float]] = {
    "account": ["Assets:Inventory:Store", "Assets:Inventory:Depot"],
    "commodity": ["MUG", "CUP", "4711"],
    "quantity": [0, 3, "2", "1,5", 9],
    "label": ["", "", "A-17", "=1+1"],
    "price": ["3,50", "2.00", 1.25, 7],
    "currency": ["EUR", "USD", ""],
    "Shelf": ["", 4],
}
_HEADS = list(_LIKELY)
_WORDS = ["Assets:Inventory:Store", "Assets:Inventory:Depot", "Assets:Bank", "MUG", "CUP", "4711"]
_WORDS += ["A-17", "=1+1", "EUR", "USD", "eur", "", " ", "'", '"', "\t", "\x00", "\x1b[31m", "Ⅷ"]
_WORDS += ["7", "3,50", "1.400", "1.400,5", "-1", "1e9", "٣", "9" * 40, "0", "0.0000000000001", "…"]
_WORDS += ["NaN", "#REF!", "2024-12-31", "TRUE", "1;2", "1,2", "a\nb", "a\r\nb"]
_words = st.one_of(st.sampled_from(_WORDS), st.text(max_size=6))
_numbers = st.one_of(st.integers(-9, 99), st.floats(allow_infinity=False, allow_nan=False))
_cells = st.one_of(_words, _numbers)
_lines = st.lists(_cells, max_size=9)
NEW_YEAR: Final = datetime(2024, 1, 1, tzinfo=timezone.utc)
Rows = Sequence[Sequence[Any]]


@st.composite
def _fill_in(draw: st.DrawFn) -> Rows:
    """A sheet that is filled in well, but for a few cells and lines."""
    heads = draw(st.permutations(_HEADS))
    good = st.tuples(*(st.sampled_from(_LIKELY[head]) for head in heads)).map(list)
    rows: list[list[Any]] = draw(st.lists(good, min_size=1, max_size=8))
    for head, odd in draw(st.lists(st.tuples(st.sampled_from(_HEADS), _cells), max_size=5)):
        draw(st.sampled_from(rows))[heads.index(head)] = odd
    return [list(heads), *rows, *draw(st.lists(_lines, max_size=1))]


_grids: st.SearchStrategy[Rows] = _fill_in() | _fill_in() | st.lists(_lines, max_size=9)


def _write_csv(rows: Rows, separator: str, encoding: str) -> bytes:
    lines = (separator.join(str(cell) for cell in row) for row in rows)
    return "\r\n".join(lines).encode(encoding, errors="replace")


def _write_xlsx(rows: Rows) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": NEW_YEAR})  # the same bytes whenever it is written
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            write = sheet.write_string if isinstance(cell, str) else sheet.write_number
            write(number, place, cell)
    book.close()
    return file.getvalue()


def _write_ods(rows: Rows) -> bytes:
    return make_ods([[cell.replace("\x00", "") if isinstance(cell, str) else cell for cell in row]
                     for row in rows])  # fmt: skip


_encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
_files = st.one_of(
    st.builds(_write_csv, _grids, st.sampled_from([",", ";", "\t"]), _encodings),
    _grids.map(_write_xlsx),
    _grids.map(_write_ods),
    st.binary(max_size=60),
)


@st.composite
def _spoil(draw: st.DrawFn) -> bytes:
    """A file of which some bytes changed on the way, or of which the end got lost."""
    content = bytearray(draw(_files))
    for _ in range(draw(st.integers(1, 4)) if content else 0):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


ALL = st.tuples(_files | _spoil())


@cache
def follow() -> Run:
    """The ledger that sheets are read for."""
    entries, errors, options = loader.load_string(LEDGER)
    assert not errors
    return follow_ledger(entries, options)


def check(content: bytes) -> None:
    """Check whatever has to hold of every sheet.

    Raises:
        AssertionError: It does not.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        path.write_bytes(content)
        try:
            grid = read_file(str(path))
        except UnreadableError:
            return
    counted = count(follow(), grid)
    priced = read_prices(follow(), grid, Asked(date(2024, 12, 31)))
    for problem in (*counted.problems, *priced.problems):
        assert str(problem)
    for text in (counted.write(has_balances=True), priced.write()):
        _, errors, _ = parser.parse_string(text)
        assert not errors, errors[0].message
