"""Idle goods and days of supply (ACCOUNTING section 4, `idle` and `coverage`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from tests.support.rules.estimates import of_policy
from tests.support.rules.evidence import find_stated
from tests.support.rules.exact import ZERO, rate_reached, read_rates
from tests.support.rules.goods import Books, Item, Lot


def idle_rate(books: Books, item: Item, day: date) -> Fraction | None:
    """Return the rate by days since the item was last sold or used, or else first bought."""
    sold = [row.day for row in books.demands if row.item == item and row.units > 0]
    since = max(sold, default=books.first_bought.get(item, day))
    return rate_reached(read_rates(of_policy(books, "idle", day) or {}), days(since, day))


def days(since: date, day: date) -> Fraction:
    """Return the days between two dates."""
    return Fraction((day - since).days)


def is_saleable(books: Books, lot: Lot, day: date) -> bool:
    """Whether goods can be sold: not expired, and no value of nothing stated of them."""
    expires = lot.facts.get("expires")
    if expires is not None and expires <= day:
        return False
    stated = find_stated(books, lot, day, of_lot=True)
    if stated is not None:
        return stated.number != 0
    known = lot.facts.get("invwd-nrv")
    return known is None or known.number != 0


def coverage_rate(books: Books, item: Item, day: date) -> Fraction | None:
    """Return the rate of the days of supply, or None where there is none."""
    coverage = of_policy(books, "coverage", day)
    if not coverage:
        return None
    window, rates = coverage["window"], read_rates(coverage["rates"])
    if days(books.first_bought.get(item, day), day) < window:
        return None
    in_window = [
        row for row in books.demands if row.item == item and 0 <= days(row.day, day) < window
    ]
    sold = max(ZERO, sum((row.units for row in in_window), ZERO))
    if sold == 0:
        return rates[max(rates)]
    # Units that were sold before they were bought are owed by those that are on hand.
    lots = [lot for lot in books.lots if books.item_of(lot) == item and not lot.is_consigned]
    units = sum((lot.units for lot in lots if is_saleable(books, lot, day)), ZERO)
    supply = units * window / sold
    if supply <= 0:
        return None
    if coverage.get("apply", "excess") == "item":
        return rate_reached(rates, supply)
    return average_rate(supply, rates) or None  # below the first threshold: nothing


def average_rate(supply: Fraction, rates: Mapping[int, Fraction]) -> Fraction:
    """Return the average rate of units that are laid end to end over so many days."""
    total = ZERO
    steps = sorted(rates)
    for start, end in zip(steps, [*steps[1:], None], strict=True):
        upto = supply if end is None else min(supply, Fraction(end))
        total += max(ZERO, upto - start) * rates[start]
    return total / supply
