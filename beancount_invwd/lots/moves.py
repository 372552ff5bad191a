"""The nouns of what a transaction does to goods, and what units take along that leave a lot.

4 of 10 WIDGET {5 USD} with an allowance of 20.00 leave: a Reduction with 8.00, which goes along
to an Addition, or comes back later, or is released
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.shares import part_of
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import Layers, Lot, Pool, Stock, carry, find_room

if TYPE_CHECKING:
    from beancount_invwd.directives.metadata import Facts


class Addition:
    """Units that one posting adds; `units` are those not matched yet.

    Attributes:
        date: Their cost date.
        own: What the posting states.
        is_new: Whether they begin a lot.
        source: Where the facts of a new lot came from.
        is_made: Whether they were made of other goods in the same transaction.
        is_back: Whether a customer brought them back, all or some.
        is_other: Whether they came in exchange for goods of their item.
    """

    source: Lot | None = None
    is_made: bool = False
    is_back: bool = False
    is_other: bool = False

    def __init__(  # noqa: PLR0913, PLR0917 (as it was posted)
        self,
        lot: Lot,
        units: Decimal,
        cost_unit: Decimal,
        date: datetime.date,
        posting: Any,
        own: Facts,
        is_new: bool,  # noqa: FBT001
    ) -> None:
        self.lot = lot
        self.units = units
        self.cost_unit = cost_unit
        self.date = date
        self.posting = posting
        self.own = own
        self.is_new = is_new

    @property
    def cost(self) -> Decimal:
        """The cost of the units not matched yet."""
        return self.units * self.cost_unit


class Reduction:
    """Units that one posting takes out; units and allowance are those not matched yet.

    Attributes:
        lot: The lot that they leave.
        units_taken: All of them.
        allowance: What the lot gave up with them; `locked` is a part of it.
        layers: The units of a pool; empty of another lot.
        excess: What the same goods at a lower cost could not carry (ACCOUNTING 3, "Re-costing").
        cost_moved: The part of their cost that went into products.
        is_used: Whether something was made of them.
        is_other: Whether other goods of their item came in exchange.
    """

    excess: Decimal = ZERO
    cost_moved: Decimal = ZERO
    is_used: bool = False
    is_other: bool = False

    def __init__(  # noqa: PLR0913, PLR0917 (as it was posted)
        self,
        lot: Lot,
        units: Decimal,
        cost_unit: Decimal,
        units_taken: Decimal,
        allowance: Decimal = ZERO,
        locked: Decimal = ZERO,
        layers: Layers | None = None,
    ) -> None:
        self.lot = lot
        self.units = units
        self.cost_unit = cost_unit
        self.units_taken = units_taken
        self.allowance = allowance
        self.locked = locked
        self.layers = deque() if layers is None else layers

    @property
    def cost(self) -> Decimal:
        """The cost of the units not matched yet, less what went into products."""
        return self.units * self.cost_unit - self.cost_moved

    @property
    def units_left(self) -> Decimal:
        """The units that this cost is of."""
        return self.cost / self.cost_unit if self.cost_moved else self.units

    def split_excess(self) -> Reduction:
        """What goods that are still there cannot carry any more."""
        return Reduction(self.lot, ZERO, self.cost_unit, self.units_taken, self.excess)


class Moved(NamedTuple):
    """Units that went from one lot to another or into a product, with their allowance.

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
        left: All units that left, those without an allowance too; a row without units is what
            goods could not carry any more that are still there.
        moved: Allowances that went along to other lots.
        returned: Units that came back, each with the allowance that it took back.
    """

    left: Sequence[Reduction]
    moved: Sequence[Moved]
    returned: Sequence[Reduction] = ()


class DirectWriteDown(NamedTuple):
    """A loss that the ledger took off the cost of goods, so that nothing can reverse it.

    Attributes:
        stock: Of which item.
        txn: The transaction that lowered the cost.
        account: The expense that was charged, of several the first; not cost of goods sold.
        amount: By how much.
    """

    stock: Stock
    txn: Any
    account: str
    amount: Decimal


def take_out(lot: Lot, units: Decimal, cost_unit: Decimal, out_of: Decimal) -> Reduction:
    """Give up what units carried that left a lot already.

    Args:
        lot: The lot.
        units: The units.
        cost_unit: What each of them cost.
        out_of: The units of the lot before.
    """
    allowance, locked = _give_up(lot, units, out_of) if lot.allowance else (ZERO, ZERO)
    layers = lot.take_layers(units) if isinstance(lot, Pool) else deque()
    return Reduction(lot, units, cost_unit, units, allowance, locked, layers)


def _give_up(lot: Lot, units: Decimal, out_of: Decimal) -> tuple[Decimal, Decimal]:
    """Take the share of units that left off the allowance of a lot, and of its locked part.

    What is left is never above the cost of the units that stay (ACCOUNTING section 1).
    """
    allowance, locked = lot.allowance, lot.locked
    if units < out_of:
        quantum = lot.stock.quantum
        highest = round_money(max(ZERO, lot.cost), quantum)
        part = part_of(allowance, units, out_of, quantum)
        allowance = max(part, allowance - highest)
        locked = part_of(locked, units, out_of, quantum) if locked else ZERO
    locked = max(locked, lot.locked - lot.allowance + allowance)  # what cannot stay leaves
    carry(lot, -allowance, -locked)
    return allowance, locked


def put(lot: Lot, allowance: Decimal, locked: Decimal) -> tuple[Decimal, Decimal]:
    """Give a lot an allowance and its locked part, as far as its cost leaves room.

    Returns:
        What the lot took of both.
    """
    taken = min(allowance, find_room(lot))
    taken_locked = min(locked, taken)
    carry(lot, taken, taken_locked)
    return taken, taken_locked


def sum_costs(rows: Iterable[tuple[Lot, Decimal]]) -> dict[Stock, tuple[Decimal, Decimal]]:
    """Sum the cost of what left lots by item, each with that of all of its entity and currency.

    Lots that are not assessed left as well, and were charged with the others of their item.
    """
    costs: Sums[Stock] = Sums()
    total: Sums[tuple[str, str]] = Sums()
    for lot, cost in rows:
        costs.add(lot.place.stock, cost)
        total.add(lot.stock.key[:2], cost)
    return {stock: (cost, total[stock.key[:2]]) for stock, cost in costs.items()}
