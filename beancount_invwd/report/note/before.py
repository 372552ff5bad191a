"""Classes of inventories (IAS 2.36 (b)), each beside what it was a year before (IAS 1.38)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import ZERO
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.ledger.spans import find_comparative, find_state
from beancount_invwd.report.ledger.year_end import sum_carrying

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.spans import Span
    from beancount_invwd.report.ledger.year_end import YearEnd


class Before(NamedTuple):
    """The period that figures of another are compared with, and the state at the end of that."""

    span: Span
    now: Run

    @property
    def run(self) -> Run:
        """The state at the end of the period."""
        return find_state(self.now, self.span[1])

    @property
    def carrying(self) -> Mapping[tuple[str, str, str], Decimal]:
        """What goods were carried at then, by entity, currency and category."""
        answer: YearEnd | None = self.now.recall(self.span[1])
        return sum_carrying(self.run) if answer is None else answer.carrying


def find_before(run: Run, span: Span) -> Before | None:
    """Find what figures of a period are compared with; None if the ledger began later."""
    found = find_comparative(run, span)
    if found is None:
        return None
    return Before(found, run)


@dataclass(frozen=True, slots=True)
class Class:
    """Goods of a category, or all.

    Attributes:
        category: None for all.
        before: What they were carried at a year before; nil without one.
        is_lacking: Whether not all of them could be assessed.
    """

    entity: str
    currency: str
    category: str | None
    cost: Decimal = ZERO
    allowance: Decimal = ZERO
    before: Decimal = ZERO
    is_lacking: bool = False

    @property
    def carrying(self) -> Decimal:
        """Cost less allowance."""
        return self.cost - self.allowance


def list_classes(run: Run, before: Before | None) -> list[Class]:
    """List what is on hand, or was a year before, by entity, currency and category."""
    found: list[Class] = []
    for row in list_positions(run, by="category"):
        place = row.entity, row.currency, row.category or ""
        lacks = row.measure is None
        found.append(Class(*place, row.cost, row.allowance, is_lacking=lacks))
    for key, carrying in before.carrying.items() if before is not None else ():
        found.append(Class(*key, before=carrying))
    return _sum(found, lambda row: row.category)


def sum_classes(rows: Sequence[Class]) -> list[Class]:
    """Add classes up by entity and currency."""
    return _sum(rows, lambda _: None)


def _sum(rows: Sequence[Class], name: Callable[[Class], str | None]) -> list[Class]:
    groups: dict[tuple[str, str, str | None], list[Class]] = {}
    for row in rows:
        groups.setdefault((row.entity, row.currency, name(row)), []).append(row)
    return [
        Class(
            *key,
            sum((row.cost for row in found), ZERO),
            sum((row.allowance for row in found), ZERO),
            sum((row.before for row in found), ZERO),
            any(row.is_lacking for row in found),
        )
        for key, found in sorted(groups.items(), key=lambda pair: (*pair[0][:2], pair[0][2] or ""))
    ]
