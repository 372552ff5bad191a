"""What commands take: the ledger, a date, a format, a file; and how they print tables."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from typing import Any

import click

from beancount_invwd.cli.console import check_format, deliver, load, read_date, show_progress
from beancount_invwd.engine import Run
from beancount_invwd.ground.words import ENGLISH, list_languages, speaking
from beancount_invwd.report.output.formats import WRITERS
from beancount_invwd.report.output.tables import Document

Day = datetime.date | None
Printed = tuple[Run, Document]

LEDGER = click.argument("ledger", type=click.Path(exists=True, dir_okay=False))
_FILE = click.option(
    "--output", metavar="FILE", help="Write to a file, whole or not at all, in place of stdout."
)


def _speak(context: click.Context, _param: click.Parameter, language: str) -> None:
    """Speak a language until the command ends."""
    context.with_resource(speaking(language))


_LANGUAGE = click.option(
    "--language",
    type=click.Choice(list_languages()),
    default=ENGLISH,
    show_default=True,
    callback=_speak,
    expose_value=False,
    help="Of words; numbers are as in the ledger.",
)


def OUTPUT(command: Callable[..., Any]) -> Callable[..., Any]:  # noqa: N802 (beside the others)
    """Give a command the options `--output` and `--language`."""
    return _FILE(_LANGUAGE(command))


AS_OF = click.option(
    "--as-of",
    callback=read_date,
    metavar="DATE",
    help="The date, the ledger's last one if not given.",
)


FORMAT = click.option(
    "--format",
    "style",
    type=click.Choice(list(WRITERS)),
    default="text",
    show_default=True,
    help="CSV holds the main table; numbers of JSON are strings with all their digits.",
)


def prints_tables(make: Callable[..., Printed]) -> Callable[..., None]:
    """Make a command of what turns a loaded ledger and options into a document."""

    @OUTPUT
    @FORMAT
    @functools.wraps(make)
    def print_tables(ledger: str, style: str, output: str | None, **options: Any) -> None:
        check_format(style, output)
        loaded = load(ledger)
        with show_progress("assessing"):
            run, document = make(loaded, **options)
        deliver(loaded, document, style, output, run)

    return print_tables
