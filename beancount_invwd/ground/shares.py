"""Measures → allowances: the loss of a group, shared out over its lots.

The group is the unit of account (IAS 2.29): gains of one lot are set against losses of another
within it. The locked part of an allowance is a new cost basis (ASC 330-10-35-14): it is kept, and
only what is lost beyond it is measured again.

    two lots of 10 at cost 5 and 7, price 5.50: cost 120, measure 110, loss 10.00, all of it
    on the dearer lot (ACCOUNTING section 5)
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO, round_money, round_to, share_out

if TYPE_CHECKING:
    from collections.abc import Sequence


_NOISE = Decimal("1e-30")


def allot(
    gap: Decimal, gaps: Sequence[Decimal], locked: Sequence[Decimal], quantum: Decimal
) -> Sequence[Decimal]:
    """Compute the allowance of each lot of a group.

    Args:
        gap: Cost less what the group is worth and less what is locked.
        gaps: The same of each lot, 0 where that is negative, in the order in which the lots came
            into being (for ties); those that are neither below cost nor carry anything may be
            left out.
        locked: The locked part of each lot's allowance; empty if nothing is locked.
        quantum: The smallest unit of the cost currency.

    Returns:
        The new allowances, in whole quanta; none is below the locked part.
    """
    loss = find_loss(gap, quantum)
    if not loss:
        return locked or [ZERO] * len(gaps)
    shares = share_out(loss, gaps, quantum)
    if locked:
        return [kept + share for kept, share in zip(locked, shares, strict=True)]
    return shares


def find_loss(gap: Decimal, quantum: Decimal) -> Decimal:
    """Round what a group costs more than it is worth to a loss; a gain is none."""
    if gap <= ZERO:
        return ZERO
    if gap.same_quantum(quantum):
        return gap  # there is nothing to round
    gap = round_to(gap, _NOISE)  # what the division by an exchange rate left behind
    return round_money(gap, quantum)
