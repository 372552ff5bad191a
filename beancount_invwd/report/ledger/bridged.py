"""Movements → what of an allowance each cause moved: the bridge from opening to closing.

    opening + quantity + age and expiry + demand + exchange rate + price + stated values
        + estimates changed + corrections = closing

What left or came, and with it its allowance, is quantity. What a measurement changed is told apart
by measuring again with what was known before, one cause after the other in that order
(`timeline/parting`); the sum is what was written, to the cent. Movements that are booked are told
apart by writing them once more from the ledger without them; where the books say something else,
the rule that decided is the cause of all of it, and of what was made by hand the ledger itself
("stated values").

    2024-11-30   10 MUG {10.00 USD} at 9.00: 10.00
    2024-12-31   10 more came, the price is 8.00: 40.00. Of the 30.00 more, 10.00 are of the
                 quantity (10 more at 9.00), 20.00 of the price
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.booked.claim import has_goods, is_booked
from beancount_invwd.directives.statements import Closing
from beancount_invwd.engine import Asked, follow_ledger
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.words import mark
from beancount_invwd.movements.movement import BOOKED, LESS_STOCK, Cause
from beancount_invwd.report.ledger.written import KINDS, Written

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.movements.movement import Movement

CAUSES: Mapping[Cause, str] = {
    "quantity": mark("quantity"),
    "age": mark("age and expiry"),
    "demand": mark("demand"),
    "exchange_rate": mark("exchange rate"),
    "price": mark("price"),
    "stated": mark("stated values"),
    "estimates": mark("estimates changed"),
    "corrections": mark("corrections"),
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
_CLOSED = "invwd-closed"
_MOST_CLOSINGS = 12
_Key = tuple[Any, ...]


class Bridge:
    """Tells the causes of movements.

    Args:
        run: The state of a date. Where it was not followed by cause, its ledger is followed once
            more; and where movements are booked as it was before that: before any booking, or if
            they are not found there, since the last closing before them.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        closings = {row.date for row in run.directives if isinstance(row, Closing)}
        self._closings = sorted(closings)[-_MOST_CLOSINGS:]
        self._known: dict[datetime.date | None, Mapping[_Key, Movement]] = {}

    def part(self, row: Written) -> Mapping[Cause, Decimal]:
        """What of a movement each cause is."""
        movement = self._find(row) if row.kind in _MEASURED else None
        if movement is None:
            return {find_cause(row): row.change}
        left = row.change - sum(movement.causes.values(), ZERO)
        return {**movement.causes, "corrections": left}

    def _find(self, row: Written) -> Movement | None:
        """Find a movement as it was measured; None if it was otherwise, or never was."""
        if row.is_generated:
            return self._list(datetime.date.max).get(_name(row, row.group, row.entity))
        before = [day for day in self._closings if day < row.date]
        for booked in dict.fromkeys([None, *before[-1:]]):
            found = self._list(booked).get(_name(row, row.group, row.entity))
            if found is not None:
                return found
        return None

    def _list(self, booked: datetime.date | None) -> Mapping[_Key, Movement]:
        """What is measured in the ledger as it was when it was booked up to a date."""
        if booked not in self._known:
            rows = self._run.movements
            if booked != datetime.date.max or not any(row.causes for row in rows):
                rows = self._follow(booked).movements
            self._known[booked] = {
                _name(row, row.group.name, row.group.entity): row
                for row in rows
                if not row.is_booked and row.kind in _MEASURED
            }
        return self._known[booked]

    def _follow(self, booked: datetime.date | None) -> Run:
        run, changes = self._run, None
        entries = run.entries
        if booked != datetime.date.max:
            entries = [entry for entry in entries if not _is_later(entry, booked)]
            changes = {"until": str(min(run.last_test, run.as_of))}
        return follow_ledger(entries, run.options_map, run.as_of, changes, Asked(by_cause=True))


def _name(row: Written | Movement, group: str, entity: str) -> _Key:
    currency = row.currency if isinstance(row, Written) else row.group.currency
    return row.date, row.kind, group, entity, currency, row.change


def _is_later(entry: Any, booked: datetime.date | None) -> bool:
    """Whether an entry is of what was booked of the plugin later, or closes that."""
    if booked is not None and entry.date <= booked:
        return False
    if type(entry) is data.Custom:
        return bool(entry.type == _CLOSED)
    is_ours = type(entry) is data.Transaction and is_booked(entry)
    return is_ours and entry.meta.get("invwd") in KINDS and not has_goods(entry)


def find_cause(row: Written) -> Cause:
    """Find the cause of a movement by its kind and reason."""
    if row.kind not in _MEASURED:
        return "corrections" if row.reason == BOOKED else "quantity"
    return _OF_REASONS.get(row.reason, "stated")
