"""A ledger → what it holds about inventory: costs, movements, balances of allowance accounts.

Reports of many dates need few of a ledger's entries. One pass finds them: what postings at cost add
to or take off inventory, the movements, and what allowance accounts hold. The sum of all changes of
cost up to a date is the cost of the lots of that date; only charts ask for each of them.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.booked.claim import is_booked
from beancount_invwd.directives.chart import Allowance, Inventory
from beancount_invwd.ground.known import Known
from beancount_invwd.ground.money import ZERO
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
        costs: What goods cost that are assessed, by account and currency.
        written: The movements of allowances.
        ordered: Those of liabilities for what is ordered.
        balances: What allowance accounts hold at the end, positive, by account and currency.
        money: What inventory accounts hold without a cost, likewise.
        excluded: What goods cost that are not assessed, by account, currency and item.
        postings: Those to inventory or allowance accounts and those below them, by what they post.
        given: Transactions by which goods left without a result.
    """

    costs: Sums[tuple[str, str]]
    written: list[Written]
    ordered: list[Written]
    balances: Sums[tuple[str, str]]
    money: Sums[tuple[str, str]]
    excluded: Sums[tuple[str, str, str]]
    postings: defaultdict[str, list[Any]]
    given: list[Any]


def read_history(run: Run) -> History:
    """Read a ledger up to the date of a run."""
    return run.share(_read)


def list_cost_changes(run: Run) -> list[CostChange]:
    """List every change of cost of goods that are assessed, in the order of dates."""
    return run.share(_list_cost_changes)


def _read(run: Run) -> History:
    reading, reader = _Reading(run), Reader(run)
    found, is_near, take = reading.found, reading.is_near, reading.take
    for entry in run.past:
        if type(entry) is data.Transaction:
            is_out = False
            for posting in entry.postings:
                if posting.cost is not None or is_near[posting.account]:
                    is_out = take(posting) or is_out
            if is_out and not run.is_result(entry):
                found.given.append(entry)
            if entry.tags and is_booked(entry):
                found.written.extend(reader.read(entry))
                if run.order_accounts:
                    found.ordered.extend(reader.read_ordered(entry))
    return found


def _list_cost_changes(run: Run) -> list[CostChange]:
    scope, found, make = _Scope(run), [], partial(tuple.__new__, CostChange)  # quicker than calling
    for entry in run.past:
        if type(entry) is data.Transaction:
            row: Any
            for row in entry.postings:
                if (cost := row.cost) is not None and (home := scope.find_home(row)) is not None:
                    units, amount = row.units, row.units.number * cost.number
                    place = entry.date, home.entity, cost.currency, units.currency
                    found.append(make((*place, row.account, amount)))
    return found


class _Scope:
    """Which goods are assessed."""

    def __init__(self, run: Run) -> None:
        self._homes = Known(run.inventory)
        self._is_excluded_item = Known(run.is_excluded)
        self._is_left_aside = run.is_left_aside
        self._has_excluded = bool(run.excluded)

    def find_home(self, posting: Any) -> Inventory | None:
        """The inventory account of goods at cost; None if they, or that lot, are not assessed."""
        item = posting.units.currency
        if self._is_excluded_item[item] or (
            self._has_excluded and self._is_left_aside(posting.account, item, posting.cost)
        ):
            return None
        return self._homes[posting.account]


class _Reading:
    """What was read so far.

    Attributes:
        is_near: Whether an account is one of inventory or of allowances, or below one.
    """

    def __init__(self, run: Run) -> None:
        self._accounts = Known(run.account)
        self._is_aside = Known(lambda name: run.policy.match_inventory(name) is not None)
        self._find_home = _Scope(run).find_home
        self.is_near = Known(self._find_near)
        self.found = History(Sums(), [], [], Sums(), Sums(), Sums(), defaultdict(list), [])

    def _find_near(self, name: str) -> bool:
        above = name.rpartition(":")[0]
        is_ours = self._accounts[name] is not None or self._is_aside[name]
        return is_ours or (bool(above) and self.is_near[above])

    def take(self, posting: Any) -> bool:
        """Note what a posting changes of inventory or allowances; whether goods leave by it."""
        found, account, units, cost = self.found, posting.account, posting.units, posting.cost
        item, number, home = units.currency, units.number, self._accounts[account]
        found.postings[item].append(posting)
        if isinstance(home, Allowance):
            found.balances.add((account, item), -number)
        elif cost is None:
            if home is not None:
                found.money.add((account, item), number)
        elif self._find_home(posting) is not None:
            found.costs.add((account, cost.currency), number * cost.number)
        elif self._is_aside[account]:  # one of inventory, even if all in it is excluded
            found.excluded.add((account, cost.currency, item), number * cost.number)
        return cost is not None and number < ZERO
