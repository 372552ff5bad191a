"""The one loop over dates: directives → movements.

Directives are taken by date. After the last one of a measurement date the lots whose evidence
changed are measured, their groups get new allowances, and what changed becomes a movement. Nothing
is done for lots of which nothing changed: a price, a movement of units, a rate, or a date that
an earlier measurement was good for only until then, puts an item on the list of the next one.

Within a date: transactions in ledger order, then `invwd-…` directives, then the measurement
(ACCOUNTING section 2).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.allowance import Tested, allot
from beancount_invwd.facts import ReplacementCost
from beancount_invwd.lots import carry
from beancount_invwd.measure import (
    DAY,
    Evidence,
    Measured,
    Replacement,
    add_days,
    earlier,
    measure_item,
    measure_lot,
)
from beancount_invwd.money import ZERO, round_money
from beancount_invwd.periods import fiscal_year_end, period_end
from beancount_invwd.prices import PriceBook
from beancount_invwd.releases import choose_credits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from beancount_invwd.facts import Statement
    from beancount_invwd.lots import Books, Lot, Moved, Outflow, Stock, StockKey
    from beancount_invwd.policy import Policy, Terms
    from beancount_invwd.prices import Price
    from beancount_invwd.scope import Scope

UNKNOWN_TERMS = Measured(None, "", lack="terms")
NEVER = datetime.date.max
_Target = tuple[str | None, str | None]


class Group(NamedTuple):
    """A unit of account: lots whose gains and losses are set against each other.

    Attributes:
        name: As written in `invwd-group`: the item, the category, or `total`.
        lot: The number of the lot that is a group of its own, else 0.
    """

    entity: str
    currency: str
    name: str
    lot: int
    commodity: str
    category: str


class Row(NamedTuple):
    """A lot that was tested."""

    lot: Lot
    measured: Measured


class Plan(NamedTuple):
    """What a measurement gives for a group: the new allowance of each of its lots."""

    group: Group
    rows: Sequence[Row]
    allowances: Sequence[Decimal]


class Outcome(NamedTuple):
    """What a measurement changed in a group.

    Attributes:
        changes: By allowance account, increases positive.
        widest: The lot that changed most: its rule is the one that decided.
    """

    kind: str
    plan: Plan
    changes: Mapping[str, Decimal]
    widest: Row


@dataclass(frozen=True, slots=True)
class Movement:
    """A change of allowances that becomes one transaction.

    Attributes:
        kind: write-down, write-off, reversal, release or transfer.
        reason: The rule that decided.
        quantity: Units of the group, or those that left or moved.
        cost: Their cost, not rounded.
        measure: The value that cost was tested against, not rounded; None for releases.
        changes: By allowance account, increases of the allowance positive.
        credits: What releases credit, by account, positive; None stands for the reversal
            account. Empty for measurements, whose account depends on materiality.
        threshold: From which sum on a loss is a line of its own; None is always.
        lot: The lot, if it is a group of its own.
        source: The transaction by which units left or moved.
    """

    date: datetime.date
    kind: str
    reason: str
    group: Group
    quantity: Decimal
    cost: Decimal
    changes: Mapping[str, Decimal]
    measure: Decimal | None = None
    price: Price | None = None
    credits: Mapping[str | None, Decimal] = field(default_factory=dict)
    threshold: Decimal | None = None
    lot: Lot | None = None
    source: Any = None

    @property
    def change(self) -> Decimal:
        """The increase of the allowance of the group; a decrease is negative."""
        return sum(self.changes.values(), ZERO)


class Release(NamedTuple):
    """An allowance that left with units, before it is written."""

    group: Group
    kind: str
    reason: str
    account: str
    credit: str | None
    amount: Decimal
    units: Decimal
    cost: Decimal


class Timeline:
    """The lots, prices and directives as of a date, and the movements up to it.

    Args:
        scope: What is assessed.
        books: The lots, empty.
        end: The last date on which lots may be tested, inclusive.
    """

    def __init__(self, scope: Scope, books: Books, end: datetime.date) -> None:
        self.policy: Policy = scope.policy
        self.scope = scope
        self.books = books
        self.end = end
        self.prices = PriceBook()
        self.movements: list[Movement] = []
        self.measured_on: datetime.date | None = None
        self._today = datetime.date.min
        self._next_test = NEVER
        self._next_lock = NEVER
        self._dirty: set[Stock] = set()
        self._holds_until: dict[Stock, datetime.date] = {}
        self._waiting: list[tuple[datetime.date, StockKey]] = []
        self._expiring: list[tuple[datetime.date, int, Lot]] = []
        self._events: set[str] = set()
        self._foreign: dict[str, set[Stock]] = {}
        self._statements: dict[str, dict[_Target, dict[str, tuple[int, Statement]]]] = {}
        self._replacements: dict[tuple[str, str], Replacement] = {}
        self._releases: list[Release] = []
        self._order = 0

    def run(self, entries: Iterable[Any]) -> None:
        """Take entries in their order, then test on the remaining dates up to the end."""
        books, directives = self.books, self.scope.directives
        for entry in entries:
            if entry.date != self._today:
                self._go_to(entry.date)
            kind = type(entry)
            if kind is data.Transaction:
                outflow = books.apply(entry)
                if outflow is not None:
                    self._record(entry, outflow)
            elif kind is data.Price:
                self._take_price(entry)
            elif id(entry) in directives:
                self._take_directive(directives[id(entry)])
        self._finish()

    # Dates.

    def _go_to(self, day: datetime.date) -> None:
        """Test on the dates before `day` that are due."""
        if self._today is datetime.date.min:
            self._next_test = self._test_date(day)
            self._next_lock = fiscal_year_end(day, self.policy.year_end)
        while (date := self._next_date()) < day:
            self._pass(date)
        self._today = day

    def _finish(self) -> None:
        while (date := self._next_date()) <= self.end:
            self._pass(date)
            if date == NEVER:
                break
        if self.policy.period == "price" and self.measured_on is not None:
            self._report_missing(self.measured_on)

    def _test_date(self, day: datetime.date) -> datetime.date:
        """The first date from `day` on, `day` included, on which all lots are tested."""
        period = "year" if self.policy.period == "price" else self.policy.period
        return period_end(day, period, self.policy.year_end)

    def _next_date(self) -> datetime.date:
        date = min(self._next_test, self._next_lock)
        if self.policy.period != "price":
            return date
        for lot in self.scope.perishables:
            if lot.facts.expires is not None and lot.facts.expires >= self._today:
                heappush(self._expiring, (lot.facts.expires, lot.number, lot))
        self.scope.perishables.clear()
        if self._expiring:
            date = min(date, self._expiring[0][0])
        return min(date, self._today) if self._events else date

    def _pass(self, date: datetime.date) -> None:
        """Test and lock what is due on a date."""
        only = None if date == self._next_test else self._events
        while self._expiring and self._expiring[0][0] <= date:
            lot = heappop(self._expiring)[2]
            if lot.units > 0:
                self._events.add(lot.stock.key.commodity)
        is_due = only is None or bool(only)
        if is_due and (self.policy.start or date) <= date <= self.end:
            self._test(date, only)
        self._events.clear()
        following = NEVER if date == NEVER else date + DAY
        if date == self._next_test:
            self._next_test = self._test_date(following)
        if date == self._next_lock:
            self._next_lock = fiscal_year_end(following, self.policy.year_end)
            if self.policy.reversals == "interim":
                self._lock()

    def _lock(self) -> None:
        """Make the allowances of a fiscal year a new cost basis (ASC 330-10-35-14)."""
        for stock in self.books.stocks.values():
            if stock.allowance:
                for lot in stock.lots.values():
                    lot.locked = lot.allowance

    # Directives.

    def _take_price(self, entry: Any) -> None:
        if len(entry.meta) > 2:  # noqa: PLR2004
            self.scope.check_price(entry)
        is_evidence = self.prices.add(entry)
        if self._foreign:
            for currency in (entry.currency, entry.amount.currency):
                self._dirty.update(self._foreign.get(currency, ()))
        if is_evidence:
            self._wake(entry.currency)

    def _wake(self, item: str) -> None:
        """Put an item on the list of the next measurement: there is new evidence of it."""
        stocks = self.books.by_commodity.get(item)
        if stocks:
            self._dirty.update(stocks)
            if self.policy.period == "price":
                self._events.add(item)

    def _take_directive(self, row: Statement | ReplacementCost) -> None:
        self._order += 1
        if isinstance(row, ReplacementCost):
            found = Replacement(row.number, row.date, row.entry)
            self._replacements[row.item, row.currency] = found
        else:
            stated = self._statements.setdefault(row.item, {})
            by_currency = stated.setdefault((row.label, row.account), {})
            if row.currency is None:
                if not by_currency:
                    self.scope.report_end(row)
                by_currency.clear()
            else:
                by_currency[row.currency] = (self._order, row)
        self._wake(row.item)

    # Evidence.

    def _find_evidence(self, stock: Stock, terms: Terms, day: datetime.date) -> Evidence:
        """Find what is known of an item on a date, as far as it is not too old."""
        item, currency = stock.key.commodity, stock.key.currency
        max_age = terms.price_max_age
        price = self.prices.find_price(item, currency, day, max_age)
        for other in self.prices.foreign(item, currency):
            self._foreign.setdefault(other, set()).add(stock)
        statement = None
        if item in self._statements:
            found = self._statements[item].get((None, None), {}).get(currency)
            if found is not None and _is_fresh(found[1].date, day, max_age):
                statement = found[1]
        if price is not None and statement is not None:
            price, statement = (
                (price, None) if price.date > statement.date else (None, statement)
            )
        replacement = None
        if terms.measure not in {"nrv", "cost"}:
            replacement = self._find_replacement(stock, day, max_age)
        until = None
        if max_age is not None:
            for found_on in (price, statement, replacement):
                if found_on is not None:
                    until = earlier(until, add_days(found_on.date, max_age))
        return Evidence(price, statement, replacement, until)

    def _find_replacement(
        self, stock: Stock, day: datetime.date, max_age: int | None
    ) -> Replacement | None:
        directive = self._replacements.get((stock.key.commodity, stock.key.currency))
        bought = stock.purchase
        purchase = Replacement(bought[1], bought[0], bought[2]) if bought else None
        fresh = [
            found
            for found in (directive, purchase)
            if found is not None and _is_fresh(found.date, day, max_age)
        ]
        return max(fresh, key=lambda found: found.date, default=None)

    def _find_particular(self, lot: Lot) -> Statement | None:
        """Find the newest `invwd-nrv` in force that names a lot's label or account."""
        stated = self._statements.get(lot.stock.key.commodity)
        if not stated:
            return None
        found = [
            by_currency[lot.stock.key.currency]
            for (label, account), by_currency in stated.items()
            if (label is not None or account is not None)
            and label in {None, lot.label}
            and account in {None, lot.account}
            and lot.stock.key.currency in by_currency
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None

    # Measurement.

    def assess(self, stock: Stock, day: datetime.date) -> list[Row]:
        """Measure the lots of a stock; those that cannot be are there with the reason."""
        rows = []
        known: dict[int, Evidence] = {}  # by identity, which is quicker to hash
        until = None
        for lot in stock.lots.values():
            terms = lot.terms
            if lot.units < 0:
                self.scope.report_negative(lot)
                measured = Measured(None, "", lack="units")
            elif terms is None:
                measured = UNKNOWN_TERMS
            else:
                evidence = known.get(id(terms))
                if evidence is None:
                    evidence = known[id(terms)] = self._find_evidence(stock, terms, day)
                measured = measure_lot(lot, terms, evidence, self._find_particular(lot), day)
                until = earlier(until, measured.until)
            if measured.lack == "margin":
                self.scope.report_margin(stock)
            rows.append(Row(lot, measured))
        self._hold(stock, until)
        return rows

    def _hold(self, stock: Stock, until: datetime.date | None) -> None:
        """Note until when an assessment is good without a new directive or movement."""
        if until is not None and self._holds_until.get(stock, NEVER) > until:
            self._holds_until[stock] = until
            heappush(self._waiting, (until, stock.key))

    def _is_sound(self, stock: Stock, day: datetime.date) -> bool:
        """Whether sums show that no lot of a stock, alone or together, is below cost.

        True spares the loop over its lots; False says nothing.
        """
        if not stock.is_plain or stock.allowance or stock.terms is None or not stock.units:
            return not stock.lots
        if stock.key.commodity in self._statements:
            return False
        evidence = self._find_evidence(stock, stock.terms, day)
        measured = measure_item(stock, stock.terms, evidence)
        if measured.total is None:
            return False
        cost = stock.cost
        if self.policy.basis == "lot":
            cost = max(cost, stock.cost_unit_highest * stock.units)
        is_sound = measured.total > 0 and measured.total >= cost
        if is_sound:
            self._hold(stock, measured.until)
        return is_sound

    def _collect(self, day: datetime.date, only: set[str] | None) -> list[Stock]:
        """Collect the stocks that have to be tested on a date."""
        dirty = self._dirty
        dirty |= self.books.touched
        self.books.touched.clear()
        while self._waiting and self._waiting[0][0] < day:
            until, key = heappop(self._waiting)
            stock = self.books.stocks[key]
            if self._holds_until.get(stock) == until:
                del self._holds_until[stock]
                dirty.add(stock)
        if only is not None:
            stocks = self.books.by_commodity
            return [stock for item in only for stock in stocks.get(item, ()) if stock.lots]
        due = dirty if self.policy.period != "price" else self.books.stocks.values()
        found = list(due)
        dirty.clear()
        return found

    def plan(self, stocks: Iterable[Stock], day: datetime.date) -> list[Plan]:
        """Compute the new allowances of the groups that these stocks are in.

        Nothing is changed; groups in which nothing is lost and nothing was are left out.
        """
        plans = []
        if self.policy.basis in {"lot", "item"}:
            for stock in stocks:
                if not self._is_sound(stock, day):
                    plans += self._plan_group([stock], day)
        else:
            members = self._group_stocks()
            names = {self._group_name(stock): None for stock in stocks}
            for name in names:
                plans += self._plan_group(members.get(name, ()), day)
        return sorted(plans, key=lambda plan: plan.group)

    def _group_name(self, stock: Stock) -> tuple[str, str, str]:
        name = stock.category if self.policy.basis == "category" else ""
        return stock.key.entity, stock.key.currency, name

    def _group_stocks(self) -> Mapping[tuple[str, str, str], list[Stock]]:
        """All stocks by group, for the bases category and total."""
        groups: dict[tuple[str, str, str], list[Stock]] = {}
        for stock in self.books.stocks.values():
            if stock.lots:
                groups.setdefault(self._group_name(stock), []).append(stock)
        return groups

    def _plan_group(self, stocks: Sequence[Stock], day: datetime.date) -> list[Plan]:
        together: list[Row] = []
        plans = []
        for stock in stocks:
            for row in self.assess(stock, day):
                if row.measured.total is None:
                    continue
                if row.measured.is_own or self.policy.basis == "lot":
                    plans.append(_make_plan(self.group_of(row.lot, is_own=True), [row]))
                else:
                    together.append(row)
        if together:
            together.sort(key=lambda row: row.lot.number)
            plans.append(_make_plan(self.group_of(together[0].lot, is_own=False), together))
        return plans

    def group_of(self, lot: Lot, *, is_own: bool) -> Group:
        """The group of a lot: by the basis, or the lot alone."""
        entity, currency, commodity = lot.stock.key
        category, basis = lot.stock.category, self.policy.basis
        if is_own or basis in {"lot", "item"}:
            number = lot.number if is_own else 0
            return Group(entity, currency, commodity, number, commodity, category)
        if basis == "category":
            return Group(entity, currency, category, 0, "", category)
        return Group(entity, currency, "total", 0, "", "")

    def _test(self, day: datetime.date, only: set[str] | None) -> None:
        """Measure what may have changed and write down what did."""
        self.measured_on = day
        if self._releases:
            self._release(day, self._releases, None)
            self._releases = []
        self.scope.report_emptied(self.books)
        written: dict[tuple[str, ...], list[Outcome]] = {}
        for plan in self.plan(self._collect(day, only), day):
            if only is not None and all(row.lot.stock.key.commodity not in only for row in plan.rows):
                continue
            outcome = self._commit(plan)
            if outcome is not None:
                key = (*plan.group[:3], outcome.kind, outcome.widest.measured.reason)
                written.setdefault(key, []).append(outcome)
        for key in sorted(written):
            self.movements.append(self._describe(written[key], day))
        if self.policy.period != "price" and self._is_last(day):
            self._report_missing(day)

    def _is_last(self, day: datetime.date) -> bool:
        return day >= self.end or self._test_date(day + DAY) > self.end

    def _commit(self, plan: Plan) -> Outcome | None:
        """Set the allowances of a group; return what has to be written, if anything."""
        changes: dict[str, Decimal] = {}
        widest: tuple[Decimal, Row] = (ZERO, plan.rows[0])
        for row, allowance in zip(plan.rows, plan.allowances, strict=True):
            lot = row.lot
            change = allowance - lot.allowance
            if change:
                carry(lot, change)
                account = self.scope.allowance_account(lot)
                changes[account] = changes.get(account, ZERO) + change
                if abs(change) > widest[0]:
                    widest = (abs(change), row)
            if self.policy.reversals == "none":
                lot.locked = lot.allowance
            lot.is_own = row.measured.is_own
        total = sum(changes.values(), ZERO)
        if not any(changes.values()):
            return None
        kind = "transfer"
        if total > 0:
            kind = "write-down" if any(row.measured.total for row in plan.rows) else "write-off"
        elif total < 0:
            kind = "reversal"
        return Outcome(kind, plan, changes, widest[1])

    def _describe(self, outcomes: Sequence[Outcome], day: datetime.date) -> Movement:
        """Write groups of one name, kind and reason as one movement."""
        rows = [row for outcome in outcomes for row in outcome.plan.rows]
        changes: dict[str, Decimal] = {}
        for outcome in outcomes:
            for account, change in outcome.changes.items():
                changes[account] = changes.get(account, ZERO) + change
        first = outcomes[0]
        price = first.widest.measured.price
        entry = price.entry if price is not None else None
        is_one = all(row.measured.price and row.measured.price.entry is entry for row in rows)
        return Movement(
            date=day,
            kind=first.kind,
            reason=first.widest.measured.reason,
            group=first.plan.group,
            quantity=sum((row.lot.units for row in rows), ZERO),
            cost=sum((row.lot.cost for row in rows), ZERO),
            measure=sum((row.measured.total or ZERO for row in rows), ZERO),
            changes={account: change for account, change in changes.items() if change},
            price=price if is_one else None,
            threshold=self._find_threshold(first.plan.group),
            lot=rows[0].lot if len(rows) == 1 and first.plan.group.lot else None,
        )

    def _find_threshold(self, group: Group) -> Decimal | None:
        """The materiality threshold of an entity and currency on this date (section 7)."""
        found = []
        for threshold in self.policy.materiality:
            if threshold.currency is None:
                cost = sum(
                    (
                        stock.cost
                        for stock in self.books.stocks.values()
                        if stock.key[:2] == group[:2]
                    ),
                    ZERO,
                )
                found.append(threshold.number * cost)
            elif threshold.currency == group.currency:
                found.append(threshold.number)
            else:
                rate = self.prices.find_rate(threshold.currency, group.currency)
                if rate is None:
                    self.scope.report_rate(threshold.currency, group.currency)
                else:
                    found.append(threshold.number * rate[0] / rate[1])
        return min(found, default=None)

    def _report_missing(self, day: datetime.date) -> None:
        """Report items on hand that have no price on the last measurement date."""
        if self.policy.missing_price == "ignore":
            return
        unpriced: dict[str, Lot] = {}
        count = 0
        for stock in self.books.stocks.values():
            rows = [row for row in self.assess(stock, day) if row.lot.origin[0].date <= day]
            lacking = [row.lot for row in rows if row.measured.lack == "price"]
            if rows and stock.terms is not None:
                count += any(row.measured.price or row.measured.lack == "price" for row in rows)
            if lacking:
                unpriced.setdefault(stock.key.commodity, lacking[0])
        if unpriced:
            self.scope.report_missing(unpriced, self.prices, day, is_all=len(unpriced) == count)

    def sum_allowances(self) -> dict[tuple[str, str], Decimal]:
        """Sum allowances by allowance account and currency, with releases not yet written.

        Accounts that carry none now, but did, are there with 0.
        """
        sums: dict[tuple[str, str], Decimal] = {}
        for movement in self.movements:
            for account in movement.changes:
                sums[account, movement.group.currency] = ZERO
        rows = [
            (self.scope.allowance_account(lot), stock.key.currency, lot.allowance)
            for stock in self.books.stocks.values()
            if stock.allowance
            for lot in stock.lots.values()
        ]
        rows += [(row.account, row.group.currency, row.amount) for row in self._releases]
        for account, currency, amount in rows:
            sums[account, currency] = sums.get((account, currency), ZERO) + amount
        return sums

    # Units that left or moved.

    def _record(self, txn: Any, outflow: Outflow) -> None:
        """Note what a transaction did to allowances."""
        self._transfer(txn, outflow.moved)
        places: dict[tuple[str, str], list[Any]] = {}
        for row in outflow.left:
            places.setdefault(row.lot.stock.key[:2], []).append(row)
        for rows in places.values():
            releases = self._choose_releases(txn, rows)
            if self.policy.release == "period":
                self._releases += releases
            else:
                self._release(txn.date, releases, txn)

    def _choose_releases(self, txn: Any, rows: list[Any]) -> list[Release]:
        credits = choose_credits(txn, rows, self.policy.roots, self.scope.cogs_account)
        return [
            Release(
                self.group_of(row.lot, is_own=False) if not row.lot.is_own else _own(row.lot),
                "release" if account else "reversal",
                "sale" if account else "return",
                self.scope.allowance_account(row.lot),
                account,
                row.allowance,
                row.units,
                row.cost,
            )
            for row, account in credits
        ]

    def _release(
        self, day: datetime.date, releases: Sequence[Release], txn: Any
    ) -> None:
        groups: dict[tuple[Group, str], list[Release]] = {}
        for release in releases:
            groups.setdefault((release.group, release.kind), []).append(release)
        for (group, kind), rows in sorted(groups.items(), key=lambda item: item[0]):
            changes: dict[str, Decimal] = {}
            credits: dict[str | None, Decimal] = {}
            for row in rows:
                changes[row.account] = changes.get(row.account, ZERO) - row.amount
                credits[row.credit] = credits.get(row.credit, ZERO) + row.amount
            self.movements.append(
                Movement(
                    date=day,
                    kind=kind,
                    reason=rows[0].reason,
                    group=group,
                    quantity=sum((row.units for row in rows), ZERO),
                    cost=sum((row.cost for row in rows), ZERO),
                    changes=changes,
                    credits=credits,
                    source=txn,
                )
            )

    def _transfer(self, txn: Any, moved: Iterable[Moved]) -> None:
        groups: dict[Group, list[Moved]] = {}
        for row in moved:
            group = _own(row.source) if row.source.is_own else self.group_of(row.source, is_own=False)
            groups.setdefault(group, []).append(row)
        for group, rows in sorted(groups.items(), key=lambda item: item[0]):
            changes: dict[str, Decimal] = {}
            for row in rows:
                for lot, change in ((row.source, -row.allowance), (row.target, row.allowance)):
                    account = self.scope.allowance_account(lot)
                    changes[account] = changes.get(account, ZERO) + change
            changes = {account: change for account, change in changes.items() if change}
            if changes:
                self.movements.append(
                    Movement(
                        date=txn.date,
                        kind="transfer",
                        reason=rows[0].reason,
                        group=group,
                        quantity=sum((row.units for row in rows), ZERO),
                        cost=sum((row.cost for row in rows), ZERO),
                        changes=changes,
                        source=txn,
                    )
                )


def _own(lot: Lot) -> Group:
    """The group that units of an own-group lot are released from: named by the item."""
    entity, currency, commodity = lot.stock.key
    return Group(entity, currency, commodity, 0, commodity, lot.stock.category)


def _make_plan(group: Group, rows: Sequence[Row]) -> Plan:
    tested = [
        Tested(row.lot.cost, row.measured.total or ZERO, row.lot.locked) for row in rows
    ]
    return Plan(group, rows, allot(tested, rows[0].lot.stock.quantum))


def _is_fresh(date: datetime.date, day: datetime.date, max_age: int | None) -> bool:
    return max_age is None or (day - date).days <= max_age
