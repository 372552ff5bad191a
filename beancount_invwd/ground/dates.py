"""Period ends: the dates on which lots are tested.

With a fiscal year that ends on 30 June, quarters end on 30 September, 31 December, 31 March and
30 June. `02-28` is the end of February, in leap years the 29th.
"""

from __future__ import annotations

import datetime
import re
from calendar import monthrange
from functools import lru_cache
from typing import Any

from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.records import NamedTuple

DAY = datetime.timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3}
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


class YearEnd(NamedTuple):
    """The day on which fiscal years end."""

    month: int
    day: int

    @property
    def is_month_end(self) -> bool:
        """Whether the fiscal year ends with a month, so that it has quarters."""
        return self.day >= (28 if self.month == 2 else monthrange(2001, self.month)[1])  # noqa: PLR2004

    def in_year(self, year: int) -> datetime.date:
        """The end of the fiscal year that ends in calendar year `year`."""
        if self.is_month_end:
            return month_end(year, self.month)
        return datetime.date(year, self.month, self.day)


def month_end(year: int, month: int) -> datetime.date:
    """The last day of a month."""
    return datetime.date(year, month, monthrange(year, month)[1])


def fiscal_year_end(day: datetime.date, year_end: YearEnd) -> datetime.date:
    """The end of the fiscal year that `day` is in (at most 9999-12-31)."""
    end = year_end.in_year(day.year)
    if end >= day:
        return end
    return datetime.date.max if day.year == datetime.MAXYEAR else year_end.in_year(day.year + 1)


def fiscal_year_start(day: datetime.date, year_end: YearEnd) -> datetime.date:
    """The first day of the fiscal year that `day` is in (at least 0001-01-01)."""
    this = year_end.in_year(day.year)
    if this < day:
        return this + DAY
    if day.year == datetime.MINYEAR:
        return datetime.date.min
    return year_end.in_year(day.year - 1) + DAY


def period_end(day: datetime.date, period: str, year_end: YearEnd) -> datetime.date:
    """The end of the month, quarter or year that `day` is in (at most 9999-12-31)."""
    if period == "year":
        return fiscal_year_end(day, year_end)
    step = _MONTHS[period]
    months = day.year * 12 + day.month - 1
    months += (year_end.month - day.month) % step
    if months >= (datetime.MAXYEAR + 1) * 12:
        return datetime.date.max
    return month_end(months // 12, months % 12 + 1)


_span = lru_cache(maxsize=1024)(datetime.timedelta)  # which takes longer to make than to find


def add_days(day: datetime.date, days: int) -> datetime.date:
    """Add days, or take them off, at most up to the last date there is, or the first."""
    try:
        return day + _span(days)
    except OverflowError:
        return datetime.date.max if days > 0 else datetime.date.min


def earlier(one: datetime.date | None, other: datetime.date | None) -> datetime.date | None:
    """The earlier of two dates, where None is never."""
    if one is None or other is None:
        return one or other
    return min(one, other)


def parse_date(value: Any) -> datetime.date:
    """Parse `'2024-01-31'`."""
    try:
        if isinstance(value, str) and re.fullmatch(_DATE, value):
            return datetime.date.fromisoformat(value)
    except ValueError:
        pass
    raise RuleError("a date such as '2024-01-31'")
