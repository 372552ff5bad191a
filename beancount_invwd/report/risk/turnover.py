"""Transactions → how fast goods leave: demand per day, days of supply, days since the last sale.

Units count when they were sold or used. Transfers do not count, nor do goods that were thrown away
against the write-off account: nobody wanted those. (The engine's `Demand`, by which policies lower
cost, has them in it.)

    90 units sold in 365 days, 60 on hand: 60 ÷ (90 ÷ 365) = 243 days of supply
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.ground.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import StockKey
    from beancount_invwd.report.state import Assessment

WINDOW = 365
_Place = tuple[str, str, str]  # entity, cost currency, item


@dataclass(frozen=True, slots=True)
class Turnover:
    """What left of an item.

    Attributes:
        units: Units that were sold or used within the window.
        days: The days of the window; fewer if the item is younger.
        since: The first purchase.
        last: The date when units were last sold or used, or else first bought.
    """

    units: Decimal
    days: int
    since: datetime.date
    last: datetime.date

    def find_supply(self, units: Decimal) -> Decimal | None:
        """For how many days units last; None if nothing was sold or used."""
        return units * self.days / self.units if self.units else None

    def find_sales(self, days: int) -> Decimal:
        """How many units would be sold or used in some days."""
        return self.units * days / self.days


def find_turnover(assessment: Assessment, entries: Sequence[Any]) -> Mapping[StockKey, Turnover]:
    """Find the turnover of every item that was ever on hand, as of the date of an assessment."""
    run = assessment.run
    if run is None:
        return {}
    flows = _Flows(run)
    day = assessment.as_of
    opening = day - datetime.timedelta(min(WINDOW, (day - datetime.date.min).days))
    for entry in entries:
        if entry.date > day:
            break
        if type(entry) is data.Transaction:
            flows.take(entry, is_recent=entry.date > opening)
    return {key: flows.sum_up(key, day) for key in run.timeline.books.stocks}


class _Flows:
    """Units that left, by item."""

    def __init__(self, run: Run) -> None:
        self._chart = run.chart
        self._entities: dict[str, str | None] = {}
        self._sold: dict[_Place, Decimal] = {}
        self._first: dict[_Place, datetime.date] = {}
        self._last: dict[_Place, datetime.date] = {}
        self._write_offs = {
            run.chart.result("write_off", key.entity, key.commodity, stock.category)
            for key, stock in run.timeline.books.stocks.items()
        }

    def take(self, txn: Any, *, is_recent: bool) -> None:
        net: dict[tuple[_Place, Decimal], Decimal] = {}  # at one unit cost: else it is no transfer
        for posting in txn.postings:
            cost = posting.cost
            if cost is not None and (entity := self._find_entity(posting.account)) is not None:
                place = (entity, cost.currency, posting.units.currency)
                key = (place, cost.number)
                net[key] = net.get(key, ZERO) + posting.units.number
        if not net:
            return
        is_thrown_away = any(posting.account in self._write_offs for posting in txn.postings)
        for (place, _), units in net.items():
            self._first.setdefault(place, txn.date)
            if units < 0 and not is_thrown_away:
                self._last[place] = txn.date
                if is_recent:
                    self._sold[place] = self._sold.get(place, ZERO) - units

    def _find_entity(self, account: str) -> str | None:
        if account not in self._entities:
            found = self._chart.inventory(account)
            self._entities[account] = None if found is None else found.entity
        return self._entities[account]

    def sum_up(self, key: StockKey, day: datetime.date) -> Turnover:
        place: _Place = (key.entity, key.currency, key.commodity)
        since = self._first.get(place, day)
        days = max(1, min(WINDOW, (day - since).days))
        return Turnover(self._sold.get(place, ZERO), days, since, self._last.get(place, since))
