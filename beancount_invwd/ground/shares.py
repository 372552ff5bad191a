"""Sharing amounts out: without losing a cent, and as losses of a group over its lots.

10.00 shared over three equal lots is 3.34, 3.33, 3.33: whole quanta by largest remainder, the
earlier lot first where remainders tie. The group is the unit of account (IAS 2.29): gains of one
lot are set against losses of another within it. The locked part of an allowance is a new cost basis
(ASC 330-10-35-14): it is kept, and only what is lost beyond it is measured again.

    two lots of 10 at cost 5 and 7, price 5.50: cost 120, measure 110, loss 10.00, all of it
    on the dearer lot (ACCOUNTING section 5)
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING, TypeVar

from beancount_invwd.ground.money import ONE, WIDE, ZERO, round_money, round_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Key = TypeVar("Key")

_NOISE = Decimal("1e-30")
_MOST_DIGITS = 30
_SURE_DIGITS = 50


def allot(
    loss: Decimal,
    gaps: Sequence[Decimal],
    floors: Sequence[Decimal],
    locked: Sequence[Decimal],
    quantum: Decimal,
) -> Sequence[Decimal]:
    """Compute the allowance of each lot of a group (ACCOUNTING section 5).

    Args:
        loss: What the group loses beyond what is locked, in whole quanta.
        gaps: What each lot costs more than it is worth and than what is locked, never negative, in
            the order in which the lots came into being (for ties); those that are neither below
            cost nor carry anything may be left out.
        floors: What each keeps at least, since no value came back to it; empty if none has to.
        locked: The locked part of each lot's allowance; empty if nothing is locked.
        quantum: The smallest unit of the cost currency.

    Returns:
        The new allowances, in whole quanta; none is below the locked part.
    """
    least = sum(floors, ZERO)
    if not (loss or least):
        return locked or [ZERO] * len(gaps)
    shares = floors
    if loss > least:
        shares = share_out(loss, gaps, quantum)
        if least:
            shares = _lift(shares, loss, gaps, floors, quantum)
    if locked:
        return [kept + share for kept, share in zip(locked, shares, strict=True)]
    return shares


def _lift(
    shares: list[Decimal],
    loss: Decimal,
    gaps: Sequence[Decimal],
    floors: Sequence[Decimal],
    quantum: Decimal,
) -> list[Decimal]:
    """Lift shares of a loss to their floors; the others share the rest, until none is below."""
    free, lifted = list(range(len(gaps))), list(floors)
    while below := {i for i, share in zip(free, shares, strict=True) if share < floors[i]}:
        loss -= sum([floors[i] for i in below], ZERO)
        free = [i for i in free if i not in below]
        shares = share_out(loss, [gaps[i] for i in free], quantum)
    for i, share in zip(free, shares, strict=True):
        lifted[i] = share
    return lifted


def find_loss(gap: Decimal, quantum: Decimal) -> Decimal:
    """Round what a group costs more than it is worth to a loss; a gain is none."""
    if gap <= ZERO:
        return ZERO
    if gap.same_quantum(quantum):
        return gap  # there is nothing to round
    gap = round_to(gap, _NOISE)  # what the division by an exchange rate left behind
    return round_money(gap, quantum)


def share_out(amount: Decimal, weights: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    """Share `amount` out in proportion to `weights`, in whole quanta by largest remainder.

    Args:
        amount: Not negative; what it has beyond whole quanta is not shared out.
        weights: Not negative, not all zero, in the order in which ties are broken.
        quantum: The smallest unit of the currency.

    Returns:
        One part per weight; the parts add up to `amount` in whole quanta.
    """
    if sum(weights, ZERO) == amount and all(row.same_quantum(quantum) for row in weights):
        return list(weights)  # there is nothing to round
    quanta = (amount / quantum).to_integral_value(ROUND_FLOOR)
    if len(weights) == 1:
        return [quanta * quantum]
    if quanta.adjusted() > _MOST_DIGITS:
        with localcontext(WIDE):
            return _share_quanta(quanta, weights, quantum)
    return _share_quanta(quanta, weights, quantum)


def _share_quanta(quanta: Decimal, weights: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    total = sum(weights, ZERO)
    parts = [divmod(quanta * weight, total) for weight in weights]
    shares = [share for share, _ in parts]
    short = int(quanta - sum(shares, ZERO))
    if short:
        rests = [rest for _, rest in parts]
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


def spread(
    amount: Decimal, wishes: Sequence[Sequence[Decimal]], rooms: Sequence[Decimal], quantum: Decimal
) -> list[Decimal] | None:
    """Share an amount out over lots, none above the room that it has.

    Args:
        amount: Positive.
        wishes: Weights by which it is shared, in the order in which they are tried.
        rooms: What each lot can take.
        quantum: The smallest unit of the currency.

    Returns:
        A part per lot, or None if they cannot take it all.
    """
    if amount > sum(rooms, ZERO):
        return None
    parts = [ZERO for _ in rooms]
    for weights in (*wishes, rooms):
        while amount:
            free = [i for i, room in enumerate(rooms) if room > parts[i] and weights[i] > 0]
            if not free:
                break
            shares = share_out(amount, [weights[i] for i in free], quantum)
            shares[0] += amount - sum(shares, ZERO)  # what is less than a quantum
            for i, share in zip(free, shares, strict=True):
                taken = min(share, rooms[i] - parts[i])
                parts[i] += taken
                amount -= taken
    return parts


def overlap(one: Decimal, other: Decimal) -> Decimal:
    """What two amounts of one sign have in common."""
    if one * other <= 0:
        return ZERO
    return min(one, other) if one > 0 else max(one, other)


def drop_zeros(amounts: Mapping[Key, Decimal]) -> dict[Key, Decimal]:
    """Leave out what is zero."""
    return {key: amount for key, amount in amounts.items() if amount}


def part_of(amount: Decimal, units: Decimal, out_of: Decimal, quantum: Decimal) -> Decimal:
    """Return what `units` out of `out_of` carry of `amount`: all of it, or rounded half up."""
    if units >= out_of:
        return amount
    return min(amount, round_money(amount * units / out_of, quantum))
