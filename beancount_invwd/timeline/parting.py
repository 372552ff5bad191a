"""What a measurement changes → how much of it each cause is: measured again, cause by cause.

Goods are measured first with all that was known at the last measurement: what that changes comes
from their quantity alone, since goods left or came. Then one thing after the other is as it is
today, and what each changes is its own: the date (age, expiry), demand, exchange rates, prices,
what is stated of goods or sold by contract, and estimates last, so that these are the difference
between with and without (IAS 8.39). The sum is what is written, to the cent.

    10 MUG {10 USD} at 9.00: 10.00. Then 10 more come, the price is 8.00: 20.00 less 10.00 are of
    the 10 more at 9.00, 20.00 of the price. Quantity comes before price, as in the usual analysis
    of variances: what changed in between counts at today's units.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.measure.evidence import EvidenceBook
from beancount_invwd.measure.past import Past, PastDemand
from beancount_invwd.measure.valuer import Today
from beancount_invwd.movements.movement import Cause

if TYPE_CHECKING:
    from beancount_invwd.allowance.changes import Weighed
    from beancount_invwd.allowance.weigh import Weigher
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.timeline.timeline import Timeline

_Groups = Sequence[Sequence["Weighed"]]
_Step = tuple[Cause, "Weigher | None", datetime.date]


class Parting:
    """Parts changes by cause.

    Args:
        timeline: Has the lots, what weighs them, what a closed period lacks, and the estimates.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._books = timeline.books
        self._weigher = timeline.weigher
        self._closed = timeline.closed
        self._estimates = timeline.estimates
        self._past = Past(EvidenceBook(), datetime.date.min, ())
        self._demand = PastDemand({})
        self._known: dict[Stock, int] = {}  # how many of the estimates that changed count already

    def remember(self, day: datetime.date, due: Iterable[Stock] | None) -> None:
        """Remember what is known at the end of a measurement, of some stocks or of all."""
        self._known |= dict.fromkeys(due or (), self._estimates.count)
        if due is None:
            self._known.clear()
        weigher, stocks = self._weigher, self._books.stocks.values()
        self._past = Past(weigher.evidence, day, stocks)
        rates = {}
        if weigher.demand.is_asked:
            find, today = weigher.valuer.find_rates, Today(day)
            rates = {stock: find(stock, today) for stock in stocks if stock.lots}
        self._demand = PastDemand(rates)

    def part(self, groups: _Groups, day: datetime.date) -> list[Sums[Cause]]:
        """Part what a measurement is about to write.

        Args:
            groups: What is written together, not yet set.
            day: Its date.

        Returns:
            For each of them what each cause changes; what corrects a closed period is in it.
        """
        parts: list[Sums[Cause]] = [Sums() for _ in groups]
        together: dict[int, list[int]] = {}
        for i, rows in enumerate(groups):
            known = min(self._known.get(stock, 0) for stock in _list_stocks([rows]))
            together.setdefault(known, []).append(i)
        for known, numbers in together.items():
            with self._estimates.undone(known):
                is_changed = known < self._estimates.count
                some = [groups[i] for i in numbers], [parts[i] for i in numbers]
                self._part(*some, day, is_changed=is_changed)
        return parts

    def _part(
        self,
        groups: _Groups,
        parts: Sequence[Sums[Cause]],
        day: datetime.date,
        *,
        is_changed: bool,
    ) -> None:
        """Part what is written of groups of which the same estimates changed."""
        so_far, stocks = [ZERO] * len(groups), _list_stocks(groups)
        for cause, weigher, date in self._list_steps(stocks, day, is_changed=is_changed):
            changes = [_sum_written(rows) for rows in groups]
            if weigher is not None:
                found = self._closed.weigh(weigher, stocks, date, by_lot=True).weighed
                changes = _sum_changes(groups, found)
            for sums, change, before in zip(parts, changes, so_far, strict=True):
                sums.add(cause, change - before)
            so_far = changes

    def _list_steps(
        self, stocks: Sequence[Stock], day: datetime.date, *, is_changed: bool
    ) -> Iterator[_Step]:
        """List what to measure with, cause by cause; with nothing other than today, last."""
        now, demand, past = self._weigher.evidence, self._weigher.demand, self._past
        ask = self._weigher.ask
        yield "quantity", ask(past, self._demand), past.stated_on
        if any(stock.is_mixed or stock.terms is None or stock.terms.ageing for stock in stocks):
            yield "age", ask(past, self._demand), day
        if demand.is_asked or self._demand.is_asked:
            yield "demand", ask(past, demand), day
        currencies = now.prices.list_currencies() - self._books.by_commodity.keys()
        if len(currencies) > 1:
            yield "exchange_rate", ask(past.with_rates(now, currencies), demand), day
        if now.stated or is_changed:
            yield "price", ask(past.with_prices(now, day), demand), day
            if is_changed:
                yield "stated", ask(now, demand), day
        yield "estimates" if is_changed else "stated" if now.stated else "price", None, day


def _list_stocks(groups: _Groups) -> list[Stock]:
    """List the stocks that something is written of, each once."""
    lots = (lot for rows in groups for row in rows for lot in row.list_lots())
    return list(dict.fromkeys(lot.stock for lot in lots))


def _sum_written(rows: Sequence[Weighed]) -> Decimal:
    return sum((change for row in rows for change in row.changes.values()), ZERO)


def _sum_changes(groups: _Groups, found: Sequence[Weighed]) -> list[Decimal]:
    """Sum what lots would carry more, for what is written of them or of others of their name."""
    owners: dict[int, int] = {}
    names: dict[tuple[str, str, str], int] = {}
    for i, rows in enumerate(groups):
        entity, currency, name, *_ = rows[0].group
        names.setdefault((entity, currency, name), i)
        owners |= {lot.number: i for row in rows for lot in row.list_lots()}
    sums = [ZERO] * len(groups)
    for row in found:
        for lot, allowance in row.list_new():
            owner = owners.get(lot.number, names.get(row.group[:3]))
            if owner is not None:
                sums[owner] += allowance - lot.allowance
    return sums
