"""The state of a date: questions, each answered in one place."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from decimal import localcontext
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from beancount_invwd.engine.ledger import find_end, list_own
from beancount_invwd.ground.money import CONTEXT, ONE, ZERO
from beancount_invwd.timeline.sums import sum_allowances, sum_corrections
from beancount_invwd.transactions.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.allowance.groups import Plan, Row
    from beancount_invwd.directives.chart import Allowance, Inventory
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.directives.statements import Contract, Directive, Statement
    from beancount_invwd.ground.errors import InvwdError
    from beancount_invwd.ground.sums import Sums
    from beancount_invwd.lots.demand import Rate, Turnover
    from beancount_invwd.lots.stock import Lot, Place, Stock, StockKey
    from beancount_invwd.measure.measured import Evidence
    from beancount_invwd.movements.movement import Movement, Release
    from beancount_invwd.policy.policy import Policy, Terms
    from beancount_invwd.timeline.timeline import Timeline

_get_date = attrgetter("date")
Found = TypeVar("Found")


class Parts(NamedTuple):
    """What a run consists of."""

    policy: Policy
    directives: Directives
    timeline: Timeline


class Run:
    """The engine after all directives up to a date.

    Args:
        parts: What was followed.
        entries: All entries as loaded, those that the plugin generated among them.
        options_map: The ledger's options.
        as_of: The last date that was followed, inclusive.
        errors: What the user has to mend.

    Attributes:
        policy: The policy, complete.
        closed: Nothing is written on or before this date, None if there is none.
    """

    def __init__(
        self,
        parts: Parts,
        entries: Sequence[Any],
        options_map: Mapping[str, Any],
        as_of: datetime.date,
        errors: list[InvwdError],
    ) -> None:
        self.policy = parts.policy
        self.closed = parts.directives.closed
        self.entries = entries
        self.options_map = options_map
        self.as_of = as_of
        self.errors = errors
        self._directives = parts.directives
        self._chart = parts.directives.chart
        self._timeline = parts.timeline
        self._assessor = parts.timeline.assessor
        self._shared: dict[Callable[[Run], Any], Any] = {}

    def write(self) -> tuple[list[Any], list[InvwdError]]:
        """Write what has to be written; return entries, and errors that forbid others."""
        filename = str(self.options_map.get("filename") or "")
        journal = Journal(self.policy, self._chart, self.closed, filename)
        added = journal.write(self._timeline.movements)
        self._timeline.books.close()
        return added

    def share(self, work: Callable[[Run], Found]) -> Found:
        """Do some work on this run, or give what it found before: what several reports need."""
        if work not in self._shared:
            with localcontext(CONTEXT):
                self._shared[work] = work(self)
        found: Found = self._shared[work]
        return found

    # The ledger: its entries, accounts and currencies.

    @property
    def past(self) -> Sequence[Any]:
        """The entries up to the date, as loaded."""
        return self.entries[: bisect_right(self.entries, self.as_of, key=_get_date)]

    @property
    def last_test(self) -> datetime.date:
        """The last date of the ledger on which lots may be tested, whatever the date of the run."""
        return find_end(list_own(self.entries), self.policy)

    @property
    def directives(self) -> list[Directive]:
        """The `invwd-…` directives of the ledger, in its order."""
        return list(self._directives.by_entry.values())

    def account(self, name: str) -> Inventory | Allowance | None:
        """What an account is; None if it is neither inventory nor allowance."""
        return self._chart.account(name)

    def inventory(self, name: str) -> Inventory | None:
        """The inventory account of this name, None for any other."""
        return self._chart.inventory(name)

    def is_excluded(self, item: str) -> bool:
        """Whether an item is not assessed at all."""
        return self._chart.items.is_excluded(item)

    def find_open(self, account: str) -> Any:
        """The Open directive of an account, None if there is none."""
        return self._chart.opens.get(account)

    def result(self, kind: str, entity: str, item: str) -> str:
        """The account that a kind of result is written to: loss, write_off, reversal or cogs."""
        return self._chart.result(kind, entity, item, self._chart.items.category(item))

    def list_results(self, kind: str) -> set[str]:
        """The accounts that a kind of result is written to, of all items."""
        return {self.result(kind, row.key.entity, row.key.commodity) for row in self.stocks}

    def is_result(self, txn: Any) -> bool:
        """Whether a transaction has a posting in profit or loss."""
        return self._chart.is_result(txn)

    def quantum(self, currency: str) -> Decimal:
        """The smallest unit of a currency that is written."""
        return self._chart.quantum(currency)

    # Goods, and what is known of them.

    @cached_property
    def stocks(self) -> Sequence[Stock]:
        """The stocks of all items that were ever on hand."""
        return list(self._timeline.books.stocks.values())

    @property
    def places(self) -> Sequence[Place]:
        """The items by inventory account that were ever on hand."""
        return self._timeline.books.list_places()

    def measure(self, stock: Stock) -> list[Row]:
        """Measure the lots of a stock on the date; what cannot be measured says why."""
        return self._assessor.assess(stock, self.as_of)

    @cached_property
    def rows(self) -> Sequence[Row]:
        """All lots on hand, measured."""
        with localcontext(CONTEXT):
            return [row for stock in self.stocks for row in self.measure(stock)]

    @cached_property
    def plans(self) -> Sequence[Plan]:
        """What a measurement on the date would give."""
        return self.plan_fall(ZERO)

    def plan_fall(self, fall: Decimal) -> Sequence[Plan]:
        """What a measurement would give if items sold for a share less, 0.10 for 10 %."""
        with localcontext(CONTEXT):
            if not fall:
                return self._assessor.plan(self.stocks, self.as_of)
            return self._assessor.plan_at(ONE - fall, self.stocks, self.as_of)

    def find_evidence(self, lot: Lot, terms: Terms) -> Evidence:
        """What is known of the item of a lot, for lots of these terms."""
        return self._assessor.find_evidence(lot.stock, terms, self.as_of)

    def find_particular(self, lot: Lot) -> Statement | None:
        """The value that is stated of these very goods, if one is."""
        return self._assessor.evidence.find_particular(lot)

    def find_newest_price(self, item: str) -> Any:
        """The newest price directive of an item, however old it is; None without one."""
        return self._assessor.evidence.prices.newest(item)

    def find_replacement(self, stock: Stock) -> Any:
        """What a unit of an item costs to replace, however old; None if that is not known."""
        return self._assessor.evidence.find_replacement(stock, self.as_of, None)

    def list_unfilled(self, stock: Stock) -> list[tuple[Contract, Decimal]]:
        """The contracts that need more than what is on hand, with the units that they lack."""
        return self._assessor.evidence.list_unfilled(stock, self.as_of)

    def find_item_terms(self, stock: Stock) -> Terms:
        """The parameters of an item, whatever its lots and accounts say."""
        return self._directives.parameters.of_item(stock.key.commodity)

    def list_rates(self, stock: Stock) -> Sequence[Rate]:
        """What demand takes off the cost of a stock, by the policy."""
        return self._assessor.demand.find_rates(stock, self.as_of)

    def find_first_purchase(self, stock: Stock) -> datetime.date:
        """When units were first bought."""
        return self._assessor.demand.find_first(stock, self.as_of)

    def find_turnover(self, stock: Stock, window: int, *, with_scrap: bool = True) -> Turnover:
        """How fast an item left in some days; scrap has left too, as the rates count."""
        demand = self._assessor.demand
        return demand.find_turnover(stock, window, self.as_of, with_scrap=with_scrap)

    # Allowances.

    @property
    def movements(self) -> Sequence[Movement]:
        """What was to be written and what is booked, in the order of dates."""
        return self._timeline.movements

    @property
    def opening(self) -> Mapping[StockKey, Decimal]:
        """The allowances when the fiscal year, or `start`, began."""
        return self._timeline.opening

    @property
    def taken_over(self) -> Mapping[StockKey, Decimal]:
        """What stocks got or gave since by booked movements without a gain or loss."""
        return self._timeline.taken_over

    @property
    def waiting(self) -> Sequence[Release]:
        """Releases that are written at the end of the period."""
        return self._timeline.waiting

    @property
    def corrections(self) -> Sequence[Movement]:
        """What of a closed period is corrected on the next measurement date."""
        return self._timeline.corrections

    def allowances(self) -> Sums[tuple[str, str]]:
        """What each allowance account should hold by the lots and what waits, by currency."""
        return sum_allowances(self._timeline)

    def sum_corrections(self) -> Sums[tuple[str, str]]:
        """What corrects a closed period and is not yet written, by account and currency."""
        return sum_corrections(self._timeline)
