"""A loaded ledger → the engine's state as of a date, for all reports.

The ledger's own entries are followed once more up to that date, so that a report of last June sees
what was known last June and nothing that came later.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import localcontext
from typing import TYPE_CHECKING, Any

from beancount_invwd.engine import collector_paused, find_end, follow, list_configs
from beancount_invwd.ground.errors import InvwdError, RuleError
from beancount_invwd.ground.money import CONTEXT, ZERO
from beancount_invwd.policy.policy import Policy
from beancount_invwd.policy.read import read_literal
from beancount_invwd.transactions.journal import FILENAME

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.allowance.groups import Plan
    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.movements.movement import Movement, Release
    from beancount_invwd.timeline.timeline import Timeline


class NotSwitchedOn(Exception):  # noqa: N818 (not a fault, a state of the ledger)
    """The ledger has no `plugin "beancount_invwd"` line."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A ledger's lots and allowances as of a date.

    Attributes:
        as_of: The last date that was followed, inclusive.
        run: The engine; None if the configuration has errors, and so are policy and timeline.
        errors: What the user has to mend.
        plans: What a measurement on that date would give.
        options_map: The ledger's options.
    """

    as_of: datetime.date
    run: Run | None
    errors: Sequence[InvwdError]
    plans: Sequence[Plan]
    options_map: Mapping[str, Any]

    @property
    def policy(self) -> Policy | None:
        """The policy."""
        return None if self.run is None else self.run.policy

    @property
    def timeline(self) -> Timeline | None:
        """The lots and allowances."""
        return None if self.run is None else self.run.timeline

    @property
    def stocks(self) -> Sequence[Stock]:
        """The stocks of all items that were ever on hand; none without a policy."""
        return () if self.timeline is None else list(self.timeline.books.stocks.values())

    @property
    def has_waiting(self) -> bool:
        """Whether lots of a group carry another sum than the accounts, until that is written."""
        if self.timeline is None:
            return False
        sums: dict[tuple[str, str, str], Decimal] = {}
        rows: list[Release | Movement] = [*self.timeline.waiting, *self.timeline.corrections]
        for row in rows:
            sums[row.group[:3]] = sums.get(row.group[:3], ZERO) + row.change
        return any(sums.values())


def find_config(options_map: Mapping[str, Any]) -> str | None:
    """Find the configuration on the ledger's `plugin` line.

    Raises:
        NotSwitchedOn: There is no such line.
    """
    configs = list_configs(options_map)
    if not configs:
        raise NotSwitchedOn
    return configs[0]


def assess(
    entries: Sequence[Any],
    options_map: Mapping[str, Any],
    as_of: datetime.date | None = None,
    changes: Mapping[str, Any] | None = None,
    start: datetime.date | None = None,
) -> Assessment:
    """Follow a ledger up to a date and measure what is on hand then.

    Args:
        entries: All entries as loaded, those that the plugin generated among them.
        options_map: The ledger's options.
        as_of: The date, inclusive; None is the ledger's last one.
        changes: Keys of the configuration that are set to other values than the ledger's.
        start: The date to note the opening allowances of; None is the first of the fiscal year.

    Raises:
        NotSwitchedOn: The ledger does not use the plugin.
    """
    config = find_config(options_map)
    if changes:
        config = _change_config(config, changes)
    own = list_own(entries)
    day = as_of or _find_last_day(entries, own)
    with localcontext(CONTEXT), collector_paused():
        run, errors = follow(own, options_map, config, day, start)
        if run is None:
            return Assessment(day, None, errors, (), options_map)
        plans = run.timeline.assessor.plan(run.timeline.books.stocks.values(), day)
        return Assessment(day, run, errors, plans, options_map)


def list_own(entries: Sequence[Any]) -> list[Any]:
    """List the entries of the ledger itself, without those that the plugin generated."""
    return [entry for entry in entries if entry.meta.get("filename") != FILENAME]


def _find_last_day(entries: Sequence[Any], own: Sequence[Any]) -> datetime.date:
    """The newest directive that counts, or what the plugin wrote later (with `until`)."""
    end = find_end(own, None)
    written = (entry.date for entry in reversed(entries) if entry.meta.get("filename") == FILENAME)
    return max(end, next(written, end))


def _change_config(config: str | None, changes: Mapping[str, Any]) -> str | None:
    """Set keys of a configuration; one that cannot be read stays as it is, with its errors."""
    try:
        return repr({**read_literal(config or ""), **changes})
    except RuleError:
        return config
