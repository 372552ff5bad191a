"""Random ledgers of what a date brings: later evidence, estimates, orders, temporary declines.

A seed -> the text of a ledger without the plugin line, and a configuration: what
`random_situations` writes, with `invwd-as-of`, `invwd-policy`, `invwd-temporary` and
`invwd-commitment` in between.

Example:
    >>> text, config = later_from_seed(3)
    >>> "invwd-" in text and config.startswith("{")
    True
"""

from __future__ import annotations

import ast
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from tests.support.random_ledgers import Dice, DrawnSource, SeededSource
from tests.support.random_situations import Events, build
from tests.support.random_world import FIRST, Lot, World

ESTIMATES: Final[dict[str, tuple[list[str], bool]]] = {
    # key: values, and whether an item or account may have its own
    "selling_cost": (['"8%"', '"25% of cost"', '"0%"'], True),
    "completion_cost": (['"5%"', '"10% of cost"'], True),
    "normal_margin": (['"20%"', '"15% of cost"'], True),
    "price_includes": (['"20%"', '"7%"'], True),
    "ageing": (["\"{90: '10%', 200: '50%'}\"", '"60:100%"', '"30:5%"'], True),
    "price_max_age": (["60", "200", '"None"'], True),
    "idle": (["\"{45: '20%'}\"", "\"{30: '10%', 150: '100%'}\""], False),
    "coverage": (["\"{'window': 60, 'rates': {45: '12.5%', 90: '50%'}, 'apply': 'item'}\""], False),
    "materiality": (['"2%"', '"10%"'], False),
}
"""What an estimate may be changed to."""


def later_from_seed(seed: int) -> tuple[str, str]:
    """Return ledger text (without the plugin line) and configuration for a number."""
    return make(Dice(SeededSource(seed)))


@st.composite
def later_ledgers(draw: st.DrawFn) -> tuple[str, str]:
    """Ledger text (without the plugin line) and configuration, which Hypothesis can shrink."""
    return make(Dice(DrawnSource(draw)))


def make(dice: Dice) -> tuple[str, str]:
    """Make a ledger and a configuration; sometimes a period is closed."""
    kinds = [kind for kind in KINDS if dice.chance(60)] or list(KINDS)
    text, config = build(dice, [row for kind in kinds for row in KINDS[kind]])
    settings: dict[str, Any] = ast.literal_eval(config)
    if settings.get("standard", "").startswith("asc330"):
        settings.pop("reversals", None)
    if "invwd-temporary" in text:
        settings["reversals"] = "interim"
        text = without_contracts(text)
    if dice.chance(20):
        settings["evidence_after"] = 120
    if dice.chance(8):
        settings["until"] = str(FIRST + timedelta(dice.between(210, 400)))
    if dice.chance(25):
        text += close(dice, text, settings)
    return text, repr(settings)


def without_contracts(text: str) -> str:
    """Leave out contracts that sell what declines.

    What a policy takes off goods that are sold is judged at p, which counts for nothing then: the
    rules leave it open.
    """
    items = re.findall(r'custom "invwd-temporary" "(\w+)"', text)
    blocks = re.split(r"\n(?=\S)", text)
    contract = re.compile(rf'.*custom "invwd-contract" \S+ ({"|".join(items)}) ')
    return "\n".join(block for block in blocks if not contract.match(block))


def close(dice: Dice, text: str, settings: dict[str, Any]) -> str:
    """Close a period before all later evidence; so as `random_closed` does."""
    days = sorted(set(re.findall(r"^(20\d\d-\d\d-\d\d) [*p]", text, re.MULTILINE)))
    as_of = min(re.findall(r"invwd-as-of: (\S+)", text), default="9999")
    days = [day for day in days if day < as_of]
    if not days or "invwd-return" in text:
        return ""
    settings["price_max_age"] = None
    settings.pop("start", None)
    if settings.get("period") == "price":
        settings["period"] = "month"
    return f'{dice.pick(days)} custom "invwd-closed" TRUE\n'


# -------------------------------------------------------------------------------- evidence


def earlier(world: World) -> str:
    """Return metadata: the end of a month, or any date, of the last weeks."""
    day = world.day.replace(day=1) - timedelta(1)
    if world.dice.chance(40):
        day = world.day - timedelta(world.dice.between(1, 80))
    return f"  invwd-as-of: {day}"


def set_later_price(world: World) -> None:
    """Write a price that is evidence of an earlier date, perhaps in another currency."""
    item = world.dice.pick(world.items)
    amount = world.money(world.near(item, (100, 60, 80, 130)))
    if world.dice.chance(15):
        amount = f"{world.dice.number(1, 60, 2)} GBP"
    world.write(f"{world.day} price {item} {amount}", earlier(world))


def state_later_nrv(world: World) -> None:
    """State a value that is evidence of an earlier date, of an item or of some of its lots."""
    dice = world.dice
    here = world.lots()
    if not here:
        return
    lot = dice.pick(here)
    lines = [] if lot.is_pool or dice.chance(50) else [f"  date: {lot.day}"]
    value = '"end"' if lines and dice.chance(20) else world.money(world.near(lot.item, (80, 50)))
    reason = "" if value == '"end"' else ' "damaged"'
    if value == '"end"':
        world.write(
            f'{lot.day} custom "invwd-nrv" "{lot.item}" {world.money(lot.cost)} "x"', *lines
        )
    world.write(
        f'{world.day} custom "invwd-nrv" "{lot.item}" {value}{reason}', *lines, earlier(world)
    )


# -------------------------------------------------------------------------------- estimates


def estimate(world: World) -> None:
    """Change an estimate of the policy, of an item or of an account."""
    dice = world.dice
    key = dice.pick(list(ESTIMATES))
    values, has_places = ESTIMATES[key]
    place = ""
    if has_places and dice.chance(60):
        names = [f'"{item}"' for item in world.items] + world.accounts
        place = f" {dice.pick(names)}"
    value = dice.pick(values)
    if key in ("selling_cost", "completion_cost") and dice.chance(30):
        value = world.amount(dice.number(1, 4, 1))
    if key == "materiality" and dice.chance(60):
        value = world.amount(Decimal(dice.pick([40, 100, 400])))
    world.write(f'{world.day} custom "invwd-policy" "{key}" {value}{place}')


def decline(world: World) -> None:
    """Call a decline temporary, until a day of the fiscal year at the latest."""
    item = world.dice.pick(world.items)
    until = world.day + timedelta(world.dice.pick([20, 60, 150]))
    ends = [date(world.day.year + more, month, day) for more in (0, 1) for month, day in YEAR_ENDS]
    last = min(end for end in ends if end >= world.day)
    world.write(f'{world.day} custom "invwd-temporary" "{item}" "season"')
    world.write(f"  until: {min(until, last)}")


YEAR_ENDS: Final = [(3, 31), (6, 30), (12, 31)]

# -------------------------------------------------------------------------------- orders


def order(world: World) -> None:
    """Order goods at a fixed price."""
    dice = world.dice
    item = dice.pick(world.items)
    price = world.near(item, (100, 130, 110, 80))
    units = Decimal(dice.pick([10, 40, 100]))
    account = dice.pick(world.accounts)
    until = world.day + timedelta(dice.pick([90, 200, 30]))
    world.write(f'{world.day} custom "invwd-commitment" {units} {item} {world.money(price)}')
    world.write(f"  until: {until}")
    if any(name.endswith(":Inventory") for name in world.accounts) or dice.chance(30):
        world.write(f"  account: {account}")
    if dice.chance(25):
        world.write(f"  penalty: {world.money(world.near(item, (5, 20)))}")
    if dice.chance(15):
        world.write('  measure: "replacement"')
    world.orders.append((Lot(account, item, price, world.day), until))


def deliver(world: World) -> None:
    """Goods of an order come in, some or all or more, at its price or at landed cost."""
    dice = world.dice
    if not world.orders:
        return
    lot, until = dice.pick(world.orders)
    account = lot.account
    if dice.chance(20):
        account = dice.pick(world.partners(account))
    is_marked = dice.chance(25)
    cost = world.quantize(lot.cost * 105 / 100) if is_marked and dice.chance(60) else lot.cost
    new = Lot(account, lot.item, cost, world.day)
    if (world.is_taken(new) and not new.is_pool) or (world.day > until and dice.chance(80)):
        return
    rows = ["invwd-commitment: TRUE"] if is_marked else []
    units = Decimal(dice.pick([10, 4, 25, 60]))
    world.transaction("Delivered", *rows, world.add(new, units), "Assets:Cash")
    if dice.chance(10):
        sold = world.some(units)
        world.transaction("Sold at once", world.take(new, sold), "Expenses:COGS")


KINDS: Final[dict[str, Events]] = {
    "evidence": [(12, set_later_price), (6, state_later_nrv)],
    "estimates": [(16, estimate)],
    "declines": [(12, decline)],
    "orders": [(12, order), (16, deliver)],
}
"""What happens besides, each with its weight."""
