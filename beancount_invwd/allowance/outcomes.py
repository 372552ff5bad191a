"""Plans → what they would change on accounts, and which of them are written together.

One transaction is written for each entity, currency, kind and `invwd-group`; lots that are groups
of their own are named by their item, so they stand together with others of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from beancount_invwd.allowance.groups import Group, Kind, Plan
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import drop_zeros
from beancount_invwd.lots.stock import Lot, Place, Sharing, Stock
from beancount_invwd.measure.prices import Price


class Outcome(NamedTuple):
    """What a measurement changes in a group, or in lots of an item that are groups of their own.

    Attributes:
        group: Theirs, without the number of a lot.
        items: The items of all that was measured.
        lots: All lots that were measured together, or those that are alike; those that carry no
            allowance and need none may be left out.
        allowances: What each of them is to carry.
        is_own: Whether each lot is a group of its own.
        changes: By allowance account, increases positive, none zero; empty if nothing is written.
        reasons: The rule that decided for each lot.
        quantity: Units of all that was measured.
        cost: Its cost, not rounded.
        measure: What it is worth, not rounded.
        price: The price, if one decided for all of them.
        waits: Of a stock that is weighed as a whole, with no lots here: how it will be shared out.
    """

    kind: Kind
    group: Group
    items: Collection[str]
    lots: Sequence[Lot]
    allowances: Sequence[Decimal]
    is_own: bool
    changes: Mapping[str, Decimal]
    reasons: Sequence[str]
    quantity: Decimal
    cost: Decimal
    measure: Decimal
    price: Price | None
    waits: tuple[Stock, Sharing] | None = None

    def list_new(self) -> list[tuple[Lot, Decimal]]:
        """The lots, each with what it is to carry."""
        return list(zip(self.lots, self.allowances, strict=True))

    def set(self, *, is_final: bool = False) -> None:
        """Give the lots their new allowances.

        Args:
            is_final: Whether they are a new cost basis (ASC 330-10-35-14).
        """
        if self.waits is not None:
            stock, sharing = self.waits
            stock.sharing = sharing
            stock.allowance += sum(self.changes.values(), ZERO)
            return
        is_own, lots = self.is_own, self.lots
        if len(self.items) == 1:
            lots[0].stock.allowance += sum(self.changes.values(), ZERO)
        else:
            for lot, allowance in zip(lots, self.allowances, strict=True):
                lot.stock.allowance += allowance - lot.allowance
        for lot, allowance in zip(lots, self.allowances, strict=True):
            lot.carried = allowance
            lot.is_own = is_own
            lot.good_for = None
            if is_own:
                lot.stock.has_own = True
            if is_final:
                lot.locked = allowance


def weigh(plan: Plan, find_contra: Callable[[Place], str]) -> Outcome:
    """Find out what a plan would change."""
    lots = [row.lot for row in plan.rows]
    for lot in lots:
        lot.stock.share()
    found = [row.measured for row in plan.rows]
    sums = (
        sum((lot.units for lot in lots), ZERO),
        sum((lot.cost for lot in lots), ZERO),
        sum((measured.total or ZERO for measured in found), ZERO),
    )
    reasons = [measured.reason for measured in found]
    price = find_common(measured.price for measured in found)
    group, is_own = plan.group._replace(lot=0), bool(plan.group.lot)
    items = {lot.place.commodity for lot in lots}
    return compare(group, items, lots, plan.allowances, reasons, sums, price, is_own, find_contra)


def compare(  # noqa: PLR0913, PLR0917 (most of what an outcome says)
    group: Group,
    items: Collection[str],
    lots: Sequence[Lot],
    allowances: Sequence[Decimal],
    reasons: Sequence[str],
    sums: tuple[Decimal, Decimal, Decimal],
    price: Price | None,
    is_own: bool,  # noqa: FBT001
    find_contra: Callable[[Place], str],
) -> Outcome:
    """Compare new allowances of lots with those that they carry.

    Args:
        group: Theirs.
        items: The items of all that was measured.
        lots: The lots, at least one; what they carry is shared out.
        allowances: The new ones.
        reasons: The rule that decided for each lot.
        sums: Units, cost and measure of all of them.
        price: The price, if one decided for all of them.
        is_own: Whether each lot is a group of its own.
        find_contra: Gives the allowance account of a place.
    """
    changes: dict[str, Decimal] = {}
    for lot, allowance in zip(lots, allowances, strict=True):
        step = allowance - lot.carried
        if step:
            account = lot.place.contra or find_contra(lot.place)
            changes[account] = changes[account] + step if account in changes else step
    kind = find_kind(sum(changes.values(), ZERO), sums[2])
    changes = drop_zeros(changes)
    return Outcome(kind, group, items, lots, allowances, is_own, changes, reasons, *sums, price)


def find_kind(change: Decimal, measure: Decimal) -> Kind:
    """Tell what a change of the allowance of a group is (ACCOUNTING section 5)."""
    if change > ZERO:
        return "write-down" if measure else "write-off"
    return "reversal" if change else "transfer"


def find_common(prices: Iterable[Price | None]) -> Price | None:
    """Find the price that all have, of one directive; None if any has none or another."""
    common: Price | None = None
    for price in prices:
        if price is None or (common is not None and price.entry is not common.entry):
            return None
        common = common or price
    return common


def merge(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Put together what is written together, in the order in which it is written."""
    found: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.changes:
            found.setdefault((*outcome.group[:3], outcome.kind), []).append(outcome)
    return [found[key] for key in sorted(found)]


def tell_reason(outcomes: Sequence[Outcome]) -> str:
    """Tell the rule that decided for the lot that changes most, of several the first."""
    first = outcomes[0].reasons[0]
    if len(outcomes) == len(outcomes[0].reasons) == 1:
        return first
    if all(outcome.reasons.count(first) == len(outcome.reasons) for outcome in outcomes):
        return first
    widest, decisive = ZERO, first
    for outcome in outcomes:
        for lot, allowance, reason in zip(
            outcome.lots, outcome.allowances, outcome.reasons, strict=True
        ):
            size = abs(allowance - lot.allowance)
            if size > widest:
                widest, decisive = size, reason
    return decisive


def join(outcomes: Sequence[Outcome]) -> Outcome:
    """Make one of outcomes that are written together."""
    if len(outcomes) == 1:
        return outcomes[0]
    return outcomes[0]._replace(
        changes=sum_changes(outcomes),
        quantity=sum((row.quantity for row in outcomes), ZERO),
        cost=sum((row.cost for row in outcomes), ZERO),
        measure=sum((row.measure for row in outcomes), ZERO),
        price=find_common(row.price for row in outcomes),
    )


def sum_changes(outcomes: Sequence[Outcome]) -> Mapping[str, Decimal]:
    """Add up what outcomes change on each account."""
    changes: dict[str, Decimal] = {}
    for outcome in outcomes:
        for account, change in outcome.changes.items():
            changes[account] = changes.get(account, ZERO) + change
    return drop_zeros(changes)
