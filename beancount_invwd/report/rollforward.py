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
from operator import attrgetter
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import CONTEXT, ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.bridged import CAUSES
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.ordered import (
    ROLL_COLUMNS,
    OrderRoll,
    list_apart,
    roll_orders,
)
from beancount_invwd.report.ledger.rolled import Names, RollBy, RollRow, key_of, sum_rows
from beancount_invwd.report.ledger.spans import (
    day_before,
    find_comparative,
    find_state,
    find_year_start,
    split_span,
)
from beancount_invwd.report.ledger.tie_out import has_waiting, tell_cost, tie_cost, tie_out
from beancount_invwd.report.ledger.written import Written
from beancount_invwd.report.output.columns import (
    ACCOUNT,
    CATEGORY,
    COST_TIES,
    CURRENCY,
    ENTITY,
    ITEM,
    Column,
)
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.movements.movement import Cause
    from beancount_invwd.report.ledger.rolled import Key
    from beancount_invwd.report.ledger.spans import Span, SpanLength
    from beancount_invwd.report.ledger.tie_out import CostTie, TieOut

_SPAN = (
    Column("from", "from", "date", page="Period", get=attrgetter("start")),
    Column("to", "to", "date", get=attrgetter("end")),
    Column("opening", "opening", "money"),
)
_CLOSING = Column("closing", "closing", "money")
COLUMNS = (
    ENTITY,
    CURRENCY,
    ITEM,
    CATEGORY,
    *_SPAN,
    Column("write_downs", "write-downs", "change"),
    Column("write_offs", "write-offs", "change"),
    Column("reversals", "reversals", "change"),
    Column("releases", "releases", "change"),
    Column("transfers", "transfers", "change"),
    _CLOSING,
)


def _name_cause(key: Cause, title: str) -> Column:
    return Column(key, title, "change", in_text="rare", get=lambda row: row.causes.get(key, ZERO))


CAUSE_COLUMNS = (
    ENTITY,
    CURRENCY,
    *_SPAN,
    *(_name_cause(key, title) for key, title in CAUSES.items()),
    _CLOSING,
)
"""Those of the bridge: in place of what movements are, what caused them."""
_TIES = (
    ACCOUNT,
    CURRENCY,
    Column("written", "movements", "money"),
    Column("ledger", "ledger", "money"),
    Column("lots", "lots", "money"),
)
_LEFT_OUT = {"item": {CATEGORY}, "category": {ITEM}}


class NotTestedSo(Exception):  # noqa: N818 (a state of the policy, with the way out)
    """Movements cannot be told apart in the way that was asked for; the text says why."""


@dataclass(frozen=True, slots=True)
class Rollforward:
    """Rows by entity, currency and name, then by period; and what ties them to the ledger.

    Attributes:
        ties: The allowance accounts at the end.
        costs: The inventory accounts at the end.
        ordered: The liabilities for what is ordered, item by item.
        is_part: Whether only some movements were asked for, so that nothing ties to the ledger.
    """

    end: datetime.date
    rows: Sequence[RollRow]
    ties: Sequence[TieOut]
    costs: Sequence[CostTie] = ()
    is_part: bool = False
    ordered: Sequence[OrderRoll] = ()

    @property
    def is_tied(self) -> bool:
        """Whether closing allowance and cost are what the ledger and the lots say."""
        return all(tie.is_tied for tie in self.ties) and not any(
            tie.difference for tie in self.costs
        )


def roll_forward(
    run: Run,
    length: SpanLength = "year",
    by: RollBy | None = None,
    start: datetime.date | None = None,
) -> Rollforward:
    """Roll the allowance forward, up to the date of an assessment.

    Args:
        run: The state at the end.
        length: What a row covers; years and quarters are those of the fiscal year.
        by: Rows by item or category, or with the causes of movements; None is by entity and
            currency alone.
        start: The first day, inclusive; None is the first fiscal year of the ledger.

    Raises:
        NotTestedSo: `by` is finer than the unit of account of the policy.
    """
    policy = run.policy
    _check_basis(policy.basis, by)
    with localcontext(CONTEXT):
        written = read_history(run).written
        spans = split_span(start or find_year_start(run), run.as_of, length, policy.year_end)
        rows = sum_rows(run, written, spans, by)
        ordered = roll_orders(run, spans)
        result = Rollforward(
            run.as_of, _leave_out(rows), tie_out(run), tie_cost(run), ordered=ordered
        )
        if by is None or by == "cause":
            return result
        if result.is_tied:
            rows = _move_between_names(run, rows, by)
        return replace(result, rows=[row for row in rows if not row.is_empty])


def roll_some(
    run: Run,
    written: Sequence[Written],
    length: SpanLength,
    start: datetime.date,
    by: RollBy | None = None,
) -> Rollforward:
    """Roll forward what some movements add up to.

    Args:
        run: The state at the end.
        written: The movements.
        length: What a row covers.
        start: The first day, inclusive.
        by: Rows by item or category; None is by entity and currency alone.
    """
    with localcontext(CONTEXT):
        spans = split_span(start, run.as_of, length, run.policy.year_end)
        rows = sum_rows(run, written, spans, by)
        if by in {"item", "category"}:
            rows = [row for row in rows if not row.is_empty]
        return Rollforward(run.as_of, _leave_out(rows), (), is_part=True)


def _leave_out(rows: list[RollRow]) -> list[RollRow]:
    """Leave out entities and currencies without an allowance at any time, unless none had one."""
    used = {key_of(row) for row in rows if not row.is_empty}
    return [row for row in rows if key_of(row) in used or not used]


def roll_beside(
    run: Run,
    span: Span,
    by: RollBy | None = None,
    written: Sequence[Written] | None = None,
) -> Sequence[RollRow]:
    """Roll a period forward, and below each row the period that it is compared with (IAS 1.38).

    Args:
        run: The state at the end of the period.
        span: Its first and last day, inclusive.
        by: Rows by item or category, or with the causes of movements.
        written: The movements, if only some are asked for.

    Returns:
        Nothing, if the ledger began later.
    """
    before = find_comparative(run, span)
    if before is None:
        return []
    with localcontext(CONTEXT):
        moved = read_history(run).written if written is None else written
        rows = [row for each in (before, span) for row in sum_rows(run, moved, [each], by)]
        if by == "item" or by == "category":  # noqa: PLR1714 (mypy)
            is_whole = written is None and all(tie.is_tied for tie in tie_out(run))
            rows = _move_between_names(run, rows, by) if is_whole else rows
            rows = [row for row in rows if not row.is_empty]
    return sorted(_leave_out(rows), key=lambda row: (key_of(row), -row.start.toordinal()))


def list_ways(run: Run) -> list[RollBy]:
    """List what movements can be told apart by, as the policy tests goods."""
    ways: dict[str, list[RollBy]] = {"total": [], "category": ["category"]}
    return ways.get(run.policy.basis, ["item", "category"])


def _check_basis(basis: str, by: RollBy | None) -> None:
    if basis == "total" and by in {"item", "category"}:
        raise NotTestedSo(
            say("the ledger tests all inventory as one (basis total): leave --by out")
        )
    if basis == "category" and by == "item":
        raise NotTestedSo(
            say(
                "the ledger tests each category as one (basis category), so that movements are "
                "not of items: use --by category"
            )
        )


def _move_between_names(run: Run, rows: list[RollRow], by: RollBy) -> list[RollRow]:
    """Show as transfers what production moved from one item or category to another.

    Within one allowance account the ledger has no transaction for it: the lots alone know.
    """
    last = Sums({key_of(row): row.closing for row in rows})
    if Names(run, by).sum_lots().without_zeros() == last.without_zeros():
        return rows
    days = {day for row in rows for day in (day_before(row.start), row.end)} | {run.as_of}
    states = {day: find_state(run, day) for day in sorted(days)}
    if any(map(has_waiting, states.values())):
        return rows
    lots = {day: Names(state, by).sum_lots() for day, state in states.items()}
    return [_rebase(row, lots) for row in rows]


def _rebase(row: RollRow, lots: Mapping[datetime.date, Mapping[Key, Decimal]]) -> RollRow:
    opening = lots[day_before(row.start)].get(key_of(row), ZERO) + row.taken_over
    closing = lots[row.end].get(key_of(row), ZERO)
    moved = replace(row, opening=opening)
    return replace(moved, transfers=moved.transfers + closing - moved.closing)


def document_rollforward(rolled: Rollforward, by: RollBy | None = None) -> Document:
    """The roll-forward, and whether it ties to the ledger."""
    left_out = _LEFT_OUT.get(by or "", {ITEM, CATEGORY})
    columns = [column for column in COLUMNS if column not in left_out]
    if by == "cause":
        columns = [*CAUSE_COLUMNS]
    wrong = [_tell_tie(tie) for tie in rolled.ties if not tie.is_tied]
    wrong += [tell_cost(tie) for tie in rolled.costs if tie.difference]
    tied = say(
        "The closing allowance is the balance of the allowance accounts on {end}, and the cost of "
        "the lots that of the inventory accounts.",
        end=rolled.end,
    )
    parts = [tell_cost(tie) for tie in rolled.costs if tie.money or tie.excluded]
    return Document(
        say("Allowance for inventory"),
        {},
        [
            Table("periods", columns, rolled.rows, empty=say("There was no inventory.")),
            *list_apart("commitments", ROLL_COLUMNS, rolled.ordered),
            Table("accounts", _TIES, rolled.ties, "extra"),
            Table("cost", COST_TIES, rolled.costs, "extra"),
        ],
        notes=[] if wrong or rolled.is_part else [tied, *parts],
        warnings=wrong,
    )


def _tell_tie(tie: TieOut) -> str:
    return say(
        "{account} does not tie out: {written:f} {currency} by movements, {ledger:f} {currency} "
        "by the balance of the ledger, {lots:f} {currency} by the lots",
        account=tie.account,
        written=tie.written,
        currency=tie.currency,
        ledger=tie.ledger,
        lots=tie.lots,
    )
