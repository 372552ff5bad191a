"""What is booked against what left or moved with units → what is still to be written, and taken.

a sale releases 8.00; the ledger has that release: nothing is written
the ledger has 5.00 of it: 3.00 are written
the ledger has 9.00 of it: nothing is written, and 1.00 is a claim on what is on hand
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import eq

from beancount_invwd.booked.claim import Claim, Kin
from beancount_invwd.booked.goods import Goods
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import overlap
from beancount_invwd.ground.sums import Sums
from beancount_invwd.movements.movement import BOOKED, Movement


def settle(
    outgoing: Sequence[Movement], claims: Sequence[Claim], is_kin: Kin
) -> tuple[list[Movement], list[Claim]]:
    """Take what is booked off what units that left or moved took along.

    Args:
        outgoing: The releases and transfers of a day.
        claims: The booked movements of that day, with amounts on allowance accounts only.
        is_kin: Tells whether the groups of two names may hold the same goods: what was booked may
            be of another basis.

    Returns:
        What is still to be written, and claims (or the rest of them) that are about something else.
    """
    rest, left = list(outgoing), []
    for claim in claims:
        exact = next(
            (row for row in rest if claim.fits(row) and row.changes == claim.changes), None
        )
        if exact is not None:
            rest.remove(exact)
        else:
            left.append(claim)
    for check in (eq, is_kin):
        for i, claim in enumerate(left):
            if claim.is_of_units or any(map(claim.is_by, outgoing)):
                rest, left[i] = _settle_partly(rest, claim, check)
            else:  # what no lot could take is in none, so that it is taken back first
                excess = [row for row in rest if row.reason == BOOKED]
                kept, left[i] = _settle_partly(excess, claim, check)
                rest = [row for row in rest if row.reason != BOOKED] + kept
        left = list(filter(_is_open, left))
    return rest, left


def _settle_partly(
    rest: Sequence[Movement], claim: Claim, is_kin: Kin
) -> tuple[list[Movement], Claim]:
    """Settle a booked movement that somebody edited, or that several transactions make up."""
    wanted = Sums(claim.changes)
    kept = []
    for row in rest:
        taken: Sums[str] = Sums()
        is_excess = row.reason == BOOKED  # written with what else was corrected, of whatever kind
        if claim.is_about(row, is_kin) if is_excess else claim.fits(row, is_kin):
            for account, change in row.changes.items():
                taken.add(account, overlap(change, wanted[account]))
        if row.kind == "transfer" and taken.total():
            taken = Sums()  # what moves leaves one account and comes to another
        for account, amount in taken.items():
            wanted.add(account, -amount)
        left = row.less(taken)
        if left.changes or left.credits:
            kept.append(left)
    return kept, claim.with_changes(wanted)


def settle_waiting(
    waiting: Sequence[Movement], claims: Sequence[Claim], is_kin: Kin
) -> tuple[list[Movement], list[Claim]]:
    """Take what is booked off releases that wait for the end of their period.

    Returns:
        What still waits, and claims (or the rest of them) that are about something else.
    """
    rest = list(waiting)
    left = [claim.with_changes(Sums(claim.changes)) for claim in claims]
    for check in (eq, is_kin):
        for claim in left:
            if claim.is_of_units:
                rest = [_take_off(row, claim, check) for row in rest]
    return [row for row in rest if row.changes], list(filter(_is_open, left))


def _take_off(row: Movement, claim: Claim, is_kin: Kin) -> Movement:
    """Take what is booked on its accounts off a release, and off what is booked."""
    taken: Sums[str] = Sums()
    for account, change in row.changes.items() if claim.fits(row, is_kin) else ():
        taken.add(account, overlap(change, claim.changes[account]))
        claim.changes.add(account, -taken[account])
    return row.less(taken)


def cancel_lacking(
    outgoing: Sequence[Movement], claims: Sequence[Claim], goods: Goods
) -> tuple[list[Movement], list[Claim]]:
    """Cancel what lots cannot give back against what is still to leave.

    What was booked to be taken back may be lacking in the lots since units took it along: by a
    sale of that day, or in a closed period by a price or sale that came late.

    Args:
        outgoing: What left or moved that day, or is different in a closed period, and is not yet
            written.
        claims: Booked movements about what is on hand.
        goods: Finds their lots.

    Returns:
        What is left of both.
    """
    kept = list(outgoing)
    carried = {lot.number: lot.allowance for claim in claims for lot in goods.list_lots(claim)}
    left = []
    for claim in claims:
        rest, is_stable = claim, False
        while not is_stable:  # what goods that moved have to give back may be lacking there
            lacking, changes = goods.find_lacking(rest, carried), Sums(rest.changes)
            kept = [
                _cancel(row, lacking, changes) if rest.is_about(row, goods.is_kin) else row
                for row in kept
            ]
            is_stable = changes == rest.changes
            rest = rest.with_changes(changes)
        goods.find_lacking(rest, carried, is_final=True)
        left.append(rest)
    return [row for row in kept if row.changes or row.credits], list(filter(_is_open, left))


def _cancel(row: Movement, lacking: Sums[str], changes: Sums[str]) -> Movement:
    """Cancel what a movement would take off accounts whose lots lack it; both are changed.

    Where goods moved, the lots that they moved to have to give it back instead. (What went into
    products is of another group.)
    """
    if row.reason == "production":
        return row
    taken: Sums[str] = Sums()
    for account in list(lacking):
        part = overlap(row.changes.get(account, ZERO), lacking[account])
        if part:
            lacking.add(account, -part)
            changes.add(account, -part)
            taken.add(account, part)
            for other, change in row.changes.items():
                returned = min(-part, change - taken[other])
                if returned > ZERO:
                    taken.add(other, returned)
                    changes.add(other, -returned)
                    part += returned
    return row.less(taken)


def _is_open(claim: Claim) -> bool:
    """Whether something of it is not settled, or it may be a release that cancels out."""
    return not claim.changes or any(claim.changes.values())
