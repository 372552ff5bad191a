"""What was computed since the ledger was loaded, by as-of date, so that views share it.

Lots are always followed over the whole ledger; filters narrow what is shown of the result.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from beancount_invwd.report import Assessment, TieOut, assess, tie_out
from beancount_invwd.report.compare import Comparison, compare, read_scenario
from beancount_invwd.report.explain.explain import assess_before
from beancount_invwd.report.ledger.history import History, read_history
from beancount_invwd.report.ledger.holdings import measure_lots
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.ledger.written import Written, list_written

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from fava.core import FavaLedger

_STATES = 6
_COMPARISONS = 16


class State:
    """A ledger as of a date; each part is computed when it is first asked for."""

    def __init__(self, entries: Sequence[Any], assessment: Assessment) -> None:
        self.entries = entries
        self.assessment = assessment

    @property
    def as_of(self) -> datetime.date:
        """The date, inclusive."""
        return self.assessment.as_of

    @cached_property
    def lots(self) -> Sequence[Any]:
        """The lots on hand, measured."""
        return measure_lots(self.assessment)

    @cached_property
    def history(self) -> History:
        """Changes of cost, and the entries that concern allowances."""
        return read_history(self.assessment, self.entries)

    @cached_property
    def written(self) -> Sequence[Written]:
        """The movements."""
        return list_written(self.assessment, self.history.entries)

    @cached_property
    def ties(self) -> Sequence[TieOut]:
        """The allowances of the lots against the balances of their accounts."""
        return tie_out(self.assessment, self.history.entries)

    @cached_property
    def before(self) -> Assessment:
        """The date without its own measurement."""
        return assess_before(self.entries, self.assessment)


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
        """
        return State(self._entries, assess(self._entries, self._options, as_of))

    def _compare(self, columns: tuple[str, ...], as_of: datetime.date | None) -> Comparison:
        """Put policies side by side.

        Raises:
            BadScenario: One cannot be read, or the configuration refuses it.
        """
        scenarios = [read_scenario(text) for text in columns]
        return compare(self._entries, self.find_state(as_of).assessment, scenarios)

    @cached_property
    def plugin_line(self) -> str:
        """File and line that switch the plugin on, relative to the ledger's folder."""
        return Sources(self._options).locate_plugin()
