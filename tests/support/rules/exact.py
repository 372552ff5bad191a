"""Exact numbers: rounding, sharing out, percentages.

Example:
    >>> [str(part) for part in share_out(Fraction(1), [Fraction(1)] * 3, Fraction(1, 100))]
    ['17/50', '33/100', '33/100']
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

ZERO: Final = Fraction(0)

Money = Fraction
"""An amount in a currency, a whole number of quanta once it is rounded."""


class Terms(NamedTuple):
    """A cost, margin or threshold: a share of a price or of unit cost, or an amount."""

    of: str  # "price", "cost" or a currency
    number: Fraction

    def per_unit(self, price: Fraction, cost_unit: Fraction) -> Fraction:
        """Return the amount per unit for a price and a unit cost."""
        if self.of == "price":
            return price * self.number
        return cost_unit * self.number if self.of == "cost" else self.number


def half_up(value: Fraction, quantum: Fraction) -> Money:
    """Round to whole quanta, half away from zero."""
    if value < 0:
        return -half_up(-value, quantum)
    return ((value / quantum + Fraction(1, 2)) // 1) * quantum


def round_down(value: Fraction, quantum: Fraction) -> Money:
    """Leave off what is no whole quantum."""
    return (value / quantum // 1) * quantum


def share_out(total: Money, weights: Sequence[Fraction], quantum: Fraction) -> list[Money]:
    """Share an amount out in whole quanta by largest remainder; ties go to the earlier one."""
    whole = sum(weights, ZERO)
    if total == 0 or whole == 0:
        return [ZERO] * len(weights)
    quotas = [total / quantum * weight / whole for weight in weights]
    shares = [Fraction(quota // 1) for quota in quotas]
    left = int(total / quantum - sum(shares))
    by_remainder = sorted(range(len(quotas)), key=lambda i: (shares[i] - quotas[i], i))
    for i in by_remainder[:left]:
        shares[i] += 1
    return [share * quantum for share in shares]


def share_out_above(
    total: Money, weights: Sequence[Fraction], floors: Sequence[Money], quantum: Fraction
) -> list[Money]:
    """Share an amount out so that no share is below its floor (section 5).

    A share that would be below its floor is the floor, and the rest is shared out over the others
    in the same way, until every share is at least its floor.
    """
    at_floor: set[int] = set()
    while True:
        others = [i for i in range(len(weights)) if i not in at_floor]
        rest = total - sum((floors[i] for i in at_floor), ZERO)
        parts = share_out(rest, [weights[i] for i in others], quantum)
        below = {i for i, part in zip(others, parts, strict=True) if part < floors[i]}
        if not below:
            shares = dict(zip(others, parts, strict=True))
            return [shares.get(i, floors[i]) for i in range(len(weights))]
        at_floor |= below


def read_terms(value: Any) -> Terms:
    """Read `'8%'`, `'25% of cost'`, `'0.40 USD'` or an amount."""
    if not isinstance(value, str):
        return Terms(value.currency, Fraction(value.number))
    text = value.strip()
    if match := re.fullmatch(r"([0-9.]+)\s*%\s*of\s+cost", text):
        return Terms("cost", Fraction(match[1]) / 100)
    if match := re.fullmatch(r"([0-9.]+)\s*%", text):
        return Terms("price", Fraction(match[1]) / 100)
    number, currency = text.split()
    return Terms(currency, Fraction(number.replace(",", "")))


def read_rates(value: Any) -> dict[int, Fraction]:
    """Read `{180: '25%'}` or `"180:25%, 365:50%"`: rates by the days from which they count."""
    if isinstance(value, str):
        parts = [part.partition(":") for part in value.split(",")]
        value = {days: rate for days, _, rate in parts}
    return {int(days): Fraction(rate.strip().rstrip("% ")) / 100 for days, rate in value.items()}


def rate_reached(rates: Mapping[int, Fraction], days: Fraction) -> Fraction | None:
    """Return the rate of the last threshold that is reached, or None below the first."""
    reached = [threshold for threshold in rates if days >= threshold]
    return rates[max(reached)] if reached else None


def as_decimal(amount: Money) -> Decimal:
    """Return whole quanta as an exact decimal."""
    return Decimal(amount.numerator) / Decimal(amount.denominator)


def number_of(amount: Any) -> Fraction:
    """Return the number of an amount, exactly."""
    return Fraction(amount.number)
