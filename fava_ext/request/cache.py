"""What was computed since the ledger was loaded, by as-of date, so that views share it.

Lots are always followed over the whole ledger; filters narrow what is shown of the result. The
state of a date is not made for two requests at once, so who uses it holds the lock of that date;
requests about other dates, and what was built before, do not wait.
"""

from __future__ import annotations

from functools import cached_property, lru_cache, partial
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

from beancount_invwd.engine import Asked, Run, follow_ledger
from beancount_invwd.report.compare.compare import Comparison, compare
from beancount_invwd.report.compare.scenarios import read_scenario
from beancount_invwd.report.ledger.later import find_evidence
from beancount_invwd.report.ledger.sources import Sources

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping

    from fava.core import FavaLedger

_RUNS = 6
_COMPARISONS = 16


class Cache:
    """Answers that hold until the ledger is loaded again; it does not refer to itself.

    Attributes:
        follow: Gives the state on a date, None being the ledger's last one; raises as
            `follow_ledger` does.
        other: Held by what looks at another version of the ledger; taken after the lock of a date,
            never before.
        compare: Puts policies side by side on a date.
        pages: What was built, by what was asked for.
    """

    def __init__(self, ledger: FavaLedger) -> None:
        self._options: Any = ledger.options
        self._by_type = ledger.all_entries_by_type
        asked = Asked(by_cause=True, look_back=find_evidence)
        work = partial(follow_ledger, ledger.all_entries, self._options, asked=asked)
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
