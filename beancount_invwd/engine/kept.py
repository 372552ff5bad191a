"""The run of the last load in Fava → the run that the page asks for next.

The plugin follows a ledger when it is loaded, and the page would do the same once more to show it.
So a load in Fava's process notes what reports ask for, and its run waits here for the page, which
takes it as soon as the ledger is loaded. One run waits at most, so that no older state of a ledger
is kept alive; if ledgers are loaded at the same time, the page of one of them follows it itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.engine.ledger import find_end, find_last_day, list_own

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    from beancount_invwd.engine.run import Run

_waiting: list[Run] = []


def find_whole_day(entries: Sequence[Any], config: str | None) -> datetime.date | None:
    """The date on which reports ask for a whole ledger; None if they leave some of it out.

    With `until` a test may be later than all entries, and what is written tells the date.
    """
    day = find_end(entries, None)
    is_whole = bool(entries) and entries[-1].date <= day
    return day if is_whole and "until" not in (config or "") else None


def keep(run: Run) -> None:
    """Keep a run of a ledger's own entries for the page; what was kept before is let go."""
    _waiting[:] = [run]


def take_kept(entries: Sequence[Any], options_map: Mapping[str, Any]) -> Run | None:
    """Take the run of a load, if nothing changed the ledger's own entries since.

    Args:
        entries: All entries as loaded, those that the plugin generated among them.
        options_map: The options that the load gave, the very same.
    """
    run = next(iter(_waiting), None)
    if run is None or run.options_map is not options_map:
        return None
    _waiting.clear()
    own = list_own(entries)
    is_same = len(own) == len(run.entries) and all(map(_is_same, own, run.entries))
    if not is_same or find_last_day(entries, own) != run.as_of:
        return None
    run.entries = entries
    return run


def _is_same(one: Any, other: Any) -> bool:
    """Whether an entry is the same, but for what Beancount adds to a balance that fails."""
    if one is other:
        return True
    is_balance = type(one) is data.Balance and type(other) is data.Balance
    return is_balance and one._replace(diff_amount=other.diff_amount) == other
