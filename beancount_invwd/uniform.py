"""Stocks whose units are all worth the same → what a measurement of them would change.

Most stocks are like that: one price, and at most a rate off cost by age or demand. Their lots are
compared with a number, without a row for each; the result is that of the general way (`Assessor`
measures, `outcomes` weighs), against which tests hold it.

    10 TEA {5 USD} and 10 TEA {7 USD} at 5.50 USD: 120.00 less 110.00, 10.00 on the dearer lot
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.allowance import allot, find_loss
from beancount_invwd.demand import Rate
from beancount_invwd.groups import Grouping
from beancount_invwd.money import ONE, ZERO
from beancount_invwd.movements import Group, Kind
from beancount_invwd.outcomes import Outcome, compare, find_common, find_kind
from beancount_invwd.values import add_days, earlier

if TYPE_CHECKING:
    from beancount_invwd.prices import Price
    from beancount_invwd.stock import Lot, Stock
    from beancount_invwd.values import Schedule


class Worth(NamedTuple):
    """What the units of a stock are worth.

    Attributes:
        value: Of each, not negative; None is its own cost.
        reason: The rule that gives it.
        price: The price, if that is the rule.
        until: The last day on which this holds without a new directive or movement.
        ageing: Rates off cost by age.
        rate: The highest rate off cost by demand.
    """

    value: Decimal | None
    reason: str
    price: Price | None
    until: datetime.date | None
    ageing: Schedule = ()
    rate: Rate | None = None


@dataclass(eq=False, slots=True)
class _Lots:
    """Lots that are weighed at once, with what each is worth."""

    group: Group
    items: list[str] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    gaps: list[Decimal] = field(default_factory=list)
    allowances: list[Decimal] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    prices: list[Price | None] = field(default_factory=list)
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    measure: Decimal = ZERO


class Uniform:
    """Weighs groups of such stocks.

    Args:
        grouping: Tells which lots are one group.
        account_of: Gives the allowance account of a lot.
    """

    def __init__(self, grouping: Grouping, account_of: Callable[[Lot], str]) -> None:
        self._grouping = grouping
        self._is_by_lot = grouping.basis == "lot"
        self._account_of = account_of

    def weigh(
        self, parts: Sequence[tuple[Stock, Worth]], day: datetime.date
    ) -> tuple[list[Outcome], list[datetime.date | None]]:
        """Find out what a measurement of a group would change.

        Args:
            parts: Its stocks that have a measure.
            day: The measurement date.

        Returns:
            What changes, and until when the result for each stock is good.
        """
        if self._are_sound(parts):
            return [], [worth.until for _, worth in parts]
        together = _Lots(self._grouping.find_named(parts[0][0], is_own=False))
        apart: dict[tuple[str, Kind], _Lots] = {}
        untils = []
        for stock, worth in parts:
            if worth.ageing or worth.rate or self._is_by_lot or not worth.value:
                untils.append(self._split(stock, worth, day, together, apart))
            else:
                _take_all(stock, worth, worth.value, together)
                untils.append(worth.until)
        outcomes = [self._compare(row, is_own=True) for row in apart.values()]
        if together.lots:
            if len(parts) > 1:
                _sort(together)
            locked = [lot.locked for lot in together.lots]
            gap = together.cost - together.measure - sum(locked, ZERO)
            together.allowances = list(allot(gap, together.gaps, locked, parts[0][0].quantum))
            outcomes.append(self._compare(together, is_own=False))
        return outcomes, untils

    def _are_sound(self, parts: Sequence[tuple[Stock, Worth]]) -> bool:
        """Whether sums show that no lot, alone or with the others, is below cost."""
        gap = ZERO
        for stock, worth in parts:
            value = worth.value
            if stock.allowance or not value or worth.ageing or worth.rate:
                return False
            if self._is_by_lot:
                if value < stock.cost_unit_highest:
                    return False
            else:
                gap += stock.cost - value * stock.units
        return gap <= ZERO

    def _split(
        self,
        stock: Stock,
        worth: Worth,
        day: datetime.date,
        together: _Lots,
        apart: dict[tuple[str, Kind], _Lots],
    ) -> datetime.date | None:
        """Find the lots that are groups of their own; return until when the result is good."""
        value, by_lot, quantum = worth.value, self._is_by_lot, stock.quantum
        share, why = (worth.rate.share, worth.rate.reason) if worth.rate else (ZERO, "")
        ages = _Ages(worth.ageing, day)
        dearest = value if by_lot and value is not None and not (worth.ageing or share) else ZERO
        for lot in stock.lots.values():
            if not lot.allowance and lot.cost_unit <= dearest and not lot.is_pool:
                continue
            cost = lot.cost
            total = cost if value is None else lot.units * value
            reason, price, is_own = worth.reason, worth.price, not total
            by_age = ages.find(lot) if worth.ageing else ZERO
            highest = max(share, by_age)
            if highest:
                lowered = cost * (ONE - highest)
                if lowered < total:
                    total, price, is_own = lowered, None, True
                    reason = why if highest > by_age else "ageing"
            if not is_own and not by_lot:
                together.items.append(stock.key.commodity)
                together.lots.append(lot)
                together.gaps.append(cost - total - lot.locked)
                together.reasons.append(reason)
                together.prices.append(price)
                together.quantity += lot.units
                together.cost += cost
                together.measure += total
                continue
            allowance = lot.locked + find_loss(cost - total - lot.locked, quantum)
            if allowance == lot.allowance and (lot.is_own or (by_lot and not allowance)):
                continue
            kind = find_kind(allowance - lot.allowance, total)
            key = (stock.key.commodity, kind)
            row = apart.get(key)
            if row is None:
                group = self._grouping.find_named(stock, is_own=True)
                row = apart[key] = _Lots(group, [stock.key.commodity])
            row.lots.append(lot)
            row.allowances.append(allowance)
            row.reasons.append(reason)
            row.prices.append(price)
            row.quantity += lot.units
            row.cost += cost
            row.measure += total
        return earlier(worth.until, ages.find_until())

    def _compare(self, row: _Lots, *, is_own: bool) -> Outcome:
        return compare(
            row.group,
            row.items,
            row.lots,
            row.allowances,
            row.reasons,
            (row.quantity, row.cost, row.measure),
            find_common(row.prices),
            is_own,
            self._account_of,
        )


class _Ages:
    """Finds rates by age on a day, and when the next lot gets older than a threshold."""

    def __init__(self, ageing: Schedule, day: datetime.date) -> None:
        today = day.toordinal()
        self._steps = [(today - days, days, rate) for days, rate in reversed(ageing)]
        self._oldest: list[datetime.date | None] = [None] * (len(ageing) + 1)

    def find(self, lot: Lot) -> Decimal:
        """The rate of a lot."""
        since = lot.aged_from
        born = since.toordinal()
        number, found = 0, ZERO
        for latest, _, rate in self._steps:
            if born <= latest:
                found = rate
                break
            number += 1
        first = self._oldest[number]
        if first is None or since < first:
            self._oldest[number] = since
        return found

    def find_until(self) -> datetime.date | None:
        """The last day on which all lots that were asked for have the same rates."""
        until = None
        for (_, days, _), first in zip(self._steps, self._oldest[1:], strict=True):
            if first is not None:
                until = earlier(until, add_days(first, days - 1))
        return until


def _take_all(stock: Stock, worth: Worth, value: Decimal, together: _Lots) -> None:
    """Take a stock at its value: sums of all lots, and those below cost or with an allowance."""
    lots, gaps = together.lots, together.gaps
    known = len(lots)
    quantity = cost = ZERO
    for lot in stock.lots.values():
        units, cost_unit = lot.units, lot.cost_unit
        quantity += units
        if lot.is_pool:
            cost += lot.cost
            gap = lot.cost - units * value
        else:
            cost += units * cost_unit
            gap = units * (cost_unit - value) if cost_unit > value else ZERO
        if gap > ZERO or lot.allowance or lot.is_own:
            lots.append(lot)
            gaps.append(gap - lot.locked if lot.locked else gap)
    together.items.append(stock.key.commodity)
    together.reasons += [worth.reason] * (len(lots) - known)
    together.prices.append(worth.price)
    together.quantity += quantity
    together.cost += cost
    together.measure += quantity * value


def _sort(row: _Lots) -> None:
    """Put lots of several stocks in the order in which they came into being."""
    order = sorted(range(len(row.lots)), key=lambda i: row.lots[i].number)
    row.lots = [row.lots[i] for i in order]
    row.gaps = [row.gaps[i] for i in order]
    row.reasons = [row.reasons[i] for i in order]
