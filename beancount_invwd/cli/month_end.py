"""The commands of a month end: what to do, prices out and in, and closing the period."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import click

from beancount_invwd.cli.console import (
    check_format,
    finish,
    hand_over,
    load,
    read_date,
    read_share,
    read_sheet_file,
    show_progress,
    write,
)
from beancount_invwd.cli.options import (
    AS_OF,
    FORMAT,
    LEDGER,
    OUTPUT,
    Day,
)
from beancount_invwd.report.book import book as book_period
from beancount_invwd.report.ledger.untested import find_untested, tell_untested
from beancount_invwd.report.ledger.year_end import ask_year_end
from beancount_invwd.report.price_list import WITHIN, document_price_list, list_price_needs
from beancount_invwd.report.todo.document import document_tasks
from beancount_invwd.report.todo.todo import list_tasks
from beancount_invwd.sheets.prices import Asked, read_prices

_within = click.option(
    "--within",
    type=click.IntRange(0, 100_000),
    default=WITHIN,
    show_default=True,
    help="Days to look ahead.",
)


@click.command()
@LEDGER
@AS_OF
@_within
@FORMAT
@OUTPUT
def todo(ledger: str, as_of: Day, within: int, style: str, output: str | None) -> None:
    """List what to do next, the most money first, each with the line to paste.

    A period end that is not tested, prices, goods that expire or are near cost, contracts that
    end, questions. The exit status is 0 also if the ledger has errors.

    \b
    Example:
      bean-invwd todo ledger.beancount --within 60 --format json
    """
    check_format(style, output)
    loaded = load(ledger)
    with show_progress("assessing"):
        run = loaded.follow(as_of, look_back=ask_year_end)
        document = document_tasks(run, list_tasks(run, within), within, loaded.name)
    hand_over(loaded, document, style, output, run)


@click.command()
@LEDGER
@click.argument("sheet", type=click.Path(exists=True, dir_okay=False), required=False)
@AS_OF
@_within
@click.option("--date", callback=read_date, metavar="DATE", help="The day of the prices.")
@click.option("--commodity", default="commodity", metavar="COLUMN", help="The column of the item.")
@click.option("--price", default="price", metavar="COLUMN", help="The column of the price.")
@click.option("--currency", metavar="CURRENCY", help="Of all prices of the sheet.")
@click.option(
    "--net-of", "tax", callback=read_share, default="0%", metavar="SHARE", help="Tax to take off."
)
@FORMAT
@OUTPUT
def prices(ledger: str, sheet: str | None, style: str, output: str | None, **asked: Any) -> None:
    """List the items that need a price; or make directives of that list filled in.

    The most cost stands first, with an empty column for the price. A SHEET is that list, or a
    shop's own export (CSV, XLSX, ODS) with its columns named; an item is found by its name or by
    the metadata sku of its Commodity. What cannot be used goes to stderr, and the status is 1.

    \b
    Example:
      bean-invwd prices ledger.beancount --format xlsx --output prices.xlsx
      bean-invwd prices ledger.beancount prices.xlsx >> ledger.beancount
    """
    check_format(style, output)
    as_of, within = asked.pop("as_of"), asked.pop("within")
    if sheet is not None:
        _read_prices(ledger, sheet, output, **asked)
        return
    loaded = load(ledger)
    with show_progress("assessing"):
        run = loaded.follow(as_of)
        document = document_price_list(run, list_price_needs(run, within), within)
    hand_over(loaded, document, style, output, run)


def _read_prices(
    ledger: str, sheet: str, output: str | None, date: Day, tax: Decimal, **columns: Any
) -> None:
    """Print the prices of a sheet as directives, and tell what could not be used.

    The errors of the ledger do not count: it lacks prices.
    """
    grid = read_sheet_file(sheet, output)
    loaded = load(ledger)
    run = loaded.follow(None)
    found = read_prices(run, grid, Asked(date or run.as_of, tax=tax, **columns))
    for problem in found.problems:
        click.echo(f"{sheet}: {problem}", err=True)
    write(loaded, found.write(), output)
    if found.problems:
        raise click.exceptions.Exit(1)


@click.command()
@LEDGER
@click.option(
    "--through", callback=read_date, required=True, metavar="DATE", help="The last day, inclusive."
)
@OUTPUT
def book(ledger: str, through: datetime.date, output: str | None) -> None:
    """Write what the plugin wrote as Beancount text that closes a period.

    Included in the ledger, it gives the same books, and nothing on or before the date moves any
    more: what would be different is corrected on the next measurement date. A period end that was
    not tested is not closed.

    \b
    Example:
      bean-invwd book ledger.beancount --through 2024-12-31 --output booked-2024.beancount
    """
    loaded = load(ledger)
    untested = find_untested(loaded.follow(through))
    if untested is not None:
        text = f"Nothing is closed: {tell_untested(untested)}."
        click.echo(text, err=True)
        raise click.exceptions.Exit(1)
    write(loaded, book_period(loaded.entries, loaded.options_map, through), output)
    finish(loaded)
