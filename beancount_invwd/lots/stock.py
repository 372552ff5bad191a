"""The nouns of what is on hand: stocks, lots, pools, inventory accounts.

A lot is what Beancount keeps apart in an inventory: account, commodity, cost number, cost currency,
cost date, label. A stock is all lots of an item in one entity and cost currency.
Units and costs change with time by `lots.Books` alone, allowances by the three verbs at the end:
`carry`, `set_all`, `lock`.
"""

from __future__ import annotations

import datetime
from bisect import insort
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from beancount_invwd.directives.metadata import NO_FACTS, Facts
from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.shares import allot

if TYPE_CHECKING:
    from beancount_invwd.measure.formula import Formula
    from beancount_invwd.policy.policy import Terms

NO_LIMIT = Decimal("Infinity")
Layers = deque[tuple[datetime.date, Decimal]]
"""Units of a pool by the date that their age counts from, the oldest first."""


class StockKey(NamedTuple):
    """What is never mixed: an item in one entity and one cost currency."""

    entity: str
    currency: str
    commodity: str


class Sharing(NamedTuple):
    """What the lots of a stock were weighed by together, before each was asked what it carries.

    Attributes:
        value: Of a unit.
        last: The number of the newest lot that was weighed.
        units: Of all of these lots.
        cost: Of all of them, not rounded.
    """

    value: Decimal
    last: int
    units: Decimal
    cost: Decimal


_NOTHING_SHARED = Sharing(ZERO, 0, ZERO, ZERO)


@dataclass(eq=False, slots=True)
class Stock:
    """The lots on hand of one item in one entity and cost currency.

    Attributes:
        lots: By number, in the order in which they came into being.
        allowance: What all of them carry.
        sharing: How that is shared out, until a lot is asked or one of those weighed changes.
        place: The one account that all its lots ever were in; None if there are several.
        cost_unit_highest: No lot has a higher unit cost; infinite if there is a pool.
        purchase: Transaction and posting of the newest purchase.
        acquired: The same of the newest purchase or production.
        terms: The parameters of the lots that have none of their own.
        formula: How the value of a unit follows from prices by these terms; None if more is needed.
        is_plain: Whether all lots share these terms and nothing particular is known of any.
        has_own: Whether any lot ever was a group of its own.
        is_calm: Whether a sale, or a purchase that is not dearer than all before, calls for no
            test, since the price covers the cost of each lot.
    """

    key: StockKey
    category: str
    quantum: Decimal
    facts: Facts
    lots: dict[int, Lot] = field(default_factory=dict)
    allowance: Decimal = ZERO
    sharing: Sharing | None = None
    place: Place | None = None
    cost_unit_highest: Decimal = ZERO
    purchase: tuple[Any, Any] | None = None
    acquired: tuple[Any, Any] | None = None
    terms: Terms | None = None
    formula: Formula | None = None
    is_plain: bool = True
    has_own: bool = False
    is_calm: bool = False

    @property
    def units(self) -> Decimal:
        """The units of all lots."""
        return sum([lot.units for lot in self.lots.values()], ZERO)

    @property
    def cost(self) -> Decimal:
        """The cost of all lots, not rounded."""
        return sum([lot.cost for lot in self.lots.values()], ZERO)

    def sum_up(self, value: Decimal) -> Sharing:
        """Sum up units and cost of all lots, to be shared out at a value per unit."""
        _, last, units, cost = self.sharing or _NOTHING_SHARED
        newest = next(reversed(self.lots), last)
        if newest > last:
            for lot in takewhile(lambda lot: lot.number > last, reversed(self.lots.values())):
                units += lot.units
                cost += lot.units * lot.cost_unit
        return Sharing(value, newest, units, cost)

    def share(self) -> None:
        """Share the allowance out, if that waits, as a measurement does (ACCOUNTING section 5)."""
        if self.sharing is None:
            return
        value, last, units, cost = self.sharing
        self.sharing = None
        lots = list(takewhile(lambda lot: lot.number <= last, self.lots.values()))
        gaps = [max(ZERO, lot.units * (lot.cost_unit - value)) for lot in lots]
        allowances = allot(cost - units * value, gaps, [], self.quantum)
        for lot, allowance in zip(lots, allowances, strict=True):
            lot.carried = allowance


@dataclass(eq=False, slots=True)
class Lot:
    """A lot on hand and its allowance: the one state that changes with time.

    Attributes:
        place: Its item in its account.
        number: Grows in the order in which lots came into being.
        origin: The transaction and posting that first added to it.
        terms: Its parameters, or None if a mistake keeps it from being assessed.
        units: Units on hand; negative if more left than there was.
        carried: Its allowance, as far as that of the stock is shared out.
        locked: The part of the allowance that may not be reversed any more.
        is_pool: Whether it is all lots of the item in an account with booking `NONE`.
        is_own: Whether it was a group of its own when it was measured last.
        good_for: Units and rate off cost for which its allowance is right, if that is known.
        aged_since: The date that its age counts from, if not that of its cost.
        aged: The rate off cost by its age, and the last day on which that holds, once known.
        drained: The transaction and posting by which it had less than no units.
    """

    is_pool: ClassVar[bool] = False

    stock: Stock
    place: Place
    cost_unit: Decimal
    number: int
    origin: tuple[Any, Any]
    terms: Terms | None = None
    units: Decimal = ZERO
    carried: Decimal = ZERO
    locked: Decimal = ZERO
    is_own: bool = False
    good_for: tuple[Decimal, Decimal] | None = None
    facts: Facts = NO_FACTS
    aged_since: datetime.date | None = None
    aged: tuple[Decimal, datetime.date | None] | None = None
    drained: tuple[Any, Any] | None = None

    @property
    def allowance(self) -> Decimal:
        """The allowance."""
        if self.stock.sharing is not None:
            self.stock.share()
        return self.carried

    @property
    def account(self) -> str:
        """The inventory account."""
        return self.place.account

    @property
    def date(self) -> datetime.date:
        """The cost date; Beancount gives none to units whose number it worked out itself."""
        txn, posting = self.origin
        date: datetime.date = posting.cost.date or txn.date
        return date

    @property
    def label(self) -> str | None:
        """The label of the cost."""
        label: str | None = self.origin[1].cost.label
        return label

    @property
    def aged_from(self) -> datetime.date:
        """The date that its age counts from: that of the purchase."""
        return self.aged_since or self.date

    @property
    def cost(self) -> Decimal:
        """Units × unit cost, not rounded."""
        return self.units * self.cost_unit

    def change(self, units: Decimal, cost_unit: Decimal) -> None:
        """Add units, or take them off, if negative; a lot without units is no longer on hand."""
        stock = self.stock
        stock.share()
        self.units += units
        if cost_unit > stock.cost_unit_highest:  # noqa: PLR1730 (a call would cost more)
            stock.cost_unit_highest = cost_unit
        if not self.units:
            del stock.lots[self.number]
        elif self.units < 0:
            stock.is_plain = False


@dataclass(eq=False, slots=True)
class Pool(Lot):
    """All lots of an item in an account with booking `NONE`.

    Attributes:
        cost_total: The sum of the costs that were posted.
        layers: What is left, first in first out.
        layered: The units of all layers.
    """

    is_pool: ClassVar[bool] = True

    cost_total: Decimal = ZERO
    layers: Layers = field(default_factory=deque)
    layered: Decimal = ZERO

    @property
    def label(self) -> str | None:
        """None: its lots are not told apart."""
        return None

    @property
    def cost(self) -> Decimal:
        """The sum of the costs that were posted."""
        return self.cost_total

    def change(self, units: Decimal, cost_unit: Decimal) -> None:
        """Add units and their cost, or take them off, if negative."""
        Lot.change(self, units, cost_unit)
        self.cost_total += units * cost_unit

    def add_layer(self, date: datetime.date, units: Decimal) -> None:
        """Add units of an age; those that cover a shortage are gone already."""
        insort(self.layers, (date, units))
        self.layered += units
        self.take_layers(self.layered - max(self.units, ZERO))

    def take_layers(self, units: Decimal) -> Layers:
        """Take the oldest units out."""
        taken = take_oldest(self.layers, units)
        self.layered -= sum((part for _, part in taken), ZERO)
        if self.layers:
            self.aged_since, self.aged = self.layers[0][0], None
        return taken


def take_oldest(layers: Layers, units: Decimal) -> Layers:
    """Take the oldest units out of layers, as many as there are; these lose them."""
    taken: Layers = deque()
    while units > 0 and layers:
        date, left = layers.popleft()
        part = min(units, left)
        taken.append((date, part))
        units -= part
        if part < left:
            layers.appendleft((date, left - part))
    return taken


@dataclass(eq=False, slots=True)
class Home:
    """An inventory account.

    Attributes:
        is_plain: Whether its directive says nothing of the lots.
        places: Its items, by commodity and cost currency.
        plain: Those by commodity that take new lots without a look at what else is stated.
    """

    account: str
    entity: str
    is_pool: bool
    is_plain: bool
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    plain: dict[str, Place] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Place:
    """An item in an inventory account, in one cost currency.

    Attributes:
        contra: Its allowance account.
        newest: The newest cost date of all its lots.
        latest: Lots that were never looked for by value: most never are, and that takes long.
    """

    stock: Stock
    account: str
    is_pool: bool
    commodity: str
    currency: str
    contra: str
    newest: datetime.date = datetime.date.min
    latest: list[Lot] = field(default_factory=list)
    _by_cost: dict[Any, Lot] = field(default_factory=dict)

    def add(self, lot: Lot) -> None:
        """Add a lot; it hides an earlier one of the same cost."""
        self.latest.append(lot)
        self.newest = max(self.newest, lot.date)

    def close(self) -> None:
        """Let go of the lots, so that nothing refers to itself and waits for the collector."""
        self.stock.lots.clear()
        self.latest.clear()
        self._by_cost.clear()

    def find(self, cost: Any) -> Lot | None:
        """Find a lot by the value of its cost, or the pool; it may be used up."""
        for lot in self.latest:
            self._by_cost[None if self.is_pool else lot.origin[1].cost] = lot
        self.latest.clear()
        return self._by_cost.get(None if self.is_pool else cost)


def carry(lot: Lot, change: Decimal, locked: Decimal = ZERO) -> None:
    """Change the allowance of a lot, and the locked part of it, which is never more than all.

    Args:
        lot: The lot.
        change: Of the allowance; an increase is positive.
        locked: Of its locked part.
    """
    lot.carried = lot.allowance + change
    lot.locked = min(lot.locked + locked, lot.carried)
    lot.good_for = None
    lot.stock.allowance += change


def set_all(lots: Sequence[Lot], allowances: Sequence[Decimal]) -> None:
    """Give lots their new allowances; what is locked stays so."""
    for lot, allowance in zip(lots, allowances, strict=True):
        lot.stock.allowance += allowance - lot.allowance
        lot.carried = allowance


def lock(lots: Iterable[Lot]) -> None:
    """Make what lots carry a new cost basis, so that it is not reversed (ASC 330-10-35-14)."""
    for lot in lots:
        lot.locked = lot.allowance


def find_room(lot: Lot) -> Decimal:
    """What a lot can carry more: never above its cost (ACCOUNTING section 1)."""
    cost = lot.cost if lot.units > 0 else ZERO
    return max(ZERO, round_money(cost, lot.stock.quantum) - lot.allowance)
