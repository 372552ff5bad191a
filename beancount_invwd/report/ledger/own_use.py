"""Transactions → accounts that took goods at cost, and do not say whether that was own use.

2024-05-02 * "Till for the shop"
Assets:Inventory:Store   -1 TILL {}       80.00 USD of cost
Assets:Equipment          80.00 USD       put to own use, or a claim on somebody?
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.known import Known
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.notice import Notice
from beancount_invwd.report.ledger.sources import write_below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.engine import Run


def find_own_use(run: Run) -> list[Notice]:
    """Find the accounts under Assets that have to say what they are (ACCOUNTING section 8)."""
    return run.share(_find_own_use)


def _find_own_use(run: Run) -> list[Notice]:
    taken: Sums[tuple[str, str]] = Sums()
    dates: dict[tuple[str, str], datetime.date] = {}
    is_silent = Known(lambda name: _says_nothing(run, name))
    for entry in read_history(run).given:
        if any(row.cost is None and is_silent[row.account] for row in entry.postings):
            for place, amount in _list_takers(run, entry):
                taken.add(place, amount)
                dates[place] = entry.date
    return [
        Notice(
            "own-use",
            say(
                "goods left at cost into {account}: put to own use? `invwd-own-use: TRUE` on its "
                "Open; if not, FALSE ({amount:,f} {currency})",
                account=account,
                amount=amount,
                currency=currency,
            ),
            account,
            None,
            currency,
            amount,
            dates[account, currency],
            write_below(run.options_map, run.opens[account].meta, "invwd-own-use: TRUE")
            if account in run.opens
            else "",
        )
        for (account, currency), amount in sorted(taken.items())
    ]


def _list_takers(run: Run, txn: Any) -> Iterator[tuple[tuple[str, str], Decimal]]:
    """List the accounts that took the whole cost of what left, or of an item, with the amount."""
    left: Sums[tuple[str, str]] = Sums()  # by currency, and by item or for all
    for row in txn.postings:
        is_goods = row.cost is not None and not run.is_excluded(row.units.currency)
        if is_goods and run.inventory(row.account) is not None:
            cost = row.units.number * row.cost.number
            left.add((row.cost.currency, row.units.currency), -cost)
            left.add((row.cost.currency, ""), -cost)
    taken: Sums[tuple[str, str]] = Sums()
    for row in txn.postings:
        if row.cost is None and _says_nothing(run, row.account):
            taken.add((row.account, row.units.currency), row.units.number)
    for (account, currency), amount in taken.items():
        costs = [cost for (other, _), cost in left.items() if other == currency and cost > ZERO]
        if any(abs(cost - amount) <= run.quantum(currency) for cost in costs):
            yield (account, currency), amount


def _says_nothing(run: Run, account: str) -> bool:
    """Whether an account is one under Assets, not of inventory, that does not say what it is."""
    is_other = run.policy.roots.is_under(account, "Assets") and run.account(account) is None
    return is_other and run.find_own_use(account) is None
