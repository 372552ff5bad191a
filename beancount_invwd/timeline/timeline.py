"""The one loop over dates: directives → movements.

Directives are taken by date. At the end of a day what units took along is written; on a
measurement date the lots whose evidence changed are measured, their groups get new allowances, and
what changed becomes a movement (ACCOUNTING section 2). Booked movements of the ledger are facts:
what they say is not written again, and nothing is written up to `invwd-closed` (section 11).
"""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.allowance.groups import Grouping
from beancount_invwd.allowance.weigh import Weigher
from beancount_invwd.booked.booked import Booked
from beancount_invwd.booked.closed import ClosedPeriod
from beancount_invwd.directives.metadata import TAG
from beancount_invwd.ground.dates import add_days
from beancount_invwd.lots.books import Books
from beancount_invwd.lots.demand import Demand
from beancount_invwd.lots.stock import lock
from beancount_invwd.measure.evidence import EvidenceBook
from beancount_invwd.measure.sales import Sales
from beancount_invwd.movements.materiality import Materiality
from beancount_invwd.movements.movement import Movement
from beancount_invwd.movements.releases import Releases
from beancount_invwd.timeline.agenda import Agenda
from beancount_invwd.timeline.due import Calendar, Due
from beancount_invwd.timeline.estimates import Estimates
from beancount_invwd.timeline.intake import Intake
from beancount_invwd.timeline.later import tell_later
from beancount_invwd.timeline.measurement import Measurement
from beancount_invwd.timeline.missing import Missing
from beancount_invwd.timeline.ordered import Ordered
from beancount_invwd.timeline.today import Today

if TYPE_CHECKING:
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.stock import Stock, StockKey
    from beancount_invwd.policy.policy import Policy

_get_date = attrgetter("date")
_Start = datetime.date | None
_Look = Callable[[datetime.date], Any]


def _ask(_day: datetime.date) -> None:
    """Ask nothing."""


class Timeline:
    """The lots, prices and directives as of a date, and the movements up to it.

    Args:
        policy: The policy.
        directives: What the ledger states.
        mistakes: Takes what is wrong.
        end: The last date on which lots may be tested, inclusive.
        is_told: Whether reports ask what was sold or used.

    Attributes:
        entries: What is taken.
        books: The lots.
        weigher: Weighs them.
        movements: What is to be written and what is booked, in the order of dates.
        releases: What units took along.
        booked: What the ledger has booked itself.
        closed: What of a closed period waits for the next measurement date.
        ordered: What is ordered.
        estimates: Estimates that change.
        measurement: Measures on dates.
        opening: The allowances when `start` began, by stock, if that was asked for.
        tested_on: The newest measurement date so far.
        unclear_on: The last measurement date, if what came later hides which items had no price.
    """

    def __init__(
        self,
        policy: Policy,
        directives: Directives,
        mistakes: Mistakes,
        end: datetime.date,
        *,
        is_told: bool,
    ) -> None:
        is_told = is_told or directives.has_estimates("idle", "coverage")
        chart, grouping = directives.chart, Grouping(policy)
        demand = Demand(policy.idle, policy.coverage, is_told=is_told)
        self.books = books = Books(policy, directives, demand)
        self.movements: list[Movement] = []
        self.opening: Mapping[StockKey, Decimal] = {}
        self.unclear_on: datetime.date | None = None
        self._policy, self._directives = policy, directives
        self._is_by_price = is_by_price = policy.period == "price"
        self.weigher = Weigher(directives, grouping, books, demand, evidence := EvidenceBook())
        self._memory = memory = self.weigher.memory
        self._agenda = Agenda(
            books, memory, evidence.prices, chart.items.feeds, is_by_price=is_by_price
        )
        self._missing = Missing(books, chart, mistakes, is_ignored=policy.missing_price == "ignore")
        self.releases = Releases(chart, grouping, is_by_period=policy.release == "period")
        self.closed = ClosedPeriod(directives.closed, grouping, books)
        self.booked = Booked(
            policy, books, grouping, chart, mistakes, self.weigher, self.closed, self._note_booked
        )
        given = (policy, directives, books)
        materiality = Materiality(*given, evidence.prices, mistakes, self.movements)
        self.estimates = Estimates(*given, self.weigher, materiality, self._agenda, self.closed)
        self.measurement = Measurement(
            policy, books, self._agenda, self.weigher, self.closed, materiality, self._missing
        )
        self._calendar = calendar = Calendar(policy, end, books.perishables, books.is_on_hand)
        self.ordered = Ordered(
            policy, directives, books, self.weigher, self.closed, mistakes, self._agenda.add
        )
        self._intake = Intake(
            evidence, memory, self._agenda, calendar, mistakes, self.ordered, self.estimates
        )
        self._today = Today(self.releases, self.booked, self.ordered, self._intake, self.movements)
        self.tested_on: datetime.date | None = None

    def run(self, entries: Sequence[Any], start: _Start = None, look_back: _Look = _ask) -> None:
        """Take entries in their order, then test on the remaining dates up to the end.

        Args:
            entries: The entries, sorted.
            start: The date to note the opening allowances of.
            look_back: Called when all of the day before that is over, with that day.
        """
        self.entries = self._today.entries = entries
        self.weigher.evidence.prices.sales = Sales(entries)
        before = 0 if start is None else bisect_left(entries, start, key=_get_date)
        self._take(entries[:before])
        if start is not None:
            self._open(start, entries[:before])
            look_back(add_days(start, -1))
        self._take(entries[before:] if before else entries)
        self._finish()
        self._missing.report_unbooked(entries)

    def _take(self, entries: Sequence[Any]) -> None:
        """Take entries, as many at once as nothing is due between."""
        start = 0
        while start < len(entries):
            self._go_to(day := entries[start].date)
            end = bisect_right(entries, max(day, self._calendar.soonest), start, key=_get_date)
            self._take_all(entries[start:end])
            start = end

    def _take_all(self, entries: Sequence[Any]) -> None:
        """Take entries; the day of what the ledger has booked or orders ends before the next.

        All other transactions wait, to be applied at once: no price has to do with them.
        """
        directives, told = self._directives.by_entry, self._directives.told
        prices, converted = self.weigher.evidence.prices.newest_by_pair, self._memory.converted
        transaction, price, wake = data.Transaction, data.Price, self._agenda.awake.add
        is_simple, is_ordered = not (self._is_by_price or converted), self.ordered.is_any
        is_plain = is_simple and not told
        is_eventful, waiting, today = False, list[Any](), self._today
        for entry in entries:
            if is_eventful and entry.date != today.date:
                self._apply(waiting)
                today.end(today.date)
                is_eventful = False
            kind = type(entry)
            if kind is price:
                if is_plain or (is_simple and id(entry) not in told):
                    item = entry.currency  # as the intake does, but for the most of them
                    try:
                        prices[item][entry.amount.currency] = entry
                    except KeyError:
                        prices[item] = {entry.amount.currency: entry}
                    wake(item)
                else:
                    self._intake.take_price(entry)
            elif kind is transaction:
                if is_ordered or ((tags := entry.tags) and TAG in tags):
                    self._apply(waiting)
                    today.begin(entry.date)
                    today.note(entry, self.books.apply(entry))
                    is_eventful = today.date is not None
                else:
                    waiting.append(entry)
            elif id(entry) in directives:
                self._apply(waiting)
                self._intake.take_directive(directives[id(entry)])
        self._apply(waiting)

    def _apply(self, txns: list[Any]) -> None:
        """Apply transactions, which the ledger has booked nothing of; none of them waits then."""
        for txn, outflow in self.books.take(txns):
            self._today.begin(txn.date)
            self._today.note(txn, outflow)
        txns.clear()

    def _open(self, start: datetime.date, before: Sequence[Any]) -> None:
        """Note what all stocks carry when a date begins; what is due before is done."""
        day = min(start, add_days(self._calendar.end, 1))  # nothing is tested later
        if before and day > before[-1].date:
            self._go_to(day)
        self._today.end(self._today.date)
        self.opening = {key: stock.allowance for key, stock in self.books.stocks.items()}
        self.booked.taken_over.clear()

    def _note_booked(self, stocks: Sequence[Stock]) -> None:
        """Note that allowances of stocks are as the ledger says."""
        self._agenda.add(stocks)
        if self._policy.reversals == "none":
            _lock(stocks)

    def _go_to(self, day: datetime.date) -> None:
        """Do what is due before `day`."""
        while (due := self._calendar.take_before(day)) is not None:
            self._pass(due)
        self._today.end(self._today.date)
        self._calendar.go_to(day)

    def _finish(self) -> None:
        while (due := self._calendar.take_rest()) is not None:
            self._pass(due)
        self._today.end(self._today.date)
        if self._is_by_price and self.tested_on is not None:
            self.unclear_on = self._missing.finish(self.weigher, self._agenda.awake, self.tested_on)
        self._missing.report_emptied()
        self.ordered.finish(self._calendar.end, self.entries)

    def _pass(self, due: Due) -> None:
        """Do what is due at the end of a date; today, if that is another day, ended before."""
        if due.date != self._today.date or not due.is_test:
            self._today.end(self._today.date)
        if due.is_test:
            self.releases.end_period(due.date)
            self._today.end(due.date, due)
            self._test(due.date, due.items)
        if due.is_lock and self._policy.reversals == "interim":
            _lock(self.books.stocks.values())

    def _test(self, day: datetime.date, only: frozenset[str] | None) -> None:
        """Measure what may have changed and write down what did."""
        self.tested_on = day
        self._missing.report_emptied()
        lots, orders = self.estimates.find_effects(day, self.ordered.orders)
        self.movements += self.ordered.test(day, only, orders, self.estimates.tell)
        written = self.estimates.tell(self.measurement.test(day, only, lots))
        self.movements += tell_later(written, self._directives)
        self.estimates.end_test(day, only, is_owed=self.ordered.is_owed)
        if not self._is_by_price and self._calendar.is_last(day):
            self._missing.report_evidence(self.weigher, day)
            self.ordered.report(day)


def _lock(stocks: Iterable[Stock]) -> None:
    """Make allowances a new cost basis (ASC 330-10-35-14)."""
    for stock in stocks:
        if stock.allowance:
            lock(stock.lots.values())
