"""Movements that the ledger itself holds → claims on the allowances of lots.

A transaction with tag `#invwd` and metadata `invwd-group` is a fact: its amounts on allowance
accounts change the allowances of the lots of that group (ACCOUNTING section 11). Opening balances,
write-downs made by hand and what `bean-invwd book` wrote are all the same here:

    2023-12-31 * "Allowance taken over" #invwd
      invwd-group: "MUG"
      Assets:Inventory:Store:Allowance  -50.00 USD
      Equity:Opening-Balances            50.00 USD
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import eq
from typing import Any

from beancount.core import data

from beancount_invwd.directives.metadata import GROUP, TAG
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import drop_zeros, overlap
from beancount_invwd.movements.movement import Movement, Release

_OF_UNITS = ("release", "transfer")
Kin = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a booked movement says of one group and currency.

    Attributes:
        group: The group, empty if a posting beside others names none.
        entity: The entity, or None if the transaction does not say.
        kind: What it says it is, or None.
        changes: By account, increases of the allowance positive.
        is_of_units: Whether it says that units left or moved (else, that they were measured).
        txn: The transaction.
    """

    group: str
    entity: str | None
    currency: str
    kind: str | None
    changes: dict[str, Decimal]
    is_of_units: bool
    txn: Any

    def fits(self, movement: Movement | Release, is_kin: Kin = eq) -> bool:
        """Whether this may be the booking of a movement, or of a part of one.

        Args:
            movement: What left or moved.
            is_kin: Tells of its group and that of a movement whether they may hold the same goods.
        """
        group = movement.group
        return (
            group.currency == self.currency
            and self.entity in {None, group.entity}
            and (self.kind in {None, movement.kind} or self.is_by(movement))
            and is_kin(self.group, group.name)
        )

    def is_by(self, movement: Movement | Release) -> bool:
        """Whether the same transaction took the units out."""
        return isinstance(movement, Movement) and movement.source is self.txn


def is_booked(txn: Any) -> bool:
    """Whether a transaction is a booked movement."""
    return TAG in (txn.tags or ()) and (
        GROUP in txn.meta or any(GROUP in (posting.meta or ()) for posting in txn.postings)
    )


def has_goods(txn: Any) -> bool:
    """Whether a transaction also posts units at cost."""
    return any(posting.cost is not None for posting in txn.postings)


def read_claims(txn: Any) -> list[Claim]:
    """Read a booked movement; postings may name a group of their own."""
    meta = txn.meta
    changes: dict[tuple[str, str], dict[str, Decimal]] = {}
    for posting in txn.postings:
        group = (posting.meta or {}).get(GROUP, meta.get(GROUP, ""))
        if posting.cost is None:
            amounts = changes.setdefault((str(group), posting.units.currency), {})
            before = amounts.get(posting.account, ZERO)
            amounts[posting.account] = before - posting.units.number
    kind, entity = meta.get("invwd"), meta.get("invwd-entity")
    is_of_units = kind in _OF_UNITS and "invwd-source" in meta
    is_return = meta.get("invwd-reason") in {"return", "sale", "use"}
    return [
        Claim(
            group,
            entity if isinstance(entity, str) else None,
            currency,
            kind if isinstance(kind, str) else None,
            amounts,
            is_of_units or kind == "release" or is_return,
            txn,
        )
        for (group, currency), amounts in changes.items()
    ]


def find_early(entries: Sequence[Any], items: Container[str]) -> set[tuple[int, str]]:
    """Find what was booked by hand before goods that it is about came or went that day.

    Args:
        entries: All of the day.
        items: All items; other groups are wide, and may be about any goods.

    Returns:
        The identity of the transaction and the group.
    """
    later: set[str] = set()
    found: set[tuple[int, str]] = set()
    row: Any
    for txn in reversed(entries):
        if type(txn) is data.Transaction:
            if is_booked(txn):
                groups = {claim.group for claim in read_claims(txn) if claim.kind is None}
                wide = {group for group in groups if group not in items and later}
                found |= {(id(txn), group) for group in groups & later | wide}
            for row in txn.postings:
                if row.cost is not None:
                    later.add(row.units.currency)
    return found


def settle(
    outgoing: Sequence[Movement], claims: Sequence[Claim], is_kin: Kin
) -> tuple[list[Movement], list[Claim]]:
    """Take what is booked off what units that left or moved took along.

    Args:
        outgoing: The releases and transfers of a day.
        claims: The booked movements of that day, with amounts on allowance accounts only.
        is_kin: Tells whether the groups of two names may hold the same goods: what was booked may
            be older than the basis.

    Returns:
        What is still to be written, and claims (or the rest of them) that are about something else.
    """
    rest, left = list(outgoing), []
    for claim in claims:
        exact = next(
            (row for row in rest if claim.fits(row) and dict(row.changes) == claim.changes), None
        )
        if exact is not None:
            rest.remove(exact)
        else:
            left.append(claim)
    for check in (eq, is_kin):
        others = []
        for claim in left:
            if claim.is_of_units or any(map(claim.is_by, rest)):
                rest, claim = _settle_partly(rest, claim, check)  # noqa: PLW2901 (what is left)
            if any(claim.changes.values()):
                others.append(claim)
        left = others
    return rest, left


def _settle_partly(
    rest: Sequence[Movement], claim: Claim, is_kin: Kin
) -> tuple[list[Movement], Claim]:
    """Settle a booked movement that somebody edited, or that several transactions make up."""
    wanted = dict(claim.changes)
    kept = []
    for row in rest:
        taken = {}
        if claim.fits(row, is_kin):
            taken = {
                account: overlap(change, wanted.get(account, ZERO))
                for account, change in row.changes.items()
            }
        if row.kind == "transfer" and sum(taken.values(), ZERO):
            taken = {}  # what moves leaves one account and comes to another
        if any(taken.values()):
            for account, amount in taken.items():
                wanted[account] = wanted.get(account, ZERO) - amount
            changes = {account: row.changes[account] - taken[account] for account in taken}
            row = shrink(row, changes)  # noqa: PLW2901 (what is left of it)
        if any(row.changes.values()):
            kept.append(row)
    return kept, replace(claim, changes=wanted)


def shrink(row: Movement, changes: dict[str, Decimal]) -> Movement:
    """A movement with what is left of its changes, and as much less of its credits."""
    changes = drop_zeros(changes)
    amount = -sum(changes.values(), ZERO)
    credited: dict[str | None, Decimal] = {}
    for account, credit in row.credits.items():
        if amount > ZERO:
            credited[account] = min(credit, amount)
            amount -= credited[account]
    return row._replace(changes=changes, credits=credited)
