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
    from beancount_invwd.lots.moves import Outflow

_TOLERANCES = "__tolerances__"  # which booking notes at each transaction: it says nothing


class Books(General):
    """The lots of the whole ledger as of the last transaction that was applied."""

    def apply(self, txn: Any) -> Outflow | None:
        """Apply a transaction: units and costs first, then allowances by what moved where.

        Returns:
            What happened to allowances; None if no lot that was reduced carried one.
        """
        meta, states_facts = txn.meta, self._postings.states_facts
        if ("filename" not in meta or len(meta) != 2 + (_TOLERANCES in meta)) and states_facts(
            meta
        ):
            return self._apply_any(txn)
        homes, by_id, touched = self._homes, self._by_id, self.touched
        bought: list[tuple[Home, Any, Any]] = []
        sold = 0
        for posting in txn.postings:
            meta = posting.meta
            if (
                meta is None or len(meta) != 2 or "filename" not in meta  # noqa: PLR2004
            ) and states_facts(meta):
                return self._apply_any(txn, sold)
            home = homes[posting.account]
            if home is None:
                if posting.cost is not None:
                    self._unseen.note_outside(txn, posting)
                continue
            number = posting.units.number
            if not number.is_signed():
                bought.append((home, posting, number))
                continue
            lot = by_id.get(id(posting.cost))
            if (
                lot is None
                or lot.is_pool
                or bought
                or (place := lot.place).account != home.account
                or place.commodity != posting.units.currency
                or (left := lot.units + number).is_signed()  # perhaps another lot has them
                or ((stock := lot.stock).allowance and lot.allowance)
                or not number
            ):
                return self._apply_any(txn, sold)
            lot.units = left
            place.left.rows.append((lot, txn, posting, lot.is_apart))
            if not left:
                del stock.lots[lot.number]
            stock.units += number
            stock.cost += number * lot.cost_unit
            touched.add(stock)
            sold += 1
        if sold:
            return self._apply_any(txn, sold) if bought else self._note_sold(txn)
        return self._buy(txn, bought) if bought else None

    def _note_sold(self, txn: Any) -> Outflow | None:
        """Note what left by a transaction that took of lots that carry nothing."""
        if not self._demand.is_noted:
            return None
        goods = (row for row in txn.postings if self._homes[row.account] is not None)
        rows = [(self._by_id[id(row.cost)], -row.units.number) for row in goods]
        costs = [(lot, units * lot.cost_unit) for lot, units in rows]
        self._demand.note_departure(Departure(self._chart, txn, costs))
        for lot, units in rows:
            if not lot.is_excluded:
                self._demand.note_left(lot.stock, txn, units)
        return None

    def _apply_any(self, txn: Any, sold: int = 0) -> Outflow | None:
        """Apply a transaction of whatever kind.

        Args:
            txn: The transaction.
            sold: How many of its postings of goods were taken out of their lots already.
        """
        rows: list[tuple[Home, Any, Any]] = []
        is_plain = not self._postings.states_facts(txn.meta)
        for posting in txn.postings:
            is_plain = is_plain and not self._postings.states_facts(posting.meta)
            home = self._homes[posting.account]
            if home is not None:
                rows.append((home, posting, posting.units.number))
            elif posting.cost is not None:
                self._unseen.note_outside(txn, posting)
        if not is_plain:
            self._postings.check_places(txn, {home.account for home, *_ in rows})
        return self._apply_all(txn, rows, sold)

    def _buy(self, txn: Any, rows: Rows) -> Outflow | None:
        """Add units of which nothing particular is stated, each posting a new lot."""
        by_id, touched, is_noted = self._by_id, self.touched, self._demand.is_noted
        for i, (home, posting, units) in enumerate(rows):
            cost = posting.cost
            place = home.plain.get(posting.units.currency) or self._open_plain(home, posting)
            if (
                place is None
                or cost is None
                or cost.currency != place.currency
                or (date := cost.date) is None
                or (date <= place.newest and place.find(cost) is not None)
                or not units
            ):
                return self._apply_all(txn, rows[i:])
            self._numbers = number = self._numbers + 1
            stock, cost_unit, origin = place.stock, cost.number, (txn, posting)
            lot = Lot(stock, place, cost_unit, number, origin, stock.terms, units)
            by_id[id(cost)] = stock.lots[number] = lot
            place.latest.append(lot)
            if date > place.newest:  # noqa: PLR1730 (a call would cost more)
                place.newest = date
            stock.units += units
            stock.cost += units * cost_unit
            touched.add(stock)
            if self._has_directives:
                self.seen.add((place.commodity, place.account, cost.label, date))
            if is_noted:
                self._demand.note_bought(stock, date)
            if date == txn.date and cost_unit >= ZERO:
                if stock.is_material:
                    stock.note_purchase(origin)
                else:
                    stock.purchase = stock.acquired = origin
        return None

    def _open_plain(self, home: Home, posting: Any) -> Place | None:
        """Find the place of goods that an account takes without a look at what else is stated."""
        commodity = posting.units.currency
        is_plain = home.is_plain and not home.is_pool and posting.cost is not None
        if not is_plain or self._chart.items.is_excluded(commodity):
            return None
        place = self._find_place(home, posting)
        if self._set_plain_terms(place.stock):
            home.plain[commodity] = place
            return place
        return None
