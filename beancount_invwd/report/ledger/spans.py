"""Spans of time that reports cover: months, quarters and fiscal years."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Literal

from beancount.core import data

from beancount_invwd.engine import list_own
from beancount_invwd.ground.dates import DAY, YearEnd, fiscal_year_start, period_end

if TYPE_CHECKING:
    from beancount_invwd.engine import Run

SpanLength = Literal["month", "quarter", "year"]
Span = tuple[datetime.date, datetime.date]  # first and last day, both inclusive


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
    own = list_own(run.past)
    first = next((row.date for row in own if type(row) is data.Transaction), run.as_of)
    return fiscal_year_start(first, run.policy.year_end)


def find_current_year(run: Run) -> datetime.date:
    """The first day of the fiscal year that the date of a run is in."""
    return fiscal_year_start(run.as_of, run.policy.year_end)


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
