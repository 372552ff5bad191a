"""What changed: the ledger against a revision of its git repository, the last commit at first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from beancount import loader

from beancount_invwd.engine import BadConfiguration, NotSwitchedOn, follow_ledger, take_kept
from beancount_invwd.ground.words import say
from beancount_invwd.report.diff.diff import Difference, compare_ledgers, document_difference
from beancount_invwd.report.diff.revisions import Blame, NoSuchVersion, Version, open_revision
from beancount_invwd.report.output.tables import Document, Table

from ..tables.grid import Grid, build_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..request.context import Context


@dataclass(frozen=True, slots=True)
class Content:
    """The form, why nothing can be compared, and what else differs than movements."""

    old: str
    problem: str = ""
    grids: Sequence[Grid] = ()
    notes: Sequence[str] = ()


def _compare(context: Context) -> Difference:
    """Compare with the revision that is asked for, on the date of the page.

    Raises:
        NoSuchVersion: There is none, or the ledger did not use the plugin then.
    """
    path = Path(context.ledger.beancount_file_path)
    with context.cache.other, open_revision(path, context.question.old) as before:
        entries, _, options = loader.load_file(str(before.path))
        as_of, old = context.run.as_of, take_kept(entries, options)
        try:
            if old is None or old.as_of != as_of:
                old = follow_ledger(entries, options, as_of)
        except (NotSwitchedOn, BadConfiguration) as error:
            text = say("{revision} has no valid plugin line", revision=context.question.old)
            raise NoSuchVersion(text) from error
        now = Version(path.name, path, before.repository or path.parent, before.repository, "")
        return compare_ledgers(old, context.run, Blame(before, now).find)


def _document(found: Difference, context: Context) -> Document:
    names = (context.question.old, Path(context.ledger.beancount_file_path).name)
    return document_difference(found, names)


def show(context: Context) -> tuple[Grid | None, Content]:
    """Movements first, then allowances, figures of fiscal years, and what lies behind."""
    old, sentence = context.question.old, context.formats.sentence
    try:
        found = _compare(context)
    except NoSuchVersion as error:
        return None, Content(old, sentence(str(error)))
    document = _document(found, context)
    main, *others = document.tables
    behind = [_hide(row, context) for row in found.behind]
    grids = [
        build_grid(context, label, replace(table, rows=rows), table.columns, is_main=False)
        for table in others
        if (rows := behind if table.name == "directives" else table.rows)
        for label in [table.empty.rstrip(":")]
    ]
    grid = build_grid(context, document.title, _rename(main), main.columns)
    return grid, Content(old, "", grids, [sentence(text) for text in document.warnings])


def _hide(row: object, context: Context) -> object:
    """Words of the ledger without their figures, where figures are hidden."""
    words = {name: context.formats.sentence(getattr(row, name)) for name in ("old", "new")}
    return replace(row, **words)  # type: ignore[type-var]


def _rename(table: Table) -> Table:
    return replace(table, name="diff")


def write(context: Context) -> Document:
    """What the command line writes of it.

    Raises:
        NoSuchVersion: There is nothing to compare with.
    """
    return _document(_compare(context), context)
