"""Goods of a date + what left in the days after → what each lot was measured at, and brought.

Like is compared with like: what was paid, less tax, is lessened by the same costs to complete and
to sell as the measure is. Units are those of the date: what leaves a lot that was on hand; if goods
were put to another lot since, what was bought on or before the date by its cost date, earlier lots
first; of a pool the first units that leave its account. What was bought later proves nothing here.

    100 WIDGET {10 USD} measured at 750.00; 40 of them sold in January for 7.00 net: 280.00 where
    300.00 was expected, 20.00 too much. Had it been known, they would be carried 20.00 lower.

What the goods were on the date is noted apart from what became of them, so that a run that passes
the date on its way can note it, and be asked when it is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import CONTEXT, ZERO, round_money
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.measure.measured import Unit
from beancount_invwd.report.ledger.realised import Exit, find_taxes, list_exits

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.measure.measured import Measured
    from beancount_invwd.measure.rule import Rule

WITHIN = 90


class NotedLot(NamedTuple):
    """A lot as it stood on the date, whatever became of it.

    Attributes:
        lot: The lot; it may have changed since.
        measured: What it was measured at on the date.
        rule: How; None if it was not assessed.
    """

    lot: Lot
    measured: Measured
    rule: Rule | None
    units: Decimal
    cost: Decimal


@dataclass(slots=True)
class Outcome:
    """A lot of the date, and what became of it.

    Attributes:
        of: The lot as it stood.
        sold: Units that were sold for a known price.
        gross: What these were sold for, less tax.
        net: The same less the costs of the rule.
        unpriced: Units that were sold for what is not known.
        gone: Units that left otherwise: used, scrapped, given back, excluded.
        shared: Units sold whose price is a share of what several items sold for.
    """

    of: NotedLot
    sold: Decimal = ZERO
    gross: Decimal = ZERO
    net: Decimal = ZERO
    unpriced: Decimal = ZERO
    gone: Decimal = ZERO
    shared: Decimal = ZERO
    sales: list[tuple[Decimal, Exit]] = field(default_factory=list)

    @property
    def lot(self) -> Lot:
        """The lot; it may have changed since."""
        return self.of.lot

    @property
    def units(self) -> Decimal:
        """The units on the date."""
        return self.of.units

    @property
    def left(self) -> Decimal:
        """Units that did not leave."""
        return self.units - self.sold - self.unpriced - self.gone

    @property
    def measured(self) -> Decimal | None:
        """What the units sold were measured at; None if the lot was not assessed."""
        total = self.of.measured.total
        return None if total is None else total * self.sold / self.units

    @property
    def gain(self) -> Decimal | None:
        """What they brought more than they were measured at."""
        return None if self.measured is None else self.net - self.measured

    @property
    def bias(self) -> Decimal | None:
        """What they would have been carried more at, had it been known: both at most at cost."""
        if self.measured is None:
            return None
        cost = self.of.cost * self.sold / self.units
        return min(cost, self.net) - min(cost, self.measured)

    def take(self, units: Decimal, exit_: Exit) -> None:
        """Note units that left."""
        if exit_.way == "gone":
            self.gone += units
            return
        self.sales.append((units, exit_))
        self._count(units, exit_)

    def give_back(self, units: Decimal) -> Decimal:
        """Note units that customers brought back, last out first; return how many."""
        wanted = units
        while units and self.sales:
            sold, exit_ = self.sales.pop()
            part = min(sold, units)
            self._count(-part, exit_)
            units -= part
            if part < sold:
                self.sales.append((sold - part, exit_))
        return wanted - units

    def _count(self, units: Decimal, exit_: Exit) -> None:
        rule = self.of.rule
        if exit_.price is None or rule is None:
            self.unpriced += units
            return
        self.sold += units
        self.gross += units * exit_.price
        goods = Unit(self.of.cost * abs(units) / self.units, abs(units))
        net = rule.costs.find_net(goods, exit_.price)
        self.net += net if units > ZERO else -net
        if exit_.is_shared:
            self.shared += units


class NotedGoods:
    """The goods of a date, measured, as they stood then.

    Args:
        run: The state of the date; it is not kept.

    Attributes:
        date: The date.
    """

    def __init__(self, run: Run) -> None:
        self.date = run.as_of
        self._taxes = find_taxes(run)
        self._found: dict[int, Sequence[Outcome]] = {}
        rules: dict[tuple[Any, int], Rule] = {}
        self._rows: list[NotedLot] = []
        for lot, measured in run.rows:
            terms, rule = lot.terms, None
            if lot.units <= ZERO:
                continue
            if terms is not None:
                key = (lot.stock.key, id(terms))
                rule = rules.get(key) or run.find_rule(lot, terms)
                rules[key] = rule
            self._rows.append(NotedLot(lot, measured, rule, lot.units, lot.cost))

    def list_outcomes(self, run: Run, within: int) -> Sequence[Outcome]:
        """List what became of each lot.

        Args:
            run: The state of the date, or a later one; its entries tell what came later.
            within: The days after the date.
        """
        if within not in self._found:
            with localcontext(CONTEXT):
                self._found[within] = self._list_outcomes(run, within)
        return self._found[within]

    def _list_outcomes(self, run: Run, within: int) -> Sequence[Outcome]:
        goods, last = _Goods(self.date, self._rows), add_days(self.date, within)
        for row in list_exits(run, self.date, last, taxes=self._taxes):
            goods.note(row)
        return goods.outcomes


def note_goods(run: Run) -> NotedGoods:
    """Note the goods of the date of a run; asked again, it gives the same."""
    return run.share(NotedGoods)


def list_outcomes(run: Run, within: int) -> Sequence[Outcome]:
    """List what became of each lot on hand in the days after the date of a run.

    Args:
        run: The state of a date; its entries tell what came later.
        within: The days after it.
    """
    return note_goods(run).list_outcomes(run, within)


class _Goods:
    """The lots of a date, by what a posting says of them.

    Args:
        day: The date.
        rows: The lots as they stood.
    """

    def __init__(self, day: datetime.date, rows: Sequence[NotedLot]) -> None:
        self._day = day
        self.outcomes: list[Outcome] = []
        self._by_cost: dict[Any, list[Outcome]] = {}
        self._by_item: dict[Any, list[Outcome]] = {}
        self._pools: dict[Any, list[Outcome]] = {}
        for row in rows:
            self._file(Outcome(row))

    def _file(self, found: Outcome) -> None:
        lot = found.lot
        entity, currency, item = lot.stock.key
        self.outcomes.append(found)
        if lot.is_pool:
            self._pools.setdefault((lot.account, item, currency), []).append(found)
        else:
            self._by_cost.setdefault((entity, item, lot.origin[1].cost), []).append(found)
            self._by_item.setdefault((entity, item, currency), []).append(found)

    def note(self, row: Exit) -> None:
        """Note what left, or came back."""
        units = row.units
        for found in self._list_candidates(row):
            if not units:
                return
            if row.way == "back":
                units -= found.give_back(units)
            elif part := min(units, found.left):
                found.take(part, row)
                units -= part

    def _list_candidates(self, row: Exit) -> Iterable[Outcome]:
        """The lots that units may be of, the likeliest first."""
        currency = row.cost.currency
        yield from self._pools.get((row.account, row.item, currency), ())
        same = self._by_cost.get((row.entity, row.item, row.cost), ())
        yield from sorted(same, key=lambda found: found.lot.account != row.account)
        if row.cost.date is not None and row.cost.date <= self._day:
            yield from self._by_item.get((row.entity, row.item, currency), ())


def sum_bias(run: Run, within: int = WITHIN) -> Mapping[tuple[str, str], Decimal]:
    """Find what goods would have been carried more at, by entity and currency, of what was sold.

    Where nothing was sold for a known price, nothing is known.
    """
    sums: Sums[tuple[str, str]] = Sums()
    if not run.entries or run.entries[-1].date <= run.as_of:
        return sums
    with localcontext(CONTEXT):
        for found in list_outcomes(run, within):
            if found.sold and found.bias is not None:
                sums.add(found.lot.stock.key[:2], found.bias)
        return Sums({key: round_money(sum_, run.quantum(key[1])) for key, sum_ in sums.items()})


def tell_bias(bias: Decimal, currency: str) -> str:
    """Tell whether goods were carried too low or too high."""
    if not bias:
        return say("no bias is seen")
    side, policy = (say("low"), say("hard")) if bias > ZERO else (say("high"), say("soft"))
    return say(
        "goods were carried {amount:,f} {currency} too {side}: too {policy}",
        amount=abs(bias),
        currency=currency,
        side=side,
        policy=policy,
    )
