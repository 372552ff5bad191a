"""Allowances that left, moved or came back with units → the movements of a day.

A release credits the accounts that took the cost, so that they end at the carrying amount of what
left (IAS 2.34; `lots/charged`); what comes back takes it from them again. It is written at once, or
together with all others of the period on the next measurement date (ACCOUNTING section 8);
transfers are always written at once.

    4 of 10 MUG {10 USD} with an allowance of 30.00 are sold, Expenses:COGS 40.00: a release of
    12.00, which leaves cost of goods sold at 28.00
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from beancount_invwd.allowance.groups import Group, Grouping, Kind
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import overlap
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.charged import Charged
from beancount_invwd.movements.movement import Movement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.lots.moves import Moved, Outflow, Reduction
    from beancount_invwd.lots.stock import Stock

ROUNDING = "rounding"


class Releases:
    """Collects what units took along.

    Args:
        chart: Tells what accounts are.
        grouping: Tells which group units left.
        is_by_period: Whether releases are written on the next measurement date.

    Attributes:
        waiting: Releases that are.
    """

    def __init__(self, chart: Chart, grouping: Grouping, *, is_by_period: bool) -> None:
        self.waiting: list[Movement] = []
        self._chart = chart
        self._grouping = grouping
        self._is_by_period = is_by_period
        self._movements: list[Movement] = []

    def end_period(self, day: datetime.date) -> None:
        """Write the releases of the period on a measurement date."""
        self._movements += [row._replace(date=day, source=None) for row in _join(self.waiting)]
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
        moved = self._transfer(txn, outflow.moved) if outflow.moved else []
        released = [*self._release(txn, outflow.left), *self._release(txn, outflow.returned, -1)]
        if not is_booked:  # what the ledger posts without a word is an error, but not done twice
            stated = _sum_up(txn, {name for row in (*moved, *released) for name in row.changes})
            if stated:
                moved, released = _less(moved, stated), _less(released, stated)
        self._movements += moved
        if self._is_by_period and not is_booked:
            self.waiting += released
        else:
            self._movements += _join(released)

    def _release(self, txn: Any, rows: Sequence[Reduction], sign: int = 1) -> Iterator[Movement]:
        """Release what units took along; with a sign of -1, what they took back."""
        places: defaultdict[tuple[str, str], list[Reduction]] = defaultdict(list)
        for row in rows:
            places[row.lot.stock.key[:2]].append(row)
        for (_, currency), together in places.items():
            costs: Sums[Stock] = Sums()
            pieces: dict[tuple[Stock, Group, bool], list[tuple[Reduction, Decimal]]] = {}
            for row in together:
                lot, cost = row.lot, row.cost
                costs.add(lot.place.stock, cost)
                if row.allowance:
                    key = (lot.stock, self._grouping.find_left(lot), bool(row.units_left))
                    pieces.setdefault(key, []).append((row, cost))
            if not pieces:
                continue
            charged, total = Charged(self._chart, txn, currency, sign), costs.total()
            for (stock, group, has_left), piece in pieces.items():
                amount = sum([row.allowance for row, _ in piece], ZERO)
                if has_left:
                    parts = charged.share(amount, stock, (costs[stock], total))
                    tell = charged.tell_reason if sign > 0 else charged.tell_return
                    reason = tell(parts, stock)
                else:  # goods that are still there cannot carry it
                    parts = charged.find_nobody(stock, amount)
                    reason = charged.tell_reason(parts, stock)
                    reason = ROUNDING if amount <= stock.quantum else reason
                changes: Sums[str] = Sums()
                credited: Sums[str] = Sums()
                for row, _ in piece:
                    changes.add(row.lot.place.contra, -sign * row.allowance)
                for part in parts:
                    credited.add(part.account, sign * part.amount)
                yield Movement(
                    txn.date,
                    "release",
                    reason,
                    group,
                    sum([row.units_left or row.units_taken for row, _ in piece], ZERO),
                    sum([cost or row.units_taken * row.cost_unit for row, cost in piece], ZERO),
                    changes,
                    credits=credited,
                    source=txn,
                )

    def _transfer(self, txn: Any, moved: Iterable[Moved]) -> list[Movement]:
        found: list[Movement] = []
        groups: dict[Group, list[Moved]] = {}
        for row in moved:
            groups.setdefault(self._grouping.find_left(row.source), []).append(row)
        for group, rows in sorted(groups.items(), key=lambda item: item[0]):
            changes: Sums[str] = Sums()
            for row in rows:
                changes.add(row.source.place.contra, -row.allowance)
                changes.add(row.target.place.contra, row.allowance)
            if changes := changes.without_zeros():
                units = sum((row.units for row in rows), ZERO)
                cost = sum((row.cost for row in rows), ZERO)
                kind: Kind = "transfer"
                reason = rows[0].reason
                movement = Movement(txn.date, kind, reason, group, units, cost, changes, source=txn)
                found.append(movement)
        return found


def _sum_up(txn: Any, accounts: Collection[str]) -> Sums[str]:
    """Sum what a transaction posts itself to accounts; a credit is what raises an allowance."""
    stated: Sums[str] = Sums()
    for posting in txn.postings:
        if posting.account in accounts and posting.cost is None:
            stated.add(posting.account, -posting.units.number)
    return stated


def _less(rows: Iterable[Movement], stated: Sums[str]) -> list[Movement]:
    """Take off movements what their transaction posts itself; it loses that."""
    kept = []
    for row in rows:
        taken = Sums({a: overlap(change, stated[a]) for a, change in row.changes.items()})
        if row.kind == "transfer" and taken.total():
            taken.clear()  # what moves leaves one account and comes to another
        for account, amount in taken.items():
            stated.add(account, -amount)
        left = row.less(taken)
        if left.changes:
            kept.append(left)
    return kept


def _join(rows: Sequence[Movement]) -> list[Movement]:
    """Put releases of the same group together, under the reason of most of them."""
    if len(rows) < 2:  # noqa: PLR2004 (as most are)
        return [*rows]
    groups: dict[Group, list[Movement]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    joined = []
    for group in sorted(groups):
        together = groups[group]
        if len(together) == 1:
            joined += together
            continue
        changes, credited, reasons = Sums[str](), Sums[str](), Sums[str]()
        for row in together:
            reasons.add(row.reason, abs(row.change))
            for account, change in row.changes.items():
                changes.add(account, change)
            for account, amount in row.credits.items():
                credited.add(account, amount)
        found = together[0]._replace(
            reason=max(reasons, key=reasons.__getitem__),
            quantity=sum((row.quantity for row in together), ZERO),
            cost=sum((row.cost for row in together), ZERO),
            changes=changes.without_zeros(),
            credits=credited.without_zeros(),
        )
        if found.changes or found.credits:
            joined.append(found)
    return joined
