"""Materials → products: the allowance of what was used follows its cost (IAS 2.10, 2.12, 2.34).

10 BOARD {9 USD} with an allowance of 1.00 become 1 TABLE {90 USD}: it starts with 1.00.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.shares import part_of, share_out
from beancount_invwd.lots.moves import Addition, Moved, Reduction
from beancount_invwd.lots.stock import Pool, carry, find_room


def match_production(additions: Sequence[Addition], reductions: Sequence[Reduction]) -> list[Moved]:
    """Hand allowances on from what was used to what was made of it: goods of other items.

    Returns:
        What went into products, also without an allowance.
    """
    places: dict[tuple[str, str], tuple[list[Reduction], list[Addition]]] = {}
    for reduction in reductions:
        if reduction.units and not reduction.is_other:
            places.setdefault(reduction.lot.stock.key[:2], ([], []))[0].append(reduction)
    for addition in additions:
        if addition.units and not addition.is_other and addition.lot.stock.key[:2] in places:
            places[addition.lot.stock.key[:2]][1].append(addition)
    moved = []
    for used, made in places.values():
        sources, products = {row.lot.stock.key for row in used}, {row.lot.stock.key for row in made}
        moved += _produce(
            [row for row in used if products - {row.lot.stock.key}],
            [row for row in made if sources - {row.lot.stock.key}],
        )
    return moved


def _produce(used: Sequence[Reduction], made: Sequence[Addition]) -> list[Moved]:
    cost_used = sum((row.cost for row in used), ZERO)
    cost_made = sum((row.cost for row in made), ZERO)
    moved: list[Moved] = []
    for reduction in used:
        cost, reduction.is_used = reduction.cost, True
        kept = cost_made < cost_used
        reduction.cost_moved = cost * cost_made / cost_used if kept else cost
        if cost_made > 0:
            part = reduction.allowance
            if kept:
                part = round_money(part * cost_made / cost_used, reduction.lot.stock.quantum)
            moved += _hand_on(reduction, made, part)
    for addition in made:
        if isinstance(addition.lot, Pool):
            addition.lot.add_layer(addition.date, addition.units)
        addition.units = ZERO
        addition.is_made = True
    return moved


def _hand_on(reduction: Reduction, made: Sequence[Addition], part: Decimal) -> list[Moved]:
    """Share a part of what one reduction gave up over the products, none above its cost."""
    quantum = reduction.lot.stock.quantum
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
        if row.cost > ZERO:
            cost = row.cost * reduction.cost_moved / cost_made
            units = reduction.units * row.cost / cost_made
            if reduction.cost_unit:
                units = cost / reduction.cost_unit
            moved.append(Moved(reduction.lot, row.lot, units, cost, allowance, "production"))
    return moved
