"""Losses that goods should have brought along in a closed period, until they carry them.

What is delivered there becomes no allowance: nothing is written in it. On the next measurement date
the goods get what belongs to the units that are still there (ACCOUNTING sections 11, 13).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import part_of
from beancount_invwd.lots.stock import carry, find_room

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from beancount_invwd.booked.closed import ClosedPeriod
    from beancount_invwd.commitments.orders import Delivery
    from beancount_invwd.lots.stock import Lot, Stock, StockKey
    from beancount_invwd.timeline.claimed import Carried


class Late:
    """Units that were delivered, and the loss that their lot lacks.

    Attributes:
        loss: What is left of it.
        units: Those of a pool, as of the last transaction: it gives up its part with any of them.
    """

    def __init__(self, delivery: Delivery, lot: Lot) -> None:
        self.delivery = delivery
        self.lot = lot
        self.loss = delivery.staying
        self.units = self.came = lot.units

    def follow(self) -> None:
        """Keep what belongs to the units that did not leave a pool."""
        left = max(ZERO, self.lot.units)
        if self.lot.is_pool and left < self.units:
            self.loss = part_of(self.loss, left, self.units, self.lot.stock.quantum)
        self.units = left

    def find_left(self) -> Decimal:
        """What of the loss belongs to units that are still in their lot."""
        delivery, lot = self.delivery, self.lot
        left = part_of(delivery.staying, max(ZERO, lot.units), self.came, lot.stock.quantum)
        return min(self.loss, left)


class Belated:
    """Follows such losses.

    Args:
        closed: What is closed.
        is_locked: Whether what is carried is not reversed.
    """

    def __init__(self, closed: ClosedPeriod, *, is_locked: bool) -> None:
        self._closed = closed
        self._is_locked = is_locked
        self._rows: list[Late] = []

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Take what was delivered on a closed date."""
        rows = ((row, row.lot) for row in deliveries if row.staying)
        self._rows += [Late(row, lot) for row, lot in rows if lot is not None]
        self._closed.doubt()

    def follow(self) -> None:
        """Note that units may have left."""
        for row in self._rows:
            row.follow()

    def keep(self, day: datetime.date, *, is_over: bool) -> None:
        """Keep on an open date only what those goods lack that are still there."""
        if self._rows and not self._closed.covers(day):
            self._closed.look(day, is_over=is_over)
            for row in self._rows:
                row.loss = min(row.find_left(), self._closed.find_lacking(row.lot))

    def carry_booked(self, carried: Carried) -> Sequence[Stock]:
        """Let goods carry what the ledger has booked of it; return theirs that still lack some."""
        for row in self._rows:
            place = row.delivery.key, row.lot.place.contra
            part = put(row.lot, min(row.loss, carried[place]), is_locked=self._is_locked)
            carried.add(place, -part)
            row.loss -= part
        return [row.lot.stock for row in self._rows]

    def sum(self, key: StockKey, contra: str | None = None) -> Decimal:
        """What the goods of an item lack, perhaps on one account."""
        rows = [row for row in self._rows if row.delivery.key == key]
        return sum([row.loss for row in rows if contra in {None, row.lot.place.contra}], ZERO)

    def take(self, day: datetime.date) -> Sequence[tuple[Delivery, Lot, Decimal]]:
        """Let goods carry what they lack on a measurement date; each with how much that is."""
        if self._closed.covers(day):
            return ()
        rows, self._rows = self._rows, []
        put_now = [(row, put(row.lot, row.loss, is_locked=self._is_locked)) for row in rows]
        return [(row.delivery, row.lot, part) for row, part in put_now if part]


def put(lot: Lot | None, loss: Decimal, *, is_locked: bool) -> Decimal:
    """Let a lot carry a loss, as far as it can; return how much that is."""
    part = ZERO if lot is None else min(loss, find_room(lot))
    if lot is not None and part:
        carry(lot, part, part if is_locked else ZERO)
    return part
