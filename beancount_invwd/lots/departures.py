"""Units that left an inventory account, in the order in which they did, until they come back.

What comes back takes back what it carried: last out, first back, each unit once (ACCOUNTING 3).

    4 sold with an allowance of 12.00, then 3 without: of 5 that come back, 3 carried nothing
    and 2 carried 6.00
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ONE, ZERO

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Layers, Lot


@dataclass(eq=False, slots=True)
class Left:
    """Units of a lot that one posting took out; what came back is off.

    Attributes:
        txn: The transaction by which they left.
        is_apart: Whether the lot was a group of its own.
        allowance: What they took along; `locked` is a part of it.
        layers: Their ages, in a pool.
        demand: The share of them that was sold or used.
    """

    lot: Lot
    txn: Any
    is_apart: bool
    units: Decimal
    cost_unit: Decimal
    allowance: Decimal = ZERO
    locked: Decimal = ZERO
    layers: Layers = field(default_factory=deque)
    demand: Decimal = ONE


class Departures:
    """What left a place.

    Attributes:
        rows: As it left: a `Left`, or of a lot that carried nothing, as most do when they are sold,
            lot, transaction, posting and whether it was a group of its own.
    """

    __slots__ = ("_by_cost", "_known", "rows")

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._by_cost: dict[Any, list[Left]] = {}
        self._known = 0

    def last_of(self, lot: Lot) -> Left | None:
        """Find what left lots of the same cost, date and label last and did not come back."""
        self._learn()
        return _find_last(self._by_cost.get(lot.origin[1].cost, []))

    def last(self) -> Left | None:
        """Find what left the place last and did not come back."""
        self._learn()
        found = _find_last(self.rows)
        self._known = len(self.rows)
        return found

    def close(self) -> None:
        """Let go of what left."""
        self.rows.clear()
        self._by_cost.clear()

    def _learn(self) -> None:
        """Note of which cost what left is, of what left since this was last asked."""
        rows = self.rows
        for i in range(self._known, len(rows)):
            if isinstance(rows[i], tuple):
                lot, txn, posting, is_apart = rows[i]
                units = ZERO if lot.is_excluded else -posting.units.number
                rows[i] = Left(lot, txn, is_apart, units, posting.cost.number)
            self._by_cost.setdefault(rows[i].lot.origin[1].cost, []).append(rows[i])
        self._known = len(rows)


def _find_last(rows: list[Left]) -> Left | None:
    """Find the last row of which something is left; those behind it go."""
    while rows and not rows[-1].units:
        rows.pop()
    return rows[-1] if rows else None
