"""Units that left → the account that their allowance is credited to.

A release credits the account that the sale charged, so that it ends at the carrying amount of
what left (IAS 2.34): 10 units of cost 5.00 with an allowance of 8.00 leave cost of goods sold at
42.00. Goods that went back at cost were never lost: that is a reversal (ACCOUNTING section 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.lots.moves import Reduction
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.policy.templates import Roots


class Credit(NamedTuple):
    """Where the allowance of units that left goes.

    Attributes:
        account: The account to credit; None is the reversal account.
        reason: Why they left: sale, use (spoiled, scrapped, given away) or return.
    """

    row: Reduction
    account: str | None
    reason: str


def choose_credits(
    txn: Any,
    left: Sequence[Reduction],
    roots: Roots,
    cogs_of: Callable[[Stock], str],
) -> list[Credit]:
    """Choose the account to credit for each reduction that gave up an allowance.

    Args:
        txn: The transaction by which the units left.
        left: All units that left, of one entity and cost currency.
        roots: The ledger's root accounts.
        cogs_of: The cost-of-goods-sold account of an item.
    """
    currency, quantum = left[0].lot.stock.key.currency, left[0].lot.stock.quantum
    income, expense = roots.names["Income"] + ":", roots.names["Expenses"] + ":"
    sums = _sum_by_account(txn, currency)
    costs: dict[Stock, Decimal] = {}
    for row in left:
        stock, cost = row.lot.stock, row.cost
        costs[stock] = costs[stock] + cost if stock in costs else cost
    cost_all = sum(costs.values(), ZERO)

    chosen: dict[Stock, tuple[str | None, str]] = {}
    found = []
    for row in left:
        stock = row.lot.stock
        if not row.allowance:
            continue
        if stock not in chosen:
            cogs = cogs_of(stock)
            account = _find_charged(sums, expense, (costs[stock], cost_all), quantum)
            if account is None:
                account = _choose_other(txn, sums, cogs, (income, expense))
            chosen[stock] = account, _explain(txn, account, cogs, income)
        found.append(Credit(row, *chosen[stock]))
    return found


def _find_charged(
    sums: Mapping[str, Decimal], root: str, costs: Sequence[Decimal], quantum: Decimal
) -> str | None:
    """Find the account under a root that was charged one of these costs, the first one first."""
    for cost in costs:
        for account, amount in sums.items():
            if account.startswith(root) and abs(amount - cost) <= quantum:
                return account
    return None


def _choose_other(
    txn: Any, sums: Mapping[str, Decimal], cogs: str, roots: tuple[str, str]
) -> str | None:
    """Choose an account where none was charged the cost: section 8, from the second rule on."""
    incomes = [account for account in sums if account.startswith(roots[0])]
    is_charged = any(f"{account}:".startswith(f"{cogs}:") for account in sums)
    if not is_charged and len(incomes) == 1:
        return incomes[0]
    return cogs if _touches(txn, roots) else None


def _explain(txn: Any, account: str | None, cogs: str, income: str) -> str:
    if account is None:
        return "return"
    return "sale" if account == cogs or _touches(txn, income) else "use"


def _touches(txn: Any, roots: str | tuple[str, ...]) -> bool:
    """Whether there is a posting under one of these roots, in whatever currency."""
    return any(posting.account.startswith(roots) for posting in txn.postings)


def _sum_by_account(txn: Any, currency: str) -> dict[str, Decimal]:
    """Sum the postings without cost in a currency, in the order of their accounts."""
    sums: dict[str, Decimal] = {}
    for posting in txn.postings:
        if posting.cost is None:
            units = posting.units
            if units.currency == currency:
                sums[posting.account] = sums.get(posting.account, ZERO) + units.number
    return sums
