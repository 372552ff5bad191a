"""What is weighed → what it changes on accounts, and what of it is written together.

One transaction is written for each entity, currency, kind and `invwd-group`; lots that are groups
of their own are named by their item, so they stand together with others of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from decimal import Decimal
from operator import sub
from typing import TYPE_CHECKING

from beancount_invwd.allowance.groups import Group, Kind
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import allot, drop_zeros, find_loss
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import carry_at, lock, set_all

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Lot, Stock
    from beancount_invwd.measure.prices import Price


class Weighed:
    """Lots that are weighed together, or each alone if they are alike: what they are to carry.

    Attributes:
        group: Theirs.
        is_apart: Whether each lot is a group of its own.
        items: The items of all that was measured.
        lots: The lots; those that carry no allowance and need none may be left out.
        gaps: What each costs more than it is worth, less what is locked; never negative.
        allowances: What each is to carry.
        reasons: The rule that decided for each.
        parts: If contracts sell some of it: units of the item, and what all is worth at that.
        quantity: Units of all that was measured.
        cost: Its cost, not rounded.
        measure: What it is worth, not rounded.
        locked: What may not be reversed.
        price: The price, if one decided for all of it.
        most: By a lot's number, what it may carry while a decline is temporary.
        whole: The stock, if it is carried at one value a unit, with no lots here.
        value: That value.
        changes: By allowance account, increases positive, none zero; empty if nothing is written.
        kind: What the change is.
    """

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    measure: Decimal = ZERO
    locked: Decimal = ZERO
    whole: Stock | None = None
    value: Decimal = ZERO
    kind: Kind = "transfer"

    def __init__(self, group: Group, price: Price | None = None, *, is_apart: bool = False) -> None:
        self.group = group
        self.is_apart = is_apart
        self.items: list[str] = []
        self.lots: list[Lot] = []
        self.gaps: list[Decimal] = []
        self.allowances: list[Decimal] = []
        self.reasons: list[str] = []
        self.parts: list[tuple[Decimal, Decimal]] = []
        self.price = price
        self.most: Mapping[int, Decimal] = {}
        self.changes: Mapping[str, Decimal] = {}

    def add(self, quantity: Decimal, cost: Decimal, measure: Decimal, locked: Decimal) -> None:
        """Add what was measured to the sums."""
        self.quantity += quantity
        self.cost += cost
        self.measure += measure
        self.locked += locked

    def allot(self, *, is_netted: bool) -> None:
        """Share the loss out over the lots, in the order in which these came into being.

        Args:
            is_netted: Whether goods that gained give back what others carry.
        """
        if len(self.items) > 1:
            order = sorted(range(len(self.lots)), key=lambda i: self.lots[i].number)
            self.lots = [self.lots[i] for i in order]
            self.gaps = [self.gaps[i] for i in order]
            self.reasons = [self.reasons[i] for i in order]
        locked = [lot.locked for lot in self.lots] if self.locked else []
        quantum = self.lots[0].stock.quantum
        loss = find_loss(self.find_gap(is_netted=is_netted), quantum)
        floors = [] if is_netted else list_floors(self.lots, self.gaps)
        self.allowances += allot(loss, self.gaps, floors, locked, quantum)
        if self.most:
            pairs = self.list_new()
            self.allowances = [min(new, self.most.get(lot.number, new)) for lot, new in pairs]

    def find_gap(self, *, is_netted: bool) -> Decimal:
        """What all costs more than it is worth, and than what is locked.

        What is gained on goods that are sold already sets off no loss of the others, unless all is
        netted (ACCOUNTING section 10).
        """
        lost = self.cost - self.measure
        if self.parts and not is_netted:
            lost = find_part_gap(self.cost, self.parts)
        return lost - self.locked

    def compare(self) -> Weighed:
        """Compare the new allowances with those that the lots carry."""
        changes: Sums[str] = Sums()
        steps = map(sub, self.allowances, list_carried(self.lots))
        for lot, step in zip(self.lots, steps, strict=True):
            if step:
                contra = lot.place.contra
                changes[contra] = changes[contra] + step if contra in changes else step
        self.kind = find_kind(changes.total(), self.measure)
        self.changes = changes.without_zeros()
        return self

    def list_lots(self) -> Iterable[Lot]:
        """The lots, also those of a stock that is carried at one value."""
        return self.lots if self.whole is None else self.whole.lots.values()

    def list_new(self) -> list[tuple[Lot, Decimal]]:
        """The lots, each with what it is to carry."""
        return list(zip(self.lots, self.allowances, strict=True))

    def set(self, *, is_final: bool = False) -> None:
        """Give the lots their new allowances.

        Args:
            is_final: Whether they are a new cost basis (ASC 330-10-35-14).
        """
        if self.whole is not None:
            carry_at(self.whole, self.value)
            return
        set_all(self.lots, self.allowances, is_apart=self.is_apart)
        if is_final:
            lock(self.lots)


def find_part_gap(cost: Decimal, parts: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """What goods cost more than they are worth, part by part.

    Args:
        cost: Of all of them.
        parts: How many units of the item each is, and what all goods would be worth there.
    """
    gaps = [max(ZERO, units * (cost - total)) for units, total in parts]
    return sum(gaps, ZERO) / sum([units for units, _ in parts], ZERO)


def list_carried(lots: Iterable[Lot]) -> list[Decimal]:
    """What lots carry."""
    return [lot.carried if lot.stock.carried_at is None else lot.allowance for lot in lots]


def list_floors(lots: Sequence[Lot], gaps: Sequence[Decimal]) -> list[Decimal]:
    """What lots keep beside what is locked, since value comes back to each alone (IAS 2.33)."""
    carried, quantum = list_carried(lots), lots[0].stock.quantum
    floors: list[Decimal] = []
    for lot, kept, gap in zip(lots, carried, gaps, strict=True):
        floor = find_loss(gap, quantum) if kept else ZERO
        if floor >= (most := kept - lot.locked):
            floor = most
        floors.append(floor)
    return floors


def find_kind(change: Decimal, measure: Decimal) -> Kind:
    """Tell what a change of the allowance of a group is (ACCOUNTING section 5)."""
    if change > ZERO:
        return "write-down" if measure else "write-off"
    return "reversal" if change else "transfer"


def find_common(prices: Iterable[Price | None]) -> Price | None:
    """Find the price that all have, of one directive; None if any has none or another."""
    common: Price | None = None
    for price in prices:
        if price is None or (common is not None and price.entry is not common.entry):
            return None
        common = common or price
    return common


def merge(weighed: Iterable[Weighed]) -> list[list[Weighed]]:
    """Put together what is written together, in the order in which it is written."""
    found: dict[tuple[str, ...], list[Weighed]] = {}
    for row in weighed:
        if row.changes:
            found.setdefault((*row.group[:3], row.kind), []).append(row)
    return [found[key] for key in sorted(found)]


def tell_reason(weighed: Sequence[Weighed]) -> str:
    """Tell the rule that decided for the lot that changes most, of several the first."""
    first = weighed[0].reasons[0]
    if all(row.reasons.count(first) == len(row.reasons) for row in weighed):
        return first
    widest, decisive = ZERO, first
    for row in weighed:
        for lot, allowance, reason in zip(row.lots, row.allowances, row.reasons, strict=True):
            size = abs(allowance - lot.allowance)
            if size > widest:
                widest, decisive = size, reason
    return decisive


def join(weighed: Sequence[Weighed]) -> Weighed:
    """Make one of what is written together."""
    if len(weighed) == 1:
        return weighed[0]
    found = copy(weighed[0])
    found.changes = sum_changes(weighed)
    for row in weighed[1:]:
        found.add(row.quantity, row.cost, row.measure, row.locked)
    found.price = find_common(row.price for row in weighed)
    return found


def sum_changes(weighed: Sequence[Weighed]) -> Mapping[str, Decimal]:
    """Add up what is changed on each account."""
    changes: Sums[str] = Sums()
    for row in weighed:
        for account, change in row.changes.items():
            changes.add(account, change)
    return drop_zeros(changes)


def list_allowances(weighed: Iterable[Weighed]) -> dict[int, Decimal]:
    """List the new allowance of each lot, by its number."""
    return {lot.number: new for row in weighed for lot, new in row.list_new()}
