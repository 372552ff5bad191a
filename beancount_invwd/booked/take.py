"""Booked movements → changes of the allowances of lots on hand (ACCOUNTING section 11).

What a booked movement says is shared out as a measurement of that day would do it, else by cost,
so that the plugin's own output, booked, gives each lot what it had. Amounts that no lot can take
are an error; where the plugin wrote them and the period is closed, a late price, sale or move is
why, and they are corrected in the open period.
"""

from __future__ import annotations

import datetime
from collections.abc import Container, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.allowance.changes import Weighed, find_kind, merge, sum_changes
from beancount_invwd.allowance.groups import Group, Grouping
from beancount_invwd.booked.claim import Claim
from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.shares import spread
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import carry, find_room
from beancount_invwd.movements.movement import BOOKED, Movement

if TYPE_CHECKING:
    from beancount_invwd.allowance.weigh import Weigher
    from beancount_invwd.booked.closed import ClosedPeriod
    from beancount_invwd.booked.goods import Goods
    from beancount_invwd.booked.judge import Judge
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.lots.stock import Lot, Stock, StockKey


class _Test(NamedTuple):
    """What a measurement of a day would give, by the numbers of lots.

    Attributes:
        names: The names of their groups, as far as something changes in them.
        wishes: The new allowances of lots that nothing is booked of yet.
        unmeasured: Lots without a measure.
    """

    names: Mapping[int, str]
    wishes: Mapping[int, Decimal]
    unmeasured: Container[int]


class Taker:
    """Gives lots what is booked of them.

    Args:
        goods: Finds them.
        judge: Reports amounts that no lot can take.
        grouping: Tells which lots are one group.
        chart: Tells what is profit or loss.
        weigher: Tells what a measurement would give.
        closed: Takes what corrects amounts of a closed period that no lot could take.
        is_interim: Whether only losses of the same fiscal year may be reversed.

    Attributes:
        taken_over: What lots got or gave without a gain or loss, since this was last cleared.
    """

    def __init__(  # noqa: PLR0913 (one of each stage before)
        self,
        goods: Goods,
        judge: Judge,
        grouping: Grouping,
        chart: Chart,
        *,
        weigher: Weigher,
        closed: ClosedPeriod,
        is_interim: bool,
    ) -> None:
        self.taken_over: Sums[StockKey] = Sums()
        self._goods = goods
        self._judge = judge
        self._grouping = grouping
        self._chart = chart
        self._weigher = weigher
        self._closed = closed
        self._is_interim = is_interim

    def take(
        self, claims: Sequence[Claim], stocks: Sequence[Stock], day: datetime.date
    ) -> list[Movement]:
        """Change the allowances of lots.

        Args:
            claims: With amounts on allowance accounts only.
            stocks: The stocks with lots that they name.
            day: The day.

        Returns:
            What was booked, as movements that are not written again.
        """
        found, left = [], list(claims)
        while left:
            more, left = self._take_some(left, stocks, day)
            found += more
            stocks = self._goods.find_on_hand(left)
        return found

    def _take_some(
        self, claims: Sequence[Claim], stocks: Sequence[Stock], day: datetime.date
    ) -> tuple[list[Movement], list[Claim]]:
        """Take what was measured, and of others the first for any goods; return the rest too."""
        weighed = self._closed.weigh(self._weigher, stocks, day, by_lot=True).weighed
        names = {lot.number: row.group.name for row in weighed for lot in row.lots}
        waiting: dict[tuple[str, str], list[Sequence[Weighed]]] = {}
        for alike in merge(weighed):
            group = alike[0].group
            waiting.setdefault((group.name, group.currency), []).append(alike)
        found, others = [], []
        for claim in claims:
            named = waiting.get((claim.group, claim.currency), [])
            together = next((row for row in named if _is_booking(claim, row)), None)
            if together is None:
                others.append(claim)
            else:
                named.remove(together)
                self._take_measured(claim, together)
                found.append(self._describe(claim, together[0].group, claim.changes, day))
        rest: list[Claim] = []
        if others:
            left = [row for named in waiting.values() for together in named for row in together]
            wishes = {lot.number: new for row in left for lot, new in row.list_new()}
            unmeasured = self._weigher.find_unmeasured(stocks, day)
            others, rest = self._goods.list_first(others)
            for claim in others:
                found += self._share(claim, _Test(names, wishes, unmeasured), day)
        return found, rest

    def _take_measured(self, claim: Claim, together: Sequence[Weighed]) -> None:
        """Take what is just what a measurement would write."""
        for outcome in together:
            steps = [new - lot.allowance for lot, new in outcome.list_new()]
            outcome.set()
            if claim.kind is None:
                self._closed.take_by_hand(claim.txn, outcome.lots, steps)
            self._take_over(claim, outcome.lots, steps)

    def _share(self, claim: Claim, test: _Test, day: datetime.date) -> list[Movement]:
        """Share amounts out over the lots behind each account.

        Those that are in the group on that day come first, before those that are left out of it
        for want of a measure (ACCOUNTING section 4); then others that had its name, since the
        basis, or what is known of a lot, may have been another when the ledger was written.
        """
        lots, home = self._goods.list_lots(claim), self._goods.find_home(claim)
        is_fixed = _has_sign(claim) and self._closed.covers(day)
        if claim.kind is not None and self._closed.covers(day):
            self._closed.doubt()
        if not lots and (home is None or not is_fixed):
            self._judge.report_absence(claim)
            return []
        taken: dict[str, Sums[str]] = {}  # by entity
        unplaced: Sums[str] = Sums()
        for account, change in claim.changes.without_zeros().items():
            behind = [lot for lot in lots if lot.place.contra == account]
            circles = self._find_circles(claim, behind, test)
            late = [self._closed.find_late(lot) if change > 0 else ZERO for lot in behind]
            parts = self._recall(claim, behind, change) or _spread(
                behind, (late, circles), change, test.wishes, is_partly=is_fixed
            )
            if parts is None:
                self._judge.report_excess(claim, account, change)
                continue
            if claim.kind is None:
                self._closed.take_by_hand(claim.txn, behind, parts)
            self._take_over(claim, behind, parts)
            unplaced[account] = sum(parts, ZERO) - change
            for lot, part in zip(behind, parts, strict=True):
                taken.setdefault(lot.stock.key.entity, Sums()).add(account, part)
        if home is not None:
            self._correct(claim, home, unplaced, day)
        found = [
            self._describe(claim, self._find_group(claim, entity), changes, day)
            for entity, amounts in taken.items()
            if (changes := amounts.without_zeros())
        ]
        return found[:1] + [row._replace(credits={}) for row in found[1:]]

    def _recall(self, claim: Claim, lots: Sequence[Lot], change: Decimal) -> list[Decimal]:
        """Take what is made by hand as the ledger took it; nothing where that cannot be."""
        first = self._closed.first
        known = {} if first is None or claim.kind is not None else first.by_hand
        taken = [known.get((id(claim.txn), lot.number), (ZERO, ZERO))[1] for lot in lots]
        pairs = list(zip(lots, taken, strict=True))
        is_fitting = all(
            -lot.allowance <= part <= find_room(lot) + self._closed.find_known(claim.txn, lot, part)
            for lot, part in pairs
        )
        if not is_fitting or sum(taken, ZERO) != change:
            return []
        for lot, part in pairs:
            carry(lot, part)
        return taken

    def _find_circles(self, claim: Claim, lots: Sequence[Lot], test: _Test) -> list[list[bool]]:
        """Tell of lots who comes first, who next."""
        find_left = self._grouping.find_left
        named = [(test.names.get(lot.number) or find_left(lot).name) == claim.group for lot in lots]
        measured = [
            is_named and lot.number not in test.unmeasured
            for lot, is_named in zip(lots, named, strict=True)
        ]
        return [measured, named]

    def _correct(self, claim: Claim, stock: Stock, changes: Sums[str], day: datetime.date) -> None:
        """Note that amounts which no lot can take have to be taken off again."""
        group, closed = self._find_group(claim, stock.key.entity), self._closed
        closed.corrections = _add_excess(closed.corrections, group, changes, day)

    def _find_group(self, claim: Claim, entity: str) -> Group:
        """The group that a claim names, with the item or category of its goods."""
        stock = self._goods.find_home(claim)
        commodity, category = ("", "") if stock is None else (stock.key.commodity, stock.category)
        if claim.group != commodity and not self._grouping.is_by_item:
            commodity = ""
        return Group(entity, claim.currency, claim.group, commodity, category)

    def _describe(
        self, claim: Claim, group: Group, changes: Sums[str], day: datetime.date
    ) -> Movement:
        """What was booked; by its kind losses and reversals are added up (section 7)."""
        change = changes.total()
        kind = find_kind(change, ZERO if claim.kind == "write-off" else ONE)
        if claim.kind == "release":
            kind = "release"
        elif self._is_taken_over(claim):
            kind = "transfer"
        others = Sums({a: n for a, n in claim.stated.items() if a not in changes})
        row = Movement(day, kind, BOOKED, group, ZERO, ZERO, changes, is_booked=True)
        return row._replace(credits=others.without_zeros())

    def _is_taken_over(self, claim: Claim) -> bool:
        """Whether it is neither loss nor gain: an allowance that came from another system, say."""
        return claim.kind is None and not self._chart.is_result(claim.txn)

    def _take_over(self, claim: Claim, lots: Sequence[Lot], changes: Sequence[Decimal]) -> None:
        """Note what lots took over; it is no loss of this year (ACCOUNTING section 6)."""
        if self._is_taken_over(claim):
            for lot, change in zip(lots, changes, strict=True):
                self.taken_over.add(lot.stock.key, change)
                if self._is_interim:
                    carry(lot, ZERO, locked=max(ZERO, change))


def _add_excess(
    corrections: Iterable[Movement], group: Group, changes: Sums[str], day: datetime.date
) -> list[Movement]:
    """Set what no lot can take off against what was so before of the same group."""
    excess, others = Sums(changes), []
    for row in corrections:
        if (row.reason, row.group) == (BOOKED, group):
            for account, change in row.changes.items():
                excess.add(account, change)
        else:
            others.append(row)
    kind, excess = find_kind(excess.total(), ONE), excess.without_zeros()
    added = [Movement(day, kind, BOOKED, group, ZERO, ZERO, excess)] if excess else []
    return others + added


def _has_sign(claim: Claim) -> bool:
    """Whether what the plugin wrote, by its kind, has the sign of that kind."""
    change = claim.changes.total()
    if claim.kind in {"write-down", "write-off"}:
        return change > ZERO
    return claim.kind is not None and (claim.kind != "reversal" or change < ZERO)


def _is_booking(claim: Claim, together: Sequence[Weighed]) -> bool:
    """Whether a booked movement is just what a measurement would write."""
    group = together[0].group
    return (
        claim.entity in {None, group.entity}
        and claim.kind in {None, together[0].kind}
        and sum_changes(together) == claim.changes.without_zeros()
    )


def _spread(
    lots: Sequence[Lot],
    before: tuple[Sequence[Decimal], Sequence[Sequence[bool]]],
    change: Decimal,
    wishes: Mapping[int, Decimal],
    *,
    is_partly: bool,
) -> list[Decimal] | None:
    """Change the allowances of lots by an amount in all, or by what of it they can take.

    Args:
        lots: The lots.
        before: What each takes before all others; who comes first then, and who next.
        change: The amount; an increase is positive.
        wishes: What lots would carry by a measurement, by number.
        is_partly: Whether what no lot can take is left.

    Returns:
        The change of each, or None if they cannot take it.
    """
    late, circles = before
    sign = 1 if change > 0 else -1
    quantum = lots[0].stock.quantum if lots else change
    rooms = [find_room(lot) if sign > 0 else lot.allowance for lot in lots]
    amount = min(abs(change), sum(rooms, ZERO)) if is_partly else abs(change)
    limits = [max(ZERO, min(part, room)) for part, room in zip(late, rooms, strict=True)]
    first = spread(min(amount, sum(limits, ZERO)), [limits], limits, quantum) or limits
    gaps = [
        sign * (wishes.get(lot.number, lot.allowance) - lot.allowance) - part
        for lot, part in zip(lots, first, strict=True)
    ]
    wanted = [[max(ZERO, gap) for gap in gaps], [lot.cost for lot in lots]]
    narrow = [
        [weight if is_in else ZERO for weight, is_in in zip(weights, circle, strict=True)]
        for circle in circles
        for weights in wanted
    ]
    rooms = [room - part for room, part in zip(rooms, first, strict=True)]
    rest = spread(amount - sum(first, ZERO), narrow + wanted, rooms, quantum)
    if rest is None:
        return None
    parts = [sign * (one + other) for one, other in zip(first, rest, strict=True)]
    changes = [_drop_digits(part, quantum) for part in parts]
    for lot, part in zip(lots, changes, strict=True):
        carry(lot, part)
    return changes


def _drop_digits(amount: Decimal, quantum: Decimal) -> Decimal:
    """Leave out decimals that a booked amount has beyond its currency's, if they are zeros."""
    rounded = round_money(amount, quantum)
    return rounded if rounded == amount else amount
