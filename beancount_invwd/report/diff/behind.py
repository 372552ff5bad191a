"""Differences + directives that changed → those that may lie behind the differences.

A price lies behind what differs of its item, an exchange rate or an option behind anything; a
transaction behind what differs of the goods that it moves. What has nothing to do with inventory
is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount.core import data
from beancount.core.amount import Amount

from beancount_invwd.directives.metadata import GROUP, MARK
from beancount_invwd.ground.errors import read_place, relative_to
from beancount_invwd.report.diff.texts import Text, list_changed, list_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from beancount_invwd.engine import Run

Change = tuple[Text | None, Text | None]


def list_behind(old: Run, new: Run, groups: Iterable[str]) -> list[Change]:
    """List the changed directives behind differences of groups: items, categories or `total`."""
    changes = list_changed(list_texts(old.options_map), list_texts(new.options_map))
    if not changes:
        return []
    asked = (_Asked(old, new, set(groups)), _Asked(new, old, set(groups)))
    found = [
        pair
        for pair in changes
        if any(text and one.is_behind(text) for text, one in zip(pair, asked, strict=True))
    ]
    folders = [Path(str(run.options_map.get("filename") or "")).parent for run in (old, new)]
    return sorted(found, key=lambda pair: _place(pair, folders))


def _place(pair: Change, folders: Sequence[Path]) -> tuple[str, int]:
    """File and line as the ledger has them, wherever a version was laid out."""
    text, folder = (pair[0], folders[0]) if pair[1] is None else (pair[1], folders[1])
    return (relative_to(text.file, str(folder)), text.line) if text else ("", 0)


class _Asked:
    """Which directives of a version have to do with groups."""

    def __init__(self, run: Run, other: Run, groups: set[str]) -> None:
        self._run = run
        self._items = {*run.categories, *other.categories}
        categories = {**other.categories, **run.categories}
        named = {item for item in self._items if item in groups or categories[item] in groups}
        self._named = self._items if "total" in groups else named
        ends = {run.last_test, other.last_test}
        self._end = max(ends) if len(ends) > 1 else None
        self._entries: dict[tuple[str, int], list[Any]] = {}
        for entry in run.readable:
            place = read_place(entry.meta)
            self._entries.setdefault((place["filename"], place["lineno"]), []).append(entry)

    def is_behind(self, text: Text) -> bool:
        """Whether a directive may lie behind differences; options and the like always may."""
        entries = self._entries.get((text.file, text.line))
        if entries is None:
            return text.kind != "include"
        return any(self._concerns(entry) or entry.date == self._end for entry in entries)

    def _concerns(self, entry: Any) -> bool:
        if isinstance(entry, data.Transaction):
            metas = [entry.meta, *(posting.meta or {} for posting in entry.postings)]
            names = {posting.units.currency for posting in entry.postings if posting.units}
            return bool(self._named & names or self._named & {meta.get(GROUP) for meta in metas})
        if isinstance(entry, data.Price | data.Commodity):
            return entry.currency in self._named or entry.currency not in self._items
        if isinstance(entry, data.Open | data.Close | data.Pad | data.Balance):
            return self._run.account(entry.account) is not None
        return isinstance(entry, data.Custom) and self._is_ours(entry)

    def _is_ours(self, entry: data.Custom) -> bool:
        """Whether a directive of ours, or an option of Fava, is about these items or about none."""
        values = {row.value for row in entry.values or () if isinstance(row.value, str)}
        amounts = (row.value for row in entry.values or () if isinstance(row.value, Amount))
        items = {amount.currency for amount in amounts}
        about = (values | items) & self._items
        is_ours = entry.type.startswith(MARK) or entry.type == "fava-option"
        return is_ours and (bool(about & self._named) or not about)
