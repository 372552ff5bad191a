"""The sentences of entries: what is written, and by which reports know them again.

    Write-off of {name}{why}: {units}, cost {cost} {currency}, nothing left

The books are written in English; a report that speaks another language finds the sentence that a
narration was made of, and fills in that of its catalogue.
"""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from string import Formatter
from sys import intern
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MATERIAL = (
    "Write-downs and reversals of the fiscal year{entity} on lines of their own: "
    "{amount} {currency} out of cost of goods sold"
)
ROUNDING = "Release of write-down of {name}: rounding, which goods cannot carry, {source}"
RELEASE = "Release of write-down of {name}: {units} {source}"
RETURN = "Return of write-down of {name}: {units} {source}"
TRANSFER = "Transfer of write-down of {name}: {units} {source}"
DELIVERED = "Loss on purchase commitments of {name} goes along with the goods: {units} came in"
CAME = "{what} of {name}: goods came in before"
SOLD = "{what} of {name}: goods were sold when they came"
AS_BEFORE = "{what} of {name}: as it was measured last"
ORDERED = "{what} of {name}{why}: {units} to come, price {cost}, {short} {measure} {currency}"
ORDER_LOSS = "Loss on purchase commitments"
ORDER_RECOVERY = "Recovery of loss on purchase commitments"
WRITE_OFF = "Write-off of {name}{why}: {units}, cost {cost} {currency}, nothing left"
_FIGURES = "{why}: {units}, cost {cost}, {short} {measure} {currency}"
MOVED = "Transfer of write-down of {name} between accounts" + _FIGURES
REVERSAL = "Reversal of write-down of {name}" + _FIGURES
WRITE_DOWN = "Write-down of {name} to {long}" + _FIGURES
CORRECTED = MappingProxyType(
    {
        "reversal": "Reversal of write-down of {name}: booked for more than its lots can carry",
        "write-down": "Write-down of {name}: taken back for more than its lots carried",
        "transfer": "Transfer of write-down of {name} between accounts: booked where no lot "
        "carries it",
    }
)
CORRECTS = "; corrects the period closed on {date}"
LOSS_SET_OFF = "; a loss of {amount} {currency} of the period closed on {date} is set off in it"
GAIN_SET_OFF = "; a gain of {amount} {currency} of the period closed on {date} is set off in it"
PART_CORRECTS = "; of the change, {amount} {currency} corrects the period closed on {date}"
CHANGED = "{estimate} {value} ({before} until {date})"
MORE, LESS = "{changed}: {amount} {currency} more", "{changed}: {amount} {currency} less"
LATER_PRICE = "price of {own}, evidence of {date}"
LATER_VALUE = "value of {own}, evidence of {date}"
NO_VALUE, OF_COST, DAYS = "none", "{share} of cost", "{count} days"
FROM_DAYS = "{share} from {count} days on"
UNIT, UNITS = "{count} unit", "{count} units"
LEFT, BY, ON = "that left in the period", "by: {words}", "on {date}"
ALL, CATEGORY = "all inventory", "category {group}"
LOT = "{item} (lot{label} of {cost} {currency}, {date} in {account})"
POOL = "{item} (pool in {account})"
OF, ENTITY = " of {place}", "{item} of {place}"

CHANGES = (
    MATERIAL,
    ROUNDING,
    RELEASE,
    RETURN,
    *CORRECTED.values(),
    MOVED,
    TRANSFER,
    DELIVERED,
    CAME,
    SOLD,
    AS_BEFORE,
    ORDERED,
    WRITE_OFF,
    REVERSAL,
    WRITE_DOWN,
)
ADDED = (MORE, LESS, CHANGED, LATER_PRICE, LATER_VALUE)
"""What follows a change, once for each estimate and for evidence that came later."""
TAILS = (PART_CORRECTS, LOSS_SET_OFF, GAIN_SET_OFF, CORRECTS)
PIECES = MappingProxyType(
    {
        "units": (UNITS, UNIT),
        "source": (LEFT, BY, ON),
        "what": (ORDER_RECOVERY, ORDER_LOSS),
        "name": (ENTITY, LOT, POOL, CATEGORY, ALL),
        "item": (LOT, POOL, CATEGORY, ALL),
        "entity": (OF,),
        "changed": (CHANGED,),
        "value": (NO_VALUE, OF_COST, FROM_DAYS, DAYS),
    }
)
"""What stands in some of the braces."""


def fill(template: str, /, **words: str) -> str:
    """Fill words in the braces of a sentence; `str.format` takes half as long again, or more."""
    text, pick = _read(template)
    filled: str = text % pick(words)
    return filled


@cache
def _read(template: str) -> tuple[str, Callable[[Mapping[str, str]], Any]]:
    """A sentence for the operator `%`, and what picks its words in their order."""
    text, names = "", []
    for before, name, _, _ in Formatter().parse(template):
        text += before.replace("%", "%%")
        if name:
            text += "%s"
            names.append(intern(name))
    return text, itemgetter(*names)
