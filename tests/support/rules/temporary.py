"""Temporary declines (ACCOUNTING section 6, ASC 270-10-45-6): no new loss for a price for a while.

a lot, its value -> the most that a measurement may leave it with.

Example:
    SCARF carries 100.00 in March; `invwd-temporary` of June until November: at 7.00 it keeps
    100.00, at 9.50 it falls to 50.00. Goods that are expired, stated or aged count as ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from beancount.core import data

from tests.support.rules.exact import ZERO, Money, half_up
from tests.support.rules.goods import Books, Lot
from tests.support.rules.value import known_value, lowered_value


def is_temporary(books: Books, lot: Lot, day: date) -> bool:
    """Whether a decline of the price counts for nothing today: nothing else is known of the lot.

    At the end of the fiscal year all of it is measured.
    """
    if books.policy.fiscal_year_end(day) == day:
        return False
    declared = [
        entry
        for entry in books.entries
        if isinstance(entry, data.Custom)
        and entry.type == "invwd-temporary"
        and entry.values[0].value == lot.commodity
        and entry.date <= day
    ]
    is_declared = bool(declared) and day <= declared[-1].meta["until"]
    return is_declared and known_value(books, lot, day) is None


def is_lowered_in_spite(books: Books, lot: Lot, values: Sequence[Fraction], day: date) -> bool:
    """Whether a policy leaves less of the cost than the lot is carried at and worth.

    Args:
        books: What is known.
        lot: A lot that is no group of its own as ever.
        values: What it is worth at p and at the contracts; empty if nobody knows.
        day: The measurement date.
    """
    lowered = lowered_value(books, lot, day) if is_temporary(books, lot, day) else None
    if lowered is None or not values or lowered >= lot.unit_cost:
        return False
    return lowered <= max(*values, (lot.cost - lot.allowance) / lot.units)


def most(books: Books, lot: Lot, day: date) -> Money | None:
    """Return the most that a lot may carry beside what is locked; None for no limit."""
    if not is_temporary(books, lot, day):
        return None
    kept = lot.allowance - lot.locked
    lowered = lowered_value(books, lot, day)
    if lowered is None:
        return kept
    gap = max(ZERO, lot.cost - lot.locked - lot.units * lowered)
    return max(kept, half_up(gap, books.chart.quantum(lot.currency)))
