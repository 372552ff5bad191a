"""Transactions → lots over time: purchases, sales, transfers, production, pools.

A sale releases its share of the allowance of the lot that it takes units out of. In an account
opened with booking `NONE` all lots of an item are one pool: units and cost are sums.

    10 WIDGET {5 USD} with an allowance of 20.00, of which 4 are sold: 8.00 are released.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.shares import part_of
from beancount_invwd.lots.moves import (
    Addition,
    Moved,
    Outflow,
    Reduction,
    match_production,
    match_transfers,
)
from beancount_invwd.lots.stock import NO_LIMIT, Home, Lot, Place, Pool, Stock, StockKey, carry

if TYPE_CHECKING:
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.metadata import Facts
    from beancount_invwd.directives.scope import Scope
    from beancount_invwd.lots.demand import Demand

_Rows = Sequence[tuple[Home, Any]]
_Bought = tuple[Place, Any, Decimal, Any]  # cost, units, posting
_Sold = tuple[Lot, Decimal, Any]  # negative units, posting
_PLAIN = 2  # filename and lineno: metadata that says nothing
_FILENAME = "filename"
_TOLERANCES = "__tolerances__"  # nor does this, which booking notes at each transaction
_AUTOMATIC = "__automatic__"  # nor this, at amounts that booking worked out


class Books:
    """The lots of the whole ledger as of the last transaction that was applied.

    Args:
        chart: Tells which accounts hold inventory.
        scope: Tells facts and terms of lots.
        demand: Takes what was sold or used.

    Attributes:
        stocks: The stocks of all items, in the order in which they were first seen.
        by_commodity: The same by item.
        by_group: The same by the names of all groups that they can be in, under whatever basis.
        by_contra: The same by allowance account.
        touched: Stocks that changed since this was last cleared.
        seen: Commodity, account and label of every lot there ever was, if directives may name it.
        moved: Units that went from lot to lot since this was set to a list, else None.
    """

    def __init__(self, chart: Chart, scope: Scope, demand: Demand) -> None:
        self.stocks: dict[StockKey, Stock] = {}
        self.by_commodity: dict[str, list[Stock]] = {}
        self.by_group: dict[str, list[Stock]] = {}
        self.by_contra: dict[str, set[Stock]] = {}
        self.touched: set[Stock] = set()
        self.seen: set[tuple[str, str, str | None]] = set()
        self.moved: list[Moved] | None = None
        self._emptied: list[Pool] = []
        self._homes = _Homes(chart)
        self._by_id: dict[int, Lot] = {}  # by the identity of their cost, which booking keeps
        self._chart = chart
        self._scope = scope
        self._demand = demand
        self._numbers = 0
        self._has_directives = bool(scope.directives)

    def close(self) -> None:
        """Let go of the lots, so that nothing refers to itself and waits for the collector."""
        for place in self.list_places():
            place.close()

    def list_places(self) -> list[Place]:
        """The items in each inventory account."""
        homes = filter(None, self._homes.values())
        return [place for home in homes for place in home.places.values()]

    def apply(self, txn: Any) -> Outflow | None:  # noqa: C901, PLR0912 (each posting comes by)
        """Apply a transaction: units and costs first, then allowances by what moved where.

        Returns:
            What happened to allowances; None if no lot that was reduced carried one.
        """
        homes, by_id = self._homes, self._by_id
        bought: list[_Bought] = []
        sold: list[_Sold] = []
        carries = False
        for posting in txn.postings:
            home = homes[posting.account]
            if home is None:
                meta = posting.meta
                if (
                    meta
                    and len(meta) > _PLAIN
                    and len(meta) > _PLAIN + (_AUTOMATIC in meta)
                    and self._scope.states_facts(meta)
                ):
                    break
                continue
            cost, units, meta = posting.cost, posting.units, posting.meta
            if cost is None or (
                meta
                and (len(meta) != _PLAIN or _FILENAME not in meta)
                and self._scope.states_facts(meta)
            ):
                break
            number = units.number
            if number > ZERO:
                place = home.plain.get(units.currency) or self._open_plain(home, posting)
                if place is None or place.currency != cost.currency or cost.date is None:
                    break
                bought.append((place, cost, number, posting))
            else:
                lot = by_id.get(id(cost))
                if (
                    lot is None
                    or (place := lot.place).account != posting.account
                    or place.commodity != units.currency
                    or not number
                    or lot.is_pool
                ):
                    break
                if lot.stock.allowance and lot.allowance:
                    carries = True
                sold.append((lot, number, posting))
        else:  # what most transactions do, the short way
            meta = txn.meta
            is_plain = _FILENAME in meta and len(meta) == _PLAIN + (_TOLERANCES in meta)
            if is_plain or not self._scope.states_facts(meta):
                if not sold:
                    if bought:
                        self._buy(txn, bought)
                    return None
                if not bought:
                    return self._release(txn, sold) if carries else self._sell(txn, sold)
        return self._apply(txn)

    def _sell(self, txn: Any, rows: Sequence[_Sold]) -> Outflow | None:
        """Take units out of lots that carry no allowance; numbers are negative."""
        touched, is_asked = self.touched, self._demand.is_asked
        short: list[Reduction] = []
        for lot, number, posting in rows:
            left = lot.units + number
            stock = lot.stock
            if left < ZERO:
                short.append(self._reduce(txn, posting, lot.place))  # perhaps of another lot
            else:
                lot.units = left
                if not left:
                    del stock.lots[lot.number]
                if not stock.is_calm:
                    touched.add(stock)
            if is_asked:
                self._demand.note_left(stock, txn.date, -number)
        return Outflow(short, ()) if any(row.allowance for row in short) else None

    def _release(self, txn: Any, rows: Sequence[_Sold]) -> Outflow:
        """Take units out of lots of which some carry an allowance; numbers are negative."""
        left = []
        for lot, number, posting in rows:
            if lot.units + number < ZERO:
                row = self._reduce(txn, posting, lot.place)
            else:
                row = self._take_out(txn, posting, lot)
            left.append(row)
            if self._demand.is_asked:
                self._demand.note_left(lot.stock, txn.date, -number)
        return Outflow(left, ())

    def _buy(self, txn: Any, rows: Sequence[_Bought]) -> None:
        """Add units of which nothing particular is stated."""
        today, touched, by_id = txn.date, self.touched, self._by_id
        is_asked, is_noted = self._demand.is_asked, self._has_directives
        for place, cost, units, posting in rows:
            cost_unit, date, stock = cost.number, cost.date, place.stock
            origin = (txn, posting)
            lot = None
            if date > place.newest:
                place.newest = date
            else:
                lot = place.find(cost)
            if lot is not None and lot.units:
                by_id[id(cost)] = lot
                self._change(lot, units, cost_unit)
            else:
                self._numbers = number = self._numbers + 1
                lot = Lot(stock, place, cost_unit, number, origin, stock.terms, units)
                by_id[id(cost)] = stock.lots[number] = lot
                place.latest.append(lot)
                if cost_unit > stock.cost_unit_highest:
                    stock.cost_unit_highest = cost_unit
                    touched.add(stock)
                elif not stock.is_calm:
                    touched.add(stock)
                if is_noted:
                    self.seen.add((place.commodity, place.account, cost.label))
            if is_asked:
                self._demand.note_bought(stock, date)
            if date == today:
                stock.purchase = stock.acquired = origin

    def _open_plain(self, home: Home, posting: Any) -> Place | None:
        """Find the place of goods that an account takes without a look at what else is stated."""
        commodity = posting.units.currency
        if home.is_pool or not home.is_plain or self._chart.items.is_excluded(commodity):
            return None
        place = self._find_place(home, posting)
        if self._scope.set_plain_terms(place.stock):
            home.plain[commodity] = place
            return place
        return None

    def _apply(self, txn: Any) -> Outflow | None:
        """Apply a transaction of whatever kind."""
        homes = self._homes
        rows = [(home, row) for row in txn.postings if (home := homes[row.account]) is not None]
        self._scope.check_places(txn, {row.account for _, row in rows})
        additions, reductions = self._post(txn, rows)
        moved: list[Moved] = []
        if reductions and additions:
            moved = match_transfers(additions, reductions, self._scope.set_terms)
            if self.moved is not None:
                self.moved += moved
            moved = [row for row in moved if row.allowance]
            if not any(self._chart.is_under(row.account, "Income") for row in txn.postings):
                moved += match_production(additions, reductions)
        for addition in additions:
            self._note_addition(txn, addition)
        reductions = [row for row in reductions if row.units or row.allowance]
        if self._demand.is_asked:
            for row in reductions:
                if row.units:
                    self._demand.note_left(row.lot.stock, txn.date, row.units)
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
        own = self._scope.admit(txn, posting, lot, is_pool=place.is_pool)
        is_new = lot is None
        if lot is None:
            lot = self._create(txn, posting, place, own)
        else:
            self._by_id[id(cost)] = lot
        self._change(lot, units, cost.number)
        return Addition(lot, units, cost.number, cost.date or txn.date, posting, own, is_new)

    def _reduce(self, txn: Any, posting: Any, place: Place) -> Reduction:
        lot = self._find(place, posting.cost)
        own = self._scope.admit(txn, posting, lot, is_pool=place.is_pool)
        if lot is None:
            lot = self._create(txn, posting, place, own)
        return self._take_out(txn, posting, lot)

    def _take_out(self, txn: Any, posting: Any, lot: Lot) -> Reduction:
        units, cost_unit = -posting.units.number, posting.cost.number
        before, was_on_hand = lot.units, lot.units > 0
        self._change(lot, -units, cost_unit)
        if lot.units <= 0 and was_on_hand:
            lot.drained = (txn, posting)
        allowance, locked = _give_up(lot, units, before) if lot.allowance else (ZERO, ZERO)
        layers = lot.take_layers(units) if isinstance(lot, Pool) else deque()
        return Reduction(lot, units, cost_unit, allowance, locked, layers, units)

    def list_accounts(self) -> list[str]:
        """The accounts of the transactions so far."""
        return list(self._homes)

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

    def _find(self, place: Place, cost: Any) -> Lot | None:
        """Find the lot of a cost by its identity, which booking keeps, or by its value."""
        lot = self._by_id.get(id(cost))
        if lot is not None and lot.units and lot.place is place:
            return lot
        lot = place.find(cost)
        if lot is None or not lot.units:
            return None
        self._by_id[id(cost)] = lot
        return lot

    def _create(self, txn: Any, posting: Any, place: Place, own: Facts) -> Lot:
        self._numbers += 1
        make = Pool if place.is_pool else Lot
        origin = (txn, posting)
        lot = make(place.stock, place, posting.cost.number, self._numbers, origin, facts=own)
        if isinstance(lot, Pool):
            before = place.find(posting.cost)
            lot.cost_total = before.cost if before is not None else ZERO
            lot.stock.cost_unit_highest = NO_LIMIT  # its unit cost is not that of a posting
        place.add(lot)
        self._scope.set_terms(lot)
        self._by_id[id(posting.cost)] = lot
        lot.stock.lots[lot.number] = lot
        if self._has_directives:
            self.seen.add((place.commodity, place.account, lot.label))
        return lot

    def _find_place(self, home: Home, posting: Any) -> Place:
        """Find an item's place in an account, and begin it with the first posting."""
        commodity, currency = posting.units.currency, posting.cost.currency
        place = home.places.get((commodity, currency))
        if place is None:
            key = StockKey(home.entity, currency, commodity)
            is_first = key not in self.stocks
            stock = self._find_stock(key)
            contra = self._chart.contra(home.account, commodity, stock.category)
            place = Place(stock, home.account, home.is_pool, commodity, currency, contra)
            home.places[commodity, currency] = place
            self.by_contra.setdefault(contra, set()).add(stock)
            stock.place = place if is_first else None
        return place

    def _find_stock(self, key: StockKey) -> Stock:
        stock = self.stocks.get(key)
        if stock is None:
            stock = self.stocks[key] = self._scope.make_stock(key)
            self.by_commodity.setdefault(key.commodity, []).append(stock)
            for name in {key.commodity, stock.category, "total"}:
                self.by_group.setdefault(name, []).append(stock)
        return stock

    def _change(self, lot: Lot, units: Decimal, cost_unit: Decimal) -> None:
        """Add units to a lot, or take them off, if negative."""
        stock = lot.stock
        if stock.sharing is not None:
            stock.share()
        lot.units += units
        if cost_unit > stock.cost_unit_highest:  # noqa: PLR1730 (a call would cost more)
            stock.cost_unit_highest = cost_unit
        if isinstance(lot, Pool):
            lot.cost_total += units * cost_unit
        if lot.units <= 0:
            self._drain(lot)
        self.touched.add(stock)

    def _drain(self, lot: Lot) -> None:
        if lot.units:
            lot.stock.is_plain = False
            return
        del lot.stock.lots[lot.number]
        if isinstance(lot, Pool):
            self._emptied.append(lot)

    def _note_addition(self, txn: Any, addition: Addition) -> None:
        """Note what of an addition is a purchase, and the age of a pool's units."""
        lot, date = addition.lot, addition.date
        if self._demand.is_asked:
            self._demand.note_bought(lot.stock, date)
        if addition.is_made:
            lot.stock.acquired = (txn, addition.posting)
        elif addition.units and date == txn.date:
            lot.stock.purchase = lot.stock.acquired = (txn, addition.posting)
        if isinstance(lot, Pool) and addition.units:
            lot.add_layer(date, addition.units)


def _give_up(lot: Lot, units: Decimal, out_of: Decimal) -> tuple[Decimal, Decimal]:
    """Take the share of units that left off the allowance of a lot, and of its locked part.

    What is left is never above the cost of the units that stay (ACCOUNTING section 1).
    """
    allowance, locked = lot.allowance, lot.locked
    if units < out_of:
        quantum = lot.stock.quantum
        highest = round_money(max(ZERO, lot.cost), quantum)
        part = part_of(allowance, units, out_of, quantum)
        allowance = max(part, allowance - highest)
        locked = part_of(locked, units, out_of, quantum) if locked else ZERO
    carry(lot, -allowance)
    locked = max(locked, lot.locked - lot.allowance)  # what cannot stay leaves, and stays locked
    lot.locked -= locked
    return allowance, locked


class _Homes(dict[str, "Home | None"]):
    """Inventory accounts by name, looked up once each."""

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self._chart = chart

    def __missing__(self, account: str) -> Home | None:
        found = self._chart.inventory(account)
        home = self[account] = None if found is None else Home(**asdict(found))
        return home


def _is_refilled(pool: Pool) -> bool:
    return any(lot.place is pool.place for lot in pool.stock.lots.values())


def _has_cost(pool: Pool) -> bool:
    return bool(round_money(abs(pool.cost), pool.stock.quantum))
