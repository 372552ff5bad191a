"""Contracts in force → how they share the units of an item on hand (ACCOUNTING section 10).

40 on hand, contracts for 16 at 168.00 and for 30 at 160.00: 16 and 24 are sold, 6 lack
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    from beancount_invwd.directives.statements import Contract


class Share(NamedTuple):
    """Units that a contract takes; without a contract, those that none takes."""

    contract: Contract | None
    units: Decimal


class Owed(NamedTuple):
    """Units that a contract is about beside those."""

    contract: Contract
    units: Decimal


class Split(NamedTuple):
    """How units on hand are sold.

    Attributes:
        filled: What contracts take of them, the dearest first, then what none takes.
        unfilled: What contracts are for more than these.
        left: What contracts would have taken that are left for their penalty.
    """

    filled: tuple[Share, ...]
    unfilled: tuple[Owed, ...]
    left: tuple[Owed, ...]


def split_units(
    contracts: Iterable[Contract], units: Decimal, is_left: Callable[[Contract], bool]
) -> Split:
    """Share units out to contracts.

    Args:
        contracts: Those in force, the dearest first.
        units: The units on hand that are like any others of the item.
        is_left: Whether a contract is left, so that its units are free for the next.
    """
    filled: list[Share] = []
    unfilled: list[Owed] = []
    left: list[Owed] = []
    rest = units
    for contract in contracts:
        taken = max(ZERO, min(rest, contract.units))
        if is_left(contract):
            left.append(Owed(contract, taken))
            continue
        rest -= taken
        if taken:
            filled.append(Share(contract, taken))
        if taken < contract.units:
            unfilled.append(Owed(contract, contract.units - taken))
    if rest > ZERO:
        filled.append(Share(None, rest))
    return Split(tuple(filled), tuple(unfilled), tuple(left))
