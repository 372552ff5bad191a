"""Movements → what of an allowance each cause moved: the bridge from opening to closing.

    opening + price + exchange rate + quantity + age + demand + stated + estimates + corrections
        = closing

What left or came, and with it its allowance, is quantity; what a measurement changed is the rule's
that decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from beancount_invwd.movements.movement import BOOKED, LESS_STOCK

if TYPE_CHECKING:
    from beancount_invwd.report.ledger.written import Written

Cause = Literal[
    "quantity",
    "age",
    "demand",
    "exchange_rate",
    "price",
    "stated",
    "estimates",
    "corrections",
]
CAUSES: Mapping[Cause, str] = {
    "quantity": "quantity",
    "age": "age and expiry",
    "demand": "demand",
    "exchange_rate": "exchange rate",
    "price": "price",
    "stated": "stated values",
    "estimates": "estimates changed",
    "corrections": "corrections",
}
"""In the order in which they are told apart, with what they are called."""
_MEASURED = {"write-down", "write-off", "reversal"}
_OF_REASONS: Mapping[str, Cause] = {
    "price": "price",
    "replacement": "price",
    "floor": "price",
    "used-in": "price",
    "cost": "price",
    "expired": "age",
    "ageing": "age",
    "idle": "demand",
    "coverage": "demand",
    "estimate": "estimates",
    LESS_STOCK: "quantity",
    BOOKED: "corrections",
}
"""By the reason of what is measured; any other is a value that the ledger states."""


def find_cause(row: Written) -> Cause:
    """Find the cause of a movement by its kind and reason."""
    if row.kind not in _MEASURED:
        return "corrections" if row.reason == BOOKED else "quantity"
    return _OF_REASONS.get(row.reason, "stated")
