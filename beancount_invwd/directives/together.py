"""An entry → the items that it is about, with all that stand or fall with them.

What is booked of a category is shared out over all of its goods, so that none of them can be
assessed without the others; a rate, between the currencies of prices and costs, is about the items
that need it.

    2023-12-31 * "Allowance taken over" #invwd      of MUG and CUP, if both are of this category
      invwd-group: "kitchen"
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from beancount.core import data

from beancount_invwd.directives.metadata import GROUP, MARK, TAG

_OF_RESULT = "materiality"  # moves only what profit or loss has


class Together:
    """Finds items, and what is about them.

    Args:
        entries: All of a ledger, of which some may be such as Beancount would never make.
    """

    def __init__(self, entries: Sequence[Any]) -> None:
        self._entries = entries
        self._costs: dict[str, set[str]] = defaultdict(set)  # their currencies, by item
        self._priced: dict[str, set[str]] = defaultdict(set)  # those of prices
        self._members: dict[str, set[str]] = defaultdict(set)  # items by category
        self._booked: list[set[str]] = []
        self._note_all()
        self._known = {*self._costs, *self._priced, *self._members[""]}

    def _note_all(self) -> None:
        """Note which items there are, and which were booked as one."""
        groups = set[str]()
        for entry in self._entries:
            kind = type(entry)
            if kind is data.Transaction:
                groups |= _list_groups(entry)
                for row in entry.postings:
                    if row.cost is not None and (item := _name(row.units)):
                        self._costs[item].add(_name(row.cost))
            elif kind is data.Price:
                self._priced[entry.currency].add(_name(entry.amount))
            elif kind is data.Commodity:
                category = (entry.meta or {}).get("category")
                for name in {"", category if isinstance(category, str) else ""}:
                    self._members[name].add(entry.currency)
        self._booked = [self._find_members(group) for group in groups]

    def _find_members(self, group: str) -> set[str]:
        """The items that a group of this name may hold."""
        items = self._costs.keys()
        if group == "total":
            return set(items)
        return (self._members[group] if group else set()) | ({group} & items)

    def find_items(self, entry: Any) -> set[str]:
        """Find what an entry is about, and what stands or falls with that."""
        items = set(self._list_items(entry)) - {""}
        while more := set[str]().union(*(row for row in self._booked if row & items)) - items:
            items |= more
        return items

    def _list_items(self, entry: Any) -> Iterator[str]:
        kind = type(entry)
        if kind is data.Transaction:
            yield from _list_goods(entry)
            for group in _list_groups(entry):
                yield from self._find_members(group)
        elif kind is data.Commodity:
            yield entry.currency
        elif kind is data.Price:
            others = set(self._list_converted({entry.currency, _name(entry.amount)}))
            yield from others
            if entry.currency in self._costs or not others:
                yield entry.currency
        elif kind is data.Open:
            for other in self._entries:
                if type(other) is data.Transaction:
                    yield from _list_goods(other, entry.account)
        elif kind is data.Custom:
            names = set(_list_named(entry)) & self._known
            yield from names or (self._costs if entry.type.startswith(MARK) else ())

    def _list_converted(self, pair: set[str]) -> Iterator[str]:
        """The items whose price is in one of two currencies, and whose cost in the other."""
        for item, costs in self._costs.items():
            if costs & pair and self._priced[item] & pair - costs:
                yield item

    def is_about(self, entry: Any, items: set[str]) -> bool:
        """Whether an entry states or books something of no goods but these."""
        if type(entry) is data.Custom:
            return not items.isdisjoint(_list_named(entry))
        if type(entry) is not data.Transaction:
            return False
        members = [self._find_members(group) for group in _list_groups(entry)]
        is_of_these = all(row and row <= items for row in members)
        return bool(members) and is_of_these and items.issuperset(_list_goods(entry))


def _list_goods(txn: Any, account: str = "") -> Iterator[str]:
    """The items of a transaction, of an account or all of them."""
    for row in txn.postings:
        if row.cost is not None and account in {"", row.account}:
            yield _name(row.units)


def _list_groups(txn: Any) -> set[str]:
    """The groups that a booked movement names."""
    if TAG not in (txn.tags or ()) or txn.meta.get("invwd-reason") == _OF_RESULT:
        return set()
    metas = (row.meta for row in (txn, *txn.postings))
    found = [meta.get(GROUP) for meta in metas if isinstance(meta, dict)]
    return {group for group in found if isinstance(group, str)}


def _list_named(entry: Any) -> Iterator[str]:
    """What a directive may name: an item or units of it come first, or after a key and value."""
    for row in (entry.values or ())[::2]:
        name = _name(row.value)
        yield name or (row.value if isinstance(row.value, str) else "")


def _name(amount: Any) -> str:
    """The currency of an amount, or of a cost."""
    currency = getattr(amount, "currency", None)
    return currency if isinstance(currency, str) else ""
