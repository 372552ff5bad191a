"""Random ledgers in which losses often stay the same, while what each lot has of them does not.

Prices hardly change, and lots come in pairs whose gain and loss cancel out: what the general
generator (`random_ledgers`) hits once in thousands of ledgers is the rule here. All numbers are
small and whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.support.random_ledgers import Dice, DrawnSource

PRICE = 5
ITEMS = ("TEA", "MUG")
HEAD = """\
option "operating_currency" "USD"
2022-01-01 open Assets:Cash
2022-01-01 open Equity:Opening
2022-01-01 open Expenses:COGS
2022-01-01 open Assets:Inventory:North "STRICT"
2022-01-01 open Assets:Inventory:South "STRICT"
2022-01-01 commodity TEA
  category: "shop"
2022-01-01 commodity MUG
  category: "shop"
2022-12-31 price TEA 5 USD
2022-12-31 price MUG 5 USD
"""


@dataclass
class _Lot:
    account: str
    cost: str
    units: int


@dataclass
class _World:
    dice: Dice
    day: date = date(2023, 1, 5)
    lots: list[_Lot] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    labels: int = 0

    def receive(self, item: str, number: int, units: int) -> None:
        """Add a lot somewhere."""
        self.labels += 1
        account = f"Assets:Inventory:{self.dice.pick(['North', 'North', 'South'])}"
        cost = f'{item} {{{number} USD, {self.day}, "L{self.labels}"}}'
        self.lots.append(_Lot(account, cost, units))
        self.lines.append(f"  {account} {units} {cost}")


@st.composite
def even_ledgers(draw: st.DrawFn) -> tuple[str, str]:
    """Ledger text (without the plugin line) and configuration, which Hypothesis can shrink."""
    return build(Dice(DrawnSource(draw)))


def build(dice: Dice) -> tuple[str, str]:
    """Make a ledger and a configuration."""
    config = {
        "basis": dice.pick(["item", "category", "total"]),
        "reversals": dice.pick(["full", "interim", "none"]),
        "release": dice.pick(["sale", "period"]),
        "period": dice.pick(["month", "price"]),
        "fiscal_year_end": dice.pick(["12-31", "03-31"]),
    }
    world = _World(dice)
    _buy(world)
    for _ in range(dice.between(3, 12)):
        world.day += timedelta(dice.pick([20, 3, 35]))
        event = dice.weighted([(40, _take), (35, _buy_pair), (20, _buy), (5, _set_price)])
        event(world)
    world.lines.append(f"{world.day + timedelta(60)} balance Assets:Cash 0 EUR")
    return HEAD + "\n".join(world.lines) + "\n", repr(config)


def _buy_pair(world: _World) -> None:
    item, step = world.dice.pick(ITEMS), world.dice.between(1, 2)
    world.lines.append(f'{world.day} * "Purchase"')
    for number in (PRICE + step, PRICE - step):
        world.receive(item, number, 10)
    world.lines.append("  Assets:Cash")


def _buy(world: _World) -> None:
    world.lines.append(f'{world.day} * "Purchase"')
    world.receive(world.dice.pick(ITEMS), PRICE + world.dice.between(1, 2), 10)
    world.lines.append("  Assets:Cash")


def _take(world: _World) -> None:
    """Sell of a lot, or move it."""
    left = [lot for lot in world.lots if lot.units]
    if not left:
        return
    lot = world.dice.pick(left)
    units = world.dice.pick([lot.units, min(5, lot.units)])
    lot.units -= units
    is_move = world.dice.chance(30)
    world.lines += [
        f'{world.day} * "{"Move" if is_move else "Sale"}"',
        f"  {lot.account} -{units} {lot.cost}",
    ]
    if is_move:
        item, number = lot.cost.split()[0], int(lot.cost.split("{")[1].split()[0])
        world.receive(item, number, units)
    else:
        world.lines.append("  Expenses:COGS")


def _set_price(world: _World) -> None:
    item = world.dice.pick(ITEMS)
    world.lines.append(f"{world.day} price {item} {PRICE + world.dice.pick([0, 1, -1])} USD")
