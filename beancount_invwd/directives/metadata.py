"""Metadata → what it says of a lot, an item or an account, or what is wrong with it.

Three places hold metadata: a lot (the posting that first added to it, else its transaction), the
item's Commodity and the account's Open.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from beancount_invwd.ground.errors import RuleError, find_near
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.policy import standards, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


Level = Literal["lot", "Commodity", "Open", "transaction"]
Money = tuple[Decimal, str]

TAG = KIND = "invwd"
MARK = "invwd-"
GROUP = "invwd-group"
EXCLUDE = "invwd-exclude"
OWN_USE = "invwd-own-use"
RETURN = "invwd-return"
DELIVERY = "invwd-commitment"
AS_OF = "invwd-as-of"
_LONGEST_NAME = 100
_OF_MOVEMENTS = {GROUP, "invwd-reason", "invwd-entity", "invwd-source"}
_NOTHING: Mapping[str, Any] = {}
NAMES = (
    "invwd-nrv",
    "invwd-replacement-cost",
    "invwd-contract",
    "invwd-commitment",
    "invwd-policy",
    "invwd-temporary",
    "invwd-closed",
)


class Facts(NamedTuple):
    """What metadata says of a lot, an item or an account.

    Attributes:
        overrides: Values for the fields of `Terms`.
        nrv: Value per unit known at purchase, with its currency (lots).
        salvage: Value per unit once expired, with its currency (lots, items).
        expires: First day on which the lot is worth its salvage value only.
        exclude: Whether it is not assessed.
        used_in: The products of a raw material, each with the units that a unit of it makes.
        own_use: Whether goods that go to an account are put to own use; None if it does not say.
        money: Whether an inventory account holds money as well.
        stated: The metadata as written.
        meta: Where it was written.
    """

    overrides: Mapping[str, Any] = _NOTHING
    nrv: Money | None = None
    salvage: Money | None = None
    expires: datetime.date | None = None
    exclude: bool = False
    category: str | None = None
    used_in: Mapping[str, Decimal] = _NOTHING
    own_use: bool | None = None
    money: bool = False
    stated: Mapping[str, Any] = _NOTHING
    meta: Mapping[str, Any] = _NOTHING


NO_FACTS = Facts()


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


_PRODUCT = rf"(?:([0-9]*\.?[0-9]+)\s+)?({values.COMMODITY})"


def _parse_products(value: Any) -> dict[str, Decimal]:
    wanted = 'names of items such as "CHAIR, TABLE", or with the units made of one "0.25 TABLE"'
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else [""]
    found: dict[str, Decimal] = {}
    for part in parts:
        match = re.fullmatch(_PRODUCT, part) if len(part) < _LONGEST_NAME else None
        if match is None:
            raise RuleError(wanted)
        number = Decimal(match[1] or 1)
        if not number or found.setdefault(match[2], number) != number:
            raise RuleError(f"{wanted}, above 0 and each item once")
    return found


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
    "invwd-price-includes": _Key(_ALL, "price_includes", values.parse_share, is_override=True),
    EXCLUDE: _Key(_ALL, "exclude", _parse_flag),
    OWN_USE: _Key(("Open",), "own_use", _parse_flag),
    "invwd-money": _Key(("Open",), "money", _parse_flag),
    RETURN: _Key(("transaction",), "", _parse_flag),
    DELIVERY: _Key(("transaction",), "", _parse_flag),
    "invwd-nrv": _Key(("lot",), "nrv", _parse_amount),
    "invwd-salvage": _Key(("lot", "Commodity"), "salvage", _parse_amount),
    "expires": _Key(("lot",), "expires", _parse_day),
    "invwd-used-in": _Key(("Commodity",), "used_in", _parse_products),
    "category": _Key(("Commodity",), "category", _parse_text),
}


def is_silent(meta: Mapping[str, Any]) -> bool:
    """Whether metadata says nothing but where it stands."""
    return len(meta) == 2 and "lineno" in meta and "filename" in meta  # noqa: PLR2004


_KNOWN = {
    level: {name for name, row in KEYS.items() if level in row.levels}
    for level in (*_ALL, "transaction")
}


def select_ours(meta: Mapping[str, Any], level: Level) -> dict[str, Any]:
    """Select the metadata that says something of a lot, an item or an account."""
    known = _KNOWN[level]
    return {
        key: value
        for key, value in meta.items()
        if key in known or (key.startswith(MARK) and key not in _OF_MOVEMENTS)
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
    where = f"{'an' if level == 'Open' else 'a'} {level}"
    allowed = [key for key, row in KEYS.items() if level in row.levels]
    if name in KEYS:
        places = " or ".join(KEYS[name].levels)
        return f"{name} cannot stand on {where}; put it on: {places}"
    near = find_key(name, allowed)
    hint = f"did you mean {near}?" if near else f"known are {', '.join(allowed)}"
    if name in NAMES:
        hint = f'it is a directive: custom "{name}"'
    return f"unknown metadata {name} on {where}; {hint}"


def find_key(name: str, known: Iterable[str]) -> str | None:
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
            near = find_key(name, KEYS)
            remedy = f"did you mean {near}, below the goods?" if near else "remove it"
        elif name in {RETURN, DELIVERY}:
            remedy = "remove it"
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
        exclude=own.exclude if EXCLUDE in own.stated else given.exclude,
        expires=own.expires or given.expires,
        stated={**given.stated, **own.stated},
        meta=own.meta,
    )
