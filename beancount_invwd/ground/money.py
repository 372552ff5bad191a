"""Rounding: money half up to the quantum of its currency (0.01, or what the Commodity says)."""

from __future__ import annotations

from decimal import (
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)

ZERO = Decimal(0)
ONE = Decimal(1)
CENT = Decimal("0.01")
ENDLESS = Decimal("Infinity")

CONTEXT = Context(
    prec=60, rounding=ROUND_HALF_EVEN, traps=[DivisionByZero, InvalidOperation, Overflow]
)
"""Wide enough that units × cost is exact: Beancount keeps up to 28 digits of each."""

WIDE = Context(prec=100_000, traps=[InvalidOperation])
"""For rounding, so that a number with too many zeros is no fault of a rule."""


def round_money(amount: Decimal, quantum: Decimal) -> Decimal:
    """Round an amount half up to whole quanta."""
    return amount.quantize(quantum, ROUND_HALF_UP, WIDE)


def round_number(number: Decimal, places: int) -> Decimal:
    """Round a number half to even, to decimals."""
    return round_to(number, ONE.scaleb(-places))


def round_to(number: Decimal, step: Decimal) -> Decimal:
    """Round a number half to even, to the decimals of another."""
    return number.quantize(step, ROUND_HALF_EVEN, WIDE)
