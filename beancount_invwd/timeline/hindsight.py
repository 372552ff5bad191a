"""The ledger once more, as if no period was closed → what its lots should carry.

It is begun when books of a closed period turn out to be different from what they should be, and
goes on day by day beside the first (ACCOUNTING section 11). What the plugin itself has booked is
made again; what was made by hand is a fact.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING

from beancount_invwd.booked.claim import is_by_hand
from beancount_invwd.directives.mistakes import Mistakes
from beancount_invwd.timeline.timeline import Timeline

if TYPE_CHECKING:
    from beancount_invwd.booked.closed import Stocks
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.policy.policy import Policy

_get_date = attrgetter("date")


class Hindsight(Timeline):
    """Follows a ledger as if nothing was closed, up to a day at a time.

    Args:
        first: The same ledger as it is.
        policy: The policy.
        directives: What the ledger states.
        blocked: The items that are not assessed.
        end: The last date on which lots may be tested, inclusive.
    """

    def __init__(
        self,
        first: Timeline,
        policy: Policy,
        directives: Directives,
        blocked: set[str],
        end: datetime.date,
    ) -> None:
        told = Mistakes(dict, blocked)  # by the first
        super().__init__(policy, directives.reopen(policy, told), told, end, is_told=False)
        self.closed.first = first.closed
        self.entries = self._today.entries = first.entries
        own, known = self.weigher.evidence, first.weigher.evidence
        own.prices.sales, own.replacement_share = known.prices.sales, known.replacement_share
        self._today.is_claim = is_by_hand
        self._taken = 0

    def look(self, day: datetime.date, *, is_over: bool) -> Stocks:
        """Go on to a day, before it is tested.

        Args:
            day: The day.
            is_over: Whether all of it is over but its test.
        """
        stop = bisect_right(self.entries, day, self._taken, key=_get_date)
        self._take(self.entries[self._taken : stop])
        self._taken = stop
        if is_over or not stop or self.entries[stop - 1].date < day:
            self._go_to(day)
        return self.books.stocks


def begin(
    policy: Policy,
    directives: Directives,
    mistakes: Mistakes,
    end: datetime.date,
    *,
    is_told: bool,
) -> Timeline:
    """Begin to follow a ledger, and once more if need be; the arguments are the timeline's."""
    first = Timeline(policy, directives, mistakes, end, is_told=is_told)

    @cache
    def begin_again() -> Hindsight:
        return Hindsight(first, policy, directives, mistakes.blocked, end)

    first.closed.look_back = lambda day, is_over: begin_again().look(day, is_over=is_over)
    return first
