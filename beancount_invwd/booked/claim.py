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
from decimal import Decimal
from operator import eq
from typing import Any

from beancount.core import data

from beancount_invwd.directives.metadata import GROUP, KIND, TAG
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.sums import Sums
from beancount_invwd.movements.movement import Movement

_OF_UNITS = ("release", "transfer")
_LEFT = ("sale", "use", "own-use", "supplier-return")
Kin = Callable[[str, str], bool]
"""Tells of the names of two groups whether they may hold the same goods."""


class Claim(NamedTuple):
    """What a booked movement says of one group and currency.

    Attributes:
        group: The group, empty if a posting beside others names none.
        entity: The entity, or None if the transaction does not say.
        kind: What it says it is, or None if it was made by hand.
        changes: By account, increases of the allowance positive.
        stated: The same as the ledger has it, before anything of it is settled.
        is_of_units: Whether it says that units left or moved (else, that they were measured).
        txn: The transaction.
    """

    group: str
    entity: str | None
    currency: str
    kind: str | None
    changes: Sums[str]
    stated: Sums[str]
    is_of_units: bool
    txn: Any

    def with_changes(self, changes: Sums[str]) -> Claim:
        """The same of other amounts."""
        return self._replace(changes=changes)

    def fits(self, movement: Movement, is_kin: Kin = eq) -> bool:
        """Whether this may be the booking of a movement, or of a part of one.

        Args:
            movement: What left or moved.
            is_kin: Tells of its group and that of the movement whether they are about the same.
        """
        is_alike = self.kind in {None, movement.kind} or self.is_by(movement)
        return is_alike and self.is_about(movement, is_kin)

    def is_about(self, movement: Movement, is_kin: Kin) -> bool:
        """Whether this may be about the goods of a movement."""
        group = movement.group
        return (
            group.currency == self.currency
            and self.entity in {None, group.entity}
            and is_kin(self.group, group.name)
        )

    def is_by(self, movement: Movement) -> bool:
        """Whether the same transaction took the units out."""
        return movement.source is self.txn


def is_booked(txn: Any) -> bool:
    """Whether a transaction is a booked movement."""
    return TAG in (txn.tags or ()) and (
        GROUP in txn.meta or any(GROUP in (posting.meta or ()) for posting in txn.postings)
    )


def is_by_hand(txn: Any) -> bool:
    """Whether it is a booked movement that says no kind, as all do that the plugin wrote."""
    return KIND not in txn.meta and is_booked(txn)


def has_goods(txn: Any) -> bool:
    """Whether a transaction also posts units at cost."""
    return any(posting.cost is not None for posting in txn.postings)


def read_claims(txn: Any) -> list[Claim]:
    """Read a booked movement; postings may name a group of their own."""
    meta = txn.meta
    changes: dict[tuple[str, str], Sums[str]] = {}
    for posting in txn.postings:
        group = (posting.meta or {}).get(GROUP, meta.get(GROUP, ""))
        if posting.cost is None:
            amounts = changes.setdefault((str(group), posting.units.currency), Sums())
            if not Decimal(posting.units.number).is_finite():
                raise RuleError("an amount is endless")  # of another plugin's: `directives/odd`
            amounts.add(posting.account, -posting.units.number)
    kind, entity = meta.get(KIND), meta.get("invwd-entity")
    is_of_units = kind in _OF_UNITS and "invwd-source" in meta
    if kind == "reversal" and meta.get("invwd-reason") == "return":
        kind = "release"  # as goods that went back were told before
    return [
        Claim(
            group,
            entity if isinstance(entity, str) else None,
            currency,
            kind if isinstance(kind, str) else None,
            amounts,
            amounts,
            is_of_units or kind == "release" or meta.get("invwd-reason") in _LEFT,
            txn,
        )
        for (group, currency), amounts in changes.items()
    ]


def find_before_goods(entries: Sequence[Any], items: Container[str]) -> set[tuple[int, str]]:
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
