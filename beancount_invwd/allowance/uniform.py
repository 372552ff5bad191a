"""Stocks whose units are all worth the same → what a measurement of them would change.

Most stocks are like that: one price, and at most a rate off cost by age or demand. Their lots are
compared with a number, without a row for each, or only their sums, if it makes no difference to the
accounts what each carries; the result is that of the general way (`Assessor` measures, `outcomes`
weighs), against which tests hold it.

    10 TEA {5 USD} and 10 TEA {7 USD} at 5.50 USD: 120.00 less 110.00, 10.00 on the dearer lot
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.allowance.groups import Group, Grouping, Kind
from beancount_invwd.allowance.outcomes import Outcome, compare, find_common, find_kind
from beancount_invwd.ground.dates import earlier
from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.ground.shares import allot, find_loss
from beancount_invwd.lots.demand import Rate
from beancount_invwd.lots.stock import NO_LIMIT, Lot, Place, Stock
from beancount_invwd.policy.values import find_rate

if TYPE_CHECKING:
    from beancount_invwd.measure.prices import Price
    from beancount_invwd.policy.values import Schedule


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
    is_locked: bool = False


class Uniform:
    """Weighs groups of such stocks.

    Args:
        grouping: Tells which lots are one group.
        find_contra: Gives the allowance account of a place.
    """

    def __init__(self, grouping: Grouping, find_contra: Callable[[Place], str]) -> None:
        self._grouping = grouping
        self._is_by_lot = grouping.basis == "lot"
        self._find_contra = find_contra

    def weigh(
        self, parts: Sequence[tuple[Stock, Worth]], day: datetime.date
    ) -> tuple[list[Outcome], list[datetime.date | None]]:
        """Find out what a measurement of a group would change, lot by lot.

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
            if stock.sharing is not None:
                stock.share()
            value = worth.value
            has_rates = worth.ageing or worth.rate
            if not value or has_rates or self._is_by_lot or stock.cost_unit_highest is NO_LIMIT:
                untils.append(self._take(stock, worth, day, together, apart))
            else:
                _take_all(stock, worth, value, together)
                untils.append(worth.until)
        outcomes = [self._compare(row, is_own=True) for row in apart.values()]
        if together.lots:
            if len(parts) > 1:
                _sort(together)
            gap, locked = together.cost - together.measure, []
            if together.is_locked:
                locked = [lot.locked for lot in together.lots]
                gap -= sum(locked, ZERO)
            together.allowances += allot(gap, together.gaps, locked, parts[0][0].quantum)
            outcomes.append(self._compare(together, is_own=False))
        return outcomes, untils

    def weigh_whole(self, stock: Stock, worth: Worth) -> Outcome | None:
        """Weigh a stock by sums, if all its lots post to one account: what each carries can wait.

        Only where the grouping says so, and not where none is to carry anything any more.
        """
        place, value = stock.place, worth.value
        if place is None or place.is_pool or stock.has_own:
            return None
        if not value or worth.ageing or worth.rate:
            return None
        sums = stock.sum_up(value)
        measure = sums.units * value
        allowance = find_loss(sums.cost - measure, stock.quantum)
        if not allowance:
            return None
        step = allowance - stock.allowance
        account = place.contra or self._find_contra(place)
        return Outcome(
            find_kind(step, measure),
            self._grouping.find_named(stock, is_own=False),
            (stock.key.commodity,),
            (),  # no lots, and what they are to carry
            (),
            False,  # noqa: FBT003 (by position, since there are many of these)
            {account: step} if step else {},
            (worth.reason,),
            sums.units,
            sums.cost,
            measure,
            worth.price,
            (stock, sums),
        )

    def _are_sound(self, parts: Sequence[tuple[Stock, Worth]]) -> bool:
        """Whether sums show that no lot, alone or with the others, is below cost."""
        gap = ZERO
        for stock, worth in parts:
            value = worth.value
            if stock.allowance or stock.has_own or not value or worth.ageing or worth.rate:
                return False
            if self._is_by_lot:
                if value < stock.cost_unit_highest:
                    return False
            else:
                gap += stock.cost - value * stock.units
        return gap <= ZERO

    def _take(
        self,
        stock: Stock,
        worth: Worth,
        day: datetime.date,
        together: _Lots,
        apart: dict[tuple[str, Kind], _Lots],
    ) -> datetime.date | None:
        """Take the lots of a stock, each with the others or apart; return until when that holds.

        Those that are neither below cost nor carry anything only count in the sums.
        """
        value, rates = worth.value, _Rates(worth, day) if worth.ageing or worth.rate else None
        is_apart = self._is_by_lot or (value is not None and not value)
        lots, gaps = together.lots, together.gaps
        known = len(lots)
        quantity, cost_total, is_there = ZERO, ZERO, False
        for lot in stock.lots.values():
            if rates is not None and self._take_lowered(lot, value, rates, apart):
                continue
            units, is_pool = lot.units, lot.is_pool
            cost = lot.cost if is_pool else units * lot.cost_unit
            if is_apart or (value is None and not cost):  # free goods are worth nothing
                if lot.carried or is_pool or value is None or lot.cost_unit > value:
                    total = cost if value is None else units * value
                    self._set_apart(lot, cost, total, worth.reason, worth.price, apart)
                continue
            is_there = True
            quantity += units
            cost_total += cost
            gap = ZERO
            if value is not None and (is_pool or lot.cost_unit > value):
                gap = cost - units * value
            if gap > ZERO or lot.carried or lot.is_own:
                lots.append(lot)
                gaps.append(max(ZERO, gap - lot.locked))
                if lot.locked:
                    together.is_locked = True
        if is_there:
            together.items.append(stock.key.commodity)
            together.reasons += [worth.reason] * (len(lots) - known)
            together.prices.append(worth.price)
            together.quantity += quantity
            together.cost += cost_total
            together.measure += cost_total if value is None else quantity * value
        return worth.until if rates is None else earlier(worth.until, rates.until)

    def _take_lowered(
        self,
        lot: Lot,
        value: Decimal | None,
        rates: _Rates,
        apart: dict[tuple[str, Kind], _Lots],
    ) -> bool:
        """Set a lot apart if a rate off cost lowers its value; return whether it does."""
        rate, units, good_for = rates.find(lot), lot.units, lot.good_for
        if not rate:
            return False
        if (
            good_for is not None
            and good_for[0] is units
            and good_for[1] == rate
            and (value is None or lot.cost_unit <= value)
        ):
            return True
        cost = lot.cost
        total = cost * (ONE - rate)
        if value is not None and total >= units * value:
            return False
        is_changed = self._set_apart(lot, cost, total, rates.reason, None, apart)
        if not (is_changed or lot.is_pool):
            lot.good_for = (units, rate)
        return True

    def _set_apart(  # noqa: PLR0913, PLR0917 (what is known of the lot)
        self,
        lot: Lot,
        cost: Decimal,
        total: Decimal,
        reason: str,
        price: Price | None,
        apart: dict[tuple[str, Kind], _Lots],
    ) -> bool:
        """Put a lot that is a group of its own with those alike; return whether it changes."""
        stock = lot.stock
        allowance = lot.locked + find_loss(cost - total - lot.locked, stock.quantum)
        if allowance == lot.carried and (lot.is_own or (self._is_by_lot and not allowance)):
            return False
        key = (stock.key.commodity, find_kind(allowance - lot.carried, total))
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
        return True

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
            self._find_contra,
        )


class _Rates:
    """Finds rates off cost on a day.

    Attributes:
        reason: The policy that gave the last rate that was asked for.
        until: The last day on which all lots that were asked for have the same rates by age.
    """

    def __init__(self, worth: Worth, day: datetime.date) -> None:
        self.reason = ""
        self.until: datetime.date | None = None
        self._ageing = worth.ageing
        self._rate = worth.rate
        self._day = day

    def find(self, lot: Lot) -> Decimal:
        """The highest rate of a lot."""
        found = self._find_by_age(lot) if self._ageing else ZERO
        rate = self._rate
        if rate is not None and rate.share > found:
            self.reason = rate.reason
            return rate.share
        self.reason = "ageing"
        return found

    def _find_by_age(self, lot: Lot) -> Decimal:
        aged = lot.aged
        if aged is None or (aged[1] is not None and aged[1] < self._day):
            aged = lot.aged = find_rate(self._ageing, lot.aged_from, self._day)
        share, until = aged
        if until is not None and (self.until is None or until < self.until):
            self.until = until
        return share


def _take_all(stock: Stock, worth: Worth, value: Decimal, together: _Lots) -> None:
    """Take all lots of a stock together, as `_take` does, but without pools and rates."""
    lots, gaps = together.lots, together.gaps
    known = len(lots)
    quantity = cost = ZERO
    for lot in stock.lots.values():
        units, cost_unit = lot.units, lot.cost_unit
        quantity += units
        cost += units * cost_unit
        if cost_unit > value:
            gap = units * (cost_unit - value)
        elif lot.carried or lot.is_own:
            gap = ZERO
        else:
            continue
        if lot.locked:
            together.is_locked = True
            gap = max(ZERO, gap - lot.locked)
        lots.append(lot)
        gaps.append(gap)
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
