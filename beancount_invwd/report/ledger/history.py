"""A ledger → what it holds about inventory: costs, movements, balances of allowance accounts.

Reports of many dates need few of a ledger's entries. One pass finds them: what each posting at cost
adds to or takes off inventory, the movements, and what allowance accounts hold. The sum of all
changes of cost up to a date is the cost of the lots of that date.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.booked.claim import is_booked
from beancount_invwd.directives.chart import Allowance, Inventory
from beancount_invwd.ground.known import Known
from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.written import Reader, Written

if TYPE_CHECKING:
    from beancount_invwd.engine import Run


class CostChange(NamedTuple):
    """What one posting adds to the cost of inventory; what leaves is negative."""

    date: datetime.date
    entity: str
    currency: str
    commodity: str
    account: str
    cost: Decimal


@dataclass(frozen=True, slots=True)
class History:
    """What a ledger holds about inventory, in the order of dates.

    Attributes:
        costs: Every change of cost of goods that are assessed.
        written: The movements of allowances.
        ordered: Those of liabilities for what is ordered.
        balances: What allowance accounts hold at the end, positive, by account and currency.
        money: What inventory accounts hold without a cost, likewise.
        excluded: What goods cost that are not assessed, by account, currency and item.
    """

    costs: list[CostChange]
    written: list[Written]
    ordered: list[Written]
    balances: Sums[tuple[str, str]]
    money: Sums[tuple[str, str]]
    excluded: Sums[tuple[str, str, str]]


def read_history(run: Run) -> History:
    """Read a ledger up to the date of a run."""
    return run.share(_read)


def _read(run: Run) -> History:
    reading, reader = _Reading(run), Reader(run)
    homes, take = reading.homes, reading.take
    for entry in run.past:
        if type(entry) is data.Transaction:
            for posting in entry.postings:
                home = homes[posting.account]
                if home is not None or posting.cost is not None:
                    take(entry, posting, home)
            if entry.tags and is_booked(entry):
                reading.found.written.extend(reader.read(entry))
                if run.order_accounts:
                    reading.found.ordered.extend(reader.read_ordered(entry))
    return reading.found


class _Reading:
    """What was read so far."""

    def __init__(self, run: Run) -> None:
        self.homes = Known(run.account)
        self._is_aside = Known(lambda name: run.policy.match_inventory(name) is not None)
        self._is_excluded_item = Known(run.is_excluded)
        self._is_left_aside = run.is_left_aside
        self._has_excluded = bool(run.excluded)
        self.found = History([], [], [], Sums(), Sums(), Sums())

    def take(self, entry: Any, posting: Any, home: Inventory | Allowance | None) -> None:
        """Note what a posting changes of the cost of inventory, or of an allowance account."""
        found, account, units, cost = self.found, posting.account, posting.units, posting.cost
        if isinstance(home, Allowance):
            found.balances.add((account, units.currency), -units.number)
        elif cost is None:
            if home is not None:
                found.money.add((account, units.currency), units.number)
        elif home is None or self._is_excluded(posting):
            if self._is_aside[account]:  # one of inventory, even if all in it is excluded
                goods = (account, cost.currency, units.currency)
                found.excluded.add(goods, units.number * cost.number)
        else:
            amount = units.number * cost.number
            row = (entry.date, home.entity, cost.currency, units.currency, account, amount)
            found.costs.append(CostChange(*row))

    def _is_excluded(self, posting: Any) -> bool:
        """Whether the goods of a posting are not assessed: the item, or that lot of it."""
        item = posting.units.currency
        return self._is_excluded_item[item] or (
            self._has_excluded and self._is_left_aside(posting.account, item, posting.cost)
        )
