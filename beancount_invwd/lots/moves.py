"""Where the allowance of units goes that a transaction takes out: transfers and production.

A transfer takes its share along, production hands it on to the product, whose cost the materials
are (IAS 2.10, 2.12, 2.34); what is left over belongs to units that really left.

    10 BOARD {9 USD} with an allowance of 1.00 become 1 TABLE {90 USD}: it starts with 1.00.
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.directives.metadata import inherit_facts
from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.shares import part_of, share_out
from beancount_invwd.lots.stock import Layers, Lot, Pool, carry, find_room, take_oldest

if TYPE_CHECKING:
    from beancount_invwd.directives.metadata import Facts


@dataclass(eq=False, slots=True)
class Addition:
    """Units that one posting adds; `units` are those not matched yet.

    Attributes:
        date: Their cost date.
        own: What the posting states.
        is_new: Whether they begin a lot.
        is_made: Whether they were made of other goods in the same transaction.
    """

    lot: Lot
    units: Decimal
    cost_unit: Decimal
    date: datetime.date
    posting: Any
    own: Facts
    is_new: bool
    is_made: bool = False

    @property
    def cost(self) -> Decimal:
        """The cost of the units not matched yet."""
        return self.units * self.cost_unit


@dataclass(eq=False, slots=True)
class Reduction:
    """Units that one posting takes out; units and allowance are those not matched yet.

    Attributes:
        lot: The lot that they leave.
        units_taken: All of them.
        allowance: What the lot gave up with them; `locked` is a part of it.
        layers: The units of a pool; empty of another lot.
    """

    lot: Lot
    units: Decimal
    cost_unit: Decimal
    units_taken: Decimal
    allowance: Decimal = ZERO
    locked: Decimal = ZERO
    layers: Layers = field(default_factory=deque)
    cost_moved: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """The cost of the units not matched yet, less what went into products."""
        return self.units * self.cost_unit - self.cost_moved

    @property
    def units_left(self) -> Decimal:
        """The units that this cost is of."""
        return self.cost / self.cost_unit if self.cost_moved else self.units


class Moved(NamedTuple):
    """Units that went from one lot to another or into a product, with their allowance.

    Units and cost are those of the source that went there.
    """

    source: Lot
    target: Lot
    units: Decimal
    cost: Decimal
    allowance: Decimal
    reason: str


class Outflow(NamedTuple):
    """What one transaction did to allowances.

    Attributes:
        left: All units that left, those without an allowance too.
        moved: Allowances that went along to other lots.
        returned: Units that came back, each with the allowance that it took back.
    """

    left: Sequence[Reduction]
    moved: Sequence[Moved]
    returned: Sequence[Reduction] = ()


def take_out(lot: Lot, units: Decimal, cost_unit: Decimal, out_of: Decimal) -> Reduction:
    """Give up what units carried that left a lot already.

    Args:
        lot: The lot.
        units: The units.
        cost_unit: What each of them cost.
        out_of: The units of the lot before.
    """
    allowance, locked = _give_up(lot, units, out_of) if lot.allowance else (ZERO, ZERO)
    layers = lot.take_layers(units) if isinstance(lot, Pool) else deque()
    return Reduction(lot, units, cost_unit, units, allowance, locked, layers)


def _give_up(lot: Lot, units: Decimal, out_of: Decimal) -> tuple[Decimal, Decimal]:
    """Take the share of units that left off the allowance of a lot, and of its locked part.

    What is left is never above the cost of the units that stay (ACCOUNTING section 1).
    """
    allowance, locked = lot.allowance, lot.locked
    if units < out_of:
        quantum = lot.stock.quantum
        highest = round_money(max(ZERO, lot.cost), quantum)
        part = part_of(allowance, units, out_of, quantum)
        allowance = max(part, allowance - highest)
        locked = part_of(locked, units, out_of, quantum) if locked else ZERO
    locked = max(locked, lot.locked - lot.allowance + allowance)  # what cannot stay leaves
    carry(lot, -allowance, -locked)
    return allowance, locked


def match_transfers(
    additions: Sequence[Addition],
    reductions: Sequence[Reduction],
    set_terms: Callable[[Lot], None],
) -> list[Moved]:
    """Match additions with reductions of the same item at the same unit cost, in posting order.

    Returns:
        What moved, also without an allowance.
    """
    waiting: dict[tuple[Any, Decimal], list[Reduction]] = {}
    for reduction in reductions:
        waiting.setdefault((reduction.lot.stock, reduction.cost_unit), []).append(reduction)
    moved = []
    for addition in additions:
        queue = waiting.get((addition.lot.stock, addition.cost_unit), [])
        while queue and addition.units:
            reduction = queue[0]
            units = min(addition.units, reduction.units)
            moved.append(_move(reduction, addition, units, set_terms))
            if not reduction.units:
                queue.pop(0)
    return moved


def _move(
    reduction: Reduction, addition: Addition, units: Decimal, set_terms: Callable[[Lot], None]
) -> Moved:
    source, target = reduction.lot, addition.lot
    quantum = source.stock.quantum
    carried = ZERO
    if target.units > 0:  # else they only fill a shortage, and what is not there carries nothing
        allowance = part_of(reduction.allowance, units, reduction.units, quantum)
        locked = part_of(reduction.locked, units, reduction.units, quantum)
        carried, carried_locked = _put(target, allowance, locked)
        kept, kept_locked = _put(source, allowance - carried, locked - carried_locked)
        reduction.allowance -= carried + kept
        reduction.locked -= carried_locked + kept_locked
    reduction.units -= units
    addition.units -= units
    layers = deque([(source.aged_from, units)])
    if isinstance(source, Pool):
        layers = take_oldest(reduction.layers, units)
    if isinstance(target, Pool):
        for date, part in layers:
            target.add_layer(date, part)
    elif addition.is_new:
        addition.is_new = False
        target.facts = inherit_facts(source.facts, addition.own)
        target.is_apart = source.is_apart
        if layers:
            target.aged_since = layers[0][0]
        set_terms(target)
    return Moved(source, target, units, units * addition.cost_unit, carried, "transfer")


def _put(lot: Lot, allowance: Decimal, locked: Decimal) -> tuple[Decimal, Decimal]:
    """Give a lot an allowance and its locked part, as far as its cost leaves room.

    Returns:
        What the lot took of both.
    """
    taken = min(allowance, find_room(lot))
    taken_locked = min(locked, taken)
    carry(lot, taken, taken_locked)
    return taken, taken_locked


def match_production(additions: Sequence[Addition], reductions: Sequence[Reduction]) -> list[Moved]:
    """Hand the allowances of materials on to what was made of them (IAS 2.10, 2.12)."""
    places: dict[tuple[str, str], tuple[list[Reduction], list[Addition]]] = {}
    for reduction in reductions:
        if reduction.units:
            places.setdefault(reduction.lot.stock.key[:2], ([], []))[0].append(reduction)
    for addition in additions:
        if addition.units and addition.lot.stock.key[:2] in places:
            places[addition.lot.stock.key[:2]][1].append(addition)
    moved = []
    for used, made in places.values():
        if made:
            moved += _produce(used, made)
    return moved


def _produce(used: Sequence[Reduction], made: Sequence[Addition]) -> list[Moved]:
    cost_used = sum((row.cost for row in used), ZERO)
    cost_made = sum((row.cost for row in made), ZERO)
    moved: list[Moved] = []
    for reduction in used:
        cost = reduction.cost
        kept = cost_made < cost_used
        reduction.cost_moved = cost * cost_made / cost_used if kept else cost
        if reduction.allowance and cost_made > 0:
            quantum = reduction.lot.stock.quantum
            part = reduction.allowance
            if kept:
                part = round_money(part * cost_made / cost_used, quantum)
            if part:
                moved += _hand_on(reduction, made, part, quantum)
    for addition in made:
        if isinstance(addition.lot, Pool):
            addition.lot.add_layer(addition.date, addition.units)
        addition.units = ZERO
        addition.is_made = True
    return moved


def _hand_on(
    reduction: Reduction, made: Sequence[Addition], part: Decimal, quantum: Decimal
) -> list[Moved]:
    """Share a part of what one reduction gave up over the products, none above its cost."""
    costs = [max(ZERO, row.cost) for row in made]
    cost_made = sum(costs, ZERO)
    parts = share_out(part, costs, quantum)
    locked_part = part_of(reduction.locked, part, reduction.allowance, quantum)
    moved = []
    for row, share in zip(made, parts, strict=True):
        allowance = min(share, find_room(row.lot))
        locked = part_of(locked_part, allowance, part, quantum)
        locked_part -= locked
        part -= allowance
        reduction.allowance -= allowance
        carry(row.lot, allowance, locked)
        if allowance:
            cost = row.cost * reduction.cost_moved / cost_made
            units = reduction.units * row.cost / cost_made
            if reduction.cost_unit:
                units = cost / reduction.cost_unit
            moved.append(Moved(reduction.lot, row.lot, units, cost, allowance, "production"))
    return moved
