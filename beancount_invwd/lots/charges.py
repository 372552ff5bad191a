"""A transaction → what it charged for goods that left, and so whether anybody wanted them.

10 MUG {8 USD} out, Expenses:COGS 64 USD, Equity:Drawings 16 USD: 8 of 10 were sold
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.charged import Charged, is_below

if TYPE_CHECKING:
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.lots.stock import Stock


class Charges:
    """Tells what transactions charge.

    Args:
        chart: Tells what accounts are.
    """

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._roots: dict[str, str] = {}

    def earns(self, txn: Any) -> bool:
        """Whether a transaction has a posting under Income."""
        return any(self._find_root(row.account) == "Income" for row in txn.postings)

    def takes_back(self, txn: Any) -> bool:
        """Whether a transaction takes back what a sale or use charged, in whatever currency."""
        for row in txn.postings:
            number, root = row.units.number, self._find_root(row.account)
            if (number < 0 and root == "Expenses") or (number > 0 and root == "Income"):
                return True
        return False

    def is_charged(self, txn: Any, stock: Stock) -> bool:
        """Whether a transaction charged anything; else its goods went back to the supplier."""
        return bool(self._find_debits(txn, stock)) or self._is_sale(txn, stock)

    def is_count(self, txn: Any, stock: Stock, costs: tuple[Decimal, Decimal]) -> bool:
        """Whether units that came back were found by a count: the write-off account gives most."""
        charged = Charged(self._chart, txn, stock.key.currency, -1)
        amount = round_money(max(costs[0], stock.quantum), stock.quantum)
        return charged.tell_return(charged.find(amount, stock, costs), stock) == "count"

    def find_losses(self, txn: Any, stock: Stock) -> Mapping[str, Decimal]:
        """Find what a transaction debits under Expenses other than cost of goods sold."""
        cogs, debits = self._find_result("cogs", stock), self._find_debits(txn, stock)
        return {
            account: amount
            for account, amount in debits.items()
            if self._find_root(account) == "Expenses" and not is_below(account, cogs)
        }

    def find_demand(self, txn: Any, stock: Stock, costs: tuple[Decimal, Decimal]) -> Decimal:
        """Find which share of an item's units that left was sold (ACCOUNTING 4, "Demand").

        What the write-off account, the owners or own use were charged with was not, nor what
        nobody was charged with: that went back.

        Args:
            txn: The transaction.
            stock: The item.
            costs: The cost of its units that left, and of all units that left.
        """
        write_off, debits = self._find_result("write_off", stock), self._find_debits(txn, stock)
        wanted = {
            account: amount
            for account, amount in debits.items()
            if self._find_root(account) == "Expenses" and not is_below(account, write_off)
        }
        if len(wanted) == len(debits) and self.earns(txn):
            return ONE
        for cost in costs:
            for account, amount in debits.items():
                if abs(amount - cost) <= stock.quantum:
                    return ONE if account in wanted else ZERO
        total = sum(debits.values(), ZERO)
        cogs = self._find_result("cogs", stock)
        if total and (total * 2 > costs[0] or any(is_below(row, cogs) for row in debits)):
            return sum(wanted.values(), ZERO) / total
        return ONE if self._is_sale(txn, stock) else ZERO

    def _is_sale(self, txn: Any, stock: Stock) -> bool:
        """Whether something is earned, or charged in another currency."""
        return self.earns(txn) or any(
            row.cost is None
            and row.units.number > 0
            and row.units.currency != stock.key.currency
            and self._find_root(row.account) == "Expenses"
            for row in txn.postings
        )

    def _find_debits(self, txn: Any, stock: Stock) -> Mapping[str, Decimal]:
        """Find what accounts were charged with, by which goods can be sold, used or drawn."""
        sums: Sums[str] = Sums()
        for row in txn.postings:
            units = row.units
            if row.cost is None and units.currency == stock.key.currency:
                sums.add(row.account, units.number)
        return {
            account: amount
            for account, amount in sums.items()
            if amount > 0 and self._find_root(account) in {"Expenses", "Equity", "Assets"}
        }

    def _find_result(self, kind: str, stock: Stock) -> str:
        return self._chart.result(kind, stock.key.entity, stock.key.commodity, stock.category)

    def _find_root(self, account: str) -> str:
        """Under which root an account is; of Assets only such as take goods for own use."""
        root = self._roots.get(account)
        if root is None:
            chart = self._chart
            found = (
                name for name in ("Income", "Expenses", "Equity") if chart.is_under(account, name)
            )
            default = "Assets" if chart.is_own_use(account) else ""
            root = self._roots[account] = next(found, default)
        return root
