"""Transactions of whatever kind → lots over time: purchases, sales, transfers, production, pools.

Units and costs change first; then allowances go where their goods went (ACCOUNTING section 3). In
an account opened with booking `NONE` all lots of an item are one pool: units and cost are sums.

    10 WIDGET {5 USD} with an allowance of 20.00, of which 4 are sold: 8.00 are released.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.lots.index import Index
from beancount_invwd.lots.moves import (
    Addition,
    Moved,
    Outflow,
    Reduction,
    match_production,
    match_transfers,
    take_out,
)
from beancount_invwd.lots.stock import Home, Lot, Place, Pool, Stock

if TYPE_CHECKING:
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.demand import Demand

Rows = Sequence[tuple[Home, Any]]
"""Postings of a transaction, each with its inventory account."""


class General(Index):
    """The lots of the whole ledger, changed by one transaction after the other.

    Args:
        directives: Tell which accounts hold inventory, and facts and terms of lots.
        demand: Takes what was sold or used.

    Attributes:
        moved: Units that went from lot to lot since this was set to a list, else None.
    """

    def __init__(self, directives: Directives, demand: Demand) -> None:
        super().__init__(directives)
        self.moved: list[Moved] | None = None
        self._emptied: list[Pool] = []
        self._postings = directives.postings
        self._unseen = directives.unseen
        self._demand = demand

    def take_emptied(self) -> list[Pool]:
        """Take pools that ran out of units since this was last asked, but not of cost."""
        emptied, self._emptied = self._emptied, []
        return [pool for pool in emptied if not _is_refilled(pool) and _has_cost(pool)]

    def _apply_all(self, txn: Any, rows: Rows, sold: int = 0) -> Outflow | None:
        """Apply a transaction of whatever kind.

        Args:
            txn: The transaction.
            rows: Its postings to inventory accounts.
            sold: How many of these were taken out already, of lots that carry nothing.
        """
        additions, reductions = self._post(txn, rows[sold:])
        moved: list[Moved] = []
        if reductions and additions:
            moved = match_transfers(additions, reductions, self._set_terms)
            if self.moved is not None:
                self.moved += moved
            moved = [row for row in moved if row.allowance]
            if not any(self._chart.is_under(row.account, "Income") for row in txn.postings):
                moved += match_production(additions, reductions)
        for addition in additions:
            self._note_addition(txn, addition)
        left = [row for row in reductions if row.units or row.allowance]
        if self._demand.is_noted:
            for row in left:
                if row.units:
                    self._note_left(txn, row.lot.stock, row.units)
        if moved or any(row.allowance for row in left):
            return Outflow([self._tell_sold(row) for _, row in rows[:sold]] + left, moved)
        return None

    def _note_left(self, txn: Any, stock: Stock, units: Decimal) -> None:
        entity, _, commodity = stock.key
        write_off = self._chart.result("write_off", entity, commodity, stock.category)
        is_scrap = any(posting.account == write_off for posting in txn.postings)
        self._demand.note_left(stock, txn.date, units, is_scrap=is_scrap)

    def _tell_sold(self, posting: Any) -> Reduction:
        """Tell what a posting took out of a lot that carries nothing."""
        units, lot = -posting.units.number, self._by_id[id(posting.cost)]
        return Reduction(lot, units, posting.cost.number, units)

    def _post(self, txn: Any, rows: Rows) -> tuple[list[Addition], list[Reduction]]:
        """Change units and costs; allowances are given up, but go nowhere yet."""
        additions: list[Addition] = []
        reductions: list[Reduction] = []
        for home, posting in rows:
            units = posting.units
            if posting.cost is None:
                self._unseen.note(txn, posting)
                continue
            if self._chart.items.is_excluded(units.currency):
                continue
            place = self._find_place(home, posting)
            if units.number > 0:
                additions.append(self._add(txn, posting, place))
            else:
                reductions.append(self._reduce(txn, posting, place))
        return additions, reductions

    def _add(self, txn: Any, posting: Any, place: Place) -> Addition:
        units, cost = posting.units.number, posting.cost
        lot = place.find(cost)
        if lot is not None and not lot.units:
            lot = None
        known = None if lot is None else lot.facts
        own = self._postings.admit(txn, posting, known, is_pool=place.is_pool)
        is_new = lot is None
        if lot is None:
            lot = self._create(txn, posting, place, own)
        else:
            self._by_id[id(cost)] = lot
        self._change(lot, units, cost.number)
        return Addition(lot, units, cost.number, cost.date or txn.date, posting, own, is_new)

    def _reduce(self, txn: Any, posting: Any, place: Place) -> Reduction:
        lot = self._find(place, posting.cost)
        known = None if lot is None else lot.facts
        own = self._postings.admit(txn, posting, known, is_pool=place.is_pool)
        if lot is None:
            lot = self._create(txn, posting, place, own)
        units, before = -posting.units.number, lot.units
        self._change(lot, -units, posting.cost.number)
        if lot.units <= 0 < before:
            lot.drained = (txn, posting)
        return take_out(lot, units, posting.cost.number, before)

    def _change(self, lot: Lot, units: Decimal, cost_unit: Decimal) -> None:
        lot.change(units, cost_unit)
        self.touched.add(lot.stock)
        if isinstance(lot, Pool) and not lot.units:
            self._emptied.append(lot)

    def _note_addition(self, txn: Any, addition: Addition) -> None:
        """Note what of an addition is a purchase, and the age of a pool's units."""
        lot, date = addition.lot, addition.date
        if self._demand.is_noted:
            self._demand.note_bought(lot.stock, date)
        if addition.is_made:
            lot.stock.acquired = (txn, addition.posting)
        elif addition.units and date == txn.date and addition.cost_unit >= ZERO:
            lot.stock.purchase = lot.stock.acquired = (txn, addition.posting)
        if isinstance(lot, Pool) and addition.units:
            lot.add_layer(date, addition.units)


def _is_refilled(pool: Pool) -> bool:
    return any(lot.place is pool.place for lot in pool.stock.lots.values())


def _has_cost(pool: Pool) -> bool:
    return bool(round_money(abs(pool.cost), pool.stock.quantum))
