"""Allowances that left or moved with units → the movements of a day.

A sale releases at once, or together with all others of the period on the next measurement date
(ACCOUNTING section 8); transfers are always written at once.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from operator import eq
from typing import TYPE_CHECKING, Any

from beancount_invwd.allowance.groups import Group, Grouping, Kind
from beancount_invwd.booked.claim import is_booked
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import drop_zeros
from beancount_invwd.movements.movement import Movement, Release
from beancount_invwd.movements.releases import choose_credits

if TYPE_CHECKING:
    from beancount_invwd.booked.claim import Claim, Kin
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.lots.moves import Moved, Outflow, Reduction
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.policy.policy import Policy


class Outgoing:
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

    def settle(self, claims: Sequence[Claim], is_kin: Kin) -> list[Claim]:
        """Take what is booked off the releases that wait; return claims about something else."""
        left = [replace(claim, changes=dict(claim.changes)) for claim in claims]
        for check in (eq, is_kin):
            for claim in left:
                if claim.is_of_units:
                    self.waiting = [
                        _take_off(row, claim.changes) if claim.fits(row, check) else row
                        for row in self.waiting
                    ]
        self.waiting = [row for row in self.waiting if row.amount]
        return [claim for claim in left if any(claim.changes.values())]

    def record(self, txn: Any, outflow: Outflow) -> None:
        """Note what a transaction did to allowances."""
        if outflow.moved:
            self._transfer(txn, outflow.moved)
        places: dict[tuple[str, str], list[Reduction]] = {}
        for row in outflow.left:
            places.setdefault(row.lot.stock.key[:2], []).append(row)
        for rows in places.values():
            releases = self._choose_releases(txn, rows)
            if self._policy.release == "period" and not is_booked(txn):
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
            changes: dict[str, Decimal] = {}
            credited: dict[str | None, Decimal] = {}
            for row in rows:
                changes[row.account] = changes.get(row.account, ZERO) - row.amount
                credited[row.credit] = credited.get(row.credit, ZERO) + row.amount
            self._movements.append(
                Movement(
                    date=day,
                    kind=kind,
                    reason=rows[0].reason,
                    group=group,
                    quantity=sum((row.units for row in rows), ZERO),
                    cost=sum((row.cost for row in rows), ZERO),
                    changes=changes,
                    credits=credited,
                    source=txn,
                )
            )

    def _transfer(self, txn: Any, moved: Iterable[Moved]) -> None:
        groups: dict[Group, list[Moved]] = {}
        for row in moved:
            groups.setdefault(self._grouping.find_left(row.source), []).append(row)
        for group, rows in sorted(groups.items(), key=lambda item: item[0]):
            changes: dict[str, Decimal] = {}
            for row in rows:
                for lot, change in ((row.source, -row.allowance), (row.target, row.allowance)):
                    account = lot.place.contra
                    changes[account] = changes.get(account, ZERO) + change
            changes = drop_zeros(changes)
            if changes:
                self._movements.append(
                    Movement(
                        date=txn.date,
                        kind="transfer",
                        reason=rows[0].reason,
                        group=group,
                        quantity=sum((row.units for row in rows), ZERO),
                        cost=sum((row.cost for row in rows), ZERO),
                        changes=changes,
                        source=txn,
                    )
                )


def _take_off(row: Release, changes: dict[str, Decimal]) -> Release:
    """Take what is booked on its account off a release, and off what is booked."""
    taken = max(ZERO, min(row.amount, -changes.get(row.account, ZERO)))
    if not taken:
        return row
    changes[row.account] += taken
    return row._replace(amount=row.amount - taken)
