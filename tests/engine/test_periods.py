"""Period ends."""

from __future__ import annotations

import datetime

import pytest

from beancount_invwd.ground.dates import YearEnd, add_days, fiscal_year_end, period_end

DECEMBER = YearEnd(12, 31)
JUNE = YearEnd(6, 30)
FEBRUARY = YearEnd(2, 28)
APRIL = YearEnd(4, 5)


@pytest.mark.parametrize(
    ("day", "period", "year_end", "end"),
    [
        ("2024-02-01", "month", DECEMBER, "2024-02-29"),
        ("2024-02-29", "month", DECEMBER, "2024-02-29"),
        ("2024-12-31", "month", DECEMBER, "2024-12-31"),
        ("2024-01-15", "quarter", DECEMBER, "2024-03-31"),
        ("2024-12-31", "quarter", DECEMBER, "2024-12-31"),
        ("2024-11-02", "quarter", FEBRUARY, "2024-11-30"),
        ("2024-12-01", "quarter", FEBRUARY, "2025-02-28"),
        ("2023-03-01", "year", FEBRUARY, "2024-02-29"),
        ("2024-07-01", "year", JUNE, "2025-06-30"),
        ("2024-06-30", "year", JUNE, "2024-06-30"),
        ("2024-04-06", "year", APRIL, "2025-04-05"),
        ("9999-12-31", "month", DECEMBER, "9999-12-31"),
        ("9999-12-01", "quarter", FEBRUARY, "9999-12-31"),
        ("9999-07-01", "year", JUNE, "9999-12-31"),
    ],
)
def test_the_period_end_is_on_or_after_the_day(
    day: str, period: str, year_end: YearEnd, end: str
) -> None:
    found = period_end(datetime.date.fromisoformat(day), period, year_end)
    assert found == datetime.date.fromisoformat(end)


def test_fiscal_years_end_once_a_year() -> None:
    day = datetime.date(2024, 4, 5)
    assert fiscal_year_end(day, APRIL) == day
    assert fiscal_year_end(day + datetime.timedelta(1), APRIL) == datetime.date(2025, 4, 5)


def test_dates_stop_at_the_last_one() -> None:
    assert add_days(datetime.date(9999, 12, 1), 365) == datetime.date.max
