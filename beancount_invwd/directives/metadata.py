"""Metadata and `invwd-…` directives → frozen facts, or errors.

Three places hold metadata: a lot (the posting that first added to it, else its transaction), the
item's Commodity and the account's Open. The most specific one counts: lot, item, account, policy.
A dated `invwd-nrv` states what goods are worth that are damaged, obsolete or sold off:

    2024-11-15 custom "invwd-nrv" "MUG" 2.00 USD "damaged"
      lot: "A-17"
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from beancount_invwd.ground.errors import RuleError, find_near
from beancount_invwd.policy import standards, values
from beancount_invwd.policy.values import Charge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from beancount_invwd.policy.policy import Terms

Level = Literal["lot", "Commodity", "Open"]
Money = tuple[Decimal, str]

TAG = "invwd"
MARK = "invwd-"
GROUP = "invwd-group"
_OF_MOVEMENTS = {GROUP, "invwd-reason", "invwd-entity", "invwd-source"}
DAMAGED = 'such as: 2024-11-15 custom "invwd-nrv" "MUG" 2.00 USD "damaged"'
ENDED = 'or: 2024-12-15 custom "invwd-nrv" "MUG" "end"'
REPLACED = 'such as: 2024-12-31 custom "invwd-replacement-cost" "WIDGET" 8.80 USD'
SOLD = 'such as: 2024-11-30 custom "invwd-contract" 40 WIDGET 9.50 USD, with until: 2025-03-31'
NAMES = ("invwd-nrv", "invwd-replacement-cost", "invwd-contract", "invwd-closed")


@dataclass(frozen=True, slots=True)
class Facts:
    """What metadata says of a lot, an item or an account.

    Attributes:
        overrides: Values for the fields of `Terms`.
        nrv: Value per unit known at purchase, with its currency (lots).
        salvage: Value per unit once expired, with its currency (lots, items).
        expires: First day on which the lot is worth its salvage value only.
        used_in: The products of a raw material.
        stated: The metadata as written.
        meta: Where it was written.
    """

    overrides: Mapping[str, Any] = field(default_factory=dict)
    nrv: Money | None = None
    salvage: Money | None = None
    expires: datetime.date | None = None
    exclude: bool = False
    category: str | None = None
    used_in: tuple[str, ...] = ()
    stated: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)


NO_FACTS = Facts()


class Statement(NamedTuple):
    """An `invwd-nrv` directive: a value per unit, or the end of an earlier one (`number` None)."""

    date: datetime.date
    item: str
    label: str | None
    account: str | None
    number: Decimal | None
    currency: str | None
    reason: str
    entry: Any


class Contract(NamedTuple):
    """An `invwd-contract`: units that are sold already, from its date until `until` inclusive."""

    date: datetime.date
    item: str
    units: Decimal
    number: Decimal
    currency: str
    until: datetime.date
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


def _parse_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RuleError("TRUE or FALSE")
    return value


def _parse_day(value: Any) -> datetime.date:
    if not isinstance(value, datetime.date):
        raise RuleError("a date such as 2024-08-01")
    return value


def _parse_text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise RuleError('a text such as "tools"')
    return value or None


def _parse_items(value: Any) -> tuple[str, ...]:
    names = [part.strip() for part in value.split(",")] if isinstance(value, str) else [""]
    if not all(re.fullmatch(values.COMMODITY, name) for name in names):
        raise RuleError('names of items such as "CHAIR, TABLE"')
    return tuple(dict.fromkeys(names))


def _parse_measure(value: Any) -> str:
    if not isinstance(value, str) or value not in standards.MEASURES:
        raise RuleError(" or ".join(f'"{name}"' for name in standards.MEASURES))
    return str(value)


def _parse_age(value: Any) -> int:
    if not isinstance(value, Decimal) or value < 0 or value != value.to_integral_value():
        raise RuleError("a whole number of days such as 180")
    return int(min(value, Decimal(10**7)))


def _parse_amount(value: Any) -> Money:
    if isinstance(value, str):
        raise RuleError("an amount such as 0.40 USD, without quotes")
    return values.parse_amount(value)


class _Key(NamedTuple):
    levels: tuple[Level, ...]
    field: str
    parse: Callable[[Any], Any]
    is_override: bool = False


_ALL: tuple[Level, ...] = ("lot", "Commodity", "Open")
KEYS = {
    "invwd-selling-cost": _Key(_ALL, "selling_cost", values.parse_charge, is_override=True),
    "invwd-completion-cost": _Key(_ALL, "completion_cost", values.parse_charge, is_override=True),
    "invwd-normal-margin": _Key(_ALL, "normal_margin", values.parse_charge, is_override=True),
    "invwd-measure": _Key(_ALL, "measure", _parse_measure, is_override=True),
    "invwd-ageing": _Key(_ALL, "ageing", values.parse_schedule, is_override=True),
    "invwd-price-max-age": _Key(_ALL, "price_max_age", _parse_age, is_override=True),
    "invwd-exclude": _Key(("Commodity", "Open"), "exclude", _parse_flag),
    "invwd-nrv": _Key(("lot",), "nrv", _parse_amount),
    "invwd-salvage": _Key(("lot", "Commodity"), "salvage", _parse_amount),
    "expires": _Key(("lot",), "expires", _parse_day),
    "invwd-used-in": _Key(("Commodity",), "used_in", _parse_items),
    "category": _Key(("Commodity",), "category", _parse_text),
}


def select_ours(meta: Mapping[str, Any], level: Level) -> dict[str, Any]:
    """Select the metadata that says something of a lot, an item or an account."""
    return {
        key: value
        for key, value in meta.items()
        if key not in _OF_MOVEMENTS
        and (key.startswith(MARK) or (key in KEYS and level in KEYS[key].levels))
    }


def read_facts(
    stated: Mapping[str, Any], level: Level, meta: Mapping[str, Any]
) -> tuple[Facts, list[str]]:
    """Read metadata as selected by `select_ours`.

    Returns:
        The facts, and what is wrong with them, a sentence each.
    """
    problems = []
    overrides: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, value in stated.items():
        key = KEYS.get(name)
        if key is None or level not in key.levels:
            problems.append(_misplaced(name, level))
            continue
        try:
            (overrides if key.is_override else others)[key.field] = key.parse(value)
        except RuleError as error:
            problems.append(f"{name} is {show(value)}; allowed is {error}")
    return Facts(overrides=overrides, stated=stated, meta=meta, **others), problems


def _misplaced(name: str, level: Level) -> str:
    where = {"lot": "a lot", "Commodity": "a Commodity", "Open": "an Open"}[level]
    allowed = [key for key, row in KEYS.items() if level in row.levels]
    if name in KEYS:
        places = " or ".join(KEYS[name].levels)
        return f"{name} cannot stand on {where}; put it on: {places}"
    near = _find_near(name, allowed)
    hint = f"did you mean {near}?" if near else f"known are {', '.join(allowed)}"
    if name in NAMES:
        hint = f'it is a directive: custom "{name}"'
    return f"unknown metadata {name} on {where}; {hint}"


def _find_near(name: str, known: Iterable[str]) -> str | None:
    """The known name that was meant; what all of them begin with tells nothing."""
    by_tail = {other.removeprefix(MARK): other for other in known}
    near = find_near(name.removeprefix(MARK), by_tail)
    return None if near is None else by_tail[near]


def list_strays(meta: Mapping[str, Any], where: str) -> list[str]:
    """Tell of metadata that stands where it is about no lot, item or account."""
    problems = []
    for name in meta:
        if not name.startswith(MARK) or name in _OF_MOVEMENTS:
            continue
        remedy = "put it below the posting of the goods"
        if name not in KEYS:
            near = _find_near(name, KEYS)
            remedy = f"did you mean {near}, below the goods?" if near else "remove it"
        elif "lot" not in KEYS[name].levels:
            remedy = f"put it on: {' or '.join(KEYS[name].levels)}"
        problems.append(f"{name} says nothing on {where}; {remedy}")
    return problems


def show(value: Any) -> str:
    """Show a value as the user wrote it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).upper()
    return f'"{value}"' if isinstance(value, str) else str(value).strip()


def inherit_facts(given: Facts, own: Facts) -> Facts:
    """Merge the facts of units that moved with those of the posting that received them."""
    if own is NO_FACTS:
        return given
    return Facts(
        overrides={**given.overrides, **own.overrides},
        nrv=own.nrv or given.nrv,
        salvage=own.salvage or given.salvage,
        expires=own.expires or given.expires,
        stated={**given.stated, **own.stated},
        meta=own.meta,
    )


def resolve_terms(policy: Terms, account: Facts, item: Facts, lot: Facts) -> Terms:
    """Merge the parameters: lot, then item, then account, then policy (ACCOUNTING section 4)."""
    merged = {**account.overrides, **item.overrides, **lot.overrides}
    return replace(policy, **merged) if merged else policy


def list_foreign_amounts(facts: Facts, currency: str) -> list[str]:
    """Name what in these facts is an amount in another currency than the cost."""
    amounts = {
        key: value.currency
        for key, value in facts.overrides.items()
        if isinstance(value, Charge) and value.currency
    }
    amounts |= {key: money[1] for key in ("nrv", "salvage") if (money := getattr(facts, key))}
    foreign = {key: given for key, given in amounts.items() if given != currency}
    if not foreign:
        return []
    names = {row.field: name for name, row in KEYS.items()}
    return [
        f"{names[key]} is in {given}, but the cost is in {currency}; state it in {currency}"
        for key, given in foreign.items()
    ]


Assertion = Statement | ReplacementCost | Contract
Directive = Assertion | Closing


def read_directives(
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


def _read_directive(entry: Any) -> Directive:
    given = [row.value for row in entry.values or ()]
    if entry.type == "invwd-nrv":
        return _read_statement(entry, given)
    if entry.type == "invwd-replacement-cost":
        return _read_replacement(entry, given)
    if entry.type == "invwd-contract":
        return _read_contract(entry, given)
    if entry.type == "invwd-closed":
        return _read_closing(entry, given)
    near = _find_near(entry.type, NAMES)
    hint = f'did you mean "{near}"?' if near else f"known are {', '.join(NAMES)}"
    raise RuleError(f'unknown directive "{entry.type}"; {hint}')


def _read_statement(entry: Any, given: Sequence[Any]) -> Statement:
    form = f"invwd-nrv takes an item, an amount and a reason, {DAMAGED}, {ENDED}"
    _check_names(entry, ("lot", "account"))
    label, account = entry.meta.get("lot"), entry.meta.get("account")
    if any(not isinstance(entry.meta.get(name, ""), str) for name in ("lot", "account")):
        raise RuleError('the metadata of invwd-nrv is lot: "A-17" or account: Assets:Inventory')
    if not 2 <= len(given) <= 3 or not isinstance(given[0], str):  # noqa: PLR2004
        raise RuleError(form)
    item, value, *rest = given
    if isinstance(value, str) and value == "end" and not rest:
        return Statement(entry.date, item, label, account, None, None, "end", entry)
    reason = rest[0] if rest else "nrv"
    if isinstance(value, str) or not isinstance(reason, str) or not reason.strip():
        raise RuleError(form)
    number, currency = _amount_of(value, form)
    return Statement(entry.date, item, label, account, number, currency, reason, entry)


def _read_replacement(entry: Any, given: Sequence[Any]) -> ReplacementCost:
    form = f"invwd-replacement-cost takes an item and an amount, {REPLACED}"
    _check_names(entry, ())
    if len(given) != 2 or not isinstance(given[0], str) or isinstance(given[1], str):  # noqa: PLR2004
        raise RuleError(form)
    number, currency = _amount_of(given[1], form)
    return ReplacementCost(entry.date, given[0], number, currency, entry)


def _read_contract(entry: Any, given: Sequence[Any]) -> Contract:
    form = f"invwd-contract takes units, a price per unit and until, {SOLD}"
    _check_names(entry, ("until",))
    until = entry.meta.get("until")
    if len(given) != 2 or any(isinstance(value, str) for value in given):  # noqa: PLR2004
        raise RuleError(form)
    units, item = _amount_of(given[0], form)
    number, currency = _amount_of(given[1], form)
    if not isinstance(until, datetime.date) or not units:
        raise RuleError(form)
    if until < entry.date:
        raise RuleError(f"the contract ends on {until}, before its date; {form}")
    return Contract(entry.date, item, units, number, currency, until, entry)


def _read_closing(entry: Any, given: Sequence[Any]) -> Closing:
    _check_names(entry, ())
    if len(given) != 1 or given[0] is not True:
        raise RuleError('invwd-closed takes TRUE: 2024-12-31 custom "invwd-closed" TRUE')
    return Closing(entry.date, entry)


def _amount_of(value: Any, form: str) -> Money:
    try:
        return values.parse_amount(value)
    except RuleError as error:
        raise RuleError(f"{form}; {show(value)} is not {error}") from error


def _check_names(entry: Any, allowed: tuple[str, ...]) -> None:
    """Refuse metadata that looks like a misspelt limit of the directive."""
    for name in entry.meta:
        if name in allowed or name in {"filename", "lineno"} or name.startswith("__"):
            continue
        near = _find_near(name, allowed)
        if near or name.startswith(MARK) or name in {"lot", "label", "account", "entity", "until"}:
            hint = f"did you mean {near}?" if near else f"known: {', '.join(allowed) or 'none'}"
            raise RuleError(f"unknown metadata {name} of {entry.type}; {hint}")
