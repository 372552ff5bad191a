"""The listing against `report` and the balances of the ledger, account by account."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import CONTEXT, ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.audit.listing import AuditRow, AuditTotal, sum_audit
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.remarks import tell_waiting
from beancount_invwd.report.ledger.tie_out import tie_cost, tie_out
from beancount_invwd.report.output.columns import ACCOUNT, CURRENCY, Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beancount_invwd.engine import Run


class Tie(NamedTuple):
    """An account by the listing and by the ledger; 0 as difference is how it should be.

    Attributes:
        what: Cost, or allowance, which is positive.
        other: What is on the account and is no lot: money, goods that are not assessed.
    """

    account: str
    currency: str
    what: str
    listed: Decimal
    other: Decimal
    ledger: Decimal
    difference: Decimal


def tie_audit(run: Run, rows: Sequence[AuditRow]) -> list[Tie]:
    """Tie the listing to the balances of the accounts."""
    with localcontext(CONTEXT):
        costs: Sums[tuple[str, str]] = Sums()
        allowances: Sums[tuple[str, str]] = Sums()
        for row in rows:
            costs.add((row.account, row.currency), row.cost)
            allowances.add((row.contra, row.currency), row.allowance)
        return [*_tie_costs(run, costs), *_tie_allowances(run, allowances)]


def _tie_costs(run: Run, listed: Sums[tuple[str, str]]) -> Iterator[Tie]:
    for row in tie_cost(run):
        cost, other = listed[row.account, row.currency], row.money + row.excluded
        difference = row.ledger - cost - other
        if abs(difference) < row.quantum:  # dust of a used up pool
            difference = ZERO
        yield Tie(row.account, row.currency, "cost", cost, other, row.ledger, difference)


def _tie_allowances(run: Run, listed: Sums[tuple[str, str]]) -> Iterator[Tie]:
    ledger = {(row.account, row.currency): row.ledger for row in tie_out(run)}
    for key in sorted({*listed.without_zeros(), *ledger}):
        amount, balance = listed[key], ledger.get(key, ZERO)
        yield Tie(*key, "allowance", amount, ZERO, balance, balance - amount)


def tell_ties(
    run: Run, rows: Sequence[AuditRow], ties: Sequence[Tie]
) -> tuple[bool, Sequence[str]]:
    """Tell whether the listing ties, or by how much it does not."""
    off = [
        say(
            "The positions have {cost:,f} {currency} of cost and {allowance:,f} of allowance that "
            "is not in this listing.",
            cost=there.cost - here.cost,
            currency=there.currency,
            allowance=there.allowance - here.allowance,
        )
        for here, there in zip(sum_audit(rows), _sum_report(run), strict=True)
        if here != there
    ]
    apart = [
        say(
            "{account}: the ledger has {difference:,f} {currency} of {what} that is not in this "
            "listing.",
            account=row.account,
            difference=row.difference,
            currency=row.currency,
            what=translate(row.what),
        )
        for row in ties
        if row.difference
    ]
    if off or apart:
        return False, [*off, *apart, *tell_waiting(run)]
    return True, [
        say(
            "The totals are those of the positions, and of the accounts of the ledger: the listing "
            "ties."
        )
    ]


def _sum_report(run: Run) -> list[AuditTotal]:
    totals = sum_totals(list_positions(run))
    return [
        AuditTotal(row.entity, row.currency, row.cost, row.allowance, row.carrying)
        for row in totals
    ]


TIES = (
    ACCOUNT,
    CURRENCY,
    Column("what", "what"),
    Column("listed", "listed", "money"),
    Column("other", "besides", "money", in_text="rare"),
    Column("ledger", "ledger", "money"),
    Column("difference", "difference", "change"),
)
