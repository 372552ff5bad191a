"""The command that holds two versions of a ledger against each other."""

from __future__ import annotations

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
from beancount_invwd.cli.revisions import Blame, Version, open_version
from beancount_invwd.report.diff.diff import (
    Commit,
    FindCommit,
    compare_ledgers,
    document_difference,
    find_excess,
)

if TYPE_CHECKING:
    from beancount_invwd.cli.console import Ledger
    from beancount_invwd.report.diff.texts import Text


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
    with open_version(versions[0]) as before, open_version(versions[1]) as after:
        loaded = _load(before), _load(after)
        with show_progress("assessing"):
            now = loaded[1].follow(as_of)
            then = loaded[0].follow(now.as_of)
            found = compare_ledgers(then, now, _tell_commits(before, after))
        hand_over(loaded[1], document_difference(found, versions), style, output, now)
    if limit is not None and (excess := find_excess(found, limit)):
        click.echo(f"Movements differ by {excess}, more than {limit:f}.", err=True)
        raise click.exceptions.Exit(1)
    for ledger in loaded:
        finish(ledger)


def _load(version: Version) -> Ledger:
    """Load a version; what was laid out elsewhere is named as the user did."""
    shown = f"{version.revision}:" if version.revision else ""
    ledger = load(str(version.path), (f"{version.top}/", shown) if shown else None)
    if not ledger.entries and ledger.errors:
        raise Refusal(f"{version.name} cannot be read, see above")
    return ledger


def _tell_commits(old: Version, new: Version) -> FindCommit | None:
    """What tells commit, author and day of a change; None where there is no repository."""
    if new.repository is None:
        return None
    blame = Blame(old, new)

    def find(before: Text | None, after: Text | None) -> Commit:
        if after is not None:
            lines = range(after.line, after.line + after.words.count("\n") + 1)
            found = [blame.find_line(after.file, line) for line in lines]
            return Commit(*max(found, key=lambda one: (one[0] == "not committed", one[2])))
        if before is not None:
            first = before.words.partition("\n")[0]
            return Commit(*blame.find_removal(before.file, first))
        return Commit()

    return find
