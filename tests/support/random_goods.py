"""What happens to goods in random ledgers: bought, sold, brought back, re-costed, made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from tests.support.random_legs import BACK, LEGS
from tests.support.random_world import Gone, Lot, World

# -------------------------------------------------------------------------------- coming in


def buy(world: World) -> None:
    """Buy a lot or two, sometimes at an `@` or with facts."""
    dice = world.dice
    rows: list[str] = []
    for _ in range(1 + dice.chance(25)):
        item = dice.pick(world.items)
        account = dice.pick(world.accounts)
        day = world.day - timedelta(dice.between(20, 200)) if dice.chance(8) else world.day
        label = world.new_label() if dice.chance(30) and "Pool" not in account else None
        lot = Lot(account, item, world.near(item), day, label)
        if world.is_taken(lot) and not lot.is_pool:
            continue
        price = f" @ {world.money(world.near(item))}" if dice.chance(10) else ""
        units = Decimal(dice.between(1, 40)) + (Decimal("0.5") if dice.chance(8) else 0)
        rows.append(world.add(lot, units) + price)
        if label and dice.chance(60):
            rows += state_facts(world, lot)
    if rows:
        world.transaction("Purchase", *rows, "Assets:Cash")


def state_facts(world: World, lot: Lot) -> list[str]:
    """Return metadata of a lot that bears a label of its own."""
    dice = world.dice
    expires = world.day + timedelta(dice.between(20, 200))
    value = world.money(world.near(lot.item, (60, 30, 100)))
    chosen = dice.pick(["expires", "salvage", "nrv", "cost", "consigned"])
    if chosen in ("expires", "salvage"):
        world.expiring[lot] = expires
        more = [f"  invwd-salvage: {value}"] if chosen == "salvage" else []
        return [f"  expires: {expires}", *more]
    if chosen == "consigned":
        return ["  invwd-exclude: TRUE"] if dice.chance(30) else []
    return [f"  invwd-nrv: {value}"] if chosen == "nrv" else ['  invwd-selling-cost: "12%"']


# -------------------------------------------------------------------------------- going out


def sell(world: World) -> None:
    """Sell, scrap, use, give away or send back one to three lots."""
    dice = world.dice
    here = world.lots()
    if not here:
        return
    first = dice.pick(here)
    rows: list[str] = []
    costs: dict[str, Decimal] = {}
    gone: list[Gone] = []
    for lot in dict.fromkeys([first, *(dice.pick(here) for _ in range(dice.pick([0, 0, 1, 2])))]):
        if world.entity_of(lot.account) != world.entity_of(first.account):
            continue
        units = world.some(world.stock[lot])
        price = ""
        if dice.chance(30 if world.has_implicit_prices else 8):
            price = f" @ {world.money(world.near(lot.item))}"
        rows.append(world.take(lot, units, price))
        if price and dice.chance(25):
            rows.append("  invwd-exclude: TRUE")
        costs[lot.item] = costs.get(lot.item, Decimal(0)) + units * lot.cost
        gone.append(Gone(lot, units, world.day))
    name, legs = dice.weighted(LEGS)
    rows += legs(world, costs)
    world.transaction(name, *rows)
    if name == "Back to the supplier":  # new goods of a label would lack what it states
        gone = [row for row in gone if not row.lot.label]
    world.gone += gone


# -------------------------------------------------------------------------------- coming back


def bring_back(world: World) -> None:
    """A customer brings units back, to their lot or at another cost."""
    dice = world.dice
    if not world.gone:
        return
    gone = dice.pick(world.gone[-6:])
    lot, units = gone.lot, world.some(gone.units)
    if lot.day >= world.day or world.stock.get(lot, Decimal(0)) < 0:
        return
    world.gone.remove(gone)
    if units < gone.units:
        world.gone.append(gone._replace(units=gone.units - units))
    rows: list[str] = []
    is_marked = lot.is_pool or dice.chance(20)
    if is_marked and dice.chance(50):
        cost = dice.pick([lot.cost, world.near(lot.item)])
        other = lot if lot.is_pool else lot._replace(day=world.day, label=None)
        if not world.is_taken(other._replace(cost=cost)):
            lot = other._replace(cost=cost)
            world.came_back.add(lot)
    rows.append(world.add(lot, units))
    costs = {lot.item: units * lot.cost}
    if is_marked and not dice.chance(15):
        rows.insert(0, "invwd-return: TRUE")
    world.transaction("Brought back", *rows, *dice.weighted(BACK)(world, costs))


# -------------------------------------------------------------------------------- staying


def recost(world: World) -> None:
    """A freight bill, a rebate: some lots in the place of others at another cost."""
    dice = world.dice
    here = world.lots(pools=dice.chance(20))
    if not here:
        return
    lot = dice.pick(here)
    units = world.some(world.stock[lot])
    account = dice.pick(world.partners(lot.account)) if dice.chance(30) else lot.account
    cost = world.quantize(lot.cost * dice.pick([115, 105, 90, 60, 130]) / 100)
    day = lot.day if dice.chance(75) else world.day
    new = Lot(account, lot.item, cost, day, lot.label)
    if cost == lot.cost or cost <= 0 or (world.is_taken(new) and not new.is_pool):
        return
    if new.is_pool:
        new = new._replace(label=None)
    rows = [world.take(lot, units)]
    rows.append(world.add(new, units))
    if lot in world.expiring:
        world.expiring[new] = world.expiring[lot]
    charge = dice.pick(["Liabilities:Payable", "Assets:Cash", "Expenses:COGS", "Expenses:Fees"])
    world.transaction("Freight", *rows, charge)


def put_together(world: World) -> None:
    """Two lots of an item become one at another cost, with the date of the older one."""
    dice = world.dice
    here = [lot for lot in world.lots(pools=False) if not lot.label]
    here = [lot for lot in here if lot not in world.came_back]  # they may have facts
    pairs = [
        (one, other)
        for one in here
        for other in here
        if one.item == other.item
        and one.day < other.day
        and world.entity_of(one.account) == world.entity_of(other.account)
    ]
    if not pairs:
        return
    one, other = dice.pick(pairs)
    units = world.stock[one], world.stock[other]
    cost = world.quantize((one.cost * units[0] + other.cost * units[1]) / sum(units, Decimal(0)), 2)
    new = Lot(one.account, one.item, cost, one.day)
    if cost in (one.cost, other.cost) or world.is_taken(new):
        return
    rows = [
        world.take(one, units[0]),
        world.take(other, units[1]),
        world.add(new, units[0] + units[1]),
    ]
    world.transaction("Put together", *rows, "Equity:Opening")


def exchange(world: World) -> None:
    """A supplier exchanges goods, one for one, for goods of a later date or another `expires`."""
    dice = world.dice
    here = world.lots(pools=False)
    if not here:
        return
    lot = dice.pick(here)
    units = world.stock[lot]
    cost = lot.cost if dice.chance(60) else world.quantize(lot.cost * 110 / 100)
    expires = world.expiring.get(lot)
    rows: list[str] = []
    if expires is not None and dice.chance(60):
        new = Lot(lot.account, lot.item, cost, world.day, world.new_label())
        rows = [f"  expires: {expires + timedelta(90)}"]
    elif world.day - lot.day > timedelta(2):
        new = Lot(lot.account, lot.item, cost, world.day - timedelta(1), None)
    else:
        return
    if world.is_taken(new):
        return
    world.transaction(
        "Exchanged", world.take(lot, units), world.add(new, units), *rows, "Liabilities:Payable"
    )


def move(world: World) -> None:
    """Move units to another account, perhaps not all arrive."""
    dice = world.dice
    here = world.lots()
    if not here:
        return
    lot = dice.pick(here)
    units = world.some(world.stock[lot])
    account = dice.pick([name for name in world.accounts if name != lot.account])
    arriving = units if dice.chance(80) else units / 2
    new = lot._replace(account=account, day=lot.day if dice.chance(60) else world.day)
    if new.is_pool or world.entity_of(account) != world.entity_of(lot.account):
        new = new._replace(label=None)
    if any(other[:4] == new[:4] and other != new for other in world.stock) and not new.is_pool:
        return
    rows = [world.take(lot, units), world.add(new, arriving)]
    if lot in world.expiring and not new.is_pool:
        world.expiring[new] = world.expiring[lot]
    world.transaction("Moved", *rows, "Expenses:Inventory:Write-Off" if arriving < units else "")


def produce(world: World) -> None:
    """Make other items of one or two lots."""
    dice = world.dice
    here = world.lots()
    if not here:
        return
    first = dice.pick(here)
    near = [lot for lot in here if world.entity_of(lot.account) == world.entity_of(first.account)]
    used = list(dict.fromkeys([first] + ([dice.pick(near)] if dice.chance(50) else [])))
    cost, rows = Decimal(0), []
    for lot in used:
        units = world.some(world.stock[lot])
        rows.append(world.take(lot, units))
        cost += units * lot.cost
    items = [item for item in world.items if item not in {lot.item for lot in used}]
    products = dict.fromkeys(dice.pick(items) for _ in range(1 + dice.chance(30)))
    for item in products:
        units = Decimal(dice.between(1, 8))
        part = cost / len(products) * dice.pick([100, 75, 120])
        number = max(world.quantize(part / units / 100), Decimal(1).scaleb(-world.digits))
        lot = Lot(dice.pick(world.partners(first.account)), item, number, world.day, None)
        if lot.is_pool or not world.is_taken(lot):
            rows.append(world.add(lot, units))
    rest = ["Equity:Opening", "Assets:Cash", "Expenses:Fees", "Expenses:Inventory:Write-Off"]
    world.transaction("Made", *rows, dice.pick(rest))


GOODS: Final[Sequence[tuple[int, Callable[[World], None]]]] = [
    (30, buy),
    (24, sell),
    (16, bring_back),
    (10, recost),
    (3, put_together),
    (4, exchange),
    (7, move),
    (6, produce),
]
