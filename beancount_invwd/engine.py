"""Entries + configuration + date → a Run: the state of a date, which answers what reports ask.

The one door to the engine: the plugin writes what a run gives, reports and the page question it.
"""

from __future__ import annotations

import datetime
import gc
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.chart import Chart
from beancount_invwd.directives.checks import check_directives, check_opens
from beancount_invwd.directives.metadata import MARK
from beancount_invwd.directives.mistakes import Mistakes
from beancount_invwd.directives.read import Directives, read_directives
from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.ground.errors import InvwdError, error_at
from beancount_invwd.policy.policy import Policy
from beancount_invwd.policy.read import read_policy
from beancount_invwd.policy.templates import read_roots
from beancount_invwd.timeline.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NAMES = ("beancount_invwd", "beancount_invwd.plugin")
_MOST = {data.Transaction, data.Price}


@dataclass(frozen=True, slots=True)
class Run:
    """The engine after all directives up to a date."""

    policy: Policy
    directives: Directives
    timeline: Timeline

    @property
    def chart(self) -> Chart:
        """The accounts and items."""
        return self.directives.chart


@contextmanager
def collector_paused(*, keeps: bool = False) -> Iterator[None]:
    """Pause the garbage collector: nothing here is garbage, and a full pass costs seconds.

    Args:
        keeps: Whether what is made lives as long as the ledger: it is put with what is old at once,
            as some passes over all of it would do.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if keeps and not gc.get_freeze_count():  # else the program keeps its own things apart
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def list_configs(options_map: Mapping[str, Any]) -> list[str | None]:
    """List the configurations of the ledger's `plugin` lines, None where there is none."""
    return [config for name, config in options_map.get("plugin", ()) if name in _NAMES]


def follow(
    entries: Sequence[Any],
    options_map: Mapping[str, Any],
    config: str | None,
    as_of: datetime.date | None = None,
    start: datetime.date | None = None,
) -> tuple[Run | None, list[InvwdError]]:
    """Follow a ledger's lots and allowances up to a date.

    Args:
        entries: The ledger's entries, sorted.
        options_map: The ledger's options.
        config: The text of the `plugin` line.
        as_of: The last date to follow, inclusive; None is the whole ledger.
        start: The date to note the opening allowances of; None is the first of the fiscal year of
            `as_of`, or without that, no date.

    Returns:
        The engine's state, or None if the configuration has errors; and all errors.
    """
    others = [entry for entry in entries if type(entry) not in _MOST]
    roots = read_roots(options_map)
    policy, problems = read_policy(config, roots, _find_year_end(others))
    if policy is not None:
        problems = _check_inventory(policy, entries, others)
    if policy is None or problems:
        meta = find_plugin_line(options_map)
        return None, [error_at(meta, f"beancount_invwd: {problem}") for problem in problems]
    ledger, end = entries, find_end(entries, policy)
    is_whole = as_of is None or not entries or entries[-1].date <= as_of
    if as_of is not None:
        if not is_whole:
            entries = [entry for entry in entries if entry.date <= as_of]
        end = min(end, as_of)
        start = start or fiscal_year_start(as_of, policy.year_end)
    blocked: set[str] = set()
    if not is_whole:  # what is wrong later keeps an item out of the books from the beginning
        _, mistakes = _attempt(
            policy, ledger, ledger, others, options_map, blocked, datetime.date.min
        )
        blocked = mistakes.blocked
    while True:
        run, mistakes = _attempt(
            policy, entries, ledger, others, options_map, blocked, end, start, is_whole=is_whole
        )
        if mistakes.blocked <= blocked:
            break
        blocked = mistakes.blocked  # from the start, so that nothing rests on half of the facts
    day = run.timeline.unclear_on
    if day is not None:
        known = [entry for entry in entries if entry.date <= day]
        _, found = _attempt(
            policy, known, ledger, others, options_map, blocked, day, is_whole=False
        )
        mistakes.adopt_missing(found)
    operating = options_map.get("operating_currency", ())
    excluded = run.chart.items.excluded
    run.directives.uncosted.report(entries, operating, excluded, mistakes)
    return run, mistakes.errors


def _attempt(  # noqa: PLR0913, PLR0917 (all that the engine starts from)
    policy: Policy,
    entries: Sequence[Any],
    ledger: Sequence[Any],
    others: Sequence[Any],
    options_map: Mapping[str, Any],
    blocked: set[str],
    end: datetime.date,
    start: datetime.date | None = None,
    *,
    is_whole: bool = True,
) -> tuple[Run, Mistakes]:
    """Follow entries without the items that are known to be concerned by a mistake."""
    mistakes = Mistakes(lambda: find_plugin_line(options_map), blocked)
    directives = read_directives(policy, others, ledger, options_map, mistakes)
    timeline = Timeline(policy, directives, mistakes, end, is_told=start is not None)
    timeline.run(entries, start)
    if is_whole:  # else a directive may name what was bought later
        books = timeline.books
        currencies = {
            item: {stock.key.currency for stock in stocks}
            for item, stocks in books.by_commodity.items()
        }
        check_directives(directives, mistakes, books.seen, currencies)
        held = {place.account for place in books.list_places()}
        check_opens(directives.chart, mistakes, held)
    return Run(policy, directives, timeline), mistakes


def _find_year_end(others: Sequence[Any]) -> str | None:
    """The ledger's `fiscal_year_end` option of Fava."""
    found = None
    for entry in others:
        if type(entry) is data.Custom and entry.type == "fava-option" and entry.values:
            name, *value = [row.value for row in entry.values]
            is_text = isinstance(name, str) and bool(value) and isinstance(value[0], str)
            if is_text and name.replace("-", "_") == "fiscal_year_end":
                found = value[0]
    return found


def find_end(entries: Sequence[Any], policy: Policy | None) -> datetime.date:
    """The last date of measurements: `until`, else that of the newest directive that counts."""
    if policy is not None and policy.until is not None:
        return policy.until
    kinds = (data.Transaction, data.Balance, data.Price)
    for entry in reversed(entries):
        if isinstance(entry, kinds) or (
            isinstance(entry, data.Custom) and entry.type.startswith(MARK)
        ):
            date: datetime.date = entry.date
            return date
    return datetime.date.min


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


_PLUGIN_LINE = re.compile(r'\s*plugin\s+"beancount_invwd(\.plugin)?"')


def find_plugin_line(options_map: Mapping[str, Any], before: int = 0) -> dict[str, Any]:
    """Find the ledger's file and the line of its `plugin` directive, 0 if it cannot be read.

    Args:
        options_map: The ledger's options.
        before: How many such directives come before it.
    """
    filename = options_map.get("filename") or "<beancount_invwd>"
    try:
        with open(filename, encoding="utf-8") as file:  # noqa: PTH123 (pathlib takes 8 ms to import)
            for number, line in enumerate(file, 1):
                if _PLUGIN_LINE.match(line):
                    if not before:
                        return {"filename": filename, "lineno": number}
                    before -= 1
    except (OSError, ValueError):
        pass
    return {"filename": filename, "lineno": 0}
