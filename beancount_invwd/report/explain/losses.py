"""Lots that were weighed together → the steps of their loss, and of each lot's share in it.

cost 315.00 less measure 270.00: 45.00; lot A keeps 30.00, since no value came back to it, and
the others share 15.00 by what each of them lost (ACCOUNTING section 5)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.allowance.changes import list_floors
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.shares import find_loss
from beancount_invwd.ground.words import say
from beancount_invwd.report.explain.steps import Step
from beancount_invwd.report.output.numbers import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from beancount_invwd.allowance.changes import Weighed
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.report.explain.many import Many


def tell_loss(plan: Weighed, many: Many, *, is_netted: bool) -> Iterator[Step]:
    """Tell what a group lost, and the share of each lot.

    Args:
        plan: The group as it was weighed.
        many: The lots that paper tells of.
        is_netted: Whether gains of one lot take back what others carry.
    """
    section = say("Loss of {lot}", lot=name_lot(plan.lots[0]) if plan.is_apart else plan.group.name)
    locked, quantum = plan.locked, plan.lots[0].stock.quantum
    if len(plan.lots) > 1:
        yield Step(section, say("cost"), say("of {count} lots", count=len(plan.lots)), plan.cost)
        yield Step(
            section, say("measure"), say("of {count} lots", count=len(plan.lots)), plan.measure
        )
    if locked:
        yield Step(section, say("locked"), say("allowance that may not be reversed"), locked)
    lost = find_loss(plan.find_gap(is_netted=is_netted), quantum)
    if plan.parts:
        yield from _tell_parts(plan, section, lost)
    else:
        parts = [plan.cost, locked, plan.measure] if locked else [plan.cost, plan.measure]
        formula = " − ".join(show(part) for part in parts)
        words = (
            say("{formula} is below 0", formula=formula)
            if plan.cost - locked < plan.measure
            else formula
        )
        yield Step(section, say("loss"), words, lost)
    floors = [ZERO for _ in plan.lots]
    if not is_netted and not plan.is_apart:
        floors = list_floors(plan.lots, plan.gaps)
    loss = sum(plan.allowances, ZERO) - locked
    if loss > lost:
        formula = " + ".join(show(floor) for floor in floors if floor)
        yield Step(section, say("kept, as no value came back to these lots"), formula, loss)
    if loss and len(plan.lots) > 1:
        yield from _tell_shares(plan, many, section, loss, floors)


def _tell_parts(plan: Weighed, section: str, lost: Decimal) -> Iterator[Step]:
    """What is gained on goods that are sold already sets off no loss of the others (IAS 2.31)."""
    cost, out_of = plan.cost, sum((units for units, _ in plan.parts), ZERO)
    gaps = []
    for units, total in plan.parts:
        gap = max(ZERO, units * (cost - total) / out_of)
        formula = f"{show(cost - total)} × {show(units)} ÷ {show(out_of)}"
        gaps.append(gap)
        yield Step(
            section, say("part"), say("is worth its cost") if cost <= total else formula, gap
        )
    formula = " + ".join(map(show, gaps))
    if plan.locked:
        formula = f"{formula} − {show(plan.locked)}"
        if sum(gaps, ZERO) < plan.locked:
            formula = say("{formula} is below 0", formula=formula)
    yield Step(section, say("loss"), formula, lost)


def _tell_shares(
    plan: Weighed, many: Many, section: str, loss: Decimal, floors: Sequence[Decimal]
) -> Iterator[Step]:
    """The loss is shared out by what each lot lost; some keep what they carry."""
    shares = [new - lot.locked for lot, new in plan.list_new()]
    kept, rest, total = _find_kept(plan, loss, shares, floors)
    steps: list[tuple[int, Step]] = []
    for i, lot in enumerate(plan.lots):
        if plan.group.commodity or plan.allowances[i]:
            name = "" if plan.group.commodity else f"{lot.stock.key.commodity} "
            formula = f"{show(rest)} × {show(plan.gaps[i])} ÷ {show(total)}"
            if i in kept:
                formula = say("{share}, since no value came back to it", share=show(shares[i]))
            label = say("share of {name}{lot}", name=name, lot=name_lot(lot))
            steps.append((lot.number, Step(section, label, formula, shares[i])))
    yield from many.place_shares(steps)


def _find_kept(
    plan: Weighed, loss: Decimal, shares: Sequence[Decimal], floors: Sequence[Decimal]
) -> tuple[set[int], Decimal, Decimal]:
    """Find the lots that keep more than their part, what is left, and the gaps that share it."""
    kept: set[int] = set()
    gaps = plan.gaps
    while True:
        rest = loss - sum((shares[i] for i in kept), ZERO)
        total = sum((gap for i, gap in enumerate(gaps) if i not in kept), ZERO)
        slack = plan.lots[0].stock.quantum * total  # rounding is no reason
        more = {
            i
            for i, share in enumerate(shares)
            if ZERO < floors[i] == share and share * total > rest * gaps[i] + slack
        }
        if more <= kept:
            return kept, rest, total
        kept |= more


def name_lot(lot: Lot) -> str:
    """A lot as a person tells it from others."""
    label = f' "{lot.label}"' if lot.label else ""
    which = (
        say("pool")
        if lot.is_pool
        else say(
            "{date} at {cost}{label}",
            date=lot.date,
            cost=show(lot.cost_unit),
            label=label,
        )
    )
    return say("{which} in {account}", which=which, account=lot.account)
