"""Losses on what is ordered → liabilities, and the movements that change them.

10,000 GOLD ordered at 310.00, at 290.00 on 31 December: 200,000.00 are written (commitment-loss)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.allowance.groups import Group
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import overlap
from beancount_invwd.ground.sums import Sums
from beancount_invwd.movements.movement import BOOKED, SOLD, Movement

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from decimal import Decimal

    from beancount_invwd.booked.closed import ClosedPeriod
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.lots.stock import StockKey
    from beancount_invwd.measure.ordered import Outlook


class Liabilities:
    """The liability of each item that is ordered.

    Args:
        keys: The items.
        chart: Names the accounts.
        closed: What is closed.

    Attributes:
        held: What the ledger has booked of each, and what is written.
        movements: What changed them, in the order of dates.
    """

    def __init__(self, keys: Iterable[StockKey], chart: Chart, closed: ClosedPeriod) -> None:
        self._chart = chart
        self._closed = closed
        self._keys = list(keys)
        self._accounts = {self.find_account(key): key for key in self._keys}
        self._gaps: Sums[StockKey] = Sums()  # what a closed period lacks
        self.held: Sums[StockKey] = Sums()
        self.movements: list[Movement] = []

    @property
    def accounts(self) -> AbstractSet[str]:
        """Their accounts."""
        return self._accounts.keys()

    def open_account(self, key: StockKey) -> str:
        """The account of a liability for what is not ordered any more."""
        account = self.find_account(key)
        self._accounts.setdefault(account, key)
        return account

    def list_items(self, account: str) -> list[str]:
        """The items whose liabilities stand on an account."""
        keys = {*self._keys, *self.held}
        return sorted({key.commodity for key in keys if self.find_account(key) == account})

    def find_account(self, key: StockKey) -> str:
        """The account of a liability."""
        category = self._chart.items.category(key.commodity)
        return self._chart.result("commitment", key.entity, key.commodity, category)

    @property
    def has_gaps(self) -> bool:
        """Whether a closed period lacks anything."""
        return any(self._gaps.values())

    def fill_gap(self, key: StockKey, change: Decimal) -> Decimal:
        """Take what a closed period lacks off what is booked since; return what is left of that."""
        part = overlap(change, self._gaps[key])
        self._gaps.add(key, -part)
        return change - part

    def write(
        self,
        key: StockKey,
        outlooks: Sequence[Outlook],
        day: datetime.date,
        target: Decimal,
        effect: Decimal,
    ) -> None:
        """Write by how much the liability of an item has to change, if its day is open.

        Args:
            key: The item.
            outlooks: What is expected of its orders.
            day: The day.
            target: What the liability is to be.
            effect: What of it comes from estimates that changed.
        """
        change = target - self.held[key]
        if self._closed.covers(day):
            self._gaps[key] = change
            if change:
                self._closed.different[key.commodity] = day
            return
        gap = self._gaps.pop(key, ZERO)
        if not change:
            return
        known = [row for row in outlooks if row.portions]
        prices = {id(row.price): row.price for row in known}
        reasons = Sums[str]()
        for row in known:
            reasons.add(row.reason, row.units)
        kind = "commitment-loss" if change > ZERO else "commitment-recovery"
        other = BOOKED if outlooks else SOLD  # nothing could be measured, or nothing is to come
        found = self.describe(key, day, kind, max(reasons, key=reasons.__getitem__, default=other))
        self.held.add(key, change)
        self.movements.append(
            found._replace(
                changes={self.find_account(key): change},
                quantity=sum([row.units for row in known], ZERO),
                cost=sum([row.cost for row in known], ZERO),
                measure=sum([row.measure for row in known], ZERO) if known else None,
                price=next(iter(prices.values())) if len(prices) == 1 else None,
                corrects=gap - overlap(gap, effect),
                estimate=effect,
            )
        )

    def describe(self, key: StockKey, day: datetime.date, kind: Any, reason: str) -> Movement:
        """Begin a movement of an item."""
        item, category = key.commodity, self._chart.items.category(key.commodity)
        group = Group(key.entity, key.currency, item, item, category)
        return Movement(day, kind, reason, group, ZERO, ZERO, {})
