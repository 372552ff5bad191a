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

    2024-12-31 is closed; a price of 7.00 for 10 MUG {10.00 USD} of that day comes late: a gap of
    30.00. Of them 4 are sold. On 2025-01-31 18.00 are written, "of the change, 18.00 USD corrects
    the period closed on 2024-12-31".
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.allowance.changes import Weighed
from beancount_invwd.allowance.groups import Group, Grouping
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import part_of
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
    """

    group: Group
    is_apart: bool
    lot: Lot
    units: Decimal
    amount: Decimal

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

    def covers(self, day: datetime.date) -> bool:
        """Whether a date is closed."""
        return self.through is not None and day <= self.through

    @property
    def has_gaps(self) -> bool:
        """Whether a lot would have carried another allowance."""
        return bool(self._gaps)

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
            for lot, allowance in outcome.list_new() if outcome.changes else ():
                gap = allowance - lot.allowance
                if gap:
                    found = _Gap(outcome.group, outcome.is_apart, lot, lot.units, gap)
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

    def follow(self, moved: Iterable[Moved]) -> None:
        """Let gaps go with units that moved to other lots since."""
        for row in moved:
            gap = self._gaps.get(row.source.number)
            if gap is not None and gap.units > ZERO:
                units = min(row.units, gap.units)
                part = gap.find_part(units)
                rest, there = gap.units - units, self._gaps.get(row.target.number)
                self._gaps[row.source.number] = gap._replace(units=rest, amount=gap.amount - part)
                if there is not None:
                    units, part = units + there.units, part + there.amount
                target = gap._replace(lot=row.target, units=units, amount=part)
                self._gaps[row.target.number] = target

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
            found[id(outcome)] = sum((gap.find_part(gap.lot.units) for gap in gaps if gap), ZERO)
        return found

    def correct(self, measured: list[Movement], day: datetime.date) -> list[Movement]:
        """Write what waits on an open measurement date, set off against what is measured.

        Args:
            measured: What the measurement writes.
            day: Its date.
        """
        waiting, self.corrections = self.corrections, []
        corrections = [row._replace(date=day, is_correction=True) for row in waiting]
        return set_off(corrections, measured) if corrections else measured
