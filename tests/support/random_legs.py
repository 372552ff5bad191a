"""The accounts that sales and returns of random ledgers are booked on.

cost by item -> postings, of which one may be left for Beancount to fill in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from tests.support.random_world import World

Legs = Callable[[World, dict[str, Decimal]], list[str]]
"""World and cost of every item -> the postings beside the units."""


def part_of(world: World, costs: dict[str, Decimal], percent: int) -> Decimal:
    """Return a part of the whole cost."""
    return world.quantize(sum(costs.values(), Decimal(0)) * percent / 100)


def sold(world: World, costs: dict[str, Decimal]) -> list[str]:
    """One account of cost of goods sold."""
    paid = part_of(world, costs, 130)
    sales = f"Income:Sales  {-paid:f} {world.currency}"
    return ["Expenses:COGS", sales, f"Assets:Cash  {paid:f} {world.currency}"]


def sold_in_channels(world: World, costs: dict[str, Decimal]) -> list[str]:
    """Two accounts below cost of goods sold."""
    part = part_of(world, costs, world.dice.pick([60, 33, 50]))
    return [f"Expenses:COGS:Shop  {part:f} {world.currency}", "Expenses:COGS:Web"]


def sold_and_drawn(world: World, costs: dict[str, Decimal]) -> list[str]:
    """Sold, given away as samples, taken home."""
    names = ["Expenses:COGS", "Expenses:Samples", "Equity:Drawings", "Assets:Equipment"]
    first = world.dice.pick(names)
    second = world.dice.pick([name for name in names if name != first])
    part = part_of(world, costs, world.dice.pick([40, 75]))
    return [f"{first}  {part:f} {world.currency}", second]


def sold_net(world: World, costs: dict[str, Decimal]) -> list[str]:
    """A net gain on one account."""
    return [f"Assets:Cash  {part_of(world, costs, 120):f} {world.currency}", "Income:Other"]


def sold_with_two_incomes(world: World, costs: dict[str, Decimal]) -> list[str]:
    """Two accounts under income and no cost of goods sold."""
    paid, part = part_of(world, costs, 150), part_of(world, costs, 10) + world.quantize(Decimal(1))
    sales = f"Income:Sales  {-part:f} {world.currency}"
    return [f"Assets:Cash  {paid:f} {world.currency}", sales, "Income:Other"]


def sold_beside_fees(world: World, costs: dict[str, Decimal]) -> list[str]:
    """A part of the cost on cost of goods sold, beside a fee."""
    part, fee = part_of(world, costs, 55), part_of(world, costs, 13)
    return [
        f"Expenses:COGS  {part:f} {world.currency}",
        f"Expenses:Fees  {fee:f} {world.currency}",
        "Assets:Claims",
    ]


def to_one_account(account: str) -> Callable[[World, dict[str, Decimal]], list[str]]:
    """Return a writer that charges one account with all."""
    return lambda _world, _costs: [account]


def by_item(world: World, costs: dict[str, Decimal]) -> list[str]:
    """An account for the cost of the first item, another for the rest."""
    first = world.quantize(next(iter(costs.values())))
    account = world.dice.pick(
        ["Expenses:Samples", "Expenses:Inventory:Write-Off", "Equity:Drawings"]
    )
    return [f"{account}  {first:f} {world.currency}", "Expenses:COGS"]


def insured(world: World, costs: dict[str, Decimal]) -> list[str]:
    """A claim, and what it does not cover."""
    part = part_of(world, costs, world.dice.pick([80, 95, 50]))
    account = world.dice.pick(["Expenses:Inventory:Write-Off", "Expenses:Fees"])
    return [f"Assets:Claims  {part:f} {world.currency}", account]


def sent_back(world: World, costs: dict[str, Decimal]) -> list[str]:
    """Back to the supplier, perhaps less a fee and something for the owner."""
    rows = []
    if world.dice.chance(50):
        rows.append(f"Expenses:Fees  {part_of(world, costs, 5):f} {world.currency}")
    if world.dice.chance(20):
        rows.append(f"Equity:Drawings  {part_of(world, costs, 4):f} {world.currency}")
    return [*rows, world.dice.pick(["Liabilities:Payable", "Assets:Gifts"])]


LEGS: Final[Sequence[tuple[int, tuple[str, Legs]]]] = [
    (30, ("Sale", sold)),
    (10, ("Two channels", sold_in_channels)),
    (10, ("Sold and drawn", sold_and_drawn)),
    (6, ("Net gain", sold_net)),
    (4, ("Two incomes", sold_with_two_incomes)),
    (5, ("Sale and fee", sold_beside_fees)),
    (6, ("By item", by_item)),
    (6, ("Insured", insured)),
    (8, ("Back to the supplier", sent_back)),
    (6, ("Scrap", to_one_account("Expenses:Inventory:Write-Off"))),
    (2, ("Theft", to_one_account("Expenses:Inventory:Write-Off:Theft"))),
    (4, ("Drawn", to_one_account("Equity:Drawings"))),
    (4, ("Own use", to_one_account("Assets:Equipment"))),
    (4, ("Used", to_one_account("Expenses:Samples"))),
]


def back_at_cost(_world: World, _costs: dict[str, Decimal]) -> list[str]:
    """Cost of goods sold is taken back."""
    return ["Expenses:COGS"]


def back_with_the_sale(world: World, costs: dict[str, Decimal]) -> list[str]:
    """The sale is taken back as well."""
    paid = part_of(world, costs, 130)
    return [
        f"Income:Sales  {paid:f} {world.currency}",
        f"Assets:Cash  {-paid:f} {world.currency}",
        "Expenses:COGS",
    ]


def back_in_channels(world: World, costs: dict[str, Decimal]) -> list[str]:
    """Two accounts take the cost back."""
    part = part_of(world, costs, 70)
    return [f"Expenses:COGS:Web  {-part:f} {world.currency}", "Expenses:COGS:Shop"]


def back_net(world: World, costs: dict[str, Decimal]) -> list[str]:
    """A net gain is taken back."""
    return [f"Assets:Cash  {-part_of(world, costs, 120):f} {world.currency}", "Income:Other"]


def found(_world: World, _costs: dict[str, Decimal]) -> list[str]:
    """A count finds them."""
    return ["Expenses:Inventory:Write-Off"]


def back_for_less(world: World, costs: dict[str, Decimal]) -> list[str]:
    """Cash for most of it; a cost account is credited with the rest."""
    part = part_of(world, costs, 60)
    return [f"Assets:Cash  {-part:f} {world.currency}", "Expenses:Fees"]


def bought_back(_world: World, _costs: dict[str, Decimal]) -> list[str]:
    """Nothing is taken back: a purchase, unless it is marked."""
    return ["Assets:Cash"]


BACK: Final[Sequence[tuple[int, Legs]]] = [
    (35, back_at_cost),
    (30, back_with_the_sale),
    (10, back_in_channels),
    (8, back_net),
    (14, found),
    (5, back_for_less),
    (4, bought_back),
]
