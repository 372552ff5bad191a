"""The command of a count: a sheet to fill in, and what is missing by it."""

from __future__ import annotations

from typing import Any

import click

from beancount_invwd.cli.console import (
    check_format,
    finish,
    hand_over,
    load,
    read_date,
    read_sheet_file,
    write,
)
from beancount_invwd.cli.options import FORMAT, LEDGER, OUTPUT, Day
from beancount_invwd.engine import find_end, list_own
from beancount_invwd.report.count_list import document_count_sheet, list_to_count
from beancount_invwd.sheets.count import count as count_sheet

_LEFT = {"sheet", "unknown", "surplus", "unsettled"}  # kinds of problems that are left to settle


@click.command()
@LEDGER
@click.argument("sheet", type=click.Path(exists=True, dir_okay=False), required=False)
@click.option("--date", callback=read_date, metavar="DATE", help="The day of the count.")
@click.option("--balances", is_flag=True, help="Add balance assertions of what was counted.")
@click.option("--show-books", is_flag=True, help="Print the sheet with the books' quantities.")
@FORMAT
@OUTPUT
def count(ledger: str, sheet: str | None, style: str, output: str | None, **asked: Any) -> None:
    """Print a count sheet; or compare one with the books: what is missing, to append.

    A SHEET (CSV, XLSX or ODS) has the columns account, commodity, quantity and perhaps label; what
    `report --by lot` wrote is one as well. Surpluses, unknown names and what cannot be settled go
    to stderr, and the status is 1.

    \b
    Example:
      bean-invwd count ledger.beancount --format xlsx --output sheet.xlsx
      bean-invwd count ledger.beancount sheet.xlsx --date 2024-12-31 >> ledger.beancount
    """
    check_format(style, output)
    if sheet is None:
        _print_sheet(ledger, style, output, asked["date"], has_books=asked["show_books"])
    else:
        _read_sheet(ledger, sheet, output, asked["date"], has_balances=asked["balances"])


def _print_sheet(
    ledger: str, style: str, output: str | None, date: Day, *, has_books: bool
) -> None:
    loaded = load(ledger)
    run = loaded.follow(date or find_end(list_own(loaded.entries), None))
    document = document_count_sheet(run, list_to_count(run), has_books=has_books)
    hand_over(loaded, document, style, output, run)


def _read_sheet(
    ledger: str, sheet: str, output: str | None, date: Day, *, has_balances: bool
) -> None:
    grid = read_sheet_file(sheet, output)
    loaded = load(ledger)
    run = loaded.follow(date or find_end(list_own(loaded.entries), None))
    found = count_sheet(run, grid)
    for problem in found.problems:
        click.echo(f"{sheet}: {problem}", err=True)
    write(loaded, found.write(has_balances=has_balances), output)
    if any(problem.kind in _LEFT for problem in found.problems):
        raise click.exceptions.Exit(1)
    finish(loaded)
