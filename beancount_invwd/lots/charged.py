"""A transaction → the accounts that took the cost of goods that left, by six steps.

So that each ends at the carrying amount of what left (IAS 2.34, 2.35; ACCOUNTING section 8). Units
that came back are the same with all signs turned: then the accounts are asked that gave it back.

    10 MUG {5 USD} with an allowance of 8.00 leave; Expenses:COGS:Shop took 30.00 and :Web 20.00
    of the cost (step 2): 4.80 and 3.20 of the 8.00 are theirs
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.accounts import is_below
from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.shares import share_out
from beancount_invwd.ground.sums import Sums

if TYPE_CHECKING:
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.lots.stock import Stock


class Part(NamedTuple):
    """What an account gets of an amount.

    Attributes:
        is_left: Whether no account took it (step 6): goods that went back were never lost.
    """

    account: str
    amount: Decimal
    is_left: bool = False


class Charged:
    """What a transaction charged in one currency, and how much of it was released so far.

    Args:
        chart: Tells what accounts are.
        txn: The transaction.
        currency: The cost currency of the goods.
        sign: -1 for units that came back.

    Attributes:
        is_sale: Whether the goods were sold or charged, though perhaps not in this currency.
    """

    def __init__(self, chart: Chart, txn: Any, currency: str, sign: int = 1) -> None:
        self._chart = chart
        self._sums: Sums[str] = Sums()
        self._taken: Sums[str] = Sums()
        root_of, earns, is_abroad = chart.root_of, False, False
        sums = self._sums
        for posting in txn.postings:
            account = posting.account
            root = root_of[account]
            earns = earns or root == "Income"
            if posting.cost is not None:
                continue
            number, unit = posting.units
            if sign < 0:
                number = -number
            if unit == currency:
                sums[account] = sums[account] + number if account in sums else number
            elif number > ZERO and root == "Expenses":
                is_abroad = True
        self._earns = earns
        self.is_sale = self._earns or is_abroad
        self._debits = {
            account: total
            for account, total in sums.items()
            if total > ZERO and (root_of[account] == "Expenses" or self.is_owned(account))
        }

    @property
    def went_back(self) -> bool:
        """Whether nothing was charged at all: goods went back to the supplier."""
        return not (self._debits or self.is_sale)

    def share(self, amount: Decimal, stock: Stock, costs: Sequence[Decimal]) -> list[Part]:
        """Share a release out, and note that it is.

        Args:
            amount: What is released of an item, positive.
            stock: The item.
            costs: The cost of its units that left, and of all units that left.
        """
        parts = self.find(amount, stock, costs)
        for part in parts:
            self._taken.add(part.account, part.amount)
        return parts

    def find(self, amount: Decimal, stock: Stock, costs: Sequence[Decimal]) -> list[Part]:
        """Find who gets what of an amount: the six steps, one after the other."""
        quantum, takers = stock.quantum, list(self._debits)
        single = self._find_single(costs, quantum)
        if single:
            return [Part(single, amount)]
        cogs = self._find_result("cogs", stock)
        total = sum(self._debits.values(), ZERO)
        if takers and any(abs(total - cost) <= quantum for cost in costs):
            return self._split(amount, takers, quantum)
        sold = [row for row, debit in self._sums.items() if debit > ZERO and is_below(row, cogs)]
        if sold:
            return self._split(amount, sold, quantum)
        incomes = [account for account in self._sums if self._chart.is_under(account, "Income")]
        if len(incomes) == 1:
            return [Part(incomes[0], amount)]
        if self._earns:
            return [Part(cogs, amount)]
        rest = cogs if self.is_sale else self._find_result("reversal", stock)
        return self._fill(amount, takers, rest, quantum)

    def _find_single(self, costs: Sequence[Decimal], quantum: Decimal) -> str | None:
        """Find the first account that was charged the cost, of an item before that of all."""
        for cost in costs:
            for account, debit in self._debits.items():
                if abs(debit - cost) <= quantum:
                    return account
        return None

    def find_demand(self, stock: Stock, costs: Sequence[Decimal]) -> Decimal:
        """Find which share of an item's units that left was sold or used (section 4, "Demand").

        What the write-off account, the owners or own use were charged with was not, nor what
        nobody was charged with: that went back.
        """
        wanted = self._find_wanted(stock)
        single = self._find_single(costs, stock.quantum)
        if single:
            return ONE if single in wanted else ZERO
        cogs = self._find_result("cogs", stock)
        total = sum(self._debits.values(), ZERO)
        if total and (total * 2 > costs[0] or any(is_below(row, cogs) for row in self._debits)):
            return sum(wanted.values(), ZERO) / total
        return ONE if self.is_sale else ZERO

    def is_demand(self, stock: Stock) -> bool:
        """Whether all units of an item that left were sold, whoever was charged with what."""
        return self.is_sale and len(self._find_wanted(stock)) == len(self._debits)

    def _find_wanted(self, stock: Stock) -> dict[str, Decimal]:
        """Find what was charged to others than the write-off account, the owners and own use."""
        write_off = self._find_result("write_off", stock)
        return {
            account: amount
            for account, amount in self._debits.items()
            if not (self.is_owned(account) or is_below(account, write_off))
        }

    def find_losses(self, stock: Stock) -> dict[str, Decimal]:
        """Find what accounts under Expenses other than cost of goods sold were charged."""
        cogs = self._find_result("cogs", stock)
        return {
            account: amount
            for account, amount in self._debits.items()
            if not (self.is_owned(account) or is_below(account, cogs))
        }

    def is_count(self, stock: Stock, costs: Sequence[Decimal]) -> bool:
        """Whether units that came back were found by a count: the write-off account gives most."""
        amount = round_money(max(costs[0], stock.quantum), stock.quantum)
        return self.tell_return(self.find(amount, stock, costs), stock) == "count"

    def find_nobody(self, stock: Stock, amount: Decimal) -> list[Part]:
        """Find who gets what goods could not carry any more that did not leave."""
        kind = "cogs" if self._earns else "reversal"
        return [Part(self._find_result(kind, stock), amount, is_left=True)]

    def _split(self, amount: Decimal, accounts: Sequence[str], quantum: Decimal) -> list[Part]:
        """Share an amount out in proportion to what accounts were charged."""
        return _share(amount, accounts, [self._sums[row] for row in accounts], quantum)

    def _fill(
        self, amount: Decimal, takers: Sequence[str], rest: str, quantum: Decimal
    ) -> list[Part]:
        """Give accounts at most what they were charged, those under Expenses first."""
        parts: list[Part] = []
        owned = [account for account in takers if self.is_owned(account)]
        for accounts in ([account for account in takers if account not in owned], owned):
            rooms = [self._find_room(account, quantum) for account in accounts]
            taken = min(amount, sum(rooms, ZERO))
            if taken:
                parts += _share(taken, accounts, rooms, quantum)
                amount -= taken
        return [*parts, Part(rest, amount, is_left=True)] if amount else parts

    def _find_room(self, account: str, quantum: Decimal) -> Decimal:
        """What an account was charged and earlier items did not take, in whole quanta."""
        debit = (self._sums[account] / quantum).to_integral_value(ROUND_FLOOR) * quantum
        return max(ZERO, debit - self._taken[account])

    def tell_reason(self, parts: Collection[Part], stock: Stock) -> str:
        """Tell why goods left: that of the step that takes most, or for the owners or own use."""
        if any(self.is_owned(part.account) for part in parts):
            return "own-use"
        left = [part.amount for part in parts if part.is_left]
        is_left = bool(left) and sum(left) * 2 > sum([part.amount for part in parts])
        if is_left and not self.is_sale:
            return "supplier-return"
        if self._earns:
            return "sale"
        cogs = self._find_result("cogs", stock)
        takers = (part.account for part in parts if part.is_left == is_left)
        return "sale" if any(is_below(account, cogs) for account in takers) else "use"

    def tell_return(self, parts: Iterable[Part], stock: Stock) -> str:
        """Tell why goods came back: a count found them, or a customer brought them."""
        most = max(parts, key=lambda part: part.amount)
        is_found = is_below(most.account, self._find_result("write_off", stock))
        return "count" if is_found else "customer-return"

    def is_owned(self, account: str) -> bool:
        """Whether an account takes goods for the owners, or for own use."""
        return self._chart.root_of[account] == "Equity" or self._chart.is_own_use(account)

    def _find_result(self, kind: str, stock: Stock) -> str:
        return self._chart.result(kind, stock.key.entity, stock.key.commodity, stock.category)


def _share(
    amount: Decimal, accounts: Sequence[str], weights: Sequence[Decimal], quantum: Decimal
) -> list[Part]:
    shares = share_out(amount, weights, quantum)
    shares[0] += amount - sum(shares, ZERO)  # what is less than a quantum
    return [Part(*pair) for pair in zip(accounts, shares, strict=True) if pair[1]]


def is_earning(chart: Chart, txn: Any) -> bool:
    """Whether a transaction has a posting under Income."""
    return "Income" in [chart.root_of[row.account] for row in txn.postings]


def takes_back(chart: Chart, txn: Any) -> bool:
    """Whether a transaction takes back what a sale or use charged, in whatever currency."""
    return any(
        (row.units.number < 0 and chart.is_under(row.account, "Expenses"))
        or (row.units.number > 0 and chart.is_under(row.account, "Income"))
        for row in txn.postings
    )
