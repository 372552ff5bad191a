"""What the positions do not show: sentences below them.

200.00 USD of releases wait for the end of the period; until then the allowance accounts hold as
much more than the lots.
"""

from __future__ import annotations

from decimal import localcontext
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import CONTEXT, ZERO
from beancount_invwd.measure.formula import find_formula
from beancount_invwd.timeline.sums import sum_corrections

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.report.state import Assessment
    from beancount_invwd.timeline.timeline import Timeline


def list_remarks(assessment: Assessment) -> list[str]:
    """List what concerns allowances or goods on a date, but is in no position."""
    run, day = assessment.run, assessment.as_of
    if run is None:
        return []
    with localcontext(CONTEXT):
        contracts = (
            text for stock in assessment.stocks for text in _tell_contracts(run, stock, day)
        )
        return [*tell_waiting(run.timeline), *contracts]


def tell_pending(assessment: Assessment) -> list[str]:
    """Tell what a test would change, if the date is no measurement date."""
    sums: dict[tuple[str, str], Decimal] = {}
    with localcontext(CONTEXT):
        for plan in assessment.plans:
            key = (plan.group.entity, plan.group.currency)
            for lot, new in plan.list_new():
                sums[key] = sums.get(key, ZERO) + new - lot.allowance
    return [
        f"a test on {assessment.as_of} would change the allowance"
        f"{f' of {entity}' if entity else ''} by {pending:,f} {currency}, which is not written"
        for (entity, currency), pending in sorted(sums.items())
        if pending
    ]


def tell_waiting(timeline: Timeline) -> Iterator[str]:
    """Tell what is not written yet, so that lots and allowance accounts differ.

    Releases are written at the end of the period (ACCOUNTING section 8), what corrects a closed
    period on the next measurement date (section 11).
    """
    sums: dict[str, Decimal] = {}
    for row in timeline.waiting:
        sums[row.group.currency] = sums.get(row.group.currency, ZERO) + row.amount
    for currency, amount in sorted(sums.items()):
        yield (
            f"{amount:,f} {currency} of releases wait for the end of the period; until then the "
            "allowance accounts hold as much more than the lots."
        )
    for (account, currency), change in sorted(sum_corrections(timeline).items()):
        if change:
            yield (
                f"{abs(change):,f} {currency} that correct a closed period wait for the next "
                f"measurement; until then {account} holds as much "
                f"{'more' if change < 0 else 'less'} than the lots."
            )


def _tell_contracts(run: Run, stock: Stock, day: datetime.date) -> Iterator[str]:
    """Tell of losses on contracts for more than what is on hand (ACCOUNTING section 10)."""
    evidence = run.timeline.assessor.evidence
    lacking = evidence.list_unfilled(stock, day)
    newest = evidence.find_replacement(stock, day, None) if lacking else None
    if newest is None:
        return
    formula = find_formula(run.directives.parameters.of_item(stock.key.commodity))
    for contract, units in lacking:
        net = contract.number
        if formula is not None:
            net, _ = formula.find_value(net, None)
        if net < newest.number:
            yield (
                f"A contract of {contract.date} sells {units:,f} {stock.key.commodity} more than "
                f"are on hand at {contract.number:,f} {contract.currency}, which is less than the "
                f"{newest.number:,f} that they cost: that loss is a provision (IAS 37), not one "
                "of inventory."
            )
