"""Random ledgers with a closed period in which nothing was booked.

A ledger of another maker -> the same with `invwd-closed` somewhere, and prices of any age.
"""

from __future__ import annotations

import ast
import re
from datetime import date

from tests.support.random_ledgers import Dice, SeededSource
from tests.support.random_situations import situations_from_seed
from tests.support.random_trade import trade_from_seed


def closed_from_seed(seed: int) -> tuple[str, str]:
    """Return ledger text (without the plugin line) and configuration for a number."""
    dice = Dice(SeededSource(seed))
    text, config = dice.pick([trade_from_seed, situations_from_seed])(seed)
    text = text.replace("  invwd-return: TRUE\n", "")  # at another cost they bring a loss of today
    days = sorted(set(re.findall(r"^(20\d\d-\d\d-\d\d) [*p]", text, re.MULTILINE)))
    settings = ast.literal_eval(config) | {"price_max_age": None}
    settings.pop("start", None)
    if settings.get("period") == "price":
        settings["period"] = "month"
    if days:
        day = date.fromisoformat(dice.pick(days))
        end = day.replace(month=12, day=31, year=day.year - 1) if dice.chance(60) else day
        text += f'{end} custom "invwd-closed" TRUE\n'
    return text, repr(settings)
