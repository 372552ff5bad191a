"""Which accounts a release credits, so that they end at the carrying amount (ACCOUNTING section 8).

what left, the other postings of its transaction -> accounts with amounts.

Example:
    Ten sofas (cost 100.00, allowance 30.00) burn, the insurer owes 80.00, 20.00 are charged to
    Expenses:Inventory:Write-Off: step 5 takes 20.00 back from there, step 6 gives 10.00 to the
    reversal account.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from beancount.core import data

from tests.support.rules.chart import Chart
from tests.support.rules.exact import ZERO, Money, half_up, number_of, round_down, share_out
from tests.support.rules.goods import Entry, Item, Journal, Legs

SUPPLIER: Final = "supplier-return"


class Charge(NamedTuple):
    """Part of a release that an account gets, and by which step."""

    step: int
    account: str
    amount: Money


class Piece(NamedTuple):
    """What one lot has in a release: amount and cost of its units that left or came back."""

    item: Item
    group: str
    contra: str
    amount: Money
    cost: Fraction


class Charges:
    """The postings of a transaction without cost, in one currency, and what they took so far.

    Args:
        chart: Accounts and items.
        transaction: The transaction.
        currency: Cost currency of the units.
        sign: 1 for units that left; -1 for units that came back: all amounts the other way.

    Attributes:
        is_charged_abroad: Whether there is a debit under Expenses in another currency: it takes no
            release, but goods that were charged did not go back to the supplier.
    """

    def __init__(
        self, chart: Chart, transaction: data.Transaction, currency: str, sign: int = 1
    ) -> None:
        self.chart = chart
        self.sign = sign
        self.quantum = chart.quantum(currency)
        self.sums: dict[str, Fraction] = {}
        self.taken: dict[str, Money] = {}
        self.has_income = any(
            chart.is_under(posting.account, "income") for posting in transaction.postings
        )
        self.is_charged_abroad = False
        for posting in transaction.postings:
            units, account = posting.units, posting.account
            if posting.cost is None and units is not None and units.currency == currency:
                self.sums[account] = self.sums.get(account, ZERO) + sign * number_of(units)
            elif posting.cost is None and units is not None and chart.is_under(account, "expenses"):
                self.is_charged_abroad |= sign * number_of(units) > 0

    def is_charged(self, account: str) -> bool:
        """Whether an account can have taken the cost: Expenses, Equity, own use."""
        is_pnl = any(self.chart.is_under(account, root) for root in ("expenses", "equity"))
        return is_pnl or self.chart.is_own_use(account)

    def share(
        self, amount: Money, item: Item, cost_item: Fraction, cost_all: Fraction
    ) -> list[Charge]:
        """Share a release of an item out over the accounts that took its cost.

        Args:
            amount: What is released.
            item: Entity, commodity and currency.
            cost_item: Cost of the item's units that left.
            cost_all: Cost of all units that left in the entity and currency.
        """
        charges = self.find(amount, item, (cost_item, cost_all))
        for charge in charges:
            self.taken[charge.account] = self.taken.get(charge.account, ZERO) + charge.amount
        return charges

    def find(self, amount: Money, item: Item, costs: tuple[Fraction, Fraction]) -> list[Charge]:
        """Take the six steps one after the other."""
        entity, commodity, _ = item
        cogs = self.chart.pnl_account("cogs", commodity, entity)
        debits = [account for account in self.sums if self.sums[account] > 0]
        charged = [account for account in debits if self.is_charged(account)]
        if single := self.find_single(charged, costs):
            return [Charge(1, single, amount)]
        together = sum((self.sums[account] for account in charged), ZERO)
        if charged and any(self.is_about(together, cost) for cost in costs):
            return self.in_proportion(2, amount, charged)
        if below := [account for account in debits if self.chart.is_below(account, cogs)]:
            return self.in_proportion(3, amount, below)
        income = [account for account in self.sums if self.chart.is_under(account, "income")]
        if len(income) == 1:
            return [Charge(4, income[0], amount)]
        if self.has_income:
            return [Charge(6, cogs, amount)]
        rest = "cogs" if self.is_charged_abroad else "reversal"
        return self.up_to_debits(amount, charged, self.chart.pnl_account(rest, commodity, entity))

    def find_single(self, charged: Sequence[str], costs: Sequence[Fraction]) -> str | None:
        """Return the first account whose sum is the item's cost, else that of all units."""
        for cost in costs:
            for account in charged:
                if self.is_about(self.sums[account], cost):
                    return account
        return None

    def is_about(self, amount: Fraction, cost: Fraction) -> bool:
        """Whether two amounts are equal, to one quantum."""
        return abs(amount - cost) <= self.quantum

    def in_proportion(self, step: int, amount: Money, accounts: Sequence[str]) -> list[Charge]:
        """Share an amount out in proportion to what was charged."""
        shares = share_out(amount, [self.sums[account] for account in accounts], self.quantum)
        return [Charge(step, *pair) for pair in zip(accounts, shares, strict=True)]

    def up_to_debits(self, amount: Money, charged: Sequence[str], rest: str) -> list[Charge]:
        """Give each account at most what it was charged, expenses first; the rest is a gain."""
        charges: list[Charge] = []
        expenses = [account for account in charged if self.chart.is_under(account, "expenses")]
        for accounts in (expenses, [account for account in charged if account not in expenses]):
            debits = [
                max(
                    ZERO,
                    round_down(self.sums[account], self.quantum) - self.taken.get(account, ZERO),
                )
                for account in accounts
            ]
            part = min(amount, sum(debits, ZERO))
            amount -= part
            shares = share_out(part, debits, self.quantum)
            charges += [Charge(5, *pair) for pair in zip(accounts, shares, strict=True)]
        return [*charges, Charge(6, rest, amount)]

    def find_rest(self, account: str) -> Money:
        """Return what an account was charged and earlier items did not take, in whole quanta."""
        debit = round_down(self.sums[account], self.quantum)
        return max(ZERO, debit - self.taken.get(account, ZERO))

    def find_reason(self, charges: Sequence[Charge]) -> str:
        """Return why units left: own use, back to the supplier, or `other` (a sale or use)."""
        taking = [charge for charge in charges if charge.amount > 0]
        if any(self.is_owners(charge.account) for charge in taking):
            return "own-use"
        steps: dict[int, Money] = {}
        for charge in taking:
            steps[charge.step] = steps.get(charge.step, ZERO) + charge.amount
        most = max(steps, key=lambda step: steps[step], default=6)
        return SUPPLIER if most == 6 and not self.is_sale() else "other"

    def is_sale(self) -> bool:
        """Whether what no step took was charged or sold all the same."""
        return self.has_income or self.is_charged_abroad

    def is_owners(self, account: str) -> bool:
        """Whether an account takes goods for the owners or for own use."""
        return self.chart.is_under(account, "equity") or self.chart.is_own_use(account)


def find_demand(charges: Charges, item: Item, costs: tuple[Fraction, Fraction]) -> Fraction:
    """Return the share of an item's units that were sold or used.

    All or nothing where one account took their cost; where accounts took more than half of it, or
    cost of goods sold took any, in proportion; else all if they were booked under Income.
    """
    chart, (entity, commodity, _) = charges.chart, item
    scrap = chart.pnl_account("write_off", commodity, entity)
    cogs = chart.pnl_account("cogs", commodity, entity)
    debits = {account: sum_ for account, sum_ in charges.sums.items() if sum_ > 0}
    debits = {account: sum_ for account, sum_ in debits.items() if charges.is_charged(account)}
    expenses = [account for account in debits if chart.is_under(account, "expenses")]
    wanted = [account for account in expenses if not chart.is_below(account, scrap)]
    if single := charges.find_single(list(debits), costs):
        return Fraction(single in wanted)
    total = sum(debits.values(), ZERO)
    is_sold = any(chart.is_below(account, cogs) for account in debits)
    if total > 0 and (is_sold or total * 2 > costs[0]):
        return sum((debits[account] for account in wanted), ZERO) / total
    return Fraction(charges.is_sale())


def went_back(charges: Charges) -> bool:
    """Whether goods went back to the supplier: nothing was charged for them."""
    is_charged = any(sum_ > 0 and charges.is_charged(name) for name, sum_ in charges.sums.items())
    return not (is_charged or charges.is_sale())


def write_releases(pieces: Sequence[Piece], charges: Charges, journal: Journal) -> None:
    """Release what units took along, or take back what units that came back carried."""
    carrying = [piece for piece in pieces if piece.amount > 0]
    for item, group in dict.fromkeys((piece.item, piece.group) for piece in carrying):
        here = [piece for piece in carrying if (piece.item, piece.group) == (item, group)]
        amount = sum((piece.amount for piece in here), ZERO)
        parts = charges.share(amount, item, *find_costs(pieces, item))
        legs = journal.setdefault(Entry("release", item[0], item[2], group), Legs())
        for part in parts:
            legs.post(part.account, -charges.sign * part.amount)
        for piece in here:
            legs.post(piece.contra, charges.sign * piece.amount)
        legs.reasons.add(name_reason(charges, parts, item))


def find_costs(pieces: Sequence[Piece], item: Item) -> tuple[Fraction, Fraction]:
    """Return the cost of an item's units, and of all units of the entity and currency."""
    costs: dict[Item, Fraction] = {}
    for piece in pieces:
        costs[piece.item] = costs.get(piece.item, ZERO) + piece.cost
    near = [cost for other, cost in costs.items() if (other[0], other[2]) == (item[0], item[2])]
    return costs[item], sum(near, ZERO)


def name_reason(charges: Charges, parts: Sequence[Charge], item: Item) -> str:
    """Return the reason of a release, or of one with the sign turned."""
    if charges.sign > 0:
        return charges.find_reason(parts)
    return "count" if is_count(charges, parts, item) else "customer-return"


def is_count(charges: Charges, parts: Sequence[Charge], item: Item) -> bool:
    """Whether units were found by a count: the write-off account takes most of the credit."""
    scrap = charges.chart.pnl_account("write_off", item[1], item[0])
    return charges.chart.is_below(max(parts, key=lambda part: part.amount).account, scrap)


def finds_count(charges: Charges, item: Item, costs: tuple[Fraction, Fraction]) -> bool:
    """Whether units that came back were found by a count, by where their cost was credited."""
    amount = half_up(max(costs[0], charges.quantum), charges.quantum)
    return is_count(charges, charges.find(amount, item, costs), item)
