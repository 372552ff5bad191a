"""The commands for an auditor: estimates against their outcome, the listing to test, the pack."""

from __future__ import annotations

import datetime

import click

from beancount_invwd.cli.console import (
    Ledger,
    check_format,
    finish,
    load,
    read_date,
    show_progress,
    write,
)
from beancount_invwd.cli.options import AS_OF, LEDGER, OUTPUT, Day, Printed, prints_tables
from beancount_invwd.report.audit.document import document_audit
from beancount_invwd.report.audit.listing import list_audit
from beancount_invwd.report.ledger.outcomes import WITHIN
from beancount_invwd.report.ledger.year_end import ask_year_end
from beancount_invwd.report.lookback import document_lookback, look_back
from beancount_invwd.report.pack.pack import pack as make_pack

_DAYS = click.IntRange(0, 100_000)


@click.command()
@LEDGER
@click.option(
    "--as-of", callback=read_date, required=True, metavar="DATE", help="The date of the estimates."
)
@click.option(
    "--within", type=_DAYS, default=WITHIN, show_default=True, help="Days of sales after it."
)
@prints_tables
def lookback(ledger: Ledger, as_of: datetime.date, within: int) -> Printed:
    """Hold the estimates of a date against what was sold in the days after it (ISA 540).

    For each item and reason: the measure on the date, the net price of what was sold since, gain or
    loss, the bias of the whole, and what was not sold yet.

    \b
    Example:
      bean-invwd lookback ledger.beancount --as-of 2023-12-31 --within 120
    """
    run = ledger.follow(as_of)
    return run, document_lookback(look_back(run, within))


@click.command()
@LEDGER
@AS_OF
@click.option(
    "--after", type=_DAYS, default=WITHIN, show_default=True, help="Days of sales after the date."
)
@prints_tables
def audit(ledger: Ledger, as_of: Day, after: int) -> Printed:
    """List each lot with the evidence that an auditor tests, tied to the ledger.

    Purchase (file, line, document), age, last sale, measure and what decided it, allowance, and
    what was sold after the date at which net price.

    \b
    Example:
      bean-invwd audit ledger.beancount --as-of 2024-12-31 --format xlsx --output audit.xlsx
    """
    run = ledger.follow(as_of)
    return run, document_audit(run, list_audit(run, after), after)


@click.command()
@LEDGER
@click.option(
    "--through", callback=read_date, required=True, metavar="DATE", help="The last day, inclusive."
)
@OUTPUT
def pack(ledger: str, through: datetime.date, output: str | None) -> None:
    """Put all reports of a fiscal year in one ZIP file for the accountant.

    The note, positions, roll-forward, bridge, movements, the listing to test, prices used, the
    policy and its changes, explanations of the largest allowances: as a page to read and print,
    and as a workbook. The same ledger gives the same bytes.

    \b
    Example:
      bean-invwd pack ledger.beancount --through 2024-12-31 --output 2024.zip
    """
    check_format("zip", output)
    loaded = load(ledger)
    with show_progress("assessing"):
        content = make_pack(loaded.follow(through, by_cause=True, look_back=ask_year_end))
    write(loaded, content, output)
    finish(loaded)
