"""Transactions → lots over time: purchases, sales, transfers, production, pools.

A sale releases its share of the allowance of the lot that it takes units out of. In an account
opened with booking `NONE` all lots of an item are one pool: units and cost are sums.

    10 WIDGET {5 USD} with an allowance of 20.00, of which 4 are sold: 8.00 are released.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.facts import NO_FACTS
from beancount_invwd.flows import (
    Addition,
    Moved,
    Outflow,
    Reduction,
    match_production,
    match_transfers,
)
from beancount_invwd.money import ZERO, part_of, round_money
from beancount_invwd.stock import NO_LIMIT, Home, Lot, Pool, Stock, StockKey, carry

if TYPE_CHECKING:
    from beancount_invwd.demand import Demand
    from beancount_invwd.facts import Facts
    from beancount_invwd.scope import Scope

_Rows = Sequence[tuple[Home, Any]]
_PLAIN = 2  # filename and lineno: metadata that says nothing


class Books:
    """The lots of the whole ledger as of the last transaction that was applied.

    Args:
        scope: Tells which accounts hold inventory, and facts and terms of lots.
        demand: Takes what was sold or used.

    Attributes:
        stocks: The stocks of all items, in the order in which they were first seen.
        touched: Stocks that changed since this was last cleared.
        seen: Commodity, account and label of every lot there ever was, if directives may name it.
    """

    def __init__(self, scope: Scope, demand: Demand) -> None:
        self.stocks: dict[StockKey, Stock] = {}
        self.by_commodity: dict[str, list[Stock]] = {}
        self.touched: set[Stock] = set()
        self.seen: set[tuple[str, str, str | None]] = set()
        self._emptied: list[Pool] = []
        self._homes = _Homes(scope.find_home)
        self._by_id: dict[int, Lot] = {}  # by the identity of their cost, which booking keeps
        self._scope = scope
        self._demand = demand
        self._numbers = 0
        self._has_directives = bool(scope.directives)

    def close(self) -> None:
        """Let go of the lots, so that nothing refers to itself and waits for the collector."""
        for stock in self.stocks.values():
            stock.lots.clear()

    def apply(self, txn: Any) -> Outflow | None:
        """Apply a transaction: units and costs first, then allowances by what moved where.

        Returns:
            What happened to allowances; None if no lot that was reduced carried one.
        """
        homes, by_id = self._homes, self._by_id
        sold, bought = [], []
        for posting in txn.postings:
            lot = by_id.get(id(posting.cost))
            if lot is None:
                home = homes[posting.account]
                if home is not None:
                    bought.append((home, posting))
                continue
            units, meta = posting.units, posting.meta
            if (
                lot.allowance
                or (number := units.number) >= ZERO
                or (left := lot.units + number) < ZERO
                or lot.is_pool
                or lot.account != posting.account
                or lot.stock.key.commodity != units.currency
                or (meta and len(meta) > _PLAIN and self._scope.states_facts(meta))
            ):
                break
            sold.append((lot, number, left))
        else:  # what most transactions do, the short way
            if not bought and (not sold or self._sell_plainly(txn, sold)):
                return None
            if not sold and self._buy_plainly(txn, bought):
                return None
        return self._apply(txn)

    def _sell_plainly(self, txn: Any, sold: Sequence[tuple[Lot, Decimal, Decimal]]) -> bool:
        """Take units out of lots that carry no allowance, if no lot is there twice.

        Args:
            txn: The transaction.
            sold: The lots, negative units, and what is left of the lots.
        """
        if len(sold) > 1 and len({row[0].number for row in sold}) < len(sold):
            return False
        touched = self.touched
        for lot, number, left in sold:
            stock = lot.stock
            lot.units = left
            stock.units += number
            stock.cost += number * lot.cost_unit
            if not left:
                del stock.lots[lot.number]
            touched.add(stock)
            if self._demand.is_asked:
                self._demand.note(stock, txn.date, -number)
        return True

    def _buy_plainly(self, txn: Any, rows: _Rows) -> bool:
        """Add new lots of which nothing particular is stated, if that is all there is."""
        states_facts = self._scope.states_facts
        found = []
        for home, posting in rows:
            cost, units, meta = posting.cost, posting.units, posting.meta
            if cost is None or (number := units.number) <= ZERO:
                return False
            stock = home.plain.get(units.currency) or self._open_plain(home, posting)
            if (
                stock is None
                or stock.key.currency != cost.currency
                or (meta and len(meta) > _PLAIN and states_facts(meta))
            ):
                return False
            found.append((home, stock, cost, number, (txn, posting)))
        meta = txn.meta
        if len(meta) > _PLAIN and states_facts(meta):
            return False
        for row in found:
            self._buy(*row)
        return True

    def _buy(
        self, home: Home, stock: Stock, cost: Any, units: Decimal, origin: tuple[Any, Any]
    ) -> None:
        cost_unit, date = cost.number, cost.date
        lot = None
        if date <= home.newest:
            lot = home.find(origin[1])
        if lot is None or not lot.units:
            self._numbers = number = self._numbers + 1
            lot = Lot(
                stock, home.account, cost_unit, date, cost.label, number, date, NO_FACTS,
                origin, stock.terms,
            )  # fmt: skip
            home.add(lot)
            stock.lots[number] = lot
            if self._has_directives:
                self.seen.add((stock.key.commodity, home.account, cost.label))
        self._by_id[id(cost)] = lot
        lot.units += units
        stock.units += units
        stock.cost += units * cost_unit
        if cost_unit > stock.cost_unit_highest:  # noqa: PLR1730 (a call would cost more)
            stock.cost_unit_highest = cost_unit
        if stock.first is None or date < stock.first:
            stock.first = date
        if date == origin[0].date:
            stock.purchase = stock.acquired = origin
        self.touched.add(stock)

    def _open_plain(self, home: Home, posting: Any) -> Stock | None:
        """Find the stock of goods that an account takes without a look at what else is stated."""
        commodity, currency = posting.units.currency, posting.cost.currency
        if home.is_pool or not home.is_plain or self._scope.is_excluded(commodity):
            return None
        stock = self._find_stock(StockKey(home.entity, currency, commodity))
        home.stocks[commodity, currency] = stock
        if self._scope.set_plain_terms(stock):
            home.plain[commodity] = stock
            return stock
        return None

    def _apply(self, txn: Any) -> Outflow | None:
        """Apply a transaction of whatever kind."""
        homes = self._homes
        rows = [(home, row) for row in txn.postings if (home := homes[row.account]) is not None]
        additions, reductions = self._post(txn, rows)
        moved: list[Moved] = []
        if reductions and additions:
            moved = match_transfers(additions, reductions, self._scope.set_terms)
            if not any(self._scope.is_income(posting.account) for posting in txn.postings):
                moved += match_production(additions, reductions)
        for addition in additions:
            self._settle(txn, addition)
        reductions = [row for row in reductions if row.units]
        if self._demand.is_asked:
            for row in reductions:
                self._demand.note(row.lot.stock, txn.date, row.units)
        if moved or any(row.allowance for row in reductions):
            return Outflow(reductions, moved)
        return None

    def _post(self, txn: Any, rows: _Rows) -> tuple[list[Addition], list[Reduction]]:
        """Change units and costs; allowances are given up, but go nowhere yet."""
        additions: list[Addition] = []
        reductions: list[Reduction] = []
        for home, posting in rows:
            units = posting.units
            if posting.cost is None:
                self._scope.note_uncosted(txn, posting)
            elif self._scope.is_excluded(units.currency):
                continue
            elif units.number > 0:
                additions.append(self._add(txn, posting, home))
            else:
                reductions.append(self._reduce(txn, posting, home))
        return additions, reductions

    def _add(self, txn: Any, posting: Any, home: Home) -> Addition:
        units, cost = posting.units.number, posting.cost
        lot = home.find(posting)
        if lot is not None and not lot.units:
            lot = None
        own = self._scope.admit(txn, posting, home, lot)
        is_new = lot is None
        if lot is None:
            lot = self._create(txn, posting, home, own)
        else:
            self._by_id[id(cost)] = lot
        self._change(lot, units, cost.number)
        return Addition(lot, units, cost.number, posting, own, is_new)

    def _reduce(self, txn: Any, posting: Any, home: Home) -> Reduction:
        units, cost_unit = -posting.units.number, posting.cost.number
        lot = self._find(home, posting)
        if lot is None:
            own = self._scope.admit(txn, posting, home, None)
            lot = self._create(txn, posting, home, own)
        else:
            self._scope.admit(txn, posting, home, lot)
        before, was_on_hand = lot.units, lot.units > 0
        self._change(lot, -units, cost_unit)
        if lot.units <= 0 and (was_on_hand or lot.drained is None):
            lot.drained = (txn, posting)
        allowance, locked = _give_up(lot, units, before) if lot.allowance else (ZERO, ZERO)
        layers = lot.take_layers(units) if isinstance(lot, Pool) else [(lot.aged_from, units)]
        return Reduction(lot, units, cost_unit, allowance, locked, layers)

    def is_on_hand(self, item: str) -> bool:
        """Whether there are units of an item anywhere."""
        return any(
            lot.units > 0
            for stock in self.by_commodity.get(item, ())
            for lot in stock.lots.values()
        )

    def sum_cost(self, entity: str, currency: str) -> Decimal:
        """The cost of all inventory on hand of an entity in a currency."""
        return sum(
            (
                lot.cost
                for stock in self.stocks.values()
                if (stock.key.entity, stock.key.currency) == (entity, currency)
                for lot in stock.lots.values()
                if lot.units > 0
            ),
            ZERO,
        )

    def take_emptied(self) -> list[Pool]:
        """Take pools that ran out of units since this was last asked, but not of cost."""
        emptied, self._emptied = self._emptied, []
        return [pool for pool in emptied if not _is_refilled(pool) and _has_cost(pool)]

    def _find(self, home: Home, posting: Any) -> Lot | None:
        """Find the lot of a posting: by identity of its cost, which booking keeps, or by value."""
        lot = self._by_id.get(id(posting.cost))
        if (
            lot is not None
            and lot.units
            and lot.account == posting.account
            and lot.stock.key.commodity == posting.units.currency
        ):
            return lot
        lot = home.find(posting)
        if lot is None or not lot.units:
            return None
        self._by_id[id(posting.cost)] = lot
        return lot

    def _create(self, txn: Any, posting: Any, home: Home, own: Facts) -> Lot:
        lot = self._make(txn, posting, home, own)
        if isinstance(lot, Pool):
            before = home.find(posting)
            lot.cost_total = before.cost if before is not None else ZERO
            lot.stock.cost += lot.cost_total
            lot.stock.cost_unit_highest = NO_LIMIT  # its unit cost is not that of a posting
        home.add(lot)
        self._enter(lot, posting)
        return lot

    def _make(self, txn: Any, posting: Any, home: Home, own: Facts) -> Lot:
        cost, commodity = posting.cost, posting.units.currency
        stock = home.stocks.get((commodity, cost.currency))
        if stock is None:
            stock = self._find_stock(StockKey(home.entity, cost.currency, commodity))
            home.stocks[commodity, cost.currency] = stock
        make = Pool if home.is_pool else Lot
        label = None if home.is_pool else cost.label
        self._numbers += 1
        return make(
            stock, home.account, cost.number, cost.date, label, self._numbers, cost.date, own,
            (txn, posting),
        )  # fmt: skip

    def _enter(self, lot: Lot, posting: Any) -> None:
        """Enter a new lot where it will be looked for."""
        self._scope.set_terms(lot)
        self._by_id[id(posting.cost)] = lot
        lot.stock.lots[lot.number] = lot
        if self._has_directives:
            self.seen.add((lot.stock.key.commodity, lot.account, lot.label))

    def _find_stock(self, key: StockKey) -> Stock:
        stock = self.stocks.get(key)
        if stock is None:
            stock = self.stocks[key] = self._scope.make_stock(key)
            self.by_commodity.setdefault(key.commodity, []).append(stock)
        return stock

    def _change(self, lot: Lot, units: Decimal, cost_unit: Decimal) -> None:
        """Add units to a lot (or take them off, if negative), and to its stock."""
        stock = lot.stock
        cost = units * cost_unit
        lot.units += units
        stock.units += units
        stock.cost += cost
        if cost_unit > stock.cost_unit_highest:  # noqa: PLR1730 (a call would cost more)
            stock.cost_unit_highest = cost_unit
        if isinstance(lot, Pool):
            lot.cost_total += cost
        if lot.units <= 0:
            self._drain(lot)
        self.touched.add(stock)

    def _drain(self, lot: Lot) -> None:
        if lot.units:
            lot.stock.is_plain = False
            return
        del lot.stock.lots[lot.number]
        if isinstance(lot, Pool):
            lot.stock.cost -= lot.cost_total  # what is left is the cost of nothing
            self._emptied.append(lot)

    def _settle(self, txn: Any, addition: Addition) -> None:
        """Note what of an addition is a purchase, and the age of a pool's units."""
        lot = addition.lot
        posting = addition.posting
        _note_first(lot.stock, posting.cost.date)
        if addition.is_made:
            lot.stock.acquired = (txn, posting)
        elif addition.units and posting.cost.date == txn.date:
            lot.stock.purchase = lot.stock.acquired = (txn, posting)
        if isinstance(lot, Pool) and addition.units:
            lot.add_layer(posting.cost.date, addition.units)


def _give_up(lot: Lot, units: Decimal, out_of: Decimal) -> tuple[Decimal, Decimal]:
    """Take the share of units that left off the allowance of a lot, and of its locked part.

    What is left is never above the cost of the units that stay (ACCOUNTING section 1).
    """
    quantum = lot.stock.quantum
    highest = round_money(max(ZERO, lot.cost), quantum)
    allowance = part_of(lot.allowance, units, out_of, quantum)
    allowance = max(allowance, lot.allowance - highest)
    locked = part_of(lot.locked, units, out_of, quantum)
    carry(lot, -allowance)
    lot.locked = min(lot.locked - locked, lot.allowance)
    return allowance, locked


def _note_first(stock: Stock, date: datetime.date) -> None:
    if stock.first is None or date < stock.first:
        stock.first = date


class _Homes(dict[str, "Home | None"]):
    """Inventory accounts by name, looked up once each."""

    def __init__(self, find: Callable[[str], Home | None]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, account: str) -> Home | None:
        home = self[account] = self._find(account)
        return home


def _is_refilled(pool: Pool) -> bool:
    return any(lot.account == pool.account for lot in pool.stock.lots.values())


def _has_cost(pool: Pool) -> bool:
    return bool(round_money(abs(pool.cost), pool.stock.quantum))
