"""The end of the fiscal year before → what reports of the year ask of it, as it is passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.later import Evidence, find_evidence

if TYPE_CHECKING:
    from beancount_invwd.engine import Run

Class = tuple[str, str, str]  # entity, currency and category


class YearEnd(NamedTuple):
    """What is asked of the end of a fiscal year.

    Attributes:
        evidence: What came soon after it.
        carrying: What goods were carried at, by class.
    """

    evidence: Sequence[Evidence]
    carrying: Mapping[Class, Decimal]


def ask_year_end(then: Run) -> YearEnd:
    """Answer what is asked of the end of a fiscal year; `recall` of the run gives it."""
    return YearEnd(find_evidence(then), sum_carrying(then))


def sum_carrying(run: Run) -> Mapping[Class, Decimal]:
    """Sum what goods on hand are carried at, by class."""
    sums: Sums[Class] = Sums()
    with localcontext(CONTEXT):
        for stock in run.stocks:
            key = (*stock.key[:2], stock.category)
            for lot in stock.lots.values():
                sums.add(key, lot.cost - lot.allowance)
    return sums
