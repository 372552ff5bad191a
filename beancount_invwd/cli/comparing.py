"""The command that holds two versions of a ledger against each other."""

from __future__ import annotations

import contextlib
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from beancount_invwd.cli.console import (
    Refusal,
    check_format,
    finish,
    hand_over,
    load,
    show_progress,
)
from beancount_invwd.cli.options import AS_OF, FORMAT, OUTPUT, Day
from beancount_invwd.report.diff.diff import compare_ledgers, document_difference, find_excess
from beancount_invwd.report.diff.revisions import Blame, NoSuchVersion, Version, open_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.cli.console import Ledger


def _read_limit(
    _context: click.Context, _param: click.Parameter, value: str | None
) -> Decimal | None:
    """Read an amount without a sign."""
    try:
        limit = None if value is None else Decimal(value)
    except InvalidOperation:
        limit = Decimal(-1)
    if limit is not None and not (limit.is_finite() and limit >= 0):
        raise click.BadParameter(f"{value!r} is no amount; write 100 or 99.50")
    return limit


@click.command()
@click.argument("versions", nargs=2, metavar="OLD NEW")
@AS_OF
@click.option(
    "--fail-above",
    "limit",
    callback=_read_limit,
    metavar="AMOUNT",
    help="End with status 1 if movements differ by more in any currency.",
)
@FORMAT
@OUTPUT
def diff(
    versions: tuple[str, str], as_of: Day, limit: Decimal | None, style: str, output: str | None
) -> None:
    """Tell what differs between two versions of a ledger, and which directives lie behind it.

    OLD and NEW are files, or REV:file of the git repository that you are in, which is read with
    its includes and not touched. Differences of movements count whether they are more or less.

    \b
    Example:
      bean-invwd diff HEAD~1:ledger.beancount ledger.beancount --fail-above 100
    """
    check_format(style, output)
    with _open(versions[0]) as before, _open(versions[1]) as after:
        loaded = _load(before), _load(after)
        with show_progress("assessing"):
            now = loaded[1].follow(as_of)
            then = loaded[0].follow(now.as_of)
            found = compare_ledgers(then, now, Blame(before, after).find)
        hand_over(loaded[1], document_difference(found, versions), style, output, now)
    if limit is not None and (excess := find_excess(found, limit)):
        click.echo(f"Movements differ by {excess}, more than {limit:f}.", err=True)
        raise click.exceptions.Exit(1)
    for ledger in loaded:
        finish(ledger)


@contextlib.contextmanager
def _open(name: str) -> Iterator[Version]:
    with contextlib.ExitStack() as stack:
        try:
            version = stack.enter_context(open_version(name))
        except NoSuchVersion as error:
            raise Refusal(str(error)) from error
        yield version


def _load(version: Version) -> Ledger:
    """Load a version; what was laid out elsewhere is named as the user did."""
    shown = f"{version.revision}:" if version.revision else ""
    ledger = load(str(version.path), (f"{version.top}/", shown) if shown else None)
    if not ledger.entries and ledger.errors:
        raise Refusal(f"{version.name} cannot be read, see above")
    return ledger
