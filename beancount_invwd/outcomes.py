"""Plans → what they would change on accounts, and which of them are written together.

One transaction is written for each entity, currency, kind and `invwd-group`; lots that are groups
of their own are named by their item, so they stand together with others of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from beancount_invwd.money import ZERO
from beancount_invwd.movements import Kind, Plan, Row
from beancount_invwd.stock import Lot


class Outcome(NamedTuple):
    """What a measurement changes in a group.

    Attributes:
        changes: By allowance account, increases positive, none zero; empty if nothing is written.
        decisive: The lot that changes most: its rule is the one that decided.
        widest: By how much that one changes.
    """

    kind: Kind
    plan: Plan
    changes: Mapping[str, Decimal]
    decisive: Row
    widest: Decimal


def weigh(plan: Plan, account_of: Callable[[Lot], str]) -> Outcome:
    """Find out what a plan would change."""
    changes: dict[str, Decimal] = {}
    widest, decisive = ZERO, plan.rows[0]
    for row, allowance in zip(plan.rows, plan.allowances, strict=True):
        lot = row.lot
        change = allowance - lot.allowance
        if change:
            account = lot.contra or account_of(lot)
            changes[account] = changes.get(account, ZERO) + change
            size = abs(change)
            if size > widest:
                widest, decisive = size, row
    total = sum(changes.values(), ZERO)
    kind: Kind = "transfer"
    if total > 0:
        kind = "write-down" if any(row.measured.total for row in plan.rows) else "write-off"
    elif total < 0:
        kind = "reversal"
    return Outcome(kind, plan, drop_zeros(changes), decisive, widest)


def merge(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Put together what is written together, in the order in which it is written."""
    found: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.changes:
            found.setdefault((*outcome.plan.group[:3], outcome.kind), []).append(outcome)
    return [found[key] for key in sorted(found)]


def sum_changes(outcomes: Sequence[Outcome]) -> dict[str, Decimal]:
    """Add up what outcomes change on each account."""
    changes: dict[str, Decimal] = {}
    for outcome in outcomes:
        for account, change in outcome.changes.items():
            changes[account] = changes.get(account, ZERO) + change
    return drop_zeros(changes)


def drop_zeros(changes: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Leave out accounts on which nothing changes."""
    return {account: change for account, change in changes.items() if change}
