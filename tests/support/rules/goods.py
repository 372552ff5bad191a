"""What a ledger remembers of goods: lots, what left of them and what came.

A lot is what Beancount keeps apart: account, commodity, unit cost, currency, cost date, label; in
an account with booking `NONE` all lots of an item and currency are one pool (ACCOUNTING section 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any, NamedTuple

from tests.support.rules.chart import Chart
from tests.support.rules.exact import ZERO, Money, half_up
from tests.support.rules.policy import Policy

Facts = dict[str, Any]
"""What metadata says of a lot: `expires` and `invwd-…`."""

Item = tuple[str, str, str]
"""Entity, commodity and cost currency."""

Key = tuple[str, str, str, Fraction | None, date | None, str | None]
"""What tells a lot from others: account, commodity, currency, unit cost, cost date, label."""


class Expected(NamedTuple):
    """One transaction that the rules ask for.

    Attributes:
        date: Day of the measurement or of the source transaction.
        kind: `write-down`, `write-off`, `reversal`, `release` or `transfer`.
        entity: The entity, or an empty string where there are none.
        currency: Cost currency of the lots.
        group: The item, the category or `total`, as in `invwd-group`.
        source: Line of the transaction that it belongs to, 0 for a measurement.
        postings: Account and amount, merged by account, sorted, without zeros.
        reasons: Why units left, of releases; empty for other kinds.
    """

    date: date
    kind: str
    entity: str
    currency: str
    group: str
    source: int
    postings: tuple[tuple[str, Decimal], ...]
    reasons: tuple[str, ...] = ()


class Entry(NamedTuple):
    """A transaction to come, without its postings."""

    kind: str
    entity: str
    currency: str
    group: str


@dataclass
class Legs:
    """The postings of a transaction to come: accounts with amounts, and reasons."""

    amounts: dict[str, Money] = field(default_factory=dict)
    reasons: set[str] = field(default_factory=set)

    def post(self, account: str, amount: Money) -> None:
        """Add an amount to an account."""
        self.amounts[account] = self.amounts.get(account, ZERO) + amount


Journal = dict[Entry, Legs]


@dataclass
class Layer:
    """Units that came in together."""

    day: date
    units: Fraction


def oldest_first(layers: Iterable[Layer], units: Fraction) -> tuple[list[Layer], list[Layer]]:
    """Return what leaves if the oldest units leave first, and what stays."""
    gone: list[Layer] = []
    kept: list[Layer] = []
    for layer in sorted(layers, key=lambda layer: layer.day):
        used = min(layer.units, max(units, ZERO))
        units -= used
        gone += [Layer(layer.day, used)] if used > 0 else []
        kept += [Layer(layer.day, layer.units - used)] if layer.units > used else []
    return gone, kept


@dataclass(eq=False)
class Lot:
    """A lot or a pool, with what the plugin knows of it.

    Attributes:
        unit_cost_booked: Cost of a unit; None for a pool.
        day: Cost date; None for a pool.
        born: Place in the order in which lots came into being.
        age_from: Day from which its age counts, unless it is a pool.
        purchase: Number of the newest purchase whose goods it holds, or None.
        is_apart: Whether it was a group of its own when it was measured last.
        unwritten: What of its allowance is in no books yet, since its period was closed.
        owed: What it should have got from a liability in a closed period, and did not.
        early: What it got from a liability after that, before the first measurement.
    """

    account: str
    commodity: str
    currency: str
    unit_cost_booked: Fraction | None
    day: date | None
    label: str | None
    born: int
    facts: Facts
    age_from: date
    units: Fraction = ZERO
    pool_cost: Fraction = ZERO
    allowance: Money = ZERO
    locked: Money = ZERO
    is_apart: bool = False
    purchase: int | None = None
    layers: list[Layer] = field(default_factory=list)
    unwritten: Money = ZERO
    owed: Money = ZERO
    early: Money = ZERO

    @property
    def is_pool(self) -> bool:
        """Whether the account keeps one pooled lot of the item."""
        return self.unit_cost_booked is None

    @property
    def key(self) -> Key:
        """Return what tells the lot from others."""
        place = self.account, self.commodity, self.currency
        return (*place, self.unit_cost_booked, self.day, self.label)

    @property
    def cost(self) -> Fraction:
        """Return units times unit cost; of a pool, what was paid less what left."""
        booked = self.unit_cost_booked
        return self.pool_cost if booked is None else self.units * booked

    @property
    def unit_cost(self) -> Fraction:
        """Return cost per unit; of a pool, the average."""
        booked = self.unit_cost_booked
        return self.pool_cost / self.units if booked is None else booked

    @property
    def is_consigned(self) -> bool:
        """Whether the goods are somebody else's."""
        return self.facts.get("invwd-exclude") is True

    def age_date(self) -> date:
        """Return the day from which age counts: of a pool, that of the oldest units left."""
        if not self.is_pool:
            return self.age_from
        return min((layer.day for layer in self.layers), default=self.age_from)


class Change(NamedTuple):
    """Units that a posting adds to a lot or takes from it.

    `cost_date` is missing where Beancount worked out the units; the lot is as old as its posting.
    """

    account: str
    commodity: str
    units: Fraction
    unit_cost: Fraction
    currency: str
    day: date
    cost_date: date | None
    label: str | None
    facts: Facts


@dataclass(eq=False)
class Taken:
    """Units that one posting took from a lot, and the allowance that came with them.

    Attributes:
        excess: What goods that were re-costed carried above their new cost.
        part_left: Share of the cost that was not made into something else.
        is_used: Whether the units were used in production.
        is_exchanged: Whether the supplier gave other goods for them.
    """

    lot: Lot
    item: Item
    unit_cost: Fraction
    units: Fraction
    allowance: Money
    locked: Money
    facts: Facts
    layers: list[Layer]
    is_apart: bool
    excess: Money = ZERO
    part_left: Fraction = Fraction(1)
    is_used: bool = False
    is_exchanged: bool = False

    @property
    def cost_left(self) -> Fraction:
        """Return the cost of the units that were neither moved nor made into something."""
        return self.units * self.unit_cost * self.part_left


@dataclass(eq=False)
class Added:
    """Units that one posting added to a lot.

    Attributes:
        day: Cost date of the units.
        own_facts: What the posting itself states.
        is_new: Whether the lot came into being with them and has no facts of former goods yet.
        is_heir: Whether it has facts and age of goods that moved here.
        demand_back: Units that came back and whose leaving was demand.
        is_return: Whether a customer brought them back, all or some.
        is_exchanged: Whether the supplier gave them for other goods.
    """

    lot: Lot
    item: Item
    unit_cost: Fraction
    units: Fraction
    is_new: bool
    own_facts: Facts
    day: date
    is_heir: bool = False
    demand_back: Fraction = ZERO
    is_return: bool = False
    is_exchanged: bool = False


@dataclass(eq=False)
class Left:
    """Units that were sold, used or lost, and what they took along: they may come back."""

    day: date
    key: Key
    unit_cost: Fraction
    units: Fraction
    allowance: Money
    locked: Money
    facts: Facts
    age_from: date
    layers: list[Layer]
    is_apart: bool
    purchase: int | None
    demand: Fraction  # share of the units whose leaving was demand


class Purchase(NamedTuple):
    """Units that were bought or, where `is_made`, produced: what a unit cost.

    What was ordered long ago is no price of today: `is_ordered`.
    """

    number: int
    day: date
    item: Item
    account: str
    unit_cost: Fraction
    is_made: bool
    is_ordered: bool = False


class Demand(NamedTuple):
    """Units that were sold or used; negative where a customer brought them back."""

    day: date
    item: Item
    units: Fraction


@dataclass(eq=False)
class Order:
    """A firm order: what is still to come of it, and what is lost on that.

    Attributes:
        facts: Its own `measure`, as of a lot.
        coming: Units that came in today.
        written: What of the loss is in the books: of a closed period nothing is.
    """

    day: date
    item: Item
    account: str
    units: Fraction
    price: Fraction
    until: date
    penalty: Fraction | None
    facts: Facts
    loss: Money = ZERO
    coming: Fraction = ZERO
    written: Money = ZERO


class Delivery(NamedTuple):
    """Units of an order that came into a lot today."""

    order: Order
    lot: Lot
    units: Fraction


@dataclass
class Books:
    """All that is known on a day.

    Attributes:
        lots: Lots that are on hand (or short), in the order in which they came into being.
        left: What was sold, used or lost and did not come back, oldest first.
        first_bought: When an item first came in.
        waiting: Releases that wait for the next measurement date.
        moved: What the transaction that is followed moves between allowance accounts.
        orders: Purchase commitments, the oldest first.
        deliveries: What came in of them today.
    """

    entries: list[Any]
    policy: Policy
    chart: Chart
    lots: list[Lot] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    first_bought: dict[Item, date] = field(default_factory=dict)
    waiting: Journal = field(default_factory=dict)
    moved: Journal = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    numbers: Any = field(default_factory=count)

    def item_of(self, lot: Lot) -> Item:
        """Return entity, commodity and currency of a lot."""
        return self.chart.entity(lot.account), lot.commodity, lot.currency

    def on_hand(self, item: Item) -> list[Lot]:
        """Return the lots of an item that are on hand, without other people's."""
        return [lot for lot in self.assessed() if self.item_of(lot) == item]

    def assessed(self) -> list[Lot]:
        """Return the lots that can be measured."""
        return [lot for lot in self.lots if lot.units > 0 and not lot.is_consigned]

    def contra(self, lot: Lot) -> str:
        """Return the allowance account of a lot."""
        return self.chart.allowance_account(lot.account, lot.commodity)

    def room(self, lot: Lot) -> Money:
        """Return what a lot can carry more: an allowance is never above cost (section 1)."""
        cost = max(ZERO, lot.cost) if lot.units > 0 else ZERO
        return max(ZERO, half_up(cost, self.chart.quantum(lot.currency)) - lot.allowance)
