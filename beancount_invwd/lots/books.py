"""Transactions → lots over time, the short way for most: they only buy, or only sell.

Such a posting, of which nothing particular is stated, is a new lot, or fewer units of a lot that
carries nothing, at once. All others are taken as a whole, with what was taken out so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ZERO
from beancount_invwd.lots.demand import Departure
from beancount_invwd.lots.general import General, Rows
from beancount_invwd.lots.places import Home, Place
from beancount_invwd.lots.stock import Lot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from beancount_invwd.lots.moves import Outflow

_TOLERANCES = "__tolerances__"  # which booking notes at each transaction, beside file and line
_BOOKED = 3


class Books(General):
    """The lots of the whole ledger as of the last transaction that was applied."""

    def take(  # noqa: C901, PLR0912, PLR0915 (one loop, since most of a load's time goes there)
        self, txns: Iterable[Any]
    ) -> Iterator[tuple[Any, Outflow]]:
        """Apply transactions: units and costs first, then allowances by what moved where.

        Yields:
            Those by which goods left, moved or came back that carried an allowance.
        """
        lots, homes, touched = self._by_id, self._homes, self.touched
        states_facts, is_noted = self._postings.states_facts, self._demand.is_noted
        bought: list[tuple[Home, Any]] = []
        for txn in txns:
            meta, sold, carries = txn.meta, 0, False
            is_plain = (len(meta) == _BOOKED and _TOLERANCES in meta) or not states_facts(meta)
            for posting in txn.postings if is_plain else ():
                meta = posting.meta
                if (meta is None or len(meta) != 2) and states_facts(meta):  # noqa: PLR2004
                    is_plain = False
                    break
                if (cost := posting.cost) is None:
                    if homes[posting.account] is None:
                        continue
                    is_plain = False
                    break
                if (  # of another plugin
                    meta and ("filename" not in meta or "lineno" not in meta) and states_facts(meta)
                ):
                    is_plain = False
                    break
                units = posting.units
                if not (number := units.number).is_signed():
                    if (home := homes[posting.account]) is None:
                        self._unseen.note_outside(txn, posting)
                    elif sold or carries:
                        is_plain = False
                        break
                    else:
                        bought.append((home, posting))
                    continue
                try:
                    lot = lots[id(cost)]
                except KeyError:
                    if homes[posting.account] is None:
                        self._unseen.note_outside(txn, posting)
                        continue
                    is_plain = False
                    break
                if (
                    (place := lot.place).account != posting.account
                    or place.commodity != units.currency
                    or not number
                    or (left := lot.units + number).is_signed()  # perhaps another lot has them
                    or bought
                ):
                    is_plain = False
                    break
                stock = lot.stock
                if carries or (stock.allowance and lot.allowance):
                    carries = True  # all that follows waits
                    continue
                lot.units = left
                place.left.rows.append((lot, txn, posting, lot.is_apart))
                if not left:
                    del stock.lots[lot.number]
                stock.moves.append((number, lot.cost_unit))
                if not stock.is_calm:
                    touched.add(stock)
                sold += 1
            if not is_plain:
                bought, outflow = [], self._apply_any(txn, sold)
            elif bought:
                outflow = self._buy(txn, bought)
                bought = []
            elif carries:
                outflow = self._sell(txn, sold)
            else:
                if sold and is_noted:
                    self._note_sold(txn)
                continue
            if outflow is not None:
                yield txn, outflow

    def apply(self, txn: Any) -> Outflow | None:
        """Apply a transaction; return what it did to allowances, None if that is nothing."""
        return next((outflow for _, outflow in self.take([txn])), None)

    def _note_sold(self, txn: Any) -> None:
        """Note what left by a transaction that took of lots that carry nothing."""
        homes, by_id, demand = self._homes, self._by_id, self._demand
        rows: list[tuple[Lot, Decimal]] = []
        demand.note_departure(Departure(self._chart, txn, rows))
        for posting in txn.postings:
            if homes[posting.account] is not None:
                lot, units = by_id[id(posting.cost)], -posting.units.number
                rows.append((lot, units * lot.cost_unit))
                if not lot.is_excluded:
                    demand.note_left(lot.stock, txn, units)

    def _sell(self, txn: Any, sold: int) -> Outflow | None:
        """Take units out of lots, of which some carry an allowance.

        Args:
            txn: The transaction, which has no other goods.
            sold: How many of its postings of goods were taken out already.
        """
        homes, by_id = self._homes, self._by_id
        goods = [row for row in txn.postings if homes[row.account] is not None]
        lots = [by_id[id(row.cost)] for row in goods[sold:]]
        if len(set(lots)) < len(lots):
            return self._apply_any(txn, sold)
        reductions = [self._take_back(posting) for posting in reversed(goods[:sold])][::-1]
        pairs = zip(goods[sold:], lots, strict=True)
        reductions += [self._take(txn, posting, lot) for posting, lot in pairs]
        return self._let_go(txn, reductions)

    def _apply_any(self, txn: Any, sold: int) -> Outflow | None:
        """Apply a transaction of whatever kind.

        Args:
            txn: The transaction.
            sold: How many of its postings of goods were taken out of their lots already.
        """
        rows: list[tuple[Home, Any]] = []
        is_plain = not self._postings.states_facts(txn.meta)
        for posting in txn.postings:
            is_plain = is_plain and not self._postings.states_facts(posting.meta)
            home = self._homes[posting.account]
            if home is not None:
                rows.append((home, posting))
            elif posting.cost is not None:
                self._unseen.note_outside(txn, posting)
        if not is_plain:
            self._postings.check_places(txn, {home.account for home, _ in rows})
        return self._apply_all(txn, rows, sold)

    def _buy(self, txn: Any, rows: Rows) -> Outflow | None:  # noqa: C901 (as above)
        """Add units of which nothing particular is stated, each posting a new lot."""
        by_id, touched, day = self._by_id, self.touched, txn.date
        is_noted, is_named = self._demand.is_noted, self._has_directives
        for i, (home, posting) in enumerate(rows):
            cost, (number, commodity) = posting.cost, posting.units
            place = home.plain.get(commodity) or self._open_plain(home, posting)
            if (
                place is None
                or cost.currency != place.currency
                or (date := cost.date) is None
                or not number
            ):
                return self._apply_all(txn, rows[i:])
            if date > place.newest:
                place.newest = date
            elif place.find_newest(cost) is not None:
                return self._apply_all(txn, rows[i:])
            self._numbers = key = self._numbers + 1
            stock, cost_unit, origin = place.stock, cost.number, (txn, posting)
            lot = Lot()  # what follows is twice as quick as a call that does it
            lot.stock, lot.place, lot.cost_unit, lot.number = stock, place, cost_unit, key
            lot.origin, lot.terms, lot.units, lot.is_apart = origin, stock.terms, number, False
            lot.carried = ZERO  # quicker to read than a default
            by_id[id(cost)] = stock.lots[key] = lot
            place.latest.append(lot)
            stock.moves.append((number, cost_unit))
            if cost_unit > stock.dearest:
                stock.dearest, stock.is_calm = cost_unit, False
            if not stock.is_calm:
                touched.add(stock)
            if is_named:
                self.seen.add((place.commodity, place.account, cost.label, date))
            if is_noted:
                self._demand.note_bought(stock, date)
            if date == day and cost_unit >= ZERO:
                if stock.is_material:
                    stock.note_purchase(origin)
                else:
                    stock.purchase = stock.acquired = origin
        return None

    def _open_plain(self, home: Home, posting: Any) -> Place | None:
        """Find the place of goods that an account takes without a look at what else is stated."""
        commodity = posting.units.currency
        is_plain = home.is_plain and not home.is_pool
        if not is_plain or self._chart.items.is_excluded(commodity):
            return None
        place = self._find_place(home, posting)
        if self._set_plain_terms(place.stock):
            home.plain[commodity] = place
            return place
        return None
