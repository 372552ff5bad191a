"""A ledger → what it holds about inventory: costs, movements, balances of allowance accounts.

Reports of many dates need few of a ledger's entries. One pass finds them: what each posting at cost
adds to or takes off inventory, the movements, and what allowance accounts hold. The sum of all
changes of cost up to a date is the cost of the lots of that date.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.booked.claim import is_booked
from beancount_invwd.directives.chart import Allowance
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
        costs: Every change of cost.
        written: The movements.
        balances: What allowance accounts hold at the end, positive, by account and currency.
    """

    costs: Sequence[CostChange]
    written: Sequence[Written]
    balances: Sums[tuple[str, str]]


def read_history(run: Run) -> History:
    """Read a ledger up to the date of a run."""
    return run.share(_read)


def _read(run: Run) -> History:
    costs: list[CostChange] = []
    written: list[Written] = []
    balances: Sums[tuple[str, str]] = Sums()
    reader = Reader(run)
    for entry in run.past:
        if type(entry) is data.Transaction:
            for posting in entry.postings:
                _take(run, entry, posting, costs, balances)
            if is_booked(entry):
                written += reader.read(entry)
    return History(costs, written, balances)


def _take(
    run: Run,
    entry: Any,
    posting: Any,
    costs: list[CostChange],
    balances: Sums[tuple[str, str]],
) -> None:
    """Note what a posting changes of the cost of inventory, or of an allowance account."""
    units, cost = posting.units, posting.cost
    home = run.account(posting.account)
    if home is None:
        return
    if isinstance(home, Allowance):
        balances.add((posting.account, units.currency), -units.number)
    elif cost is not None and not run.is_excluded(units.currency):
        place = (home.entity, cost.currency, units.currency, home.account)
        costs.append(CostChange(entry.date, *place, units.number * cost.number))
