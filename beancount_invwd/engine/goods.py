"""The goods of a date, and what is known of them: evidence, demand, what a measurement gives."""

from __future__ import annotations

import datetime
from decimal import localcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import CONTEXT, ONE, ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.measure.valuer import Today

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from decimal import Decimal

    from beancount_invwd.allowance.changes import Weighed
    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.allowance.weigh import Weigher
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.directives.statements import Statement
    from beancount_invwd.directives.temporary import Temporary
    from beancount_invwd.lots.demand import Rate, Turnover
    from beancount_invwd.lots.moves import DirectWriteDown
    from beancount_invwd.lots.places import Place
    from beancount_invwd.lots.stock import Lot, Stock
    from beancount_invwd.measure.contracts import Split
    from beancount_invwd.measure.ordered import Outlook
    from beancount_invwd.measure.rule import Rule
    from beancount_invwd.policy.policy import Policy, Terms
    from beancount_invwd.timeline.timeline import Timeline


class Parts(NamedTuple):
    """What a run consists of; what was asked on the way: the day, and what was found."""

    policy: Policy
    directives: Directives
    timeline: Timeline
    looked_back: list[tuple[datetime.date, Any]]


class Goods:
    """What was on hand, and what is known of it.

    Args:
        parts: What was followed.
        as_of: The last date that was followed, inclusive.

    Attributes:
        policy: The policy, complete.
    """

    def __init__(self, parts: Parts, as_of: datetime.date) -> None:
        self.policy = parts.timeline.estimates.policy
        self.as_of = as_of
        self._directives = parts.directives
        self._timeline = parts.timeline
        self._weigher = parts.timeline.weigher.ask()
        self._today = Today(as_of)
        self._rows: dict[Stock, Sequence[Row]] = {}

    def add_up(self) -> None:
        """Add up what moved, as long as the decimal context is that of the loop."""
        books = self._timeline.books
        for stock in (*books.stocks.values(), *books.excluded.values()):
            stock.add_up()

    @cached_property
    def stocks(self) -> Sequence[Stock]:
        """The stocks of all items that were ever on hand."""
        return list(self._timeline.books.stocks.values())

    @cached_property
    def categories(self) -> Mapping[str, str]:
        """The items that were ever on hand, each with its category."""
        return {stock.key.commodity: stock.category for stock in self.stocks}

    @property
    def places(self) -> Sequence[Place]:
        """The items by inventory account that were ever on hand."""
        return self._timeline.books.list_places()

    def list_orders(self) -> Sequence[tuple[Outlook, Decimal]]:
        """What is ordered and still to come, each with the loss on it as measured last."""
        found: list[tuple[Outlook, Decimal]] = []
        orders = self._timeline.ordered.orders
        losses = {id(row.commitment): row.loss for row in orders.list_open()}
        with localcontext(CONTEXT):
            for key in orders.keys:
                rows = orders.look_out(key, self.as_of)
                found += [(row, losses[id(row.commitment)]) for row in rows]
        return found

    @property
    def order_accounts(self) -> AbstractSet[str]:
        """The accounts of liabilities for what the ledger orders."""
        return self._timeline.ordered.liabilities.accounts

    @property
    def direct_write_downs(self) -> Sequence[DirectWriteDown]:
        """Losses that the ledger took off the cost of goods itself."""
        return self._timeline.books.direct

    @property
    def excluded(self) -> Sequence[Stock]:
        """Lots that are not assessed, of items that are."""
        return list(self._timeline.books.excluded.values())

    def is_left_aside(self, account: str, item: str, cost: Any) -> bool:
        """Whether a lot of this cost ever joined those that are not assessed."""
        return (account, item, cost) in self._timeline.books.left_aside

    def measure(self, stock: Stock) -> Sequence[Row]:
        """Measure the lots of a stock on the date; what cannot be measured says why."""
        rows = self._rows.get(stock)
        if rows is None:
            with localcontext(CONTEXT):
                rows = self._rows[stock] = self._weigher.assess([stock], self._today)
        return rows

    @cached_property
    def rows(self) -> Sequence[Row]:
        """All lots on hand, measured."""
        return [row for stock in self.stocks for row in self.measure(stock)]

    @cached_property
    def plans(self) -> Sequence[Weighed]:
        """What a measurement on the date would give."""
        return self.plan_fall(ZERO)

    def plan_fall(self, fall: Decimal) -> Sequence[Weighed]:
        """What a measurement would give if items sold for a share less, 0.10 for 10 %."""
        with localcontext(CONTEXT):
            evidence = self._weigher.evidence.scale_prices(ONE - fall) if fall else None
            return self._plan(self._weigher.ask(evidence))

    def plan_lasting(self) -> Sequence[Weighed]:
        """What a measurement would give if no decline were temporary."""
        with localcontext(CONTEXT):
            evidence = self._weigher.evidence.without_temporary()
            return self._plan(self._weigher.ask(evidence))

    def _plan(self, weigher: Weigher) -> Sequence[Weighed]:
        """Weigh all goods, lot by lot, as if they carried what a closed period lacks."""
        closed = self._timeline.closed
        closed.look(self.as_of, is_over=True)
        rows = closed.weigh(weigher, self.stocks, self.as_of, by_lot=True).weighed
        closed.forget()
        return [
            row for row in rows if any(row.allowances) or any(lot.allowance for lot in row.lots)
        ]

    def find_rule(self, lot: Lot, terms: Terms) -> Rule:
        """How the value of an item follows from what is known, for lots of these terms."""
        return self._weigher.valuer.find_rule(lot.stock, terms, self._today)

    def find_particular(self, lot: Lot) -> Statement | None:
        """The value that is stated of these very goods, if one is."""
        return self._weigher.evidence.find_particular(lot)

    def find_temporary(self, item: str) -> Temporary | None:
        """The decline of an item that is not recognised on the date, if there is one."""
        return self._weigher.evidence.find_temporary(item, self.as_of)

    def find_newest_price(self, item: str) -> Any:
        """The newest price directive of an item, however old it is; None without one."""
        return self._weigher.evidence.prices.newest(item)

    def find_replacement(self, stock: Stock) -> Any:
        """What a unit of an item costs to replace, however old; None if that is not known."""
        return self._weigher.evidence.find_replacement(stock, self.as_of, None)

    def split(self, stock: Stock) -> Split:
        """How contracts share the units on hand, which need more, and which are left."""
        return self._weigher.valuer.split(stock, self._today)

    def find_item_terms(self, stock: Stock) -> Terms:
        """The parameters of an item, whatever its lots and accounts say."""
        return self._directives.parameters.of_item(stock.key.commodity)

    def list_rates(self, stock: Stock) -> Sequence[Rate]:
        """What demand takes off the cost of a stock, by the policy."""
        with localcontext(CONTEXT):
            return self._weigher.valuer.find_rates(stock, self._today)

    def find_saleable(self, stock: Stock) -> Decimal:
        """The units of a stock that can be sold."""
        return self._weigher.valuer.find_saleable(stock, self.as_of)

    def find_first_purchase(self, stock: Stock) -> datetime.date:
        """When units were first bought."""
        return self._weigher.demand.find_first(stock, self.as_of)

    def find_turnover(self, stock: Stock, window: int) -> Turnover:
        """How fast an item is sold or used, in some days."""
        with localcontext(CONTEXT):
            return self._weigher.demand.find_turnover(stock, window, self.as_of)
