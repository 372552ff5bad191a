"""Movements → what an allowance was, what moved it, and what it became, by span of time.

    opening + write-downs + write-offs + reversals + releases + transfers = closing

Increases of the allowance are positive, so that reversals and releases are negative.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.written import Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.allowance.groups import Kind
    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.spans import Span

RollBy = Literal["item", "category"]
Key = tuple[str, str, str]  # entity, currency, name of an item or category


@dataclass(frozen=True, slots=True)
class RollRow:
    """The allowance of an entity and currency (and item or category) over a period.

    Attributes:
        start: First day, inclusive.
        end: Last day, inclusive.
        commodity: The item, None unless asked for; so is the category.
    """

    entity: str
    currency: str
    commodity: str | None
    category: str | None
    start: datetime.date
    end: datetime.date
    opening: Decimal
    write_downs: Decimal = ZERO
    write_offs: Decimal = ZERO
    reversals: Decimal = ZERO
    releases: Decimal = ZERO
    transfers: Decimal = ZERO

    @property
    def losses(self) -> Decimal:
        """What was recognised as an expense."""
        return self.write_downs + self.write_offs

    @property
    def closing(self) -> Decimal:
        """Opening and all movements."""
        moved = self.write_downs + self.write_offs + self.reversals + self.releases
        return self.opening + moved + self.transfers

    @property
    def is_empty(self) -> bool:
        """Whether there was no allowance at any time."""
        fields = (self.opening, self.write_downs, self.write_offs, self.reversals, self.releases)
        return not any((*fields, self.transfers))


def sum_rows(
    run: Run, written: Sequence[Written], spans: Sequence[Span], by: RollBy | None
) -> list[RollRow]:
    """Sum movements by entity, currency and name (of `by`), then by span."""
    names = Names(run, by)
    keys: dict[Key, list[Written]] = {key: [] for key in names.list_all()}
    for movement in written:
        key = (movement.entity, movement.currency, names.find(movement.group))
        keys.setdefault(key, []).append(movement)
    rows = []
    for key, movements in sorted(keys.items()):
        opening = sum((row.change for row in movements if row.date < spans[0][0]), ZERO)
        for span in spans:
            row = _sum_row(key, movements, span, opening, by)
            opening = row.closing
            rows.append(row)
    return rows


def _sum_row(
    key: Key, movements: Sequence[Written], span: Span, opening: Decimal, by: RollBy | None
) -> RollRow:
    entity, currency, name = key
    start, end = span
    sums: Sums[Kind] = Sums()
    for row in movements:
        if start <= row.date <= end:
            sums.add(row.kind, row.change)
    return RollRow(
        entity,
        currency,
        name if by == "item" else None,
        name if by == "category" else None,
        start,
        end,
        opening,
        write_downs=sums["write-down"],
        write_offs=sums["write-off"],
        reversals=sums["reversal"],
        releases=sums["release"],
        transfers=sums["transfer"],
    )


def sum_periods(rows: Sequence[RollRow]) -> list[RollRow]:
    """Put all periods of an entity and currency together, in the order of the rows."""
    merged: dict[tuple[str, str], RollRow] = {}
    for row in rows:
        before = merged.get((row.entity, row.currency))
        merged[row.entity, row.currency] = row if before is None else _add(before, row)
    return list(merged.values())


def _add(one: RollRow, other: RollRow) -> RollRow:
    """Two periods, one after the other, as one."""
    return replace(
        one,
        end=other.end,
        write_downs=one.write_downs + other.write_downs,
        write_offs=one.write_offs + other.write_offs,
        reversals=one.reversals + other.reversals,
        releases=one.releases + other.releases,
        transfers=one.transfers + other.transfers,
    )


class Names:
    """Names of rows: of items or categories, or one for all."""

    def __init__(self, run: Run, by: RollBy | None) -> None:
        self._stocks = run.stocks
        self._categories = run.categories
        self._by = by

    def find(self, group: str) -> str:
        """The name of the row that a movement of a group belongs to."""
        if self._by is None:
            return ""
        return group if self._by == "item" else self._categories.get(group, group)

    def list_all(self) -> list[Key]:
        """Every row that there is, with or without an allowance."""
        return [(*stock.key[:2], self.find(stock.key.commodity)) for stock in self._stocks]

    def sum_lots(self) -> Sums[Key]:
        """The allowances of the lots, by row."""
        sums: Sums[Key] = Sums()
        for stock, key in zip(self._stocks, self.list_all(), strict=True):
            sums.add(key, stock.allowance)
        return sums


def key_of(row: RollRow) -> Key:
    """The entity, currency and name of a row."""
    return row.entity, row.currency, row.commodity or row.category or ""
