"""Allowances, group by group (ACCOUNTING section 5).

lots with their values -> new allowances, and what changes on which account.

Example:
    10 at 10.00 carry 30.00 (price 7.00); then 100 at 5.00 come in, the price is 8.00: the lot's own
    shortfall is 20.00, so 10.00 are reversed and the cheap goods take back nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from tests.support.rules.contracts import is_apart, split, value_at, values_of
from tests.support.rules.exact import ZERO, Money, half_up, share_out_above
from tests.support.rules.goods import Books, Lot
from tests.support.rules.temporary import is_lowered_in_spite, most
from tests.support.rules.value import known_value, lowered_value


class Worth(NamedTuple):
    """A lot with its value per unit, part by part: shares of its units, and values.

    Attributes:
        most: What it may carry at most beside what is locked, while a decline is temporary.
    """

    lot: Lot
    parts: tuple[tuple[Fraction, Fraction], ...]
    most: Money | None = None

    @property
    def cost(self) -> Fraction:
        """Return cost less what is locked."""
        return self.lot.cost - self.lot.locked

    @property
    def measure(self) -> Fraction:
        """Return units times value."""
        return self.lot.units * sum((share * value for share, value in self.parts), ZERO)

    def gaps(self) -> list[Fraction]:
        """Return cost less measure of every part, whatever is locked."""
        return [share * (self.lot.cost - self.lot.units * value) for share, value in self.parts]

    @property
    def loss(self) -> Fraction:
        """Return what the lot lost beyond what is locked: part by part, and nothing is set off."""
        return max(ZERO, sum((max(ZERO, gap) for gap in self.gaps()), ZERO) - self.lot.locked)


@dataclass
class Group:
    """Lots whose losses and gains are set off, and what a measurement changes."""

    name: str
    is_apart: bool
    rows: list[Worth]
    change: Money = ZERO
    legs: dict[str, Money] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return what the change is."""
        if self.change == 0:
            return "transfer"
        if self.change < 0:
            return "reversal"
        return "write-off" if sum(row.measure for row in self.rows) == 0 else "write-down"


def make_groups(books: Books, entity: str, currency: str, day: date) -> list[Group]:
    """Return the groups of an entity and currency; lots without a measure are in none."""
    places: dict[tuple[str, str], list[Lot]] = {}
    for lot in books.assessed():
        if (books.chart.entity(lot.account), lot.currency) == (entity, currency):
            apart = is_apart(books, lot, day)
            apart = apart or is_lowered_in_spite(books, lot, values_of(books, lot, day), day)
            places.setdefault(group_key(books, lot, apart=apart), []).append(lot)
    groups: list[Group] = []
    for (sort, _), lots in places.items():
        apart = sort == "apart"
        rows = [row for lot in lots if (row := weigh(books, lot, lots, day, apart=apart))]
        if rows:
            name = books.chart.group_name(rows[0].lot.commodity, is_apart=apart)
            groups.append(Group(name, apart, rows))
    return groups


def write_locked(books: Books, entity: str, currency: str) -> list[Group]:
    """Write what a closed period left out and locked, of lots without a measure.

    What is not locked is measured afresh, which takes a measure: they keep what the books have.
    """
    groups: list[Group] = []
    for lot in books.assessed():
        if (books.chart.entity(lot.account), lot.currency) == (entity, currency) and lot.unwritten:
            carrying = (lot.cost - lot.locked) / lot.units
            name = books.chart.group_name(lot.commodity, is_apart=lot.is_apart)
            group = Group(name, lot.is_apart, [Worth(lot, ((Fraction(1), carrying),))])
            carry(books, group, lot, lot.locked)
            groups.append(group)
    return groups


def group_key(books: Books, lot: Lot, *, apart: bool) -> tuple[str, str]:
    """Return what tells one group from another."""
    if apart:
        return ("apart", str(lot.born))
    if books.policy.basis == "lot":
        return ("lot", str(lot.born))
    category = books.chart.category(lot.commodity)
    if books.policy.basis == "item" or (books.policy.basis == "category" and category is None):
        return ("item", lot.commodity)
    return ("category", str(category)) if books.policy.basis == "category" else ("total", "")


def weigh(books: Books, lot: Lot, lots: Sequence[Lot], day: date, *, apart: bool) -> Worth | None:
    """Return a lot with its values; None if it has no measure."""
    if apart:
        known = known_value(books, lot, day)
        value = known if known is not None else value_at(books, lot, day, None)
        lowered = lowered_value(books, lot, day)
        values = [number for number in (value, lowered) if number is not None]
        parts = ((Fraction(1), min(values, default=ZERO)),)
        return Worth(lot, parts, most(books, lot, day))
    item = books.item_of(lot)
    of_item = [other for other in lots if books.item_of(other) == item]
    found: list[tuple[Fraction, Fraction]] = []
    for share, price in split(books, item, of_item, day):
        value = value_at(books, lot, day, price)
        if value is None:
            return None
        found.append((share, value))
    return Worth(lot, tuple(found), most(books, lot, day))


def set_allowances(books: Books, group: Group, quantum: Fraction) -> None:
    """Work out a group's loss, share it out over its lots, and note what changes."""
    is_netted = books.policy.basis in ("category", "total") and not group.is_apart
    if is_netted:
        weights = [max(ZERO, row.cost - row.measure) for row in group.rows]
        lost = sum((row.cost - row.measure for row in group.rows), ZERO)
        floors = [ZERO] * len(group.rows)
    else:
        weights = [row.loss for row in group.rows]
        columns = zip(*(row.gaps() for row in group.rows), strict=True)
        lost = sum((max(ZERO, sum(column, ZERO)) for column in columns), ZERO)
        lost -= sum((row.lot.locked for row in group.rows), ZERO)  # it is lost once
        floors = [
            min(row.lot.allowance - row.lot.locked, half_up(row.loss, quantum))
            for row in group.rows
        ]
    loss = half_up(max(ZERO, lost), quantum)
    loss = max(loss, sum(floors, ZERO))
    for row, share in zip(group.rows, share_out_above(loss, weights, floors, quantum), strict=True):
        left = share if row.most is None else min(share, row.most)
        carry(books, group, row.lot, row.lot.locked + left)


def carry(books: Books, group: Group, lot: Lot, allowance: Money) -> None:
    """Set the allowance of a lot."""
    change = allowance - lot.allowance + lot.unwritten
    contra = books.contra(lot)
    group.change += change
    group.legs[contra] = group.legs.get(contra, ZERO) - change
    lot.allowance, lot.unwritten = allowance, ZERO
    lot.is_apart = group.is_apart
