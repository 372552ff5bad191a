"""The unit of account: which lots are one group, and what it is called (ACCOUNTING section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.lots.stock import Lot, Stock
from beancount_invwd.policy.policy import Policy

if TYPE_CHECKING:
    from beancount_invwd.measure.measured import Measured

Kind = Literal[
    "write-down",
    "write-off",
    "reversal",
    "release",
    "transfer",
    "commitment-loss",
    "commitment-recovery",
]


class Group(NamedTuple):
    """A unit of account: lots whose gains and losses are set against each other.

    Attributes:
        name: As written in `invwd-group`: the item, the category, or `total`.
        commodity: The item, empty if the group is wider.
        category: The category, empty if the group is wider.
    """

    entity: str
    currency: str
    name: str
    commodity: str
    category: str


class Row(NamedTuple):
    """A lot that was tested."""

    lot: Lot
    measured: Measured


class Grouping:
    """Groups lots by the basis of a policy.

    Attributes:
        basis: As the policy says.
        is_by_lot: Whether each lot is a group of its own.
        is_by_item: Whether no group has lots of several items.
        may_wait: Whether what each lot carries follows from the last measurement alone.
    """

    def __init__(self, policy: Policy) -> None:
        self.basis = policy.basis
        self.is_by_lot = policy.basis == "lot"
        self.is_by_item = policy.basis in {"lot", "item"}
        self.may_wait = policy.basis == "item" and policy.reversals == "full"
        self._by_item: dict[Stock, Group] = {}

    def find_named(self, stock: Stock, *, is_apart: bool) -> Group:
        """The group of the lots of a stock, or what lots of their own are named by: the item."""
        if is_apart or self.is_by_item:
            return self._by_item.get(stock) or self._name_item(stock)
        (entity, currency, _), category = stock.key, stock.category
        if self.basis == "category":
            return Group(entity, currency, category, "", category)
        return Group(entity, currency, "total", "", "")

    def _name_item(self, stock: Stock) -> Group:
        entity, currency, commodity = stock.key
        group = Group(entity, currency, commodity, commodity, stock.category)
        self._by_item[stock] = group
        return group

    def find_left(self, lot: Lot) -> Group:
        """The group that units left: that of a lot of its own is named by the item."""
        return self.find_named(lot.stock, is_apart=lot.is_apart)

    def name_wide(self, stock: Stock) -> tuple[str, str, str]:
        """What the stocks of a group have in common, for the bases category and total."""
        name = stock.category if self.basis == "category" else ""
        return stock.key.entity, stock.key.currency, name
