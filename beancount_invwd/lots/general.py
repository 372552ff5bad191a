"""Transactions of whatever kind → lots over time: goods that move, come back, are made of others.

Units and costs change first; then allowances go where their goods went (ACCOUNTING section 3).

    10 WIDGET {5 USD} with an allowance of 20.00, of which 4 are sold: 8.00 are released.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.lots.charged import Charged, is_earning
from beancount_invwd.lots.demand import Demand, Departure
from beancount_invwd.lots.index import Index
from beancount_invwd.lots.moves import (
    Addition,
    DirectWriteDown,
    Moved,
    Outflow,
    Reduction,
    take_out,
)
from beancount_invwd.lots.places import Home, Left, Place
from beancount_invwd.lots.production import match_production
from beancount_invwd.lots.returns import Returns, states_return
from beancount_invwd.lots.stock import Lot, Pool, Stock
from beancount_invwd.lots.transfers import Transfers

if TYPE_CHECKING:
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.policy.policy import Policy

Rows = Sequence[tuple[Home, Any]]
"""Postings of a transaction, each with its inventory account."""


class General(Index):
    """The lots of the whole ledger, changed by one transaction after the other.

    Args:
        policy: Tells what may be reversed.
        directives: Tell which accounts hold inventory, and facts and terms of lots.
        demand: Takes what was sold or used.

    Attributes:
        direct: Losses that lowered cost itself.
    """

    def __init__(self, policy: Policy, directives: Directives, demand: Demand) -> None:
        super().__init__(directives)
        self.direct: list[DirectWriteDown] = []
        self._emptied: list[Pool] = []
        self._unseen = directives.unseen
        self._demand = demand
        self._returns = Returns(policy, self, directives.chart, demand)

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
        reductions = [self._take_back(posting) for _, posting in reversed(rows[:sold])][::-1]
        additions = self._post(txn, rows[sold:], reductions)
        moved, returned = self._match(txn, additions, reductions)
        for addition in additions:
            self._note_addition(txn, addition)
        return self._let_go(txn, reductions, moved, returned)

    def _let_go(
        self,
        txn: Any,
        reductions: Sequence[Reduction],
        moved: Sequence[Moved] = (),
        returned: Sequence[Reduction] = (),
    ) -> Outflow | None:
        """Note what left, and tell what it took along."""
        self._note_left(txn, reductions)
        left: list[Reduction] = []
        for row in reductions:
            left += [row] if row.units or row.allowance else []
            left += [row.split_excess()] if row.excess else []
        moved = [row for row in moved if row.allowance]
        if moved or any(row.allowance for row in (*left, *returned)):
            return Outflow(left, moved, returned)
        return None

    def _match(
        self, txn: Any, additions: Sequence[Addition], reductions: Sequence[Reduction]
    ) -> tuple[list[Moved], list[Reduction]]:
        """Find what moved and what came back; what is left was bought, sold, used or made."""
        if not (additions and reductions):
            return [], self._returns.take(txn, additions) if additions else []
        transfers, made = Transfers(self, txn), []
        moved = transfers.match(additions, reductions)
        returned = self._returns.take(txn, additions)
        transfers.set_apart(additions, reductions)
        if not is_earning(self._chart, txn):
            if not states_return(txn):
                moved += transfers.match_recosted(additions, reductions)
            made = match_production(additions, reductions)
        for stock, amount in transfers.lowered.items():
            losses = self._charge(txn, stock).find_losses(stock) if amount > ZERO else {}
            loss = min(amount, sum(losses.values(), ZERO))
            if loss > ZERO:
                self.direct.append(DirectWriteDown(stock, txn, next(iter(losses)), loss))
        return moved + made, returned

    def _note_left(self, txn: Any, rows: Sequence[Reduction]) -> None:
        """Note units that are gone, until they come back; what was exchanged does not."""
        demand = self._demand
        if demand.is_noted:
            costs = [(row.lot, row.cost) for row in rows]
            demand.note_departure(Departure(self._chart, txn, costs))
        for row in rows:
            lot = row.lot
            if not row.units or row.is_other or lot.is_excluded:
                continue
            taken = (row.units, row.cost_unit, row.allowance, row.locked, row.layers, row.is_used)
            lot.place.left.rows.append(Left(lot, txn, lot.is_apart, *taken))
            if demand.is_noted:
                demand.note_left(lot.stock, txn, row.units, is_used=row.is_used)

    def _charge(self, txn: Any, stock: Stock) -> Charged:
        """What a transaction charged in the currency of a stock."""
        return Charged(self._chart, txn, stock.key.currency)

    def _take_back(self, posting: Any) -> Reduction:
        """Tell what a posting took out of a lot that carries nothing; it did not leave yet."""
        units, lot = -posting.units.number, self._by_id[id(posting.cost)]
        lot.place.left.rows.pop()
        return Reduction(lot, units, posting.cost.number, units)

    def _post(self, txn: Any, rows: Rows, reductions: list[Reduction]) -> list[Addition]:
        """Change units and costs; allowances are given up, but go nowhere yet."""
        additions: list[Addition] = []
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
        return additions

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
            self._note_cost(cost, lot)
        self._change(lot, units, cost.number)
        date = cost.date or txn.date
        return Addition(lot, units, cost.number, date, posting, own, is_new)

    def _reduce(self, txn: Any, posting: Any, place: Place) -> Reduction:
        lot = self._find(place, posting.cost)
        known = None if lot is None else lot.facts
        own = self._postings.admit(txn, posting, known, is_pool=place.is_pool)
        if lot is None:
            lot = self._create(txn, posting, place, own)
        return self._take(txn, posting, lot)

    def _take(self, txn: Any, posting: Any, lot: Lot) -> Reduction:
        """Take units out of a lot, with what they carry."""
        units, before = -posting.units.number, lot.units
        self._change(lot, -units, posting.cost.number)
        if lot.units <= 0 < before:
            lot.drained = (txn, posting)
        return take_out(lot, units, posting.cost.number, before)

    def _change(self, lot: Lot, units: Decimal, cost_unit: Decimal) -> None:
        lot.change(units, cost_unit)
        if not lot.is_excluded:
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
            lot.stock.note_purchase((txn, addition.posting))
        if isinstance(lot, Pool) and addition.units:
            lot.add_layer(date, addition.units)


def _is_refilled(pool: Pool) -> bool:
    return any(lot.place is pool.place for lot in pool.stock.lots.values())


def _has_cost(pool: Pool) -> bool:
    return bool(round_money(abs(pool.cost), pool.stock.quantum))
