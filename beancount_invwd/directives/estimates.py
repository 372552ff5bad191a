"""`invwd-policy` directives: estimates that change from a date on (IAS 8.32 to 8.39, ASC 250).

    2025-01-01 custom "invwd-policy" "selling_cost" "8%"            ; of all goods
    2025-01-01 custom "invwd-policy" "selling_cost" "3%" "WIDGET"   ; of one item, or of an account

What came before stays as it was: the effect falls into the first measurement from its date on.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.forms import check_names
from beancount_invwd.directives.metadata import find_key, show
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.policy.estimates import ESTIMATES, POLICIES, WIDE, parse_estimate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from beancount_invwd.directives.chart import Chart

CHANGED = 'such as: 2025-01-01 custom "invwd-policy" "selling_cost" "8%"'


class Estimate(NamedTuple):
    """An `invwd-policy`: what a key of the policy is from its date on.

    Attributes:
        value: As the policy has it.
        place: The item or account that it is about; "" if it is about all goods.
    """

    date: datetime.date
    key: str
    value: Any
    place: str
    entry: Any

    @property
    def is_of_account(self) -> bool:
        """Whether it is about an account."""
        return ":" in self.place


def read_estimate(entry: Any, given: Sequence[Any]) -> Estimate:
    """Read a directive.

    Raises:
        RuleError: It is malformed, or about what is no estimate.
    """
    form = f"invwd-policy takes a key, a value, and for one item or account that, {CHANGED}"
    check_names(entry, ())
    if not 2 <= len(given) <= 3 or not isinstance(given[0], str):  # noqa: PLR2004
        raise RuleError(form)
    key, value, place = given[0], given[1], given[2] if len(given) > 2 else ""  # noqa: PLR2004
    if key in POLICIES:
        raise RuleError(
            f"{key!r} is a policy, no estimate (IAS 8.35): change it in the plugin line, which "
            "applies it to all open periods; what that changes in closed ones is corrected in the "
            "open one (IAS 8.19(b))"
        )
    if key not in ESTIMATES:
        near = find_key(key, ESTIMATES)
        hint = f"did you mean {near!r}?" if near else f"known are {', '.join(ESTIMATES)}"
        raise RuleError(f"invwd-policy does not know {key!r}; {hint}")
    if not isinstance(place, str):
        raise RuleError(form)
    if place and key in WIDE:
        raise RuleError(f"{key!r} holds for all goods; leave {show(place)} out")
    try:
        return Estimate(entry.date, key, parse_estimate(key, value), place, entry)
    except RuleError as error:
        raise RuleError(f"{key!r} is {show(value)}; allowed is {error}") from error


def find_stranger(row: Estimate, chart: Chart, items: Collection[str]) -> str | None:
    """Tell of an estimate for an item or account that there never was; None if there was."""
    if not row.place or row.place in items:
        return None
    if row.is_of_account:
        is_known = row.place in chart.opens and chart.is_matched(row.place)
        kind = "no inventory account"
    else:
        is_known, kind = False, "no item that an inventory account ever held"
    return None if is_known else f"invwd-policy names {row.place}, which is {kind}; check its name"
