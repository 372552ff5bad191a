"""Movements → what an allowance was, what moved it, and what it became, by span of time.

    opening + write-downs + write-offs + reversals + releases + transfers = closing

Increases of the allowance are positive, so that reversals and releases are negative.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.bridged import CAUSES, Bridge
from beancount_invwd.report.ledger.written import Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.allowance.groups import Kind
    from beancount_invwd.engine import Run
    from beancount_invwd.movements.movement import Cause
    from beancount_invwd.report.ledger.spans import Span

RollBy = Literal["item", "category", "cause"]
Key = tuple[str, str, str]  # entity, currency, name of an item or category


@dataclass(frozen=True, slots=True)
class RollRow:
    """The allowance of an entity and currency (and item or category) over a period.

    Attributes:
        start: First day, inclusive.
        end: Last day, inclusive.
        commodity: The item, None unless asked for; so is the category.
        taken_over: What of the opening came from elsewhere in the period itself.
        causes: The same movements by what caused them, in order and if that was asked for.
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
    taken_over: Decimal = ZERO
    causes: Mapping[Cause, Decimal] = field(default_factory=Sums)

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
        return not any((*fields, self.transfers, self.taken_over))


def sum_rows(
    run: Run, written: Sequence[Written], spans: Sequence[Span], by: RollBy | None
) -> list[RollRow]:
    """Sum movements by entity, currency and name (of `by`), then by span."""
    names = Names(run, by)
    keys: dict[Key, list[Written]] = {key: [] for key in names.list_all()}
    for movement in written:
        key = (movement.entity, movement.currency, names.find(movement.group))
        keys.setdefault(key, []).append(movement)
    return [row for key, found in sorted(keys.items()) for row in _roll(run, key, found, spans, by)]


def _roll(
    run: Run, key: Key, written: Sequence[Written], spans: Sequence[Span], by: RollBy | None
) -> list[RollRow]:
    """Roll one allowance forward, from the span on in which it was taken over."""
    taken = written[: _count_taken_over(run, written)]
    first = taken[0].date if taken else spans[0][0]
    opening = sum((row.change for row in written if row.date < spans[0][0]), ZERO)
    bridge = run.share(Bridge) if by == "cause" else None
    rows: list[RollRow] = []
    for start, end in spans:
        if end < first:
            continue
        within = [row for row in written if start <= row.date <= end]
        over = [] if rows else [row for row in taken if start <= row.date <= end]
        came = sum((row.change for row in within[: len(over)]), ZERO)
        empty = _open_row(key, (start, end), opening + came, came, by)
        rows.append(_add_up(empty, within[len(over) :], bridge))
        opening = rows[-1].closing
    return rows


def _count_taken_over(run: Run, written: Sequence[Written]) -> int:
    """Count the movements, none before them, by which an allowance came from elsewhere."""
    for count, row in enumerate(written):
        is_opening = any(
            run.policy.roots.is_under(posting.account, "Equity") for posting in row.entry.postings
        )
        if row.is_generated or row.kind != "transfer" or not (row.change and is_opening):
            return count
    return len(written)


def _open_row(
    key: Key, span: Span, opening: Decimal, taken_over: Decimal, by: RollBy | None
) -> RollRow:
    entity, currency, name = key
    item, category = (name if by == one else None for one in ("item", "category"))
    return RollRow(entity, currency, item, category, *span, opening, taken_over=taken_over)


def _add_up(row: RollRow, written: Sequence[Written], bridge: Bridge | None) -> RollRow:
    """Add movements to a period."""
    sums: Sums[Kind] = Sums()
    causes: Sums[Cause] = Sums()
    for movement in written:
        sums.add(movement.kind, movement.change)
        for cause, change in bridge.part(movement).items() if bridge is not None else ():
            causes.add(cause, change)
    return replace(
        row,
        write_downs=sums["write-down"],
        write_offs=sums["write-off"],
        reversals=sums["reversal"],
        releases=sums["release"],
        transfers=sums["transfer"],
        causes={cause: causes[cause] for cause in CAUSES if causes[cause]},
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
    causes = Sums(one.causes)
    for cause, change in other.causes.items():
        causes.add(cause, change)
    return replace(
        one,
        end=other.end,
        write_downs=one.write_downs + other.write_downs,
        write_offs=one.write_offs + other.write_offs,
        reversals=one.reversals + other.reversals,
        releases=one.releases + other.releases,
        transfers=one.transfers + other.transfers,
        causes={cause: causes[cause] for cause in CAUSES if causes[cause]},
    )


class Names:
    """Names of rows: of items or categories, or one for all."""

    def __init__(self, run: Run, by: RollBy | None) -> None:
        self._stocks = run.stocks
        self._categories = run.categories
        self._by = by

    def find(self, group: str) -> str:
        """The name of the row that a movement of a group belongs to."""
        if self._by not in {"item", "category"}:
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
