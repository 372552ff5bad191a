"""The lots of a group, each with what it is worth → what they are to carry.

Lots apart (ACCOUNTING section 5) are weighed alone, all others together: gains of one are set
against losses of another.

    10 TEA {5 USD} and 10 TEA {7 USD} at 5.50 USD: 120.00 less 110.00, 10.00 on the dearer lot
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import repeat
from typing import TYPE_CHECKING

from beancount_invwd.allowance.changes import Weighed, find_common, find_kind, find_part_gap
from beancount_invwd.allowance.groups import Grouping, Kind, Row
from beancount_invwd.allowance.memory import Memory
from beancount_invwd.ground.dates import earlier
from beancount_invwd.ground.money import ENDLESS, ONE, ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.shares import find_loss
from beancount_invwd.lots.stock import Lot

if TYPE_CHECKING:
    from beancount_invwd.lots.demand import Rate
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.measure.measured import Measured
    from beancount_invwd.measure.prices import Price
    from beancount_invwd.measure.rule import Rule
    from beancount_invwd.measure.valuer import Today, Valuer


_Parts = Sequence[tuple[Decimal, Decimal]]
_Row = tuple[Lot, Decimal, Decimal, Decimal, str, "Price | None", _Parts]
"""A lot, its cost, its value, what it lost, the rule, the price, its parts."""


class Known(NamedTuple):
    """A rule by which all units of a stock are worth the same, but for rates off their cost.

    Attributes:
        unit: The value of one; None if it is its own cost.
        rate: The highest rate by demand.
    """

    rule: Rule
    measured: Measured
    unit: Decimal | None
    rate: Rate | None

    @property
    def has_rates(self) -> bool:
        """Whether anything may be taken off the cost of a lot."""
        return bool(self.rule.terms.ageing or (self.rate is not None and self.rate.share))


def keeps_all(stock: Stock, known: Known) -> bool:
    """Whether each lot of a stock goes on carrying what it does: none regains, none loses."""
    unit, carried, quantum = known.unit, stock.allowance, stock.quantum
    if not (unit and carried) or known.has_rates or stock.dearest == ENDLESS:
        return False
    if find_loss(stock.cost - stock.units * unit, quantum) > carried:
        return False
    stock.write_out()
    for lot in stock.lots.values():
        if lot.is_apart:
            return False
        if carried := lot.carried:
            gap = lot.units * (lot.cost_unit - unit)
            if lot.locked or find_loss(gap, quantum) < carried:
                return False
    return True


class Scales:
    """Weighs one group.

    Args:
        grouping: Tells which lots are apart.
        memory: Knows rates by age; takes until when values hold.
        valuer: Measures a lot by itself.
        today: The measurement date.
        by_lot: Whether all has to be told lot by lot.

    Attributes:
        lacking: Lots that have no measure.
    """

    def __init__(
        self,
        grouping: Grouping,
        memory: Memory,
        valuer: Valuer,
        today: Today,
        *,
        by_lot: bool,
    ) -> None:
        self.lacking: list[Row] = []
        self._grouping = grouping
        self._memory = memory
        self._valuer = valuer
        self._today = today
        self._by_lot = by_lot
        self._apart: dict[tuple[str, Kind, int], list[tuple[_Row, Decimal]]] = {}
        self._together: Weighed | None = None
        self._prices: list[Price | None] = []
        self._parts: list[tuple[Decimal, Decimal]] = []
        self._most: dict[int, Decimal] = {}

    def weigh(self) -> list[Weighed]:
        """Find out what the lots so far are to carry."""
        together, rows = self._together, [self._join(found) for found in self._apart.values()]
        if together is not None and together.lots:
            together.price, together.parts = find_common(self._prices), self._parts
            together.most = self._most
            together.allot(is_netted=not self._grouping.is_by_item)
            rows.append(together)
        return [row.compare() for row in rows]

    def take(self, stock: Stock, known: Known | None) -> None:
        """Take the lots of a stock; with nothing known of all of them, each is looked at.

        Those that are neither below cost nor carry anything only count in the sums.
        """
        if known is not None and known.unit and self._are_alike(stock, known):
            self._take_together(stock, known.unit, known)
            return
        rows = self._value_each(stock) if known is None else self._value_alike(stock, known)
        if not rows:
            return
        group, carries = self._begin(stock), bool(stock.allowance)
        for *_, parts in rows if known is None else ():
            self._add_parts(parts)
        kept = [
            row
            for row in rows
            if row[3] > ZERO or self._by_lot or (carries and row[0].allowance) or row[0].is_apart
        ]
        group.lots.extend([row[0] for row in kept])
        group.gaps += [max(ZERO, row[3]) for row in kept]
        group.reasons += [row[4] for row in kept]
        group.add(*_sum_up(rows), sum([row[0].locked for row in kept], ZERO))
        self._prices += {id(row[5]): row[5] for row in rows}.values()

    def _begin(self, stock: Stock) -> Weighed:
        """Begin, or go on with, what is measured together."""
        if self._together is None:
            self._together = Weighed(self._grouping.find_named(stock, is_apart=False))
        self._together.items.append(stock.commodity)
        return self._together

    def _are_alike(self, stock: Stock, known: Known) -> bool:
        """Whether no lot of a stock is apart, nor a pool: the stock's own sums are right."""
        is_apart = known.has_rates or self._grouping.is_by_lot
        return not is_apart and bool(stock.lots) and stock.dearest < ENDLESS

    def _take_together(self, stock: Stock, unit: Decimal, known: Known) -> None:
        """Take the lots of a stock whose units are worth the same, none of them apart."""
        group, by_lot, locked = self._begin(stock), self._by_lot, ZERO
        stock.write_out()
        for lot in stock.lots.values():
            carried = lot.carried
            if lot.cost_unit > unit or carried or by_lot or lot.is_apart:
                gap = lot.units * (lot.cost_unit - unit)
                if carried and lot.locked:
                    gap -= lot.locked
                    locked += lot.locked
                is_lost = gap > ZERO
                group.lots.append(lot)
                group.gaps.append(gap if is_lost else ZERO)
        group.reasons += [known.measured.reason] * (len(group.lots) - len(group.reasons))
        group.add(stock.units, stock.cost, stock.units * unit, locked)
        self._prices.append(known.measured.price)
        self._memory.hold(stock, known.measured.until)

    def _value_each(self, stock: Stock) -> list[_Row]:
        """Value each lot by itself; told are those that are not apart."""
        rows: list[_Row] = []
        until, is_by_lot = None, self._grouping.is_by_lot
        for lot in stock.lots.values():
            found = self._valuer.measure(lot, self._today)
            until = earlier(until, found.until)
            if found.total is None:
                self.lacking.append(Row(lot, found))
            else:
                cost, total, is_apart = lot.cost, found.total, found.is_apart or is_by_lot
                if found.whole is not None and not (is_apart or self._grouping.is_by_item):
                    total, self._most[lot.number] = found.whole, lot.allowance
                gap = cost - total - lot.locked
                parts: list[tuple[Decimal, Decimal]] = []
                if found.parts and self._grouping.is_by_item:
                    parts = [(part.units, part.total) for part in found.parts]
                    gap = find_part_gap(cost, parts) - lot.locked
                row = (lot, cost, total, gap, found.reason, found.price, parts)
                if is_apart:
                    self._set_apart(row)
                else:
                    rows.append(row)
        self._memory.hold(stock, until)
        return rows

    def _add_parts(self, parts: _Parts) -> None:
        if not parts:
            return
        totals = [total for _, total in self._parts] or [ZERO] * len(parts)
        self._parts = [(k, total + more) for (k, more), total in zip(parts, totals, strict=True)]

    def _value_alike(self, stock: Stock, known: Known) -> list[_Row]:
        """Value lots by one value of a unit, and rates off cost; told are those not apart."""
        rows: list[_Row] = []
        covered: list[Lot] = []
        unit, rate, ageing = known.unit, known.rate, known.rule.terms.ageing
        is_by_lot, is_covered = self._grouping.is_by_lot, self._is_covered(stock, unit)
        highest = (rate.share, rate.reason) if rate is not None else (ZERO, "")
        rates: Iterable[tuple[Decimal, str]] = repeat(highest)
        if ageing:
            rates = self._memory.list_rates(stock, ageing, self._today.day)
            if highest[0]:
                rates = [row if row[0] >= highest[0] else highest for row in rates]
        for lot, (share, why) in zip(stock.lots.values(), rates, strict=False):
            if share:
                cost = lot.cost
                total = cost if unit is None else lot.units * unit
                if (lowered := cost * (ONE - share)) < total:
                    gap = cost - lowered - lot.locked
                    self._set_apart((lot, cost, lowered, gap, why, None, ()))
                    continue
            if is_covered and not (lot.is_apart or lot.allowance):
                covered.append(lot)
                continue
            row = _value(lot, known)
            if is_by_lot or not row[2]:
                self._set_apart(row)
            else:
                rows.append(row)
        self._memory.hold(stock, known.measured.until)
        if rows and covered:  # these gain what others lose
            rows += [_value(lot, known) for lot in covered]
            rows.sort(key=lambda row: row[0].number)
        return rows

    def _is_covered(self, stock: Stock, unit: Decimal | None) -> bool:
        """Whether lots that carry nothing may be left out: no value is below what any cost."""
        is_told = self._by_lot or not self._grouping.is_by_item
        return not is_told and unit is not None and ZERO < unit >= stock.dearest

    def _set_apart(self, found: _Row) -> None:
        """Put a lot that is a group of its own with those alike, if it changes."""
        lot, _, total, gap, *_ = found
        stock = lot.stock
        allowance = lot.locked + find_loss(gap, stock.quantum)
        step = allowance - lot.allowance
        is_known = lot.is_apart or self._grouping.is_by_lot
        if is_known and not (step or self._by_lot):
            return
        key = (stock.commodity, find_kind(step, total), lot.number if self._by_lot else 0)
        self._apart.setdefault(key, []).append((found, allowance))

    def _join(self, found: Sequence[tuple[_Row, Decimal]]) -> Weighed:
        """Join lots of a stock that are groups of their own and change alike."""
        rows = [row for row, _ in found]
        lots, _, _, gaps, reasons, prices, parts = zip(*rows, strict=True)
        stock = lots[0].stock
        self._memory.apart.add(stock)
        group = self._grouping.find_named(stock, is_apart=True)
        joined = Weighed(group, find_common(prices), is_apart=True)
        joined.items.append(stock.commodity)
        joined.lots.extend(lots)
        joined.gaps += [max(ZERO, gap) for gap in gaps]
        joined.allowances += [allowance for _, allowance in found]
        joined.reasons += reasons
        joined.parts += parts[0]
        joined.add(*_sum_up(rows), sum([lot.locked for lot in lots], ZERO))
        return joined


def _value(lot: Lot, known: Known) -> _Row:
    """Value a lot from whose cost nothing is taken."""
    unit, (_, reason, price, *_), cost = known.unit, known.measured, lot.cost
    total = cost if unit is None else lot.units * unit
    return lot, cost, total, cost - total - lot.locked, reason, price, ()


def _sum_up(rows: Sequence[_Row]) -> tuple[Decimal, Decimal, Decimal]:
    """Sum units, cost and value of lots."""
    return (
        sum([row[0].units for row in rows], ZERO),
        sum([row[1] for row in rows], ZERO),
        sum([row[2] for row in rows], ZERO),
    )
