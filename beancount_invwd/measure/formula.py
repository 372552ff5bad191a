"""Price and replacement cost → value of a unit, where no more than these decides.

The rules of `measure` for the common case, in a few numbers for each stock instead of a look at
everything that may be known: no directive names the item, nothing is a share of cost.

    price 8 USD, selling cost 5 %, completion 0.50 USD: 8 × 95 % - 0.50 = 7.10
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.policy.standards import Measure

if TYPE_CHECKING:
    from beancount_invwd.policy.policy import Terms
    from beancount_invwd.policy.values import Charge


class Formula(NamedTuple):
    """How the value of a unit follows from its price and its replacement cost.

    Attributes:
        measure: The measure.
        share: Share of the price that is left after costs to complete and to sell.
        amount: What they take per unit besides.
        margin_share: The normal margin as a share of the price.
        margin_amount: The same as an amount per unit.
    """

    measure: Measure
    share: Decimal = ONE
    amount: Decimal = ZERO
    margin_share: Decimal = ZERO
    margin_amount: Decimal = ZERO

    def find_value(self, price: Decimal, replacement: Decimal | None) -> tuple[Decimal, str]:
        """Find the value of a unit and the rule that gives it (ACCOUNTING section 4).

        Args:
            price: Its price.
            replacement: Its replacement cost; None if there is none, or it is too old.
        """
        nrv = self._find_nrv(price)
        if replacement is None:
            return nrv, "price"
        if self.measure == "replacement":
            return replacement, "replacement"
        if self.measure == "lower":
            return (nrv, "price") if nrv <= replacement else (replacement, "replacement")
        floor = self._find_floor(price, nrv)
        value = sorted((nrv, replacement, floor))[1]  # ASC 330-10-35-1C: the middle one
        if value == nrv:
            return value, "price"
        return value, "replacement" if value == replacement else "floor"

    def find_least(self, price: Decimal) -> Decimal:
        """The least that a unit is worth, whatever it would cost to replace; grows with price."""
        if self.measure not in {"nrv", "lcm"}:
            return ZERO
        nrv = self._find_nrv(price)
        return nrv if self.measure == "nrv" else self._find_floor(price, nrv)

    def _find_nrv(self, price: Decimal) -> Decimal:
        return max(ZERO, price if self is AS_IS else price * self.share - self.amount)

    def _find_floor(self, price: Decimal, nrv: Decimal) -> Decimal:
        return max(ZERO, nrv - price * self.margin_share - self.margin_amount)


AS_IS = Formula("nrv")
"""A unit is worth its price."""


def find_formula(terms: Terms) -> Formula | None:
    """Find the formula of terms without a share of cost; None if prices give no value."""
    if terms.measure == "cost" or (terms.measure == "lcm" and terms.normal_margin is None):
        return None
    share, amount = _add_up((terms.selling_cost, terms.completion_cost))
    margins = (terms.normal_margin,) if terms.normal_margin is not None else ()
    formula = Formula(terms.measure, ONE - share, amount, *_add_up(margins))
    return AS_IS if formula == AS_IS else formula


def _add_up(charges: tuple[Charge, ...]) -> tuple[Decimal, Decimal]:
    """Add up charges: what is a share of the price, and what an amount per unit."""
    share = sum((charge.number for charge in charges if charge.of == "price"), ZERO)
    return share, sum((charge.number for charge in charges if charge.of == "unit"), ZERO)
