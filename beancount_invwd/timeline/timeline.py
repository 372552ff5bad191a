"""The one loop over dates: directives → movements.

Directives are taken by date. At the end of a day what units took along is written; on a
measurement date the lots whose evidence changed are measured, their groups get new allowances, and
what changed becomes a movement (ACCOUNTING section 2). Booked movements of the ledger are facts:
what they say is not written again, and nothing is written up to `invwd-closed` (section 11).
"""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.allowance.changes import Weighed, merge
from beancount_invwd.allowance.groups import Grouping
from beancount_invwd.allowance.weigh import Weigher
from beancount_invwd.booked.booked import Booked
from beancount_invwd.booked.claim import is_booked
from beancount_invwd.booked.closed import ClosedPeriod
from beancount_invwd.directives.checks import check_price
from beancount_invwd.directives.metadata import TAG
from beancount_invwd.directives.statements import Closing, Contract, Directive
from beancount_invwd.ground.dates import DAY
from beancount_invwd.ground.money import ZERO
from beancount_invwd.lots.books import Books
from beancount_invwd.lots.demand import Demand
from beancount_invwd.lots.stock import lock, set_all
from beancount_invwd.measure.evidence import EvidenceBook
from beancount_invwd.movements.materiality import Materiality
from beancount_invwd.movements.movement import Movement, Release, describe
from beancount_invwd.movements.releases import Releases
from beancount_invwd.timeline.agenda import Agenda
from beancount_invwd.timeline.calendar import Calendar, Due
from beancount_invwd.timeline.missing import Missing

if TYPE_CHECKING:
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.moves import Outflow
    from beancount_invwd.lots.stock import Stock, StockKey
    from beancount_invwd.policy.policy import Policy

_get_date = attrgetter("date")


class Timeline:
    """The lots, prices and directives as of a date, and the movements up to it.

    Args:
        policy: The policy.
        directives: What the ledger states.
        mistakes: Takes what is wrong.
        end: The last date on which lots may be tested, inclusive.
        is_told: Whether reports ask what was sold or used.

    Attributes:
        books: The lots.
        weigher: Weighs them.
        movements: What is to be written and what is booked, in the order of dates.
        opening: The allowances when `start` began, by stock, if that was asked for.
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
        demand = Demand(policy.idle, policy.coverage, is_told=is_told)
        chart, grouping = directives.chart, Grouping(policy)
        self.books = books = Books(directives, demand)
        self.movements: list[Movement] = []
        self.opening: Mapping[StockKey, Decimal] = {}
        self.unclear_on: datetime.date | None = None
        self._policy = policy
        self._directives = directives
        self._mistakes = mistakes
        self._is_by_price = is_by_price = policy.period == "price"
        self.weigher = Weigher(directives, grouping, books, demand, EvidenceBook())
        self._memory = memory = self.weigher.memory
        self._agenda = Agenda(books, memory, chart.items.feeds, is_by_price=is_by_price)
        self._missing = Missing(books, chart, mistakes, is_ignored=policy.missing_price == "ignore")
        self._materiality = Materiality(policy, books, self.weigher.evidence.prices, mistakes)
        self._releases = Releases(policy, chart, grouping)
        self._closed = ClosedPeriod(directives.closed, grouping)
        self._booked = Booked(
            books,
            grouping,
            chart,
            mistakes,
            self.weigher,
            self._closed,
            self._note_booked,
            is_interim=policy.reversals == "interim",
        )
        self._calendar = Calendar(policy, end, books.perishables, books.is_on_hand)
        self._entries: Sequence[Any] = ()
        self._today: datetime.date | None = None
        self._is_eventful = False
        self._foreseen: datetime.date | None = None
        self._tested_on: datetime.date | None = None

    def run(self, entries: Sequence[Any], start: datetime.date | None = None) -> None:
        """Take entries in their order, then test on the remaining dates up to the end.

        Args:
            entries: The entries, sorted.
            start: The date to note the opening allowances of.
        """
        self._entries = entries
        before = 0
        if start is not None:
            before = bisect_left(entries, start, key=_get_date)
            self._take(entries[:before])
            self._open(start)
        self._take(entries[before:] if before else entries)
        self._finish()
        self._missing.report_unbooked(entries)

    def _take(self, entries: Iterable[Any]) -> None:
        apply, directives = self.books.apply, self._directives.by_entry
        evidence, calendar = self.weigher.evidence, self._calendar
        prices, converted = evidence.prices.newest_by_pair, self._memory.converted
        is_simple = not self._is_by_price
        transaction, price = data.Transaction, data.Price
        wake = self._agenda.awake.add
        today = None
        for entry in entries:
            if entry.date != today:
                today = entry.date
                if self._is_eventful or today > calendar.soonest or self._today is None:
                    self._go_to(today)
                self._today = today
            kind = type(entry)
            if kind is price:
                if is_simple and not converted and len(entry.meta) == 2:  # noqa: PLR2004
                    item = entry.currency  # as _take_price does, but for the most of them
                    prices[item][entry.amount.currency] = entry
                    wake(item)
                else:
                    self._take_price(entry)
            elif kind is transaction:
                outflow = apply(entry)
                if outflow is not None or entry.tags:
                    self._note(entry, outflow)
            elif id(entry) in directives:
                self._take_directive(directives[id(entry)])

    def _open(self, start: datetime.date) -> None:
        """Note what all stocks carry when a date begins; what is due before is done."""
        end = self._calendar.end
        day = start if start <= end else end + DAY  # nothing is tested later
        if self._today is not None:
            if day > self._today:
                self._go_to(day)
            else:
                self._end_today()
        self.opening = {key: stock.allowance for key, stock in self.books.stocks.items()}
        self._booked.taken_over.clear()

    def _note(self, txn: Any, outflow: Outflow | None) -> None:
        """Note what a transaction did to allowances, or says that it did."""
        is_claim = bool(txn.tags) and TAG in txn.tags and is_booked(txn)
        if outflow is not None:
            self._releases.record(txn, outflow, is_booked=is_claim)
            self._is_eventful = True
        if is_claim:
            self._is_eventful = True
            if txn.date != self._foreseen:
                self._foresee(txn.date)
            self.movements += self._booked.note(txn)

    def _foresee(self, day: datetime.date) -> None:
        """Look at all entries of a day: what is booked by hand may be taken before its end."""
        self._foreseen, entries = day, self._entries
        start = bisect_left(entries, day, key=_get_date)
        rest = entries[start : bisect_right(entries, day, start, key=_get_date)]
        if self._booked.foresee(day, rest):
            for entry in rest:
                if type(entry) is data.Price:  # all of the day count
                    self._take_price(entry)

    def _note_booked(self, stocks: Sequence[Stock]) -> None:
        """Note that allowances of stocks are as the ledger says."""
        self._agenda.add(stocks)
        if self._policy.reversals == "none":
            _lock(stocks)

    def _go_to(self, day: datetime.date) -> None:
        """Do what is due before `day`."""
        while (due := self._calendar.take_before(day)) is not None:
            self._pass(due)
        self._end_today()
        self._calendar.go_to(day)

    def _finish(self) -> None:
        while (due := self._calendar.take_rest()) is not None:
            self._pass(due)
        self._end_today()
        day = self._tested_on
        if self._is_by_price and day is not None:
            if self._missing.is_unclear(self.weigher, self._agenda.awake, day):
                self.unclear_on = day
            else:
                self._missing.report_evidence(self.weigher, day)
        self._missing.report_emptied()

    def _pass(self, due: Due) -> None:
        """Do what is due at the end of a date; today, if that is another day, ended before."""
        if due.date != self._today or not due.is_test:
            self._end_today()
        if due.is_test:
            self._releases.end_period(due.date)
            self._end_day(due.date)
            self._test(due.date, due.items)
        if due.is_lock and self._policy.reversals == "interim":
            _lock(self.books.stocks.values())

    def _end_today(self) -> None:
        if self._is_eventful and self._today is not None:
            self._end_day(self._today)

    def _end_day(self, day: datetime.date) -> None:
        """Write what units took along on a day, as far as the ledger has not booked it."""
        self._is_eventful = False
        self.movements += self._booked.end_day(self._releases, day)

    def _take_price(self, entry: Any) -> None:
        if len(entry.meta) > 2:  # more than filename and lineno  # noqa: PLR2004
            check_price(entry, self._mistakes)
        if self._memory.converted:
            self._agenda.add(self._memory.find_converted(entry))
        if self.weigher.evidence.prices.add(entry):
            self._wake(entry.currency)

    def _take_directive(self, row: Directive) -> None:
        if isinstance(row, Closing):
            return
        self.weigher.evidence.take_directive(row)
        self._agenda.awake.add(row.item)
        if not isinstance(row, Contract):
            self._wake(row.item)

    def _wake(self, item: str) -> None:
        """Note that there is new evidence of an item."""
        self._agenda.awake.add(item)
        if self._is_by_price:
            self._calendar.note_event(item)

    def _test(self, day: datetime.date, only: frozenset[str] | None) -> None:
        """Measure what may have changed and write down what did."""
        self._tested_on = day
        self._missing.report_emptied()
        closed = self._closed
        closed.follow(self.books.moved or ())
        due = self._agenda.take(day, only)
        weighed, lacking = self.weigher.weigh(due, day, by_lot=closed.through is not None)
        self._missing.report_lacking(lacking)
        if only is not None:
            weighed = [row for row in weighed if not only.isdisjoint(row.items)]
        if closed.covers(day):
            closed.note(weighed, due)
            self._keep(weighed)
        else:
            self._write(weighed, day)
            closed.forget(None if only is None else due)  # what is different no more
        self.books.moved = [] if closed.has_gaps else None
        if not self._is_by_price and self._calendar.is_last(day):
            self._missing.report_evidence(self.weigher, day)

    def _write(self, weighed: Sequence[Weighed], day: datetime.date) -> None:
        """Set the allowances of groups and note what changed."""
        corrects, find_threshold = (
            self._closed.take_gaps(weighed),
            self._materiality.find_threshold,
        )
        found = []
        for together in merge(weighed):
            late = sum([corrects[id(row)] for row in together], ZERO)
            threshold = find_threshold(together[0].group, day)
            found.append(describe(together, day, threshold, late))
        self.movements += self._closed.correct(found, day, find_threshold)
        is_final = self._policy.reversals == "none"
        for row in weighed:
            row.set(is_final=is_final)

    def _keep(self, weighed: Sequence[Weighed]) -> None:
        """Keep the allowances of a closed date, but for what went only from lot to lot."""
        for row in weighed:
            if not row.changes:  # no booking tells that
                row.set(is_final=self._policy.reversals == "none")
                continue
            kept = [lot.allowance for lot in row.lots]
            set_all(row.lots, kept, is_own=row.is_own)
            self._agenda.add({lot.stock for lot in row.lots})

    @property
    def taken_over(self) -> Mapping[StockKey, Decimal]:
        """What stocks got or gave since `start` by booked movements without a gain or loss."""
        return self._booked.taken_over

    @property
    def waiting(self) -> Sequence[Release]:
        """Releases that are written at the end of the period."""
        return self._releases.waiting

    @property
    def corrections(self) -> Sequence[Movement]:
        """What of a closed period is corrected on the next measurement date."""
        return self._closed.corrections


def _lock(stocks: Iterable[Stock]) -> None:
    """Make allowances a new cost basis (ASC 330-10-35-14)."""
    for stock in stocks:
        if stock.allowance:
            lock(stock.lots.values())
