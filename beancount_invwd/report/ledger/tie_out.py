"""Allowances of the lots, against the balances of their accounts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import CONTEXT, ZERO
from beancount_invwd.timeline.sums import sum_allowances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.report.state import Assessment


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


def tie_out(
    assessment: Assessment, entries: Sequence[Any], others: Sequence[tuple[str, str]] = ()
) -> list[TieOut]:
    """Tie the allowances of the lots to the balances of the allowance accounts.

    Args:
        assessment: The state as of a date.
        entries: All entries as loaded, those that the plugin generated among them.
        others: More accounts and currencies, which no lot posts to.
    """
    timeline = assessment.timeline
    if timeline is None:
        return []
    with localcontext(CONTEXT):
        lots = sum_allowances(timeline)
        ledger: dict[tuple[str, str], Decimal] = {}
        accounts = {account for account, _ in (*lots, *others)}
        for entry in entries:
            if entry.date > assessment.as_of:
                break
            for posting in getattr(entry, "postings", ()):
                if posting.account in accounts:
                    key = (posting.account, posting.units.currency)
                    ledger[key] = ledger.get(key, ZERO) - posting.units.number
        keys = sorted(lots.keys() | ledger.keys() | set(others))
        return [TieOut(*key, lots.get(key, ZERO), ledger.get(key, ZERO)) for key in keys]
