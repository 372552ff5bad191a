"""Two versions of a ledger → a document: the amounts that differ, and what lies behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import CENT
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.diff.amounts import (
    Disclosed,
    Held,
    Moved,
    list_disclosed,
    list_held,
    list_moved,
)
from beancount_invwd.report.diff.behind import Change, list_behind
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.output.columns import ACCOUNT, CURRENCY, ENTITY, ITEM, Column
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.report.diff.texts import Text


class Commit(NamedTuple):
    """Who changed a directive last, by the history of the ledger; empty if there is none."""

    commit: str = ""
    author: str = ""
    day: str = ""


FindCommit = Callable[["Text | None", "Text | None"], Commit]


@dataclass(frozen=True, slots=True)
class Behind:
    """A directive that was added, removed or changed.

    Attributes:
        place: File and line, of what was removed those in the old version.
        old: Its words in the old version, empty if it was added; so is `new` if it was removed.
    """

    change: str
    place: str
    old: str
    new: str
    commit: str
    author: str
    day: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What two versions differ by on a date.

    Attributes:
        closed: The last day of the closed periods of the new version, None if there is none.
    """

    as_of: datetime.date
    closed: datetime.date | None
    moved: Sequence[Moved]
    held: Sequence[Held]
    disclosed: Sequence[Disclosed]
    behind: Sequence[Behind]

    @property
    def is_empty(self) -> bool:
        """Whether no amount differs."""
        return not (self.moved or self.held or self.disclosed)

    def sum_moved(self) -> Mapping[str, Decimal]:
        """By how much the movements differ, by currency: more and less both count."""
        sums: Sums[str] = Sums()
        for row in self.moved:
            sums.add(row.currency, abs(row.difference))
        return sums


def compare_ledgers(old: Run, new: Run, find_commit: FindCommit | None = None) -> Difference:
    """Compare two versions of a ledger, both followed to the same date.

    Args:
        old: The version before.
        new: The version now.
        find_commit: Tells who changed a directive, given as it was and as it is.
    """
    moved, held = list_moved(old, new), list_held(old, new)
    groups = {row.commodity for row in moved} | {row.commodity for row in held}
    changes = list_behind(old, new, groups) if groups else []
    places = (Sources(old.options_map), Sources(new.options_map))
    behind = [_tell(pair, places, find_commit) for pair in changes]
    return Difference(new.as_of, new.closed, moved, held, list_disclosed(old, new), behind)


def _tell(pair: Change, places: tuple[Sources, Sources], find_commit: FindCommit | None) -> Behind:
    old, new = pair
    change = "removed" if new is None else "added" if old is None else "changed"
    text, sources = (new, places[1]) if new else (old, places[0])
    place = sources.locate({"filename": text.file, "lineno": text.line}) if text else ""
    commit = find_commit(old, new) if find_commit else Commit()
    return Behind(change, place, _words(old), _words(new), *commit)


def _words(text: Text | None) -> str:
    return "" if text is None else text.words.replace("\n", " ")


_AMOUNTS = (
    Column("old", "old", "money"),
    Column("new", "new", "money"),
    Column("difference", "difference", "change"),
)
_MOVED = (
    Column("date", "date", "date"),
    ENTITY,
    CURRENCY,
    ITEM,
    Column("kind", "movement"),
    Column("charged", "charged to", "account"),
    *_AMOUNTS,
    Column("closed", "in a period closed on", "date"),
)
_HELD = (ENTITY, CURRENCY, ACCOUNT, ITEM, *_AMOUNTS)
_DISCLOSED = (
    ENTITY,
    CURRENCY,
    Column("from", "from", "date", get=lambda row: row.start),
    Column("to", "to", "date", get=lambda row: row.end),
    Column("figure", "figure", get=lambda row: row.figure.replace("_", "-")),
    *_AMOUNTS,
)
_BEHIND = (
    Column("change", "change"),
    Column("place", "file and line"),
    Column("old", "was"),
    Column("new", "is"),
    Column("commit", "commit"),
    Column("author", "author"),
    Column("day", "on"),
)


def document_difference(found: Difference, names: tuple[str, str]) -> Document:
    """The document that `diff` prints.

    Args:
        found: What differs.
        names: What the user called the two versions.
    """
    return Document(
        say(
            "{new} against {old}, on {day}",
            new=names[1],
            old=names[0],
            day=found.as_of,
        ),
        {"old": names[0], "new": names[1], "as_of": found.as_of},
        [
            Table("movements", _MOVED, found.moved, empty=say("No movement differs.")),
            Table(
                "allowances",
                _HELD,
                found.held,
                "apart",
                empty=say("Allowances, and liabilities for what is ordered, on that date:"),
            ),
            Table(
                "disclosures", _DISCLOSED, found.disclosed, "apart", empty=say("Of fiscal years:")
            ),
            Table("directives", _BEHIND, found.behind, "apart", empty=say("What lies behind it:")),
        ],
        warnings=list(_warn(found)),
    )


def _warn(found: Difference) -> list[str]:
    """What a reader must not miss."""
    warnings = []
    late = [row for row in found.moved if row.closed]
    if late:
        warnings.append(
            say(
                "{count} of the movements that differ are in periods closed on {closed}: books "
                "that were handed in would change",
                count=len(late),
                closed=found.closed,
            )
        )
    if not found.is_empty and not found.behind:
        warnings.append(
            say(
                "no directive of these files lies behind this; look at the versions of the "
                "plugin, and at files that other plugins read"
            )
        )
    return warnings


def find_excess(found: Difference, limit: Decimal) -> str:
    """Say by how much movements differ if that is more than a limit in any currency; else empty."""
    sums = found.sum_moved()
    over = [f"{sums[name].quantize(CENT):,f} {name}" for name in sorted(sums) if sums[name] > limit]
    return ", ".join(over)
