"""Lots + evidence → what groups of lots lose, and the allowances that they need (ACCOUNTING 5).

Nothing is changed here. For each stock its rule is found, for each of its lots what that makes it
worth; lots apart are weighed alone, the others of a group together. Where the price covers the cost
of a stock that carries nothing, or all lots of an item are written down to one value, its sums
tell as much.

    10 TEA {5 USD} and 10 TEA {7 USD} at 5.50 USD: 120.00 less 110.00, 10.00 on the dearer lot
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from beancount_invwd.allowance.changes import Weighed, find_kind
from beancount_invwd.allowance.cover import Cover
from beancount_invwd.allowance.groups import Grouping, Row
from beancount_invwd.allowance.memory import Memory
from beancount_invwd.allowance.scales import Known, Scales, keeps_all
from beancount_invwd.ground.dates import earlier
from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.lots.books import Books
from beancount_invwd.lots.demand import Demand
from beancount_invwd.lots.stock import Stock
from beancount_invwd.measure.evidence import EvidenceBook
from beancount_invwd.measure.measured import Unit
from beancount_invwd.measure.valuer import Today, Valuer

if TYPE_CHECKING:
    from beancount_invwd.directives.read import Directives

_ONE_UNIT = Unit(ZERO)


class Weighing(NamedTuple):
    """What a measurement of groups would change, and what could not be measured.

    Attributes:
        weighed: By group; those in which nothing is lost and nothing was may be left out.
        lacking: Lots that have no measure, each with what it lacks.
    """

    weighed: list[Weighed]
    lacking: list[Row]


class Weigher:
    """Weighs what the books hold.

    Args:
        directives: Tell what goes into what, and under which terms.
        grouping: Tells which lots are one group.
        books: The lots.
        demand: What was sold or used.
        evidence: What the directives so far say.
        is_asked: Whether it only answers questions.

    Attributes:
        evidence: As given.
        demand: As given.
        memory: Until when what was found holds.
        valuer: Measures lots.
    """

    def __init__(  # noqa: PLR0913 (one of each stage before)
        self,
        directives: Directives,
        grouping: Grouping,
        books: Books,
        demand: Demand,
        evidence: EvidenceBook,
        *,
        is_asked: bool = False,
    ) -> None:
        self.evidence = evidence
        self.demand = demand
        self.memory = Memory()
        self._directives = directives
        self._grouping = grouping
        self._books = books
        self.valuer = Valuer(
            directives, evidence, demand, books.stocks, self._note_currencies, grouping.is_by_lot
        )
        self._members: defaultdict[tuple[str, str, str], list[Stock]] = defaultdict(list)
        self._grouped = 0  # how many of the stocks are in there
        self._is_by_lot = grouping.is_by_lot
        notes_calm, known = not (is_asked or directives.chart.items.feeds), (evidence, demand)
        self._cover = Cover(self.valuer, *known, self.memory, grouping, notes_calm=notes_calm)

    def ask(self, evidence: EvidenceBook | None = None, demand: Demand | None = None) -> Weigher:
        """One that answers questions, and leaves what is remembered here as it is.

        Args:
            evidence: What is known in place of what the directives so far say.
            demand: What was sold or used in place of what was.
        """
        parts = self._directives, self._grouping, self._books, demand or self.demand
        return Weigher(*parts, evidence or self.evidence, is_asked=True)

    def weigh(self, stocks: Iterable[Stock], day: datetime.date, *, by_lot: bool) -> Weighing:
        """Find out what a measurement of the groups that these stocks are in would change.

        Args:
            stocks: The stocks.
            day: The measurement date.
            by_lot: Whether all of it has to be told lot by lot.
        """
        found: list[Weighed] = []
        lacking: list[Row] = []
        today = Today(day)
        if self._grouping.is_by_item:
            for stock in self._cover.list_uncovered(stocks, today):
                found += self._weigh_group([stock], today, lacking, by_lot=by_lot)
        else:
            for group in self._list_groups(stocks):
                found += self._weigh_group(group, today, lacking, by_lot=by_lot)
        return Weighing(sorted(found, key=lambda row: (row.group, row.is_apart)), lacking)

    def _weigh_group(
        self, stocks: Sequence[Stock], today: Today, lacking: list[Row], *, by_lot: bool
    ) -> list[Weighed]:
        found = [(stock, self._find_known(stock, today)) for stock in stocks]
        if self._are_sound(found):
            return []
        scales = Scales(self._grouping, self.memory, self.valuer, today, by_lot=by_lot)
        for stock, known in found:
            if known is not None:
                self.memory.hold(stock, known.measured.until)
                if known.measured.total is None:
                    if stock.cost:  # free goods need no evidence
                        lacking.append(Row(next(iter(stock.lots.values())), known.measured))
                    continue
                whole = None if by_lot else self._weigh_whole(stock, known)
                if whole is not None:
                    return [whole]
                if not by_lot and self._grouping.basis == "item" and keeps_all(stock, known):
                    return []
            scales.take(stock, known)
        lacking += scales.lacking
        return scales.weigh()

    def _are_sound(self, found: Sequence[tuple[Stock, Known | None]]) -> bool:
        """Whether sums show that nothing is carried, and no lot, alone or with others, is lost."""
        gap = ZERO
        for stock, known in found:
            if known is None or not known.unit or known.has_rates or stock.allowance:
                return False
            if self._is_by_lot:
                if known.unit < stock.dearest:
                    return False
            elif stock in self.memory.apart:
                return False
            else:
                gap += stock.cost - known.unit * stock.units
        if gap > ZERO:
            return False
        for stock, known in found:
            if known is not None:
                self.memory.hold(stock, known.measured.until)
        return True

    def _find_known(self, stock: Stock, today: Today) -> Known | None:
        """Find what each unit of a stock is worth; None if its lots have to be looked at."""
        terms = stock.terms
        if terms is None or stock.is_mixed or self.evidence.is_uneven(stock.key, today.day):
            return None
        rule = self.valuer.find_rule(stock, terms, today)
        if not rule.is_uniform:
            return None
        found = rule.value(_ONE_UNIT)
        highest = None
        for rate in rule.evidence.rates:
            found = found._replace(until=earlier(found.until, rate.until))
            if highest is None or rate.share > highest.share:
                highest = rate
        return Known(rule, found, None if rule.measure == "cost" else found.total, highest)

    def _weigh_whole(self, stock: Stock, known: Known) -> Weighed | None:
        """Weigh a stock by its sums, where each lot loses all that it costs above a value.

        Only where no lot is apart and no amount is rounded.
        """
        unit, place = None if known.has_rates else known.unit, stock.place
        if not self._grouping.may_wait or place is None or place.is_pool or not unit:
            return None
        is_exact = stock.units.same_quantum(ONE) and stock.cost.same_quantum(stock.quantum)
        value = round_money(unit, stock.quantum)
        if not is_exact or value != unit or self.memory.find_least(stock) < value:
            return None
        step = stock.cost - stock.units * value - stock.allowance
        group = self._grouping.find_named(stock, is_apart=False)
        found = Weighed(group, known.measured.price)
        found.items.append(stock.key.commodity)
        found.add(stock.units, stock.cost, stock.units * unit, ZERO)
        found.reasons.append(known.measured.reason)
        found.whole, found.value = stock, value
        found.changes, found.kind = {place.contra: step} if step else {}, find_kind(step, unit)
        return found

    def assess(self, stocks: Iterable[Stock], today: Today) -> list[Row]:
        """Measure the lots of stocks; those that cannot be are there with the reason."""
        measure = self.valuer.measure
        return [Row(lot, measure(lot, today)) for stock in stocks for lot in stock.lots.values()]

    def find_unmeasured(self, stocks: Iterable[Stock], day: datetime.date) -> set[int]:
        """Find the numbers of the lots of stocks that have no measure."""
        rows = self.assess(stocks, Today(day))
        return {row.lot.number for row in rows if row.measured.total is None}

    def find_lacking(self, stocks: Iterable[Stock], day: datetime.date) -> list[Row]:
        """Find the lots of stocks that have no measure, each with the reason."""
        today, found = Today(day), []
        for stock in stocks:
            known = self._find_known(stock, today) if stock.lots else None
            if known is None or known.measured.total is None:
                found += [row for row in self.assess([stock], today) if row.measured.total is None]
        return found

    def _note_currencies(self, stock: Stock) -> None:
        """Note on which rates the price of a stock depends."""
        _, currency, item = stock.key
        quotes = self.evidence.prices.newest_by_pair.get(item, {})
        if len(quotes) == 1 and currency in quotes:
            return
        for other in quotes.keys() - {currency}:
            self.memory.converted.setdefault(other, set()).add(stock)

    def _list_groups(self, stocks: Iterable[Stock]) -> list[list[Stock]]:
        """List the stocks of the wide groups that any of these is in."""
        names = {self._grouping.name_wide(stock): None for stock in stocks}
        return [self._find_members(name) for name in names]

    def _find_members(self, name: tuple[str, str, str]) -> list[Stock]:
        """The stocks of a group that have lots, for the bases category and total."""
        stocks = self._books.stocks
        if len(stocks) > self._grouped:
            for stock in islice(stocks.values(), self._grouped, None):
                self._members[self._grouping.name_wide(stock)].append(stock)
            self._grouped = len(stocks)
        return [stock for stock in self._members[name] if stock.lots]
