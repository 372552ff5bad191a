"""Units that left → the account that their allowance is credited to.

A release credits the account that the sale charged, so that it ends at the carrying amount of
what left (IAS 2.34): 10 units of cost 5.00 with an allowance of 8.00 leave cost of goods sold at
42.00. Goods that went back at cost were never lost: that is a reversal (ACCOUNTING section 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from beancount_invwd.accounts import Roots
    from beancount_invwd.flows import Reduction
    from beancount_invwd.stock import Stock


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
    key = left[0].lot.stock.key
    quantum = left[0].lot.stock.quantum
    sums = _sum_by_account(txn, key.currency)
    income, expense = f"{roots.names['Income']}:", f"{roots.names['Expenses']}:"
    incomes = [account for account in sums if account.startswith(income)]
    expenses = [row for row in sums.items() if row[0].startswith(expense)]
    accounts = [posting.account for posting in txn.postings]  # those in other currencies as well
    has_income = bool(incomes) or any(account.startswith(income) for account in accounts)
    has_expenses = bool(expenses) or any(account.startswith(expense) for account in accounts)

    costs: dict[Stock, Decimal] = {}
    for row in left:
        stock, cost = row.lot.stock, row.cost
        costs[stock] = costs[stock] + cost if stock in costs else cost
    cost_all = sum(costs.values(), ZERO)

    def choose(stock: Stock) -> str | None:
        for cost in (costs[stock], cost_all):
            for account, amount in expenses:
                if abs(amount - cost) <= quantum:
                    return account
        cogs = cogs_of(stock)
        if cogs not in sums and len(incomes) == 1:
            return incomes[0]
        return cogs if has_income or has_expenses else None

    stocks = {row.lot.stock for row in left if row.allowance}
    chosen = {stock: choose(stock) for stock in stocks}

    def explain(stock: Stock) -> str:
        if chosen[stock] is None:
            return "return"
        return "sale" if has_income or chosen[stock] == cogs_of(stock) else "use"

    return [
        Credit(row, chosen[row.lot.stock], explain(row.lot.stock)) for row in left if row.allowance
    ]


def _sum_by_account(txn: Any, currency: str) -> dict[str, Decimal]:
    """Sum the postings without cost in a currency, in the order of their accounts."""
    sums: dict[str, Decimal] = {}
    for posting in txn.postings:
        if posting.cost is None and posting.units.currency == currency:
            sums[posting.account] = sums.get(posting.account, ZERO) + posting.units.number
    return sums
