"""Accounts, items and costs → the stocks, places and lots that they name, each found again.

Beancount books a sale with the very cost object of its purchase: by its identity most lots are
found at once, the others by the value of their cost.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.known import Known
from beancount_invwd.ground.money import ENDLESS, ZERO
from beancount_invwd.lots.places import Home, Place
from beancount_invwd.lots.stock import Lot, Pool, Stock, StockKey

if TYPE_CHECKING:
    import datetime

    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.metadata import Facts
    from beancount_invwd.directives.read import Directives


class Index:
    """All that is and was on hand.

    Args:
        directives: Tell which accounts hold inventory, and the terms of lots.

    Attributes:
        stocks: The stocks of all items, in the order in which they were first seen.
        by_commodity: The same by item.
        by_group: The same by the names of all groups that they can be in, under whatever basis.
        by_contra: The same by allowance account.
        excluded: Lots that are not assessed, of items that are; they stand in none of the others.
        left_aside: Account, commodity and cost of lots that ever joined them.
        touched: Stocks that changed since this was last cleared, but for what calm ones can bear.
        perishables: New lots and when they expire, until somebody takes them off this list.
        seen: Commodity, account, label and cost date of every lot there ever was, if directives may
            name it.
    """

    def __init__(self, directives: Directives) -> None:
        self.stocks: dict[StockKey, Stock] = {}
        self.by_commodity: dict[str, list[Stock]] = {}
        self.by_group: dict[str, list[Stock]] = {}
        self.by_contra: dict[str, set[Stock]] = {}
        self.excluded: dict[StockKey, Stock] = {}
        self.left_aside: set[tuple[str, str, Any]] = set()
        self.touched: set[Stock] = set()
        self.perishables: list[tuple[datetime.date, Lot]] = []
        self.seen: set[tuple[str, str, str | None, datetime.date | None]] = set()
        self._homes = Known(partial(_find_home, directives.chart))
        self._by_id: dict[int, Lot] = {}  # by the identity of their cost, which booking keeps
        self._chart = directives.chart
        self._parameters = directives.parameters
        self._postings = directives.postings
        self._numbers, self._has_directives = 0, bool(directives.by_entry)

    def close(self) -> None:
        """Let go of the lots, so that nothing refers to itself and waits for the collector."""
        self._by_id.clear()
        for place in self.list_places():
            place.close()
        self._homes.clear()

    def list_places(self) -> list[Place]:
        """The items in each inventory account."""
        homes = filter(None, self._homes.values())
        return [place for home in homes for place in home.places.values()]

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
        stocks = [stock for key, stock in self.stocks.items() if key[:2] == (entity, currency)]
        lots = (lot for stock in stocks for lot in stock.lots.values())
        return sum((lot.cost for lot in lots if lot.units > 0), ZERO)

    def _find_place(self, home: Home, posting: Any) -> Place:
        """Find an item's place in an account, and begin it with the first posting."""
        commodity, currency = posting.units.currency, posting.cost.currency
        place = home.places.get((commodity, currency))
        if place is None:
            key = StockKey(home.entity, currency, commodity)
            known = self.stocks.get(key)
            stock = known or self._make_stock(key)
            contra = self._chart.contra(home.account, commodity, stock.category)
            place = home.places[commodity, currency] = Place(stock, home, currency, contra)
            self.by_contra.setdefault(contra, set()).add(stock)
            stock.place = place if known is None else None
        return place

    def _make_stock(self, key: StockKey) -> Stock:
        items, item = self._chart.items, key.commodity
        facts = items.admit(item)
        category = facts.category or item
        stock = self.stocks[key] = Stock(key, category, items.quantum(key.currency), facts)
        self.by_commodity.setdefault(item, []).append(stock)
        for name in {item, category, "total"}:
            self.by_group.setdefault(name, []).append(stock)
        return stock

    def set_terms(self, lot: Lot) -> None:
        """Set the parameters of a lot from policy, account, item and its own facts."""
        stock = lot.stock
        if lot.facts.exclude and not lot.is_excluded:
            self._exclude(lot)
        if lot.is_excluded:
            return
        if self._set_own_terms(lot):
            stock.is_mixed = True
            if lot.facts.expires is not None:
                self.perishables.append((lot.facts.expires, lot))

    def _set_own_terms(self, lot: Lot) -> bool:
        """Set the parameters of a lot; return whether they may be others than the item's."""
        stock, account = lot.stock, lot.account
        if self._parameters.are_own(account, lot.facts):
            item, currency = stock.key.commodity, stock.key.currency
            lot.terms = self._parameters.of_lot(item, currency, account, lot.facts)
            return True
        self._set_plain_terms(stock)
        lot.terms = stock.terms
        return False

    def renew_terms(self) -> None:
        """Set the parameters of all lots on hand anew, since estimates changed."""
        for stock in self.stocks.values():
            stock.terms = None
            self._set_plain_terms(stock)
            for lot in stock.lots.values():
                self._set_own_terms(lot)

    def _set_plain_terms(self, stock: Stock) -> bool:
        """Set the parameters of lots of which nothing is stated; return whether they are right."""
        if stock.terms is None:
            stock.terms = self._parameters.of_lot(stock.key.commodity, stock.key.currency)
        return stock.terms is not None

    def _exclude(self, lot: Lot) -> None:
        """Take a lot that is not assessed out of its stock, before it carries anything."""
        stock = lot.stock
        stock.write_out()
        stock.lots.pop(lot.number, None)
        stock.add(-lot.units, -lot.cost)
        lot.terms = None
        self.left_aside.add((lot.account, stock.commodity, lot.origin[1].cost))
        lot.stock = found = self._find_excluded(stock)
        found.lots[lot.number] = lot
        found.add(lot.units, lot.cost)

    def _find_excluded(self, stock: Stock) -> Stock:
        found = self.excluded.get(stock.key)
        if found is None:
            found = Stock(stock.key, stock.category, stock.quantum, stock.facts)
            self.excluded[stock.key] = found
        return found

    def find_lot(self, posting: Any) -> Lot | None:
        """Find the lot of a posting at cost; None if there is none on hand."""
        home = self._homes[posting.account]
        goods = posting.units.currency, posting.cost.currency
        place = None if home is None else home.places.get(goods)
        return None if place is None else self._find(place, posting.cost)

    def refuse(self, txn: Any, posting: Any, problem: str) -> None:
        """Report that what a posting says of its lot is wrong."""
        self._postings.refuse(txn, posting, problem)

    def _find(self, place: Place, cost: Any) -> Lot | None:
        """Find the lot of a cost; None if there is none on hand."""
        lot = self._by_id.get(id(cost))
        if lot is not None and lot.units and lot.place is place:
            return lot
        lot = place.find(cost)
        if lot is None or not lot.units:
            return None
        self._note_cost(cost, lot)
        return lot

    def _note_cost(self, cost: Any, lot: Lot) -> None:
        """Note the lot of a cost, to be found by it; a pool has many costs."""
        if not lot.is_pool:
            self._by_id[id(cost)] = lot

    def _create(self, txn: Any, posting: Any, place: Place, own: Facts) -> Lot:
        """Begin a lot without units."""
        self._numbers += 1
        lot = Pool() if place.is_pool else Lot()
        lot.stock, lot.place, lot.number = place.stock, place, self._numbers
        lot.origin, lot.facts, lot.cost_unit = (txn, posting), own, posting.cost.number
        if isinstance(lot, Pool):
            before = place.find(posting.cost)
            lot.cost_total = before.cost if before is not None else ZERO
            lot.stock.add(ZERO, lot.cost_total)
        place.add(lot)
        self.set_terms(lot)  # which may put it to those that are not assessed
        lot.stock.dearest = max(lot.stock.dearest, ENDLESS if lot.is_pool else lot.cost_unit)
        self._note_cost(posting.cost, lot)
        lot.stock.lots[lot.number] = lot
        if self._has_directives:
            date = None if place.is_pool else lot.date
            self.seen.add((place.commodity, place.account, lot.label, date))
        return lot


def _find_home(chart: Chart, account: str) -> Home | None:
    """Find an inventory account by its name; None of another account."""
    found = chart.inventory(account)
    return None if found is None else Home(found)
