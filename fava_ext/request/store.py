"""What was computed since the ledger was loaded, by as-of date, so that views share it.

Lots are always followed over the whole ledger; filters narrow what is shown of the result.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.report.compare import Comparison, compare, read_scenario
from beancount_invwd.report.ledger.history import History, read_history
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.ledger.tie_out import TieOut, tie_out
from beancount_invwd.report.ledger.written import Written

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from fava.core import FavaLedger

_STATES = 6
_COMPARISONS = 16


class State:
    """A ledger as of a date; each part is computed when it is first asked for."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @property
    def as_of(self) -> datetime.date:
        """The date, inclusive."""
        return self.run.as_of

    @cached_property
    def lots(self) -> Sequence[Any]:
        """The lots on hand, measured."""
        return self.run.rows

    @cached_property
    def history(self) -> History:
        """Changes of cost, and the entries that concern allowances."""
        return read_history(self.run)

    @cached_property
    def written(self) -> Sequence[Written]:
        """The movements."""
        return self.history.written

    @cached_property
    def ties(self) -> Sequence[TieOut]:
        """The allowances of the lots against the balances of their accounts."""
        return tie_out(self.run)


class Store:
    """Answers that hold until the ledger is loaded again."""

    def __init__(self, ledger: FavaLedger) -> None:
        self._entries = ledger.all_entries
        self._options: Any = ledger.options
        self.find_state = lru_cache(_STATES)(self._find_state)
        self.compare = lru_cache(_COMPARISONS)(self._compare)
        self.pages: dict[object, Any] = {}

    def _find_state(self, as_of: datetime.date | None) -> State:
        """The state on a date; None is the ledger's last one.

        Raises:
            NotSwitchedOn: The ledger does not use the plugin.
            BadConfiguration: Its configuration has errors.
        """
        return State(follow_ledger(self._entries, self._options, as_of))

    def _compare(self, columns: tuple[str, ...], as_of: datetime.date | None) -> Comparison:
        """Put policies side by side.

        Raises:
            BadScenario: One cannot be read, or the configuration refuses it.
        """
        scenarios = [read_scenario(text) for text in columns]
        return compare(self.find_state(as_of).run, scenarios)

    @cached_property
    def plugin_line(self) -> str:
        """File and line that switch the plugin on, relative to the ledger's folder."""
        return Sources(self._options).locate_plugin()
