"""Closed periods: nothing is written in them; what would be different is corrected afterwards.

The story of a closed period (`invwd-closed`, ACCOUNTING section 11):

1. The ledger's own movements are what happened there. What left with units and is not among them is
   kept: it waits as a correction (`keep`).
2. A measurement on one of its dates writes nothing. What a lot would carry more or less, had all
   been known, is noted as its gap (`note`), and the lot keeps what the ledger says. A later
   measurement of the same group says it anew, so the gap before is forgotten.
3. Units that move to another lot take their part of the gap along (`follow`); of units that are
   sold, theirs is gone: what they carried too much or too little is in the result already.
4. On the first open measurement date what waits is written, set off against what is measured of the
   same group that day, so that what merely moved late is neither loss nor gain (`correct`). What is
   measured there includes the gaps; its narration says how much belongs to the closed period
   (`take_gaps`). What is different no more needs no correction.
5. A loss that would have become a new cost basis while the books were closed (`lock`: by the end of
   a fiscal year under `interim`, at once under `none`) is late, whatever prices say since. Lots are
   weighed as if they carried it (`lent`); it is written in full on the first open measurement
   date, locked (`write_late`), unless the ledger books it before (`take_late`).

    2024-12-31 is closed; a price of 7.00 for 10 MUG {10.00 USD} of that day comes late: a gap of
    30.00. Of them 4 are sold. On 2025-01-31 18.00 are written, "of the change, 18.00 USD corrects
    the period closed on 2024-12-31".
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.allowance.changes import Weighed, find_kind
from beancount_invwd.allowance.groups import Group, Grouping
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import part_of
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import carry, find_room
from beancount_invwd.movements.movement import Movement, set_off

if TYPE_CHECKING:
    from beancount_invwd.lots.moves import Moved
    from beancount_invwd.lots.stock import Lot, Stock


class _Gap(NamedTuple):
    """What a lot would have carried more in a closed period, had all been known.

    Attributes:
        group: The group that it was measured in; lots on their own are named by their item.
        is_apart: Whether it was a group of its own.
        units: Its units on that day, but for those that moved to other lots since.
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

    Attributes:
        through: As given.
        corrections: What left or was booked otherwise than it should have been, not yet written.
    """

    def __init__(self, through: datetime.date | None, grouping: Grouping) -> None:
        self.through = through
        self.corrections: list[Movement] = []
        self._grouping = grouping
        self._gaps: dict[int, _Gap] = {}  # by the number of the lot
        self._late: dict[int, _Gap] = {}

    def covers(self, day: datetime.date) -> bool:
        """Whether a date is closed."""
        return self.through is not None and day <= self.through

    @property
    def has_gaps(self) -> bool:
        """Whether a lot would have carried another allowance."""
        return bool(self._gaps or self._late)

    def keep(self, movements: Iterable[Movement]) -> None:
        """Keep what belongs to a closed period and is not booked."""
        self.corrections += movements

    def note(self, weighed: Iterable[Weighed], due: Iterable[Stock]) -> None:
        """Note what a measurement of a closed date would change; nothing of it is written.

        Args:
            weighed: What it would change.
            due: The stocks that were measured.
        """
        self.forget(due)
        for outcome in weighed:
            rows = zip(outcome.lots, outcome.allowances, outcome.reasons, strict=True)
            for lot, allowance, reason in rows if outcome.changes else ():
                gap = allowance - lot.allowance
                if gap:
                    found = _Gap(outcome.group, outcome.is_apart, lot, lot.units, gap, reason)
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
        """Let gaps go with units that moved to other lots since; these are taken off the list."""
        for row in moved or ():
            for gaps in (self._gaps, self._late):
                _follow(gaps, row)
        if moved:
            moved.clear()

    def take_gaps(self, weighed: Iterable[Weighed]) -> dict[int, Decimal]:
        """Take the gaps of units that are still there.

        A gap goes with its lot, or where that changes nothing now, with the others of its group.

        Returns:
            The amounts by the identity of the outcome.
        """
        together: dict[Group, list[int]] = {}
        for number, gap in self._gaps.items():
            if not gap.is_apart:
                together.setdefault(gap.group, []).append(number)
        found = {}
        for outcome in sorted(weighed, key=lambda outcome: not outcome.is_apart):
            numbers = [lot.number for lot in outcome.lots] if self._gaps else []
            if not outcome.is_apart:
                numbers += together.get(outcome.group, [])
            gaps = [self._gaps.pop(number, None) for number in numbers]
            found[id(outcome)] = sum((gap.find_rest() for gap in gaps if gap), ZERO)
        return found

    def lock(self) -> None:
        """Make losses that closed dates should have had a new cost basis."""
        for number, gap in list(self._gaps.items()):
            if gap.amount > ZERO:
                del self._gaps[number]
                before = self._late.get(number)
                more = before.find_rest() if before is not None else ZERO
                self._late[number] = gap._replace(amount=gap.amount + more)

    @contextmanager
    def lent(self) -> Iterator[Mapping[int, Decimal]]:
        """Let lots carry for a while what should be locked in them.

        Yields:
            What each lot is to carry in all, by its number.
        """
        parts = [(gap.lot, gap.find_rest()) for gap in self._late.values()]
        for lot, part in parts:
            carry(lot, part, part)
        yield {lot.number: lot.allowance for lot, _ in parts}
        for lot, part in parts:
            carry(lot, -part, -part)

    def find_late(self, lot: Lot) -> Decimal:
        """What should have been locked in a lot."""
        gap = self._late.get(lot.number)
        return gap.find_rest() if gap is not None else ZERO

    def take_late(self, lot: Lot, change: Decimal) -> None:
        """Take what the ledger has booked off what should have been locked: it is, then."""
        gap = self._late.get(lot.number)
        if gap is not None and change > ZERO:
            part = min(change, gap.find_rest())
            self._late[lot.number] = gap._replace(units=lot.units, amount=gap.find_rest() - part)
            carry(lot, ZERO, part)

    def write_late(self, day: datetime.date) -> None:
        """Let lots carry late losses from an open measurement date on, locked."""
        groups: dict[Group, list[tuple[_Gap, Decimal]]] = {}
        for gap in self._late.values():
            part = min(gap.find_rest(), find_room(gap.lot))
            if part:
                carry(gap.lot, part, part)
                groups.setdefault(gap.group, []).append((gap, part))
        self._late.clear()
        self.corrections += [_describe(day, group, rows) for group, rows in groups.items()]

    def correct(self, measured: list[Movement], day: datetime.date) -> list[Movement]:
        """Write what waits on an open measurement date, set off against what is measured.

        Args:
            measured: What the measurement writes.
            day: Its date.
        """
        waiting, self.corrections = self.corrections, []
        corrections = [row._replace(date=day, is_correction=True) for row in waiting]
        return set_off(corrections, measured) if corrections else measured


def _follow(gaps: dict[int, _Gap], row: Moved) -> None:
    """Let a gap go with units that moved to another lot."""
    gap = gaps.get(row.source.number)
    if gap is None or gap.units <= ZERO:
        return
    units = min(row.units, gap.units)
    part = gap.find_part(units)
    rest, there = gap.units - units, gaps.get(row.target.number)
    gaps[row.source.number] = gap._replace(units=rest, amount=gap.amount - part)
    if there is not None:
        units, part = units + there.units, part + there.amount
    gaps[row.target.number] = gap._replace(lot=row.target, units=units, amount=part)


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
