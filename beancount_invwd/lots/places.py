"""The nouns of inventory accounts: the items in them, what is and was there, what left.

What comes back takes back what it carried: last out, first back, each unit once (ACCOUNTING 3).

    4 sold with an allowance of 12.00, then 3 without: of 5 that come back, 3 carried nothing
    and 2 carried 6.00
"""

from __future__ import annotations

import datetime
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ZERO

if TYPE_CHECKING:
    from beancount_invwd.directives.chart import Inventory
    from beancount_invwd.lots.stock import Layers, Lot, Stock

_FEW = 4  # lots that are looked at one by one


class Left:
    """Units of a lot that one posting took out; what came back is off.

    Attributes:
        txn: The transaction by which they left.
        is_apart: Whether the lot was a group of its own.
        allowance: What they took along; `locked` is a part of it.
        layers: Their ages, in a pool.
        is_used: Whether something was made of them.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (as it left)
        self,
        lot: Lot,
        txn: Any,
        is_apart: bool,  # noqa: FBT001
        units: Decimal,
        cost_unit: Decimal,
        allowance: Decimal = ZERO,
        locked: Decimal = ZERO,
        layers: Layers | None = None,
        is_used: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        self.lot = lot
        self.txn = txn
        self.is_apart = is_apart
        self.units = units
        self.cost_unit = cost_unit
        self.allowance = allowance
        self.locked = locked
        self.layers = deque() if layers is None else layers
        self.is_used = is_used


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


class Home:
    """An inventory account.

    Attributes:
        is_plain: Whether its directive says nothing of the lots.
        places: Its items, by commodity and cost currency.
        plain: Those by commodity that take new lots without a look at what else is stated.
    """

    def __init__(self, found: Inventory) -> None:
        self.account, self.entity, self.is_pool, self.is_plain = found
        self.places: dict[tuple[str, str], Place] = {}
        self.plain: dict[str, Place] = {}


class Place:
    """An item in an inventory account, in one cost currency.

    Attributes:
        contra: Its allowance account.
        newest: The newest cost date of all its lots.
        latest: Lots that were never looked for by value: most never are, and that takes long.
        left: What left it.
    """

    newest: datetime.date = datetime.date.min

    def __init__(self, stock: Stock, home: Home, currency: str, contra: str) -> None:
        self.stock = stock
        self.account, self.is_pool = home.account, home.is_pool
        self.commodity, self.currency = stock.commodity, currency
        self.contra = contra
        self.latest: list[Lot] = []
        self.left = Departures()
        self._by_cost: dict[Any, Lot] = {}
        self._is_in_order = True  # no lot is older than one that came before it

    def add(self, lot: Lot) -> None:
        """Add a lot; it hides an earlier one of the same cost."""
        self.latest.append(lot)
        self._is_in_order = self._is_in_order and lot.date >= self.newest
        self.newest = max(self.newest, lot.date)

    def close(self) -> None:
        """Let go of the lots, so that nothing refers to itself and waits for the collector."""
        self.stock.lots.clear()
        self.latest.clear()
        self.left.close()
        self._by_cost.clear()

    def find(self, cost: Any) -> Lot | None:
        """Find a lot by the value of its cost, or the pool; it may be used up."""
        return self._index().get(None if self.is_pool else cost)

    def find_newest(self, cost: Any) -> Lot | None:
        """Find a lot by the value of its cost, whose date is most often the newest that there is.

        If it is not, a lot of that date is expected to be added.
        """
        self._is_in_order = self._is_in_order and cost.date == self.newest
        if not self._is_in_order:
            return self.find(cost)
        for lot in reversed(self.latest[-_FEW:]):
            known = lot.origin[1].cost
            if known == cost:
                return lot
            if known.date != self.newest:
                return None
        return self.find(cost) if self._by_cost or len(self.latest) > _FEW else None

    def list_lots(self) -> list[Lot]:
        """All lots that there ever were, but for those that were hidden by later ones."""
        return list(self._index().values())

    def _index(self) -> dict[Any, Lot]:
        for lot in self.latest:
            self._by_cost[None if self.is_pool else lot.origin[1].cost] = lot
        self.latest.clear()
        return self._by_cost
