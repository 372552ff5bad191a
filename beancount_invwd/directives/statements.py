"""`invwd-…` directives → frozen facts, or errors.

A dated `invwd-nrv` states what goods are worth that are damaged, obsolete or sold off:

    2024-11-15 custom "invwd-nrv" "MUG" 2.00 USD "damaged"
      lot: "A-17"
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from beancount_invwd.directives.commitments import Commitment, read_commitment
from beancount_invwd.directives.estimates import Estimate, read_estimate
from beancount_invwd.directives.forms import amount_of, check_names, take_penalty
from beancount_invwd.directives.metadata import AS_OF, NAMES, find_key
from beancount_invwd.directives.temporary import Temporary, read_temporary
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.records import NamedTuple

DAMAGED = 'such as: 2024-11-15 custom "invwd-nrv" "MUG" 2.00 USD "damaged"'
ENDED = 'or: 2024-12-15 custom "invwd-nrv" "MUG" "end"'
REPLACED = 'such as: 2024-12-31 custom "invwd-replacement-cost" "WIDGET" 8.80 USD'
SOLD = 'such as: 2024-11-30 custom "invwd-contract" 40 WIDGET 9.50 USD, with until: 2025-03-31'


class Statement(NamedTuple):
    """An `invwd-nrv` directive: a value per unit, or the end of an earlier one (`number` None)."""

    date: datetime.date
    item: str
    label: str | None
    account: str | None
    cost_date: datetime.date | None
    number: Decimal | None
    currency: str | None
    reason: str
    entry: Any


class Contract(NamedTuple):
    """An `invwd-contract`: units that are sold already, from its date until `until` inclusive.

    Attributes:
        penalty: What leaving it costs per unit; None if it cannot be left.
    """

    date: datetime.date
    item: str
    units: Decimal
    number: Decimal
    currency: str
    until: datetime.date
    penalty: Decimal | None
    entry: Any


class Closing(NamedTuple):
    """An `invwd-closed`: nothing is written on or before its date."""

    date: datetime.date
    entry: Any


class ReplacementCost(NamedTuple):
    """An `invwd-replacement-cost` directive: what a unit costs to buy."""

    date: datetime.date
    item: str
    number: Decimal
    currency: str
    entry: Any


Assertion = Statement | ReplacementCost | Contract
Directive = Assertion | Commitment | Estimate | Temporary | Closing


def read_statements(
    customs: Iterable[Any],
) -> tuple[list[Directive], list[tuple[Any, str]], set[str]]:
    """Read the `invwd-…` directives.

    Returns:
        The directives, malformed ones with what is wrong, and the items that these name.
    """
    found: list[Directive] = []
    problems = []
    blocked = set()
    for entry in customs:
        try:
            found.append(_read_directive(entry))
        except RuleError as error:
            problems.append((entry, str(error)))
            for row in entry.values or ():  # whichever is the item; a currency does no harm
                name = getattr(row.value, "currency", row.value)
                blocked.update([name] if isinstance(name, str) else [])
    return found, problems, blocked


def _read_directive(entry: Any) -> Directive:  # noqa: PLR0911 (one for each name)
    given = [row.value for row in entry.values or ()]
    if entry.type == "invwd-nrv":
        return _read_statement(entry, given)
    if entry.type == "invwd-replacement-cost":
        return _read_replacement(entry, given)
    if entry.type == "invwd-contract":
        return _read_contract(entry, given)
    if entry.type == "invwd-commitment":
        return read_commitment(entry, given)
    if entry.type == "invwd-policy":
        return read_estimate(entry, given)
    if entry.type == "invwd-temporary":
        return read_temporary(entry, given)
    if entry.type == "invwd-closed":
        return _read_closing(entry, given)
    near = find_key(entry.type, NAMES)
    hint = f'did you mean "{near}"?' if near else f"known are {', '.join(NAMES)}"
    raise RuleError(f'unknown directive "{entry.type}"; {hint}')


def _read_statement(entry: Any, given: Sequence[Any]) -> Statement:
    form = f"invwd-nrv takes an item, an amount and a reason, {DAMAGED}, {ENDED}"
    check_names(entry, (*_LIMITS, AS_OF))
    label, account, cost_date = (_take_limit(entry, name) for name in _LIMITS)
    if not 2 <= len(given) <= 3 or not isinstance(given[0], str):  # noqa: PLR2004
        raise RuleError(form)
    item, value, *rest = given
    if isinstance(value, str) and value == "end" and not rest:
        return Statement(entry.date, item, label, account, cost_date, None, None, "end", entry)
    reason = rest[0] if rest else "nrv"
    if isinstance(value, str) or not isinstance(reason, str) or not reason.strip():
        raise RuleError(form)
    number, currency = amount_of(value, form)
    return Statement(entry.date, item, label, account, cost_date, number, currency, reason, entry)


_LIMITS = {"lot": str, "account": str, "date": datetime.date}


def _take_limit(entry: Any, name: str) -> Any:
    """Take what limits a value to some of the lots."""
    value = entry.meta.get(name)
    if name in entry.meta and not isinstance(value, _LIMITS[name]):
        raise RuleError(
            'the metadata of invwd-nrv is lot: "A-17", account: Assets:Inventory or date: '
            "2024-01-05, that of the cost"
        )
    return value


def _read_replacement(entry: Any, given: Sequence[Any]) -> ReplacementCost:
    form = f"invwd-replacement-cost takes an item and an amount, {REPLACED}"
    check_names(entry, ())
    if len(given) != 2 or not isinstance(given[0], str) or isinstance(given[1], str):  # noqa: PLR2004
        raise RuleError(form)
    number, currency = amount_of(given[1], form)
    return ReplacementCost(entry.date, given[0], number, currency, entry)


def _read_contract(entry: Any, given: Sequence[Any]) -> Contract:
    form = f"invwd-contract takes units, a price per unit and until, {SOLD}"
    check_names(entry, ("until", "penalty"))
    until = entry.meta.get("until")
    if len(given) != 2 or any(isinstance(value, str) for value in given):  # noqa: PLR2004
        raise RuleError(form)
    units, item = amount_of(given[0], form)
    number, currency = amount_of(given[1], form)
    if not isinstance(until, datetime.date) or not units:
        raise RuleError(form)
    if until < entry.date:
        raise RuleError(f"the contract ends on {until}, before its date; {form}")
    penalty = take_penalty(entry, currency)
    return Contract(entry.date, item, units, number, currency, until, penalty, entry)


def _read_closing(entry: Any, given: Sequence[Any]) -> Closing:
    check_names(entry, ())
    if len(given) != 1 or given[0] is not True:
        raise RuleError('invwd-closed takes TRUE: 2024-12-31 custom "invwd-closed" TRUE')
    return Closing(entry.date, entry)
