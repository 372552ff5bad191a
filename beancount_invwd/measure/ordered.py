"""Units that are ordered + evidence → what their commitment loses (ACCOUNTING section 13).

A firm order is measured as goods on hand would be that cost its price. Contracts that stock does
not fill come first, at what they pay (ASC 330-10-35-18); a penalty is the most that can be lost
(IAS 37.68).

    10,000 GOLD ordered at 310.00, which sell for 290.00: 200,000.00 are lost
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.sums import Sums
from beancount_invwd.measure.measured import Measured, Unit
from beancount_invwd.measure.particular import measure_units

if TYPE_CHECKING:
    from beancount_invwd.directives.commitments import Commitment
    from beancount_invwd.directives.statements import Contract
    from beancount_invwd.directives.terms import Parameters
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.measure.contracts import Owed
    from beancount_invwd.measure.prices import Price
    from beancount_invwd.measure.rule import Rule
    from beancount_invwd.measure.valuer import Today, Valuer


class Portion(NamedTuple):
    """Some of the units, for a contract of sale or for none, and what each is worth."""

    contract: Contract | None
    units: Decimal
    value: Measured


class Outlook(NamedTuple):
    """What is known on a day of units that are ordered.

    Attributes:
        units: Those that are not delivered.
        portions: What they are worth; empty if that is not known.
        loss: What is lost on them, in whole quanta; None if that is not known.
        rule: How a unit's value follows; None if a mistake keeps it from being measured.
    """

    commitment: Commitment
    units: Decimal
    portions: Sequence[Portion]
    loss: Decimal | None
    rule: Rule | None

    @property
    def cost(self) -> Decimal:
        """What they will cost."""
        return self.units * self.commitment.number

    @property
    def measure(self) -> Decimal:
        """What they are worth, not rounded."""
        return sum([row.units * (row.value.total or ZERO) for row in self.portions], ZERO)

    @property
    def price(self) -> Price | None:
        """The price, if one decided of all."""
        prices = {id(row.value.price): row.value.price for row in self.portions}
        return next(iter(prices.values())) if len(prices) == 1 else None

    @property
    def reason(self) -> str:
        """The rule that decided, of the most units."""
        sums: Sums[str] = Sums()
        for row in self.portions:
            sums.add("contract" if row.contract else row.value.reason, row.units)
        is_capped = any(_find_loss(self.commitment, row.value)[1] for row in self.portions)
        return "penalty" if is_capped else max(sums, key=sums.__getitem__, default="price")


def look_out(
    orders: Sequence[tuple[Commitment, Decimal, Decimal]],
    stock: Stock,
    parameters: Parameters,
    valuer: Valuer,
    today: Today,
) -> list[Outlook]:
    """Find out what commitments for an item lose.

    Args:
        orders: Those of one entity and currency, the oldest first, with the units still to come,
            and what of them came today, so that stock has it as well.
        stock: The goods of that item, perhaps none.
        parameters: Tell how each is measured: as goods where it goes to.
        valuer: Measures.
        today: The date.
    """
    coming = sum([part for *_, part in orders], ZERO)
    split = valuer.split(stock, today, coming).unfilled
    sold = {index: row.units for index, row in enumerate(split)}
    found = []
    for commitment, units, _ in orders:
        rule = None
        terms = parameters.of_lot(commitment.item, commitment.currency, commitment.account)
        if terms is not None:  # else a mistake keeps it from being measured
            own = terms._replace(measure="replacement") if commitment.is_replaced else terms
            rule = valuer.find_rule(stock, own, today)
        portions = [] if rule is None else _share(commitment, units, rule, split, sold)
        losses = [
            row.units * _find_loss(commitment, row.value)[0]
            for row in portions
            if row.value.total is not None
        ]
        is_known = rule is not None and len(losses) == len(portions)
        loss = round_money(sum(losses, ZERO), stock.quantum) if is_known else None
        found.append(Outlook(commitment, units, portions if is_known else (), loss, rule))
    return found


def _share(
    commitment: Commitment,
    units: Decimal,
    rule: Rule,
    split: Sequence[Owed],
    left: dict[int, Decimal],
) -> list[Portion]:
    """Share units out to contracts that wait for them, and to none.

    Args:
        commitment: What is ordered.
        units: How many are still to come.
        rule: What they are worth.
        split: The contracts.
        left: The units that each still waits for, by its index; they become less.
    """
    unit, rest, portions = Unit(commitment.number), units, []
    market = measure_units(unit, rule)
    for index, row in enumerate(split):
        part, value = min(rest, left[index]), measure_units(unit, rule.at(row.contract))
        if part and not _is_left(commitment, row.contract, market, value):
            portions.append(Portion(row.contract, part, value))
            rest -= part
            left[index] -= part
    return [*portions, Portion(None, rest, market)] if rest else portions


def _is_left(commitment: Commitment, contract: Contract, market: Measured, value: Measured) -> bool:
    """Whether leaving a contract costs less than delivering it from what is ordered."""
    if contract.penalty is None or market.total is None or value.total is None:
        return False
    loss = max(ZERO, commitment.number - market.total)
    return contract.penalty + loss < max(ZERO, commitment.number - value.total)


def _find_loss(commitment: Commitment, value: Measured) -> tuple[Decimal, bool]:
    """What a unit loses, and whether the penalty caps it."""
    loss = max(ZERO, commitment.number - (value.total or ZERO))
    if commitment.penalty is not None and commitment.penalty < loss:
        return commitment.penalty, True
    return loss, False
