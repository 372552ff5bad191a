"""The commands of a month end: what to do, prices out and in, and closing the period."""

from __future__ import annotations

import datetime

import click

from beancount_invwd.cli.console import (
    Ledger,
    check_format,
    finish,
    hand_over,
    load,
    read_date,
    show_progress,
    write,
)
from beancount_invwd.cli.options import (
    AS_OF,
    FORMAT,
    LEDGER,
    OUTPUT,
    Day,
    Printed,
    prints_tables,
)
from beancount_invwd.report.book import book as book_period
from beancount_invwd.report.ledger.untested import find_untested, tell_untested
from beancount_invwd.report.price_list import WITHIN, document_price_list, list_price_needs
from beancount_invwd.report.todo import document_tasks, list_tasks

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
        run = loaded.follow(as_of)
        document = document_tasks(run, list_tasks(run, within), within, loaded.name)
    hand_over(loaded, document, style, output, run)


@click.command()
@LEDGER
@AS_OF
@_within
@prints_tables
def prices(ledger: Ledger, as_of: Day, within: int) -> Printed:
    """List the items that need a price, the most cost first, with an empty column for it.

    \b
    Example:
      bean-invwd prices ledger.beancount --format xlsx --output prices.xlsx
    """
    run = ledger.follow(as_of)
    return run, document_price_list(run, list_price_needs(run, within), within)


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
