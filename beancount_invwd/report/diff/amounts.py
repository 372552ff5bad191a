"""Two runs → the amounts that differ: movements, what is carried on the date, fiscal years.

    2024-01-31 WIDGET write-down to Expenses:Inventory:Write-Down   old 250.00   new 200.00   -50.00

Both versions are followed to the same date. Increases of the allowance, and of the liability for
what is ordered, are positive.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.ledger.ordered import roll_orders
from beancount_invwd.report.ledger.rolled import sum_rows
from beancount_invwd.report.ledger.spans import find_year_start, split_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.ordered import OrderRoll
    from beancount_invwd.report.ledger.rolled import RollRow
    from beancount_invwd.report.ledger.spans import Span

FIGURES = ("write_downs", "write_offs", "reversals", "releases", "transfers", "closing")
ORDERED: Mapping[str, str] = {
    "losses": "losses_on_orders",
    "recoveries": "recoveries_on_orders",
    "deliveries": "orders_to_goods",
    "closing": "liability_for_orders",
}
"""Figures of the roll-forward of what is ordered, and what they are called here."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An amount of the old version and of the new one, 0 where there is none."""

    old: Decimal
    new: Decimal

    @property
    def difference(self) -> Decimal:
        """What the new version has more."""
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Moved(Pair):
    """What movements of a day, a group, a kind and an account of the income statement differ by.

    Attributes:
        commodity: The group: an item, a category, or `total`.
        charged: The accounts that take the other side.
        closed: The last day of the closed periods of the new version if this is in one of them.
    """

    date: datetime.date
    entity: str
    currency: str
    commodity: str
    kind: str
    charged: str
    closed: datetime.date | None


@dataclass(frozen=True, slots=True)
class Held(Pair):
    """The allowance of an item in an account on the date, or the liability for what is ordered."""

    entity: str
    currency: str
    account: str
    commodity: str


@dataclass(frozen=True, slots=True)
class Disclosed(Pair):
    """A figure of the roll-forward of a fiscal year."""

    entity: str
    currency: str
    start: datetime.date
    end: datetime.date
    figure: str


def list_moved(old: Run, new: Run) -> list[Moved]:
    """List the movements that differ, by date."""
    rows = []
    for key, pair in _pair(_sum_moved(old), _sum_moved(new)):
        is_closed = new.closed is not None and key[0] <= new.closed
        rows.append(Moved(*(*pair, *key, new.closed if is_closed else None)))
    return rows


def _sum_moved(run: Run) -> Sums[tuple[datetime.date, str, str, str, str, str]]:
    sums: Sums[tuple[datetime.date, str, str, str, str, str]] = Sums()
    history = read_history(run)
    for row in (*history.written, *history.ordered):
        others = {posting.account for posting in row.entry.postings} - row.changes.keys()
        charged = ", ".join(sorted(name for name in others if run.account(name) is None))
        sums.add((row.date, row.entity, row.currency, row.group, row.kind, charged), row.change)
    return sums


def list_held(old: Run, new: Run) -> list[Held]:
    """List the allowances and liabilities that differ on the date, by item."""
    return [Held(*pair, *key) for key, pair in _pair(_sum_held(old), _sum_held(new))]


def _sum_held(run: Run) -> Sums[tuple[str, str, str, str]]:
    sums: Sums[tuple[str, str, str, str]] = Sums()
    for row in list_positions(run, "lot"):
        key = (row.entity, row.currency, row.account or "", row.commodity or "")
        sums.add(key, row.allowance)
    for movement in read_history(run).ordered:
        for account, change in movement.changes.items():
            sums.add((movement.entity, movement.currency, account, movement.group), change)
    return sums


def list_disclosed(old: Run, new: Run) -> list[Disclosed]:
    """List the figures of fiscal years that differ."""
    start = min(find_year_start(old), find_year_start(new))
    spans = split_span(start, new.as_of, "year", new.policy.year_end)
    found = _pair(_sum_disclosed(old, spans), _sum_disclosed(new, spans))
    order = {figure: number for number, figure in enumerate((*FIGURES, *ORDERED.values()))}
    rows = [Disclosed(*pair, *key) for key, pair in found]
    return sorted(rows, key=lambda row: (row.entity, row.currency, row.start, order[row.figure]))


def _sum_disclosed(
    run: Run, spans: list[Span]
) -> Sums[tuple[str, str, datetime.date, datetime.date, str]]:
    sums: Sums[tuple[str, str, datetime.date, datetime.date, str]] = Sums()
    for row in sum_rows(run, read_history(run).written, spans, None):
        for figure in FIGURES:
            sums.add((row.entity, row.currency, row.start, row.end, figure), _take(row, figure))
    for order in roll_orders(run, spans):
        for name, figure in ORDERED.items():
            key = (order.entity, order.currency, order.start, order.end, figure)
            sums.add(key, _take(order, name))
    return sums


def _take(row: RollRow | OrderRoll, figure: str) -> Decimal:
    amount: Decimal = getattr(row, figure)
    return amount


def _pair(
    old: Mapping[Any, Decimal], new: Mapping[Any, Decimal]
) -> Iterator[tuple[Any, tuple[Decimal, Decimal]]]:
    """The keys whose amounts differ, sorted, with both amounts."""
    for key in sorted({*old, *new}):
        pair = (old.get(key, ZERO), new.get(key, ZERO))
        if pair[0] != pair[1]:
            yield key, pair
