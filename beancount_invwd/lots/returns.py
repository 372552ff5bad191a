"""Units that customers bring back → the allowance that they carried when they left.

They take back what the latest releases of their lot took along, last out first back, so that the
same loss is not recognised twice (IAS 2.36(e); IFRS 15.B25, ASC 606-10-55-27):

    10 SHOE {10 USD}, allowance 30.00; 4 are sold with 12.00, and brought back: allowance 30.00

A loss that became a new cost basis meanwhile comes back locked (ASC 330-10-35-14).
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.metadata import RETURN, inherit_facts
from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.ground.shares import part_of
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.charged import Charged, takes_back
from beancount_invwd.lots.moves import Addition, Reduction, put, sum_costs
from beancount_invwd.lots.stock import Layers, Lot, Pool, Stock

if TYPE_CHECKING:
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.lots.demand import Demand
    from beancount_invwd.lots.index import Index
    from beancount_invwd.lots.places import Left
    from beancount_invwd.policy.policy import Policy


class Returns:
    """Tells what comes back, and lets it take back what it carried.

    Args:
        policy: Tells what may be reversed.
        index: Sets the terms of lots.
        chart: Tells what accounts are.
        demand: Takes what was no demand after all.
    """

    def __init__(self, policy: Policy, index: Index, chart: Chart, demand: Demand) -> None:
        self._policy = policy
        self._index = index
        self._chart = chart
        self._demand = demand

    def take(self, txn: Any, additions: Iterable[Addition]) -> list[Reduction]:
        """Let units that come back take back what they carried.

        Returns:
            What came back, also without an allowance.
        """
        is_stated = states_return(txn)
        if not is_stated and not takes_back(self._chart, txn):
            return []
        found: list[Reduction] = []
        wanted: Sums[Stock] = Sums()
        for addition in additions:
            if is_stated or (addition.date < txn.date and not addition.lot.is_pool):
                while addition.units and (
                    row := self._find_last(addition.lot, is_stated=is_stated)
                ):
                    units = addition.units
                    found.append(self._take_part(txn, addition, row))
                    if self._demand.is_noted:
                        back = (units - addition.units) * self._find_share(row)
                        wanted.add(addition.lot.stock, back)
        if self._demand.is_noted:
            self._note_back(txn, found, wanted)
        return found

    def _find_last(self, lot: Lot, *, is_stated: bool) -> Left | None:
        """Find what left a lot of this cost last, or where that is stated, the item's place."""
        left = lot.place.left
        while (row := left.last_of(lot) or (left.last() if is_stated else None)) is not None:
            if not Charged(self._chart, row.txn, lot.stock.key.currency).went_back:
                return row
            row.units = ZERO  # it went back to the supplier
        return None

    def _take_part(self, txn: Any, addition: Addition, row: Left) -> Reduction:
        """Let as many units as came back of those that left together take their share back."""
        lot, quantum = addition.lot, addition.lot.stock.quantum
        units, cost_unit = min(addition.units, row.units), addition.cost_unit
        allowance = part_of(row.allowance, units, row.units, quantum)
        locked = part_of(row.locked, units, row.units, quantum)
        row.allowance -= allowance
        row.locked -= locked
        row.units -= units
        addition.units -= units
        addition.is_back = True
        more = units * (cost_unit - row.cost_unit)  # so that they are carried at what they were
        if more:
            allowance = round_money(max(ZERO, allowance + more), quantum)
            locked = round_money(max(ZERO, locked + more), quantum)
        allowance = min(allowance, round_money(units * cost_unit, quantum))
        is_final = self._is_final(row.txn.date, txn.date)
        allowance, locked = put(lot, allowance, allowance if is_final else locked)
        self._revive(addition, row)
        if isinstance(lot, Pool):
            lacking = units
            for date, part in _take_newest(row.layers, units):
                lot.add_layer(date, part)
                lacking -= part
            lacking = min(lacking, lot.units - lot.layered)  # those that made up for a shortage
            if lacking > ZERO:
                lot.add_layer(addition.date, lacking)
        return Reduction(lot, units, cost_unit, units, allowance, locked)

    def _revive(self, addition: Addition, row: Left) -> None:
        """Give a new lot the facts and the age of the goods that come back."""
        lot, source = addition.lot, row.lot
        if not addition.is_new or addition.source is not None or lot.is_pool:
            return
        addition.source = source
        lot.facts = inherit_facts(source.facts, addition.own)
        lot.aged_since, lot.is_apart = source.aged_from, row.is_apart
        lot.bought_by = source.purchase
        self._index.set_terms(lot)

    def _find_share(self, row: Left) -> Decimal:
        """Find which share of what left was sold or used."""
        return ONE if row.is_used else self._demand.find_share(row.lot.stock, row.txn)

    def _is_final(self, left: datetime.date, back: datetime.date) -> bool:
        """Whether what units took along on a day is a new cost basis on another."""
        if self._policy.reversals == "interim":
            return left < fiscal_year_start(back, self._policy.year_end)
        return self._policy.reversals == "none"

    def _note_back(self, txn: Any, found: Sequence[Reduction], wanted: Sums[Stock]) -> None:
        """Take off demand what was none after all; what a count finds was lost, not sold."""
        for stock, costs in sum_costs((row.lot, row.cost) for row in found).items():
            if not Charged(self._chart, txn, stock.key.currency, -1).is_count(stock, costs):
                self._demand.note_back(stock, txn.date, wanted[stock])


def states_return(txn: Any) -> bool:
    """Whether a transaction says that its goods come back."""
    return txn.meta.get(RETURN) is True


def _take_newest(layers: Layers, units: Decimal) -> Layers:
    """Take the newest units out of layers, as many as there are."""
    taken: Layers = deque()
    while units > 0 and layers:
        since, left = layers.pop()
        part = min(units, left)
        taken.append((since, part))
        units -= part
        if part < left:
            layers.append((since, left - part))
    return taken
