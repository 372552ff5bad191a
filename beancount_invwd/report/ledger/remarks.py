"""What the positions do not show: sentences below them.

200.00 USD of releases wait for the end of the period; until then the allowance accounts hold as
much more than the lots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.notices import list_notices
from beancount_invwd.report.ledger.tie_out import tell_cost, tie_cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.notice import Notice

_COSTS = {"money", "excluded"}
_MOST = 5


def list_remarks(run: Run) -> list[str]:
    """List what concerns allowances or goods on a date, but is in no position."""
    others = tell_notices([row for row in list_notices(run) if row.kind not in _COSTS])
    parts = (tell_cost(row) for row in tie_cost(run) if row.money or row.excluded)
    return [*tell_waiting(run), *others, *parts]


def tell_notices(rows: Sequence[Notice]) -> list[str]:
    """Tell what has to be looked at: of each kind that with the most money, the rest is counted."""
    found: dict[str, None] = {}
    for kind in dict.fromkeys(row.kind for row in rows):
        alike = [row for row in rows if row.kind == kind]
        largest = sorted(alike, key=lambda row: -abs(row.amount or ZERO))[:_MOST]
        found |= dict.fromkeys(row.message for row in alike if row in largest)
        if len(alike) > _MOST:
            command, more = "report --format json", len(alike) - _MOST
            text = say("{count:,} more alike, listed by: bean-invwd {command}",
                       count=more, command=command)  # fmt: skip
            found[text] = None
    return list(found)


def tell_pending(run: Run) -> list[str]:
    """Tell what a test would change, if the date is no measurement date."""
    return run.share(_tell_pending)


def _tell_pending(run: Run) -> list[str]:
    sums: Sums[tuple[str, str]] = Sums()
    for plan in run.plans:
        for lot, new in plan.list_new():
            sums.add((plan.group.entity, plan.group.currency), new - lot.allowance)
    return [
        say(
            "a test on {as_of} would change the allowance{where} by {pending:,f} {currency}, "
            "which is not written",
            as_of=run.as_of,
            where=say(" of {entity}", entity=entity) if entity else "",
            pending=pending,
            currency=currency,
        )
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
        releases.add(release.group.currency, -release.change)
    for currency, amount in sorted(releases.without_zeros().items()):
        what, side = say("releases"), say("more")
        if amount < 0:  # of the period more came back with goods than left with others
            what, side = say("releases that came back with goods"), say("less")
        yield (
            say(
                "{amount:,f} {currency} of {what} wait for the end of the period; until then the "
                "allowance accounts hold as much {side} than the lots.",
                amount=abs(amount),
                currency=currency,
                what=what,
                side=side,
            )
        )
    corrections = run.sum_corrections().without_zeros()
    for (account, currency), change in sorted(corrections.items()):
        yield (
            say(
                "{amount:,f} {currency} that correct a closed period wait for the next "
                "measurement; until then {account} holds as much {side} than the lots.",
                amount=abs(change),
                currency=currency,
                account=account,
                side=say("more") if change < 0 else say("less"),
            )
        )
