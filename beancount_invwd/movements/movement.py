"""What happens to allowances: groups, plans for them, and movements to be written."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from beancount_invwd.ground.money import ZERO

if TYPE_CHECKING:
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.measure.measured import Measured
    from beancount_invwd.measure.prices import Price

Kind = Literal["write-down", "write-off", "reversal", "release", "transfer"]
BOOKED = "booked"
"""The reason of what the ledger says itself, and of what corrects it."""
_NOTHING: Mapping[str | None, Decimal] = MappingProxyType({})


class Group(NamedTuple):
    """A unit of account: lots whose gains and losses are set against each other.

    Attributes:
        name: As written in `invwd-group`: the item, the category, or `total`.
        lot: The number of the lot that is a group of its own, else 0.
        commodity: The item, empty if the group is wider.
        category: The category, empty if the group is wider.
    """

    entity: str
    currency: str
    name: str
    lot: int
    commodity: str
    category: str


class Row(NamedTuple):
    """A lot that was tested."""

    lot: Lot
    measured: Measured


class Plan(NamedTuple):
    """What a measurement gives for a group: the new allowance of each of its lots."""

    group: Group
    rows: Sequence[Row]
    allowances: Sequence[Decimal]

    def list_new(self) -> list[tuple[Lot, Decimal]]:
        """The lots, each with its new allowance."""
        return [(row.lot, new) for row, new in zip(self.rows, self.allowances, strict=True)]


def list_allowances(plans: Iterable[Plan]) -> dict[int, Decimal]:
    """List the new allowance of each lot that plans are of, by the number of the lot."""
    return {lot.number: new for plan in plans for lot, new in plan.list_new()}


class Release(NamedTuple):
    """An allowance that left with units, before it is written.

    Attributes:
        account: The allowance account.
        credit: The account that is credited; None is the reversal account.
        amount: Of the allowance, positive.
        units: Units that left, with their cost.
    """

    group: Group
    kind: Kind
    reason: str
    account: str
    credit: str | None
    amount: Decimal
    units: Decimal
    cost: Decimal

    @property
    def change(self) -> Decimal:
        """The change of the allowance, negative."""
        return -self.amount


class Movement(NamedTuple):
    """A change of allowances that becomes one transaction.

    Attributes:
        reason: The rule that decided.
        quantity: Units of the group, or those that left or moved.
        cost: Their cost, not rounded.
        changes: By allowance account, increases of the allowance positive.
        measure: The value that cost was tested against, not rounded; None if nothing was measured.
        price: The price, if one decided.
        threshold: From which sum on a loss is a line of its own; None is always.
        lot: The lot, if the movement is of one only that is a group of its own.
        corrects: What of the change would belong to a closed period.
        credits: What releases credit, by account, positive; None stands for the reversal
            account. Empty for measurements, whose account depends on materiality.
        source: The transaction by which units left or moved.
        is_correction: Whether all of the change would belong to a closed period.
        is_booked: Whether the ledger has it already.
    """

    date: datetime.date
    kind: Kind
    reason: str
    group: Group
    quantity: Decimal
    cost: Decimal
    changes: Mapping[str, Decimal]
    measure: Decimal | None = None
    price: Price | None = None
    threshold: Decimal | None = None
    lot: Lot | None = None
    corrects: Decimal = ZERO
    credits: Mapping[str | None, Decimal] = _NOTHING
    source: Any = None
    is_correction: bool = False
    is_booked: bool = False

    @property
    def change(self) -> Decimal:
        """The increase of the allowance of the group; a decrease is negative."""
        return sum(self.changes.values(), ZERO)
