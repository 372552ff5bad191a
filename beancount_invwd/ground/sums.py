"""Amounts by key, added up.

What nothing was added to is 0, so that nobody has to ask whether a key is there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from beancount_invwd.ground.money import ZERO

Key = TypeVar("Key")


class Sums(dict[Key, Decimal]):
    """A sum for each key; of a key that nothing was added to it is 0."""

    def __missing__(self, key: Key) -> Decimal:
        return ZERO

    def add(self, key: Key, amount: Decimal) -> None:
        """Add an amount to the sum of a key."""
        before = self.get(key)
        self[key] = amount if before is None else before + amount

    def total(self) -> Decimal:
        """The sum of all."""
        return sum(self.values(), ZERO)

    def without_zeros(self) -> Sums[Key]:
        """The sums that are not 0."""
        return Sums({key: amount for key, amount in self.items() if amount})
