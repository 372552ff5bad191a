"""Contracts and raw materials (ACCOUNTING section 10; IAS 2.31, 2.32).

lot, day -> the measure of its units: part by part where contracts sell some of them; of a material
by the products that it is used in.

Example:
    40 on hand, 16 under contract at 168.00, the rest at 155.20: shares 16/40 and 24/40.
    BOARD (`invwd-used-in: "0.25 TABLE"`, `invwd-completion-cost: 12.00 USD`), TABLE nets 100.00:
    a board is worth 100.00 × 0.25 − 12.00 = 13.00.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from beancount.core import data

from tests.support.rules.estimates import find_estimates
from tests.support.rules.evidence import find_replacement, find_stated, is_stale
from tests.support.rules.exact import ZERO, number_of, read_terms
from tests.support.rules.goods import Books, Item, Lot
from tests.support.rules.value import (
    by_measure,
    known_value,
    lowered_value,
    max_age,
    nrv_at,
    nrv_at_market,
)


class Contract(NamedTuple):
    """A contract in force: what it pays per unit, for how many, and what leaving it costs."""

    price: Fraction
    units: Fraction
    penalty: Fraction | None


class Part(NamedTuple):
    """A share of the units of an item, and the contract price it is sold at; None: at p."""

    share: Fraction
    price: Fraction | None


def find_contracts(books: Books, item: Item, day: date) -> list[Contract]:
    """Return the contracts in force, dearest first."""
    found: list[Contract] = []
    for entry in books.entries:
        if not isinstance(entry, data.Custom) or entry.type != "invwd-contract":
            continue
        units, price = (given.value for given in entry.values)
        is_of_item = (units.currency, price.currency) == item[1:]
        if is_of_item and entry.date <= day <= entry.meta["until"]:
            penalty = entry.meta.get("penalty")
            left_for = None if penalty is None else number_of(penalty)
            found.append(Contract(number_of(price), number_of(units), left_for))
    return sorted(found, key=lambda contract: -contract.price)


def value_at(books: Books, lot: Lot, day: date, price: Fraction | None) -> Fraction | None:
    """Return the measure of a unit at a contract's price, or at p."""
    if is_material(books, lot.commodity):
        return material_value(books, lot, day)
    if price is not None:
        return by_measure(books, lot, day, nrv_at(books, lot, price, day))
    return by_measure(books, lot, day, nrv_at_market(books, lot, day))


def is_apart(books: Books, lot: Lot, day: date) -> bool:
    """Whether a lot is a group of its own: known in particular, lowered by a policy, or worthless.

    Whether a policy lowers it is judged at p; without a p, at the contracts.
    """
    if known_value(books, lot, day) is not None:
        return True
    at_market = value_at(books, lot, day, None)
    values = values_of(books, lot, day)
    if not values:
        return False
    lowered = lowered_value(books, lot, day)
    judged = at_market if at_market is not None else max(values)
    is_worthless = at_market is not None and not any(values)
    return is_worthless or (lowered is not None and lowered < judged)


def values_of(books: Books, lot: Lot, day: date) -> list[Fraction]:
    """Return what a unit is worth at p and at the contracts in force, as far as that is known."""
    prices = [contract.price for contract in find_contracts(books, books.item_of(lot), day)]
    found = [value_at(books, lot, day, price) for price in (None, *prices)]
    return [value for value in found if value is not None]


def stock_of(books: Books, item: Item, day: date) -> Fraction:
    """Return the units on hand that fill contracts: no group of their own."""
    lots = [lot for lot in books.on_hand(item) if not is_apart(books, lot, day)]
    return sum((lot.units for lot in lots), ZERO)


def is_left(books: Books, contract: Contract, lots: Sequence[Lot], day: date) -> bool:
    """Whether leaving a contract costs less than delivering these lots of its item by it."""
    units = sum((lot.units for lot in lots), ZERO)
    if contract.penalty is None or units == 0:
        return False
    cost = sum((lot.cost for lot in lots), ZERO) / units
    at_market = average(books, lots, day, None)
    delivered = average(books, lots, day, contract.price)
    if at_market is None or delivered is None:
        return False
    return contract.penalty + max(ZERO, cost - at_market) < max(ZERO, cost - delivered)


def average(
    books: Books, lots: Sequence[Lot], day: date, price: Fraction | None
) -> Fraction | None:
    """Return the average measure of the units of lots at a price, or None without one."""
    total = ZERO
    for lot in lots:
        value = value_at(books, lot, day, price)
        if value is None:
            return None
        total += lot.units * value
    return total / sum((lot.units for lot in lots), ZERO)


def split(books: Books, item: Item, lots: Sequence[Lot], day: date) -> list[Part]:
    """Return the parts in which the units of an item are measured.

    Args:
        books: What is known.
        item: Entity, commodity and currency.
        lots: The lots of the item in a group; their average cost says which contract is left.
        day: The measurement date.
    """
    stock = rest = stock_of(books, item, day)
    parts: list[Part] = []
    for contract in find_contracts(books, item, day):
        filled = ZERO if is_left(books, contract, lots, day) else min(rest, contract.units)
        rest -= filled
        parts += [Part(filled / stock, contract.price)] if filled > 0 else []
    return [*parts, Part(rest / stock, None)] if rest > 0 else parts


def find_open_price(books: Books, item: Item, lots: Sequence[Lot], day: date) -> Fraction | None:
    """Return the price of the dearest contract that the stock of an item does not fill."""
    rest = stock_of(books, item, day)
    for contract in find_contracts(books, item, day):
        if is_left(books, contract, lots, day):
            continue
        if contract.units > rest:
            return contract.price
        rest -= contract.units
    return None


# -------------------------------------------------------------------------------- materials


def products_of(books: Books, commodity: str) -> list[tuple[str, Fraction]]:
    """Return the products that an item is used in, with units of the product per unit of it."""
    entry = books.chart.commodities.get(commodity)
    text = entry.meta.get("invwd-used-in") if entry else None
    words = [part.split() for part in text.split(",")] if text else []
    return [(row[-1], Fraction(row[0]) if len(row) == 2 else Fraction(1)) for row in words]


def is_material(books: Books, commodity: str) -> bool:
    """Whether an item is used in something."""
    return bool(products_of(books, commodity))


def completion_of(books: Books, lot: Lot, day: date) -> Any:
    """Return what it takes to make a material's part of the product of it, or None."""
    entry = books.chart.commodities.get(lot.commodity)
    own = lot.facts.get("invwd-completion-cost")
    if own is not None or entry is None:
        return own
    estimates = find_estimates(books, "completion_cost", lot.commodity, day)
    return estimates[-1] if estimates else entry.meta.get("invwd-completion-cost")


def material_value(books: Books, lot: Lot, day: date) -> Fraction | None:
    """Return the measure of a unit of a material."""
    if completion_of(books, lot, day) is not None:
        return material_nrv(books, books.item_of(lot), lot, day)
    is_worth = are_worth_their_cost(books, books.item_of(lot), day)
    if is_worth is None:
        return None
    return lot.unit_cost if is_worth else bought_again(books, lot, day)


# -------------------------------------------------------------------------------- with completion


def material_nrv(books: Books, item: Item, lot: Lot, day: date) -> Fraction | None:
    """Return what was stated of a material, else the lowest that its products leave for it."""
    stated = find_stated(books, lot, day, of_lot=False)
    if stated is not None and not is_stale(stated.day, day, max_age(books, lot, day)):
        return stated.number
    entity, commodity, currency = item
    terms = read_terms(completion_of(books, lot, day) or "0%")
    values: list[Fraction] = []
    is_known = True
    for name, units in products_of(books, commodity):
        nrv = product_nrv(books, (entity, name, currency), day)
        is_known = is_known and nrv is not None
        if nrv is not None:
            part = nrv * units
            values.append(max(ZERO, part - terms.per_unit(part, lot.unit_cost)))
    lowest = min(values, default=None)
    # One product with a loss is enough; without a loss all of them have to be known.
    return lowest if is_known or (lowest is not None and lowest < lot.unit_cost) else None


def product_nrv(books: Books, item: Item, day: date) -> Fraction | None:
    """Return a product's nrv at the contracts that its stock does not fill, else at p."""
    product = stand_in(books, item, day)
    if is_material(books, item[1]):
        return material_nrv(books, item, product, day)
    open_price = find_open_price(books, item, books.on_hand(item) or [product], day)
    if open_price is not None:
        return nrv_at(books, product, open_price, day).value
    at_market = nrv_at_market(books, product, day)
    return at_market.value if at_market else None


def stand_in(books: Books, item: Item, day: date) -> Lot:
    """Return a unit of a product as an item: average cost, the account if it is in one only."""
    lots = books.on_hand(item)
    newest = [row for row in books.purchases if row.item == item][-1:]
    accounts = {row.account for row in (lots or newest)}
    account = accounts.pop() if len(accounts) == 1 else ""
    cost = unit_cost(books, item) or ZERO
    return Lot(account, item[1], item[2], cost, None, None, -1, {}, day, units=Fraction(1))


def unit_cost(books: Books, item: Item) -> Fraction | None:
    """Return the average cost on hand, else that of the newest purchase or production."""
    lots = books.on_hand(item)
    if lots:
        return sum((lot.cost for lot in lots), ZERO) / sum((lot.units for lot in lots), ZERO)
    newest = [row.unit_cost for row in books.purchases if row.item == item]
    return newest[-1] if newest else None


# -------------------------------------------------------------------------------- without


def are_worth_their_cost(books: Books, item: Item, day: date) -> bool | None:
    """Whether all products of a material are worth what they cost; None if nobody knows."""
    entity, commodity, currency = item
    products = [(entity, name, currency) for name, _ in products_of(books, commodity)]
    answers = [is_worth_its_cost(books, product, day) for product in products]
    return None if None in answers and False not in answers else all(answers)


def is_worth_its_cost(books: Books, item: Item, day: date) -> bool | None:
    """Whether a product's nrv is at least its unit cost; a part, by its own products."""
    product = stand_in(books, item, day)
    if is_material(books, item[1]) and completion_of(books, product, day) is None:
        return are_worth_their_cost(books, item, day)
    nrv, cost = product_nrv(books, item, day), unit_cost(books, item)
    return None if nrv is None or cost is None else nrv >= cost


def bought_again(books: Books, lot: Lot, day: date) -> Fraction | None:
    """Return what is known of a material that its products do not pay for.

    The newest that is stated; else the unit cost of the newest purchase, which keeps its own cost.
    With one purchase price in all nothing is known.
    """
    item, oldest = books.item_of(lot), max_age(books, lot, day)
    found = [find_replacement(books, item, day), find_stated(books, lot, day, of_lot=False)]
    stated = [row for row in found if row is not None and not is_stale(row.day, day, oldest)]
    if stated:
        return max(stated, key=lambda row: row.day).number
    bought = [row for row in books.purchases if row.item == item and not row.is_made]
    market = [row for row in bought if not row.is_ordered]
    if not market or len({row.unit_cost for row in bought}) < 2:
        return None
    return lot.unit_cost if lot.purchase == market[-1].number else market[-1].unit_cost
