"""Commitments over time: what is ordered, what came of it, and the loss that goes with it.

10,000 GOLD ordered at 310.00, a loss of 200,000.00; 4,000 come at 310.00: 80,000.00 go along
to their lot, 120,000.00 stay a liability for 6,000 (ACCOUNTING section 13, "Delivery")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.commitments import Commitment
from beancount_invwd.directives.metadata import DELIVERY
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.shares import overlap, part_of, share_out
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import Stock, StockKey
from beancount_invwd.measure.ordered import Outlook, look_out
from beancount_invwd.measure.valuer import Today, Valuer

if TYPE_CHECKING:
    import datetime
    from decimal import Decimal

    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.demand import Demand
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.measure.evidence import EvidenceBook


class Order:
    """A commitment.

    Attributes:
        rest: The units that are still to come.
        loss: What is lost on them, as measured last.
        coming: What of them comes today.
    """

    loss: Decimal = ZERO
    coming: Decimal = ZERO

    def __init__(self, commitment: Commitment, rest: Decimal) -> None:
        self.commitment = commitment
        self.rest = rest


class Delivery(NamedTuple):
    """Units that a commitment brought, and the loss that goes along with them.

    Attributes:
        lot: Their lot, None if it is not on hand any more.
        staying: What of the loss belongs to units that are still there at the end of the day.
    """

    key: StockKey
    lot: Lot | None
    units: Decimal
    loss: Decimal
    staying: Decimal


def find_key(row: Commitment) -> StockKey:
    """What a commitment is for: an item in one entity and currency."""
    return StockKey(row.entity, row.currency, row.item)


class Orders:
    """What is ordered.

    Args:
        directives: What the ledger states.
        evidence: What the directives so far say.
        demand: What was sold or used.
        books: The lots.

    Attributes:
        keys: All items that the ledger ever orders, by entity and currency.
    """

    def __init__(
        self, directives: Directives, evidence: EvidenceBook, demand: Demand, books: Books
    ) -> None:
        rows = directives.by_entry.values()
        self.keys = dict.fromkeys(find_key(row) for row in rows if isinstance(row, Commitment))
        self._directives = directives
        self._books = books
        self._valuer = Valuer(
            directives, evidence, demand, books.stocks, lambda _: None, is_by_lot=False
        )
        self._orders: dict[StockKey, list[Order]] = {}
        self._stated: Sums[StockKey] = Sums()
        self._bought: list[tuple[StockKey, Any, Any]] = []
        self._markets: dict[StockKey, tuple[Any, Any]] = {}  # the newest purchase without an order

    def take(self, row: Commitment) -> None:
        """Take a commitment that is entered into."""
        self._orders.setdefault(find_key(row), []).append(Order(row, row.units))

    def list_open(self) -> list[Order]:
        """List the commitments of which units are still to come."""
        return [row for key in self._orders for row in self._list_rest(key)]

    def _list_rest(self, key: StockKey) -> list[Order]:
        return [row for row in self._orders.get(key, ()) if row.rest]

    def find_loss(self, key: StockKey) -> Decimal:
        """What is lost on all that is still to come, as measured last."""
        return sum([row.loss for row in self._orders.get(key, ())], ZERO)

    def find_stock(self, key: StockKey) -> Stock:
        """The goods of an item, or a stand-in without any."""
        chart, item = self._directives.chart, key.commodity
        return self._books.stocks.get(key) or Stock(
            key, chart.items.category(item), chart.quantum(key.currency), chart.items.admit(item)
        )

    def look_out(self, key: StockKey, day: datetime.date) -> list[Outlook]:
        """Find out what is lost on what is still to come of an item."""
        ordered = [(row.commitment, row.rest, row.coming) for row in self._list_rest(key)]
        parameters, stock = self._directives.parameters, self.find_stock(key)
        return look_out(ordered, stock, parameters, self._valuer, Today(day))

    def measure(self, key: StockKey, day: datetime.date) -> list[Outlook]:
        """Measure what is still to come; a loss that is not known stays as it was."""
        found = self.look_out(key, day)
        for order, row in zip(self._list_rest(key), found, strict=True):
            order.loss = order.loss if row.loss is None else row.loss
        return found

    def state(self, key: StockKey, change: Decimal) -> None:
        """Note what the ledger says of the loss; what is measured that day comes on top."""
        self._stated.add(key, change)

    def keep(self, key: StockKey, change: Decimal, found: Sequence[Outlook]) -> None:
        """Let those whose loss is not known have what no other has of what the ledger says."""
        known = {id(row.commitment) for row in found if row.loss is not None}
        rows = [row for row in self._list_rest(key) if id(row.commitment) not in known]
        amount = max(change, -sum([row.loss for row in rows], ZERO))
        if rows and amount:
            weights = [row.rest if amount > ZERO else row.loss for row in rows]
            parts = share_out(abs(amount), weights, self.find_stock(key).quantum)
            for row, part in zip(rows, parts, strict=True):
                row.loss += part if amount > ZERO else -part

    def note(self, txn: Any) -> bool:
        """Note what a transaction bought of items that are ordered; return whether it did."""
        count = len(self._bought)
        for posting in txn.postings:
            if posting.cost is None or posting.units.number <= ZERO:
                continue
            home = self._directives.chart.inventory(posting.account)
            if home is None:
                continue
            key = StockKey(home.entity, posting.cost.currency, posting.units.currency)
            stock = self._books.stocks.get(key) if key in self.keys else None
            if stock is not None and stock.purchase is not None and stock.purchase[0] is txn:
                self._bought.append((key, txn, posting))
        return len(self._bought) > count

    def deliver(
        self, day: datetime.date, *, is_tested: bool
    ) -> tuple[Mapping[StockKey, list[Outlook]], list[Delivery]]:
        """Take what was bought today off what is ordered, the oldest first.

        Args:
            day: The date.
            is_tested: Whether it is one on which anything may be measured.

        Returns:
            What was measured for it, by item, and what goes along with the goods.
        """
        coming = self._list_coming()
        outlooks: dict[StockKey, list[Outlook]] = {key: [] for key, *_ in coming}
        stated, self._stated = self._stated, Sums()
        less = []
        for key in {**outlooks, **stated}:
            before, change = self.find_loss(key), stated[key]
            found = self.measure(key, day) if is_tested else []
            # what is measured has its part of that; what is sold today, of what is taken back
            left = change + before - self.find_loss(key)
            if change > ZERO:
                self.keep(key, overlap(change, left), found)
            else:
                less.append((key, change, left, found))
            if key in outlooks:
                outlooks[key] = found
        there: dict[int, Decimal] = {}
        deliveries = [self._bring(*row, there) for row in coming]
        for key, change, left, found in less:
            sold = sum([row.loss - row.staying for row in deliveries if row.key == key], ZERO)
            self.keep(key, overlap(change, left + sold), found)
        return outlooks, deliveries

    def _list_coming(self) -> list[tuple[StockKey, Order, Any, Decimal]]:
        """List which units come of which orders today, and by what posting."""
        coming: list[tuple[StockKey, Order, Any, Decimal]] = []
        for key, txn, posting in self._bought:
            rows = [(key, order, posting, part) for order, part in self._match(key, txn, posting)]
            coming += rows
            if sum([part for *_, part in rows], ZERO) < posting.units.number:
                self._markets[key] = (txn, posting)
        for key, *_ in self._bought:
            self._books.stocks[key].take_back_purchase(self._markets.get(key))
        self._bought = []
        return coming

    def _match(self, key: StockKey, txn: Any, posting: Any) -> Iterable[tuple[Order, Decimal]]:
        """Find what a purchase delivers."""
        is_stated, left = txn.meta.get(DELIVERY) is True, posting.units.number
        for order in self._orders.get(key, ()):
            row = order.commitment
            is_alike = posting.cost.number == row.number and txn.date <= row.until
            part = min(left, order.rest - order.coming) if is_stated or is_alike else ZERO
            if part:
                left -= part
                order.coming += part
                yield order, part

    def _bring(
        self,
        key: StockKey,
        order: Order,
        posting: Any,
        units: Decimal,
        there: dict[int, Decimal],
    ) -> Delivery:
        """Take units off what is ordered, with their part of the loss.

        Args:
            key: Of the item.
            order: The order.
            posting: What brings them.
            units: How many.
            there: By its number, the units of a lot that none of today's orders brought so far.
        """
        lot, quantum = self._books.find_lot(posting), self.find_stock(key).quantum
        loss = part_of(order.loss, units, order.rest, quantum)
        staying = ZERO
        if lot is not None:
            left = there.get(lot.number, lot.units)
            here = max(ZERO, min(units, left))
            there[lot.number] = left - here
            staying = part_of(loss, here, units, quantum)
        order.rest -= units
        order.coming -= units
        order.loss -= loss
        return Delivery(key, lot, units, loss, staying)
