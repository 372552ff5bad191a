"""Allowances of the lots, against the balances of their accounts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.history import read_history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.movements.movement import Movement, Release


@dataclass(frozen=True, slots=True)
class TieOut:
    """Allowances of the lots against the balance of their account, both positive.

    Attributes:
        lots: The allowances of all lots that post to the account, and of units whose release
            waits for the period to end.
        ledger: The balance of the account with its sign changed.
    """

    account: str
    currency: str
    lots: Decimal
    ledger: Decimal

    @property
    def difference(self) -> Decimal:
        """What the ledger has more than the lots; 0 is how it should be."""
        return self.ledger - self.lots


def tie_out(run: Run, others: Sequence[tuple[str, str]] = ()) -> list[TieOut]:
    """Tie the allowances of the lots to the balances of the allowance accounts.

    Args:
        run: The state of a date.
        others: More accounts and currencies, which no lot posts to.
    """
    lots, ledger = run.allowances(), read_history(run).balances
    accounts = {account for account, _ in (*lots, *others)}
    keys = {key for key in ledger if key[0] in accounts}.union(lots, others)
    return [TieOut(*key, lots[key], ledger[key]) for key in sorted(keys)]


def has_waiting(run: Run) -> bool:
    """Whether lots of a group carry another sum than the accounts, until that is written."""
    sums: Sums[tuple[str, str, str]] = Sums()
    rows: list[Release | Movement] = [*run.waiting, *run.corrections]
    for row in rows:
        sums.add(row.group[:3], row.change)
    return any(sums.values())
