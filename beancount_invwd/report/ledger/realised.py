"""Transactions of some days → what goods left for, a posting a row, net of tax and discounts.

    2024-03-05 * "Two mugs"
      Assets:Inventory:Store  -2 MUG {}
      Income:Sales            -6.00 EUR     3.00 EUR a unit
      …

A price on the posting (`@`) is what it says, less the tax that prices include. Without one the
income is shared out, over several items as their prices of that day stand to each other (IFRS
15.76, ASC 606-10-32-31). Other currencies count at the rate of the day. Sales that are excluded are
none of the ordinary course; what was moved, or put at another cost, did not leave.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from beancount.core import data

from beancount_invwd.directives.metadata import EXCLUDE, RETURN
from beancount_invwd.ground.accounts import is_below
from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.measure.prices import PriceBook, is_evidence
from beancount_invwd.measure.sales import Sales

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.engine import Run

_get_date = attrgetter("date")
Way = Literal["sold", "gone", "back"]


class Exit(NamedTuple):
    """Units of a posting that left, or came back.

    Attributes:
        way: Sold, gone otherwise (used, scrapped, given back, excluded), or back from a customer.
        cost: What Beancount keeps them apart by.
        price: Net per unit, in the currency of the cost; None if it is not known.
        is_shared: Whether the price is a share of what several items sold for.
        listed: The price that the ledger gave on that day, likewise; None without one, or if it is
            not asked for.
    """

    date: datetime.date
    way: Way
    entity: str
    account: str
    item: str
    cost: Any
    units: Decimal
    price: Decimal | None = None
    is_shared: bool = False
    listed: Decimal | None = None


class _Goods(NamedTuple):
    """What is left of a posting when what was only moved is taken off."""

    entity: str
    posting: Any
    units: Decimal

    @property
    def item(self) -> str:
        """The item."""
        item: str = self.posting.units.currency
        return item

    def leave(self, date: datetime.date, way: Way, price: Decimal | None = None) -> Exit:
        """Tell how it left."""
        row = self.posting
        return Exit(date, way, self.entity, row.account, self.item, row.cost, self.units, price)


def find_taxes(run: Run) -> Mapping[str, Decimal]:
    """Find what prices of items include on the date of a run: 1.19 for 19 %."""
    return {
        stock.key.commodity: ONE + run.find_item_terms(stock).price_includes for stock in run.stocks
    }


def list_exits(
    run: Run,
    after: datetime.date,
    until: datetime.date,
    *,
    is_listed: bool = False,
    taxes: Mapping[str, Decimal] | None = None,
) -> Iterator[Exit]:
    """List what left of inventory later than a date, up to another, in the order of dates.

    Args:
        run: Tells what accounts, prices and rates are; its entries are read, later ones as well.
        after: The day before the first.
        until: The last day.
        is_listed: Whether the prices of the ledger are asked for.
        taxes: What prices include, if that is not to be asked of the run once more.
    """
    reader, entries = _Reader(run, find_taxes(run) if taxes is None else taxes), run.readable
    first = bisect_right(entries, after, key=_get_date)
    for txn in entries[first : bisect_right(entries, until, first, key=_get_date)]:
        if type(txn) is data.Transaction:
            found = reader.read(txn)
            yield from map(reader.tell_listed, found) if is_listed else found


class _Reader:
    """Reads transactions in the order of their dates.

    Args:
        run: Tells what accounts and rates are.
        taxes: What prices of items include.
    """

    def __init__(self, run: Run, taxes: Mapping[str, Decimal]) -> None:
        self._run = run
        self._taxes = taxes
        self._prices = PriceBook()
        self._entries = run.readable
        self._prices.sales = Sales(self._entries)
        self._known = 0  # how many entries the prices know

    def read(self, txn: Any) -> Iterator[Exit]:
        """Read what left by a transaction, and what came back."""
        left, came = self._list_goods(txn)
        if left:
            yield from self._list_left(txn, left)
        if came and self._takes_back(txn):
            yield from (
                row.leave(txn.date, "back")
                for row in came
                if txn.meta.get(RETURN) is True or row.posting.cost.date < txn.date
            )

    def tell_listed(self, row: Exit) -> Exit:
        """Tell the price of the ledger as well."""
        return row._replace(listed=self._find_price(row.date, row.item, row.cost.currency))

    def _list_goods(self, txn: Any) -> tuple[list[_Goods], list[_Goods]]:
        """List what left and what came in, without what the transaction only moved."""
        left: list[_Goods] = []
        came: list[_Goods] = []
        for row in txn.postings:
            home = self._run.inventory(row.account) if row.cost is not None else None
            if home is not None and row.units.number:
                side = left if row.units.number < ZERO else came
                side.append(_Goods(home.entity, row, abs(row.units.number)))
        if left and came:
            left, came = _take_moved(left, came, _name_transfer)
            if not self._sum_income(txn):
                left, came = _take_moved(left, came, _name_recosting)
        return left, came

    def _list_left(self, txn: Any, left: Sequence[_Goods]) -> Iterator[Exit]:
        excluded = [row for row in left if _is_excluded(txn) or _is_excluded(row.posting)]
        sold = [row for row in left if row not in excluded]
        yield from (row.leave(txn.date, "gone") for row in excluded)
        income = self._sum_income(txn)
        if sold and all(row.posting.price is None for row in sold):
            if any(income.values()):
                yield from self._list_earned(txn.date, sold, income)
            else:
                yield from self._list_without_income(txn, sold)
            return
        for row in sold:
            price = row.posting.price
            net = None if price is None else price.number / self._taxes.get(row.item, ONE)
            amount = None if net is None else self._convert(txn.date, net, price.currency, row)
            yield row.leave(txn.date, "sold", amount)

    def _list_without_income(self, txn: Any, left: Sequence[_Goods]) -> Iterator[Exit]:
        """What cost of goods sold took was sold, for what is not known."""
        for row in left:
            cogs = self._run.result("cogs", row.entity, row.item)
            takers = (p.account for p in txn.postings if p.cost is None and p.units.number > ZERO)
            is_sold = any(is_below(name, cogs) for name in takers)
            yield row.leave(txn.date, "sold" if is_sold else "gone")

    def _list_earned(
        self, date: datetime.date, sold: Sequence[_Goods], income: Sums[str]
    ) -> Iterator[Exit]:
        """Share the income out: of several currencies each over the goods that cost it."""
        if len(income) == 1:
            ((currency, amount),) = income.items()
            yield from self._share(date, sold, currency, amount)
            return
        for currency in dict.fromkeys(row.posting.cost.currency for row in sold):
            goods = [row for row in sold if row.posting.cost.currency == currency]
            yield from self._share(date, goods, currency, income[currency])

    def _share(
        self, date: datetime.date, sold: Sequence[_Goods], currency: str, amount: Decimal
    ) -> Iterator[Exit]:
        """Share an amount out, over several items as their prices stand to each other."""
        items = {row.item for row in sold}
        is_shared = len(items) > 1
        weights = {
            item: self._find_price(date, item, currency) if is_shared else ONE for item in items
        }
        total = sum((row.units * (weights[row.item] or ZERO) for row in sold), ZERO)
        is_told = amount > ZERO and total > ZERO and None not in weights.values()
        for row in sold:
            weight = weights[row.item]
            if not is_told or weight is None:
                yield row.leave(date, "sold")
            else:
                price = self._convert(date, amount * weight / total, currency, row)
                yield row.leave(date, "sold", price)._replace(is_shared=is_shared)

    def _sum_income(self, txn: Any) -> Sums[str]:
        """What a transaction earned, by currency."""
        sums: Sums[str] = Sums()
        for row in txn.postings:
            if row.cost is None and self._run.policy.roots.is_under(row.account, "Income"):
                sums.add(row.units.currency, -row.units.number)
        return sums

    def _takes_back(self, txn: Any) -> bool:
        """Whether a transaction takes back what a sale earned or charged."""
        roots = self._run.policy.roots
        return txn.meta.get(RETURN) is True or any(
            (row.units.number > ZERO and roots.is_under(row.account, "Income"))
            or (row.units.number < ZERO and roots.is_under(row.account, "Expenses"))
            for row in txn.postings
            if row.cost is None
        )

    def _learn(self, date: datetime.date) -> PriceBook:
        """The prices and rates up to a date."""
        entries = self._entries
        end = bisect_right(entries, date, self._known, key=_get_date)
        if end > self._known:
            rows = [row for row in entries[self._known : end] if type(row) is data.Price]
            for entry in rows if self._known else _list_newest(rows, self._prices.sales):
                self._prices.add(entry)
            self._known = end
        return self._prices

    def _find_price(self, date: datetime.date, item: str, currency: str) -> Decimal | None:
        found = self._learn(date).find_price(item, currency, date, None)
        return None if found is None else found.number / self._taxes.get(item, ONE)

    def _convert(
        self, date: datetime.date, number: Decimal, source: str, row: _Goods
    ) -> Decimal | None:
        """A price in the currency of the cost; None without a rate."""
        target = row.posting.cost.currency
        if source == target:
            return number
        rate = self._learn(date).find_rate(source, target)
        return None if rate is None else number * rate[0] / rate[1]


def _list_newest(prices: Sequence[Any], sales: Sales) -> list[Any]:
    """List the prices that none after them takes the place of: of each pair the last evidence.

    What was bought for another price since then counts as well, as a rate.
    """
    known: set[tuple[str, str]] = set()
    bought: set[tuple[str, str]] = set()
    found = []
    for entry in reversed(prices):
        pair = entry.currency, entry.amount.currency
        if pair in known or entry.meta.get(EXCLUDE) is True:
            continue
        side = known if is_evidence(entry, sales) else bought
        if pair not in side:
            side.add(pair)
            found.append(entry)
    return found[::-1]


def _is_excluded(row: Any) -> bool:
    return (row.meta or {}).get(EXCLUDE) is True


def _name_transfer(row: _Goods) -> Any:
    cost = row.posting.cost
    return row.entity, row.item, cost.currency, cost.number


def _name_recosting(row: _Goods) -> Any:
    return row.entity, row.item, row.posting.cost.currency


def _take_moved(
    left: Sequence[_Goods], came: Sequence[_Goods], name: Any
) -> tuple[list[_Goods], list[_Goods]]:
    """Take off what left one place for another, in the order of postings."""
    sums: tuple[Sums[Any], Sums[Any]] = (Sums(), Sums())
    for side, total in zip((left, came), sums, strict=True):
        for row in side:
            total.add(name(row), row.units)
    moved = {key: min(units, sums[1][key]) for key, units in sums[0].items()}
    return _take_off(left, dict(moved), name), _take_off(came, dict(moved), name)


def _take_off(rows: Sequence[_Goods], moved: dict[Any, Decimal], name: Any) -> list[_Goods]:
    found = []
    for row in rows:
        part = min(row.units, moved.get(name(row), ZERO))
        if part:
            moved[name(row)] -= part
        if part < row.units:
            found.append(row._replace(units=row.units - part))
    return found
