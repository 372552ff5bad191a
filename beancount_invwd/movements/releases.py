"""Allowances that left or moved with units → the movements of a day.

A sale releases at once, or together with all others of the period on the next measurement date
(ACCOUNTING section 8); transfers are always written at once.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from beancount_invwd.allowance.groups import Group, Grouping, Kind
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.movements.credits import choose_credits
from beancount_invwd.movements.movement import Movement, Release

if TYPE_CHECKING:
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.lots.moves import Moved, Outflow, Reduction
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.policy.policy import Policy


class Releases:
    """Collects what units took along.

    Args:
        policy: Tells when releases are written.
        chart: Tells where they go.
        grouping: Tells which group units left.

    Attributes:
        waiting: Releases that are written on the next measurement date.
    """

    def __init__(self, policy: Policy, chart: Chart, grouping: Grouping) -> None:
        self.waiting: list[Release] = []
        self._policy = policy
        self._chart = chart
        self._grouping = grouping
        self._movements: list[Movement] = []

    def end_period(self, day: datetime.date) -> None:
        """Write the releases of the period on a measurement date."""
        self._release(day, self.waiting, None)
        self.waiting = []

    def take(self) -> list[Movement]:
        """Take the movements since this was last asked."""
        movements, self._movements = self._movements, []
        return movements

    def record(self, txn: Any, outflow: Outflow, *, is_booked: bool) -> None:
        """Note what a transaction did to allowances.

        Args:
            txn: The transaction.
            outflow: What it did.
            is_booked: Whether it has the release itself, which so does not wait.
        """
        self._transfer(txn, outflow.moved)
        places: dict[tuple[str, str], list[Reduction]] = {}
        for row in outflow.left:
            places.setdefault(row.lot.stock.key[:2], []).append(row)
        for rows in places.values():
            releases = self._choose_releases(txn, rows)
            if self._policy.release == "period" and not is_booked:
                self.waiting += releases
            else:
                self._release(txn.date, releases, txn)

    def _choose_releases(self, txn: Any, rows: Sequence[Reduction]) -> list[Release]:
        chosen = choose_credits(txn, rows, self._policy.roots, self._find_cogs)
        sold = {row.lot.stock for row, _, _ in chosen if row.units_left}  # the others moved
        return [
            Release(
                self._grouping.find_left(row.lot),
                "release" if account else "reversal",
                reason,
                row.lot.place.contra,
                account,
                row.allowance,
                row.units_left if row.lot.stock in sold else row.units_taken,
                row.cost if row.lot.stock in sold else row.units_taken * row.cost_unit,
            )
            for row, account, reason in chosen
        ]

    def _find_cogs(self, stock: Stock) -> str:
        """The cost-of-goods-sold account of an item."""
        return self._chart.result("cogs", stock.key.entity, stock.key.commodity, stock.category)

    def _release(self, day: datetime.date, releases: Sequence[Release], txn: Any) -> None:
        groups: dict[tuple[Group, Kind], list[Release]] = {}
        for release in releases:
            groups.setdefault((release.group, release.kind), []).append(release)
        for (group, kind), rows in sorted(groups.items(), key=lambda item: item[0]):
            changes: Sums[str] = Sums()
            credited: Sums[str | None] = Sums()
            for row in rows:
                changes.add(row.account, -row.amount)
                credited.add(row.credit, row.amount)
            movement = _gather(day, kind, group, rows, changes)
            self._movements.append(movement._replace(credits=credited, source=txn))

    def _transfer(self, txn: Any, moved: Iterable[Moved]) -> None:
        groups: dict[Group, list[Moved]] = {}
        for row in moved:
            groups.setdefault(self._grouping.find_left(row.source), []).append(row)
        for group, rows in sorted(groups.items(), key=lambda item: item[0]):
            changes: Sums[str] = Sums()
            for row in rows:
                changes.add(row.source.place.contra, -row.allowance)
                changes.add(row.target.place.contra, row.allowance)
            if changes := changes.without_zeros():
                movement = _gather(txn.date, "transfer", group, rows, changes)
                self._movements.append(movement._replace(source=txn))


def _gather(
    day: datetime.date,
    kind: Kind,
    group: Group,
    rows: Sequence[Release] | Sequence[Moved],
    changes: Sums[str],
) -> Movement:
    """Write what is alike of a day as one movement."""
    units = sum((row.units for row in rows), ZERO)
    cost = sum((row.cost for row in rows), ZERO)
    return Movement(day, kind, rows[0].reason, group, units, cost, changes)
