"""What is known of an item on a day, and what units are worth by it.

Evidence   price 8 USD of 2024-01-31, no replacement cost, good until 2025-01-30
Measured   100 units are worth 760.00, by their price
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from beancount_invwd.ground.money import ONE

if TYPE_CHECKING:
    from beancount_invwd.directives.statements import Contract, Statement
    from beancount_invwd.lots.demand import Rate
    from beancount_invwd.measure.prices import Price, Replacement

Lack = Literal["price", "margin", "terms", "units", "product"]


class Valued(Protocol):
    """Units and their cost: a lot, a stock, or a single unit."""

    @property
    def units(self) -> Decimal:
        """How many."""

    @property
    def cost(self) -> Decimal:
        """What all of them cost."""


class Unit(NamedTuple):
    """One unit, at its unit cost."""

    cost: Decimal
    units: Decimal = ONE


class Product(NamedTuple):
    """A product that a raw material is used in: what a unit costs and is worth.

    Attributes:
        price: The price, if that decided.
    """

    item: str
    cost: Decimal
    nrv: Decimal
    price: Price | None


class Use(NamedTuple):
    """What is known of the products that a raw material is used in.

    Attributes:
        is_recovered: Whether each is expected to sell at or above its cost.
        lack: The product of which that cannot be told, or nothing.
        products: Those of which it can be told.
    """

    is_recovered: bool
    lack: str
    products: Sequence[Product] = ()


class Evidence(NamedTuple):
    """What is known of an item on a date, as far as it is not too old.

    Attributes:
        price: The price, in the cost currency.
        statement: An `invwd-nrv` for the whole item that counts in place of the price.
        replacement: The replacement cost.
        until: The last day on which this holds without a new directive; None is for ever.
        contracts: Contracts in force, the dearest first, each with its share of the units.
        use: For a raw material, what is known of its products.
        rates: What the policies on demand take off cost.
    """

    price: Price | None
    statement: Statement | None
    replacement: Replacement | None
    until: datetime.date | None
    contracts: Sequence[tuple[Contract, Decimal]] = ()
    use: Use | None = None
    rates: tuple[Rate, ...] = ()


class Measured(NamedTuple):
    """What units are worth.

    Attributes:
        total: Value of all of them, not rounded; None if they cannot be assessed.
        reason: The rule that decided: price, expired, ageing, … or the words of an `invwd-nrv`; if
            it is a product that cannot be judged, its name.
        price: The price, if it decided.
        is_apart: Whether the lot is a group of its own (ACCOUNTING section 5).
        until: The last day on which this holds without a new directive or movement.
        lack: Why there is no total.
    """

    total: Decimal | None
    reason: str
    price: Price | None = None
    is_apart: bool = False
    until: datetime.date | None = None
    lack: Lack | None = None
