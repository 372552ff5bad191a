"""What was sold or used of an item → the steps of its rates by idleness and coverage.

70 units on hand, 30 sold in 90 days: 70 × 90 ÷ 30 = 210 days of supply. With 50% from 90 and 90%
from 180 days on, (90 × 50% + 30 × 90%) ÷ 210 = 34.2857142857% off cost.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.ground.words import say, translate
from beancount_invwd.lots.demand import list_bands
from beancount_invwd.report.explain.steps import Step
from beancount_invwd.report.explain.steps_evidence import SECTION
from beancount_invwd.report.output.numbers import show, show_share

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.demand import Rate
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.policy.policy import Coverage
    from beancount_invwd.report.ledger.sources import Sources


class DemandSteps:
    """Spells out what demand takes off the cost of a stock.

    Args:
        run: The state of a date.
        sources: Names files and lines.
    """

    def __init__(self, run: Run, sources: Sources) -> None:
        self._run = run
        self._policy = run.policy
        self._sources = sources
        self._day = run.as_of

    def list_all(self, stock: Stock) -> Iterator[Step]:
        """List the last sale, and demand and days of supply, with the rates they give."""
        rates = {rate.reason: rate for rate in self._run.list_rates(stock)}
        if self._policy.idle:
            yield self._tell_last(stock, rates["idle"])
        if self._policy.coverage is not None:
            yield from self._list_coverage(stock, self._policy.coverage, rates["coverage"])

    def _tell_last(self, stock: Stock, rate: Rate) -> Step:
        last = self._run.find_turnover(stock, 1).last
        text = say(
            "{last}, {days} days before: {share} off cost",
            last=last,
            days=(self._day - last).days,
            share=show_share(rate.share),
        )
        return Step(translate(SECTION), say("idle since"), text, None, self._locate(stock, last))

    def _list_coverage(self, stock: Stock, coverage: Coverage, rate: Rate) -> Iterator[Step]:
        window = coverage.window
        found = self._run.find_turnover(stock, window)
        if not found.is_known:
            first = self._run.find_first_purchase(stock)
            text = say(
                "first bought on {first}, less than {window} days before: not tested",
                first=first,
                window=window,
            )
            yield Step(translate(SECTION), say("demand"), text)
            return
        text = say("{sold} sold or used in {window} days", sold=show(found.sold), window=window)
        yield Step(translate(SECTION), say("demand"), text, None, self._sources.locate_plugin())
        units = self._run.find_saleable(stock)
        supply = found.find_supply(units)
        if supply is None:
            text = say(
                "without demand, the rate of the last threshold: {share} off cost",
                share=show_share(rate.share),
            )
            yield Step(translate(SECTION), say("coverage"), text)
            return
        formula = f"{show(units)} × {window} ÷ {show(found.sold)}"
        yield Step(translate(SECTION), say("days of supply"), formula, supply)
        yield Step(translate(SECTION), say("coverage"), _tell_share(coverage, supply, rate))

    def _locate(self, stock: Stock, day: datetime.date) -> str:
        """Find the last transaction of a date that posts the item to inventory."""
        found = ""
        for entry in self._run.past:
            if entry.date == day and type(entry) is data.Transaction:
                goods = (row for row in entry.postings if row.cost is not None)
                if any(self._is_of(stock, row) for row in goods):
                    found = self._sources.locate(entry.meta)
        return found

    def _is_of(self, stock: Stock, posting: Any) -> bool:
        home = self._run.inventory(posting.account)
        is_same = posting.units.currency == stock.key.commodity
        return is_same and home is not None and home.entity == stock.key.entity


def _tell_share(coverage: Coverage, supply: Decimal, rate: Rate) -> str:
    share = show_share(rate.share)
    if coverage.is_by_item:
        return say("for all units {share} off cost", share=share)
    bands = [
        f"{show(days)} × {show_share(band)}"
        for days, band in list_bands(coverage.rates, supply)
        if days
    ]
    parts = " + ".join(bands)
    if not parts:
        return say("no unit lies beyond the first threshold")
    return say(
        "({parts}) ÷ {supply} = {share} off cost", parts=parts, supply=show(supply), share=share
    )
