"""Lots against the balances of the ledger: their allowances, and their cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.history import read_history

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.movements.movement import Movement


@dataclass(frozen=True, slots=True)
class TieOut:
    """An allowance account in three ways that must give the same, all positive.

    Attributes:
        written: The sum of the movements.
        ledger: The balance of the account with its sign changed.
        lots: The allowances of all lots that post to the account, and of units whose release
            waits for the period to end.
    """

    account: str
    currency: str
    written: Decimal
    ledger: Decimal
    lots: Decimal

    @property
    def difference(self) -> Decimal:
        """What the ledger has more than the lots; 0 is how it should be."""
        return self.ledger - self.lots

    @property
    def is_tied(self) -> bool:
        """Whether all three are the same."""
        return self.written == self.ledger == self.lots


def tie_out(run: Run) -> list[TieOut]:
    """Tie the allowances of the lots to the movements and balances of the allowance accounts."""
    return run.share(_tie_out)


def _tie_out(run: Run) -> list[TieOut]:
    history, lots = read_history(run), run.allowances()
    written: Sums[tuple[str, str]] = Sums()
    for row in history.written:
        for account, change in row.changes.items():
            written.add((account, row.currency), change)
    accounts = {account for account, _ in (*lots, *written)}
    keys = {key for key in history.balances if key[0] in accounts}.union(lots, written)
    return [TieOut(*key, written[key], history.balances[key], lots[key]) for key in sorted(keys)]


@dataclass(frozen=True, slots=True)
class CostTie:
    """What an inventory account holds at cost, each part named (ACCOUNTING section 3).

    Attributes:
        lots: The cost of the lots.
        money: What is there without a cost: amounts in a currency that goods cost.
        excluded: The cost of goods that are not assessed.
        ledger: The balance of the account at cost.
        quantum: What is less than this is nothing.
    """

    account: str
    currency: str
    lots: Decimal
    money: Decimal
    excluded: Decimal
    ledger: Decimal
    quantum: Decimal

    @property
    def difference(self) -> Decimal:
        """What the ledger has more than all parts; 0 is how it should be."""
        difference = self.ledger - self.lots - self.money - self.excluded
        return difference if abs(difference) >= self.quantum else ZERO  # dust of a used up pool


def tie_cost(run: Run) -> list[CostTie]:
    """Tie the cost of the lots to the balances of the inventory accounts."""
    return run.share(_tie_cost)


def _tie_cost(run: Run) -> list[CostTie]:
    history = read_history(run)
    lots: Sums[tuple[str, str]] = Sums()
    for stock in run.stocks:
        for lot in stock.lots.values():
            lots.add((lot.account, stock.key.currency), lot.cost)
    posted = Sums(history.costs)
    excluded: Sums[tuple[str, str]] = Sums()
    for (account, currency, _), cost in history.excluded.items():
        excluded.add((account, currency), cost)
        posted.add((account, currency), cost)
    priced = {currency for _, currency in posted}
    money = Sums({key: sum_ for key, sum_ in history.money.items() if key[1] in priced})
    ledger = Sums(posted)
    for key, amount in money.items():
        ledger.add(key, amount)
    return [
        CostTie(*key, lots[key], money[key], excluded[key], ledger[key], run.quantum(key[1]))
        for key in sorted({*lots, *ledger})
    ]


def tell_cost(row: CostTie) -> str:
    """Tell what the balance of an account at cost consists of."""
    parts = [say("lots {lots:,f}", lots=row.lots)]
    parts += [say("money {money:,f}", money=row.money)] if row.money else []
    parts += [say("excluded goods {excluded:,f}", excluded=row.excluded)] if row.excluded else []
    parts += [say("neither {difference:,f}", difference=row.difference)] if row.difference else []
    return say(
        "{account}: {ledger:,f} {currency} at cost, of it {parts}",
        account=row.account,
        ledger=row.ledger,
        currency=row.currency,
        parts=", ".join(parts),
    )


def has_waiting(run: Run) -> bool:
    """Whether lots of a group carry another sum than the accounts, until that is written."""
    sums: Sums[tuple[str, str, str]] = Sums()
    rows: list[Movement] = [*run.waiting, *run.corrections]
    for row in rows:
        sums.add(row.group[:3], row.change)
    return any(sums.values())
