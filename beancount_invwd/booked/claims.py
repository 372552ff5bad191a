"""Booked movements → changes of allowances of the lots of their group (ACCOUNTING section 11).

What a booked movement says is shared out as a measurement of that day would do it, else by cost,
so that the plugin's own output, booked, gives each lot what it had. Amounts that no lot can take
are an error at that transaction; where the plugin wrote it and its period is closed, a late price,
sale or move is why, and they are corrected in the open period.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.allowance.groups import Group
from beancount_invwd.allowance.outcomes import Outcome, find_kind, merge, sum_changes
from beancount_invwd.booked.claim import Claim, has_goods, shrink
from beancount_invwd.directives.metadata import show
from beancount_invwd.ground.errors import find_near
from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.ground.shares import drop_zeros, overlap, spread
from beancount_invwd.lots.stock import carry, find_room
from beancount_invwd.movements.movement import BOOKED, Movement

if TYPE_CHECKING:
    from beancount_invwd.allowance.groups import Grouping
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.lots.books import Books
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


class Claims:
    """Applies booked movements to the lots.

    Args:
        books: The lots.
        grouping: Tells which lots are one group.
        chart: Tells which accounts hold their allowances.
        mistakes: Takes amounts that no lot can take.
        is_interim: Whether only losses of the same fiscal year may be reversed.

    Attributes:
        taken_over: What lots got or gave without a gain or loss, since this was last cleared.
        unplaced: What corrects amounts of a closed period that no lot could take, since this was
            last cleared.
    """

    def __init__(
        self,
        books: Books,
        grouping: Grouping,
        chart: Chart,
        mistakes: Mistakes,
        *,
        is_interim: bool,
    ) -> None:
        self._books = books
        self._grouping = grouping
        self._chart = chart
        self._mistakes = mistakes
        self._is_interim = is_interim
        self.taken_over: dict[StockKey, Decimal] = {}
        self.unplaced: list[Movement] = []

    def check(self, claims: Sequence[Claim]) -> list[Claim]:
        """Keep amounts on allowance accounts; report claims that have none, or on others."""
        kept = []
        for claim in claims:
            narrow = self._narrow(claim)
            problem = self._find_problem(claim, narrow)
            if problem:
                self._report(claim, problem)
            elif narrow.changes:
                kept.append(narrow)
        return kept

    def find_ready(self, claim: Claim) -> Claim | None:
        """Keep amounts on allowance accounts if lots can take them when they come in the ledger.

        What takes allowances back may stand before the sale that it is about.
        """
        lots = [lot for stock in self._list_stocks(claim) for lot in stock.lots.values()]
        if any(lot.units < 0 for lot in lots):  # more may come that day
            return None
        rooms: dict[str, Decimal] = {}
        for lot in lots:
            account = lot.place.contra
            rooms[account] = rooms.get(account, ZERO) + find_room(lot)
        narrow = self._narrow(claim)
        changes = narrow.changes
        fits = all(ZERO < change <= rooms.get(a, ZERO) for a, change in changes.items())
        return narrow if changes and fits and not self._find_problem(claim, narrow) else None

    def _narrow(self, claim: Claim) -> Claim:
        """Keep amounts on allowance accounts; none if none of these is of the goods it names."""
        changes = {a: row for a, row in claim.changes.items() if self._chart.is_allowance(a)}
        named, by_contra = self._find_named(claim.group), self._books.by_contra
        if named and all(by_contra.get(account, set()).isdisjoint(named) for account in changes):
            changes = {}
        return replace(claim, changes=changes)

    def _find_problem(self, claim: Claim, narrow: Claim) -> str | None:
        changes = narrow.changes
        if not claim.group:
            return f"its amount on {next(iter(changes))} names no invwd-group" if changes else None
        others = () if has_goods(claim.txn) else claim.changes.keys() - changes.keys()
        strange = sorted(account for account in others if self._chart.is_under(account, "Assets"))
        if changes and not strange:
            return None
        if not self._find_lots(claim):
            return self._tell_absence(claim)
        if strange:
            return f"{strange[0]} is no allowance account of {claim.group}"
        return "none of its accounts is an allowance account"

    def _report(self, claim: Claim, what: str) -> None:
        items = [stock.key.commodity for stock in self._books.stocks.values()]
        near = None if claim.group in items else find_near(claim.group, items)
        remedy = f"did you mean {near}? mend " if near else "mend "
        remedy += "its accounts, its amount or invwd-group"
        if claim.changes.keys().isdisjoint(self._books.by_contra):  # else that is an error untagged
            remedy += ", or remove the tag #invwd"
        message = (
            f"this booked movement of {claim.group or 'no group'} cannot be taken: {what}; {remedy}"
        )
        self._mistakes.report(
            (id(claim.txn), claim.group, what), claim.txn.meta, message, claim.txn
        )

    def find_stocks(self, claims: Sequence[Claim]) -> list[Stock]:
        """Find the stocks of the groups that are named."""
        names = dict.fromkeys(claim.group for claim in claims)
        found = dict.fromkeys(stock for name in names for stock in self._find_named(name))
        return [stock for stock in found if stock.lots]

    def _find_named(self, group: str) -> Sequence[Stock]:
        """Find the stocks that can be in a group."""
        return self._books.by_group.get(group, ())

    def is_kin(self, name: str, other: str) -> bool:
        """Whether the groups of two names may hold the same goods, perhaps by another basis."""
        return name == other or not set(self._find_named(name)).isdisjoint(self._find_named(other))

    def settle_excess(
        self, outgoing: Sequence[Movement], claims: Sequence[Claim]
    ) -> tuple[list[Movement], list[Claim]]:
        """Take what lots cannot give back off what is still to leave.

        What was booked to be taken back may be lacking in the lots since units took it along: by a
        sale of that day, or in a closed period by a price or sale that came late.

        Args:
            outgoing: What left or moved that day, or is different in a closed period, and is
                not yet written.
            claims: Booked movements about what is on hand.

        Returns:
            What is left of both.
        """
        kept, left = list(outgoing), []
        carried = {
            lot.number: lot.allowance
            for stock in self.find_stocks(claims)
            for lot in stock.lots.values()
        }
        for given in claims:
            claim, is_stable = given, False
            while not is_stable:  # what goods that moved have to give back may be lacking there
                excess, changes = self._find_excess(claim, carried), dict(claim.changes)
                asked = replace(claim, kind=None)
                kept = [
                    _cancel(row, excess, changes) if asked.fits(row, self.is_kin) else row
                    for row in kept
                ]
                is_stable = changes == claim.changes
                claim = replace(claim, changes=changes)
            self._find_excess(claim, carried, is_final=True)
            if any(claim.changes.values()):
                left.append(claim)
        return [row for row in kept if any(row.changes.values())], left

    def _find_excess(
        self, claim: Claim, carried: dict[int, Decimal], *, is_final: bool = False
    ) -> dict[str, Decimal]:
        """Find decreases beyond what the lots behind an account carry, negative.

        Args:
            claim: A booked movement.
            carried: What each lot carries, by its number.
            is_final: Whether that is taken off, since it will be.
        """
        lots = self._find_lots(claim)
        excess: dict[str, Decimal] = {}
        for account, change in claim.changes.items():
            rest = min(ZERO, change)
            for lot in lots if rest else ():
                if lot.place.contra == account:
                    part = min(-rest, carried[lot.number])
                    rest += part
                    if is_final:
                        carried[lot.number] -= part
            excess[account] = rest
        return excess

    def apply(
        self,
        claims: Sequence[Claim],
        outcomes: Sequence[Outcome],
        find_unmeasured: Callable[[], Container[int]],
        day: datetime.date,
        *,
        is_closed: bool,
    ) -> list[Movement]:
        """Change the allowances of lots.

        Args:
            claims: With amounts on allowance accounts only.
            outcomes: What a measurement of that day would give for their groups.
            find_unmeasured: Finds the numbers of lots of these groups that have no measure then.
            day: The day.
            is_closed: Whether it is in a closed period.

        Returns:
            What was booked, as movements that are not written again.
        """
        names = {lot.number: outcome.group.name for outcome in outcomes for lot in outcome.lots}
        left: dict[tuple[str, str], list[Sequence[Outcome]]] = {}
        for row in merge(outcomes):
            group = row[0].group
            left.setdefault((group.name, group.currency), []).append(row)
        found, others = [], []
        for claim in claims:
            named = left.get((claim.group, claim.currency), [])
            together = next((row for row in named if _is_booking(claim, row)), None)
            if together is None:
                others.append(claim)
                continue
            named.remove(together)
            for outcome in together:
                steps = [new - lot.allowance for lot, new in outcome.list_new()]
                outcome.set()
                self._take_over(claim, outcome.lots, steps)
            found.append(self._describe(claim, together[0].group, claim.changes, day))
        wishes = {
            lot.number: allowance
            for named in left.values()
            for together in named
            for outcome in together
            for lot, allowance in outcome.list_new()
        }
        test = _Test(names, wishes, find_unmeasured() if others else ())
        for claim in others:
            is_fixed = is_closed and claim.kind is not None
            found += self._share(claim, test, day, is_fixed=is_fixed)
        return found

    def _share(
        self, claim: Claim, test: _Test, day: datetime.date, *, is_fixed: bool
    ) -> list[Movement]:
        """Share amounts out over the lots behind each account.

        Those that are in the group on that day come first, before those that are left out of it
        for want of a measure (ACCOUNTING section 4); then others that had its name, since the
        basis, or what is known of a lot, may have been another when the ledger was written.
        """
        lots, home = self._find_lots(claim), self._find_home(claim)
        if not lots and (home is None or not is_fixed):
            self._report(claim, self._tell_absence(claim))
            return []
        taken: dict[str, dict[str, Decimal]] = {}  # by entity
        unplaced: dict[str, Decimal] = {}
        for account, change in drop_zeros(claim.changes).items():
            behind = [lot for lot in lots if lot.place.contra == account]
            named = [self._find_name(lot, test.names) == claim.group for lot in behind]
            measured = [
                is_named and lot.number not in test.unmeasured
                for lot, is_named in zip(behind, named, strict=True)
            ]
            parts = _take(behind, (measured, named), change, test.wishes, is_partly=is_fixed)
            if parts is None:
                self._report_excess(claim, account, change)
                continue
            self._take_over(claim, behind, parts)
            unplaced[account] = change - sum(parts, ZERO)
            for lot, part in zip(behind, parts, strict=True):
                changes = taken.setdefault(lot.stock.key.entity, {})
                changes[account] = changes.get(account, ZERO) + part
        if home is not None and any(unplaced.values()):
            self._correct(claim, home, drop_zeros(unplaced), day)
        return [
            self._describe(
                claim, Group(entity, claim.currency, claim.group, 0, "", ""), changes, day
            )
            for entity, found in taken.items()
            if (changes := drop_zeros(found))
        ]

    def _report_excess(self, claim: Claim, account: str, change: Decimal) -> None:
        limit = "these lots cost" if change > 0 else "the allowance of these lots"
        amount = f"{abs(change)} {claim.currency}"
        self._report(claim, f"{amount} on {account} is more than {limit}")

    def _find_home(self, claim: Claim) -> Stock | None:
        """Find the stock that it is about, or one of those; it may have no lots any more."""
        stocks, by_contra = self._list_stocks(claim), self._books.by_contra
        behind = {stock for account in claim.changes for stock in by_contra.get(account, ())}
        return next((stock for stock in stocks if stock in behind), next(iter(stocks), None))

    def _correct(
        self, claim: Claim, stock: Stock, unplaced: Mapping[str, Decimal], day: datetime.date
    ) -> None:
        """Note that amounts which no lot can take have to be taken off again."""
        (entity, currency, commodity), category = stock.key, stock.category
        is_wide = claim.group != commodity and not self._grouping.is_by_item
        item = "" if is_wide else commodity
        group = Group(entity, currency, claim.group, 0, item, category)
        changes = {account: -amount for account, amount in unplaced.items()}
        kind = find_kind(sum(changes.values(), ZERO), ONE)
        self.unplaced.append(Movement(day, kind, BOOKED, group, ZERO, ZERO, changes))

    def _describe(
        self, claim: Claim, group: Group, changes: dict[str, Decimal], day: datetime.date
    ) -> Movement:
        """What was booked; by its kind losses and reversals are added up (section 7)."""
        change = sum(changes.values(), ZERO)
        kind = find_kind(change, ONE)
        if change < 0 and claim.kind == "release":
            kind = "release"
        elif self._is_taken_over(claim):
            kind = "transfer"
        return Movement(day, kind, BOOKED, group, ZERO, ZERO, changes, is_booked=True)

    def _is_taken_over(self, claim: Claim) -> bool:
        """Whether it is neither loss nor gain: an allowance that came from another system, say."""
        return claim.kind is None and not self._chart.is_result(claim.txn)

    def _take_over(self, claim: Claim, lots: Sequence[Lot], changes: Sequence[Decimal]) -> None:
        """Note what lots took over; it is no loss of this year (ACCOUNTING section 6)."""
        if self._is_taken_over(claim):
            for lot, change in zip(lots, changes, strict=True):
                key = lot.stock.key
                self.taken_over[key] = self.taken_over.get(key, ZERO) + change
                if self._is_interim:
                    carry(lot, ZERO, locked=max(ZERO, change))

    def _tell_absence(self, claim: Claim) -> str:
        """Tell why no lot can be meant."""
        stocks = [
            stock
            for stock in self._find_named(claim.group)
            if any(lot.units > 0 for lot in stock.lots.values())
        ]
        if not stocks:
            return f"no lot of {claim.group} is on hand"
        if all(stock.key.currency != claim.currency for stock in stocks):
            costs = " and ".join(sorted({stock.key.currency for stock in stocks}))
            return f"{claim.group} costs {costs}, not {claim.currency}"
        return (
            f"no lot of {claim.group} in {claim.currency} is of invwd-entity {show(claim.entity)}"
        )

    def _find_name(self, lot: Lot, names: Mapping[int, str]) -> str:
        """The name of the group that a lot is in: as measured that day, else when it last was."""
        return names.get(lot.number) or self._grouping.find_left(lot).name

    def _find_lots(self, claim: Claim) -> list[Lot]:
        return [
            lot
            for stock in self._list_stocks(claim)
            for lot in stock.lots.values()
            if lot.units > 0
        ]

    def _list_stocks(self, claim: Claim) -> list[Stock]:
        """The stocks that can be meant, those without lots among them."""
        return [
            stock
            for stock in self._find_named(claim.group)
            if stock.key.currency == claim.currency and claim.entity in {None, stock.key.entity}
        ]


def _cancel(row: Movement, excess: dict[str, Decimal], changes: dict[str, Decimal]) -> Movement:
    """Cancel what a correction would take off accounts whose lots lack it; both are changed.

    Where goods moved, the lots that they moved to have to give it back instead. (What went into
    products is of another group.)
    """
    if row.reason == "production":
        return row
    left = dict(row.changes)
    for account, lacking in list(excess.items()):
        taken = overlap(left.get(account, ZERO), lacking)
        if taken:
            for sums in (excess, changes, left):
                sums[account] -= taken
            for other in [name for name, change in left.items() if change > ZERO]:
                part = min(-taken, left[other])
                left[other] -= part
                changes[other] = changes.get(other, ZERO) - part
                taken += part
    return shrink(row, left)


def _is_booking(claim: Claim, together: Sequence[Outcome]) -> bool:
    """Whether a booked movement is just what a measurement would write."""
    group = together[0].group
    return (
        claim.entity in {None, group.entity}
        and claim.kind in {None, together[0].kind}
        and sum_changes(together) == drop_zeros(claim.changes)
    )


def _take(
    lots: Sequence[Lot],
    circles: Sequence[Sequence[bool]],
    change: Decimal,
    wishes: Mapping[int, Decimal],
    *,
    is_partly: bool,
) -> list[Decimal] | None:
    """Change the allowances of lots by an amount in all, or by what of it they can take.

    Args:
        lots: The lots.
        circles: Who comes first, then next, before all.
        change: The amount; an increase is positive.
        wishes: What lots would carry by a measurement, by number.
        is_partly: Whether what no lot can take is left.

    Returns:
        The change of each, or None if they cannot take it.
    """
    sign = 1 if change > 0 else -1
    quantum = lots[0].stock.quantum if lots else change
    gaps = [sign * (wishes.get(lot.number, lot.allowance) - lot.allowance) for lot in lots]
    rooms = [find_room(lot) if sign > 0 else lot.allowance for lot in lots]
    wanted = [[max(ZERO, gap) for gap in gaps], [lot.cost for lot in lots]]
    first = [
        [weight if is_in else ZERO for weight, is_in in zip(weights, circle, strict=True)]
        for circle in circles
        for weights in wanted
    ]
    amount = min(abs(change), sum(rooms, ZERO)) if is_partly else abs(change)
    parts = spread(amount, first + wanted, rooms, quantum)
    if parts is None:
        return None
    changes = [sign * _drop_digits(part, quantum) for part in parts]
    for lot, part in zip(lots, changes, strict=True):
        carry(lot, part)
    return changes


def _drop_digits(amount: Decimal, quantum: Decimal) -> Decimal:
    """Leave out decimals that a booked amount has beyond its currency's, if they are zeros."""
    rounded = round_money(amount, quantum)
    return rounded if rounded == amount else amount
