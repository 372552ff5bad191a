"""Entries and options → what they say before anything is followed: configuration, last date."""

from __future__ import annotations

import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.checks import check_batches, check_directives, check_opens
from beancount_invwd.directives.metadata import MARK
from beancount_invwd.transactions.journal import FILENAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.policy.policy import Policy
    from beancount_invwd.timeline.timeline import Timeline

_NAMES = ("beancount_invwd", "beancount_invwd.plugin")
_PLAIN = 2  # filename and lineno: metadata that says nothing


class NotSwitchedOn(Exception):  # noqa: N818 (not a fault, a state of the ledger)
    """The ledger has no `plugin "beancount_invwd"` line."""


def list_configs(options_map: Mapping[str, Any]) -> list[str | None]:
    """List the configurations of the ledger's `plugin` lines, None where there is none."""
    return [config for name, config in options_map.get("plugin", ()) if name in _NAMES]


def find_config(options_map: Mapping[str, Any]) -> str | None:
    """Find the configuration on the ledger's `plugin` line.

    Raises:
        NotSwitchedOn: There is no such line.
    """
    configs = list_configs(options_map)
    if not configs:
        raise NotSwitchedOn
    return configs[0]


def is_generated(entry: Any) -> bool:
    """Whether the plugin made an entry at this load; else it stands in a file of the ledger."""
    return bool((entry.meta or {}).get("filename") == FILENAME)


def list_own(entries: Sequence[Any]) -> list[Any]:
    """List the entries of the ledger itself, without those that the plugin generated."""
    name = FILENAME  # asked of all entries, so without a call for each
    return [entry for entry in entries if (entry.meta or {}).get("filename") != name]


def sort_out(entries: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """List what is neither transaction nor price, and the prices of which something is stated."""
    transaction, price = data.Transaction, data.Price
    others, told = [], []
    for entry in entries:
        kind = type(entry)
        if kind is price:
            if len(entry.meta) > _PLAIN:
                told.append(entry)
        elif kind is not transaction:
            others.append(entry)
    return others, told


def find_end(entries: Sequence[Any], policy: Policy | None) -> datetime.date:
    """The last date of measurements: `until`, else that of the newest directive that counts.

    What the plugin generated does not count.
    """
    if policy is not None and policy.until is not None:
        return policy.until
    kinds = (data.Transaction, data.Balance, data.Price)
    for entry in reversed(entries):
        if isinstance(entry, kinds) or (
            isinstance(entry, data.Custom) and entry.type.startswith(MARK)
        ):
            if is_generated(entry):
                continue
            date: datetime.date = entry.date
            return date
    return datetime.date.min


def find_last_day(entries: Sequence[Any], own: Sequence[Any]) -> datetime.date:
    """The newest directive that counts, or what the plugin wrote later (with `until`)."""
    end = find_end(own, None)
    written = (entry.date for entry in reversed(entries) if is_generated(entry))
    return max(end, next(written, end))


def find_year_end(others: Sequence[Any]) -> str | None:
    """The ledger's `fiscal_year_end` option of Fava."""
    found = None
    for entry in others:
        if type(entry) is data.Custom and entry.type == "fava-option" and entry.values:
            name, *value = [row.value for row in entry.values]
            is_text = isinstance(name, str) and bool(value) and isinstance(value[0], str)
            if is_text and name.replace("-", "_") == "fiscal_year_end":
                found = value[0]
    return found


def check_whole(directives: Directives, timeline: Timeline, mistakes: Mistakes) -> None:
    """Check what directives name against what there was, and what no lot took."""
    books = timeline.books
    currencies = {
        item: {stock.key.currency for stock in stocks}
        for item, stocks in books.by_commodity.items()
    }
    check_directives(directives, mistakes, books.seen, currencies)
    held: dict[str, set[str]] = {}
    lots: list[Lot] = []
    for place in books.list_places():
        held.setdefault(place.account, set()).add(place.currency)
        if place.commodity in directives.postings.batches:
            lots += [lot for lot in place.list_lots() if lot.label]
    lots.sort(key=attrgetter("number"))
    check_batches([(*lot.origin, lot.facts.expires) for lot in lots], mistakes)
    check_opens(directives.chart, mistakes, held)
    directives.unseen.report_money(timeline.tested_on, held)
    directives.unseen.report_outside(books.by_commodity)
