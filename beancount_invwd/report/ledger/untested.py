"""A period end that the ledger does not reach → what a test would change, and the line that cures.

    2024-12-20  the last entry; on 2024-12-31 nothing is tested
    add: 2024-12-31 balance Assets:Inventory:Store 60 MUG

Measurements end with the ledger, so that what the plugin writes never lies in the future; a period
that has passed without an entry at its end is left out without an error.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.accounts import is_below
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.spans import find_unmeasured

if TYPE_CHECKING:
    from beancount_invwd.engine import Run


class Untested(NamedTuple):
    """A measurement date that is left out.

    Attributes:
        due: The date.
        end: The last date that may be measured.
        cure: The line to add, or the key of the `plugin` line to change.
        pending: What a test on the date of the run would change, by currency; none is nil.
    """

    due: datetime.date
    end: datetime.date
    cure: str
    pending: Mapping[str, Decimal]


def find_untested(run: Run, through: datetime.date | None = None) -> Untested | None:
    """Find the first period end that is not tested, though goods are on hand.

    Args:
        run: The state of a date.
        through: The last period end to look at, inclusive; None is the date of the run.
    """
    found = find_unmeasured(run, run.as_of if through is None else through)
    if found is None or not run.rows:
        return None
    end, due = found
    if run.closed is not None and due <= run.closed:
        return None
    return Untested(due, end, _find_cure(run, due), run.share(sum_pending))


def tell_untested(found: Untested) -> str:
    """Tell of a period end that has passed."""
    return f"{tell_gap(found)}; {tell_cure(found)}"


def tell_gap(found: Untested) -> str:
    """What is left out, and why."""
    return say(
        "a period ended on {due}, but nothing was tested on that day: measurements end on {end} "
        "(with the ledger, or by 'until')",
        due=found.due,
        end=found.end,
    )


def tell_cure(found: Untested) -> str:
    """What to do about it."""
    if found.cure.startswith("'until'"):
        return say("set {cure} in the plugin line", cure=found.cure)
    return say("add a price or a balance of {due}, such as: {cure}", due=found.due, cure=found.cure)


def sum_pending(run: Run) -> Mapping[str, Decimal]:
    """What a test on the date of a run would add to allowances, by currency."""
    sums: Sums[str] = Sums()
    for plan in run.plans:
        for lot, new in plan.list_new():
            sums.add(plan.group.currency, new - lot.allowance)
    return sums.without_zeros()


def _find_cure(run: Run, due: datetime.date) -> str:
    """A balance that holds, since nothing moved after the ledger's last day."""
    if run.policy.until is not None:
        return f"'until': '{due}'"
    lot = min((row.lot for row in run.rows), key=lambda lot: (lot.account, lot.number))
    account, item = lot.account, lot.stock.key.commodity
    return f"{due} balance {account} {_sum_units(run, account, item):f} {item}"


def _sum_units(run: Run, account: str, item: str) -> Decimal:
    """Sum what was posted to an account and those below it, as a balance adds it up."""
    rows = read_history(run).postings[item]
    return sum((row.units.number for row in rows if is_below(row.account, account)), ZERO)
