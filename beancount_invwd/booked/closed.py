"""Closed periods: nothing is written in them; what would be different is corrected afterwards.

The story of a closed period (`invwd-closed`, ACCOUNTING section 11):

1. The ledger's own movements are what happened there. What left with units and is not among them
   waits as a correction (`keep`). A measurement writes nothing; but if it would, or if what is
   booked is not what it would write, the books are different from what they should be (`note`).
2. From then on the same ledger is followed a second time as if nothing was closed, and as if the
   plugin had booked nothing: what was made by hand is a fact, all else is made anew. So it is known
   of each lot what it should carry, and what of that is locked (`look`): sales, moves, returns and
   year ends are those of the flow itself. Where books are as they should be, this costs nothing.
3. Goods are weighed as if they carried what they should, but never less than what the ledger has
   locked; what that changes is told against the ledger (`weigh`).
4. On the first open measurement date it is written, set off against what waits of the same group,
   so that what merely moved late is neither loss nor gain (`correct`). The narration says how much
   belongs to the closed period (`take_gaps`). What is locked by then is written also of lots that
   cannot be weighed any more, and stays locked. Then both are the same (`settle`).

    2024-12-31 is closed; a price of 7.00 for 10 MUG {10.00 USD} of that day comes late: they should
    carry 30.00. Of them 4 are sold. On 2025-01-31 18.00 are written, "of the change, 18.00 USD
    corrects the period closed on 2024-12-31".
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.allowance.changes import Weighed, find_kind
from beancount_invwd.allowance.groups import Group, Grouping
from beancount_invwd.allowance.weigh import Weigher, Weighing
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import StockKey, carry, find_room
from beancount_invwd.movements.movement import Movement, set_off

if TYPE_CHECKING:
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.stock import Lot, Stock

Stocks = Mapping[StockKey, "Stock"]
LookBack = Callable[[datetime.date, bool], Stocks]
"""A day, and whether all but its test is over → stocks as they should be."""


class _Gap(NamedTuple):
    """What a lot carries otherwise than it should.

    Attributes:
        group: The group that it should have been measured in last.
        amount: What it should carry more; negative if it should carry less.
        locked: What should be locked more; never negative.
        late: What is lacking of what should be locked, whatever goods are worth today.
        carried: What it carried when that was found.
    """

    lot: Lot
    group: Group
    amount: Decimal
    locked: Decimal
    late: Decimal
    carried: Decimal

    @property
    def left(self) -> Decimal:
        """What of it can still be: some of the day's may be booked by now."""
        return max(self.amount, self.lot.locked - self.lot.allowance)


class ClosedPeriod:
    """What waits for the first open measurement date.

    Args:
        through: The last date of closed periods; None if there is none.
        grouping: Tells which lots are one group.
        books: The lots.

    Attributes:
        corrections: What left or was booked otherwise than it should have been, not yet written.
        look_back: Follows the ledger once more as if nothing was closed.
        first: The same of the ledger as it is, if this is that second time.
        by_hand: By a transaction's identity and a lot's number: what was locked, what it took.
        different: The last closed date on which an item would have been written otherwise.
    """

    def __init__(self, through: datetime.date | None, grouping: Grouping, books: Books) -> None:
        self.through = through
        self.corrections: list[Movement] = []
        self.look_back: LookBack = self._look_here
        self.first: ClosedPeriod | None = None
        self.by_hand: dict[tuple[int, int], tuple[Decimal, Decimal]] = {}
        self.different: dict[str, datetime.date] = {}
        self._grouping = grouping
        self._books = books
        self._is_different = False
        self._gaps: dict[int, _Gap] = {}  # by the number of the lot
        self._reasons: dict[int, str] = {}  # likewise
        self._lacking: Collection[int] = ()

    def covers(self, day: datetime.date) -> bool:
        """Whether a date is closed."""
        return self.through is not None and day <= self.through

    def keep(self, movements: Iterable[Movement]) -> None:
        """Keep what belongs to a closed period and is not booked."""
        self.corrections += movements

    def doubt(self) -> None:
        """Note that books may not be what they should be."""
        self._is_different = True

    def note(self, weighed: Iterable[Weighed], day: datetime.date) -> None:
        """Note what a measurement of a closed date would change."""
        rows = [row for row in weighed if row.changes]
        self.different |= dict.fromkeys([item for row in rows for item in row.items], day)
        reasons = {
            lot.number: reason
            for row in rows
            for lot, reason in zip(row.lots, row.reasons, strict=True)
        }
        self._lacking = reasons.keys()
        self._reasons |= reasons
        self._is_different |= bool(rows)

    def lacks(self, numbers: Iterable[int]) -> bool:
        """Whether the last measurement would have changed any of some lots."""
        return any(number in self._lacking for number in numbers)

    def take_by_hand(self, txn: Any, lots: Sequence[Lot], changes: Sequence[Decimal]) -> None:
        """Take what was made by hand: what should have been locked before is that first.

        Args:
            txn: The transaction.
            lots: The lots.
            changes: What each took of it.
        """
        for lot, change in zip(lots, changes, strict=True):
            if self.first is not None:
                carry(lot, -self.find_known(txn, lot, change))
            elif self.through is not None:
                self.by_hand[id(txn), lot.number] = lot.locked, change

    def find_known(self, txn: Any, lot: Lot, change: Decimal) -> Decimal:
        """What a lot carries already of a change that was made by hand: it should be locked."""
        known = {} if self.first is None else self.first.by_hand
        locked, _ = known.get((id(txn), lot.number), (lot.locked, ZERO))
        return max(ZERO, min(change, lot.locked - locked))

    def look(self, day: datetime.date, *, is_over: bool) -> set[Stock]:
        """Find what lots carry otherwise than they should, until that is settled.

        Args:
            day: The day.
            is_over: Whether all of it is over but its test.

        Returns:
            The stocks that they are in.
        """
        self._gaps = {}
        if self._is_different:
            others = self.look_back(day, is_over)
            for key, stock in self._books.stocks.items():
                other = others[key]
                if stock.allowance or other.allowance:
                    self._gaps |= _compare(stock, other, self._grouping)
        return {gap.lot.stock for gap in self._gaps.values()}

    def _look_here(self, _: datetime.date, __: bool) -> Stocks:  # noqa: FBT001
        return self._books.stocks

    def forget(self) -> None:
        """Forget what lots carry otherwise than they should: it holds for one moment."""
        self._gaps = {}

    def weigh(
        self, weigher: Weigher, stocks: Sequence[Stock], day: datetime.date, *, by_lot: bool
    ) -> Weighing:
        """Weigh stocks as if they carried what they should; changes are of the ledger.

        Args:
            weigher: Weighs them.
            stocks: The stocks.
            day: The measurement date.
            by_lot: Whether all of it has to be told lot by lot.
        """
        by_lot = by_lot or self.through is not None
        lent = [(gap.lot, gap.left, gap.locked) for gap in self._gaps.values()]
        for lot, amount, locked in lent:
            carry(lot, amount, locked)
        found = weigher.weigh(stocks, day, by_lot=by_lot)
        for lot, amount, locked in lent:
            carry(lot, -amount, -locked)
        if lent:
            told = {lot.stock for row in found.weighed for lot in row.lots}
            quiet = {lot.stock for lot, *_ in lent}.intersection(stocks) - told
            rest = weigher.weigh([stock for stock in stocks if stock in quiet], day, by_lot=by_lot)
            groups = {row.group for row in found.weighed}
            more = [row for row in rest.weighed if row.group not in groups]
            for row in more:  # nothing is lost there, and nothing should be carried
                row.allowances = [ZERO] * len(row.lots)
            found = Weighing([*found.weighed, *more], found.lacking)
            for row in found.weighed:
                row.compare()
        return found

    def find_lacking(self, lot: Lot) -> Decimal:
        """What a lot should carry more."""
        gap = self._gaps.get(lot.number)
        return max(ZERO, gap.amount) if gap is not None else ZERO

    def find_late(self, lot: Lot) -> Decimal:
        """What a lot lacks, whatever it is worth today, and did not get since."""
        gap = self._gaps.get(lot.number)
        return max(ZERO, gap.late + gap.carried - lot.allowance) if gap is not None else ZERO

    def take_gaps(
        self, weighed: Iterable[Weighed], day: datetime.date
    ) -> dict[int, tuple[Decimal, Decimal]]:
        """Tell what of that which is written corrects the closed period.

        What is locked of lots that cannot be weighed is written as it was.

        Args:
            weighed: What is written.
            day: Its date.

        Returns:
            The amounts by the identity of what is weighed: all, and those that were locked.
        """
        found, left = {}, dict(self._gaps)
        for row in weighed:
            lots = row.lots if left else ()
            gaps = [left.pop(lot.number) for lot in lots if lot.number in left]
            late = sum([gap.late for gap in gaps], ZERO)
            found[id(row)] = sum([gap.amount for gap in gaps], ZERO), late
        groups: dict[tuple[Group, bool], list[tuple[Lot, Decimal]]] = {}
        for gap in left.values():
            part = min(gap.late, find_room(gap.lot))
            if part:
                carry(gap.lot, part)
                is_all = gap.lot.allowance >= gap.lot.cost  # a write-off, for itself
                groups.setdefault((gap.group, is_all), []).append((gap.lot, part))
        for (group, _), rows in groups.items():
            self.corrections.append(_describe(day, group, self._reasons, rows))
        return found

    def settle(self, *, is_all: bool) -> None:
        """Settle what was weighed on an open date: it is as it should be now.

        Args:
            is_all: Whether all stocks were.
        """
        for gap in self._gaps.values():
            carry(gap.lot, ZERO, gap.locked)
        self._gaps = {}
        if is_all:
            self._is_different = False
            self.look_back = self._look_here  # the other is needed no more

    def correct(self, measured: list[Movement], day: datetime.date) -> list[Movement]:
        """Write what waits on an open measurement date, set off against what is measured.

        Args:
            measured: What the measurement writes.
            day: Its date.
        """
        waiting, self.corrections = self.corrections, []
        corrections = [row._replace(date=day, is_correction=True) for row in waiting]
        return set_off(corrections, measured) if corrections else measured


def _compare(stock: Stock, other: Stock, grouping: Grouping) -> dict[int, _Gap]:
    """Compare the lots of a stock with what they should be."""
    found = {}
    for number, lot in stock.lots.items():
        should = other.lots[number]
        amount = max(should.allowance, lot.locked) - lot.allowance
        locked = max(ZERO, should.locked - lot.locked)
        if amount or locked:
            group = grouping.find_named(stock, is_apart=should.is_apart)
            late = max(ZERO, min(amount, should.locked - lot.allowance))
            found[number] = _Gap(lot, group, amount, locked, late, lot.allowance)
    return found


def _describe(
    day: datetime.date,
    group: Group,
    reasons: Mapping[int, str],
    rows: Sequence[tuple[Lot, Decimal]],
) -> Movement:
    """Describe late losses that lots carry now: at what these are carried, they were worth."""
    changes: Sums[str] = Sums()
    for lot, part in rows:
        changes.add(lot.place.contra, part)
    lots = [lot for lot, _ in rows]
    cost = sum((lot.cost for lot in lots), ZERO)
    measure = max(ZERO, cost - sum((lot.allowance for lot in lots), ZERO))
    units = sum((lot.units for lot in lots), ZERO)
    kind = find_kind(changes.total(), measure)
    largest, _ = max(rows, key=lambda row: row[1])
    reason = reasons.get(largest.number, "price")
    return Movement(day, kind, reason, group, units, cost, changes, measure)
