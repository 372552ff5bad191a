"""Contracts, raw materials, idle goods and days of supply for random ledgers.

A ledger of `tests.support.random_ledgers` -> the same with `invwd-contract`, `invwd-used-in`,
`idle` and `coverage` here and there.

Example:
    >>> text, config = evidence_from_seed(3)
    >>> "open" in text and config.startswith("{")
    True
"""

from __future__ import annotations

import ast
import re
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.support.random_ledgers import Dice, DrawnSource, SeededSource, build

POLICIES = [
    {"idle": {60: "20%"}},
    {"coverage": {"window": 90, "rates": {60: "20%", 200: "75%"}}},
    {"idle": {30: "5%", 120: "100%"}},
    {"coverage": {"window": 60, "rates": {45: "12.5%", 90: "50%"}, "apply": "item"}},
    {"coverage": {"window": 365, "rates": {365: "50%", 730: "100%"}, "apply": "excess"}},
    {"idle": {90: "30%"}, "coverage": {"window": 30, "rates": {100: "40%"}}},
]


def evidence_from_seed(seed: int) -> tuple[str, str]:
    """Return ledger text (without the plugin line) and configuration for a number."""
    return enrich(Dice(SeededSource(seed)))


@st.composite
def evidence_ledgers(draw: st.DrawFn) -> tuple[str, str]:
    """Ledger text (without the plugin line) and configuration, which Hypothesis can shrink."""
    return enrich(Dice(DrawnSource(draw)))


def enrich(dice: Dice) -> tuple[str, str]:
    """Make a ledger and add to it."""
    text, config = build(dice)
    settings = ast.literal_eval(config)
    if dice.chance(60):
        settings |= dice.pick(POLICIES)
    if "invwd-exclude" not in text:
        if dice.chance(55):
            text = add_materials(dice, text)
        if dice.chance(70):
            text = add_contracts(dice, text)
    return text, repr(settings)


def add_materials(dice: Dice, text: str) -> str:
    """Make an item a raw material of one or two others."""
    items = re.findall(r"^2022-01-01 commodity (\S+)$", text, re.MULTILINE)
    items = [item for item in items if item not in {"USD", "EUR", "GBP"}]
    if len(items) < 2:
        return text
    material = dice.pick(items)
    others = [item for item in items if item != material]
    products = others[: dice.between(1, min(2, len(others)))]
    text = use_in(text, material, products)
    if len(others) > len(products) and dice.chance(40):  # a chain
        text = use_in(text, products[0], others[len(products) :])
    return text


def use_in(text: str, material: str, products: list[str]) -> str:
    """Write what an item is used in."""
    line = f"2022-01-01 commodity {material}\n"
    return text.replace(line, f'{line}  invwd-used-in: "{", ".join(products)}"\n')


def add_contracts(dice: Dice, text: str) -> str:
    """Sell units of items that are bought by contracts."""
    bought = re.findall(r"^  Assets:\S+ \d\S* (\S+) \{(\d\S*) (\w+)", text, re.MULTILINE)
    dates = re.findall(r"^(202[3-9]-\d\d-\d\d) ", text, re.MULTILINE)
    days = [date.fromisoformat(day) for day in dates]
    if not bought:
        return text
    lines = []
    for _ in range(dice.between(1, 4)):
        item, cost, currency = dice.pick(bought)
        first = dice.pick(days)
        price = (Decimal(cost) * dice.pick([90, 120, 60]) / 100).quantize(Decimal("0.01"))
        units = dice.pick(["10", "3", "25.5", "100"])
        until = first + timedelta(dice.pick([60, 200, 0, 20]))
        lines.append(f'{first} custom "invwd-contract" {units} {item} {price} {currency}')
        lines.append(f"  until: {until}")
    return text + "\n".join(lines) + "\n"
