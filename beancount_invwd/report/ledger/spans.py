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
