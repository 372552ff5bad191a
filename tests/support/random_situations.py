"""Random ledgers of what happens to goods: returns, freight bills, exchanges, contracts, own use.

A seed -> the text of a ledger without the plugin line, and a configuration. The generator keeps the
stock as Beancount will, and names each lot that it takes units from, so that every ledger is valid.
`random_goods` and `random_values` have the events.

Example:
    >>> text, config = situations_from_seed(3)
    >>> "open" in text and config.startswith("{")
    True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from tests.support.random_goods import GOODS, buy
from tests.support.random_ledgers import Dice, DrawnSource, SeededSource
from tests.support.random_values import VALUES, set_all_prices
from tests.support.random_world import FIRST, World

Events = Sequence[tuple[int, Callable[[World], None]]]
"""What may happen, with its weight."""

CHOICES: Final[dict[str, tuple[int, list[Any]]]] = {
    "standard": (40, ["asc330", "hgb", "asc330-lcm", "frs102"]),
    "measure": (20, ["nrv", "replacement", "cost", "lower", "lcm"]),
    "basis": (35, ["item", "lot", "category", "total"]),
    "period": (25, ["quarter", "price", "year"]),
    "reversals": (35, ["interim", "none"]),
    "release": (20, ["period"]),
    "price_includes": (15, ["20%", "7%"]),
    "selling_cost": (30, ["8%", "5% of cost"]),
    "normal_margin": (50, ["20%", "15% of cost"]),
    "materiality_line": (40, ["excess", "all"]),
    "price_max_age": (20, [None, 60, 150]),
    "ageing": (20, [{90: "10%", 200: "50%"}, {60: "100%"}]),
    "idle": (20, [{45: "20%"}, {30: "10%", 150: "100%"}]),
    "coverage": (
        30,
        [
            {"window": 60, "rates": {45: "12.5%", 90: "50%"}, "apply": "item"},
            {"window": 90, "rates": {60: "20%", 200: "75%"}},
        ],
    ),
    "fiscal_year_end": (25, ["03-31", "06-30"]),
}
"""Options, each with its chance in per cent and the values to pick from."""

OVERRIDES: Final = [
    '  invwd-price-includes: "10%"',
    '  invwd-selling-cost: "15%"',
    '  invwd-measure: "replacement"',
    '  invwd-ageing: "60:10%, 150:40%"',
    "  invwd-price-max-age: 45",
]
"""What an item or an account states otherwise than the policy."""

OPENS: Final = """\
option "operating_currency" "{currency}"
2022-01-01 open Assets:Cash
2022-01-01 open Assets:Claims
2022-01-01 open Assets:Equipment
  invwd-own-use: TRUE
2022-01-01 open Assets:Gifts
  invwd-own-use: FALSE
2022-01-01 open Equity:Drawings
2022-01-01 open Equity:Opening
2022-01-01 open Expenses:COGS
2022-01-01 open Expenses:COGS:Shop
2022-01-01 open Expenses:COGS:Web
2022-01-01 open Expenses:Fees
2022-01-01 open Expenses:Samples
2022-01-01 open Expenses:Inventory:Write-Off
2022-01-01 open Expenses:Inventory:Write-Off:Theft
2022-01-01 open Income:Sales
2022-01-01 open Income:Other
2022-01-01 open Liabilities:Payable"""


def situations_from_seed(seed: int) -> tuple[str, str]:
    """Return ledger text (without the plugin line) and configuration for a number."""
    return build(Dice(SeededSource(seed)))


@st.composite
def situations(draw: st.DrawFn) -> tuple[str, str]:
    """Ledger text (without the plugin line) and configuration, which Hypothesis can shrink."""
    return build(Dice(DrawnSource(draw)))


def build(dice: Dice, more: Events = ()) -> tuple[str, str]:
    """Make a ledger and a configuration, with `more` events beside the usual ones."""
    currency, digits = dice.weighted([(85, ("USD", 2)), (6, ("JPY", 0)), (9, ("ETH", 4))])
    config = choose_policy(dice, currency, digits)
    world = World(dice, currency, digits)
    write_head(world, config)
    for _ in range(dice.between(1, 5)):
        world.day += timedelta(dice.pick([0, 2]))
        buy(world)
    if dice.chance(50):
        set_all_prices(world)
    for _ in range(dice.between(6, 30)):
        world.day += timedelta(dice.weighted([(15, 0), (30, 5), (40, 17), (15, 45)]))
        usual = GOODS if dice.chance(65) else VALUES
        event = dice.weighted(more if more and dice.chance(35) else usual)
        event(world)
    world.day += timedelta(dice.pick([40, 0, 100]))
    world.write(f"{world.day} balance Assets:Cash  0 XYZ")
    return "\n".join(world.lines) + "\n", repr(config)


def choose_policy(dice: Dice, currency: str, digits: int) -> dict[str, Any]:
    """Choose a configuration."""
    config: dict[str, Any] = {"missing_price": "ignore"}
    for name, (percent, values) in CHOICES.items():
        if dice.chance(percent):
            config[name] = dice.pick(values)
    if dice.chance(40):
        amount = Decimal(dice.pick([100, 40, 400])) * Decimal(10) ** (2 - 2 * (digits == 4))
        text = f"{amount.scaleb(-2):f} {currency}"
        chosen = dice.pick([text, "2%", "10%", "both"])
        config["materiality"] = [text, "10%"] if chosen == "both" else chosen
    if dice.chance(20):
        config["inventory"] = "Assets:(?P<entity>[^:]+):Inventory"
    if dice.chance(25):
        config["accounts"] = {
            "allowance": dice.pick(["Assets:Allowance", "Assets:Allowance:{commodity}"])
        }
    if dice.chance(10):
        config["start"] = str(FIRST + timedelta(dice.between(0, 200)))
    return config


def write_head(world: World, config: dict[str, Any]) -> None:
    """Write options, Opens and Commodities."""
    dice = world.dice
    if dice.chance(20):
        world.write('plugin "beancount.plugins.implicit_prices"')
        world.has_implicit_prices = True
    world.write(OPENS.format(currency=world.currency))
    has_entities = "inventory" in config
    for name in ("Store", "Depot", "Pool"):
        account = f"Assets:{name}:Inventory" if has_entities else f"Assets:Inventory:{name}"
        world.accounts.append(account)
        world.write(f'2022-01-01 open {account} "{"NONE" if name == "Pool" else "FIFO"}"')
        if dice.chance(10):
            world.write(dice.pick(OVERRIDES))
    for item in world.items:
        world.write(f"2022-01-01 commodity {item}")
        if dice.chance(60):
            world.write(f'  category: "{dice.pick(["tools", "food"])}"')
        if item == "BOARD" and dice.chance(80):
            write_uses(world)
        elif dice.chance(15):
            world.write(dice.pick(OVERRIDES))
    if world.currency == "USD" and dice.chance(10):
        world.write("2022-01-01 commodity USD", f"  precision: {dice.pick([0, 3, 1])}")


def write_uses(world: World) -> None:
    """Make BOARD a raw material, sometimes with a yield and what completion costs."""
    dice = world.dice
    uses = dice.pick(["TABLE", "0.5 TABLE", "TABLE, 2 CHAIR", "0.25 TABLE, CHAIR"])
    world.write(f'  invwd-used-in: "{uses}"')
    if dice.chance(50):
        cost = dice.pick(['"10% of cost"', world.amount(Decimal(2)), world.amount(Decimal(5))])
        world.write(f"  invwd-completion-cost: {cost}")
