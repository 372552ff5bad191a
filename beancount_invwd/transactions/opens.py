"""Accounts that the ledger opens in a way that forbids what is to be written → errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.errors import InvwdError, error_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.movements.movement import Movement

Draft = tuple["Movement", "Mapping[str, Decimal]"]
"""A movement and its amounts by account, debits positive."""


def find_refused(
    drafts: Sequence[Draft], opens: Mapping[str, Any], closes: Mapping[str, Any]
) -> tuple[list[InvwdError], set[str]]:
    """Find accounts that forbid what is to be written to them.

    What shares an allowance account with a refused movement is refused too: without it the balance
    of that account would be no allowance any more.

    Args:
        drafts: What is to be written.
        opens: The ledger's Open directives by account.
        closes: Its Close directives.

    Returns:
        An error for each account, and the accounts of which no movement is written.
    """
    errors: dict[str, InvwdError] = {}
    refused: set[str] = set()
    for movement, postings in drafts:
        for account in postings:
            problem = _find_closed(account, closes.get(account), movement)
            if account in opens:
                problem = _find_problem(opens[account], movement) or problem
            if problem is not None:
                errors.setdefault(account, problem)
                refused |= movement.changes.keys() or {account}
    if refused:
        _spread(refused, [movement.changes.keys() for movement, _ in drafts])
    return list(errors.values()), refused


def _spread(refused: set[str], movements: Sequence[Collection[str]]) -> None:
    """Refuse what shares a movement with an account that is refused, be it by way of others."""
    by_account: dict[str, list[int]] = {}
    for i, accounts in enumerate(movements):
        for account in accounts:
            by_account.setdefault(account, []).append(i)
    waiting, found = list(refused), set[int]()
    while waiting:
        for i in by_account.pop(waiting.pop(), ()):
            if i not in found:
                found.add(i)
                refused.update(movements[i])
                waiting += movements[i]


def _find_problem(entry: Any, movement: Movement) -> InvwdError | None:
    account, currency = entry.account, movement.group.currency
    if entry.date > movement.date:
        remedy = f"open it on {movement.date} or before"
        message = f"{account} is opened on {entry.date}, but needed earlier; {remedy}"
        return error_at(entry.meta, message, entry)
    if entry.currencies and currency not in entry.currencies:
        held = ", ".join(entry.currencies)
        message = f"{account} is opened for {held} only, but {currency} has to be written to it"
        return error_at(entry.meta, f"{message}; add {currency} to its open", entry)
    return None


def _find_closed(account: str, close: Any, movement: Movement) -> InvwdError | None:
    """Find that an account is closed, be it opened by the ledger or on its first use."""
    if close is None or close.date >= movement.date:
        return None
    message = f"{account} is closed on {close.date}, but needed on {movement.date}"
    remedy = "close it later, or set another account in 'accounts'"
    return error_at(close.meta, f"{message}; {remedy}", close)
