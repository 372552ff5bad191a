"""Price + sums of a stock → whether nothing can be lost, before any lot is looked at.

Most goods sell for more than they cost: where a price, with what it takes to sell, is all that is
known of an item and covers the cost of a stock that carries nothing, there is nothing to weigh.

    100 MUG {5 USD} and 40 MUG {6 USD} at 9 USD, selling cost 10 %: 140 × 8.10 is more than 740.00
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.measure.rule import Plain, read_plain

if TYPE_CHECKING:
    from beancount_invwd.allowance.memory import Memory
    from beancount_invwd.lots.demand import Demand
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.measure.evidence import EvidenceBook
    from beancount_invwd.measure.valuer import Valuer
    from beancount_invwd.policy.policy import Terms

_AS_IT_IS = Plain("nrv", ONE, ZERO)


class Cover:
    """Tells which stocks their price covers.

    Args:
        valuer: Finds what it takes to sell.
        evidence: What the directives so far say.
        demand: What was sold or used.
        memory: Notes until when rates hold.
        is_by_lot: Whether no lot's gain is set against another's loss.
    """

    def __init__(
        self,
        valuer: Valuer,
        evidence: EvidenceBook,
        demand: Demand,
        memory: Memory,
        *,
        is_by_lot: bool,
    ) -> None:
        self._valuer = valuer
        self._evidence = evidence
        self._demand = demand
        self._memory = memory
        self._is_by_lot = is_by_lot
        self._plain: dict[int, tuple[Terms, Plain | None, bool]] = {}  # by identity of the terms
        self._quotes = evidence.prices.newest_by_pair if evidence.price_share == ONE else {}

    def holds(self, stock: Stock, day: datetime.date) -> bool:
        """Whether a price that is all that is known covers the cost of a stock without allowance.

        That it gets too old one day changes nothing: without a measure there is no loss either.
        """
        item, terms = stock.commodity, stock.terms
        quotes = self._quotes.get(item)
        if quotes is None or len(quotes) != 1 or stock.is_mixed or stock.is_material:
            return False
        entry = quotes.get(stock.currency)
        if entry is None or terms is None or item in self._evidence.stated:
            return False
        _, plain, is_as_it_is = self._plain.get(id(terms)) or self._find_plain(terms)
        if plain is None:
            return False
        value: Decimal = entry.amount.number
        if not is_as_it_is:
            found = None
            if plain.measure != "nrv":  # if it gets too old one day, the price alone decides
                found = self._evidence.find_replacement(stock, day, None)
            value = plain.find_least(value, found.number if found else None)
        if self._is_by_lot:
            is_covered = value >= self._memory.find_limits(stock)[1]
        else:
            is_covered = value * stock.units >= stock.cost
        return is_covered and (not self._demand.is_asked or self._has_no_rate(stock, day))

    def _find_plain(self, terms: Terms) -> tuple[Terms, Plain | None, bool]:
        plain = read_plain(terms, self._valuer.find_costs(terms))
        found = self._plain[id(terms)] = (terms, plain, plain == _AS_IT_IS)
        return found

    def _has_no_rate(self, stock: Stock, day: datetime.date) -> bool:
        """Whether demand takes nothing off the cost of a stock; noted is until when."""
        rates = self._valuer.find_rates(stock, day)
        for rate in rates:
            self._memory.hold(stock, rate.until)
        return not any(rate.share for rate in rates)
