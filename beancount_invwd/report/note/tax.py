"""Lines 1, 7, 9a and 9b of the IRS's Form 1125-A, Cost of Goods Sold (Rev. November 2024).

Lines 1 and 7 are inventory at the beginning and the end of the year, 9a asks how closing inventory
is valued, 9b whether subnormal goods were written down. Books by ASC 330 are no tax return: its
market is what goods cost to buy again, item by item (Reg. 1.471-4), net realizable value counts of
subnormal goods alone (damage, imperfections, shop wear, changes of style, odd or broken lots), at
the price that they are offered at within 30 days of the date (Reg. 1.471-2 (c)), and what is merely
too much is no loss of the return at all (Thor Power Tool Co. v. Commissioner, 439 U.S. 522). So
each figure is that of the books, with what the author has to settle.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.bridged import find_cause
from beancount_invwd.report.ledger.holdings import EXPIRED, list_positions, sum_totals
from beancount_invwd.report.ledger.spans import day_before
from beancount_invwd.report.note.blocks import Block, paragraph, tell_check
from beancount_invwd.report.output.columns import CARRYING, Column

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.written import Written
    from beancount_invwd.report.note.before import Before

TAX_LINE = Column("line", "line")
TAX_COLUMNS = (
    Column("cost", "cost before write-downs", "money"),
    Column("allowance", "allowance", "money"),
    CARRYING,
)
_LOSSES = {"write-down", "write-off"}
_ESTIMATED = {"ageing", "idle", "coverage"}
_CONTRACT = "contract"


class TaxLine(NamedTuple):
    """A line of the form, as the books have it."""

    line: str
    entity: str
    currency: str
    cost: Decimal
    allowance: Decimal
    carrying: Decimal


def list_tax_lines(run: Run, before: Before | None, start: datetime.date) -> list[TaxLine]:
    """List lines 1 and 7; line 1 only where the period follows a fiscal year of the ledger."""
    states = {"7, inventory at end of year": run}
    if before is not None and before.span[1] == day_before(start):
        states = {"1, inventory at beginning of year": before.run, **states}
    return [
        TaxLine(line, row.entity, row.currency, row.cost, row.allowance, row.carrying)
        for line, state in states.items()
        for row in sum_totals(list_positions(state, "category"))
    ]


def tell_tax_return(
    run: Run, written: Sequence[Written], write_money: Callable[[Decimal, str], str]
) -> Iterator[Block]:
    """Tell what the ledger knows of lines 9a and 9b.

    Args:
        run: The state at the end of the year.
        written: The movements of the year.
        write_money: Writes an amount in a currency.
    """
    yield paragraph(
        "Line 9a: (ii) lower of cost or market, as the books are.",
        tell_check(
            "market of the return is what goods cost to buy again, item by item (Reg. 1.471-4); "
            "under LIFO goods stay at cost (Reg. 1.472-2 (b))"
        ),
    )
    lost: Sums[str] = Sums()
    for row in written:
        if row.kind in _LOSSES and _is_subnormal(row):
            lost.add(row.currency, row.change)
    told = _list_amounts(lost, write_money)
    if told:
        yield paragraph(
            f"Line 9b: goods that expired or whose value is stated were written down by {told}.",
            tell_check(
                "which of them are subnormal, and were offered at that price within 30 days of the "
                "date (Reg. 1.471-2 (c))"
            ),
        )
    else:
        yield paragraph(
            "Line 9b: no goods that expired or whose value is stated were written down."
        )
    reserved: Sums[str] = Sums()
    for lot, measured in run.rows:
        if measured.reason in _ESTIMATED:
            reserved.add(lot.stock.key.currency, lot.allowance)
    if told := _list_amounts(reserved, write_money):
        yield paragraph(
            f"Of the allowance {told} rest on age, idleness or days of supply.",
            tell_check("the return takes no loss on goods that are merely too many (Thor)"),
        )


def _is_subnormal(row: Written) -> bool:
    """Whether a loss is of particular goods: they expired, or are damaged and the like."""
    is_stated = find_cause(row) == "stated" and row.reason not in {"", _CONTRACT}
    return is_stated or row.reason == EXPIRED


def _list_amounts(sums: Sums[str], write_money: Callable[[Decimal, str], str]) -> str:
    rows = sorted(sums.without_zeros().items())
    return ", ".join(write_money(amount, currency) for currency, amount in rows)
