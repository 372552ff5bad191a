"""A movement → the sentence that a person understands alone.

    "Write-down of WIDGET to net realisable value: 100 units, cost 1,000.00, NRV 750.00 USD"

All words of entries stand here: what it is, of what, why, and what of it would belong to a period
that is closed (IAS 8.36).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.money import CENT, ONE, ZERO, round_money, round_number
from beancount_invwd.movements.materiality import MATERIAL
from beancount_invwd.movements.movement import DELIVERED, LESS_STOCK, SOLD
from beancount_invwd.movements.releases import ROUNDING
from beancount_invwd.policy.words import NRV, VALUES

if TYPE_CHECKING:
    import datetime
    from decimal import Decimal

    from beancount_invwd.movements.movement import Movement

_MOST_DECIMALS = 6

_CORRECTED = {
    "reversal": "Reversal of write-down of {name}: booked for more than its lots can carry",
    "write-down": "Write-down of {name}: taken back for more than its lots carried",
    "transfer": "Transfer of write-down of {name} between accounts: booked where no lot carries it",
}
_ORDERED = {
    "commitment-loss": "Loss on purchase commitments",
    "commitment-recovery": "Recovery of loss on purchase commitments",
}
_USUAL = {"price", "nrv", *VALUES} - {"used-in"}
"""Reasons that need no word of their own."""


class Figures(NamedTuple):
    """The figures of a movement as they are written: trimmed, and rounded."""

    quantity: Decimal
    cost: Decimal
    measure: Decimal


def find_figures(movement: Movement, quantum: Decimal) -> Figures:
    """Round the figures of a movement."""
    return Figures(
        trim(movement.quantity),
        round_money(movement.cost, quantum),
        round_money(movement.measure or ZERO, quantum),
    )


def narrate(movement: Movement, figures: Figures, closed: datetime.date | None) -> str:
    """Say what is written.

    Args:
        movement: The movement.
        figures: Its figures.
        closed: The last date of closed periods.
    """
    changed = "".join(f"; {text}" for text in movement.estimates)
    return _tell_change(movement, figures) + changed + _tell_correction(movement, closed)


def _tell_change(movement: Movement, figures: Figures) -> str:
    name = _name_group(movement)
    units = f"{figures.quantity:,f} unit{'' if figures.quantity == 1 else 's'}"
    if movement.reason == MATERIAL:
        amount = sum(map(abs, movement.credits.values()), ZERO) / 2
        return (
            f"Write-downs and reversals of the fiscal year{_name_entity(movement)} on lines of "
            f"their own: {amount:,f} {movement.group.currency} out of cost of goods sold"
        )
    source = _tell_source(movement.source)
    if movement.reason == ROUNDING:
        return f"Release of write-down of {name}: rounding, which goods cannot carry, {source}"
    if movement.kind == "release":
        what = "Release" if movement.change <= ZERO else "Return"
        return f"{what} of write-down of {name}: {units} {source}"
    if movement.kind in _ORDERED or movement.reason == DELIVERED:
        return _tell_ordered(movement, figures, name, units)
    if movement.kind == "transfer" and movement.source is not None:
        return f"Transfer of write-down of {name}: {units} {source}"
    return _tell_measure(movement, figures, name, units)


def _tell_ordered(movement: Movement, figures: Figures, name: str, units: str) -> str:
    if movement.reason == DELIVERED:
        return f"Loss on purchase commitments of {name} goes along with the goods: {units} came in"
    what, currency = _ORDERED[movement.kind], movement.group.currency
    if movement.reason == SOLD:
        why = "came in before" if movement.change > ZERO else "were sold when they came"
        return f"{what} of {name}: goods {why}"
    short = VALUES.get(movement.reason, NRV)[1]
    why = "" if movement.reason in _USUAL else f" ({movement.reason})"
    return (
        f"{what} of {name}{why}: {units} to come, price {figures.cost:,f}, {short} "
        f"{figures.measure:,f} {currency}"
    )


def _tell_measure(movement: Movement, figures: Figures, name: str, units: str) -> str:
    if movement.measure is None:  # it corrects what is booked; nothing was measured
        return _CORRECTED[movement.kind].format(name=name)
    long, short = VALUES.get(movement.reason, NRV)
    if movement.reason == LESS_STOCK and movement.price is None:
        short = "value"
    cost, currency = f"{figures.cost:,f}", movement.group.currency
    why = "" if movement.reason in _USUAL else f" ({movement.reason})"
    if movement.kind == "write-off":
        return f"Write-off of {name}{why}: {units}, cost {cost} {currency}, nothing left"
    what = {
        "transfer": f"Transfer of write-down of {name} between accounts",
        "reversal": f"Reversal of write-down of {name}",
    }.get(movement.kind, f"Write-down of {name} to {long}")
    return f"{what}{why}: {units}, cost {cost}, {short} {figures.measure:,f} {currency}"


def _tell_correction(movement: Movement, closed: datetime.date | None) -> str:
    """Say what of a movement would belong to a closed period."""
    if movement.is_correction:
        return f"; corrects the period closed on {closed}"
    if not movement.corrects:
        return ""
    currency = movement.group.currency
    if movement.corrects * movement.change <= 0:
        what = "a loss" if movement.corrects > 0 else "a gain"
        amount = f"{abs(movement.corrects):,f} {currency}"
        return f"; {what} of {amount} of the period closed on {closed} is set off in it"
    amount = f"{min(abs(movement.corrects), abs(movement.change)):,f} {currency}"
    return f"; of the change, {amount} corrects the period closed on {closed}"


def _name_group(movement: Movement) -> str:
    group, lot = movement.group, movement.lot
    name = group.name
    if name == "total" != group.category:
        name = "all inventory"
    elif not group.commodity and group.category == group.name:
        name = f"category {group.name}"
    if lot is not None:
        label = f' "{lot.label}"' if lot.label else ""
        cost = f"{trim(lot.cost_unit):,f} {group.currency}, {lot.date}"
        which = "pool" if lot.is_pool else f"lot{label} of {cost}"
        name += f" ({which} in {lot.account})"
    return name + _name_entity(movement)


def _name_entity(movement: Movement) -> str:
    return f" of {movement.group.entity}" if movement.group.entity else ""


def _tell_source(source: Any) -> str:
    if source is None:
        return "that left in the period"
    words = " | ".join(filter(None, (source.payee, source.narration)))
    return f"by: {words}" if words else f"on {source.date}"


def show(amount: Decimal, rounded: Decimal) -> Decimal:
    """An amount with the decimals of money, and more only where it has more."""
    return rounded if rounded == amount else trim(amount)


def trim(number: Decimal) -> Decimal:
    """Cut the endless decimals of a division, and write no exponent."""
    if number.same_quantum(ONE) or number.same_quantum(CENT):
        return number
    places = number.as_tuple().exponent
    if isinstance(places, int) and places < -_MOST_DECIMALS:
        number = round_number(number, _MOST_DECIMALS).normalize()
        places = number.as_tuple().exponent
    return round_number(number, 0) if isinstance(places, int) and places > 0 else number
