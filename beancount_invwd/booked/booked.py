"""What the ledger has booked itself, day by day: read, judged, settled, taken.

At the end of a day what is booked is settled with what units took along that day, then with what of
a closed period is not yet written; the rest is about goods on hand, which take it. What was made by
hand before goods came or went that day is taken where it stands, if lots can take it there.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from beancount_invwd.allowance.groups import Group
from beancount_invwd.booked.claim import Claim, find_before_goods, read_claims
from beancount_invwd.booked.goods import Goods
from beancount_invwd.booked.judge import Judge
from beancount_invwd.booked.settle import cancel_lacking, settle, settle_waiting
from beancount_invwd.booked.take import Taker
from beancount_invwd.ground.money import ZERO
from beancount_invwd.movements.movement import BOOKED, Movement

if TYPE_CHECKING:
    from beancount_invwd.allowance.groups import Grouping
    from beancount_invwd.allowance.weigh import Weigher
    from beancount_invwd.booked.closed import ClosedPeriod
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.ground.sums import Sums
    from beancount_invwd.lots.books import Books
    from beancount_invwd.lots.stock import Stock, StockKey
    from beancount_invwd.movements.releases import Releases
    from beancount_invwd.policy.policy import Policy


class Booked:
    """Takes booked movements.

    Args:
        policy: Tells what may be reversed.
        books: The lots.
        grouping: Tells which lots are one group.
        chart: Tells what an account is.
        mistakes: Takes what cannot be taken.
        weigher: Tells what a measurement would give.
        closed: What is closed.
        note_changed: Takes stocks whose allowances changed.

    Attributes:
        first_use: When an account was first posted to by a booked movement.
        day: The last day whose entries were all looked at.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (one of each stage before)
        self,
        policy: Policy,
        books: Books,
        grouping: Grouping,
        chart: Chart,
        mistakes: Mistakes,
        weigher: Weigher,
        closed: ClosedPeriod,
        note_changed: Callable[[Sequence[Stock]], None],
    ) -> None:
        self._goods = Goods(books)
        self._judge = Judge(self._goods, chart, mistakes)
        self._taker = Taker(
            self._goods,
            self._judge,
            grouping,
            chart,
            weigher=weigher,
            closed=closed,
            is_interim=policy.reversals == "interim",
        )
        self._closed = closed
        self._note_changed = note_changed
        self._claims: list[Claim] = []
        self.first_use: dict[str, datetime.date] = {}
        self.day: datetime.date | None = None
        self._before_goods: Collection[tuple[int, str]] = ()

    @property
    def taken_over(self) -> Sums[StockKey]:
        """What stocks got or gave without a gain or loss, since this was last cleared."""
        return self._taker.taken_over

    def foresee(self, day: datetime.date, entries: Sequence[Any]) -> bool:
        """Look at all entries of a day; return whether some of it is taken before its end."""
        self.day = day
        self._before_goods = find_before_goods(entries, self._goods.books.by_commodity)
        return bool(self._before_goods)

    def note(self, txn: Any) -> list[Movement]:
        """Note a booked movement.

        Returns:
            What of it is taken at once, since its goods change later that day.
        """
        found = []
        self.note_use(txn)
        for claim in read_claims(txn):
            if self._judge.is_of_result(claim):
                found.append(_describe(claim))
                continue
            now = self._judge.admit_now(claim) if self._stands_before(claim) else None
            if now is None:
                self._claims.append(claim)
            else:
                found += self._take([now], txn.date)
        return found

    def note_use(self, txn: Any) -> None:
        """Note since when the ledger itself posts to accounts."""
        for posting in txn.postings:
            self.first_use.setdefault(posting.account, txn.date)

    def _stands_before(self, claim: Claim) -> bool:
        """Whether it was made by hand, and its goods change later that day."""
        return (id(claim.txn), claim.group) in self._before_goods

    def end_day(self, releases: Releases, day: datetime.date) -> list[Movement]:
        """Settle and take what is booked of a day.

        Args:
            releases: What units took along.
            day: The day.

        Returns:
            What is to be written, and what is booked.
        """
        outgoing, claims = releases.take(), self._judge.admit(self._claims)
        self._claims = []
        if claims:
            outgoing, claims = self._settle(outgoing, claims, releases)
        found: list[Movement] = []
        if self._closed.covers(day):
            self._closed.keep(outgoing)
        else:
            found += outgoing
        if claims:
            self._closed.look(day, is_over=False)
        if claims and self._closed.corrections:  # perhaps booked in this period
            corrections, claims = settle(self._closed.corrections, claims, self._goods.is_kin)
            self._closed.corrections, claims = cancel_lacking(corrections, claims, self._goods)
        claims = [claim for claim in claims if claim.changes]
        return found + self._take(claims, day) if claims else found

    def _settle(
        self, outgoing: list[Movement], claims: list[Claim], releases: Releases
    ) -> tuple[list[Movement], list[Claim]]:
        """Settle claims with what left that day, or waits for the end of its period."""
        is_kin = self._goods.is_kin
        outgoing, claims = settle(outgoing, claims, is_kin)
        releases.waiting, claims = settle_waiting(releases.waiting, claims, is_kin)
        if outgoing:
            late = [claim for claim in claims if not self._stands_before(claim)]
            early = [claim for claim in claims if self._stands_before(claim)]
            outgoing, early = cancel_lacking(outgoing, early, self._goods)
            claims = early + late
        return outgoing, claims

    def _take(self, claims: Sequence[Claim], day: datetime.date) -> list[Movement]:
        """Change allowances as the ledger says."""
        stocks = self._goods.find_on_hand(claims)
        found = self._taker.take(claims, stocks, day)
        self._closed.forget()
        self._note_changed(stocks)
        return found


def _describe(claim: Claim) -> Movement:
    """What moved in profit or loss alone: the year's loss to a line of its own (section 7)."""
    group = Group(claim.entity or "", claim.currency, claim.group, "", "")
    row = Movement(claim.txn.date, "transfer", BOOKED, group, ZERO, ZERO, {}, is_booked=True)
    return row._replace(credits=claim.stated)
