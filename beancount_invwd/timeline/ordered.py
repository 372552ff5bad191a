"""What is ordered, day by day: its losses become liabilities, and with the goods allowances.

The liability of an item that is ordered is what the ledger has booked of it, and what is written.
On an open measurement date, and on a day of delivery, what is lacking is written (kinds
`commitment-loss` and `commitment-recovery`); in a closed period nothing is (ACCOUNTING sections 11,
13). With the goods their part of it becomes the allowance of their lot (kind `transfer`).
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from beancount_invwd.commitments.orders import Delivery, Orders
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import share_out
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import StockKey, find_room
from beancount_invwd.movements.movement import DELIVERED, Movement
from beancount_invwd.timeline.belated import Belated, put
from beancount_invwd.timeline.claimed import Carried, Claimed
from beancount_invwd.timeline.liabilities import Liabilities
from beancount_invwd.timeline.unsettled import report_overdue, report_unmeasured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.allowance.weigh import Weigher
    from beancount_invwd.booked.closed import ClosedPeriod
    from beancount_invwd.directives.commitments import Commitment
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.measure.ordered import Outlook
    from beancount_invwd.policy.policy import Policy
    from beancount_invwd.timeline.due import Due


class Ordered:
    """Follows commitments.

    Args:
        policy: The policy.
        directives: What the ledger states.
        books: The lots.
        weigher: Has the evidence, and demand.
        closed: What is closed.
        mistakes: Takes what is wrong.
        note_changed: Takes stocks whose allowances changed.

    Attributes:
        is_any: Whether the ledger orders anything.
        orders: What is ordered.
        liabilities: What is lost on it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (one of each stage before)
        self,
        policy: Policy,
        directives: Directives,
        books: Books,
        weigher: Weigher,
        closed: ClosedPeriod,
        mistakes: Mistakes,
        note_changed: Callable[[Sequence[Stock]], None],
    ) -> None:
        self.orders = Orders(directives, weigher.evidence, weigher.demand, books)
        self.is_any = bool(self.orders.keys)
        self.liabilities = Liabilities(self.orders.keys, directives.chart, closed)
        self._closed = closed
        self._mistakes = mistakes
        self._note_changed = note_changed
        self._is_ignored = policy.missing_price == "ignore"
        self._first = policy.start or datetime.date.min
        self._last = policy.until or datetime.date.max
        self._is_locked = policy.reversals != "full"
        self._belated = Belated(closed, is_locked=self._is_locked)
        self._claimed = Claimed(self.orders, self.liabilities, directives.chart, mistakes)
        self._is_eventful = False

    @property
    def is_owed(self) -> bool:
        """Whether a closed period lacks something of a liability."""
        return self.liabilities.has_gaps

    def take(self, row: Commitment) -> None:
        """Take a commitment that is entered into."""
        self.orders.take(row)

    def note(self, txn: Any, *, is_claim: bool) -> bool:
        """Note a transaction; return whether it is a booked movement of liabilities alone."""
        self._is_eventful = self.orders.note(txn) or self._is_eventful
        self._belated.follow()
        return is_claim and self._claimed.note(txn)

    def end_day(self, day: datetime.date, test: Due | None) -> list[Movement]:
        """Take what is booked of a day, and what was delivered; return what allowances got.

        Args:
            day: The day.
            test: What is tested of it next: what is booked today may be of that.
        """
        if not self._is_eventful and not self._claimed.is_eventful:
            return []
        self._is_eventful = False
        self._belated.keep(day, is_over=False)
        carried: Carried = Sums()
        waiting = set[StockKey]() if test is None else self._claimed.list_keys(test.items)
        found = self._claimed.end_day(day, carried)
        outlooks, deliveries = self.orders.deliver(day, is_tested=self._first <= day <= self._last)
        lost = {
            key: sum([row.loss for row in deliveries if row.key == key], ZERO) for key in outlooks
        }
        written = [key for key in outlooks if key not in waiting]
        for key in written:
            booked = sum([row for (other, _), row in carried.items() if other == key], ZERO)
            rest, held = self.orders.find_loss(key), self._find_held(key)
            target = rest + lost[key] - booked
            if target > held:  # what no lot can carry is not written, to be taken back at once
                others = [row for row in deliveries if row.key == key and not _is_in(row, carried)]
                target = max(held, rest + sum([_find_able(row) for row in others], ZERO))
            self._write(key, outlooks[key], day, target)
        found += self._carry(deliveries, outlooks, carried, day)
        self._note_changed(self._belated.carry_booked(carried))
        for key in written:
            self._write(key, (), day, self.orders.find_loss(key))  # what no lot could carry
        self._claimed.refuse_rest(carried)
        return found

    def _carry(
        self,
        deliveries: Sequence[Delivery],
        outlooks: Mapping[StockKey, Sequence[Outlook]],
        carried: Carried,
        day: datetime.date,
    ) -> list[Movement]:
        """Let lots carry what was lost on them when they were ordered."""
        found, groups = [], dict[tuple[StockKey, str], list[Delivery]]()
        for row in deliveries:
            if row.lot is not None:
                groups.setdefault((row.key, row.lot.place.contra), []).append(row)
        for (key, contra), rows in groups.items():
            parts = [row.staying for row in rows]
            stated, wanted = carried.pop((key, contra), ZERO), sum(parts, ZERO)
            late = min(max(ZERO, stated - wanted), self._belated.sum(key, contra))
            stated -= late
            carried.add((key, contra), late)
            if stated and stated != wanted:
                weights = parts if wanted else [row.units for row in rows]
                parts = share_out(stated, weights, self.orders.find_stock(key).quantum)
                self.orders.keep(key, wanted - stated, outlooks[key])
            elif not stated and self._closed.covers(day):
                self._belated.add(rows)
                continue
            taken = [
                put(row.lot, part, is_locked=self._is_locked)
                for row, part in zip(rows, parts, strict=True)
            ]
            if not stated and any(taken):
                found.append(self._transfer(key, {contra: sum(taken, ZERO)}, rows, day))
        self._note_changed([row.lot.stock for row in deliveries if row.lot is not None])
        return found

    def _transfer(
        self,
        key: StockKey,
        changes: dict[str, Decimal],
        rows: Sequence[Delivery],
        day: datetime.date,
    ) -> Movement:
        """Describe a liability that becomes an allowance."""
        amount = sum(changes.values(), ZERO)
        self.liabilities.held.add(key, -amount)
        row = self.liabilities.describe(key, day, "transfer", DELIVERED)
        units = sum([row.units for row in rows], ZERO)
        cost = sum([row.units * row.lot.cost_unit for row in rows if row.lot is not None], ZERO)
        taken = {self.liabilities.find_account(key): -amount}
        self.liabilities.movements.append(
            row._replace(changes=taken, quantity=units, cost=cost, is_booked=True)
        )
        return row._replace(changes=changes, quantity=units, cost=cost, credits=taken)

    def test(
        self,
        day: datetime.date,
        only: frozenset[str] | None,
        effects: Mapping[StockKey, Decimal],
        tell: Callable[[Sequence[Movement]], Sequence[Movement]],
    ) -> list[Movement]:
        """Measure what is ordered on a measurement date; return what allowances got late.

        Args:
            day: The measurement date.
            only: The items that are tested; None is all.
            effects: What liabilities are to be more since estimates changed.
            tell: Lets what is written tell of these.
        """
        self._belated.keep(day, is_over=True)
        written = self.liabilities.movements
        count = len(written)
        for key in self.orders.keys:
            if only is None or key.commodity in only:
                rows, effect = self.orders.measure(key, day), effects.get(key, ZERO)
                self._write(key, rows, day, self.orders.find_loss(key), effect)
        written[count:] = tell(written[count:])
        found = []
        for row, lot, part in self._belated.take(day):
            found.append(self._transfer(row.key, {lot.place.contra: part}, [row], day))
            self._note_changed([lot.stock])
        return [row._replace(is_correction=True) for row in found]

    def _write(
        self,
        key: StockKey,
        outlooks: Sequence[Outlook],
        day: datetime.date,
        target: Decimal,
        effect: Decimal = ZERO,
    ) -> None:
        self.liabilities.write(key, outlooks, day, target + self._belated.sum(key), effect)

    def _find_held(self, key: StockKey) -> Decimal:
        """What a liability is, less what goods lack that came in a closed period."""
        return self.liabilities.held[key] - self._belated.sum(key)

    def report(self, day: datetime.date) -> None:
        """Report commitments that lack a price on the last measurement date."""
        if not self._is_ignored:
            report_unmeasured(self.orders, day, self._mistakes)

    def finish(self, end: datetime.date, entries: Sequence[Any]) -> None:
        """Report what should have been delivered before a date, and what is not settled."""
        report_overdue(self.orders, end, self._mistakes)
        self._claimed.finish(entries)


def _is_in(row: Delivery, carried: Carried) -> bool:
    """Whether the ledger says itself what goes along with a delivery."""
    return row.lot is not None and bool(carried[row.key, row.lot.place.contra])


def _find_able(row: Delivery) -> Decimal:
    """What of the loss on a delivery its lot can carry."""
    return ZERO if row.lot is None else min(row.staying, find_room(row.lot))
