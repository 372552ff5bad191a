"""What measuring found lacking → errors, each with the line that mends it.

    MUG has no price on 2024-12-31 and is not assessed; add: 2024-12-31 price MUG … USD, or …

The one module that makes errors of it: a price or rate, a product's price, a normal margin, units
(less than nothing), cost without units, and postings that make an allowance account differ from
its lots. What has no price is an error on the last measurement date alone; until then one may come.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.booked.claim import is_booked
from beancount_invwd.directives.mistakes import MOST_LINES, find_meta
from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.sums import Sums

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.allowance.weigh import Weigher
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.stock import Lot, Pool, Stock


class Missing:
    """Reports what is lacking.

    Args:
        books: The lots.
        chart: Tells which accounts hold allowances, and which items are not assessed.
        mistakes: Takes the errors.
        is_ignored: Whether items may lack a price.
    """

    def __init__(self, books: Books, chart: Chart, mistakes: Mistakes, *, is_ignored: bool) -> None:
        self._books = books
        self._chart = chart
        self._mistakes = mistakes
        self._is_ignored = is_ignored

    def finish(
        self, weigher: Weigher, awake: Collection[str], day: datetime.date
    ) -> datetime.date | None:
        """Report what lacks a price, when the last measurement date was known only afterwards.

        Args:
            weigher: Tells what is known today.
            awake: Items of which there is new evidence since.
            day: That date.

        Returns:
            The date, if nothing is reported since an item without a price then, or before, had
            other events since.
        """
        stocks = () if self._is_ignored else self._books.stocks.values()
        prices = [
            weigher.evidence.prices.newest(stock.key.commodity)
            for stock in stocks
            if stock in self._books.touched or stock.key.commodity in awake
        ]
        if any(price is None or price.date > day for price in prices):
            return day
        self.report_evidence(weigher, day)
        return None

    def report_evidence(self, weigher: Weigher, day: datetime.date) -> None:
        """Report items on hand whose measure lacks a price on the last measurement date."""
        if self._is_ignored:
            return
        stocks = self._books.stocks.values()
        unpriced: dict[str, list[Lot]] = {}
        for row in weigher.find_lacking(stocks, day):
            if row.lot.origin[0].date > day:
                continue
            if row.measured.lack == "price":
                unpriced.setdefault(row.lot.stock.key.commodity, []).append(row.lot)
            elif row.measured.lack == "product":
                self._report_product(row, day)
            elif row.measured.lack == "purchase":
                self._report_material(row.lot.stock, day)
        if not unpriced:
            return
        teller = _Lack(weigher, day)
        is_none_priced = not any(self._has_price(weigher, stock, day) for stock in stocks)
        if len(unpriced) > MOST_LINES or (is_none_priced and len(unpriced) > 1):
            message = teller.tell_all(unpriced, is_none_priced=is_none_priced)
            self._mistakes.report("missing", None, message)
            return
        for item, (lot, *_) in unpriced.items():
            self._report_item(("missing", item), lot.stock, teller.tell(lot))

    @staticmethod
    def _has_price(weigher: Weigher, stock: Stock, day: datetime.date) -> bool:
        find, (_, currency, item) = weigher.evidence.prices.find_price, stock.key
        lots = [lot for lot in stock.lots.values() if lot.origin[0].date <= day]
        ages = {lot.terms.price_max_age for lot in lots if lot.terms is not None}
        return any(find(item, currency, day, age) is not None for age in ages)

    def _report_product(self, row: Row, day: datetime.date) -> None:
        """Report a raw material of which a product cannot be judged."""
        stock, product = row.lot.stock, row.measured.reason
        item = stock.key.commodity
        why = f"has no price on {day}, or was never made or bought"
        remedy = f"add: {day} price {product} … {stock.key.currency}"
        until = " until there is one"
        if product in self._mistakes.blocked:
            why, remedy, until = "is not assessed itself", "mend what its own error tells", ""
        elif self._chart.items.is_excluded(product):
            why, remedy, until = "is excluded itself", f"remove invwd-exclude of {product}", ""
        message = (
            f"{item} is used in {product}, which {why}, so {item} is not assessed; {remedy}, or "
            f"take {product} out of invwd-used-in{until}"
        )
        self._report_item(("product", item), stock, message)

    def _report_material(self, stock: Stock, day: datetime.date) -> None:
        """Report a raw material whose products lose, and of which no second price is known."""
        _, currency, item = stock.key
        products = ", ".join(stock.facts.used_in)
        message = (
            f"{item} is used in {products}, not all of which sell for what they cost, and there is "
            f"no other price of {item} than that of its purchase, so it is not assessed; add: "
            f'{day} custom "invwd-replacement-cost" "{item}" … {currency}, or: '
            f'{day} custom "invwd-nrv" "{item}" … {currency}, or put what it takes to make the '
            f"product of it on its Commodity: invwd-completion-cost: … {currency}"
        )
        self._report_item(("purchase", item), stock, message)

    def report_lacking(self, rows: Iterable[Row]) -> None:
        """Report what is wrong on whatever measurement date it shows."""
        for lot, measured in rows:
            if measured.lack == "units":
                self._report_negative(lot)
            elif measured.lack == "margin":
                self._report_margin(lot.stock)

    def _report_margin(self, stock: Stock) -> None:
        """Report an item that is measured by `lcm` without a normal margin."""
        commodity = stock.key.commodity
        message = (
            f"{commodity} has no normal margin, which measure 'lcm' needs for its floor; "
            "add to its Commodity: invwd-normal-margin: \"20%\", or set 'normal_margin'"
        )
        self._report_item(("margin", commodity), stock, message)

    def _report_item(self, key: Any, stock: Stock, message: str) -> None:
        """Report at the item's Commodity, or where its first lot on hand was bought."""
        entry = self._mistakes.commodities.get(stock.key.commodity)
        meta = entry.meta if entry else find_meta(*next(iter(stock.lots.values())).origin)
        self._mistakes.report_first(key, meta, message, entry)

    def _report_negative(self, lot: Lot) -> None:
        """Report a lot or pool of which more left than there was."""
        label = f' lot "{lot.label}"' if lot.label else ""
        message = (
            f"{lot.units:f} {lot.stock.key.commodity}{label} in {lot.account} is less than nothing "
            "and is not measured; enter the missing purchase, or correct the sale"
        )
        self._report_lot("negative", lot, message)

    def report_emptied(self) -> None:
        """Report pools without units in which cost is left (ACCOUNTING section 3)."""
        for pool in self._books.take_emptied():
            key = pool.stock.key
            message = (
                f"{key.commodity} in {pool.account} has no units left, but a cost of "
                f"{round_money(pool.cost, pool.stock.quantum)} {key.currency}; book its last units "
                "out at their cost"
            )
            self._report_lot("emptied", pool, message)

    def _report_lot(self, what: str, lot: Lot | Pool, message: str) -> None:
        """Report where the last of its units left."""
        where = lot.drained or lot.origin
        self._mistakes.report((what, lot.number), find_meta(*where), message, where[0])

    def report_unbooked(self, entries: Iterable[Any]) -> None:
        """Report the first posting on each allowance account that is no booked movement.

        Where there are no lots to it, goods alone are reported: they are assessed nowhere.
        """
        accounts = set(filter(self._chart.is_allowance, self._books.list_accounts()))
        contras = self._books.by_contra
        for txn in entries if accounts else ():
            if type(txn) is not data.Transaction or is_booked(txn):
                continue
            posting: Any
            for posting in txn.postings:
                account = posting.account
                is_concerned = account in contras or posting.cost is not None
                if account in accounts and posting.units.number and is_concerned:
                    accounts.remove(account)
                    meta, message = find_meta(txn, posting), self._tell_unbooked(txn, posting)
                    self._mistakes.report(("unbooked", account), meta, message, txn)

    def _tell_unbooked(self, txn: Any, posting: Any) -> str:
        account = posting.account
        if posting.cost is not None:
            return (
                f"{account} is an allowance account, but the goods in this posting are assessed in "
                "an inventory account only; post them to one, or set another 'allowance' in "
                "'accounts'"
            )
        items = {stock.key.commodity for stock in self._books.by_contra.get(account, ())}
        moved = {row.units.currency for row in txn.postings if row.cost is not None}
        named = sorted(items & moved or items)
        item = named[0] if len(named) == 1 else "…"
        which = "" if len(named) == 1 else f" (the item: {', '.join(named[:MOST_LINES])})"
        return (
            f"this posting makes {account} differ from the allowances of its lots; add the tag "
            f'#invwd and invwd-group: "{item}"{which} to it, or post to another account'
        )


def _sum_cost(rows: Iterable[Sequence[Lot]]) -> str:
    """The cost of lots in each currency, to be read."""
    sums: Sums[str] = Sums()
    quanta: dict[str, Decimal] = {}
    for lot in chain.from_iterable(rows):
        currency = lot.stock.key.currency
        sums.add(currency, lot.cost)
        quanta[currency] = lot.stock.quantum
    amounts = [f"{round_money(sums[name], quanta[name]):,} {name}" for name in sorted(sums)]
    return " and ".join(amounts)


class _Lack:
    """Tells of lots without a price that is new enough on the last measurement date."""

    def __init__(self, weigher: Weigher, day: datetime.date) -> None:
        self._prices = weigher.evidence.prices
        self._day = day

    def tell_all(self, lots: Mapping[str, Sequence[Lot]], *, is_none_priced: bool) -> str:
        """Tell of several items at once: all lines, or those with the most cost if there are many.

        Args:
            lots: The lots that are not assessed, by item.
            is_none_priced: Whether no item at all has a price.
        """
        firsts = {item: rows[0] for item, rows in sorted(lots.items())}
        which, more = "these", ""
        if len(lots) > MOST_LINES:
            costs = {item: sum((lot.cost for lot in rows), ZERO) for item, rows in lots.items()}
            most = sorted(firsts, key=costs.__getitem__, reverse=True)[:MOST_LINES]
            firsts = {item: firsts[item] for item in most}
            which = f"{len(lots):,} items with a cost of {_sum_cost(lots.values())}"
            more = (
                f"\n(and {len(lots) - MOST_LINES:,} more, all listed by: bean-invwd prices LEDGER)"
            )
        lines = "\n".join(map(self._write_line_with_comment, firsts.values()))
        sale = self._show_sale(next(iter(firsts.values())))
        return (
            f"no item on hand has a price that counts on {self._day}, so {which} are not assessed; "
            if is_none_priced
            else f"{which} have no price that counts on {self._day} and are not assessed; "
        ) + (
            f"add what they sell for:\n{lines}{more}\n{sale}"
            '\nor put invwd-measure: "cost" or invwd-exclude: TRUE on their Commodity'
        )

    @staticmethod
    def _show_sale(lot: Lot) -> str:
        """How a sale that is entered anyway says what goods sell for."""
        _, currency, item = lot.stock.key
        return (
            f"or what they sold for in their sales, such as -1 {item} {{}} @ … {currency}, with "
            'plugin "beancount.plugins.implicit_prices" before this one'
        )

    def _write_line_with_comment(self, lot: Lot) -> str:
        return self._write_line(lot) + self._comment(lot)

    def tell(self, lot: Lot) -> str:
        """Tell of one item."""
        is_lower = lot.terms is not None and lot.terms.measure == "lower"
        return (
            f"{lot.stock.key.commodity} {self._describe(lot)} on {self._day} and is not assessed; "
            f"add: {self._find_remedy(lot)}, or put on its Commodity "
            f'invwd-measure: "{"replacement" if is_lower else "cost"}" or invwd-exclude: TRUE'
        )

    def _write_line(self, lot: Lot) -> str:
        return f"{self._day} price {lot.stock.key.commodity} … {lot.stock.key.currency}"

    def _comment(self, lot: Lot) -> str:
        """What there is in place of a price, as a comment of Beancount's."""
        item = lot.stock.key.commodity
        is_known = self._prices.newest(item) is not None or self._prices.has_cost(item)
        return f"  ; it {self._describe(lot)}" if is_known else ""

    def _find_remedy(self, lot: Lot) -> str:
        """The line that is missing: a price, or the rate of one that there is."""
        last = self._prices.newest(lot.stock.key.commodity)
        if last is not None and not self._is_stale(lot, last):
            return f"{self._day} price {last.amount.currency} … {lot.stock.key.currency}"
        return self._write_line(lot)

    def _is_stale(self, lot: Lot, last: Any) -> bool:
        age = lot.terms.price_max_age if lot.terms is not None else None
        return age is not None and (self._day - last.date).days > age

    def _describe(self, lot: Lot) -> str:
        item = lot.stock.key.commodity
        last = self._prices.newest(item)
        if last is None:
            costs = " (implicit_prices makes none of its costs, but of sales with an @)"
            return "has no price" + (costs if self._prices.has_cost(item) else "")
        if lot.terms is not None and self._is_stale(lot, last):
            age = lot.terms.price_max_age
            return f"has no price of the last {age} days (the last one is of {last.date})"
        currencies = f"{last.amount.currency} to {lot.stock.key.currency}"
        return f"has a price of {last.amount}, but no rate from {currencies}"
