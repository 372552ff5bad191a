"""The lots of an item that has many → those that a sheet of paper tells of, and sums of the others.

    20 more lots:  cost 1,150.00  measure 1,104.50  before 0.00  after 45.50  change 45.50

Those that lost the most are told of, then those that cost the most. Both together are the item.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.words import say
from beancount_invwd.report.explain.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount_invwd.allowance.groups import Row

MOST = 6


class Many(NamedTuple):
    """The lots that paper tells of, and the rows of the others."""

    told: frozenset[int]
    rest: Sequence[Row]

    def place(self, number: int, steps: Iterable[Step]) -> Iterator[Step]:
        """The steps of a lot, by its number."""
        return (step if number in self.told else replace(step, place="screen") for step in steps)

    def place_shares(self, steps: Sequence[tuple[int, Step]]) -> Iterator[Step]:
        """Shares by the number of their lot, and if there are many, the sum of the others."""
        others = [step for number, step in steps if number not in self.told]
        if len(steps) <= MOST + 1 or len(others) < 2:  # noqa: PLR2004 (a sum)
            yield from (step for _, step in steps)
            return
        yield from (step for number, one in steps for step in self.place(number, [one]))
        how = say("of {count} lots", count=len(others))
        total = sum((step.result or ZERO for step in others), ZERO)
        yield Step(others[0].section, say("shares of the others"), how, total, place="paper")

    def sum_up(self, allowances: Mapping[int, Decimal]) -> Iterator[Step]:
        """Tell of the others what they add up to; `allowances` are those after the measurement."""
        if not self.rest:
            return
        lots = [row.lot for row in self.rest]
        section = say("{count} more lots, all on the page", count=len(lots))
        how = say("of {count} lots", count=len(lots))
        before = sum((lot.allowance for lot in lots), ZERO)
        after = sum((allowances.get(lot.number, lot.allowance) for lot in lots), ZERO)
        measures = [row.measured.total for row in self.rest]
        sums = {say("cost"): sum((lot.cost for lot in lots), ZERO)}
        if None not in measures:
            sums[say("measure")] = sum((total for total in measures if total is not None), ZERO)
        sums |= {say("before"): before, say("after"): after, say("change"): after - before}
        for label, total in sums.items():
            yield Step(section, label, how, total, place="paper")


def pick_lots(rows: Sequence[Row], allowances: Mapping[int, Decimal]) -> Many:
    """Pick the lots that paper tells of; one lot alone is not summed."""

    def rank(row: Row) -> tuple[Decimal, Decimal]:
        lot = row.lot
        return -allowances.get(lot.number, lot.allowance), -lot.cost

    ranked = sorted(rows, key=rank)
    most = MOST if len(ranked) > MOST + 1 else len(ranked)
    return Many(frozenset(row.lot.number for row in ranked[:most]), ranked[most:])
