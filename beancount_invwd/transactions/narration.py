"""A movement → the sentence that a person understands alone.

    "Write-down of WIDGET to net realisable value: 100 units, cost 1,000.00, NRV 750.00 USD"

All words of entries stand here: what it is, of what, why, and what of it would belong to a period
that is closed (IAS 8.36).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import CENT, ONE, ZERO, round_money, round_number
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.movements.materiality import MATERIAL
from beancount_invwd.movements.movement import BOOKED, DELIVERED, LESS_STOCK, SOLD
from beancount_invwd.movements.releases import ROUNDING
from beancount_invwd.policy import narrations as words
from beancount_invwd.policy.narrations import fill
from beancount_invwd.policy.words import NRV, VALUES

if TYPE_CHECKING:
    import datetime
    from decimal import Decimal

    from beancount_invwd.movements.movement import Movement

_MOST_DECIMALS = 6

_ORDERED = {
    "commitment-loss": words.ORDER_LOSS,
    "commitment-recovery": words.ORDER_RECOVERY,
}
_MEASURED = {"transfer": words.MOVED, "reversal": words.REVERSAL}
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
    text = _tell_change(movement, figures)
    for changed in movement.estimates:
        text += f"; {changed}"
    if movement.is_correction or movement.corrects:
        text += _tell_correction(movement, closed)
    return text


def _tell_change(movement: Movement, figures: Figures) -> str:
    name = _name_group(movement)
    template = words.UNIT if figures.quantity == 1 else words.UNITS
    units = fill(template, count=f"{figures.quantity:,f}")
    if movement.reason == MATERIAL:
        amount = sum(map(abs, movement.credits.values()), ZERO) / 2
        return fill(
            words.MATERIAL,
            entity=_name_entity(movement),
            amount=f"{amount:,f}",
            currency=movement.group.currency,
        )
    source = _tell_source(movement.source)
    if movement.reason == ROUNDING:
        return fill(words.ROUNDING, name=name, source=source)
    if movement.kind == "release":
        what = words.RELEASE if movement.change <= ZERO else words.RETURN
        return fill(what, name=name, units=units, source=source)
    if movement.kind in _ORDERED or movement.reason == DELIVERED:
        return _tell_ordered(movement, figures, name, units)
    if movement.kind == "transfer" and movement.source is not None:
        return fill(words.TRANSFER, name=name, units=units, source=source)
    return _tell_measure(movement, figures, name, units)


def _tell_ordered(movement: Movement, figures: Figures, name: str, units: str) -> str:
    if movement.reason == DELIVERED:
        return fill(words.DELIVERED, name=name, units=units)
    what, currency = _ORDERED[movement.kind], movement.group.currency
    if movement.reason == BOOKED:
        return fill(words.AS_BEFORE, what=what, name=name)
    if movement.reason == SOLD:
        return fill(words.CAME if movement.change > ZERO else words.SOLD, what=what, name=name)
    short = VALUES.get(movement.reason, NRV)[1]
    why = "" if movement.reason in _USUAL else f" ({movement.reason})"
    return fill(
        words.ORDERED,
        what=what,
        name=name,
        why=why,
        units=units,
        cost=f"{figures.cost:,f}",
        short=short,
        measure=f"{figures.measure:,f}",
        currency=currency,
    )


def _tell_measure(movement: Movement, figures: Figures, name: str, units: str) -> str:
    if movement.measure is None:  # it corrects what is booked; nothing was measured
        return fill(words.CORRECTED[movement.kind], name=name)
    long, short = VALUES.get(movement.reason, NRV)
    if movement.reason == LESS_STOCK and movement.price is None:
        short = "value"
    cost, currency = f"{figures.cost:,f}", movement.group.currency
    why = "" if movement.reason in _USUAL else f" ({movement.reason})"
    if movement.kind == "write-off":
        return fill(words.WRITE_OFF, name=name, why=why, units=units, cost=cost, currency=currency)
    template = _MEASURED.get(movement.kind, words.WRITE_DOWN)
    return fill(
        template,
        name=name,
        long=long,
        why=why,
        units=units,
        cost=cost,
        short=short,
        measure=f"{figures.measure:,f}",
        currency=currency,
    )


def _tell_correction(movement: Movement, closed: datetime.date | None) -> str:
    """Say what of a movement would belong to a closed period."""
    if movement.is_correction:
        return fill(words.CORRECTS, date=str(closed))
    currency = movement.group.currency
    if movement.corrects * movement.change <= 0:
        template, amount = words.GAIN_SET_OFF, abs(movement.corrects)
        if movement.corrects > 0:
            template = words.LOSS_SET_OFF
    else:
        template = words.PART_CORRECTS
        amount = min(abs(movement.corrects), abs(movement.change))
    return fill(template, amount=f"{amount:,f}", currency=currency, date=str(closed))


def _name_group(movement: Movement) -> str:
    group, lot = movement.group, movement.lot
    name = group.name
    if name == "total" != group.category:
        name = words.ALL
    elif not group.commodity and group.category == group.name:
        name = fill(words.CATEGORY, group=group.name)
    if lot is not None:
        label = f' "{lot.label}"' if lot.label else ""
        name = fill(
            words.POOL if lot.is_pool else words.LOT,
            item=name,
            label=label,
            cost=f"{trim(lot.cost_unit):,f}",
            currency=group.currency,
            date=str(lot.date),
            account=lot.account,
        )
    return name + _name_entity(movement) if group.entity else name


def _name_entity(movement: Movement) -> str:
    entity = movement.group.entity
    return fill(words.OF, place=entity) if entity else ""


def _tell_source(source: Any) -> str:
    if source is None:
        return words.LEFT
    text = " | ".join(filter(None, (source.payee, source.narration)))
    return fill(words.BY, words=text) if text else fill(words.ON, date=str(source.date))


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
