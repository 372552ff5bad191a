"""Spans of time that reports cover: months, quarters and fiscal years."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Literal

from beancount.core import data

from beancount_invwd.engine import Asked, follow_ledger, is_generated
from beancount_invwd.ground.dates import DAY, YearEnd, add_days, fiscal_year_start, period_end

if TYPE_CHECKING:
    from beancount_invwd.engine import Run

SpanLength = Literal["month", "quarter", "year"]
_STATES = 4
Span = tuple[datetime.date, datetime.date]  # first and last day, both inclusive


def find_state(run: Run, day: datetime.date) -> Run:
    """Find the state of the ledger, under its own policy, on a date; the last ones are kept.

    What was sold or used is not noted, but for what the policy asks.
    """
    if day == run.as_of:
        return run
    states = run.share(_begin_states)
    if day not in states:
        if len(states) == _STATES:
            del states[next(iter(states))]
        asked = Asked(blocked=run.blocked, is_noted=False)
        states[day] = follow_ledger(run.entries, run.options_map, day, asked=asked)
    return states[day]


def _begin_states(_run: Run) -> dict[datetime.date, Run]:
    return {}


def split_span(
    start: datetime.date, end: datetime.date, length: SpanLength, year_end: YearEnd
) -> list[Span]:
    """Split a span into months, quarters or fiscal years; the first and last may be shorter."""
    spans = []
    while True:
        stop = min(period_end(start, length, year_end), end)
        spans.append((start, stop))
        if stop >= end:
            return spans
        start = stop + DAY


def day_before(day: datetime.date) -> datetime.date:
    """The day before; that of the first day there is, is that day."""
    return max(day, datetime.date.min + DAY) - DAY


def find_year_start(run: Run) -> datetime.date:
    """The first day of the fiscal year of the first transaction, at the latest of the date."""
    kind = data.Transaction
    days = (row.date for row in run.entries if type(row) is kind and not is_generated(row))
    return fiscal_year_start(min(next(days, run.as_of), run.as_of), run.policy.year_end)


def find_current_year(run: Run) -> datetime.date:
    """The first day of the fiscal year that the date of a run is in."""
    return fiscal_year_start(run.as_of, run.policy.year_end)


def find_comparative(run: Run, span: Span) -> Span | None:
    """Find the period that figures of another are compared with (IAS 1.38, 34.20).

    Of one that begins a fiscal year it is the fiscal year before, of any other the same days of the
    year before; None if the ledger began later.
    """
    start, end = span
    if start.year == datetime.date.min.year:
        return None
    if start == fiscal_year_start(start, run.policy.year_end):
        last = day_before(start)
        found = fiscal_year_start(last, run.policy.year_end), last
    else:
        following = add_days(end, 1)
        is_month_end = following.day == 1  # also of February
        last = _year_before(following) - DAY if is_month_end else _year_before(end)
        found = _year_before(start), last
    return found if find_year_start(run) <= found[1] else None


def _year_before(day: datetime.date) -> datetime.date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def find_unmeasured(run: Run, through: datetime.date) -> tuple[datetime.date, datetime.date] | None:
    """Find a measurement date that is left out, since the ledger ends before it.

    Args:
        run: The state of a date.
        through: The last date to look at, inclusive.

    Returns:
        The last date that may be measured, and the first one due after it; None if there is none
        up to `through`.
    """
    end, policy = run.last_test, run.policy
    if end >= through:
        return None
    due = policy.find_test_date(max(end + DAY, policy.start or end))
    return (end, due) if due <= through else None
