"""What happens to allowances: movements to be written, or that the ledger has already."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from beancount_invwd.allowance.changes import Weighed, find_kind, join, tell_reason
from beancount_invwd.allowance.groups import Group, Kind
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.shares import overlap
from beancount_invwd.ground.sums import Sums

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.measure.prices import Price

BOOKED = "booked"
"""The reason of what the ledger says itself, and of what corrects it."""
LESS_STOCK = "less stock"
"""The reason of a reversal that no price or estimate tells, since units were sold or used."""
DELIVERED = "delivery"
"""The reason of what goes along with goods that were ordered: a liability becomes an allowance."""
SOLD = "sale"
"""The reason of what was lost on goods that were ordered, and sold when they came."""
Cause = Literal[
    "quantity", "age", "demand", "exchange_rate", "price", "stated", "estimates", "corrections"
]
"""What moves an allowance, in the order in which it is told apart."""
_NOTHING: Mapping[Any, Decimal] = MappingProxyType({})


class Movement(NamedTuple):
    """A change of allowances that becomes one transaction.

    Attributes:
        reason: The rule that decided.
        quantity: Units of the group, or those that left or moved.
        cost: Their cost, not rounded.
        changes: By allowance account, increases of the allowance positive.
        measure: The value that cost was tested against, not rounded; None if nothing was measured.
        price: The price, if one decided.
        on_line: What of the change is on a line of its own in profit or loss; None is all.
        lot: The lot, if the movement is of one only that is a group of its own.
        corrects: What of the change would belong to a closed period.
        credits: What releases credit, by account, positive; negative where units came back. Empty
            for measurements, whose account depends on materiality.
        source: The transaction by which units left or moved.
        is_correction: Whether all of the change would belong to a closed period.
        is_booked: Whether the ledger has it already.
        estimate: What of the change comes from estimates that changed.
        estimates: These, and evidence that came later, in words.
        causes: What of a measured change each cause is, if that was asked for; what corrects a
            closed period is not among it.
    """

    date: datetime.date
    kind: Kind
    reason: str
    group: Group
    quantity: Decimal
    cost: Decimal
    changes: Mapping[str, Decimal]
    measure: Decimal | None = None
    price: Price | None = None
    on_line: Decimal | None = None
    lot: Lot | None = None
    corrects: Decimal = ZERO
    credits: Mapping[str, Decimal] = _NOTHING
    source: Any = None
    is_correction: bool = False
    is_booked: bool = False
    estimate: Decimal = ZERO
    estimates: tuple[str, ...] = ()
    causes: Mapping[Cause, Decimal] = _NOTHING

    @property
    def change(self) -> Decimal:
        """The increase of the allowance of the group; a decrease is negative."""
        return sum(self.changes.values(), ZERO)

    def as_late(self, weighed: Iterable[Weighed]) -> Movement:
        """The same as a loss of a closed period alone: told is what goods were worth by then."""
        measure = self.cost - sum((sum(row.allowances, ZERO) for row in weighed), ZERO)
        return self._replace(measure=measure, price=None, corrects=ZERO, is_correction=True)

    def less(self, taken: Mapping[str, Decimal]) -> Movement:
        """What is left of it without some of its changes, and with as much less of its credits."""
        if not any(taken.values()):
            return self
        changes = Sums(self.changes)
        for account, amount in taken.items():
            changes.add(account, -amount)
        changes = changes.without_zeros()
        left = -changes.total()
        credited: Sums[str] = Sums()
        for account, credit in self.credits.items():
            credited.add(account, overlap(credit, left))
            left -= credited[account]
        credited = credited.without_zeros()
        return self._replace(changes=changes, credits=credited)


def describe(weighed: Sequence[Weighed], day: datetime.date, corrects: Decimal = ZERO) -> Movement:
    """Describe what a measurement writes together as one movement.

    Args:
        weighed: What it changes in groups that are named alike.
        day: Its date.
        corrects: What of the change would belong to a closed period.
    """
    found, lots = join(weighed), weighed[0].lots
    is_single = found.is_apart and len(weighed) == len(lots) == 1
    return Movement(
        day,
        found.kind,
        tell_reason(weighed),
        found.group,
        found.quantity,
        found.cost,
        found.changes,
        found.measure,
        found.price,
        lot=lots[0] if is_single else None,
        corrects=corrects,
    )


def set_off(corrections: Iterable[Movement], measured: Sequence[Movement]) -> list[Movement]:
    """Set what corrects booked amounts off against what is measured of the same group that day.

    One transaction is written for a group (ACCOUNTING section 5): what moved late is a transfer,
    neither a loss nor a gain.
    """
    kept, rows = [], list(measured)
    for correction in corrections:
        alike = [i for i, row in enumerate(rows) if _is_one(row, correction)]
        is_mergeable = correction.reason == BOOKED or correction.measure is not None
        if alike and is_mergeable:
            i = min(alike, key=lambda i: rows[i].change * correction.change > ZERO)
            rows[i] = _set_off(rows[i], correction)
        else:
            kept.append(correction)
    return [row for row in kept + rows if row.changes or row.credits]


def _is_one(row: Movement, correction: Movement) -> bool:
    """Whether a correction and what is measured are one transaction: a write-off is its own."""
    is_contrary = row.change * correction.change <= ZERO
    return row.group[:3] == correction.group[:3] and (is_contrary or row.kind == correction.kind)


def _set_off(row: Movement, correction: Movement) -> Movement:
    changes = Sums(row.changes)
    for account, change in correction.changes.items():
        changes.add(account, change)
    change = changes.total()
    return row._replace(
        kind=find_kind(change, row.measure or ZERO),
        changes=changes.without_zeros(),
        corrects=row.corrects + correction.change,
        is_correction=not change,
        lot=row.lot if correction.measure is None else None,
    )
