"""The one loop over dates: directives → movements.

Directives are taken by date. At the end of a day what units took along is written; on a
measurement date the lots whose evidence changed are measured, their groups get new allowances, and
what changed becomes a movement (ACCOUNTING section 2). Booked movements of the ledger are facts:
what they say is not written again, and nothing is written up to `invwd-closed` (section 11).
"""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.allowance.assessor import Assessor
from beancount_invwd.allowance.groups import Group, Grouping
from beancount_invwd.allowance.outcomes import Outcome, join, merge, tell_reason
from beancount_invwd.booked.claim import Claim, find_early, is_booked, read_claims, settle
from beancount_invwd.booked.claims import Claims
from beancount_invwd.directives.checks import check_price
from beancount_invwd.directives.metadata import TAG
from beancount_invwd.directives.statements import Closing, Contract, Directive
from beancount_invwd.ground.dates import DAY
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import part_of
from beancount_invwd.lots.books import Books
from beancount_invwd.lots.demand import Demand
from beancount_invwd.lots.stock import lock
from beancount_invwd.movements.materiality import Materiality
from beancount_invwd.movements.movement import Movement, Release, set_off
from beancount_invwd.movements.outgoing import Outgoing
from beancount_invwd.timeline.agenda import Agenda
from beancount_invwd.timeline.calendar import Calendar, Due

if TYPE_CHECKING:
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.moves import Outflow
    from beancount_invwd.lots.stock import Lot, Stock, StockKey
    from beancount_invwd.policy.policy import Policy

_get_date = attrgetter("date")


class _Gap(NamedTuple):
    """What a lot would have carried more in a closed period, had all been known.

    Attributes:
        group: The group that it was measured in; lots on their own are named by their item.
        is_own: Whether it was a group of its own.
        units: Its units on that day, but for those that moved to other lots since.
        amount: How much more these would have carried; negative if it would have carried less.
    """

    group: Group
    is_own: bool
    lot: Lot
    units: Decimal
    amount: Decimal

    def find_part(self, units: Decimal) -> Decimal:
        """What of it so many of the units have; none if they are negative."""
        part = part_of(abs(self.amount), max(ZERO, units), self.units, self.lot.stock.quantum)
        return part if self.amount > ZERO else -part


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
        assessor: Measures them.
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
        grouping = Grouping(policy)
        self._grouping = grouping
        is_by_price = policy.period == "price"
        self.books = Books(directives, demand)
        self.movements: list[Movement] = []
        self.opening: Mapping[StockKey, Decimal] = {}
        self.unclear_on: datetime.date | None = None
        self._policy = policy
        chart = self._chart = directives.chart
        self._directives = directives
        self._mistakes = mistakes
        self._is_by_price = is_by_price
        self._agenda = Agenda(self.books, chart.items.feeds, is_by_price=is_by_price)
        self.assessor = Assessor(
            directives, mistakes, grouping, self.books, demand, self._agenda, attrgetter("contra")
        )
        prices = self.assessor.evidence.prices
        self._materiality = Materiality(policy, self.books, prices, mistakes)
        self._outgoing = Outgoing(policy, chart, grouping)
        is_interim = policy.reversals == "interim"
        self._claims = Claims(self.books, grouping, chart, mistakes, is_interim=is_interim)
        self._calendar = Calendar(policy, end, self.books.perishables, self.books.is_on_hand)
        self._today: datetime.date | None = None
        self._is_eventful = False
        self._entries: Sequence[Any] = ()
        self._foreseen: datetime.date | None = None
        self._early: Collection[tuple[int, str]] = ()
        self._booked: list[Claim] = []
        self._corrections: list[Movement] = []
        self._gaps: dict[int, _Gap] = {}  # by the number of the lot
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
        self._report_unbooked(entries)

    def _take(self, entries: Iterable[Any]) -> None:
        apply, directives = self.books.apply, self._directives.by_entry
        evidence, calendar = self.assessor.evidence, self._calendar
        prices, converted = evidence.prices.newest_by_pair, evidence.converted
        is_simple = not self._is_by_price
        transaction, price = data.Transaction, data.Price
        wake, alarms = self._agenda.awake.add, self._agenda.alarms
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
                    item, (number, currency) = entry.currency, entry.amount
                    quotes = prices[item]  # as _take_price does, but for the most of them
                    quotes[currency] = entry
                    if item not in alarms or number < alarms[item] or len(quotes) > 1:
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
        self._claims.taken_over.clear()

    def _note(self, txn: Any, outflow: Outflow | None) -> None:
        """Note what a transaction did to allowances, or says that it did."""
        if outflow is not None:
            self._outgoing.record(txn, outflow)
            self._is_eventful = True
        if txn.tags and TAG in txn.tags and is_booked(txn):
            self._is_eventful = True
            for claim in read_claims(txn):
                ready = self._find_ready(claim) if claim.kind is None else None
                if ready is None:
                    self._booked.append(claim)
                else:
                    self._take_claims([ready], txn.date)

    def _find_ready(self, claim: Claim) -> Claim | None:
        """Find what is taken before the day ends, since its goods change later that day."""
        day = claim.txn.date
        if day != self._foreseen:
            self._foreseen, entries = day, self._entries
            start = bisect_left(entries, day, key=_get_date)
            rest = entries[start : bisect_right(entries, day, start, key=_get_date)]
            self._early = find_early(rest, self.books.by_commodity)
            for entry in rest if self._early else ():
                if type(entry) is data.Price:  # all of the day count
                    self._take_price(entry)
        return self._claims.find_ready(claim) if self._is_early(claim) else None

    def _is_early(self, claim: Claim) -> bool:
        """Whether it was made by hand, and its goods change later that day."""
        return (id(claim.txn), claim.group) in self._early

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
        if self._is_by_price and self._tested_on is not None:
            if self._is_unclear(self._tested_on):
                self.unclear_on = self._tested_on
            else:
                self._report_missing(self._tested_on)
        self._report_emptied()
        for stock in self.books.stocks.values():
            stock.share()

    def _pass(self, due: Due) -> None:
        """Do what is due at the end of a date; today, if that is another day, ended before."""
        if due.date != self._today or not due.is_test:
            self._end_today()
        if due.is_test:
            self._outgoing.end_period(due.date)
            self._write_day(due.date)
            self._test(due.date, due.items)
        if due.is_lock and self._policy.reversals == "interim":
            self._lock(self.books.stocks.values())

    def _end_today(self) -> None:
        if self._is_eventful and self._today is not None:
            self._write_day(self._today)

    def _write_day(self, day: datetime.date) -> None:
        """Write what units took along on a day, as far as the ledger has not booked it."""
        self._is_eventful = False
        outgoing, claims = self._outgoing.take(), self._booked
        if claims:
            self._booked = []
            is_kin = self._claims.is_kin
            outgoing, claims = settle(outgoing, self._claims.check(claims), is_kin)
            claims = self._outgoing.settle(claims, is_kin)
            if outgoing:
                late = [claim for claim in claims if not self._is_early(claim)]
                early = [claim for claim in claims if self._is_early(claim)]
                outgoing, early = self._claims.settle_excess(outgoing, early)
                claims = early + late
        if self._is_closed(day):
            self._corrections += outgoing
        else:
            self.movements += outgoing
        if claims and self._corrections:  # of a closed period, perhaps booked in this one
            corrections, claims = settle(self._corrections, claims, self._claims.is_kin)
            self._corrections, claims = self._claims.settle_excess(corrections, claims)
        if claims:
            self._take_claims(claims, day)

    def _take_claims(self, claims: Sequence[Claim], day: datetime.date) -> None:
        """Change allowances as the ledger says."""
        stocks = self._claims.find_stocks(claims)
        outcomes = self.assessor.weigh(stocks, day, by_lot=True)
        is_closed = self._is_closed(day)

        def find_unmeasured() -> set[int]:
            rows = [row for stock in stocks for row in self.assessor.assess(stock, day)]
            return {row.lot.number for row in rows if row.measured.total is None}

        self.movements += self._claims.apply(
            claims, outcomes, find_unmeasured, day, is_closed=is_closed
        )
        self._corrections += self._claims.unplaced
        self._claims.unplaced.clear()
        self._agenda.add(stocks)
        if self._policy.reversals == "none":
            self._lock(stocks)

    def _is_closed(self, day: datetime.date) -> bool:
        return self._directives.closed is not None and day <= self._directives.closed

    @staticmethod
    def _lock(stocks: Iterable[Stock]) -> None:
        """Make allowances a new cost basis (ASC 330-10-35-14)."""
        for stock in stocks:
            if stock.allowance:
                lock(stock.lots.values())

    # Directives.

    def _take_price(self, entry: Any) -> None:
        if len(entry.meta) > 2:  # more than filename and lineno  # noqa: PLR2004
            check_price(entry, self._mistakes)
        evidence = self.assessor.evidence
        if evidence.converted:
            self._agenda.add(evidence.find_converted(entry))
        if evidence.prices.add(entry):
            self._wake(entry.currency)

    def _take_directive(self, row: Directive) -> None:
        if isinstance(row, Closing):
            return
        self.assessor.evidence.take_directive(row)
        self._agenda.awake.add(row.item)
        if not isinstance(row, Contract):
            self._wake(row.item)

    def _wake(self, item: str) -> None:
        """Note that there is new evidence of an item."""
        self._agenda.awake.add(item)
        if self._is_by_price:
            self._calendar.note_event(item)

    # Measurement.

    def _test(self, day: datetime.date, only: frozenset[str] | None) -> None:
        """Measure what may have changed and write down what did."""
        self._tested_on = day
        self._report_emptied()
        self._move_gaps()
        due = self._agenda.take(day, only)
        outcomes = self.assessor.weigh(due, day, by_lot=self._directives.closed is not None)
        if only is not None:
            outcomes = [row for row in outcomes if not only.isdisjoint(row.items)]
        if self._is_closed(day):
            self._forget_gaps(due)
            for outcome in outcomes:
                if outcome.changes:
                    self._note_gap(outcome)
                else:  # only from lot to lot, which no booking tells
                    outcome.set(is_final=self._policy.reversals == "none")
        else:
            self._write(outcomes, day)
            if only is None:
                self._gaps.clear()  # what is different no more needs no correction
            else:
                self._forget_gaps(due)
        self.books.moved = [] if self._gaps else None
        if not self._is_by_price and self._calendar.is_last(day):
            self._report_missing(day)

    def _take_corrections(self, day: datetime.date) -> list[Movement]:
        """Take what of a closed period waits for a correction."""
        waiting, self._corrections = self._corrections, []
        return [
            row._replace(
                date=day,
                is_correction=True,
                threshold=self._materiality.find_threshold(row.group, day),
            )
            for row in waiting
        ]

    def _write(self, outcomes: Sequence[Outcome], day: datetime.date) -> None:
        """Set the allowances of groups and note what changed."""
        corrects = self._take_gaps(outcomes) if self._gaps else {}
        found = []
        for together in merge(outcomes):
            late = sum([corrects[id(row)] for row in together], ZERO) if corrects else ZERO
            found.append(self._describe(together, day, late))
        if self._corrections:
            found = set_off(self._take_corrections(day), found)
        self.movements += found
        is_final = self._policy.reversals == "none"
        for outcome in outcomes:
            outcome.set(is_final=is_final)

    def _forget_gaps(self, stocks: Iterable[Stock]) -> None:
        """Forget what was different of the groups that are tested anew."""
        if self._gaps:
            find = self._grouping.find_named
            groups = {find(stock, is_own=is_own) for stock in stocks for is_own in (True, False)}
            self._gaps = {key: gap for key, gap in self._gaps.items() if gap.group not in groups}

    def _note_gap(self, outcome: Outcome) -> None:
        """Note what would be different today in a closed period; nothing of it is written."""
        for lot, allowance in outcome.list_new():
            gap = allowance - lot.allowance
            if gap:
                self._gaps[lot.number] = _Gap(outcome.group, outcome.is_own, lot, lot.units, gap)
            lot.is_own, lot.good_for = outcome.is_own, None
            lot.stock.has_own = lot.stock.has_own or outcome.is_own
        self._agenda.add({lot.stock for lot in outcome.lots})

    def _move_gaps(self) -> None:
        """Let what would have been different go with units that moved to other lots since."""
        for row in self.books.moved or ():
            gap = self._gaps.get(row.source.number)
            if gap is not None and gap.units > ZERO:
                units = min(row.units, gap.units)
                part = gap.find_part(units)
                rest, there = gap.units - units, self._gaps.get(row.target.number)
                self._gaps[row.source.number] = gap._replace(units=rest, amount=gap.amount - part)
                if there is not None:
                    units, part = units + there.units, part + there.amount
                moved = gap._replace(lot=row.target, units=units, amount=part)
                self._gaps[row.target.number] = moved

    def _take_gaps(self, outcomes: Iterable[Outcome]) -> dict[int, Decimal]:
        """Take what would have been different in a closed period, of units that are still there.

        It goes with the lot, or where that changes nothing now, with the others of its group.

        Returns:
            The amounts by the identity of the outcome.
        """
        together: dict[Group, list[int]] = {}
        for number, gap in self._gaps.items():
            if not gap.is_own:
                together.setdefault(gap.group, []).append(number)
        found = {}
        for outcome in sorted(outcomes, key=lambda outcome: not outcome.is_own):
            numbers = [lot.number for lot in outcome.lots]
            if not outcome.is_own:
                numbers += together.get(outcome.group, [])
            gaps = [self._gaps.pop(number, None) for number in numbers]
            found[id(outcome)] = sum((gap.find_part(gap.lot.units) for gap in gaps if gap), ZERO)
        return found

    def _describe(
        self, outcomes: Sequence[Outcome], day: datetime.date, corrects: Decimal
    ) -> Movement:
        """Describe what is written together as one movement."""
        found, lots = join(outcomes), outcomes[0].lots
        is_single = found.is_own and len(outcomes) == len(lots) == 1
        return Movement(
            day,
            found.kind,
            tell_reason(outcomes),
            found.group,
            found.quantity,
            found.cost,
            found.changes,
            found.measure,
            found.price,
            self._materiality.find_threshold(found.group, day),
            lots[0] if is_single else None,
            corrects,
        )

    def _report_emptied(self) -> None:
        """Report pools without units in which cost is left (ACCOUNTING section 3)."""
        for pool in self.books.take_emptied():
            self._mistakes.report_emptied(pool)

    def _report_unbooked(self, entries: Iterable[Any]) -> None:
        """Report the first posting on each allowance account that is no booked movement.

        Where there are no lots to it, goods alone are reported: they are assessed nowhere.
        """
        accounts = set(filter(self._chart.is_allowance, self.books.list_accounts()))
        if not accounts:
            return
        contras = self.books.by_contra
        posting: Any
        for txn in entries:
            if type(txn) is data.Transaction and not is_booked(txn):
                for posting in txn.postings:
                    if (
                        posting.account in accounts
                        and posting.units.number
                        and (posting.account in contras or posting.cost is not None)
                    ):
                        accounts.remove(posting.account)
                        self._mistakes.report_unbooked(txn, posting)

    def _is_unclear(self, day: datetime.date) -> bool:
        """Whether an item without a price of this day, or before, had other events since."""
        newest, awake = self.assessor.evidence.prices.newest, self._agenda.awake
        changed = [
            stock.key.commodity
            for stock in self.books.stocks.values()
            if stock in self.books.touched or stock.key.commodity in awake
        ]
        prices = map(newest, changed if self._policy.missing_price == "error" else ())
        return any(price is None or price.date > day for price in prices)

    def _report_missing(self, day: datetime.date) -> None:
        """Report items on hand that have no price on the last measurement date."""
        if self._policy.missing_price == "ignore":
            return
        prices = self.assessor.evidence.prices
        unpriced: dict[str, Lot] = {}
        is_none_priced = True
        for stock in self.books.stocks.values():
            rows = [
                row for row in self.assessor.assess(stock, day) if row.lot.origin[0].date <= day
            ]
            lacking = [row.lot for row in rows if row.measured.lack == "price"]
            for age in {row.lot.terms.price_max_age for row in rows if row.lot.terms is not None}:
                if prices.find_price(stock.key.commodity, stock.key.currency, day, age) is not None:
                    is_none_priced = False
            if lacking:
                unpriced.setdefault(stock.key.commodity, lacking[0])
            for row in rows:
                if row.measured.lack == "product":
                    product = row.measured.reason
                    is_excluded = self._chart.items.is_excluded(product)
                    self._mistakes.report_product(row.lot, product, day, is_excluded=is_excluded)
        if unpriced:
            self._mistakes.report_missing(unpriced, prices, day, is_all=is_none_priced)

    @property
    def taken_over(self) -> Mapping[StockKey, Decimal]:
        """What stocks got or gave since `start` by booked movements without a gain or loss."""
        return self._claims.taken_over

    @property
    def waiting(self) -> Sequence[Release]:
        """Releases that are written at the end of the period."""
        return self._outgoing.waiting

    @property
    def corrections(self) -> Sequence[Movement]:
        """What of a closed period is corrected on the next measurement date."""
        return self._corrections

    def sum_allowances(self) -> dict[tuple[str, str], Decimal]:
        """Sum allowances, positive, by allowance account and currency, as the ledger has them.

        So with releases and corrections that are not yet written. Accounts that carry none now, but
        did, are there with 0.
        """
        sums: dict[tuple[str, str], Decimal] = {}
        for movement in self.movements:
            for account in movement.changes:
                sums[account, movement.group.currency] = ZERO
        for stock in self.books.stocks.values():
            for lot in stock.lots.values() if stock.allowance else ():
                key = (lot.place.contra, stock.key.currency)
                sums[key] = sums.get(key, ZERO) + lot.allowance
        for row in self.waiting:
            key = (row.account, row.group.currency)
            sums[key] = sums.get(key, ZERO) + row.amount
        for key, change in self.sum_corrections().items():
            sums[key] = sums.get(key, ZERO) - change
        return sums

    def sum_corrections(self) -> dict[tuple[str, str], Decimal]:
        """Sum what corrects a closed period and is not yet written, by account and currency.

        Increases of the allowance are positive.
        """
        sums: dict[tuple[str, str], Decimal] = {}
        for movement in self._corrections:
            for account, change in movement.changes.items():
                key = (account, movement.group.currency)
                sums[key] = sums.get(key, ZERO) + change
        return sums
