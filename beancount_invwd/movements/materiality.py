"""The materiality threshold of a date, and which losses of a fiscal year stay below it.

A loss is a line of its own, or part of cost of goods sold while the losses of the fiscal year stay
below the threshold; reversals likewise, on their own sum (ACCOUNTING section 7).

    'materiality': ['500 USD', '1%'], inventory of 40,000.00: the smaller one, 400.00

Errors: a threshold in a currency without a rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.dates import fiscal_year_end
from beancount_invwd.ground.sums import Sums

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence
    from decimal import Decimal

    from beancount_invwd.allowance.groups import Group
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.lots.books import Books
    from beancount_invwd.measure.prices import PriceBook
    from beancount_invwd.movements.movement import Movement
    from beancount_invwd.policy.policy import Policy, Threshold


class Materiality:
    """Finds thresholds.

    Args:
        policy: The policy.
        books: Tells what all inventory on hand costs.
        prices: Gives closing rates.
        mistakes: Takes thresholds that cannot be converted.
    """

    def __init__(self, policy: Policy, books: Books, prices: PriceBook, mistakes: Mistakes) -> None:
        self._thresholds = policy.materiality
        self._books = books
        self._prices = prices
        self._mistakes = mistakes
        self._costs: dict[tuple[str, str], Decimal] = {}
        self._costs_of: datetime.date | None = None

    def find_threshold(self, group: Group, day: datetime.date) -> Decimal | None:
        """The threshold of an entity and currency on a measurement date; None if there is none."""
        if not self._thresholds:
            return None
        if day != self._costs_of:
            self._costs_of, self._costs = day, {}
        found = [self._convert(row, group, day) for row in self._thresholds]
        return min((amount for amount in found if amount is not None), default=None)

    def _convert(self, row: Threshold, group: Group, day: datetime.date) -> Decimal | None:
        currency = group.currency
        if row.currency is None:
            place = (group.entity, currency)
            if place not in self._costs:
                self._costs[place] = self._books.sum_cost(*place)
            return row.number * self._costs[place]
        if row.currency == currency:
            return row.number
        rate = self._prices.find_rate(row.currency, currency)
        if rate is None:
            message = (
                f"'materiality' is in {row.currency}, and there is no rate to {currency}, so every "
                f"loss in {currency} is a line of its own; "
                f"add: {day} price {row.currency} … {currency}"
            )
            self._mistakes.report(("rate", row.currency, currency), None, message)
            return None
        return row.number * rate[0] / rate[1]


def find_immaterial(movements: Sequence[Movement], policy: Policy) -> set[int]:
    """The measurements that are no line of their own, by identity."""
    if not policy.materiality:
        return set()
    others = {"transfer", "release"}  # those that are booked have no credits
    measured = [row for row in movements if not row.credits and row.kind not in others]
    running: Sums[tuple[Any, ...]] = Sums()
    up_to: dict[tuple[Any, ...], Decimal] = {}
    for row in measured:
        year = _find_year(row, policy)
        running.add(year, abs(row.change))
        up_to[year, row.date] = running[year]
    return {
        id(row)
        for row in measured
        if row.threshold is not None and up_to[_find_year(row, policy), row.date] < row.threshold
    }


def _find_year(row: Movement, policy: Policy) -> tuple[Any, ...]:
    """What losses, and reversals on their own, are added up over."""
    end = fiscal_year_end(row.date, policy.year_end)
    return row.group.entity, row.group.currency, end, row.change > 0
