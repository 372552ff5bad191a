"""One transaction -> lots, and what leaves, moves or comes back (ACCOUNTING sections 3 and 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from beancount.core import data
from beancount.core.position import Cost

from tests.support.rules import moves
from tests.support.rules.commitments import deliver
from tests.support.rules.exact import ZERO, half_up, number_of
from tests.support.rules.goods import (
    Added,
    Books,
    Change,
    Demand,
    Entry,
    Facts,
    Journal,
    Layer,
    Left,
    Legs,
    Lot,
    Purchase,
    Taken,
    oldest_first,
)
from tests.support.rules.releases import (
    SUPPLIER,
    Charges,
    Piece,
    find_costs,
    find_demand,
    finds_count,
    went_back,
    write_releases,
)
from tests.support.rules.returns import take_back


def follow(books: Books, transaction: data.Transaction) -> tuple[Journal, Journal]:
    """Change the lots by one transaction; return what moves and what is released."""
    taken, added = change_lots(books, transaction)
    books.moved = {}
    released: Journal = {}
    moves.transfer(books, taken, added, transaction.date)
    returned = take_back(books, added, transaction)
    moves.exchange(taken, added, transaction.date)
    made: list[Added] = []
    if not any(books.chart.is_under(row.account, "income") for row in transaction.postings):
        if transaction.meta.get("invwd-return") is not True:
            moves.recost(books, taken, added)
        made = moves.produce(books, taken, added)
    note_purchases(books, added, made, transaction)
    tidy(books)
    let_go(books, taken, transaction, released)
    for currency in dict.fromkeys(piece.item[2] for piece in returned):
        pieces = [piece for piece in returned if piece.item[2] == currency]
        charges = Charges(books.chart, transaction, currency, -1)
        note_demand_back(books, added, pieces, charges, transaction)
        write_releases(pieces, charges, released)
    return books.moved, released


# -------------------------------------------------------------------------------- lots


def change_lots(books: Books, transaction: data.Transaction) -> tuple[list[Taken], list[Added]]:
    """Take units out of lots and add units to them, posting by posting."""
    taken: list[Taken] = []
    added: list[Added] = []
    for posting in transaction.postings:
        change = find_change(books, posting, transaction.date)
        if change is not None and change.units < 0:
            taken.append(take(books, change))
        elif change is not None and change.units > 0:
            added.append(add(books, change, facts_of(transaction.meta)))
    return taken, added


def find_change(books: Books, posting: data.Posting, today: date) -> Change | None:
    """Return what a posting changes, or None if it changes no lot that is followed."""
    units, cost = posting.units, posting.cost
    if not isinstance(cost, Cost) or units is None:
        return None
    if not books.chart.is_inventory(posting.account, units.currency):
        return None
    cost_date: date | None = cost.date  # none where Beancount worked out the units
    return Change(
        account=posting.account,
        commodity=units.currency,
        units=number_of(units),
        unit_cost=Fraction(cost.number),
        currency=cost.currency,
        day=cost_date or today,
        cost_date=cost_date,
        label=cost.label,
        facts=facts_of(posting.meta),
    )


def facts_of(meta: Mapping[str, Any] | None) -> Facts:
    """Return what metadata says of a lot."""
    return {
        key: value
        for key, value in (meta or {}).items()
        if key == "expires" or key.startswith("invwd-")
    }


def find_lot(books: Books, change: Change) -> Lot | None:
    """Return the lot of a posting, if it exists."""
    for lot in books.lots:
        here = (lot.account, lot.commodity, lot.currency)
        if here == (change.account, change.commodity, change.currency):
            if lot.is_pool:
                return lot
            this = (lot.unit_cost_booked, lot.day, lot.label)
            if lot.units != 0 and this == (change.unit_cost, change.cost_date, change.label):
                return lot
    return None


def create_lot(books: Books, change: Change, facts: Facts) -> Lot:
    """Begin a new lot."""
    is_pool = books.chart.is_pooled(change.account)
    lot = Lot(
        account=change.account,
        commodity=change.commodity,
        currency=change.currency,
        unit_cost_booked=None if is_pool else change.unit_cost,
        day=None if is_pool else change.cost_date,
        label=None if is_pool else change.label,
        born=next(books.numbers),
        facts={} if is_pool else facts,
        age_from=change.day,
    )
    books.lots.append(lot)
    return lot


def take(books: Books, change: Change) -> Taken:
    """Take units out of a lot, with their share of the allowance."""
    lot = find_lot(books, change) or create_lot(books, change, {})
    units = -change.units
    quantum = books.chart.quantum(lot.currency)
    allowance, locked = lot.allowance, lot.locked
    if lot.units > units:
        allowance = half_up(lot.allowance * units / lot.units, quantum)
        locked = half_up(lot.locked * units / lot.units, quantum)
    if lot.units > 0:
        part = max(ZERO, 1 - units / lot.units)
        lot.owed, lot.early = half_up(lot.owed * part, quantum), half_up(lot.early * part, quantum)
    lot.units -= units
    lot.pool_cost -= units * change.unit_cost
    # Section 1: an allowance is never above cost rounded to the quantum.
    most = half_up(max(ZERO, lot.cost), quantum)
    allowance = max(allowance, lot.allowance - most)
    lot.allowance -= allowance
    locked = max(locked, lot.locked - lot.allowance)
    lot.locked -= locked
    gone, lot.layers = oldest_first(lot.layers, units)
    return Taken(
        lot=lot,
        item=books.item_of(lot),
        unit_cost=change.unit_cost,
        units=units,
        allowance=allowance,
        locked=locked,
        facts=dict(lot.facts),
        layers=gone if lot.is_pool else [Layer(lot.age_from, units)],
        is_apart=lot.is_apart,
    )


def add(books: Books, change: Change, facts_above: Facts) -> Added:
    """Add units to a lot, new or not."""
    lot = find_lot(books, change)
    is_new = lot is None
    if lot is None:
        lot = create_lot(books, change, {**facts_above, **change.facts})
    elif lot.units == 0:  # a pool that was used up begins anew
        lot.born, lot.is_apart = next(books.numbers), False
        books.lots.sort(key=lambda other: other.born)
    lot.units += change.units
    lot.pool_cost += change.units * change.unit_cost
    lot.layers.append(Layer(change.day, change.units))
    return Added(
        lot=lot,
        item=books.item_of(lot),
        unit_cost=change.unit_cost,
        units=change.units,
        is_new=is_new,
        own_facts=change.facts,
        day=change.day,
    )


def note_purchases(
    books: Books, added: Sequence[Added], made: Sequence[Added], transaction: data.Transaction
) -> None:
    """Note when items came in, and what units cost that were made or bought on their cost date."""
    for add in added:
        if not add.lot.is_consigned:
            first = books.first_bought.get(add.item, add.day)
            books.first_bought[add.item] = min(first, add.day)
    bought = [add for add in added if add not in made and add.day == transaction.date]
    for add in [*made, *bought]:
        if add.units > 0 and add.unit_cost >= 0 and not add.lot.is_consigned:
            is_ordered = add not in made and deliver(books, add, transaction) == 0
            number = next(books.numbers)
            row = (number, transaction.date, add.item, add.lot.account, add.unit_cost)
            books.purchases.append(Purchase(*row, is_made=add in made, is_ordered=is_ordered))
            if add not in made:
                add.lot.purchase = number


def tidy(books: Books) -> None:
    """Forget lots that are used up; a pool that was overdrawn has no more layers than units."""
    books.lots = [lot for lot in books.lots if lot.units != 0 or lot.is_pool]
    for lot in books.lots:
        surplus = sum((layer.units for layer in lot.layers), -max(lot.units, ZERO))
        lot.layers = oldest_first(lot.layers, surplus)[1]


# -------------------------------------------------------------------------------- what left


def let_go(
    books: Books, taken: Sequence[Taken], transaction: data.Transaction, journal: Journal
) -> None:
    """Release what left, and note where it went."""
    for currency in dict.fromkeys(take.item[2] for take in taken):
        gone = [take for take in taken if take.item[2] == currency]
        for take in gone:
            set_aside(take)
        pieces = [
            Piece(take.item, group, books.contra(take.lot), take.allowance, take.cost_left)
            for take in gone
            for group in [books.chart.group_name(take.item[1], is_apart=take.is_apart)]
        ]
        charges = Charges(books.chart, transaction, currency)
        note_demand(books, gone, pieces, charges, transaction)
        write_releases(pieces, charges, journal)
        for take in gone:
            release_excess(books, take, charges, journal)


def set_aside(take: Taken) -> None:
    """Tell what goods that are still there cannot carry any more from what left with others."""
    if take.units == 0:
        take.excess += take.allowance
        take.allowance = ZERO


def note_demand(
    books: Books,
    gone: Sequence[Taken],
    pieces: Sequence[Piece],
    charges: Charges,
    transaction: data.Transaction,
) -> None:
    """Note what was sold or used, and what may come back."""
    for take in gone:
        if take.units == 0 or take.is_exchanged or take.lot.is_consigned:
            continue
        costs = find_costs(pieces, take.item)
        demand = Fraction(1) if take.is_used else find_demand(charges, take.item, costs)
        if demand:
            books.demands.append(Demand(transaction.date, take.item, take.units * demand))
        if not went_back(charges):
            books.left.append(
                Left(
                    day=transaction.date,
                    key=take.lot.key,
                    unit_cost=take.unit_cost,
                    units=take.units,
                    allowance=take.allowance,
                    locked=take.locked,
                    facts=take.facts,
                    age_from=take.lot.age_from,
                    layers=take.layers,
                    is_apart=take.is_apart,
                    purchase=take.lot.purchase,
                    demand=demand,
                )
            )


def note_demand_back(
    books: Books,
    added: Sequence[Added],
    pieces: Sequence[Piece],
    charges: Charges,
    transaction: data.Transaction,
) -> None:
    """Note that demand is less by what customers brought back; what a count finds is none."""
    for add in added:
        if add.demand_back == 0 or all(add.item != piece.item for piece in pieces):
            continue
        if not finds_count(charges, add.item, find_costs(pieces, add.item)):
            books.demands.append(Demand(transaction.date, add.item, -add.demand_back))


def release_excess(books: Books, take: Taken, charges: Charges, journal: Journal) -> None:
    """Release what goods that moved or were re-costed carried above their cost (step 6)."""
    if take.excess == 0:
        return
    entity, commodity, currency = take.item
    group = books.chart.group_name(commodity, is_apart=take.is_apart)
    legs = journal.setdefault(Entry("release", entity, currency, group), Legs())
    legs.post(books.contra(take.lot), take.excess)
    key = "cogs" if charges.has_income else "reversal"
    legs.post(books.chart.pnl_account(key, commodity, entity), -take.excess)
    legs.reasons.add("other" if charges.has_income else SUPPLIER)
