"""The state of a date → what the allowance accounts of the ledger have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums

if TYPE_CHECKING:
    from beancount_invwd.timeline.timeline import Timeline


def sum_allowances(timeline: Timeline) -> Sums[tuple[str, str]]:
    """Sum allowances, positive, by allowance account and currency, as the ledger has them.

    So with releases and corrections that are not yet written. Accounts that carry none now, but
    did, are there with 0.
    """
    sums: Sums[tuple[str, str]] = Sums()
    for movement in timeline.movements:
        for account in movement.changes:
            sums.add((account, movement.group.currency), ZERO)
    for stock in timeline.books.stocks.values():
        for lot in stock.lots.values() if stock.allowance else ():
            sums.add((lot.place.contra, stock.key.currency), lot.allowance)
    for row in timeline.releases.waiting:
        for account, change in row.changes.items():
            sums.add((account, row.group.currency), -change)
    for key, change in sum_corrections(timeline).items():
        sums.add(key, -change)
    return sums


def sum_corrections(timeline: Timeline) -> Sums[tuple[str, str]]:
    """Sum what corrects a closed period and is not yet written; increases are positive."""
    sums: Sums[tuple[str, str]] = Sums()
    for movement in timeline.closed.corrections:
        for account, change in movement.changes.items():
            sums.add((account, movement.group.currency), change)
    return sums
