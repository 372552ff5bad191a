"""Purchase commitments (ACCOUNTING section 13; IAS 37.66-69, ASC 330-10-35-17, -18).

orders, day -> what is lost on them, and what becomes the allowance of goods that came in.

Example:
    100 GOLD ordered at 310.00, the price is 290.00: 2,000.00 are lost. 40 come in: 800.00 of the
    liability become the allowance of their lot.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from beancount.core import data

from tests.support.rules.contracts import (
    Contract,
    find_contracts,
    is_left,
    stock_of,
    value_at,
)
from tests.support.rules.exact import ZERO, Money, half_up, number_of, share_out
from tests.support.rules.goods import Added, Books, Delivery, Entry, Item, Journal, Legs, Lot, Order


def read_orders(books: Books) -> list[Order]:
    """Return all commitments, the oldest first."""
    entities = {
        books.chart.entity(name)
        for name in books.chart.opens
        if books.chart.names(name) is not None
    }
    orders: list[Order] = []
    for entry in books.entries:
        if isinstance(entry, data.Custom) and entry.type == "invwd-commitment":
            units, price = (given.value for given in entry.values)
            if books.chart.is_excluded(units.currency):
                continue
            account = entry.meta.get("account", "")
            entity = books.chart.entity(account) if account else min(entities, default="")
            penalty = entry.meta.get("penalty")
            orders.append(
                Order(
                    day=entry.date,
                    item=(entity, units.currency, price.currency),
                    account=account,
                    units=number_of(units),
                    price=number_of(price),
                    until=entry.meta["until"],
                    penalty=None if penalty is None else number_of(penalty),
                    facts={"invwd-measure": entry.meta["measure"]}
                    if "measure" in entry.meta
                    else {},
                )
            )
    return orders


# -------------------------------------------------------------------------------- what is lost


def losses_of(books: Books, item: Item, day: date) -> list[tuple[Order, Money]]:
    """Return what is lost on each order of an item: the oldest fills contracts of sale first."""
    open_sales = unfilled(books, item, day)
    found: list[tuple[Order, Money]] = []
    for order in books.orders:
        if order.item != item or order.day > day or order.units == 0:
            continue
        lot, rest, lost = stand_in(order), order.units, ZERO
        at_market = value_at(books, lot, day, None)
        for place, (contract, units) in enumerate(open_sales):
            filled = ZERO if is_left(books, contract, [lot], day) else min(rest, units)
            value = value_at(books, lot, day, contract.price)
            if filled > 0 and value is not None:
                open_sales[place] = contract, units - filled
                rest -= filled
                lost += filled * loss_per_unit(order, value)
        if at_market is None and rest > 0:
            continue  # no measure: the liability stays as it is
        if at_market is not None:
            lost += rest * loss_per_unit(order, at_market)
        found.append((order, half_up(lost, books.chart.quantum(item[2]))))
    return found


def stand_in(order: Order) -> Lot:
    """Return what is to come as if it were on hand."""
    _, commodity, currency = order.item
    lot = Lot(
        order.account, commodity, currency, order.price, None, None, -1, order.facts, order.day
    )
    lot.units = order.units
    return lot


def loss_per_unit(order: Order, value: Fraction) -> Fraction:
    """Return what is lost per unit, at most what leaving the order costs."""
    lost = max(ZERO, order.price - value)
    return lost if order.penalty is None else min(lost, order.penalty)


def unfilled(books: Books, item: Item, day: date) -> list[tuple[Contract, Fraction]]:
    """Return contracts of sale, the dearest first, with the units that stock does not fill.

    One that stock leaves is over.
    """
    lots = books.on_hand(item)
    rest = stock_of(books, item, day)
    found: list[tuple[Contract, Fraction]] = []
    for contract in find_contracts(books, item, day):
        if is_left(books, contract, lots, day):
            continue
        filled = min(rest, contract.units)
        rest -= filled
        found.append((contract, contract.units - filled))
    return found


def measure_orders(books: Books, item: Item, day: date) -> Journal:
    """Write what changed of the losses on an item's orders, but in a closed period."""
    change = ZERO
    for order, loss in losses_of(books, item, day):
        order.loss = loss
    for order in books.orders:
        if order.item == item and day > books.policy.closed_through():
            change += order.loss - order.written
            order.written = order.loss
    return write_change(books, item, change)


def write_change(books: Books, item: Item, change: Money) -> Journal:
    """Write a loss, or a recovery."""
    entity, commodity, currency = item
    kind = "commitment-loss" if change > 0 else "commitment-recovery"
    legs = Legs()
    legs.post(books.chart.pnl_account("commitment", commodity, entity), -change)
    legs.post(books.chart.pnl_account("commitment_loss", commodity, entity), change)
    return {Entry(kind, entity, currency, commodity): legs}


# -------------------------------------------------------------------------------- what comes in


def deliver(books: Books, add: Added, transaction: data.Transaction) -> Fraction:
    """Take what was bought off the orders; return the units that no order was for."""
    is_marked = transaction.meta.get("invwd-commitment") is True
    rest = add.units
    for order in books.orders:
        is_meant = add.unit_cost == order.price and transaction.date <= order.until
        if order.item != add.item or order.day > transaction.date or not (is_meant or is_marked):
            continue
        units = min(rest, order.units - order.coming)
        if units > 0:
            order.coming += units
            rest -= units
            books.deliveries.append(Delivery(order, add.lot, units))
    return rest


def settle(books: Books, day: date) -> list[Journal]:
    """Let liabilities go along with what came in today; what no lot can carry is recovered."""
    written: list[Journal] = []
    for item in dict.fromkeys(row.order.item for row in books.deliveries):
        rows = [row for row in books.deliveries if row.order.item == item]
        left = [take_aside(row) for row in rows]
        if books.policy.is_in_bounds(day):
            written.append(measure_orders(books, item, day))
        for row, units in zip(rows, left, strict=True):
            row.lot.units += units
            row.lot.pool_cost += units * (row.order.price if row.lot.is_pool else 0)
        for order in dict.fromkeys(row.order for row in rows):
            here = [
                (row, units) for row, units in zip(rows, left, strict=True) if row.order is order
            ]
            written += go_along(books, order, here, day)
    books.deliveries = []
    return written


def take_aside(row: Delivery) -> Fraction:
    """Take what came in and is still there out of stock, to measure it as it was ordered."""
    units = min(row.units, max(row.lot.units, ZERO))
    row.lot.units -= units
    row.lot.pool_cost -= units * (row.order.price if row.lot.is_pool else 0)
    return units


def go_along(
    books: Books, order: Order, rows: list[tuple[Delivery, Fraction]], day: date
) -> list[Journal]:
    """Make the share of an order's liability the allowance of what came in."""
    entity, commodity, currency = order.item
    quantum = books.chart.quantum(currency)
    going = half_up(order.loss * order.coming / order.units, quantum)
    is_closed = day <= books.policy.closed_through()
    order.loss -= going
    order.written -= ZERO if is_closed else going
    order.units -= order.coming
    order.coming = ZERO
    legs = Legs()
    carried = ZERO
    parts = share_out(going, [row.units for row, _ in rows], quantum)
    for (row, units), part in zip(rows, parts, strict=True):
        lot = row.lot
        here = min(half_up(part * units / row.units, quantum), books.room(lot))
        lot.allowance += here
        lot.locked += here if books.policy.reversals in ("interim", "none") else ZERO
        lot.owed += here if is_closed else ZERO
        lot.early += ZERO if is_closed else here
        legs.post(books.contra(lot), -here)
        carried += here
    legs.post(books.chart.pnl_account("commitment", commodity, entity), carried)
    if is_closed:
        return []
    moved = {Entry("transfer", entity, currency, commodity): legs}
    return [moved, write_change(books, order.item, carried - going)]


def write_owed(books: Books) -> list[Journal]:
    """Write what goods should have got in a closed period, as far as they still lack it."""
    written: list[Journal] = []
    for lot in books.lots:
        owed = min(lot.owed, lot.unwritten)
        if owed > 0:
            entity, commodity, currency = item = books.item_of(lot)
            legs = Legs()
            legs.post(books.contra(lot), -owed)
            legs.post(books.chart.pnl_account("commitment", commodity, entity), owed)
            moved = {Entry("transfer", entity, currency, commodity): legs}
            written += [write_change(books, item, owed), moved]
            lot.unwritten -= owed
        lot.owed = ZERO
    return written
