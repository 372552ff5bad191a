"""Dated estimates (ACCOUNTING section 4, IAS 8.32): what `invwd-policy` sets from its date on.

key, place, day -> the values that were set so far, the newest last.

Example:
    `2025-01-01 custom "invwd-policy" "selling_cost" "8%" "MUG"`: 8% for MUG from 2025 on, whatever
    its Commodity directive says; a lot's own metadata is more specific still.
"""

from __future__ import annotations

import ast
from datetime import date
from typing import Any

from beancount.core import data

from tests.support.rules.goods import Books


def find_estimates(books: Books, key: str, place: str | None, day: date) -> list[Any]:
    """Return what was set for an item, an account or (None) the policy, up to a day."""
    found: list[Any] = []
    for entry in books.entries:
        if isinstance(entry, data.Custom) and entry.type == "invwd-policy" and entry.date <= day:
            name, value, *places = (given.value for given in entry.values)
            if (name, places) == (key, [place] if place else []):
                found.append(read_value(value))
    return found


def read_value(value: Any) -> Any:
    """Read a value: bare, as in metadata, or the literal of the plugin line in quotes."""
    try:
        return ast.literal_eval(value) if isinstance(value, str) else value
    except (SyntaxError, ValueError):
        return value


def of_policy(books: Books, key: str, day: date) -> Any:
    """Return a parameter of the plugin line, or the estimate of a day in its place."""
    estimates = find_estimates(books, key, None, day)
    if estimates:
        return estimates[-1]
    if key == "price_max_age":
        return books.policy.config.get(key, 365)
    return books.policy.measure if key == "measure" else books.policy.config.get(key)
