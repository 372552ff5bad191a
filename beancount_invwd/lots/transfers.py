"""Units out and in again → the same goods at another place, or at another cost.

At the same unit cost they moved; at another one, as many of them, something was added to their cost
or taken off it (a late freight bill, a rebate). Either way their share of the allowance goes along.

    -60 BAR {10.00 USD, 2024-01-05}     60 BAR {11.50 USD, 2024-01-05}     freight of 90.00

Where the goods that came in are stated to be younger, or to expire at another time, they are
others: the supplier exchanged them (ACCOUNTING section 3).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.metadata import NO_FACTS, inherit_facts, show
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import part_of
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.moves import Addition, Moved, Reduction, put
from beancount_invwd.lots.stock import Lot, Pool, Stock, StockKey, take_oldest

if TYPE_CHECKING:
    from beancount_invwd.lots.index import Index

_Key = Callable[[Addition | Reduction], Hashable]


class Transfers:
    """Matches what came in with what went out in one transaction.

    Args:
        index: Sets the terms of lots, and takes what is wrong.
        txn: The transaction.

    Attributes:
        lowered: By how much re-costing lowered the cost of stocks.
    """

    def __init__(self, index: Index, txn: Any) -> None:
        self.lowered: Sums[Stock] = Sums()
        self._index = index
        self._txn = txn

    def match(self, additions: Sequence[Addition], reductions: Sequence[Reduction]) -> list[Moved]:
        """Match units of the same item at the same unit cost, in posting order.

        Returns:
            What moved, also without an allowance.
        """
        return self._match(additions, reductions, lambda row: (row.lot.stock.key, row.cost_unit))

    def match_recosted(
        self, additions: Sequence[Addition], reductions: Sequence[Reduction]
    ) -> list[Moved]:
        """Match as many units of the same item at another unit cost, in posting order.

        Returns:
            What was re-costed, also without an allowance.
        """
        sums: Sums[StockKey] = Sums()
        additions = [row for row in additions if not (row.is_other or row.is_back)]
        reductions = [row for row in reductions if not row.is_other]
        for row in additions:
            sums.add(row.lot.stock.key, row.units)
        for gone in reductions:
            sums.add(gone.lot.stock.key, -gone.units)
        even = {stock for stock, units in sums.items() if not units}
        return self._match(
            [row for row in additions if row.lot.stock.key in even],
            [row for row in reductions if row.lot.stock.key in even],
            lambda row: row.lot.stock.key,
        )

    def set_apart(self, additions: Sequence[Addition], reductions: Sequence[Reduction]) -> None:
        """Note what the supplier exchanged: other goods, neither the same nor made of them."""
        waiting: dict[StockKey, list[Reduction]] = {}
        for reduction in reductions:
            if reduction.units:
                waiting.setdefault(reduction.lot.stock.key, []).append(reduction)
        for addition in additions:
            for reduction in waiting.get(addition.lot.stock.key, ()) if addition.units else ():
                if self._are_others(reduction, addition):
                    addition.is_other = reduction.is_other = True

    def _match(
        self, additions: Sequence[Addition], reductions: Sequence[Reduction], key: _Key
    ) -> list[Moved]:
        waiting: dict[Hashable, deque[Reduction]] = {}
        for reduction in reductions:
            waiting.setdefault(key(reduction), deque()).append(reduction)
        moved = []
        for addition in additions:
            queue = waiting.get(key(addition), deque())
            for reduction in queue:
                if not addition.units:
                    break
                if reduction.units and not self._are_others(reduction, addition):
                    moved.append(self._move(reduction, addition))
            while queue and not queue[0].units:
                queue.popleft()
        return moved

    def _are_others(self, reduction: Reduction, addition: Addition) -> bool:
        """Whether what came in is stated to be younger, or to expire at another time."""
        source, expires = reduction.lot, addition.own.expires
        if expires is not None and source.facts.expires not in {None, expires}:
            return True
        is_pool = source.is_pool or addition.lot.is_pool
        return not is_pool and source.date < addition.date != self._txn.date

    def _move(self, reduction: Reduction, addition: Addition) -> Moved:
        """Let as many units as both have take their share along."""
        source, target = reduction.lot, addition.lot
        units, quantum = min(addition.units, reduction.units), source.stock.quantum
        is_recosted = reduction.cost_unit != addition.cost_unit
        carried = ZERO
        if target.units > 0:  # else they fill a shortage, and what is not there carries nothing
            allowance = part_of(reduction.allowance, units, reduction.units, quantum)
            locked = part_of(reduction.locked, units, reduction.units, quantum)
            carried, carried_locked = put(target, allowance, locked)
            over, over_locked = allowance - carried, locked - carried_locked
            if is_recosted:
                reduction.excess += over
            else:
                over, over_locked = put(source, over, over_locked)
            reduction.allowance -= carried + over
            reduction.locked -= carried_locked + over_locked
        self.lowered.add(source.stock, units * (reduction.cost_unit - addition.cost_unit))
        reduction.units -= units
        addition.units -= units
        layers = deque([(source.aged_from, units)])
        if isinstance(source, Pool):
            layers = take_oldest(reduction.layers, units)
        if isinstance(target, Pool):
            for date, part in layers:
                target.add_layer(date, part)
        elif addition.is_new:
            self._pass_on(source, addition, layers, is_recosted=is_recosted)
        reason = "re-costing" if is_recosted else "transfer"
        return Moved(source, target, units, units * reduction.cost_unit, carried, reason)

    def _pass_on(
        self, source: Lot, addition: Addition, layers: Collection[Any], *, is_recosted: bool
    ) -> None:
        """Give a new lot the facts and the age of the goods; of lots put together the oldest."""
        target = addition.lot
        since = min((date for date, _ in layers), default=None)
        if addition.source is None:
            addition.source = source
            target.facts = inherit_facts(source.facts, addition.own)
            target.is_apart = source.is_apart
            target.bought_by = source.purchase
        elif not is_recosted:
            return
        else:
            self._compare(source, addition)
            since = min(date for date in (since, target.aged_since) if date is not None)
        if since is not None:
            target.aged_since = since
        self._index.set_terms(target)

    def _compare(self, source: Lot, addition: Addition) -> None:
        """Refuse lots that are put together, if they differ in what is not stated of both."""
        known = NO_FACTS if addition.source is None else addition.source.facts
        for name in known.stated.keys() | source.facts.stated.keys():
            one, other = known.stated.get(name), source.facts.stated.get(name)
            if one != other and name not in addition.own.stated:
                told = " and ".join("not stated" if x is None else show(x) for x in (one, other))
                problem = (
                    f"{name} of the lots that are put together here is {told}; state {name} at "
                    "this posting"
                )
                self._index.refuse(self._txn, addition.posting, problem)
