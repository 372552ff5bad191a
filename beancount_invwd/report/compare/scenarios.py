"""Text → scenarios: `standard=hgb,basis=lot` sets keys, `price=-10%` scales prices.

`replacement=+15%` scales what goods cost to buy again; a name may stand first: `Soft: basis=lot`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from beancount_invwd.ground.errors import find_near
from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.ground.words import say

PRICE = "price"
REPLACEMENT = "replacement"
_SCALES = (PRICE, REPLACEMENT)


class BadScenario(Exception):  # noqa: N818 (what was asked for is wrong)
    """A scenario that cannot be read or that the configuration refuses; the text says why."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A policy to compare with.

    Attributes:
        name: What heads its column: the name it was given, else what the user wrote.
        changes: Keys of the configuration and their values.
        price_change: By what share item prices change; -0.10 is ten per cent less.
        replacement_change: By what share replacement costs change.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    price_change: Decimal = ZERO
    replacement_change: Decimal = ZERO


def read_scenario(text: str) -> Scenario:
    """Read `standard=hgb,basis=lot` or `price=-10%`.

    Raises:
        BadScenario: It has another form.
    """
    changes: dict[str, Any] = {}
    scaled: dict[str, Decimal] = {}
    name, sign, settings = text.partition(":")
    if not sign or "=" in name or not name.strip():  # a colon of a value
        name, settings = text, text
    for part in _split_settings(settings):
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not key or not value:
            raise BadScenario(
                say("{text!r} is no setting; write standard=hgb or price=-10%", text=part.strip())
            )
        if key in changes or key in scaled:
            raise BadScenario(say("{key!r} is given twice", key=key))
        if key in _SCALES:
            scaled[key] = _read_change(key, value)
        elif near := find_near(key, _SCALES):
            raise BadScenario(
                say("unknown key {key!r}; did you mean {near!r}?", key=key, near=near)
            )
        else:
            changes[key] = _read_value(value)
    return Scenario(name.strip(), changes, scaled.get(PRICE, ZERO), scaled.get(REPLACEMENT, ZERO))


def _split_settings(text: str) -> list[str]:
    """Split at commas that are in no brackets or quotes."""
    parts, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth <= 0:
            parts.append("")
            continue
        parts[-1] += char
    return parts


def _read_change(key: str, value: str) -> Decimal:
    digits = value.removesuffix("%").lstrip("+-")
    is_number = digits.replace(".", "", 1).isdigit() and digits.isascii()
    if not value.endswith("%") or not is_number or len(value) > len(digits) + 2:
        raise BadScenario(
            say("{key}={value} is no change; write {key}=-10% or {key}=+5%", key=key, value=value)
        )
    change = Decimal(value.removesuffix("%")) / 100
    if change < -ONE:
        raise BadScenario(
            say("{key}={value}: nothing can fall by more than 100%", key=key, value=value)
        )
    return change


def _read_value(value: str) -> Any:
    """A Python literal as in the configuration, else the text itself: hgb, 8%, 2024-01-31."""
    try:
        return ast.literal_eval(value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return value
