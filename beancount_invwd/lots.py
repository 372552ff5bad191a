"""Transactions → lots over time: purchases, sales, transfers, production, pools.

A lot is what Beancount keeps apart in an inventory: account, commodity, cost number, cost currency,
cost date, label. Its allowance goes where its units go: a sale releases its share, a transfer takes
it along, production hands it on to the product (IAS 2.34, 2.35). In an account opened with booking
`NONE` all lots of an item are one pool: units and cost are sums.

    10 WIDGET {5 USD} with an allowance of 20.00, of which 4 are sold: 8.00 are released.

The state lives here and changes only through `Books`; the timeline decides when.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.facts import inherit_facts
from beancount_invwd.money import ZERO, part_of, round_money, share_out
from beancount_invwd.prices import Replacement

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Sequence

    from beancount_invwd.facts import Facts
    from beancount_invwd.policy import Terms
    from beancount_invwd.scope import Scope

NO_LIMIT = Decimal("Infinity")


class StockKey(NamedTuple):
    """What is never mixed: an item in one entity and one cost currency."""

    entity: str
    currency: str
    commodity: str


@dataclass(eq=False, slots=True)
class Stock:
    """The lots on hand of one item in one entity and cost currency, with their sums.

    Attributes:
        lots: By number, in the order in which they came into being.
        purchase: The newest purchase.
        terms: The parameters of the lots that have none of their own.
        is_plain: Whether all lots share these terms and nothing particular is known of any,
            so that sums are enough to see that there is no loss.
    """

    key: StockKey
    category: str
    quantum: Decimal
    facts: Facts
    lots: dict[int, Lot] = field(default_factory=dict)
    units: Decimal = ZERO
    cost: Decimal = ZERO
    allowance: Decimal = ZERO
    cost_unit_highest: Decimal = ZERO
    purchase: Replacement | None = None
    terms: Terms | None = None
    is_plain: bool = True


@dataclass(eq=False, slots=True)
class Lot:
    """A lot on hand and its allowance: the one state that changes with time.

    Attributes:
        number: Grows in the order in which lots came into being.
        units: Units on hand; negative if more left than there was.
        locked: The part of the allowance that may not be reversed any more.
        aged_from: The date that its age counts from: that of the purchase.
        terms: Its parameters, or None if a mistake keeps it from being assessed.
        is_own: Whether its last measurement took it as a group of its own.
        origin: The transaction and posting that first added to it.
        drained: The transaction and posting by which it had no units left, or less.
    """

    stock: Stock
    account: str
    cost_unit: Decimal
    date: datetime.date
    label: str | None
    number: int
    aged_from: datetime.date
    terms: Terms | None
    facts: Facts
    origin: tuple[Any, Any]
    drained: tuple[Any, Any] | None = None
    units: Decimal = ZERO
    allowance: Decimal = ZERO
    locked: Decimal = ZERO
    is_own: bool = False

    @property
    def cost(self) -> Decimal:
        """Units × unit cost, not rounded."""
        return self.units * self.cost_unit

    @property
    def is_pool(self) -> bool:
        """Whether it is all lots of the item in an account with booking `NONE`."""
        return False

    def add(self, units: Decimal, _cost_unit: Decimal) -> None:
        """Add units (or take them off, if negative)."""
        self.units += units


@dataclass(eq=False, slots=True)
class Pool(Lot):
    """All lots of an item in an account with booking `NONE`.

    Attributes:
        cost_total: The sum of the costs that were posted.
        layers: Dates and units left, first in first out, from index `used` on.
    """

    cost_total: Decimal = ZERO
    layers: list[tuple[datetime.date, Decimal]] = field(default_factory=list)
    layered: Decimal = ZERO
    used: int = 0

    @property
    def cost(self) -> Decimal:
        """The sum of the costs that were posted."""
        return self.cost_total

    @property
    def is_pool(self) -> bool:
        """True."""
        return True

    def add(self, units: Decimal, cost_unit: Decimal) -> None:
        """Add units at their posted cost (or take them off, if negative)."""
        self.units += units
        self.cost_total += units * cost_unit

    def add_layer(self, date: datetime.date, units: Decimal) -> None:
        """Add units of an age; those that cover a shortage are gone already."""
        insort(self.layers, (date, units), lo=self.used)
        self.layered += units
        self.take_layers(self.layered - max(self.units, ZERO))
        self._set_age()

    def take_layers(self, units: Decimal) -> list[tuple[datetime.date, Decimal]]:
        """Take the oldest units out."""
        taken = []
        while units > 0 and self.used < len(self.layers):
            date, left = self.layers[self.used]
            part = min(units, left)
            taken.append((date, part))
            units -= part
            self.layered -= part
            if part == left:
                self.used += 1
            else:
                self.layers[self.used] = (date, left - part)
        self._set_age()
        return taken

    def _set_age(self) -> None:
        if self.used < len(self.layers):
            self.aged_from = self.layers[self.used][0]


@dataclass(eq=False, slots=True)
class Home:
    """An inventory account and the lots in it."""

    account: str
    entity: str
    is_pool: bool
    by_cost: dict[tuple[str, Any], Lot] = field(default_factory=dict)
    by_id: dict[int, Lot] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Addition:
    """Units that one posting adds; `units` are those not matched yet."""

    lot: Lot
    units: Decimal
    cost_unit: Decimal
    date: datetime.date
    own: Facts
    is_new: bool

    @property
    def cost(self) -> Decimal:
        """The cost of the units not matched yet."""
        return self.units * self.cost_unit


@dataclass(eq=False, slots=True)
class Reduction:
    """Units that one posting takes out; units and allowance are those not matched yet.

    Attributes:
        lot: The lot that they leave.
        allowance: What the lot gave up with them; `locked` is a part of it.
        layers: Dates and units, oldest first.
    """

    lot: Lot
    units: Decimal
    cost_unit: Decimal
    allowance: Decimal
    locked: Decimal
    layers: list[tuple[datetime.date, Decimal]]
    cost_moved: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """The cost of the units not matched yet, less what went into products."""
        return self.units * self.cost_unit - self.cost_moved

    @property
    def units_left(self) -> Decimal:
        """The units that this cost is of."""
        return self.cost / self.cost_unit if self.cost_moved else self.units


class Moved(NamedTuple):
    """An allowance that went from one lot to another with units or into a product.

    Units and cost are those of the source that went there.
    """

    source: Lot
    target: Lot
    units: Decimal
    cost: Decimal
    allowance: Decimal
    reason: str


class Outflow(NamedTuple):
    """What one transaction did to allowances.

    Attributes:
        left: All units that left, those without an allowance too.
        moved: Allowances that went along to other lots.
    """

    left: Sequence[Reduction]
    moved: Sequence[Moved]


class Books:
    """The lots of the whole ledger as of the last transaction that was applied.

    Args:
        scope: Tells which accounts hold inventory, and facts and terms of lots.

    Attributes:
        stocks: The stocks of all items, in the order in which they were first seen.
        touched: Stocks that changed since this was last cleared.
        seen: Commodity, account and label of every lot there ever was.
    """

    def __init__(self, scope: Scope) -> None:
        self.stocks: dict[StockKey, Stock] = {}
        self.by_commodity: dict[str, list[Stock]] = {}
        self.touched: set[Stock] = set()
        self.seen: set[tuple[str, str, str | None]] = set()
        self._emptied: list[Pool] = []
        self._homes = _Homes(scope.find_home)
        self._scope = scope
        self._numbers = 0

    def apply(self, txn: Any) -> Outflow | None:
        """Apply a transaction: units and costs first, then allowances by what moved where.

        Returns:
            What happened to allowances; None if no lot that was reduced carried one.
        """
        homes = self._homes
        rows = [
            (home, posting)
            for posting in txn.postings
            if (home := homes[posting.account]) is not None
        ]
        if not rows:
            return None
        additions, reductions = self._post(txn, rows)
        moved: list[Moved] = []
        if reductions and additions:
            moved = _match_transfers(additions, reductions, self._scope.set_terms)
            if not any(self._scope.is_income(posting.account) for posting in txn.postings):
                moved += _match_production(additions, reductions)
        for addition in additions:
            self._settle(txn, addition)
        reductions = [row for row in reductions if row.units]
        if moved or any(row.allowance for row in reductions):
            return Outflow(reductions, moved)
        return None

    def _post(
        self, txn: Any, rows: Sequence[tuple[Home, Any]]
    ) -> tuple[list[Addition], list[Reduction]]:
        """Change units and costs; allowances are given up, but go nowhere yet."""
        additions: list[Addition] = []
        reductions: list[Reduction] = []
        for home, posting in rows:
            units = posting.units
            if posting.cost is None:
                self._scope.note_uncosted(txn, posting)
            elif self._scope.is_excluded(units.currency):
                continue
            elif units.number > 0:
                additions.append(self._add(txn, posting, home))
            elif units.number < 0:
                reductions.append(self._reduce(txn, posting, home))
        return additions, reductions

    def _add(self, txn: Any, posting: Any, home: Home) -> Addition:
        units, cost = posting.units.number, posting.cost
        lot = self._find(home, posting)
        own = self._scope.admit(txn, posting, home, lot)
        is_new = lot is None
        if lot is None:
            lot = self._create(txn, posting, home, own)
        self._change(lot, units, cost.number)
        return Addition(lot, units, cost.number, cost.date, own, is_new)

    def _reduce(self, txn: Any, posting: Any, home: Home) -> Reduction:
        units, cost_unit = -posting.units.number, posting.cost.number
        lot = self._find(home, posting)
        if lot is None:
            own = self._scope.admit(txn, posting, home, None)
            lot = self._create(txn, posting, home, own)
        elif posting.meta and len(posting.meta) > 2:  # noqa: PLR2004
            self._scope.admit(txn, posting, home, lot)
        allowance = locked = ZERO
        if lot.allowance:
            quantum = lot.stock.quantum
            allowance = part_of(lot.allowance, units, lot.units, quantum)
            locked = part_of(lot.locked, units, lot.units, quantum)
            lot.locked -= locked
            carry(lot, -allowance)
        was_on_hand = lot.units > 0
        self._change(lot, -units, cost_unit)
        if lot.units <= 0 and (was_on_hand or lot.drained is None):
            lot.drained = (txn, posting)
        layers = lot.take_layers(units) if isinstance(lot, Pool) else [(lot.aged_from, units)]
        return Reduction(lot, units, cost_unit, allowance, locked, layers)

    def take_emptied(self) -> list[Pool]:
        """Take pools that ran out of units since this was last asked, but not of cost."""
        emptied, self._emptied = self._emptied, []
        return [pool for pool in emptied if not _is_refilled(pool) and _has_cost(pool)]

    def _find(self, home: Home, posting: Any) -> Lot | None:
        """Find the lot of a posting: by identity of its cost, which booking keeps, or by value."""
        cost = posting.cost
        lot = home.by_id.get(id(cost))
        if lot is not None and lot.units and lot.stock.key.commodity == posting.units.currency:
            return lot
        lot = home.by_cost.get(_cost_key(home, posting))
        if lot is None or not lot.units:
            return None
        home.by_id[id(cost)] = lot
        return lot

    def _create(self, txn: Any, posting: Any, home: Home, own: Facts) -> Lot:
        commodity, cost = posting.units.currency, posting.cost
        key = StockKey(home.entity, cost.currency, commodity)
        stock = self.stocks.get(key)
        if stock is None:
            stock = self.stocks[key] = self._scope.make_stock(key)
            self.by_commodity.setdefault(commodity, []).append(stock)
        make = Pool if home.is_pool else Lot
        self._numbers += 1
        lot = make(
            stock,
            home.account,
            cost.number,
            cost.date,
            None if home.is_pool else cost.label,
            self._numbers,
            cost.date,
            None,
            own,
            (txn, posting),
        )
        if isinstance(lot, Pool):
            before = home.by_cost.get(_cost_key(home, posting))
            lot.cost_total = before.cost if before is not None else ZERO
            stock.cost_unit_highest = NO_LIMIT  # a pool's unit cost is not that of a posting
        self._scope.set_terms(lot)
        home.by_cost[_cost_key(home, posting)] = home.by_id[id(cost)] = lot
        stock.lots[lot.number] = lot
        self.seen.add((commodity, home.account, lot.label))
        return lot

    def _change(self, lot: Lot, units: Decimal, cost_unit: Decimal) -> None:
        stock = lot.stock
        lot.add(units, cost_unit)
        stock.units += units
        stock.cost += units * cost_unit
        stock.cost_unit_highest = max(stock.cost_unit_highest, cost_unit)
        if not lot.units:
            del stock.lots[lot.number]
            if isinstance(lot, Pool):
                self._emptied.append(lot)
        elif lot.units < 0:
            stock.is_plain = False
        self.touched.add(stock)

    def _settle(self, txn: Any, addition: Addition) -> None:
        """Note what of an addition is a purchase, and the age of a pool's units."""
        lot = addition.lot
        if addition.units and addition.date == txn.date:
            lot.stock.purchase = Replacement(addition.cost_unit, txn.date, txn)
        if isinstance(lot, Pool) and addition.units:
            lot.add_layer(addition.date, addition.units)


class _Homes(dict[str, "Home | None"]):
    """Inventory accounts by name, looked up once each."""

    def __init__(self, find: Callable[[str], Home | None]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, account: str) -> Home | None:
        home = self[account] = self._find(account)
        return home


def _is_refilled(pool: Pool) -> bool:
    return any(lot.account == pool.account for lot in pool.stock.lots.values())


def _has_cost(pool: Pool) -> bool:
    return bool(round_money(abs(pool.cost), pool.stock.quantum))


def _cost_key(home: Home, posting: Any) -> tuple[str, Any]:
    cost = posting.cost
    return posting.units.currency, cost.currency if home.is_pool else cost


def carry(lot: Lot, change: Decimal) -> None:
    """Change the allowance of a lot; an increase is positive."""
    lot.allowance += change
    lot.stock.allowance += change


def _match_transfers(
    additions: Sequence[Addition],
    reductions: Sequence[Reduction],
    set_terms: Callable[[Lot], None],
) -> list[Moved]:
    """Match additions with reductions of the same item at the same unit cost, in posting order."""
    waiting: dict[tuple[Any, Decimal], list[Reduction]] = {}
    for reduction in reductions:
        waiting.setdefault((reduction.lot.stock, reduction.cost_unit), []).append(reduction)
    moved = []
    for addition in additions:
        queue = waiting.get((addition.lot.stock, addition.cost_unit), [])
        while queue and addition.units and addition.lot.units > 0:
            reduction = queue[0]
            units = min(addition.units, reduction.units)
            moved.append(_move(reduction, addition, units, set_terms))
            if not reduction.units:
                queue.pop(0)
    return [row for row in moved if row.allowance]


def _move(
    reduction: Reduction, addition: Addition, units: Decimal, set_terms: Callable[[Lot], None]
) -> Moved:
    source, target = reduction.lot, addition.lot
    quantum = source.stock.quantum
    allowance = part_of(reduction.allowance, units, reduction.units, quantum)
    locked = part_of(reduction.locked, units, reduction.units, quantum)
    reduction.allowance -= allowance
    reduction.locked -= locked
    reduction.units -= units
    addition.units -= units
    carry(target, allowance)
    target.locked += locked
    layers = _take_layers(reduction.layers, units)
    if isinstance(target, Pool):
        for date, part in layers:
            target.add_layer(date, part)
    elif addition.is_new:
        addition.is_new = False
        target.facts = inherit_facts(source.facts, addition.own)
        if layers:
            target.aged_from = layers[0][0]
        set_terms(target)
    return Moved(source, target, units, units * addition.cost_unit, allowance, "transfer")


def _take_layers(
    layers: list[tuple[datetime.date, Decimal]], units: Decimal
) -> list[tuple[datetime.date, Decimal]]:
    taken = []
    while units > 0 and layers:
        date, left = layers[0]
        part = min(units, left)
        taken.append((date, part))
        units -= part
        if part == left:
            layers.pop(0)
        else:
            layers[0] = (date, left - part)
    return taken


def _match_production(
    additions: Sequence[Addition], reductions: Sequence[Reduction]
) -> list[Moved]:
    """Hand the allowances of materials on to what was made of them (IAS 2.35)."""
    places: dict[tuple[str, str], tuple[list[Reduction], list[Addition]]] = {}
    for reduction in reductions:
        if reduction.units:
            places.setdefault(reduction.lot.stock.key[:2], ([], []))[0].append(reduction)
    for addition in additions:
        if addition.units and addition.lot.stock.key[:2] in places:
            places[addition.lot.stock.key[:2]][1].append(addition)
    moved = []
    for used, made in places.values():
        if made:
            moved += _produce(used, made)
    return moved


def _produce(used: Sequence[Reduction], made: Sequence[Addition]) -> list[Moved]:
    cost_used = sum((row.cost for row in used), ZERO)
    cost_made = sum((row.cost for row in made), ZERO)
    moved: list[Moved] = []
    for reduction in used:
        cost = reduction.cost
        kept = cost_made < cost_used
        reduction.cost_moved = cost * cost_made / cost_used if kept else cost
        if reduction.allowance and cost_made > 0:
            quantum = reduction.lot.stock.quantum
            part = reduction.allowance
            if kept:
                part = round_money(part * cost_made / cost_used, quantum)
            moved += _hand_on(reduction, made, part, quantum)
    for addition in made:
        if isinstance(addition.lot, Pool):
            addition.lot.add_layer(addition.date, addition.units)
        addition.units = ZERO
    return moved


def _hand_on(
    reduction: Reduction, made: Sequence[Addition], part: Decimal, quantum: Decimal
) -> list[Moved]:
    """Share a part of what one reduction gave up over the products, none above its cost."""
    alive = [row for row in made if row.lot.units > 0 and row.cost > 0]
    if not alive or not part:
        return []
    cost_made = sum((row.cost for row in alive), ZERO)
    parts = share_out(part, [row.cost for row in alive], quantum)
    locked_part = part_of(reduction.locked, part, reduction.allowance, quantum)
    moved = []
    for row, share in zip(alive, parts, strict=True):
        room = round_money(row.lot.cost, quantum) - row.lot.allowance
        allowance = max(ZERO, min(share, room))
        locked = part_of(locked_part, allowance, part, quantum)
        locked_part -= locked
        part -= allowance
        reduction.allowance -= allowance
        reduction.locked -= locked
        carry(row.lot, allowance)
        row.lot.locked += locked
        if allowance:
            cost = row.cost * reduction.cost_moved / cost_made
            units = cost / reduction.cost_unit
            moved.append(Moved(reduction.lot, row.lot, units, cost, allowance, "production"))
    return moved
