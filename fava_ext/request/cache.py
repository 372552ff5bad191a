"""What was computed since the ledger was loaded, by as-of date, so that views share it.

Lots are always followed over the whole ledger; filters narrow what is shown of the result.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.report.compare.compare import Comparison, compare
from beancount_invwd.report.compare.scenarios import read_scenario
from beancount_invwd.report.ledger.sources import Sources

if TYPE_CHECKING:
    import datetime

    from fava.core import FavaLedger

_RUNS = 6
_COMPARISONS = 16


class Cache:
    """Answers that hold until the ledger is loaded again."""

    def __init__(self, ledger: FavaLedger) -> None:
        self._entries = ledger.all_entries
        self._options: Any = ledger.options
        self.follow = lru_cache(_RUNS)(self._follow)
        self.compare = lru_cache(_COMPARISONS)(self._compare)
        self.pages: dict[object, Any] = {}

    def _follow(self, as_of: datetime.date | None) -> Run:
        """The state on a date; None is the ledger's last one.

        Raises:
            NotSwitchedOn: The ledger does not use the plugin.
            BadConfiguration: Its configuration has errors.
        """
        return follow_ledger(self._entries, self._options, as_of)

    def _compare(self, columns: tuple[str, ...], as_of: datetime.date | None) -> Comparison:
        """Put policies side by side.

        Raises:
            BadScenario: One cannot be read, or the configuration refuses it.
        """
        return compare(self.follow(as_of), [read_scenario(text) for text in columns])

    @cached_property
    def plugin_line(self) -> str:
        """File and line that switch the plugin on, relative to the ledger's folder."""
        return Sources(self._options).locate_plugin()
