"""`invwd-temporary` directives: declines that will be made up for (ASC 270-10-45-6).

2024-06-30 custom "invwd-temporary" "SCARF" "spring season"
  until: 2024-11-30
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.forms import check_names
from beancount_invwd.ground.dates import DAY, fiscal_year_end
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.policy.policy import Policy

SEASON = (
    'such as: 2024-06-30 custom "invwd-temporary" "SCARF" "spring season", with until: 2024-11-30'
)


class Temporary(NamedTuple):
    """A decline of an item's price that is not recognised until a date, inclusive."""

    date: datetime.date
    item: str
    reason: str
    until: datetime.date
    entry: Any


def read_temporary(entry: Any, given: Sequence[Any]) -> Temporary:
    """Read a directive.

    Raises:
        RuleError: It is malformed.
    """
    form = f"invwd-temporary takes an item, a reason and until, {SEASON}"
    check_names(entry, ("until",))
    until = entry.meta.get("until")
    if len(given) != 2 or not all(isinstance(row, str) and row.strip() for row in given):  # noqa: PLR2004
        raise RuleError(form)
    if not isinstance(until, datetime.date):
        raise RuleError(form)
    if until < entry.date:
        raise RuleError(f"the decline ends on {until}, before its date; {form}")
    return Temporary(entry.date, given[0], given[1], until, entry)


def check_temporary(row: Temporary, policy: Policy) -> Temporary:
    """Check that a decline can be temporary; the end of the fiscal year tests all.

    Raises:
        RuleError: The policy knows no such thing, or the fiscal year ends before it does.
    """
    if policy.reversals != "interim":
        raise RuleError(
            "invwd-temporary needs 'reversals' 'interim' (ASC 270-10-45-6); by "
            f"'{policy.reversals}' a decline is recognised, and what comes back is reversed"
        )
    end = fiscal_year_end(row.date, policy.year_end)
    if row.until > end:
        raise RuleError(
            f"a temporary decline is made up for within its fiscal year, which ends on {end}, not "
            f"until {row.until}; write an earlier until"
        )
    return row._replace(until=min(row.until, end - DAY))
