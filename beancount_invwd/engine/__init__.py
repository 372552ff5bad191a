"""Entries + configuration + date → a Run: the state of a date, which answers what is asked.

The one door to the engine: the plugin writes what a run gives; reports, sheets and the page ask it
questions. Nobody else takes hold of its parts, and no question changes it.

    run = follow_ledger(entries, options_map, datetime.date(2024, 6, 30))
    run.is_allowance("Assets:Inventory:Store:Allowance")  what an account is
    run.allowances()                                      what each of them should hold
"""

from beancount_invwd.engine.asked import Asked
from beancount_invwd.engine.follow import (
    BadConfiguration,
    collector_paused,
    follow,
    follow_and_write,
    follow_ledger,
)
from beancount_invwd.engine.kept import take_kept
from beancount_invwd.engine.ledger import (
    NotSwitchedOn,
    find_config,
    find_end,
    is_generated,
    list_configs,
    list_own,
)
from beancount_invwd.engine.run import Run
from beancount_invwd.ground.errors import InvwdError, RuleError, error_at, find_plugin_line

__all__ = [
    "Asked",
    "BadConfiguration",
    "InvwdError",
    "NotSwitchedOn",
    "RuleError",
    "Run",
    "collector_paused",
    "error_at",
    "find_config",
    "find_end",
    "find_plugin_line",
    "follow",
    "follow_and_write",
    "follow_ledger",
    "is_generated",
    "list_configs",
    "list_own",
    "take_kept",
]
