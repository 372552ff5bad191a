"""A loaded ledger → the engine's state as of a date, for all reports.

The ledger's own entries are followed once more up to that date, so that a report of last June sees
what was known last June and nothing that came later.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from decimal import localcontext
from typing import TYPE_CHECKING, Any

from beancount_invwd.journal import FILENAME
from beancount_invwd.money import CONTEXT
from beancount_invwd.plugin import find_end, follow

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    from beancount_invwd.errors import InvwdError
    from beancount_invwd.movements import Plan
    from beancount_invwd.policy import Policy
    from beancount_invwd.timeline import Timeline

_NAMES = ("beancount_invwd", "beancount_invwd.plugin")


class NotSwitchedOn(Exception):  # noqa: N818 (not a fault, a state of the ledger)
    """The ledger has no `plugin "beancount_invwd"` line."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A ledger's lots and allowances as of a date.

    Attributes:
        as_of: The last date that was followed, inclusive.
        policy: The policy, or None if the configuration has errors.
        errors: What the user has to mend.
        timeline: The engine's state, or None if the configuration has errors.
        plans: What a measurement on that date would give.
    """

    as_of: datetime.date
    policy: Policy | None
    errors: Sequence[InvwdError]
    timeline: Timeline | None
    plans: Sequence[Plan]


def find_config(options_map: Mapping[str, Any]) -> str | None:
    """Find the configuration on the ledger's `plugin` line.

    Raises:
        NotSwitchedOn: There is no such line.
    """
    for name, config in options_map.get("plugin", ()):
        if name in _NAMES:
            return None if config is None else str(config)
    raise NotSwitchedOn


def assess(
    entries: Sequence[Any], options_map: Mapping[str, Any], as_of: datetime.date | None = None
) -> Assessment:
    """Follow a ledger up to a date and measure what is on hand then.

    Args:
        entries: All entries as loaded, those that the plugin generated among them.
        options_map: The ledger's options.
        as_of: The date, inclusive; None is the ledger's last one.

    Raises:
        NotSwitchedOn: The ledger does not use the plugin.
    """
    config = find_config(options_map)
    own = [entry for entry in entries if entry.meta.get("filename") != FILENAME]
    with ExitStack() as stack:
        stack.enter_context(localcontext(CONTEXT))
        run, errors = follow(own, options_map, config, as_of)
        if run is None:
            day = as_of or find_end(own, None)
            return Assessment(day, None, errors, None, ())
        day = as_of or find_end(own, None)
        timeline = run.timeline
        plans = timeline.plan(list(timeline.books.stocks.values()), day)
        return Assessment(day, run.policy, errors, timeline, plans)
