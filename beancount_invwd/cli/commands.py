"""The face on the command line: `bean-invwd`.

Each command loads the ledger, asks `beancount_invwd.report` for rows, and writes them. Exit status:
0; 1 if the ledger has errors (the report is still given); 2 for wrong usage.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal
from typing import get_args

import click

from beancount_invwd.cli.auditing import audit, lookback, pack
from beancount_invwd.cli.comparing import diff
from beancount_invwd.cli.console import (
    Commands,
    Ledger,
    Refusal,
    deliver,
    finish,
    load,
    read_date,
    read_share,
    show_progress,
    write,
)
from beancount_invwd.cli.counting import count
from beancount_invwd.cli.month_end import book, prices, todo
from beancount_invwd.cli.options import AS_OF, LEDGER, OUTPUT, Day, Printed, prints_tables
from beancount_invwd.cli.starting import example, init
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.report.compare.compare import compare as compare_policies
from beancount_invwd.report.compare.document import document_comparison
from beancount_invwd.report.compare.scenarios import BadScenario, read_scenario
from beancount_invwd.report.explain.explain import UnknownItem, document_explanation
from beancount_invwd.report.explain.explain import explain as explain_item
from beancount_invwd.report.ledger.holdings import By
from beancount_invwd.report.ledger.rolled import RollBy
from beancount_invwd.report.ledger.spans import SpanLength
from beancount_invwd.report.ledger.year_end import ask_year_end
from beancount_invwd.report.note.facts import document_facts
from beancount_invwd.report.note.html import write_html
from beancount_invwd.report.note.markdown import write_markdown
from beancount_invwd.report.note.note import disclose as write_note
from beancount_invwd.report.output.tables import Document
from beancount_invwd.report.positions import document_positions
from beancount_invwd.report.risk import risk as risks
from beancount_invwd.report.risk.selling_costs import find_accounts, table_selling_costs
from beancount_invwd.report.rollforward import NotTestedSo, document_rollforward, roll_forward

_NOTES = {"markdown": write_markdown, "html": write_html}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="beancount-invwd", prog_name="bean-invwd")
def main() -> None:
    """Report on inventory write-downs of a Beancount ledger.

    The policy is that of the ledger's line: plugin "beancount_invwd". Errors of the ledger go to
    stderr. Exit status: 0; 1 if the ledger has errors (the report is still given); 2 for wrong
    usage.

    \b
    Shell completion, for the start-up file of your shell:
      eval "$(_BEAN_INVWD_COMPLETE=bash_source bean-invwd)"     # bash
      eval "$(_BEAN_INVWD_COMPLETE=zsh_source bean-invwd)"      # zsh
      _BEAN_INVWD_COMPLETE=fish_source bean-invwd | source      # fish
    """


@main.command()
@LEDGER
@AS_OF
@click.option("--by", type=click.Choice(get_args(By)), default="item", show_default=True)
@prints_tables
def report(ledger: Ledger, as_of: Day, by: By) -> Printed:
    """List what is on hand: cost, measure, allowance, carrying amount, what decided.

    `pending` is what would be written if the date were a measurement date.

    \b
    Example:
      bean-invwd report ledger.beancount --as-of 2024-12-31 --by lot
    """
    run = ledger.follow(as_of, look_back=ask_year_end)
    return run, document_positions(run, by)


@main.command()
@LEDGER
@click.option(
    "--period",
    type=click.Choice(get_args(SpanLength)),
    default="year",
    show_default=True,
    help="Quarters and years are those of the fiscal year.",
)
@click.option("--by", type=click.Choice(get_args(RollBy)), help="A row for each.")
@click.option("--from", "start", callback=read_date, metavar="DATE", help="First day.")
@click.option("--to", "end", callback=read_date, metavar="DATE", help="Last day.")
@prints_tables
def rollforward(
    ledger: Ledger, period: SpanLength, by: RollBy | None, start: Day, end: Day
) -> Printed:
    """Roll the allowance forward: opening, movements, closing, tied to the ledger.

    Increases of the allowance are positive. Without --from it begins with the first fiscal year of
    the ledger.

    \b
    Example:
      bean-invwd rollforward ledger.beancount --period quarter --from 2024-01-01
    """
    run = ledger.follow(end, by_cause=by == "cause")
    _check_order(start, run.as_of)
    try:
        rolled = roll_forward(run, period, by, start)
    except NotTestedSo as error:
        raise click.BadParameter(str(error), param_hint="'--by'") from error
    return run, document_rollforward(rolled, by)


def _check_order(start: Day, end: datetime.date) -> None:
    if start is not None and start > end:
        raise click.BadParameter(f"{start} is after the last day, {end}", param_hint="'--from'")


@main.command()
@LEDGER
@AS_OF
@click.option(
    "--headroom",
    callback=read_share,
    default=f"{risks.HEADROOM:.0%}",
    show_default=True,
    metavar="SHARE",
    help="By how much prices might fall.",
)
@click.option(
    "--within",
    type=click.IntRange(0, 100_000),
    default=risks.WITHIN,
    show_default=True,
    help="Days to look ahead: expiry, ageing, old prices.",
)
@click.option(
    "--selling-accounts",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Accounts of fees and parcels, to hold the selling costs against that are assumed.",
)
@prints_tables
def risk(
    ledger: Ledger, as_of: Day, headroom: Decimal, within: int, patterns: tuple[str, ...]
) -> Printed:
    """List what may have to be written down next, the most money first.

    Headroom of NRV over the carrying amount; units that expire before demand reaches them; days of
    supply; ageing; days since the last sale; prices that get old, and those that nobody pays.

    \b
    Example:
      bean-invwd risk ledger.beancount --headroom 15% --within 180
    """
    run = ledger.follow(as_of, look_back=ask_year_end)
    rows = risks.list_risks(run, headroom, within)
    document = risks.document_risks(run, rows, headroom, within)
    if not patterns:
        return run, document
    try:
        costs = table_selling_costs(run, find_accounts(run, patterns))
    except RuleError as error:
        raise click.BadParameter(str(error), param_hint="'--selling-accounts'") from error
    return run, replace(document, tables=[*document.tables, costs])


@main.command()
@LEDGER
@AS_OF
@click.option(
    "--with",
    "scenarios",
    multiple=True,
    required=True,
    metavar="KEY=VALUE,…",
    help="A column: keys of the configuration, or price=-10% for all prices.",
)
@prints_tables
def compare(ledger: Ledger, as_of: Day, scenarios: tuple[str, ...]) -> Printed:
    """Put policies and scenarios side by side: allowance, profit or loss, the difference.

    The first column is the ledger's own policy. Profit or loss is that of the fiscal year up to the
    date. Exchange rates and purchase costs are not scaled.

    \b
    Example:
      bean-invwd compare ledger.beancount --with standard=hgb --with basis=total,price=-10%
    """
    try:
        columns = [read_scenario(text) for text in scenarios]
        run = ledger.follow(as_of)
        found = compare_policies(run, columns)
    except BadScenario as error:
        raise click.BadParameter(str(error), param_hint="'--with'") from error
    return run, document_comparison(found)


@main.command()
@LEDGER
@click.argument("item")
@AS_OF
@click.option("--lot", "label", metavar="LABEL", help="Only lots with this label.")
@prints_tables
def explain(ledger: Ledger, item: str, as_of: Day, label: str | None) -> Printed:
    """Show how each figure of an item came about, with the file and line of the evidence.

    Every step can be redone with a pocket calculator.

    \b
    Example:
      bean-invwd explain ledger.beancount WIDGET --as-of 2024-12-31
    """
    run = ledger.follow(as_of)
    try:
        found = explain_item(run, item, label)
    except UnknownItem as error:
        raise Refusal(str(error)) from error
    return run, document_explanation(found)


@main.command()
@LEDGER
@click.option("--from", "start", callback=read_date, metavar="DATE", help="First day.")
@click.option("--to", "end", callback=read_date, metavar="DATE", help="Last day.")
@click.option(
    "--format",
    "style",
    type=click.Choice([*_NOTES, "json"]),
    default="markdown",
    show_default=True,
    help="JSON holds the figures, by the names that the taxonomies of IFRS and US GAAP have.",
)
@OUTPUT
def disclose(ledger: str, start: Day, end: Day, style: str, output: str | None) -> None:
    """Write the note to the accounts: IAS 2.36 (a) to (h), or ASC 330-10-50.

    It tells of classes of goods; the positions stand in an annex.

    The period is the fiscal year up to the last day, if it is not given; beside it stands the one
    before. What a ledger cannot know is marked: [to be written by the author: …].

    \b
    Example:
      bean-invwd disclose ledger.beancount --to 2024-12-31 --output note.md
    """
    loaded = load(ledger)
    with show_progress("assessing"):
        run = loaded.follow(end, look_back=ask_year_end)
        _check_order(start, run.as_of)
        note = write_note(run, start) if style in _NOTES else document_facts(run, start)
    if isinstance(note, Document):
        deliver(loaded, note, style, output, run)
        return
    write(loaded, _NOTES[style](note), output)
    finish(loaded)


for _command in (audit, book, count, diff, example, init, lookback, pack, prices, todo):
    main.add_command(_command)
