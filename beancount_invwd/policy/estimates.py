"""Which keys of a policy are estimates, that may change from a date on, and their values.

"8%" → a charge of 8 % of the price; "{180: '25%'}" → a schedule
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.money import ZERO
from beancount_invwd.policy import narrations as words
from beancount_invwd.policy import values
from beancount_invwd.policy.policy import Coverage, Threshold
from beancount_invwd.policy.read import parse_coverage, parse_days, parse_materiality

ESTIMATES: Mapping[str, str] = {
    "selling_cost": "selling cost",
    "completion_cost": "completion cost",
    "normal_margin": "normal margin",
    "price_includes": "tax in prices",
    "ageing": "rates by age",
    "idle": "rates for idle goods",
    "coverage": "rates by days of supply",
    "price_max_age": "age of prices",
    "materiality": "materiality",
}
"""The estimates, and what they are called."""
WIDE = ("idle", "coverage", "materiality")
"""Those that hold for all goods alike."""
POLICIES = ("standard", "measure", "basis", "reversals", "period")

_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "selling_cost": values.parse_charge,
    "completion_cost": values.parse_charge,
    "normal_margin": values.parse_charge,
    "price_includes": values.parse_share,
    "ageing": values.parse_schedule,
    "idle": values.parse_schedule,
    "coverage": parse_coverage,
    "price_max_age": parse_days,
    "materiality": parse_materiality,
}
_NOTHING: Mapping[str, Any] = {
    "normal_margin": None,
    "price_includes": ZERO,
    "ageing": (),
    "idle": (),
    "coverage": None,
    "price_max_age": None,
    "materiality": (),
}
"""What "None" stands for."""


def parse_estimate(key: str, value: Any) -> Any:
    """Parse the value of an estimate: as in metadata, or as the literal of the `plugin` line.

    Raises:
        RuleError: It is no such value; the text says what is allowed.
    """
    if isinstance(value, str) and value.strip()[:1] in {"{", "["}:
        try:
            value = ast.literal_eval(value.strip())
        except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
            raise RuleError("a value as in the plugin line") from None
    if isinstance(value, str) and value == "None" and key in _NOTHING:
        return _NOTHING[key]
    if isinstance(value, Decimal) and value == value.to_integral_value() and abs(value) < 10**7:
        value = int(value)
    if key == "materiality" and getattr(value, "currency", None) is not None:
        value = [value]  # an amount is a tuple as well
    return _PARSERS[key](value)


def tell_value(value: Any) -> str:
    """Tell a value of a policy in words, as short as they can be."""
    if value is None or value == () or (isinstance(value, Decimal) and not value):
        return words.NO_VALUE
    if isinstance(value, values.Charge):
        if value.of == "unit":
            return f"{value.number:f} {value.currency}"
        share = _share(value.number)
        return words.fill(words.OF_COST, share=share) if value.of == "cost" else share
    if isinstance(value, Coverage):
        value = value.rates
    if isinstance(value, tuple):
        return ", ".join(map(_tell_part, value))
    return _share(value) if isinstance(value, Decimal) else words.fill(words.DAYS, count=str(value))


def _tell_part(row: Any) -> str:
    if isinstance(row, Threshold):
        return _share(row.number) if row.currency is None else f"{row.number:f} {row.currency}"
    days, rate = row
    return words.fill(words.FROM_DAYS, share=_share(rate), count=str(days))


def _share(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"
