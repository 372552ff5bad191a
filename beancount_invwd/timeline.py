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
from decimal import Decimal
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.allowance import Tested, allot
from beancount_invwd.calendar import NEVER, Calendar, Due
from beancount_invwd.demand import Demand
from beancount_invwd.evidence import EvidenceBook
from beancount_invwd.facts import Closing, Contract, Directive
from beancount_invwd.lots import Books
from beancount_invwd.materials import Materials
from beancount_invwd.measure import Evidence, Measured, measure_item, measure_lot
from beancount_invwd.money import ZERO
from beancount_invwd.movements import TAG, Group, Kind, Movement, Plan, Release, Row
from beancount_invwd.releases import choose_credits
from beancount_invwd.stock import carry
from beancount_invwd.values import earlier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from beancount_invwd.flows import Moved, Outflow, Reduction
    from beancount_invwd.mistakes import Mistakes
    from beancount_invwd.policy import Policy, Terms
    from beancount_invwd.scope import Scope
    from beancount_invwd.stock import Lot, Stock, StockKey
    from beancount_invwd.targets import Targets

_UNKNOWN_TERMS = Measured(None, "", lack="terms")
_NEGATIVE = Measured(None, "", lack="units")


class Timeline:
    """The lots, prices and directives as of a date, and the movements up to it.

    Args:
        policy: The policy.
        scope: What is assessed.
        targets: Where movements go.
        mistakes: Takes what is wrong.
        end: The last date on which lots may be tested, inclusive.

    Attributes:
        books: The lots.
        movements: What is to be written, in the order of dates.
        booked: Transactions of the ledger that the plugin wrote in an earlier run.
    """

    def __init__(
        self,
        policy: Policy,
        scope: Scope,
        targets: Targets,
        mistakes: Mistakes,
        end: datetime.date,
    ) -> None:
        self._demand = Demand(policy.idle, policy.coverage)
        self.books = Books(scope, self._demand)
        self.movements: list[Movement] = []
        self.booked: list[Any] = []
        self._policy = policy
        self._scope = scope
        self._targets = targets
        self._mistakes = mistakes
        self._evidence = EvidenceBook(mistakes)
        self._materials = Materials(scope, self._evidence, self.books.stocks)
        self._calendar = Calendar(policy, end, scope.perishables)
        self._tested_on: datetime.date | None = None
        self._is_by_price = policy.period == "price"
        self._dirty: set[Stock] = set()
        self._awake: set[str] = set()
        self._holds_until: dict[Stock, datetime.date] = {}
        self._waiting: list[tuple[datetime.date, StockKey]] = []
        self._releases: list[Release] = []

    def run(self, entries: Iterable[Any]) -> None:  # noqa: C901 (the hot loop, all in one place)
        """Take entries in their order, then test on the remaining dates up to the end."""
        apply, directives = self.books.apply, self._scope.directives
        calendar, add_price, awake = self._calendar, self._evidence.prices.add, self._awake
        is_simple = not self._is_by_price
        converted = self._evidence.converted
        today = None
        for entry in entries:
            if entry.date != today:
                today = entry.date
                if today > calendar.soonest:
                    self._go_to(today)
            kind = type(entry)
            if kind is data.Transaction:
                if entry.tags and TAG in entry.tags:
                    self.booked.append(entry)
                    continue
                outflow = apply(entry)
                if outflow is not None:
                    self._record(entry, outflow)
            elif kind is data.Price:
                if is_simple and not converted and len(entry.meta) == 2:  # noqa: PLR2004
                    add_price(entry)  # as _take_price does, but for the most of them
                    awake.add(entry.currency)
                else:
                    self._take_price(entry)
            elif id(entry) in directives:
                self._take_directive(directives[id(entry)])
        while (due := self._calendar.take_rest()) is not None:
            self._pass(due)
        if self._is_by_price and self._tested_on is not None:
            self._report_missing(self._tested_on)

    def _go_to(self, day: datetime.date) -> None:
        """Do what is due before `day`."""
        while (due := self._calendar.take_before(day)) is not None:
            self._pass(due)
        self._calendar.go_to(day)

    def _pass(self, due: Due) -> None:
        """Test and lock what is due on a date."""
        if due.is_test:
            self._test(due.date, due.items)
        if due.is_lock and self._policy.reversals == "interim":
            self._lock()

    def _lock(self) -> None:
        """Make the allowances of a fiscal year a new cost basis (ASC 330-10-35-14)."""
        for stock in self.books.stocks.values():
            if stock.allowance:
                for lot in stock.lots.values():
                    lot.locked = lot.allowance

    def _take_price(self, entry: Any) -> None:
        if len(entry.meta) > 2:  # more than filename and lineno  # noqa: PLR2004
            self._scope.check_price(entry)
        if self._evidence.converted:
            self._dirty.update(self._evidence.find_converted(entry))
        if self._evidence.prices.add(entry):
            self._wake(entry.currency)

    def _take_directive(self, row: Directive) -> None:
        if isinstance(row, Closing):
            return
        self._evidence.take_directive(row)
        self._awake.add(row.item)
        if not isinstance(row, Contract):
            self._wake(row.item)

    def _wake(self, item: str) -> None:
        """Put an item on the list of the next measurement: there is new evidence of it."""
        self._awake.add(item)
        if self._is_by_price and item in self.books.by_commodity:
            self._calendar.note_event(item)

    def assess(self, stock: Stock, day: datetime.date) -> list[Row]:
        """Measure the lots of a stock; those that cannot be are there with the reason."""
        rows = []
        known: dict[int, Evidence] = {}  # by identity, which is quicker to hash
        until = None
        for lot in stock.lots.values():
            terms = lot.terms
            if lot.units < 0:
                self._mistakes.report_negative(lot)
                measured = _NEGATIVE
            elif terms is None:
                measured = _UNKNOWN_TERMS
            else:
                evidence = known.get(id(terms))
                if evidence is None:
                    evidence = known[id(terms)] = self._find_evidence(stock, terms, day)
                particular = self._evidence.find_particular(lot)
                measured = measure_lot(lot, terms, evidence, particular, day)
                until = earlier(until, measured.until)
            if measured.lack == "margin":
                self._mistakes.report_margin(stock)
            rows.append(Row(lot, measured))
        self._hold(stock, until)
        return rows

    def _find_evidence(self, stock: Stock, terms: Terms, day: datetime.date) -> Evidence:
        evidence = self._evidence.find(stock, terms, day)
        if stock.facts.used_in:
            evidence = self._materials.judge(stock, evidence, day)
        if self._demand.is_asked:
            evidence = evidence._replace(rates=self._demand.find_rates(stock, day))
        return evidence

    def _hold(self, stock: Stock, until: datetime.date | None) -> None:
        """Note until when an assessment is good without a new directive or movement."""
        if until is not None and self._holds_until.get(stock, NEVER) > until:
            self._holds_until[stock] = until
            heappush(self._waiting, (until, stock.key))

    def _is_sound(self, stock: Stock, day: datetime.date) -> bool:
        """Whether sums show that no lot of a stock, alone or together, is below cost.

        True spares the loop over its lots; False says nothing.
        """
        if not stock.is_plain or stock.allowance or stock.terms is None:
            return not stock.lots
        if self._evidence.is_stated(stock.key.commodity) or self._demand.is_asked:
            return False
        value, until = self._value_unit(stock, stock.terms, day)
        if value is None or value <= 0:
            return False
        if self._policy.basis == "lot":
            is_sound = value >= stock.cost_unit_highest
        else:
            is_sound = value * stock.units >= stock.cost
        if is_sound:
            self._hold(stock, until)
        return is_sound

    def _value_unit(
        self, stock: Stock, terms: Terms, day: datetime.date
    ) -> tuple[Decimal | None, datetime.date | None]:
        """The measure of one unit of a plain stock, and until when it holds."""
        if stock.nrv_line is not None:
            found = self._evidence.find_plain(stock, terms, day)
            if found is not None:
                share, amount = stock.nrv_line
                return found[0] * share - amount, found[1]
        evidence = self._evidence.find(stock, terms, day)
        measured = measure_item(stock, terms, evidence)
        if measured.total is None or not stock.units:
            return None, measured.until
        return measured.total / stock.units, measured.until

    def _collect(self, day: datetime.date, only: frozenset[str] | None) -> list[Stock]:
        """Collect the stocks that have to be tested on a date."""
        dirty = self._dirty
        dirty |= self.books.touched
        self.books.touched.clear()
        for item in self._awake:
            dirty.update(self.books.by_commodity.get(item, ()))
        self._awake.clear()
        if self._scope.feeds:
            self._wake_materials(dirty)
        while self._waiting and self._waiting[0][0] < day:
            until, key = heappop(self._waiting)
            stock = self.books.stocks[key]
            if self._holds_until.get(stock) == until:
                del self._holds_until[stock]
                dirty.add(stock)
        if only is not None:
            stocks = self.books.by_commodity
            return [stock for item in only for stock in stocks.get(item, ()) if stock.lots]
        due = dirty if not self._is_by_price else self.books.stocks.values()
        found = list(due)
        dirty.clear()
        return found

    def _wake_materials(self, dirty: set[Stock]) -> None:
        """Put the raw materials of items on the list of which something changed."""
        for stock in list(dirty):
            for material in self._scope.feeds.get(stock.key.commodity, ()):
                dirty.update(self.books.by_commodity.get(material, ()))

    def plan(self, stocks: Iterable[Stock], day: datetime.date) -> list[Plan]:
        """Compute the new allowances of the groups that these stocks are in.

        Nothing is changed; groups in which nothing is lost and nothing was are left out.
        """
        plans = []
        if self._policy.basis in {"lot", "item"}:
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
        name = stock.category if self._policy.basis == "category" else ""
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
                if row.measured.is_own or self._policy.basis == "lot":
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
        category, basis = lot.stock.category, self._policy.basis
        if is_own or basis in {"lot", "item"}:
            number = lot.number if is_own else 0
            return Group(entity, currency, commodity, number, commodity, category)
        if basis == "category":
            return Group(entity, currency, category, 0, "", category)
        return Group(entity, currency, "total", 0, "", "")

    def _group_left(self, lot: Lot) -> Group:
        """The group that units left: a lot that was a group of its own is named by its item."""
        return self.group_of(lot, is_own=lot.is_own)._replace(lot=0)

    def _test(self, day: datetime.date, only: frozenset[str] | None) -> None:
        """Measure what may have changed and write down what did."""
        self._tested_on = day
        if self._releases:
            self._release(day, self._releases, None)
            self._releases = []
        for pool in self.books.take_emptied():
            self._mistakes.report_emptied(pool)
        for plan in self.plan(self._collect(day, only), day):
            if only is None or any(row.lot.stock.key.commodity in only for row in plan.rows):
                self._commit(plan, day)
        if not self._is_by_price and self._calendar.is_last(day):
            self._report_missing(day)

    def _commit(self, plan: Plan, day: datetime.date) -> None:
        """Set the allowances of a group and note the movement, if there is one."""
        changes: dict[str, Decimal] = {}
        widest, decisive = ZERO, plan.rows[0]
        for row, allowance in zip(plan.rows, plan.allowances, strict=True):
            lot = row.lot
            change = allowance - lot.allowance
            if change:
                carry(lot, change)
                account = self._targets.allowance_account(lot)
                changes[account] = changes.get(account, ZERO) + change
                if abs(change) > widest:
                    widest, decisive = abs(change), row
            if self._policy.reversals == "none":
                lot.locked = lot.allowance
            lot.is_own = row.measured.is_own
        changes = {account: change for account, change in changes.items() if change}
        if changes:
            self.movements.append(self._describe(plan, day, changes, decisive))

    def _describe(
        self, plan: Plan, day: datetime.date, changes: dict[str, Decimal], decisive: Row
    ) -> Movement:
        rows = plan.rows
        measure = sum((row.measured.total or ZERO for row in rows), ZERO)
        change = sum(changes.values(), ZERO)
        kind: Kind = "transfer"
        if change > 0:
            kind = "write-down" if measure else "write-off"
        elif change < 0:
            kind = "reversal"
        price = decisive.measured.price
        entry = price.entry if price is not None else None
        is_one = all(row.measured.price and row.measured.price.entry is entry for row in rows)
        return Movement(
            date=day,
            kind=kind,
            reason=decisive.measured.reason,
            group=plan.group,
            quantity=sum((row.lot.units for row in rows), ZERO),
            cost=sum((row.lot.cost for row in rows), ZERO),
            measure=measure,
            changes=changes,
            price=price if is_one else None,
            threshold=self._find_threshold(plan.group),
            lot=rows[0].lot if plan.group.lot else None,
        )

    def _find_threshold(self, group: Group) -> Decimal | None:
        """The materiality threshold of an entity and currency on this date (section 7)."""
        found = []
        for threshold in self._policy.materiality:
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
                rate = self._evidence.prices.find_rate(threshold.currency, group.currency)
                if rate is None:
                    self._mistakes.report_rate(threshold.currency, group.currency)
                else:
                    found.append(threshold.number * rate[0] / rate[1])
        return min(found, default=None)

    def _report_missing(self, day: datetime.date) -> None:
        """Report items on hand that have no price on the last measurement date."""
        if self._policy.missing_price == "ignore":
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
            for row in rows:
                if row.measured.lack == "product":
                    self._mistakes.report_product(row.lot, row.measured.reason, day)
        if unpriced:
            self._mistakes.report_missing(
                unpriced, self._evidence.prices, day, is_all=len(unpriced) == count
            )

    def sum_allowances(self) -> dict[tuple[str, str], Decimal]:
        """Sum allowances by allowance account and currency, with releases not yet written.

        Accounts that carry none now, but did, are there with 0.
        """
        sums: dict[tuple[str, str], Decimal] = {}
        for movement in self.movements:
            for account in movement.changes:
                sums[account, movement.group.currency] = ZERO
        rows = [
            (self._targets.allowance_account(lot), stock.key.currency, lot.allowance)
            for stock in self.books.stocks.values()
            if stock.allowance
            for lot in stock.lots.values()
        ]
        rows += [(row.account, row.group.currency, row.amount) for row in self._releases]
        for account, currency, amount in rows:
            sums[account, currency] = sums.get((account, currency), ZERO) + amount
        return sums

    def _record(self, txn: Any, outflow: Outflow) -> None:
        """Note what a transaction did to allowances."""
        self._transfer(txn, outflow.moved)
        places: dict[tuple[str, str], list[Reduction]] = {}
        for row in outflow.left:
            places.setdefault(row.lot.stock.key[:2], []).append(row)
        for rows in places.values():
            releases = self._choose_releases(txn, rows)
            if self._policy.release == "period":
                self._releases += releases
            else:
                self._release(txn.date, releases, txn)

    def _choose_releases(self, txn: Any, rows: Sequence[Reduction]) -> list[Release]:
        chosen = choose_credits(txn, rows, self._policy.roots, self._targets.cogs_account)
        return [
            Release(
                self._group_left(row.lot),
                "release" if account else "reversal",
                reason,
                self._targets.allowance_account(row.lot),
                account,
                row.allowance,
                row.units_left,
                row.cost,
            )
            for row, account, reason in chosen
        ]

    def _release(self, day: datetime.date, releases: Sequence[Release], txn: Any) -> None:
        groups: dict[tuple[Group, Kind], list[Release]] = {}
        for release in releases:
            groups.setdefault((release.group, release.kind), []).append(release)
        for (group, kind), rows in sorted(groups.items(), key=lambda item: item[0]):
            changes: dict[str, Decimal] = {}
            credited: dict[str | None, Decimal] = {}
            for row in rows:
                changes[row.account] = changes.get(row.account, ZERO) - row.amount
                credited[row.credit] = credited.get(row.credit, ZERO) + row.amount
            self.movements.append(
                Movement(
                    date=day,
                    kind=kind,
                    reason=rows[0].reason,
                    group=group,
                    quantity=sum((row.units for row in rows), ZERO),
                    cost=sum((row.cost for row in rows), ZERO),
                    changes=changes,
                    credits=credited,
                    source=txn,
                )
            )

    def _transfer(self, txn: Any, moved: Iterable[Moved]) -> None:
        groups: dict[Group, list[Moved]] = {}
        for row in moved:
            groups.setdefault(self._group_left(row.source), []).append(row)
        for group, rows in sorted(groups.items(), key=lambda item: item[0]):
            changes: dict[str, Decimal] = {}
            for row in rows:
                for lot, change in ((row.source, -row.allowance), (row.target, row.allowance)):
                    account = self._targets.allowance_account(lot)
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


def _make_plan(group: Group, rows: Sequence[Row]) -> Plan:
    tested = [Tested(row.lot.cost, row.measured.total or ZERO, row.lot.locked) for row in rows]
    return Plan(group, rows, allot(tested, rows[0].lot.stock.quantum))
