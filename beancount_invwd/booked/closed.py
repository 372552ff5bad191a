"""Closed periods: nothing is written in them; what would be different is corrected afterwards.

The story of a closed period (`invwd-closed`, ACCOUNTING section 11):

1. The ledger's own movements are what happened there. What left with units and is not among them is
   kept: it waits as a correction (`keep`).
2. A measurement on one of its dates writes nothing. What a lot would carry more or less, had all
   been known, is noted as its gap (`note`), and the lot keeps what the ledger says. Until books are
   open again, goods are weighed as if they carried what they should (`weigh`).
3. Units that move to another lot or go into a product take their part of the gap along (`follow`);
   of units that are sold, theirs is gone: what they carried too much or too little is in the result
   already. What the ledger books of a gap later closes it (`take_booked`).
4. A loss that would have become a new cost basis while the books were closed is late (`lock`: by
   the end of a fiscal year under `interim`, at once under `none`): it stays, whatever comes since.
5. On the first open measurement date what waits is written, set off against what is measured of the
   same group that day, so that what merely moved late is neither loss nor gain (`correct`). What is
   measured there includes the gaps; its narration says how much belongs to the closed period
   (`take_gaps`), and late losses are locked (`lock_written`).

    2024-12-31 is closed; a price of 7.00 for 10 MUG {10.00 USD} of that day comes late: a gap of
    30.00. Of them 4 are sold. On 2025-01-31 18.00 are written, "of the change, 18.00 USD corrects
    the period closed on 2024-12-31".
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.allowance.changes import Weighed, find_kind
from beancount_invwd.allowance.groups import Group, Grouping
from beancount_invwd.allowance.weigh import Weigher, Weighing
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import part_of
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import carry, find_room
from beancount_invwd.movements.movement import Movement, set_off

if TYPE_CHECKING:
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.moves import Moved
    from beancount_invwd.lots.stock import Lot, Stock


class _Gap(NamedTuple):
    """What a lot would have carried more in a closed period, had all been known.

    Attributes:
        group: The group that it was measured in; lots on their own are named by their item.
        is_apart: Whether it was a group of its own.
        units: Its units on that day, but for those that moved or went into products since.
        amount: How much more these would have carried; negative if it would have carried less.
        reason: The rule that decided.
    """

    group: Group
    is_apart: bool
    lot: Lot
    units: Decimal
    amount: Decimal
    reason: str

    def find_rest(self) -> Decimal:
        """What of it the units have that are still there."""
        return self.find_part(self.lot.units)

    def find_part(self, units: Decimal) -> Decimal:
        """What of it so many of the units have; none if they are negative."""
        part = part_of(abs(self.amount), max(ZERO, units), self.units, self.lot.stock.quantum)
        return part if self.amount > ZERO else -part


class ClosedPeriod:
    """What waits for the first open measurement date.

    Args:
        through: The last date of closed periods; None if there is none.
        grouping: Tells which lots are one group.
        books: Tell what moved.

    Attributes:
        through: As given.
        corrections: What left or was booked otherwise than it should have been, not yet written.
    """

    def __init__(self, through: datetime.date | None, grouping: Grouping, books: Books) -> None:
        self.through = through
        self._books = books
        self.corrections: list[Movement] = []
        self._grouping = grouping
        self._gaps: dict[int, _Gap] = {}  # by the number of the lot
        self._late: dict[int, _Gap] = {}
        self._written: list[tuple[Lot, Decimal]] = []

    def covers(self, day: datetime.date) -> bool:
        """Whether a date is closed."""
        return self.through is not None and day <= self.through

    @property
    def has_gaps(self) -> bool:
        """Whether a lot would have carried another allowance."""
        return bool(self._gaps or self._late)

    def lacks(self, numbers: Iterable[int]) -> bool:
        """Whether any of some lots would have carried another allowance."""
        return any(number in self._gaps or number in self._late for number in numbers)

    def keep(self, movements: Iterable[Movement]) -> None:
        """Keep what belongs to a closed period and is not booked."""
        self.corrections += movements

    def weigh(
        self, weigher: Weigher, stocks: Sequence[Stock], day: datetime.date, *, by_lot: bool
    ) -> Weighing:
        """Weigh stocks as if what a closed period lacks were there; changes are of the ledger.

        Args:
            weigher: Weighs them.
            stocks: The stocks.
            day: The measurement date.
            by_lot: Whether all of it has to be told lot by lot.
        """
        self.follow(self._books.moved)
        by_lot = by_lot or self.through is not None
        lent = [_lend(gap, is_late=is_late) for gap, is_late in self._list()]
        found = weigher.weigh(stocks, day, by_lot=by_lot)
        for lot, change, locked in lent:
            carry(lot, -change, -locked)
        if lent:
            told = {lot.stock for row in found.weighed for lot in row.lots}
            quiet = {lot.stock for lot, _, _ in lent}.intersection(stocks) - told
            rest = weigher.weigh([stock for stock in stocks if stock in quiet], day, by_lot=by_lot)
            groups = {row.group for row in found.weighed}
            more = [row for row in rest.weighed if row.group not in groups]
            found = Weighing([*found.weighed, *more], found.lacking)
            for row in found.weighed:
                row.compare()
        return found

    def _list(self) -> Iterator[tuple[_Gap, bool]]:
        """The gaps, each with whether it is late."""
        yield from ((gap, True) for gap in self._late.values())
        yield from ((gap, False) for gap in self._gaps.values())

    def note(self, weighed: Iterable[Weighed], due: Iterable[Stock]) -> None:
        """Note what a measurement of a closed date would change; nothing of it is written.

        Args:
            weighed: What it would change.
            due: The stocks that were measured.
        """
        self.forget(due)
        for row in weighed:
            lots = zip(row.lots, row.allowances, row.reasons, strict=True)
            for lot, allowance, reason in lots if row.changes else ():
                gap = allowance - lot.allowance - self.find_late(lot)
                if gap:
                    found = _Gap(row.group, row.is_apart, lot, lot.units, gap, reason)
                    self._gaps[lot.number] = found

    def forget(self, stocks: Iterable[Stock] | None = None) -> None:
        """Forget the gaps of groups that are measured anew; without stocks, of all."""
        if stocks is None:
            self._gaps.clear()
        elif self._gaps:
            find = self._grouping.find_named
            groups = {
                find(stock, is_apart=is_apart) for stock in stocks for is_apart in (True, False)
            }
            self._gaps = {key: gap for key, gap in self._gaps.items() if gap.group not in groups}

    def follow(self, moved: list[Moved] | None) -> None:
        """Let gaps go along with what moved since; it is taken off the list."""
        for row in moved or ():
            for gaps in (self._gaps, self._late):
                _follow(gaps, row, self._grouping)
        if moved:
            moved.clear()

    def take_gaps(
        self, weighed: Iterable[Weighed], day: datetime.date
    ) -> dict[int, tuple[Decimal, Decimal]]:
        """Take the gaps of units that are still there, since what they lack is written.

        A gap goes with its lot, or where that changes nothing now, with the others of its group.
        Late losses of lots that cannot be weighed are written as they were.

        Args:
            weighed: What is written.
            day: Its date.

        Returns:
            The amounts by the identity of what is weighed: all, and those of late losses.
        """
        together: dict[Group, list[int]] = {}
        for number, gap in self._gaps.items():
            if not gap.is_apart:
                together.setdefault(gap.group, []).append(number)
        found = {}
        for row in sorted(weighed, key=lambda row: not row.is_apart):
            numbers = [lot.number for lot in row.lots] if self.has_gaps else []
            late = [self._late.pop(number) for number in numbers if number in self._late]
            self._written += [(gap.lot, gap.find_rest()) for gap in late]
            if not row.is_apart:
                numbers += together.get(row.group, [])
            gaps = [self._gaps.pop(n) for n in dict.fromkeys(numbers) if n in self._gaps]
            locked = sum((gap.find_rest() for gap in late), ZERO)
            found[id(row)] = locked + sum((gap.find_rest() for gap in gaps), ZERO), locked
        self._write_late(day)
        return found

    def _write_late(self, day: datetime.date) -> None:
        """Let lots that cannot be weighed carry their late losses, locked."""
        groups: dict[Group, list[tuple[_Gap, Decimal]]] = {}
        for gap in self._late.values():
            part = min(gap.find_rest(), find_room(gap.lot))
            if part:
                carry(gap.lot, part, part)
                groups.setdefault(gap.group, []).append((gap, part))
        self._late.clear()
        self.corrections += [_describe(day, group, rows) for group, rows in groups.items()]

    def lock_written(self) -> None:
        """Lock late losses that lots carry now."""
        for lot, amount in self._written:
            carry(lot, ZERO, amount)
        self._written.clear()

    def lock(self) -> None:
        """Make losses that closed dates should have had a new cost basis."""
        for number, gap in list(self._gaps.items()):
            if gap.amount > ZERO:
                del self._gaps[number]
                amount = gap.find_rest() + self.find_late(gap.lot)
                self._late[number] = gap._replace(amount=amount, units=gap.lot.units)

    def list_late(self) -> set[Stock]:
        """The stocks of which late losses are to be written."""
        return {gap.lot.stock for gap in self._late.values()}

    def find_late(self, lot: Lot) -> Decimal:
        """What should have been locked in a lot."""
        gap = self._late.get(lot.number)
        return gap.find_rest() if gap is not None else ZERO

    def take_booked(self, lot: Lot, change: Decimal, *, is_measured: bool) -> None:
        """Take what the ledger has booked off what a lot lacks.

        Args:
            lot: The lot.
            change: What is booked of it.
            is_measured: Whether it is the booking of a measurement; else it comes on top.
        """
        late = min(max(ZERO, change), self.find_late(lot))
        if late:
            _close(self._late, lot, late)
            carry(lot, ZERO, late)
        if is_measured and change != late:
            _close(self._gaps, lot, change - late)

    def correct(self, measured: list[Movement], day: datetime.date) -> list[Movement]:
        """Write what waits on an open measurement date, set off against what is measured.

        Args:
            measured: What the measurement writes.
            day: Its date.
        """
        waiting, self.corrections = self.corrections, []
        corrections = [row._replace(date=day, is_correction=True) for row in waiting]
        return set_off(corrections, measured) if corrections else measured


def _lend(gap: _Gap, *, is_late: bool) -> tuple[Lot, Decimal, Decimal]:
    """Let a lot carry what it lacks; return how much, and how much of that is locked."""
    lot = gap.lot
    change = max(lot.locked - lot.allowance, min(gap.find_rest(), find_room(lot)))
    locked = change if is_late else ZERO
    carry(lot, change, locked)
    return lot, change, locked


def _close(gaps: dict[int, _Gap], lot: Lot, change: Decimal) -> None:
    """Take an amount off the gap of a lot."""
    gap = gaps.get(lot.number)
    if gap is not None:
        gaps[lot.number] = gap._replace(units=lot.units, amount=gap.find_rest() - change)


def _follow(gaps: dict[int, _Gap], row: Moved, grouping: Grouping) -> None:
    """Let a gap go with units that moved to another lot, or went into a product."""
    gap, target = gaps.get(row.source.number), row.target
    if gap is None or gap.units <= ZERO:
        return
    units = min(max(row.units, row.units_used), gap.units)
    part = gap.find_part(units)
    rest, there = gap.units - units, gaps.get(target.number)
    gaps[row.source.number] = gap._replace(units=rest, amount=gap.amount - part)
    part = gap._replace(units=units, amount=part).find_part(row.units)
    if row.units_there is not None:
        units = row.units_there if there is None else row.units_made
        gap = gap._replace(group=grouping.find_left(target), is_apart=target.is_apart)
    if there is not None:
        units, part = units + there.units, part + there.amount
    gaps[target.number] = gap._replace(lot=target, units=units, amount=part)


def _describe(day: datetime.date, group: Group, rows: Sequence[tuple[_Gap, Decimal]]) -> Movement:
    """Describe late losses that lots carry now: at what these are carried, they were worth."""
    changes: Sums[str] = Sums()
    for gap, part in rows:
        changes.add(gap.lot.place.contra, part)
    lots = [gap.lot for gap, _ in rows]
    cost = sum((lot.cost for lot in lots), ZERO)
    measure = cost - sum((lot.allowance for lot in lots), ZERO)
    units, reason = sum((lot.units for lot in lots), ZERO), rows[0][0].reason
    kind = find_kind(changes.total(), measure)
    return Movement(day, kind, reason, group, units, cost, changes, measure)
