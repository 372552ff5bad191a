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

from beancount.core.data import Price, Transaction

from beancount_invwd.booked import is_booked, read_claims
from beancount_invwd.facts import MARK
from beancount_invwd.money import ONE, ZERO
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
_BOOKED = 3  # and `__tolerances__`, as booking leaves transactions
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
        line: Share of the price, and amount off it, that give the net realisable value; None if
            that is the price.
        is_open: Whether sums can still tell that there is no loss.
        looks_at_costs: Whether unit costs of single postings matter: the highest, or the newest.
        highest: The highest unit cost that was ever posted.
        purchase: Unit cost of the newest purchase, if the measure asks for it.
        price: The price directive that was seen last at a test.
        indices: Where the transactions are that move its units.
    """

    key: StockKey
    terms: Terms
    line: tuple[Decimal, Decimal] | None
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
    is_touched: bool = False
    indices: list[int] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class _Place:
    """An item in one account: units by the identity of their cost, which booking keeps."""

    sum: _Sum
    currency: str
    lots: dict[int, Decimal] = field(default_factory=dict)


class _Account(dict[str, "_Place | None"]):
    """The places of an inventory account by item; None is an item that is not assessed."""

    def __init__(self, name: str, entity: str, is_pool: bool) -> None:  # noqa: FBT001 (a row of it)
        super().__init__()
        self.name = name
        self.entity = entity
        self.is_pool = is_pool


def can_screen(policy: Policy) -> bool:
    """Whether sums can tell anything under a policy.

    Not if it looks at ages, demand or a share of all inventory; nor if what is missing has to be
    told as of the last date on which any item at all was tested.
    """
    is_relative = any(threshold.currency is None for threshold in policy.materiality)
    tells_last = policy.period == "price" and policy.missing_price == "error"
    return not (policy.terms.ageing or policy.idle or policy.coverage or is_relative or tells_last)


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
        self._touched: list[_Sum] = []
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
        if day is not None and self._policy.missing_price == "error":
            self._doubtful.update(self._list_unpriced(day))
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
        dates = {entry.date for entry in self._entries if type(entry) is Price}
        years = {fiscal_year_end(date, self._policy.year_end) for date in dates}
        return sorted(dates | years | {self._end})

    def _take(self, begin: int, until: int) -> bool:
        """Take entries in their order; return whether sums can still be of any use."""
        entries = self._entries[begin:until]
        prices = {
            entry.currency: entry
            for entry in entries
            if type(entry) is Price and (len(entry.meta) == _PLAIN or self._is_evidence(entry))
        }
        self._prices.update(prices)
        self._awake.update(prices)
        take_transaction, directives = self._take_transaction, self._scope.directives
        for index, entry in enumerate(entries, begin):
            kind = type(entry)
            if kind is Transaction:
                take_transaction(index, entry)
                if entry.tags and TAG in entry.tags and not self._take_booked(index, entry):
                    return False
            elif kind is not Price and id(entry) in directives:
                self._kept.add(index)
        return True

    def _take_booked(self, index: int, txn: Any) -> bool:
        """Take a booked movement, if it is one; return whether it is about single items."""
        if is_booked(txn):
            self._kept.add(index)
            names = {claim.group for claim in read_claims(txn)}
            self._doubtful |= names
            return names.isdisjoint(self._wide_names)
        return True

    def _is_evidence(self, entry: Any) -> bool:
        """Whether a price with metadata is one; what it states may be unknown or wrong."""
        meta = entry.meta
        stated = [name for name in meta if name.startswith(MARK)]
        if stated == [EXCLUDE] and meta[EXCLUDE] is True:
            return False
        if stated:
            self._doubtful.add(entry.currency)
        return bool(meta.get(IMPLICIT) != "from_cost")

    def _take_transaction(self, index: int, txn: Any) -> None:  # noqa: C901, PLR0912
        """Add the postings in inventory accounts up: what is run most often of all."""
        accounts = self._accounts
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
            if not found.is_touched:
                found.is_touched = True
                self._touched.append(found)
            meta = posting.meta
            if meta and not (len(meta) == _PLAIN and "lineno" in meta and "filename" in meta):
                found.is_open = found.is_open and not self._scope.states_facts(meta)
        if adds or takes:
            meta = txn.meta
            if len(meta) > _PLAIN and not (len(meta) == _BOOKED and "__tolerances__" in meta):
                self._take_facts(txn)
            if adds and takes:
                self._link(txn)

    def _take_facts(self, txn: Any) -> None:
        """Take what a transaction states of all its lots."""
        if self._scope.states_facts(txn.meta):
            self._doubtful.update(posting.units.currency for posting in txn.postings)

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
        home = self._scope.describe_home(name)
        return None if home is None else _Account(*home)

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
        terms = terms or self._policy.terms
        return _Sum(
            key,
            terms,
            None if line == (ONE, ZERO) else line,
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
            found.is_touched = False
            if not found.is_open:
                continue
            gap = self._find_gap(found, day) if found.units else ZERO
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

    def _take_touched(self, day: datetime.date) -> list[_Sum]:
        """Take the sums of which something changed since the last test, or whose price got old."""
        touched, self._touched = self._touched, []
        while self._ageing and self._ageing[0][0] < day:
            self._awake.add(heappop(self._ageing)[2].key.commodity)
        for item in self._awake.intersection(self._by_item):
            touched += [found for found in self._by_item[item] if not found.is_touched]
        self._awake.clear()
        return touched

    def _find_gap(self, found: _Sum, day: datetime.date) -> Decimal | None:
        """What a sum costs more than it is worth at least; None if that cannot be told.

        Without a price there is no measure, hence no loss. An old price is taken for a new one,
        which does no harm but in wide groups: there a lot without a measure does not lend its gain
        to others.
        """
        if found.terms.measure == "cost":
            return ZERO
        value = found.purchase
        price = self._prices.get(found.key.commodity)
        if price is not None:
            amount = price.amount
            if amount.currency != found.key.currency:
                return None
            if self._is_wide and not self._is_fresh(found, price, day):
                return ZERO if value is None else None
            nrv: Decimal = amount.number
            if found.line is not None:
                nrv = nrv * found.line[0] - found.line[1]
            value = nrv if value is None or nrv < value else value
        if value is None:
            return ZERO
        if value <= ZERO:
            return None
        return found.highest - value if self._is_by_lot else found.cost - value * found.units

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

    def _list_unpriced(self, day: datetime.date) -> Iterator[str]:
        """Goods on hand without a price that is new enough, of which the user has to hear."""
        for found in self._sums.values():
            if found.units > ZERO and found.terms.measure != "cost":
                price, max_age = self._prices.get(found.key.commodity), found.terms.price_max_age
                if price is None or (max_age is not None and (day - price.date).days > max_age):
                    yield found.key.commodity

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
        kept = self._kept.union(*indices)
        entries = [
            entry
            for index, entry in enumerate(self._entries)
            if (entry.currency not in sound if type(entry) is Price else index in kept)
        ]
        money = {entry.amount.currency for entry in entries if type(entry) is Price}
        money.update(key.currency for key in self._sums)
        return Screened(entries, frozenset(doubtful)) if sound.isdisjoint(money) else None

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
