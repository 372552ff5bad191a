"""Ledger → what of it has to be followed lot by lot: items that may be worth less than they cost.

Most items never are. Sums of their units and costs, held against each period end's price, show it
without a single lot: no allowance ever arises, so that nothing of them is written. This is the one
fast path; it never decides an amount. Whatever sums alone cannot tell (a fact stated of goods, a
price in another currency, a mistake) makes an item doubtful, and the engine follows it.

    100 WIDGET for 1,000.00, price 12: worth 1,200.00, so the oldest and the dearest lot are
    of no interest; at a price of 9 they are (ACCOUNTING section 5, with M_i alike for all lots)
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import heappop, heappush
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.booked import is_booked, read_claims
from beancount_invwd.facts import MARK
from beancount_invwd.money import ZERO
from beancount_invwd.movements import TAG
from beancount_invwd.periods import fiscal_year_end, period_end
from beancount_invwd.prices import EXCLUDE, IMPLICIT
from beancount_invwd.scope import find_nrv_line
from beancount_invwd.stock import StockKey
from beancount_invwd.values import add_days

if TYPE_CHECKING:
    from beancount_invwd.policy import Policy, Terms
    from beancount_invwd.scope import Scope

_DAY = datetime.timedelta(days=1)
_PLAIN = 2  # filename and lineno: metadata that says nothing
_date_of = attrgetter("date")


class Screened(NamedTuple):
    """What has to be followed.

    Attributes:
        entries: The entries that can matter to the items, in their order.
        items: The items.
    """

    entries: Sequence[Any]
    items: frozenset[str]


@dataclass(eq=False, slots=True)
class _Group:
    """What is tested together; `gap` is cost less measure of those of its sums that have one."""

    gap: Decimal = ZERO
    items: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class _Sum:
    """Units and cost of an item in one entity and cost currency.

    Attributes:
        is_open: Whether sums can still tell that there is no loss.
        looks_at_costs: Whether unit costs of single postings matter: the highest, or the newest.
        highest: The highest unit cost that was ever posted.
        purchase: Unit cost of the newest purchase, if the measure asks for it.
        price: The price directive that was seen last at a test.
        indices: Where the transactions are that move its units.
    """

    key: StockKey
    terms: Terms
    share: Decimal
    amount: Decimal
    group: _Group
    number: int
    is_open: bool
    looks_at_costs: bool
    units: Decimal = ZERO
    cost: Decimal = ZERO
    highest: Decimal = ZERO
    purchase: Decimal | None = None
    price: Any = None
    gap: Decimal = ZERO
    indices: list[int] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class _Place:
    """An item in one account: units by the identity of their cost, which booking keeps."""

    sum: _Sum
    currency: str
    lots: dict[int, Decimal] = field(default_factory=dict)


class _Account(dict[str, "_Place | None"]):
    """The places of an inventory account by item; None is an item that is not assessed."""

    def __init__(self, name: str, entity: str, *, is_pool: bool) -> None:
        super().__init__()
        self.name = name
        self.entity = entity
        self.is_pool = is_pool


def can_screen(policy: Policy) -> bool:
    """Whether sums can tell anything under a policy: not if it looks at ages, demand or totals."""
    is_relative = any(threshold.currency is None for threshold in policy.materiality)
    return not (policy.terms.ageing or policy.idle or policy.coverage or is_relative)


def screen(
    entries: Sequence[Any], policy: Policy, scope: Scope, end: datetime.date
) -> Screened | None:
    """Find the items that have to be followed lot by lot.

    Args:
        entries: All entries, sorted by date.
        policy: One that `can_screen`.
        scope: What is assessed.
        end: The last date on which lots may be tested, inclusive.

    Returns:
        What to follow, or None if that is everything.
    """
    screener = _Screener(entries, policy, scope, end)
    return screener.select() if screener.run() else None


class _Screener:
    def __init__(
        self, entries: Sequence[Any], policy: Policy, scope: Scope, end: datetime.date
    ) -> None:
        self._entries = entries
        self._policy = policy
        self._scope = scope
        self._end = end
        self._is_wide = policy.basis not in {"lot", "item"}
        self._is_by_lot = policy.basis == "lot"
        self._accounts = _Accounts(self._find_account)
        self._sums: dict[StockKey, _Sum] = {}
        self._by_item: defaultdict[str, list[_Sum]] = defaultdict(list)
        self._groups: defaultdict[tuple[str, str, str], _Group] = defaultdict(_Group)
        self._prices: dict[str, Any] = {}
        self._awake: set[str] = set()
        self._touched: set[_Sum] = set()
        self._ageing: list[tuple[datetime.date, int, _Sum]] = []
        self._wide_names = scope.list_categories() | {"total"}
        self._doubtful: set[str] = scope.list_particular()
        self._doubtful.update(t.currency for t in policy.materiality if t.currency)
        self._links: set[frozenset[str]] = set()
        self._kept: set[int] = set()

    def run(self) -> bool:
        """Take all entries; return whether it is of any use to know the doubtful items."""
        entries, begin = self._entries, 0
        day = None
        for day in self._list_tests():
            until = bisect_right(entries, day, begin, key=_date_of)
            if not self._take(begin, until):
                return False
            begin = until
            self._test(day)
        if day is not None and self._policy.missing_price == "error" and self._lacks_price(day):
            return False
        return self._take(begin, len(entries))

    def _list_tests(self) -> Iterator[datetime.date]:
        """The dates of tests; with `price`, all dates with a price and the ends of years."""
        if not self._entries:
            return
        start = self._policy.start or datetime.date.min
        days = self._list_price_dates() if self._policy.period == "price" else self._list_ends()
        yield from (day for day in days if start <= day <= self._end)

    def _list_ends(self) -> Iterator[datetime.date]:
        period, year_end = self._policy.period, self._policy.year_end
        day = period_end(self._entries[0].date, period, year_end)
        while day <= self._end:
            yield day
            if day == datetime.date.max:
                return
            day = period_end(day + _DAY, period, year_end)

    def _list_price_dates(self) -> list[datetime.date]:
        dates = {entry.date for entry in self._entries if type(entry) is data.Price}
        years = {fiscal_year_end(date, self._policy.year_end) for date in dates}
        return sorted(dates | years | {self._end})

    def _take(self, begin: int, until: int) -> bool:
        """Take entries in their order; return whether sums can still be of any use."""
        take_price, take_transaction = self._take_price, self._take_transaction
        prices, awake = self._prices, self._awake
        for index in range(begin, until):
            entry = self._entries[index]
            kind = type(entry)
            if kind is data.Transaction:
                take_transaction(index, entry)
                if entry.tags and TAG in entry.tags and not self._take_booked(index, entry):
                    return False
            elif kind is data.Price:
                if len(entry.meta) == _PLAIN:
                    prices[entry.currency] = entry
                    awake.add(entry.currency)
                else:
                    take_price(entry)
        return True

    def _take_booked(self, index: int, txn: Any) -> bool:
        """Take a booked movement, if it is one; return whether it is about single items."""
        if is_booked(txn):
            self._kept.add(index)
            names = {claim.group for claim in read_claims(txn)}
            self._doubtful |= names
            return names.isdisjoint(self._wide_names)
        return True

    def _take_price(self, entry: Any) -> None:
        """Take a price with metadata: it may be none, or state something unknown."""
        if any(name.startswith(MARK) and name != EXCLUDE for name in entry.meta):
            self._doubtful.add(entry.currency)
        elif EXCLUDE in entry.meta:
            if entry.meta[EXCLUDE] is not True:
                self._doubtful.add(entry.currency)
        elif entry.meta.get(IMPLICIT) != "from_cost":
            self._prices[entry.currency] = entry
            self._awake.add(entry.currency)

    def _take_transaction(self, index: int, txn: Any) -> None:  # noqa: C901, PLR0912
        """Add the postings in inventory accounts up: what is run most often of all."""
        accounts, touched, states_facts = self._accounts, self._touched, self._scope.states_facts
        adds = takes = False
        for posting in txn.postings:
            account = accounts[posting.account]
            if account is None:
                continue
            units, cost = posting.units, posting.cost
            if cost is None:
                self._note_uncosted(index, units.currency)
                continue
            place = account.get(units.currency)
            if place is None or place.currency != cost.currency:
                place = self._find_place(account, units.currency, cost.currency)
                if place is None:
                    continue
            found, lots, number, key = place.sum, place.lots, units.number, id(cost)
            found.indices.append(index)
            found.units += number
            found.cost += number * cost.number
            touched.add(found)
            if number > ZERO:
                adds = True
                lots[key] = lots[key] + number if key in lots else number
                if found.looks_at_costs:
                    self._note_cost(found, cost, txn)
            else:
                takes = True
                left = lots.pop(key, ZERO) + number
                if left:
                    lots[key] = left
                    if left < ZERO:  # of another lot than its cost says, or of none
                        found.is_open = False
            meta = posting.meta
            if meta and not (len(meta) == _PLAIN and "lineno" in meta and "filename" in meta):
                found.is_open = found.is_open and not states_facts(meta)
        if adds or takes:
            if states_facts(txn.meta):
                self._doubtful.update(posting.units.currency for posting in txn.postings)
            if adds and takes:
                self._link(txn)

    def _note_uncosted(self, index: int, item: str) -> None:
        self._doubtful.add(item)
        self._kept.add(index)

    def _note_cost(self, found: _Sum, cost: Any, txn: Any) -> None:
        """Note what the newest purchase cost, if the measure asks for it, and the dearest lot."""
        found.highest = max(found.highest, cost.number)
        if cost.date == txn.date and found.terms.measure not in {"nrv", "cost"}:
            found.purchase = cost.number

    def _link(self, txn: Any) -> None:
        """Link goods that may have become others: what is known of one may matter to the other.

        Transfers link nothing: the same units come in at the cost at which they went out.
        """
        nets: dict[tuple[str, str, str, Decimal], Decimal] = {}
        for posting in txn.postings:
            account = self._accounts[posting.account]
            if account is not None and posting.cost is not None:
                units, cost = posting.units, posting.cost
                key = (account.entity, cost.currency, units.currency, cost.number)
                nets[key] = nets.get(key, ZERO) + units.number
                for found in self._by_item.get(units.currency, ()):
                    if found.looks_at_costs:
                        found.is_open = False  # which addition is a purchase, lots will tell
        is_made = len({net > 0 for net in nets.values() if net}) > 1
        if is_made and not any(self._scope.is_income(row.account) for row in txn.postings):
            self._links.add(frozenset(key[2] for key, net in nets.items() if net))

    # Sums.

    def _find_account(self, name: str) -> _Account | None:
        home = self._scope.find_home(name)
        if home is None:
            return None
        return _Account(name, home.entity, is_pool=home.is_pool)

    def _find_place(self, account: _Account, item: str, currency: str) -> _Place | None:
        if self._scope.is_excluded(item):
            account[item] = None
            return None
        key = StockKey(account.entity, currency, item)
        found = self._sums.get(key)
        if found is None:
            found = self._sums[key] = self._make_sum(key)
            self._by_item[item].append(found)
        before = account.get(item)
        if account.is_pool or before is not None or self._scope.states_terms(account.name):
            self._doubtful.add(item)  # `before`: its cost is in several currencies
        place = account[item] = _Place(found, currency)
        return place

    def _make_sum(self, key: StockKey) -> _Sum:
        scope = self._scope
        name = scope.category(key.commodity) if self._policy.basis == "category" else ""
        group = self._groups[key.entity, key.currency, name] if self._is_wide else _Group()
        group.items.add(key.commodity)
        terms = scope.find_plain_terms(key)
        line = find_nrv_line(terms) if terms is not None else None
        share, amount = line or (ZERO, ZERO)
        terms = terms or self._policy.terms
        return _Sum(
            key,
            terms,
            share,
            amount,
            group,
            number=len(self._sums),
            is_open=line is not None and key.commodity not in self._doubtful,
            looks_at_costs=self._is_by_lot or terms.measure not in {"nrv", "cost"},
        )

    # Tests.

    def _test(self, day: datetime.date) -> None:
        """Hold sums that changed, or whose price did, against what they are worth."""
        groups = set()
        for found in self._take_touched(day):
            if not found.is_open:
                continue
            gap = self._find_gap(found, day)
            if gap is None:
                found.is_open = False
            elif not self._is_wide:
                found.is_open = gap <= ZERO
            elif gap != found.gap:
                found.group.gap += gap - found.gap
                found.gap = gap
                groups.add(found.group)
        for group in groups:
            if group.gap > ZERO:
                self._doubtful |= group.items

    def _take_touched(self, day: datetime.date) -> set[_Sum]:
        """Take the sums of which something changed since the last test, or whose price got old."""
        touched, by_item = self._touched, self._by_item
        for item in self._awake:
            if item in by_item:
                touched.update(by_item[item])
        while self._ageing and self._ageing[0][0] < day:
            touched.add(heappop(self._ageing)[2])
        self._awake.clear()
        self._touched = set()
        return touched

    def _find_gap(self, found: _Sum, day: datetime.date) -> Decimal | None:
        """What a sum costs more than it is worth at least; None if that cannot be told.

        Without a price there is no measure, hence no loss.
        """
        if found.terms.measure == "cost" or not found.units:
            return ZERO
        value = self._find_value(found, day)
        if value is None:
            return ZERO
        if value <= ZERO:
            return None
        return found.highest - value if self._is_by_lot else found.cost - value * found.units

    def _find_value(self, found: _Sum, day: datetime.date) -> Decimal | None:
        """What a unit is worth at least: 0 if that cannot be told, None if it has no measure.

        An old price is taken for a new one, which does no harm but in wide groups: there a lot
        without a measure does not lend its gain to others.
        """
        value = found.purchase
        price = self._prices.get(found.key.commodity)
        if price is None:
            return value
        amount = price.amount
        if amount.currency != found.key.currency:
            return ZERO
        if self._is_wide and not self._is_fresh(found, price, day):
            return value and ZERO
        nrv: Decimal = amount.number * found.share - found.amount
        return nrv if value is None else min(nrv, value)

    def _is_fresh(self, found: _Sum, price: Any, day: datetime.date) -> bool:
        """Whether a price is not too old, in a wide group; it is tested again when it gets so."""
        max_age = found.terms.price_max_age
        if max_age is None:
            return True
        until = add_days(price.date, max_age)
        if price is not found.price:
            found.price = price
            heappush(self._ageing, (until, found.number, found))
        return until >= day

    def _lacks_price(self, day: datetime.date) -> bool:
        """Whether goods on hand have no price that is new enough: that is told item by item."""
        for found in self._sums.values():
            if found.units > 0 and found.terms.measure != "cost":
                price, max_age = self._prices.get(found.key.commodity), found.terms.price_max_age
                if price is None or (max_age is not None and (day - price.date).days > max_age):
                    return True
        return False

    # What is left to follow.

    def select(self) -> Screened | None:
        """Select the doubtful items and all entries that can matter to them.

        Returns:
            None if money of the ledger is goods as well: then everything may matter.
        """
        doubtful = self._doubtful
        doubtful.update(row.key.commodity for row in self._sums.values() if not row.is_open)
        self._spread()
        sound = self._by_item.keys() - doubtful
        indices = (row.indices for row in self._sums.values() if row.key.commodity in doubtful)
        kept, directives = self._kept.union(*indices), self._scope.directives
        entries = []
        for index, entry in enumerate(self._entries):
            if type(entry) is data.Price:
                if entry.currency not in sound:
                    if entry.amount.currency in sound:
                        return None
                    entries.append(entry)
            elif index in kept or id(entry) in directives:
                entries.append(entry)
        if any(key.currency in sound for key in self._sums):
            return None
        return Screened(entries, frozenset(doubtful))

    def _spread(self) -> None:
        """Add what is linked to a doubtful item: by production, or by a wide group."""
        links = [*self._links, *(group.items for group in self._groups.values())]
        by_item: defaultdict[str, list[int]] = defaultdict(list)
        for number, link in enumerate(links):
            for item in link:
                by_item[item].append(number)
        waiting = list(self._doubtful)
        done: set[int] = set()
        while waiting:
            for number in by_item.get(waiting.pop(), ()):
                if number not in done:
                    done.add(number)
                    waiting += links[number] - self._doubtful
                    self._doubtful |= links[number]


class _Accounts(dict[str, "_Account | None"]):
    """Inventory accounts by name, looked up once each."""

    def __init__(self, find: Callable[[str], _Account | None]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, name: str) -> _Account | None:
        account = self[name] = self._find(name)
        return account
