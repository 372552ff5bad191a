"""What customers bring back takes back what it carried (ACCOUNTING section 3, Return).

units that a transaction added -> allowances that come back with them, last out, first back.

Example:
    10 SHOE at 10.00 written down to 7.00, four sold (12.00 released), the four come back at their
    cost: they carry 12.00 again, and cost of goods sold ends at the former carrying amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from beancount.core import data

from tests.support.rules.exact import ZERO, Money, half_up, number_of
from tests.support.rules.goods import Added, Books, Layer, Left, oldest_first
from tests.support.rules.moves import replace_layers
from tests.support.rules.releases import Piece


def take_back(books: Books, added: Sequence[Added], transaction: data.Transaction) -> list[Piece]:
    """Give units that came back what they carried; return what it comes to, lot by lot."""
    pieces: list[Piece] = []
    for add in added:
        rows = [] if add.lot.is_consigned else find_left(books, add, transaction)
        back, cost = ZERO, ZERO
        for left in rows:
            units = min(add.units, left.units)
            if units > 0:
                add.is_return = True
                cost += units * add.unit_cost
                back += revive(books, add, left, units, transaction.date)
        if add.is_return:
            group = books.chart.group_name(add.item[1], is_apart=add.lot.is_apart)
            pieces.append(Piece(add.item, group, books.contra(add.lot), back, cost))
    books.left = [left for left in books.left if left.units > 0]
    return pieces


def find_left(books: Books, add: Added, transaction: data.Transaction) -> list[Left]:
    """Return what left and may have come back with an addition, the latest first."""
    here = [left for left in books.left if left.key[:3] == add.lot.key[:3]][::-1]
    same = [left for left in here if left.key == add.lot.key and not add.lot.is_pool]
    if transaction.meta.get("invwd-return") is True:
        return same + [left for left in here if left not in same]
    is_later = transaction.date > add.day
    return same if is_later and takes_charge_back(books, transaction) else []


def takes_charge_back(books: Books, transaction: data.Transaction) -> bool:
    """Whether a transaction takes back what a sale or use charged."""
    for posting in transaction.postings:
        number = number_of(posting.units) if posting.units is not None else ZERO
        is_credit = number < 0 and books.chart.is_under(posting.account, "expenses")
        is_debit = number > 0 and books.chart.is_under(posting.account, "income")
        if is_credit or is_debit:
            return True
    return False


def revive(books: Books, add: Added, left: Left, units: Fraction, today: date) -> Money:
    """Bring units back out of what left, and return the allowance that they carry again."""
    quantum = books.chart.quantum(add.lot.currency)
    part = units / left.units
    allowance, locked = (
        half_up(left.allowance * part, quantum),
        half_up(left.locked * part, quantum),
    )
    left.allowance -= allowance
    left.locked -= locked
    left.units -= units
    # At another unit cost they end at the carrying amount that they had.
    more = units * (add.unit_cost - left.unit_cost)
    most = min(half_up(units * add.unit_cost, quantum), books.room(add.lot))
    carried = min(most, half_up(max(ZERO, allowance + more), quantum))
    add.lot.allowance += carried
    add.lot.locked += min(carried, lock(books, left, carried, locked + more, today))
    come_home(add, left, units)
    add.demand_back += units * left.demand
    return carried


def lock(books: Books, left: Left, carried: Money, locked: Fraction, today: date) -> Money:
    """Return what of an allowance that came back may not be reversed (section 6)."""
    policy = books.policy
    is_of_this_year = policy.fiscal_year_end(left.day) == policy.fiscal_year_end(today)
    if policy.reversals == "none" or (policy.reversals == "interim" and not is_of_this_year):
        return carried
    quantum = books.chart.quantum(left.key[2])
    return half_up(max(ZERO, locked), quantum) if carried else ZERO


def come_home(add: Added, left: Left, units: Fraction) -> None:
    """Give units their age again, and a lot that was used up its facts."""
    add.units -= units
    rest = sum((layer.units for layer in left.layers), ZERO) - units
    left.layers, newest = oldest_first(left.layers, rest)
    moving = [Layer(layer.day, layer.units) for layer in newest]
    replace_layers(add, units, moving)
    lot = add.lot
    if add.is_new and not lot.is_pool:
        lot.facts = {**left.facts, **add.own_facts}
        lot.age_from, lot.is_apart, lot.purchase = left.age_from, left.is_apart, left.purchase
        add.is_new = False
