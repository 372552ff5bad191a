"""The nouns of what is on hand: stocks, lots, pools, inventory accounts.

A lot is what Beancount keeps apart: account, commodity, cost number, currency, date and label. A
stock is all lots of an item in one entity and cost currency. Units and costs change by `lots.Books`
alone, allowances by the verbs at the end: `carry`, `set_all`, `lock`.
"""

from __future__ import annotations

import datetime
from bisect import insort
from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from beancount_invwd.directives.metadata import NO_FACTS, Facts
from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    from beancount_invwd.lots.places import Place
    from beancount_invwd.policy.policy import Terms

Layers = deque[tuple[datetime.date, Decimal]]
"""Units of a pool by the date that their age counts from, the oldest first."""


class StockKey(NamedTuple):
    """What is never mixed: an item in one entity and one cost currency."""

    entity: str
    currency: str
    commodity: str


class Stock:
    """The lots on hand of one item in one entity and cost currency.

    Attributes:
        is_material: Whether it goes into products.
        lots: By number, in the order in which they came into being.
        moves: Units that came or left (negative) with the cost of one, not yet added up.
        dearest: What a unit of the dearest lot ever cost; endless of a pool.
        is_calm: Whether only a price below that can make it lose.
        allowance: What all of them carry.
        place: The one account that all its lots ever were in; None if there are several.
        purchase: Transaction and posting of the newest purchase.
        acquired: The same of the newest purchase or production.
        is_repriced: Whether it was bought at more than one unit cost.
        terms: The parameters of the lots that have none of their own.
        is_mixed: Whether any lot ever had some of its own, or facts, or less than no units.
        carried_at: What the lots up to a number are carried at a unit, since each carries all that
            it costs more; None if each carries what is noted there.
        carried_last: That number.
    """

    def __init__(self, key: StockKey, category: str, quantum: Decimal, facts: Facts) -> None:
        self.key = key
        _, self.currency, self.commodity = key  # which is quicker to ask for
        self.category = category
        self.quantum = quantum
        self.facts = facts
        self.is_material = bool(facts.used_in)
        self.lots: dict[int, Lot] = {}
        self.moves: list[tuple[Decimal, Decimal]] = []
        self.dearest = self.allowance = self._units = self._cost = ZERO
        self.place: Place | None = None
        self.purchase: tuple[Any, Any] | None = None
        self.acquired: tuple[Any, Any] | None = None
        self.is_repriced = self.is_calm = False
        self.terms: Terms | None = None
        self.is_mixed = False
        self.carried_at: Decimal | None = None
        self.carried_last = 0

    @property
    def units(self) -> Decimal:
        """The units of all lots."""
        self.add_up()
        return self._units

    @property
    def cost(self) -> Decimal:
        """The cost of all lots, not rounded."""
        self.add_up()
        return self._cost

    def add_up(self) -> None:
        """Add up what moved, as long as the decimal context is wide: most is never asked for."""
        for units, cost_unit in self.moves:
            self._units += units
            self._cost += units * cost_unit
        self.moves.clear()

    @property
    def is_finite(self) -> bool:
        """Whether units and cost of what is on hand are numbers that end."""
        for lot in self.lots.values():
            if not (lot.units.is_finite() and lot.cost_unit.is_finite()):
                return False
        return True

    def find_average(self) -> Decimal | None:
        """Find what a unit on hand cost on average; what is short elsewhere is no cost of it."""
        lots = [lot for lot in self.lots.values() if lot.units > 0]
        units = sum((lot.units for lot in lots), ZERO)
        return sum((lot.cost for lot in lots), ZERO) / units if units else None

    def add(self, units: Decimal, cost: Decimal) -> None:
        """Add units and their cost to the sums."""
        self._units, self._cost = self.units + units, self.cost + cost

    def note_purchase(self, origin: tuple[Any, Any]) -> None:
        """Note transaction and posting of the newest purchase."""
        before = self.purchase
        if before is not None and before[1].cost.number != origin[1].cost.number:
            self.is_repriced = True
        self.purchase = self.acquired = origin

    def set_calm(self, *, is_calm: bool) -> None:
        """Note whether only a price below its dearest lot can make it lose."""
        self.is_calm = is_calm

    def take_back_purchase(self, before: tuple[Any, Any] | None) -> None:
        """Note that what came in was ordered long ago, at no price of today's market."""
        self.purchase = before

    def write_out(self) -> None:
        """Note at each lot what it carries."""
        if self.carried_at is None:
            return
        for lot in self.lots.values():
            lot.carried = lot.allowance
        self.carried_at = None


class Lot:
    """A lot on hand and its allowance: the one state that changes with time.

    It is made empty, and told what it is by `lots` alone.

    Attributes:
        place: Its item in its account.
        number: Grows in the order in which lots began.
        origin: The transaction and posting that first added to it.
        terms: Its parameters, or None if a mistake keeps it from being assessed.
        units: Units on hand; negative if more left than there was.
        carried: Its allowance, as far as it is noted here.
        locked: The part of the allowance that may not be reversed any more.
        is_pool: Whether it is all lots of the item in an account with booking `NONE`.
        is_apart: Whether it was a group of its own when it was measured last.
        aged_since: The date that its age counts from, if not that of its cost.
        bought_by: The posting by which its goods were bought, if they moved since.
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
    is_apart: bool = False
    carried: Decimal = ZERO
    locked: Decimal = ZERO
    facts: Facts = NO_FACTS
    aged_since: datetime.date | None = None
    bought_by: Any = None
    drained: tuple[Any, Any] | None = None

    @property
    def allowance(self) -> Decimal:
        """The allowance."""
        carried_at = self.stock.carried_at
        if carried_at is None or self.number > self.stock.carried_last:
            return self.carried
        return self.units * (self.cost_unit - carried_at)

    @property
    def is_excluded(self) -> bool:
        """Whether it is not assessed, though others of its item are."""
        return self.stock is not self.place.stock

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
    def purchase(self) -> Any:
        """The posting by which its goods were bought, wherever they moved since."""
        return self.bought_by or self.origin[1]

    @property
    def cost(self) -> Decimal:
        """Units × unit cost, not rounded."""
        return self.units * self.cost_unit

    def change(self, units: Decimal, cost_unit: Decimal) -> None:
        """Add units, or take them off, if negative; a lot without units is no longer on hand."""
        stock = self.stock
        stock.write_out()
        self.units += units
        stock.moves.append((units, cost_unit))
        if not self.units:
            del stock.lots[self.number]
        elif self.units < 0:
            stock.is_mixed = True


class Pool(Lot):
    """All lots of an item in an account with booking `NONE`.

    Attributes:
        cost_total: The sum of the costs that were posted.
        layers: What is left, first in first out.
        layered: The units of all layers.
    """

    is_pool: ClassVar[bool] = True

    cost_total: Decimal = ZERO
    layered: Decimal = ZERO

    def __init__(self) -> None:
        self.layers: Layers = deque()

    @property
    def label(self) -> str | None:
        """None: its lots are not told apart."""
        return None

    @property
    def purchase(self) -> Any:
        """The newest purchase of the item, if it went in here."""
        newest = self.stock.purchase
        is_here = newest is not None and newest[1].account == self.account
        return newest[1] if newest is not None and is_here else self.origin[1]

    @property
    def cost(self) -> Decimal:
        """The sum of the costs that were posted."""
        return self.cost_total

    def change(self, units: Decimal, cost_unit: Decimal) -> None:
        """Add units and their cost, or take them off, if negative."""
        Lot.change(self, units, cost_unit)
        self.cost_total += units * cost_unit
        if not self.units:
            self.stock.add(ZERO, -self.cost_total)

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
            self.aged_since = self.layers[0][0]
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


def carry(lot: Lot, change: Decimal, locked: Decimal = ZERO) -> None:
    """Change the allowance of a lot, and the locked part of it, which is never more than all.

    Args:
        lot: The lot.
        change: Of the allowance; an increase is positive.
        locked: Of its locked part.
    """
    lot.stock.write_out()
    lot.carried += change
    lot.locked = min(lot.locked + locked, lot.carried)
    lot.stock.allowance += change


def set_all(lots: Sequence[Lot], allowances: Sequence[Decimal], *, is_apart: bool) -> None:
    """Give lots their new allowances; what is locked stays so.

    Args:
        lots: The lots.
        allowances: The allowance of each.
        is_apart: Whether each was measured as a group of its own.
    """
    for lot, allowance in zip(lots, allowances, strict=True):
        stock = lot.stock
        if stock.carried_at is not None:
            stock.write_out()
        if allowance != lot.carried:
            stock.allowance += allowance - lot.carried
            lot.carried = allowance
        lot.is_apart = is_apart


def carry_at(stock: Stock, value: Decimal) -> None:
    """Let all lots carry what they cost above a value a unit: none is below, nothing is rounded."""
    stock.carried_at, stock.carried_last = value, next(reversed(stock.lots))
    stock.allowance = stock.cost - stock.units * value


def lock(lots: Iterable[Lot]) -> None:
    """Make what lots carry a new cost basis, so that it is not reversed (ASC 330-10-35-14)."""
    for lot in lots:
        lot.locked = lot.allowance


def find_room(lot: Lot) -> Decimal:
    """What a lot can carry more: never above its cost (ACCOUNTING section 1)."""
    cost = lot.cost if lot.units > 0 else ZERO
    return max(ZERO, round_money(cost, lot.stock.quantum) - lot.allowance)
