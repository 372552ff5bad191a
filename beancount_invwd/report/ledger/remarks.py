"""What the positions do not show: sentences below them.

200.00 USD of releases wait for the end of the period; until then the allowance accounts hold as
much more than the lots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.sums import Sums
from beancount_invwd.measure.measured import Unit
from beancount_invwd.measure.rule import add_up_costs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock


def list_remarks(run: Run) -> list[str]:
    """List what concerns allowances or goods on a date, but is in no position."""
    return run.share(_list_remarks)


def _list_remarks(run: Run) -> list[str]:
    contracts = (text for stock in run.stocks for text in _tell_contracts(run, stock))
    return [*tell_waiting(run), *contracts]


def tell_pending(run: Run) -> list[str]:
    """Tell what a test would change, if the date is no measurement date."""
    return run.share(_tell_pending)


def _tell_pending(run: Run) -> list[str]:
    sums: Sums[tuple[str, str]] = Sums()
    for plan in run.plans:
        for lot, new in plan.list_new():
            sums.add((plan.group.entity, plan.group.currency), new - lot.allowance)
    return [
        f"a test on {run.as_of} would change the allowance"
        f"{f' of {entity}' if entity else ''} by {pending:,f} {currency}, which is not written"
        for (entity, currency), pending in sorted(sums.items())
        if pending
    ]


def tell_waiting(run: Run) -> Iterator[str]:
    """Tell what is not written yet, so that lots and allowance accounts differ.

    Releases are written at the end of the period (ACCOUNTING section 8), what corrects a closed
    period on the next measurement date (section 11).
    """
    releases: Sums[str] = Sums()
    for release in run.waiting:
        releases.add(release.group.currency, release.amount)
    for currency, amount in sorted(releases.items()):
        yield (
            f"{amount:,f} {currency} of releases wait for the end of the period; until then the "
            "allowance accounts hold as much more than the lots."
        )
    corrections = run.sum_corrections().without_zeros()
    for (account, currency), change in sorted(corrections.items()):
        yield (
            f"{abs(change):,f} {currency} that correct a closed period wait for the next "
            f"measurement; until then {account} holds as much "
            f"{'more' if change < 0 else 'less'} than the lots."
        )


def _tell_contracts(run: Run, stock: Stock) -> Iterator[str]:
    """Tell of losses on contracts for more than what is on hand (ACCOUNTING section 10)."""
    lacking = run.list_unfilled(stock)
    replacement = run.find_replacement(stock) if lacking else None
    if replacement is None:
        return
    cost = replacement.number
    costs = add_up_costs(run.find_item_terms(stock))
    for contract, units in lacking:
        net = costs.find_net(Unit(cost), contract.number)
        if net < cost:
            left = "" if net == contract.number else f" ({net:,f} after costs)"
            yield (
                f"A contract of {contract.date} sells {units:,f} {stock.key.commodity} more than "
                f"are on hand at {contract.number:,f} {contract.currency}{left}, which is less "
                f"than the {cost:,f} that they cost: that loss is a provision (IAS 37), not one "
                "of inventory."
            )
