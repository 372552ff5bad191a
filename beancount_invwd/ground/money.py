"""Rounding, and sharing an amount out without losing a cent.

Money is rounded half up to the quantum of its currency (0.01, or what the `precision` of the
Commodity says). 10.00 shared over three equal lots is 3.34, 3.33, 3.33: whole quanta by largest
remainder, the earlier lot first where remainders tie.
"""

from __future__ import annotations

from decimal import (
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Key = TypeVar("Key")
ZERO = Decimal(0)
ONE = Decimal(1)
CENT = Decimal("0.01")

CONTEXT = Context(
    prec=60, rounding=ROUND_HALF_EVEN, traps=[DivisionByZero, InvalidOperation, Overflow]
)
"""Wide enough that units × cost is exact: Beancount keeps up to 28 digits of each."""

_WIDE = Context(prec=100_000, traps=[InvalidOperation])
"""For rounding, so that a number with too many zeros is no fault of a rule."""
_MOST_DIGITS = 30
_SURE_DIGITS = 50


def round_money(amount: Decimal, quantum: Decimal) -> Decimal:
    """Round an amount half up to whole quanta."""
    return amount.quantize(quantum, ROUND_HALF_UP, _WIDE)


def round_number(number: Decimal, places: int) -> Decimal:
    """Round a number half to even, to decimals."""
    return round_to(number, ONE.scaleb(-places))


def round_to(number: Decimal, step: Decimal) -> Decimal:
    """Round a number half to even, to the decimals of another."""
    return number.quantize(step, ROUND_HALF_EVEN, _WIDE)


def share_out(amount: Decimal, weights: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    """Share `amount` out in proportion to `weights`, in whole quanta by largest remainder.

    Args:
        amount: Not negative; what it has beyond whole quanta is not shared out.
        weights: Not negative, not all zero, in the order in which ties are broken.
        quantum: The smallest unit of the currency.

    Returns:
        One part per weight; the parts add up to `amount` in whole quanta.
    """
    quanta = (amount / quantum).to_integral_value(ROUND_FLOOR)
    if len(weights) == 1:
        return [quanta * quantum]
    if quanta.adjusted() > _MOST_DIGITS:
        with localcontext(_WIDE):
            return _share_quanta(quanta, weights, quantum)
    return _share_quanta(quanta, weights, quantum)


def _share_quanta(quanta: Decimal, weights: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    total = sum(weights, ZERO)
    parts = [quanta * weight for weight in weights]
    shares = [part // total for part in parts]
    short = int(quanta - sum(shares, ZERO))
    if short:
        rests = [part % total for part in parts]
        order = sorted(range(len(rests)), key=rests.__getitem__, reverse=True)
        lead = rests[order[short - 1]] - rests[order[short]] if short < len(order) else ZERO
        if lead:
            noise = ONE.scaleb(quanta.adjusted() - _SURE_DIGITS)
            if lead < total * noise:  # a tie, but for what divisions left behind in weights
                near = [round_to(rest / total, noise) for rest in rests]
                order = sorted(range(len(rests)), key=near.__getitem__, reverse=True)
        for i in order[:short]:
            shares[i] += 1
    return [share * quantum for share in shares]


def drop_zeros(amounts: Mapping[Key, Decimal]) -> dict[Key, Decimal]:
    """Leave out what is zero."""
    return {key: amount for key, amount in amounts.items() if amount}


def part_of(amount: Decimal, units: Decimal, out_of: Decimal, quantum: Decimal) -> Decimal:
    """Return what `units` out of `out_of` carry of `amount`: all of it, or rounded half up."""
    if units >= out_of:
        return amount
    return min(amount, round_money(amount * units / out_of, quantum))
