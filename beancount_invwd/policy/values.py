"""What users write as a value: percentages, amounts, thresholds, dates.

`"8%"`, `"25% of cost"` and `"0.40 USD"` mean the same in the configuration and in metadata; so
do `{180: '25%'}` and `"180:25%"`. Each parser returns a complete value or raises `RuleError` with
what is allowed.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.records import NamedTuple

NUMBER = r"(?:(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)"
"""Commas stand between thousands only: `8,5` is no number, rather than 85."""
_PERCENT = rf"({NUMBER})\s*%(?:\s+of\s+(cost|price))?"
COMMODITY = r"[A-Z/][A-Z0-9'._-]*"
_AMOUNT = rf"({NUMBER})\s+({COMMODITY})"
_LONGEST = 100

CHARGE_FORMS = "'8%' (of the price), '25% of cost', or an amount per unit such as '0.40 USD'"


class Charge(NamedTuple):
    """A cost or margin per unit: a share of the price, a share of the cost, or an amount.

    Attributes:
        number: The share (0.08 for 8 %), or the amount per unit.
        of: What `number` is of.
        currency: The currency of an amount, else None.
    """

    number: Decimal
    of: Literal["price", "cost", "unit"]
    currency: str | None = None


Schedule = tuple[tuple[int, Decimal], ...]
"""Thresholds in days, ascending, each with the rate (a share) that holds from that day on."""


def parse_number(text: str) -> Decimal:
    """Parse a number that matched `NUMBER`."""
    return Decimal(text.replace(",", ""))


def parse_amount(value: Any) -> tuple[Decimal, str]:
    """Parse `"0.40 USD"` or an amount of the ledger: number (not negative) and currency."""
    if isinstance(value, str):
        match = re.fullmatch(_AMOUNT, value.strip()) if len(value) < _LONGEST else None
        if match is None:
            raise RuleError("an amount such as 0.40 USD")
        return parse_number(match[1]), match[2]
    number, currency = getattr(value, "number", None), getattr(value, "currency", None)
    if not isinstance(number, Decimal) or not isinstance(currency, str):
        raise RuleError("an amount such as 0.40 USD")
    if number < 0:
        raise RuleError("an amount of 0 or more")
    return number, currency


def parse_charge(value: Any) -> Charge:
    """Parse a selling cost, completion cost or normal margin."""
    match = re.fullmatch(_PERCENT, value.strip()) if isinstance(value, str) else None
    if match is not None:
        of: Literal["price", "cost"] = "cost" if match[2] == "cost" else "price"
        return Charge(parse_number(match[1]) / 100, of)
    try:
        number, currency = parse_amount(value)
    except RuleError as error:
        raise RuleError(CHARGE_FORMS) from error
    return Charge(number, "unit", currency)


def parse_share(value: Any) -> Decimal:
    """Parse `"25%"` into 0.25; between 0 % and 100 %."""
    match = re.fullmatch(_PERCENT, value.strip()) if isinstance(value, str) else None
    if match is None or match[2] is not None or parse_number(match[1]) > 100:  # noqa: PLR2004
        raise RuleError("a percentage between '0%' and '100%'")
    return parse_number(match[1]) / 100


def parse_schedule(value: Any) -> Schedule:
    """Parse `{180: '25%', 365: '50%'}` or `"180:25%, 365:50%"`."""
    wanted = "days and rates such as {180: '25%', 365: '50%'}"
    if isinstance(value, str):
        wanted = 'days and rates such as "180:25%, 365:50%"'
        pairs = [part.partition(":") for part in value.split(",")]
        is_pair = r"\s*[0-9]{1,6}\s*:[^:]*"
        if not all(re.fullmatch(is_pair, "".join(pair)) for pair in pairs):
            raise RuleError(wanted)
        items: list[tuple[Any, Any]] = [(int(days), rate) for days, _, rate in pairs]
    elif isinstance(value, Mapping):
        items = list(value.items())
    else:
        raise RuleError(wanted)
    if not items or not all(is_whole(days) for days, _ in items):
        raise RuleError(wanted)
    if len({days for days, _ in items}) < len(items):
        raise RuleError(f"{wanted}, each number of days once")
    return tuple(sorted((days, parse_share(rate)) for days, rate in items))


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number of days: an int (no bool), 0 or more, in bounds."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**6


def find_rate(
    schedule: Schedule, since: datetime.date, day: datetime.date
) -> tuple[Decimal, datetime.date | None]:
    """Find the rate of a schedule by the days since a date.

    Returns:
        The rate, a share, and the last day on which it holds; None is for ever.
    """
    age, rate = (day - since).days, Decimal(0)
    for days, step in schedule:
        if days > age:
            return rate, add_days(since, days - 1)
        rate = step
    return rate, None
