"""What is known of an item on a day, and what units are worth by it.

Evidence   price 8 USD of 2024-01-31, no replacement cost, good until 2025-01-30
Measured   100 units are worth 760.00, by their price
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol

from beancount_invwd.ground.money import ONE
from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    from beancount_invwd.directives.metadata import Facts
    from beancount_invwd.directives.statements import Contract, Statement
    from beancount_invwd.lots.demand import Rate
    from beancount_invwd.measure.prices import Price, Replacement
    from beancount_invwd.policy.values import Charge

Lack = Literal["price", "margin", "terms", "units", "product", "purchase"]


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
    """A product that a raw material is used in.

    Attributes:
        units: Of the product, per unit of the material.
        nrv: What a unit of it realises; None if that is not known.
        cost: What a unit of it costs; None if it was never made or bought.
        price: The price, if that decided.
    """

    item: str
    units: Decimal
    nrv: Decimal | None
    cost: Decimal | None
    price: Price | None


class Use(NamedTuple):
    """What is known of a raw material by its products, and by what it costs to buy again.

    Attributes:
        products: The products.
        is_recovered: Whether each sells for what it costs at least; None if that is not known.
        lack: The product of which it is not known, or nothing.
        statement: An `invwd-nrv` for the whole material.
        replacement: An `invwd-replacement-cost` of it.
        purchase: Transaction and posting of its newest purchase, if there ever was another price.
        completion: What it takes to make its part of a product of it, as is stated of the item.
    """

    products: tuple[Product, ...]
    is_recovered: bool | None
    lack: str
    statement: Statement | None
    replacement: Replacement | None
    purchase: tuple[Any, Any] | None
    completion: Charge | None

    def find_completion(self, facts: Facts) -> Charge | None:
        """What it takes to make a lot's part of a product of it, by what is stated of the lot."""
        found: Charge | None = facts.overrides.get("completion_cost", self.completion)
        return found


class Evidence(NamedTuple):
    """What is known of an item on a date, as far as it is not too old.

    Attributes:
        price: The price, in the cost currency.
        statement: An `invwd-nrv` for the whole item that counts in place of the price.
        replacement: The replacement cost.
        until: The last day on which this holds without a new directive; None is for ever.
        contract: The contract at whose price units sell, in place of price and statement.
        use: For a raw material, what is known of its products.
        rates: What the policies on demand take off cost.
    """

    price: Price | None
    statement: Statement | None
    replacement: Replacement | None
    until: datetime.date | None
    contract: Contract | None = None
    use: Use | None = None
    rates: tuple[Rate, ...] = ()


class Part(NamedTuple):
    """Some units of an item, sold by a contract, or by none.

    Attributes:
        units: How many of the item.
        total: What all units of the lot would be worth at that.
    """

    contract: Contract | None
    units: Decimal
    total: Decimal


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
        parts: What it was measured in parts at, if contracts sell some units of its item.
        whole: While a decline is temporary, the value of all of them as ever: in a group with other
            items the loss is shared out by it, and the lot keeps what it carries at most.
    """

    total: Decimal | None
    reason: str
    price: Price | None = None
    is_apart: bool = False
    until: datetime.date | None = None
    lack: Lack | None = None
    parts: tuple[Part, ...] = ()
    whole: Decimal | None = None
