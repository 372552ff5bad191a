"""Movements as written → the roll-forward of the allowance, tied to the ledger.

    opening + write-downs + write-offs + reversals + releases + transfers = closing

Increases of the allowance are positive, so that reversals and releases are negative. The rows are
sums of the ledger's own transactions; at the end they are held against the balances of the
allowance accounts and against the allowances of the lots.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Literal

from beancount_invwd.ground.money import CONTEXT, ZERO
from beancount_invwd.ground.shares import drop_zeros
from beancount_invwd.report.ledger.spans import day_before, find_year_start, split_span
from beancount_invwd.report.ledger.written import Written, list_written
from beancount_invwd.report.positions import tie_out
from beancount_invwd.report.state import Assessment, assess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_invwd.allowance.groups import Kind
    from beancount_invwd.report.ledger.spans import Span, SpanLength

RollBy = Literal["item", "category"]
_Key = tuple[str, str, str]  # entity, currency, name of an item or category


class NotTestedSo(Exception):  # noqa: N818 (a state of the policy, with the way out)
    """Movements cannot be told apart in the way that was asked for; the text says why."""


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
    def closing(self) -> Decimal:
        """Opening and all movements."""
        moved = self.write_downs + self.write_offs + self.reversals + self.releases
        return self.opening + moved + self.transfers

    @property
    def is_empty(self) -> bool:
        """Whether there was no allowance at any time."""
        fields = (self.opening, self.write_downs, self.write_offs, self.reversals, self.releases)
        return not any((*fields, self.transfers))


@dataclass(frozen=True, slots=True)
class RollTie:
    """An allowance account at the end, in three ways that must give the same.

    Attributes:
        written: The sum of the movements.
        ledger: The balance of the account with its sign changed.
        lots: The allowances of the lots that post to it.
    """

    account: str
    currency: str
    written: Decimal
    ledger: Decimal
    lots: Decimal

    @property
    def is_tied(self) -> bool:
        """Whether all three are the same."""
        return self.written == self.ledger == self.lots


@dataclass(frozen=True, slots=True)
class Rollforward:
    """Rows by entity, currency and name, then by period; and what ties them to the ledger.

    Attributes:
        is_part: Whether only some movements were asked for, so that nothing ties to the ledger.
    """

    end: datetime.date
    rows: Sequence[RollRow]
    ties: Sequence[RollTie]
    is_part: bool = False

    @property
    def is_tied(self) -> bool:
        """Whether the closing allowance is what the ledger and the lots say."""
        return all(tie.is_tied for tie in self.ties)


def roll_forward(
    assessment: Assessment,
    entries: Sequence[Any],
    length: SpanLength = "year",
    by: RollBy | None = None,
    start: datetime.date | None = None,
) -> Rollforward:
    """Roll the allowance forward, up to the date of an assessment.

    Args:
        assessment: The state at the end.
        entries: All entries as loaded, those that the plugin generated among them.
        length: What a row covers; years and quarters are those of the fiscal year.
        by: Rows by item or category; None is by entity and currency alone.
        start: The first day, inclusive; None is the first fiscal year of the ledger.

    Raises:
        NotTestedSo: `by` is finer than the unit of account of the policy.
    """
    policy = assessment.policy
    if policy is None:
        return Rollforward(assessment.as_of, (), ())
    _check_basis(policy.basis, by)
    with localcontext(CONTEXT):
        written = list_written(assessment, entries)
        start = start or find_year_start(entries, assessment.as_of, policy.year_end)
        spans = split_span(start, assessment.as_of, length, policy.year_end)
        rows = _sum_rows(assessment, written, spans, by)
        result = Rollforward(assessment.as_of, rows, _tie(assessment, entries, written))
        if by is None:
            return result
        if result.is_tied:
            rows = _move_between_names(assessment, entries, rows, by)
        return replace(result, rows=[row for row in rows if not row.is_empty])


def roll_some(
    assessment: Assessment,
    written: Sequence[Written],
    length: SpanLength,
    start: datetime.date,
) -> Rollforward:
    """Roll forward what some movements add up to, by entity and currency.

    Args:
        assessment: The state at the end.
        written: The movements; `list_written` gives all.
        length: What a row covers.
        start: The first day, inclusive.
    """
    policy = assessment.policy
    if policy is None:
        return Rollforward(assessment.as_of, (), (), is_part=True)
    with localcontext(CONTEXT):
        spans = split_span(start, assessment.as_of, length, policy.year_end)
        rows = _sum_rows(assessment, written, spans, None)
        return Rollforward(assessment.as_of, rows, (), is_part=True)


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


def _check_basis(basis: str, by: RollBy | None) -> None:
    if basis == "total" and by is not None:
        raise NotTestedSo("the ledger tests all inventory as one (basis total): leave --by out")
    if basis == "category" and by == "item":
        raise NotTestedSo(
            "the ledger tests each category as one (basis category), so that movements are not "
            "of items: use --by category"
        )


def _sum_rows(
    assessment: Assessment, written: Sequence[Written], spans: Sequence[Span], by: RollBy | None
) -> list[RollRow]:
    names = _Names(assessment, by)
    keys: dict[_Key, list[Written]] = {key: [] for key in names.list_all()}
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
    key: _Key, movements: Sequence[Written], span: Span, opening: Decimal, by: RollBy | None
) -> RollRow:
    entity, currency, name = key
    start, end = span
    sums: dict[Kind, Decimal] = {}
    for row in movements:
        if start <= row.date <= end:
            sums[row.kind] = sums.get(row.kind, ZERO) + row.change
    return RollRow(
        entity,
        currency,
        name if by == "item" else None,
        name if by == "category" else None,
        start,
        end,
        opening,
        write_downs=sums.get("write-down", ZERO),
        write_offs=sums.get("write-off", ZERO),
        reversals=sums.get("reversal", ZERO),
        releases=sums.get("release", ZERO),
        transfers=sums.get("transfer", ZERO),
    )


class _Names:
    """Names of rows: of items or categories, or one for all."""

    def __init__(self, assessment: Assessment, by: RollBy | None) -> None:
        self._stocks = assessment.stocks
        self._categories = {stock.key.commodity: stock.category for stock in self._stocks}
        self._by = by

    def find(self, group: str) -> str:
        """The name of the row that a movement of a group belongs to."""
        if self._by is None:
            return ""
        return group if self._by == "item" else self._categories.get(group, group)

    def list_all(self) -> list[_Key]:
        """Every row that there is, with or without an allowance."""
        return [(*stock.key[:2], self.find(stock.key.commodity)) for stock in self._stocks]

    def sum_lots(self) -> dict[_Key, Decimal]:
        """The allowances of the lots, by row."""
        sums: dict[_Key, Decimal] = {}
        for stock, key in zip(self._stocks, self.list_all(), strict=True):
            sums[key] = sums.get(key, ZERO) + stock.allowance
        return sums


def _tie(
    assessment: Assessment, entries: Sequence[Any], written: Sequence[Written]
) -> list[RollTie]:
    """Hold the movements against the ledger and the lots, account by account."""
    sums: dict[tuple[str, str], Decimal] = {}
    for row in written:
        for account, change in row.changes.items():
            key = (account, row.currency)
            sums[key] = sums.get(key, ZERO) + change
    found = {(row.account, row.currency): row for row in tie_out(assessment, entries, list(sums))}
    return [
        RollTie(*key, sums.get(key, ZERO), row.ledger, row.lots)
        for key, row in sorted(found.items())
    ]


def _move_between_names(
    assessment: Assessment, entries: Sequence[Any], rows: list[RollRow], by: RollBy
) -> list[RollRow]:
    """Show as transfers what production moved from one item or category to another.

    Within one allowance account the ledger has no transaction for it: the lots alone know.
    """
    last = {_key_of(row): row.closing for row in rows}
    if drop_zeros(_Names(assessment, by).sum_lots()) == drop_zeros(last):
        return rows
    days = {day_before(row.start) for row in rows}
    states = {day: assess(entries, assessment.options_map, day) for day in sorted(days)}
    states[assessment.as_of] = assessment
    if any(state.has_waiting for state in states.values()):
        return rows
    lots = {day: _Names(state, by).sum_lots() for day, state in states.items()}
    return [_rebase(row, lots) for row in rows]


def _rebase(row: RollRow, lots: Mapping[datetime.date, Mapping[_Key, Decimal]]) -> RollRow:
    opening = lots[day_before(row.start)].get(_key_of(row), ZERO)
    closing = lots[row.end].get(_key_of(row), ZERO)
    moved = replace(row, opening=opening)
    return replace(moved, transfers=moved.transfers + closing - moved.closing)


def _key_of(row: RollRow) -> _Key:
    return row.entity, row.currency, row.commodity or row.category or ""
