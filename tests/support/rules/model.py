"""The loop over days: transactions, then the measurement (ACCOUNTING section 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from beancount.core import data

from tests.support.rules import materiality
from tests.support.rules.chart import Chart
from tests.support.rules.commitments import measure_orders, read_orders, settle, write_owed
from tests.support.rules.evidence import counts_since, is_evidence
from tests.support.rules.exact import ZERO, Money, as_decimal
from tests.support.rules.follow import follow
from tests.support.rules.goods import Books, Entry, Expected, Journal, Legs
from tests.support.rules.groups import Group, make_groups, set_allowances, write_locked
from tests.support.rules.policy import Policy


@dataclass(frozen=True)
class LotState:
    """A lot at the end of a day, for the properties; `written` is its allowance in the books."""

    account: str
    contra: str
    commodity: str
    currency: str
    units: Fraction
    cost: Fraction
    written: Money


@dataclass(frozen=True)
class Outcome:
    """All that the model knows after the last day.

    Attributes:
        expected: The transactions, by date.
        states: Lots at the end of every day on which something happened.
        measured: The measurement dates.
    """

    expected: list[Expected]
    states: dict[date, list[LotState]]
    measured: list[date]


def reference(
    entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None
) -> list[Expected]:
    """Return every transaction that the rules ask for.

    Args:
        entries: The booked ledger, sorted, without anything that the plugin wrote.
        options_map: Beancount's options.
        config: The configuration text of the plugin line.

    Returns:
        The transactions by date; those of one day in no particular order.
    """
    return run(entries, options_map, config).expected


def run(entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None) -> Outcome:
    """Follow the ledger day by day; like `reference`, with the lots of every day."""
    policy = Policy(entries, config)
    return Model(Books(list(entries), policy, Chart(entries, options_map, policy))).run()


class Model:
    """The rules, applied to one ledger."""

    def __init__(self, books: Books) -> None:
        self.books = books
        books.orders = read_orders(books)
        self.policy = books.policy
        self.years: dict[tuple[str, str, str, date], materiality.Year] = {}
        self.outcome = Outcome([], {}, [])
        self.is_closed = books.policy.closed_through() > date.min

    def run(self) -> Outcome:
        """Go through the days one by one."""
        rows = [entry for entry in self.books.entries if isinstance(entry, data.Transaction)]
        days = [row.date for row in rows] + [order.day for order in self.books.orders]
        if not days:
            return self.outcome
        day = min(days)
        last = max(self.policy.last_day(), *days)
        while day <= last:
            self.live(day, [row for row in rows if row.date == day])
            day += timedelta(1)
        return self.outcome

    def live(self, day: date, transactions: Sequence[data.Transaction]) -> None:
        """Let a day pass."""
        if self.policy.reversals == "interim" and self.policy.is_fiscal_year_start(day):
            self.lock_all()
        for transaction in transactions:
            self.book(transaction)
        for journal in settle(self.books, day):
            self.write(day, journal)
        items = self.items_to_test(day) if self.policy.is_in_bounds(day) else set()
        if items and self.is_closed and day > self.policy.closed_through():
            self.open_books()
            for journal in write_owed(self.books):
                self.write(day, journal)
        if items:
            self.outcome.measured.append(day)
            self.write(day, self.books.waiting)
            self.books.waiting = {}
            self.measure(day, items)
        if items or transactions:
            self.outcome.states[day] = self.list_lots()

    def lock_all(self) -> None:
        """Lock what is recognised: a new cost basis."""
        for lot in self.books.lots:
            lot.locked = lot.allowance

    def open_books(self) -> None:
        """Begin to write again: what a closed period left out is corrected by this measurement.

        Goods that left meanwhile took nothing along that is in the books, so they bring nothing
        back either.
        """
        self.is_closed = False
        for lot in self.books.lots:
            lot.unwritten = lot.allowance - min(lot.early, lot.allowance)
        for left in self.books.left:
            left.allowance = left.locked = ZERO

    def book(self, transaction: data.Transaction) -> None:
        """Follow a transaction, and write what moves and what is released."""
        moved, released = follow(self.books, transaction)
        if self.is_closed:
            return
        line = int(transaction.meta["lineno"])
        self.write(transaction.date, moved, line)
        if not self.policy.is_released_by_period:
            self.write(transaction.date, released, line)
            return
        for key, legs in released.items():
            into = self.books.waiting.setdefault(key, Legs())
            into.reasons |= legs.reasons
            for account, amount in legs.amounts.items():
                into.post(account, amount)

    # ---------------------------------------------------------------- measurement

    def items_to_test(self, day: date) -> set[str]:
        """Return the items whose groups are tested today; none if today is no measurement date."""
        lots = self.books.assessed()
        on_hand = {lot.commodity for lot in lots}
        if self.policy.is_period_end(day):
            return on_hand or {"(nothing)"}
        if self.policy.period != "price":
            return set()
        touched = {lot.commodity for lot in lots if lot.facts.get("expires") == day}
        for entry in self.books.entries:
            since = counts_since(self.books, entry, day)
            if since is None or since.day != day:
                continue
            if isinstance(entry, data.Price) and is_evidence(self.books, entry):
                touched.add(entry.currency)
            if isinstance(entry, data.Custom) and entry.type in (
                "invwd-nrv",
                "invwd-replacement-cost",
            ):
                touched.add(str(entry.values[0].value))
        return touched & on_hand

    def measure(self, day: date, items: set[str]) -> None:
        """Test all groups of the items, entity by entity and currency by currency."""
        scopes = {self.books.item_of(lot)[::2] for lot in self.books.lots}
        scopes |= {(entity, currency) for _, entity, currency, _ in self.years}
        for entity, currency in sorted(scopes):
            groups = [
                group
                for group in make_groups(self.books, entity, currency, day)
                if any(row.lot.commodity in items for row in group.rows)
            ]
            for group in groups:
                set_allowances(self.books, group, self.books.chart.quantum(currency))
            groups += write_locked(self.books, entity, currency)
            self.write_measurement(day, Entry("", entity, currency, ""), groups)
        is_all = self.policy.is_period_end(day)
        for item in dict.fromkeys(order.item for order in self.books.orders):
            if is_all or item[1] in items:
                self.write(day, measure_orders(self.books, item, day))
        if self.policy.reversals == "none":
            self.lock_all()

    def write_measurement(self, day: date, where: Entry, groups: Sequence[Group]) -> None:
        """Write what a measurement changed, and say where losses and reversals go."""
        if self.is_closed:
            return
        threshold = materiality.find_threshold(self.books, where.entity, where.currency, day)
        journal: Journal = {}
        for group in groups:
            legs = journal.setdefault(where._replace(kind=group.kind, group=group.name), Legs())
            for account, amount in group.legs.items():
                legs.post(account, amount)
        shown: Journal = {}
        for sort in ("loss", "reversal"):
            fitting = [group for group in groups if is_of_sort(group, sort)]
            key = (sort, where.entity, where.currency, self.policy.fiscal_year_end(day))
            year = self.years.setdefault(key, materiality.Year())
            placed = materiality.place(self.books, year, fitting, threshold, where)
            for entry, legs in placed.items():
                into = (shown if entry.kind == "transfer" else journal).setdefault(entry, Legs())
                for account, amount in legs.amounts.items():
                    into.post(account, amount)
        self.write(day, journal)
        self.write(day, shown)

    # ---------------------------------------------------------------- writing

    def write(self, day: date, journal: Journal, source: int = 0) -> None:
        """Write down what a journal holds, without zeros."""
        for key, legs in journal.items():
            postings = tuple(
                sorted(
                    (name, as_decimal(amount)) for name, amount in legs.amounts.items() if amount
                )
            )
            if postings:
                reasons = tuple(sorted(legs.reasons))
                self.outcome.expected.append(Expected(day, *key, source, postings, reasons))

    def list_lots(self) -> list[LotState]:
        """Return all lots as they are now."""
        return [
            LotState(
                lot.account,
                self.books.contra(lot),
                lot.commodity,
                lot.currency,
                lot.units,
                lot.cost,
                ZERO if self.is_closed else lot.allowance - lot.unwritten,
            )
            for lot in self.books.lots
        ]


def is_of_sort(group: Group, sort: str) -> bool:
    """Whether a group has a loss, or a reversal."""
    return group.change > 0 if sort == "loss" else group.change < 0
