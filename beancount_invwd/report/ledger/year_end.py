"""The end of the fiscal year before → what reports of the year ask of it, as it is passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.later import Evidence, find_evidence
from beancount_invwd.report.ledger.outcomes import NotedGoods, note_goods
from beancount_invwd.report.ledger.spans import find_state

if TYPE_CHECKING:
    import datetime

    from beancount_invwd.engine import Run

Class = tuple[str, str, str]  # entity, currency and category


class YearEnd(NamedTuple):
    """What is asked of the end of a fiscal year.

    Attributes:
        evidence: What came soon after it.
        carrying: What goods were carried at, by class.
        goods: Goods as they stood.
    """

    evidence: Sequence[Evidence]
    carrying: Mapping[Class, Decimal]
    goods: NotedGoods


def ask_year_end(then: Run) -> YearEnd:
    """Answer what is asked of the end of a fiscal year; `recall` of the run gives it."""
    return YearEnd(find_evidence(then), sum_carrying(then), note_goods(then))


def find_goods(run: Run, day: datetime.date) -> NotedGoods:
    """Find goods as they stood on a date, in the ledger of a run."""
    answer: YearEnd | None = run.recall(day)
    return note_goods(find_state(run, day)) if answer is None else answer.goods


def sum_carrying(run: Run) -> Mapping[Class, Decimal]:
    """Sum what goods on hand are carried at, by class."""
    sums: Sums[Class] = Sums()
    with localcontext(CONTEXT):
        for stock in run.stocks:
            key = (*stock.key[:2], stock.category)
            for lot in stock.lots.values():
                sums.add(key, lot.cost - lot.allowance)
    return sums
