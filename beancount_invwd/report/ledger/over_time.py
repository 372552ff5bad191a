"""Changes of cost and movements → what inventory was worth, and what moved it, by span of time."""

from __future__ import annotations

from decimal import localcontext
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from beancount_invwd.allowance.groups import Kind
    from beancount_invwd.report.ledger.history import CostChange
    from beancount_invwd.report.ledger.spans import Span
    from beancount_invwd.report.ledger.written import Written


class Value(NamedTuple):
    """What inventory was worth at the end of a span, in one currency."""

    currency: str
    cost: Decimal
    allowance: Decimal

    @property
    def carrying(self) -> Decimal:
        """Cost less allowance."""
        return self.cost - self.allowance


def list_values(
    costs: Sequence[CostChange], written: Sequence[Written], spans: Sequence[Span]
) -> list[list[Value]]:
    """List what inventory was worth at the end of each span.

    Args:
        costs: All changes of cost, in the order of dates; so are the movements.
        written: The movements of the allowances.
        spans: First and last days, inclusive, one after the other.
    """
    cost: Sums[str] = Sums()
    allowance: Sums[str] = Sums()
    found, i, j = [], 0, 0
    with localcontext(CONTEXT):
        for _, end in spans:
            while i < len(costs) and costs[i].date <= end:
                cost.add(costs[i].currency, costs[i].cost)
                i += 1
            while j < len(written) and written[j].date <= end:
                allowance.add(written[j].currency, written[j].change)
                j += 1
            names = dict.fromkeys((*cost, *allowance))
            found.append([Value(name, cost[name], allowance[name]) for name in names])
    return found


def sum_kinds(written: Sequence[Written], spans: Sequence[Span]) -> list[Sums[tuple[Kind, str]]]:
    """Add up what was written within each span, by kind and currency; nothing of 0."""
    found, i = [], 0
    with localcontext(CONTEXT):
        for start, end in spans:
            while i < len(written) and written[i].date < start:
                i += 1
            sums: Sums[tuple[Kind, str]] = Sums()
            while i < len(written) and written[i].date <= end:
                if written[i].change:
                    sums.add((written[i].kind, written[i].currency), written[i].change)
                i += 1
            found.append(sums)
    return found
