"""Random ledgers of plain trade: much buying, selling and repricing of a few items.

Nothing particular is known of any goods, prices go up and down about cost, and there are months in
which nothing happens: what most ledgers are like, so that the engine's short ways are taken. The
ledgers of `tests.support.random_ledgers` are short and full of what is rare instead.

Example:
    >>> text, config = trade_from_seed(1)
    >>> "open" in text and config.startswith("{")
    True
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.support.random_ledgers import Dice, SeededSource

START = date(2022, 1, 3)
LAST = date(2024, 3, 31)
HEAD = """\
option "operating_currency" "USD"
2022-01-01 open Assets:Cash
2022-01-01 open Expenses:COGS
2022-01-01 open Expenses:Shrinkage
2022-01-01 open Income:Sales
"""
CHOICES: dict[str, tuple[int, list[Any]]] = {
    "standard": (25, ["frs102", "asc330", "asc330-lcm", "hgb"]),
    "measure": (25, ["nrv", "replacement", "cost", "lower", "lcm"]),
    "basis": (25, ["lot", "category", "total"]),
    "period": (25, ["quarter", "year", "price"]),
    "reversals": (15, ["interim", "none"]),
    "release": (20, ["period"]),
    "selling_cost": (25, ["8%", "0.40 USD", "10% of cost"]),
    "normal_margin": (90, ["20%", "0.50 USD"]),
    "price_max_age": (25, [None, 60, 150]),
    "ageing": (15, [{90: "10%", 200: "50%"}, {180: "25%"}]),
    "idle": (15, [{60: "20%"}, {45: "10%", 150: "100%"}]),
    "coverage": (10, [{"window": 90, "rates": {60: "20%", 200: "75%"}}]),
}
"""Options, each with its chance in per cent and the values to pick from."""

_Lots = defaultdict[tuple[str, str], list[list[Decimal]]]  # units and unit costs, oldest first


def trade_from_seed(seed: int) -> tuple[str, str]:
    """Return ledger text (without the plugin line) and configuration for a number."""
    dice = Dice(SeededSource(seed))
    config: dict[str, Any] = {"missing_price": "ignore"}
    for name, (percent, values) in CHOICES.items():
        if dice.chance(percent):
            config[name] = dice.pick(values)
    account = "Assets:Inventory:{}"
    if dice.chance(25):
        account, config["inventory"] = "Assets:{}:Inventory", "Assets:(?P<entity>[^:]+):Inventory"
    return write(dice, account), repr(config)


def write(dice: Dice, account: str) -> str:
    """Write a ledger whose inventory accounts have names like this."""
    accounts = [account.format(name) for name in ("Store", "Depot")[: dice.between(1, 2)]]
    items = ["MUG", "TEA", "CUP"][: dice.between(1, 3)]
    usual = {item: dice.number(2, 20, 2) for item in items}
    lines = [f'2022-01-01 open {name} "FIFO"' for name in accounts]
    lots: _Lots = defaultdict(list)
    day = START
    while day < LAST:
        place = dice.pick(accounts), dice.pick(items)
        factor = dice.number(0, 1, 1) / 2 + Decimal("0.75")
        lines.append(
            dice.weighted(
                [(4, write_price), (3, write_purchase), (3, write_sale), (1, write_transfer)]
            )(dice, day, place, (usual[place[1]] * factor).quantize(Decimal("0.01")), lots)
        )
        day += timedelta(dice.weighted([(60, dice.between(0, 9)), (30, 30), (10, 95)]))
    return HEAD + "\n".join(lines) + f"\n{LAST} balance Assets:Cash  0 XYZ\n"


def write_price(dice: Dice, day: date, place: tuple[str, str], number: Decimal, _: _Lots) -> str:
    """Write a price, often with a margin."""
    return f"{day} price {place[1]} {number + dice.pick([Decimal(0), number // 3])} USD"


def write_purchase(
    dice: Dice, day: date, place: tuple[str, str], number: Decimal, lots: _Lots
) -> str:
    """Write a purchase."""
    account, item = place
    units = dice.number(1, 30, 0)
    lots[place].append([units, number])
    return _move(day, "Bought", f"{account}  {units} {item} {{{number} USD}}", "Assets:Cash")


def write_sale(dice: Dice, day: date, place: tuple[str, str], number: Decimal, lots: _Lots) -> str:
    """Write a sale, or a loss, of what there is; a price if there is nothing."""
    account, item = place
    there = int(sum(units for units, _ in lots[place]))
    if not there:
        return write_price(dice, day, place, number, lots)
    units = dice.pick([Decimal(there), dice.number(1, there, 0)])
    _take(lots[place], units)
    row = f"{account}  -{units} {item} {{}}"
    if dice.chance(15):
        return _move(day, "Lost", row, "Expenses:Shrinkage")
    sold = (f"Assets:Cash  {units * number} USD", f"Income:Sales  -{units * number} USD")
    return _move(day, "Sold", row, *sold, "Expenses:COGS")


def write_transfer(
    dice: Dice, day: date, place: tuple[str, str], number: Decimal, lots: _Lots
) -> str:
    """Write a transfer of a part of the oldest lot to the other account, or else a price."""
    account, item = place
    other = account.replace("Store", "x").replace("Depot", "Store").replace("x", "Depot")
    if not lots[place] or (other, item) not in lots:
        return write_price(dice, day, place, number, lots)
    units, cost = lots[place][0]
    units = dice.number(1, int(units), 0)
    _take(lots[place], units)
    lots[other, item].append([units, cost])
    row = f"{account}  -{units} {item} {{}}"
    return _move(day, "Moved", row, f"{other}  {units} {item} {{{cost} USD}}")


def _take(lots: list[list[Decimal]], units: Decimal) -> None:
    while units:
        part = min(units, lots[0][0])
        units -= part
        lots[0][0] -= part
        if not lots[0][0]:
            lots.pop(0)


def _move(day: date, narration: str, *rows: str) -> str:
    return "\n".join([f'{day} * "{narration}"', *(f"  {row}" for row in rows)])
