"""Units that leave a pool (booking NONE) → the cost that they take along.

A pool of 20 TEA for 110 USD gives up 3 at its average cost, `{5.50 USD}`. Where that has endless
decimals, it is the share in total, rounded to the currency's quantum (`{{5.33 USD}}`); the last
units take the cost that is left, to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from typing import Any

from beancount.core.position import Cost, CostSpec

from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.money import CONTEXT, ONE, ZERO, round_money, round_number
from beancount_invwd.ground.sums import Sums

_UNIT_DECIMALS = 6
_FINEST = Decimal("1e-12")


def leave_pool(
    lots: Mapping[Cost, Decimal], units: Decimal, quantum: Callable[[str], Decimal]
) -> list[tuple[Decimal, Any]]:
    """Say what cost units take along.

    Args:
        lots: All lots of the item, which are one pool for each cost currency.
        units: How many leave, at most all.
        quantum: The smallest unit of a currency.

    Returns:
        Units and their incomplete cost, for each cost currency.

    Raises:
        RuleError: The pool is negative, or nothing says of which currency the units are.
    """
    held: Sums[str] = Sums()
    costs: Sums[str] = Sums()
    with localcontext(CONTEXT):
        for lot, number in lots.items():
            held.add(lot.currency, number)
            costs.add(lot.currency, number * lot.number)
    pools = sorted(currency for currency in held if held[currency])
    if any(held[currency] < 0 or costs[currency] < 0 for currency in pools):
        raise RuleError("its pool has negative units or cost in the books; mend that first")
    if len(pools) > 1 and units != held.total():
        raise RuleError(
            f"its pool has units in {' and '.join(pools)}, and nothing says of which they are; "
            "write the posting by hand"
        )
    found = []
    for currency in pools:
        taken = min(units, held[currency])
        number, total = _average(taken, held[currency], costs[currency], quantum(currency))
        found.append((taken, CostSpec(number, total, currency, None, None, False)))  # noqa: FBT003
    return found


def _average(
    taken: Decimal, held: Decimal, cost: Decimal, quantum: Decimal
) -> tuple[Decimal, Decimal | None]:
    """The cost per unit, or 0 and the cost in total, of units that leave a pool."""
    with localcontext(CONTEXT):
        unit = round_number(cost / held, _UNIT_DECIMALS)
        if abs(unit * held - cost) < _FINEST:
            return _shorten(unit, quantum), None
        total = cost if taken == held else round_money(cost * taken / held, quantum)
        if not 0 < total <= cost:  # less than the quantum
            total = cost * taken / held
        return ZERO, _shorten(round_number(total, -_FINEST.adjusted()), quantum)


def _shorten(number: Decimal, quantum: Decimal) -> Decimal:
    """Drop zeros at the end, but keep the decimals of money."""
    rounded = round_money(number, quantum)
    if rounded == number:
        return rounded
    short = number.normalize()
    return short if short.as_tuple().exponent <= 0 else round_money(short, ONE)  # type: ignore[operator]
