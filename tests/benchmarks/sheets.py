"""Sheets of 20,000 lines → the seconds that reading and writing them takes.

    python -m tests.benchmarks.sheets [--lines 20000]

A ledger with as many items is written, loaded and followed once, which is not counted. Then a count
and a price list of all items are read as CSV, XLSX and ODS, and both lists are written as XLSX.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import xlsxwriter
from beancount import loader

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.report.count_list import document_count_sheet, list_to_count
from beancount_invwd.report.output.formats import WRITERS
from beancount_invwd.report.output.numbers import Numbers
from beancount_invwd.report.price_list import document_price_list, list_price_needs
from beancount_invwd.sheets.count import count
from beancount_invwd.sheets.files import read_file
from beancount_invwd.sheets.prices import Asked, read_prices
from tests.support.ods import make_ods

ACCOUNTS = 100  # booking in Beancount takes the longer the more lots an account has
Found = TypeVar("Found")
Rows = Sequence[Sequence[str | float]]


def find_account(number: int) -> str:
    """The account of an item."""
    return f"Assets:Inventory:S{number % ACCOUNTS:02d}"


def follow(lines: int) -> Run:
    """Follow a ledger with as many items, of which a third has no price."""
    text = ["plugin \"beancount_invwd\" \"{'missing_price': 'ignore'}\""]
    text += [f"2024-01-01 open {find_account(number)}" for number in range(ACCOUNTS)]
    text += ["2024-01-01 open Assets:Bank"]
    for number in range(lines):
        text += [
            f'2024-01-05 * "Purchase {number}"',
            f"  {find_account(number)}  10 A{number} {{2 EUR}}",
        ]
        text += ["  Assets:Bank"]
        text += [f"2024-01-31 price A{number} 3.00 EUR"] if number % 3 else []
    entries, errors, options = loader.load_string("\n".join(text))
    assert not errors
    return follow_ledger(entries, options)


def write_files(folder: Path, name: str, rows: Rows) -> list[Path]:
    """Write a sheet in all formats."""
    paths = [folder / f"{name}.{ending}" for ending in ("csv", "xlsx", "ods")]
    paths[0].write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    with xlsxwriter.Workbook(str(paths[1])) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    paths[2].write_bytes(make_ods(rows))
    return paths


def tell(what: str, work: Callable[[], Found]) -> Found:
    """Do some work; print the seconds of the processor that it took."""
    start = time.process_time()
    found = work()
    print(f"{what:<22} {time.process_time() - start:6.2f} s", flush=True)
    return found


def main() -> None:
    """Measure all, and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sheets")
    parser.add_argument("--lines", type=int, default=20_000)
    lines = parser.parse_args().lines
    run, asked = follow(lines), Asked(date(2024, 12, 31))
    items = [f"A{number}" for number in range(lines)]
    counted: Rows = [
        ("account", "commodity", "quantity"),
        *((find_account(i), item, 9) for i, item in enumerate(items)),
    ]
    priced: Rows = [("commodity", "price"), *((item, 2.5) for item in items)]
    with tempfile.TemporaryDirectory() as name:
        for path in write_files(Path(name), "count", counted):
            grid = tell(f"read {path.name}", lambda path=path: read_file(str(path)))  # type: ignore[misc]
            shortages = tell("  count", lambda grid=grid: count(run, grid).shortages)  # type: ignore[misc]
            assert len(shortages) == lines
        for path in write_files(Path(name), "prices", priced):
            grid = tell(f"read {path.name}", lambda path=path: read_file(str(path)))  # type: ignore[misc]
            text = tell("  prices", lambda grid=grid: read_prices(run, grid, asked).write())  # type: ignore[misc]
            assert text.count(" price ") == lines
    numbers = Numbers(run.options_map, {})
    sheet = document_count_sheet(run, list_to_count(run), has_books=True)
    tell("write count.xlsx", lambda: WRITERS["xlsx"](sheet, numbers))
    needs = tell("find prices", lambda: list_price_needs(run))
    listed = document_price_list(run, needs, 30)
    tell("write prices.xlsx", lambda: WRITERS["xlsx"](listed, numbers))


if __name__ == "__main__":
    main()
