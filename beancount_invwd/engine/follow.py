"""Entries are followed up to a date, once more from the start where a mistake blocks an item."""

from __future__ import annotations

import datetime
import gc
from contextlib import contextmanager
from decimal import localcontext
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from beancount.core import data

from beancount_invwd.directives.later import Later, list_stated
from beancount_invwd.directives.mistakes import Mistakes
from beancount_invwd.directives.odd import Sound, leave_out_odd
from beancount_invwd.directives.read import Directives, read_directives
from beancount_invwd.engine.asked import Asked
from beancount_invwd.engine.goods import Parts
from beancount_invwd.engine.kept import find_whole_day, keep
from beancount_invwd.engine.ledger import (
    check_whole,
    find_config,
    find_end,
    find_last_day,
    find_year_end,
    list_own,
    sort_out,
)
from beancount_invwd.engine.run import Run
from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.ground.errors import InvwdError, RuleError, error_at, find_plugin_line
from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.policy.policy import Policy
from beancount_invwd.policy.read import read_literal, read_policy
from beancount_invwd.policy.templates import read_roots
from beancount_invwd.timeline.hindsight import begin

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence


Found = TypeVar("Found")
_STATE = Asked()


class BadConfiguration(Exception):  # noqa: N818 (what the user wrote is wrong)
    """The configuration cannot be followed; `errors` says what has to be mended."""

    def __init__(self, errors: list[InvwdError]) -> None:
        super().__init__("; ".join(row.message for row in errors))
        self.errors = errors


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector: nothing here is garbage, and a full pass costs seconds."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def follow_ledger(
    entries: Sequence[Any],
    options_map: Mapping[str, Any],
    as_of: datetime.date | None = None,
    changes: Mapping[str, Any] | None = None,
    asked: Asked = _STATE,
) -> Run:
    """Follow a loaded ledger up to a date, so that nothing counts that came later.

    Args:
        entries: All entries as loaded; those that the plugin generated are made once more.
        options_map: The ledger's options.
        as_of: The date, inclusive; None is the ledger's last one.
        changes: Keys of the configuration that are set to other values than the ledger's.
        asked: What is asked besides the state.

    Raises:
        NotSwitchedOn: The ledger does not use the plugin.
        BadConfiguration: The configuration has errors.
    """
    config = find_config(options_map)
    if changes:
        config = _change_config(config, changes)
    own = list_own(entries)
    day = as_of or find_last_day(entries, own)
    with localcontext(CONTEXT), collector_paused():
        run = follow(own, options_map, config, day, asked)
    run.entries = entries
    if changes:
        run.blocked = None
    return run


def _change_config(config: str | None, changes: Mapping[str, Any]) -> str | None:
    """Set keys of a configuration; one that cannot be read stays as it is, with its errors."""
    try:
        return repr({**read_literal(config or ""), **changes})
    except RuleError:
        return config


def follow(
    entries: Sequence[Any],
    options_map: Mapping[str, Any],
    config: str | None,
    as_of: datetime.date | None = None,
    asked: Asked = _STATE,
) -> Run:
    """Follow a ledger's lots and allowances up to a date.

    Args:
        entries: The ledger's entries, sorted.
        options_map: The ledger's options.
        config: The text of the `plugin` line.
        as_of: The last date to follow, inclusive; None is the whole ledger.
        asked: What is asked besides the state.

    Raises:
        BadConfiguration: The configuration has errors.
    """

    def work(sound: Sound) -> Run:
        run = _follow(sound, options_map, config, as_of, asked)
        run.add_up()
        return run

    return _leave_out_if_needed(entries, work)


def follow_and_write(
    entries: Sequence[Any],
    options_map: Mapping[str, Any],
    config: str | None,
    asked: Asked | None = None,
) -> tuple[list[Any], list[InvwdError]]:
    """Follow a whole ledger; return what has to be written, and errors.

    Args:
        entries: The ledger's entries, sorted.
        options_map: The ledger's options.
        config: The text of the `plugin` line.
        asked: What reports will ask; the run is kept for them. None if nobody will.

    Raises:
        BadConfiguration: The configuration has errors.
    """

    def write(sound: Sound) -> tuple[list[Any], list[InvwdError]]:
        is_asked = asked is not None and not sound.errors
        day = find_whole_day(sound.entries, config) if is_asked else None
        run = _follow(sound, options_map, config, day, asked if day and asked else _STATE)
        added, refused = run.write()
        if day is None:
            run.close()
        else:
            run.add_up()
            keep(run)
        return added, run.errors + refused

    with localcontext(CONTEXT):
        return _leave_out_if_needed(entries, write)


def _leave_out_if_needed(entries: Sequence[Any], work: Callable[[Sound], Found]) -> Found:
    """Do some work on entries; if it fails for what is odd among them, on the others."""
    try:
        return work(Sound(entries, set(), []))
    except BadConfiguration:
        raise
    except Exception:
        sound = leave_out_odd(entries)
        if sound.entries is entries:
            raise
        return work(sound)


def _follow(
    sound: Sound,
    options_map: Mapping[str, Any],
    config: str | None,
    as_of: datetime.date | None = None,
    asked: Asked = _STATE,
) -> Run:
    """Follow entries that can be read."""
    entries = sound.entries
    others, told = sort_out(entries)
    policy = _read_policy(entries, others, options_map, config)
    ledger = _Ledger(policy, entries, others, told, sound.items, options_map, asked)
    end = find_end(entries, policy)
    is_whole = as_of is None or not entries or entries[-1].date <= as_of
    known, start = entries, asked.start
    if as_of is not None:
        known = entries if is_whole else _list_past(entries, as_of)
        end = min(end, as_of)
        start = start or fiscal_year_start(as_of, policy.year_end)
    blocked = sound.items
    if not is_whole and asked.blocked is not None:
        blocked = set(asked.blocked)
    elif not is_whole:  # what is wrong later keeps an item out of the books from the beginning
        blocked = ledger.attempt(entries, blocked, datetime.date.min)[1].blocked
    always = frozenset(blocked)
    while True:
        parts, mistakes = ledger.attempt(known, blocked, end, start, is_whole=is_whole)
        if mistakes.blocked <= blocked:
            break
        blocked = mistakes.blocked  # from the start, so that nothing rests on half of the facts
    day = parts.timeline.unclear_on
    if day is not None:
        _, found = ledger.attempt(_list_past(known, day), blocked, day, is_whole=False)
        mistakes.adopt_missing(found)
    operating = options_map.get("operating_currency", ())
    parts.directives.unseen.report_uncosted(known, operating)
    errors = sound.errors + mistakes.errors
    run = Run(parts, entries, options_map, as_of or end, errors)
    run.unreadable = sound.odd
    if not sound.errors and not (is_whole and blocked):
        run.blocked = always
    return run


def _list_past(entries: Sequence[Any], day: datetime.date) -> list[Any]:
    return [entry for entry in entries if entry.date <= day]


class _Ledger(NamedTuple):
    """A ledger that is followed.

    Attributes:
        entries: All of it.
        others: What is neither transaction nor price.
        told: The prices of which something is stated.
        left_out: The items of which an entry cannot be read.
    """

    policy: Policy
    entries: Sequence[Any]
    others: Sequence[Any]
    told: Sequence[Any]
    left_out: Collection[str]
    options_map: Mapping[str, Any]
    asked: Asked

    def attempt(
        self,
        entries: Sequence[Any],
        blocked: set[str],
        end: datetime.date,
        start: datetime.date | None = None,
        *,
        is_whole: bool = True,
    ) -> tuple[Parts, Mistakes]:
        """Follow entries without the items that are known to be concerned by a mistake."""
        policy = self.policy
        directives, later, mistakes = self._read(blocked)
        booked = later.find_booked(partial(self._follow_closed, entries, blocked, end))
        entries = later.insert(entries, end, booked)
        is_told = start is not None and self.asked.is_noted
        timeline = begin(policy, directives, mistakes, end, is_told=is_told)
        timeline.weigher.evidence.replacement_share = self.asked.replacement_share
        if self.asked.by_cause:
            from beancount_invwd.timeline.parting import Parting  # noqa: PLC0415 (seldom asked)

            timeline.measurement.parting = Parting(timeline)
        parts = Parts(policy, directives, timeline, [])
        timeline.run(entries, start, lambda day: self._look_back(parts, day))
        if not all(stock.is_finite for stock in timeline.books.stocks.values()):
            raise RuleError("the cost of goods is endless")  # of another plugin: `leave_out_odd`
        if is_whole:  # else a directive may name what was bought later
            check_whole(directives, timeline, mistakes)
        return parts, mistakes

    def _read(self, blocked: set[str]) -> tuple[Directives, Later, Mistakes]:
        policy, others, options_map = self.policy, self.others, self.options_map
        mistakes = Mistakes(lambda: find_plugin_line(options_map), blocked, self.left_out)
        directives = read_directives(policy, others, self.entries, options_map, mistakes)
        directives.told.update(map(id, self.told))
        operating = options_map.get("operating_currency") or ()
        stated = list_stated((*others, *self.told))
        later = Later(directives, self.entries, stated, policy.evidence_after, operating, mistakes)
        return directives, later, mistakes

    def _follow_closed(
        self,
        entries: Sequence[Any],
        blocked: set[str],
        end: datetime.date,
        evidence: Collection[int],
    ) -> tuple[Mapping[str, datetime.date], datetime.date | None]:
        """Follow what is closed with some later evidence: what would be written otherwise."""
        directives, later, mistakes = self._read(blocked)
        end = min(end, directives.closed or end)
        timeline = begin(self.policy, directives, mistakes, end, is_told=False)
        timeline.run(later.insert(_list_past(entries, end), end, evidence))
        return timeline.closed.different, timeline.tested_on

    def _look_back(self, parts: Parts, day: datetime.date) -> None:
        """Ask what is asked of the state of a day, all of which is over."""
        if self.asked.look_back is not None:
            then = Run(parts, self.entries, self.options_map, day, [])
            parts.looked_back.append((day, self.asked.look_back(then)))


def _read_policy(
    entries: Sequence[Any],
    others: Sequence[Any],
    options_map: Mapping[str, Any],
    config: str | None,
) -> Policy:
    policy, problems = read_policy(config, read_roots(options_map), find_year_end(others))
    if policy is not None:
        problems = _check_inventory(policy, entries, others)
    if policy is None or problems:
        meta = find_plugin_line(options_map)
        raise BadConfiguration([error_at(meta, f"beancount_invwd: {row}") for row in problems])
    return policy


def _check_inventory(policy: Policy, entries: Sequence[Any], others: Sequence[Any]) -> list[str]:
    """Check that the `inventory` patterns match an account."""
    names = {entry.account for entry in others if type(entry) is data.Open}
    problems = []
    for pattern in dict.fromkeys(policy.inventory):
        if any(pattern.match(name) for name in names):
            continue
        used = (p.account for e in entries if type(e) is data.Transaction for p in e.postings)
        if not any(pattern.match(name) for name in used):
            text = pattern.pattern.removeprefix("(?:").removesuffix(r")(?=:|\Z)")
            problems.append(
                f"'inventory' {text!r} matches no account of the ledger; write a regular "
                "expression such as 'Assets:Inventory' or 'Assets:[^:]+:Stock' (without "
                "backslashes: Beancount drops them)"
            )
    return problems
