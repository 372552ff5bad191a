"""A ledger → what inventory cost on any date, and the entries that concern its allowances.

Reports of many dates need few of a ledger's entries. One pass finds them: what each posting at cost
adds to or takes off inventory, and the transactions that post to an allowance account or are
movements. The sum of all changes up to a date is the cost of the lots of that date.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.booked.claim import is_booked
from beancount_invwd.directives.chart import Allowance
from beancount_invwd.ground.money import CONTEXT

if TYPE_CHECKING:
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.report.state import Assessment


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
        entries: The movements, and whatever else was posted to an allowance account.
    """

    costs: Sequence[CostChange]
    entries: Sequence[Any]


def read_history(assessment: Assessment, entries: Sequence[Any]) -> History:
    """Read a ledger up to the date of an assessment.

    Args:
        assessment: Tells which accounts hold inventory, and which hold allowances.
        entries: All entries as loaded, those that the plugin generated among them.
    """
    if assessment.run is None:
        return History((), ())
    costs: list[CostChange] = []
    found: list[Any] = []
    chart = assessment.run.chart
    with localcontext(CONTEXT):
        for entry in entries:
            if type(entry) is not data.Transaction:
                continue
            if entry.date > assessment.as_of:
                break
            if _read(entry, chart, costs) or is_booked(entry):
                found.append(entry)
    return History(costs, found)


def _read(entry: Any, chart: Chart, costs: list[CostChange]) -> bool:
    """Note changes of cost; return whether an allowance account is posted to."""
    is_found = False
    for posting in entry.postings:
        found = chart.account(posting.account)
        if found is None:
            continue
        if isinstance(found, Allowance):
            is_found = True
        elif (cost := posting.cost) is not None:
            units = posting.units
            item = units.currency
            if not chart.items.is_excluded(item):
                amount = units.number * cost.number
                row = (entry.date, found.entity, cost.currency, item, found.account, amount)
                costs.append(CostChange._make(row))
    return is_found
