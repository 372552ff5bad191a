"""What is said of values in random ledgers: prices, contracts, stated values, replacement costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from tests.support.random_world import World


def set_price(world: World) -> None:
    """Write a price, which may be none."""
    dice = world.dice
    item = dice.pick(world.items)
    world.write(f"{world.day} price {item} {world.money(world.near(item), dice.pick([0, 2]))}")
    if dice.chance(8):
        world.write("  invwd-exclude: TRUE")


def set_all_prices(world: World) -> None:
    """Write a price of every item."""
    for item in world.items:
        number = world.near(item, (100, 80, 90, 70, 130))
        world.write(f"{world.day} price {item} {world.money(number)}")


def set_foreign_price(world: World) -> None:
    """Write a price in another currency, and a rate."""
    dice = world.dice
    item = dice.pick(world.items)
    world.write(f"{world.day} price {item} {world.dice.number(1, 60, 2)} GBP")
    rate = world.scale(dice.number(1, 2, 3))
    if rate > 0:
        world.write(f"{world.day} price GBP {world.money(rate, 3)}")


def make_contract(world: World) -> None:
    """Sell units of an item by a contract, perhaps with a penalty."""
    dice = world.dice
    items = [lot.item for lot in world.lots()] + ["TABLE", "CHAIR"]
    item = dice.pick([item for item in items if item != "BOARD"])
    price = world.near(item, (100, 60, 130, 85))
    units = dice.pick(["5", "20", "12.5", "60"])
    world.write(f'{world.day} custom "invwd-contract" {units} {item} {world.money(price)}')
    world.write(f"  until: {world.day + timedelta(dice.pick([60, 200, 20]))}")
    if dice.chance(50):
        world.write(f"  penalty: {world.money(world.near(item, (5, 20, 40)))}")


def state_nrv(world: World) -> None:
    """State a value of an item, of a label, an account or a cost date; or end it."""
    dice = world.dice
    here = world.lots()
    if world.stated and dice.chance(25):
        item, *lines = dice.pick(world.stated)
        world.stated.remove((item, *lines))
        world.write(f'{world.day} custom "invwd-nrv" "{item}" "end"', *lines)
        return
    if not here:
        return
    lot = dice.pick(here)
    lines = []
    if lot.label and dice.chance(60):
        lines.append(f'  lot: "{lot.label}"')
    elif not lot.is_pool and dice.chance(60):
        lines.append(f"  date: {lot.day}")
    if not lot.is_pool and dice.chance(30):
        lines.append(f"  account: {lot.account}")
    value = world.near(lot.item, (50, 80, 30, 110))
    if lines and dice.chance(10):
        value *= 0
    world.write(
        f'{world.day} custom "invwd-nrv" "{lot.item}" {world.money(value)} "damaged"', *lines
    )
    world.stated.append((lot.item, *lines))


def state_replacement_cost(world: World) -> None:
    """State what an item costs today."""
    item = world.dice.pick(world.items)
    value = world.money(world.near(item, (85, 60, 110)))
    world.write(f'{world.day} custom "invwd-replacement-cost" "{item}" {value}')


VALUES: Final[Sequence[tuple[int, Callable[[World], None]]]] = [
    (40, set_price),
    (25, set_all_prices),
    (5, set_foreign_price),
    (14, make_contract),
    (10, state_nrv),
    (6, state_replacement_cost),
]
