"""What readers of directives share: amounts, penalties, and metadata that says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.metadata import Money, find_key, show
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.policy import values

if TYPE_CHECKING:
    from decimal import Decimal


def take_penalty(entry: Any, currency: str) -> Decimal | None:
    """Take what leaving a contract costs per unit; None if nothing is said of it.

    Raises:
        RuleError: It is no amount, or in another currency than the price.
    """
    if "penalty" not in entry.meta:
        return None
    what = "contract" if entry.type == "invwd-contract" else "commitment"
    form = f"the penalty of a {what} is an amount per unit, such as penalty: 0.80 {currency}"
    number, other = amount_of(entry.meta["penalty"], form)
    if other != currency:
        raise RuleError(f"{form}; it is in {other}, but the price is in {currency}")
    return number


def amount_of(value: Any, form: str) -> Money:
    """Take an amount; `form` says what the directive takes.

    Raises:
        RuleError: It is none.
    """
    try:
        return values.parse_amount(value)
    except RuleError as error:
        raise RuleError(f"{form}; {show(value)} is not {error}") from error


def check_names(entry: Any, allowed: tuple[str, ...]) -> None:
    """Refuse metadata that says nothing under a directive."""
    for name in entry.meta:
        if name in allowed or name in {"filename", "lineno"} or name.startswith("__"):
            continue
        near = find_key(name, allowed)
        hint = f"did you mean {near}?" if near else f"known: {', '.join(allowed) or 'none'}"
        raise RuleError(f"unknown metadata {name} of {entry.type}; {hint}")
