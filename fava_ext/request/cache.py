"""What was computed since the ledger was loaded, by as-of date, so that views share it.

Lots are always followed over the whole ledger; filters narrow what is shown of the result. The
state of a date is not made for two requests at once, so who uses it holds the lock of that date;
requests about other dates, and what was built before, do not wait.
"""

from __future__ import annotations

from functools import cached_property, lru_cache, partial
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.report.compare.compare import Comparison, compare
from beancount_invwd.report.compare.scenarios import read_scenario
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.page import ASKED

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping, Sequence

    from fava.core import FavaLedger

_RUNS = 6
_COMPARISONS = 16


class Cache:
    """Answers that hold until the ledger is loaded again; it does not refer to itself.

    Args:
        ledger: The ledger.
        kept: The run of its load, if it was kept.

    Attributes:
        follow: Gives the state on a date, None being the ledger's last one; raises as
            `follow_ledger` does.
        other: Held by what looks at another version of the ledger; taken after the lock of a date,
            never before.
        compare: Puts policies side by side on a date.
        pages: What was built, by what was asked for.
    """

    def __init__(self, ledger: FavaLedger, kept: Run | None = None) -> None:
        self._options: Any = ledger.options
        self._by_type = ledger.all_entries_by_type
        work = partial(_follow, ledger.all_entries, self._options, kept)
        follow: Callable[[datetime.date | None], Run] = lru_cache(_RUNS)(work)
        self.follow = follow
        self.other = Lock()
        self._locks: dict[datetime.date | None, RLock] = {}
        self.compare = lru_cache(_COMPARISONS)(partial(_compare, follow))
        self.pages: dict[object, Any] = {}

    def lock(self, date: datetime.date | None) -> RLock:
        """The lock of the state on a date."""
        return self._locks.setdefault(date, RLock())

    @cached_property
    def plugin_line(self) -> str:
        """File and line that switch the plugin on, relative to the ledger's folder."""
        return Sources(self._options).locate_plugin()

    @cached_property
    def evidence(self) -> Mapping[tuple[Any, ...], Any]:
        """Prices and what else is stated, by file and line."""
        by_type = self._by_type
        entries = [*by_type.Custom, *by_type.Price]
        return {(row.meta.get("filename"), row.meta.get("lineno")): row for row in entries}


def _follow(
    entries: Sequence[Any],
    options: Mapping[str, Any],
    kept: Run | None,
    day: datetime.date | None,
) -> Run:
    """The state on a date: of the last one that of the load itself, if it was kept."""
    if day is None and kept is not None and kept.entries is entries:
        return kept
    return follow_ledger(entries, options, day, asked=ASKED)


def _compare(
    follow: Callable[[datetime.date | None], Run],
    columns: tuple[str, ...],
    as_of: datetime.date | None,
) -> Comparison:
    """Put policies side by side.

    Raises:
        BadScenario: One cannot be read, or the configuration refuses it.
    """
    return compare(follow(as_of), [read_scenario(text) for text in columns])
