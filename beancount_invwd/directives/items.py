"""Commodity directives → what is stated of each item, and the smallest unit of each currency.

A raw material names what it is used in:

    2024-01-01 commodity BOARD
      category: "wood"
      invwd-used-in: "CHAIR, TABLE"
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core.display_context import Precision

from beancount_invwd.directives.metadata import (
    MARK,
    NO_FACTS,
    Facts,
    is_silent,
    read_facts,
    select_ours,
)
from beancount_invwd.ground.currencies import find_decimals
from beancount_invwd.ground.money import ONE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from beancount_invwd.directives.mistakes import Mistakes

_FINEST, _CENTS = 20, 2


class Items:
    """What the Commodity directives state.

    Args:
        entries: The Commodity directives.
        display: How the ledger writes numbers (Beancount's display context), if that is known.
        mistakes: Takes what is wrong with them.

    Attributes:
        feeds: The raw materials that go into an item.
    """

    def __init__(self, entries: Iterable[Any], display: Any, mistakes: Mistakes) -> None:
        self._display = display
        self._mistakes = mistakes
        self._facts: dict[str, Facts] = {}
        self._doubts: dict[str, list[str]] = {}
        self._quanta: dict[str, Decimal] = {}
        for entry in entries:
            self._read(entry)
        for item in mistakes.left_out:
            self._facts[item] = self.facts(item)._replace(exclude=True)
        self.feeds = self._find_feeds()
        self._report_circles()

    def _read(self, entry: Any) -> None:
        name = entry.currency
        self._mistakes.commodities[name] = entry
        precision = entry.meta.get("precision")
        if isinstance(precision, Decimal) and 0 <= precision <= _FINEST:
            self._quanta[name] = _make_quantum(int(precision))
        stated = {} if is_silent(entry.meta) else select_ours(entry.meta, "Commodity")
        if not stated:
            return
        self._facts[name], problems = read_facts(stated, "Commodity", entry.meta)
        if problems and any(key.startswith(MARK) for key in stated):
            for problem in problems:
                self._mistakes.block(name, entry.meta, problem, entry)
        elif problems:  # a `category` matters only if the commodity is an item
            self._doubts[name] = problems

    def _find_feeds(self) -> Mapping[str, Sequence[str]]:
        """Turn `invwd-used-in` round."""
        feeds: dict[str, list[str]] = {}
        for material, found in self.list_materials():
            for item in found.used_in:
                feeds.setdefault(item, []).append(material)
        return feeds

    def _report_circles(self) -> None:
        """Report materials that are used in themselves."""
        for material in self._list_endless():
            reached = list(self.used_in(material))
            seen = set(reached)
            for item in reached:  # which grows
                more = [name for name in self.used_in(item) if name not in seen]
                seen.update(more)
                reached += more
            if material in seen:
                entry = self._mistakes.commodities[material]
                message = (
                    f"invwd-used-in goes in a circle: {material} is used in "
                    f"{', '.join(reached)}; name the products that are sold"
                )
                self._mistakes.block(material, entry.meta, message, entry)

    def _list_endless(self) -> Iterable[str]:
        """List the materials that do not only go into what is sold, through however many parts."""
        left = {material: len(found.used_in) for material, found in self.list_materials()}
        settled = [item for item in self.feeds if item not in left]
        for item in settled:  # which grows
            for material in self.feeds.get(item, ()):
                left[material] -= 1
                if not left[material]:
                    settled.append(material)
        return [material for material, count in left.items() if count]

    def admit(self, item: str) -> Facts:
        """What is stated of an item that an inventory account holds; mistakes count from now on."""
        for problem in self._doubts.pop(item, ()):
            entry = self._mistakes.commodities[item]
            self._mistakes.block(item, entry.meta, problem, entry)
        return self.facts(item)

    def facts(self, item: str) -> Facts:
        """What is stated of an item."""
        return self._facts.get(item, NO_FACTS)

    def list_materials(self) -> Iterable[tuple[str, Facts]]:
        """The raw materials, with what is stated of them."""
        return [(item, found) for item, found in self._facts.items() if found.used_in]

    def used_in(self, item: str) -> Mapping[str, Decimal]:
        """The products of a raw material, each with the units that a unit of it makes."""
        return self.facts(item).used_in

    def category(self, item: str) -> str:
        """The category of an item; one without stands for its own."""
        return self.facts(item).category or item

    def is_excluded(self, item: str) -> bool:
        """Whether an item is not assessed at all."""
        found = self._facts.get(item)
        return found is not None and found.exclude

    @property
    def excluded(self) -> Collection[str]:
        """The items that are not assessed at all."""
        return {item for item, found in self._facts.items() if found.exclude}

    def quantum(self, currency: str) -> Decimal:
        """The smallest unit of a currency: its `precision`, that of ISO 4217, or as is written."""
        found = self._quanta.get(currency)
        if found is None:
            decimals = find_decimals(currency)
            if decimals is None:
                decimals = self._find_written(currency)
            found = self._quanta[currency] = _make_quantum(decimals)
        return found

    def _find_written(self, currency: str) -> int:
        """The decimals that the ledger mostly writes, of equal counts the more; at least two."""
        known = getattr(self._display, "ccontexts", {})
        written = known[currency].get_fractional(Precision.MOST_COMMON) if currency in known else 0
        return min(max(written or 0, _CENTS), _FINEST)


def _make_quantum(decimals: int) -> Decimal:
    return ONE.scaleb(-decimals)
