"""Goods that keep their identity: transfers, re-costing, production (ACCOUNTING section 3).

what a transaction took and added -> allowances that go along.

Example:
    100 BAR at 10.00, 40 sold; a freight bill puts 60 at 11.50 in the place of 60 at 10.00: the same
    goods, with their date, facts, allowance and its locked part.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from tests.support.rules.exact import ZERO, Money, half_up, share_out
from tests.support.rules.goods import Added, Books, Entry, Layer, Legs, Taken, oldest_first


def is_exchange(take: Taken, add: Added, today: date) -> bool:
    """Whether what came is other goods than what left: with a later date, or another `expires`."""
    if add.item != take.item:
        return False
    day = take.lot.day
    is_later = day is not None and not add.lot.is_pool and add.day > day and add.day != today
    old, new = take.facts.get("expires"), add.own_facts.get("expires")
    return is_later or (old is not None and new is not None and new != old)


def transfer(books: Books, taken: Sequence[Taken], added: Sequence[Added], today: date) -> None:
    """Let allowances go along with units of the same item and unit cost, in posting order."""
    for add in added:
        for take in taken:
            is_same = (take.item, take.unit_cost) == (add.item, add.unit_cost)
            if is_same and not is_exchange(take, add, today):
                carry_over(books, take, add, min(take.units, add.units))


def exchange(taken: Sequence[Taken], added: Sequence[Added], today: date) -> None:
    """Set apart what a supplier exchanged: neither transfer, re-costing nor production."""
    for add in added:
        for take in taken:
            if add.units > 0 and take.units > 0 and is_exchange(take, add, today):
                add.is_exchanged = take.is_exchanged = True


def recost(books: Books, taken: Sequence[Taken], added: Sequence[Added]) -> None:
    """Let allowances go along with as many units of the same item at another unit cost.

    Args:
        books: What is known.
        taken: Reductions of a transaction without income, less what moved.
        added: Additions, less what moved.
    """
    for item in dict.fromkeys(add.item for add in added):
        outs = [take for take in taken if take.item == item and not take.is_exchanged]
        ins = [add for add in added if add.item == item]
        ins = [add for add in ins if not (add.is_exchanged or add.is_return)]
        units_out = sum((take.units for take in outs), ZERO)
        if units_out == 0 or units_out != sum((add.units for add in ins), ZERO):
            continue
        for add in ins:
            for take in outs:
                carry_over(books, take, add, min(take.units, add.units))


def carry_over(books: Books, take: Taken, add: Added, units: Fraction) -> None:
    """Move units with their share of the allowance, and their facts and age to a new lot."""
    if units <= 0:
        return
    quantum = books.chart.quantum(add.lot.currency)
    is_there = add.lot.units > 0  # what fills a shortage carries nothing
    part = units / take.units if is_there else ZERO
    allowance, locked = (
        half_up(take.allowance * part, quantum),
        half_up(take.locked * part, quantum),
    )
    fits = min(allowance, books.room(add.lot))
    hand_over(books, take, add, fits, min(locked, fits))
    excess, excess_locked = allowance - fits, locked - min(locked, fits)
    if take.unit_cost == add.unit_cost:
        give_back(books, take, excess, excess_locked)
    else:
        take.allowance -= excess
        take.locked -= excess_locked
        take.excess += excess
    take.units -= units
    add.units -= units
    moving, take.layers = oldest_first(take.layers, units)
    replace_layers(add, units, moving)
    inherit(take, add, moving)


def give_back(books: Books, take: Taken, allowance: Money, locked: Money) -> None:
    """Leave with the lot what does not fit where its units went, as far as that fits."""
    back = min(allowance, books.room(take.lot))
    back_locked = min(locked, back)
    take.allowance -= back
    take.locked -= back_locked
    take.lot.allowance += back
    take.lot.locked += back_locked


def replace_layers(add: Added, units: Fraction, moving: list[Layer]) -> None:
    """Give units that moved the age that they had."""
    come = [layer for layer in add.lot.layers if layer.day == add.day]
    kept = [layer for layer in add.lot.layers if layer.day != add.day]
    add.lot.layers = kept + oldest_first(come, units)[1] + moving


def inherit(take: Taken, add: Added, moving: list[Layer]) -> None:
    """Give a new lot the facts of the goods, and the age of the oldest of them."""
    lot = add.lot
    if lot.is_pool:
        return
    oldest = min((layer.day for layer in moving), default=lot.age_from)
    if add.is_new:
        lot.facts = {**take.facts, **add.own_facts}
        lot.age_from, lot.is_apart, lot.purchase = oldest, take.is_apart, take.lot.purchase
        add.is_new = False
        add.is_heir = True
    elif add.is_heir and take.unit_cost != add.unit_cost:  # lots put together at another cost
        lot.age_from = min(lot.age_from, oldest)


def hand_over(books: Books, take: Taken, add: Added, allowance: Money, locked: Money) -> None:
    """Hand an allowance over from one lot to another."""
    locked = min(locked, allowance)
    take.allowance -= allowance
    take.locked -= locked
    add.lot.allowance += allowance
    add.lot.locked += locked
    entity, commodity, currency = take.item
    group = books.chart.group_name(commodity, is_apart=take.is_apart)
    legs = books.moved.setdefault(Entry("transfer", entity, currency, group), Legs())
    legs.post(books.contra(take.lot), allowance)
    legs.post(books.contra(add.lot), -allowance)


def produce(books: Books, taken: Sequence[Taken], added: Sequence[Added]) -> list[Added]:
    """Let allowances follow cost into goods of other items, and return what was made."""
    made: list[Added] = []
    for entity, currency in dict.fromkeys((take.item[0], take.item[2]) for take in taken):
        here = entity, currency
        outs = [take for take in taken if take.units > 0 and not take.is_exchanged]
        outs = [take for take in outs if (take.item[0], take.item[2]) == here]
        ins = [add for add in added if add.units > 0 and not add.is_exchanged]
        ins = [add for add in ins if (add.item[0], add.item[2]) == here]
        used = [take for take in outs if any(add.item != take.item for add in ins)]
        products = [add for add in ins if any(add.item != take.item for take in outs)]
        if used:
            made += products
            follow_costs(books, used, products)
    return made


def follow_costs(books: Books, used: Sequence[Taken], products: Sequence[Added]) -> None:
    """Let the part of each lot's allowance go into the products that its cost went into."""
    cost_used = sum((take.units * take.unit_cost for take in used), ZERO)
    weights = [add.units * add.unit_cost for add in products]
    part = min(Fraction(1), sum(weights, ZERO) / cost_used) if cost_used > 0 else Fraction(1)
    for take in used:
        take.is_used = True
        take.part_left = 1 - part
        quantum = books.chart.quantum(take.lot.currency)
        going = half_up(take.allowance * part, quantum)
        locked = half_up(take.locked * going / take.allowance, quantum) if going else ZERO
        for add, share in zip(products, share_out(going, weights, quantum), strict=True):
            moving = min(share, books.room(add.lot))
            with_it = half_up(locked * moving / going, quantum) if moving else ZERO
            hand_over(books, take, add, moving, with_it)
            going -= moving
            locked -= with_it
