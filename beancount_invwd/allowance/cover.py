"""Prices → the stocks that may have lost something, before any lot is looked at.

Most goods sell for more than they cost: where a price, with what it takes to sell, is all that is
known of an item and covers its dearest lot, or the cost of all lots together, there is nothing to
weigh, if the stock carries nothing.

    100 MUG {5 USD} and 40 MUG {6 USD} at 9 USD, selling cost 10 %: 140 × 8.10 is more than 740.00
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.measure.rule import Plain, read_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_invwd.allowance.groups import Grouping
    from beancount_invwd.allowance.memory import Memory
    from beancount_invwd.lots.demand import Demand
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.measure.evidence import EvidenceBook
    from beancount_invwd.measure.valuer import Today, Valuer
    from beancount_invwd.policy.policy import Terms

_AS_IT_IS = Plain("nrv", ONE, ZERO)


class Cover:
    """Tells which stocks their price covers.

    Args:
        valuer: Finds what it takes to sell.
        evidence: What the directives so far say.
        demand: What was sold or used.
        memory: Notes until when rates hold.
        grouping: Tells whether no lot's gain is set against another's loss.
        notes_calm: Whether it notes which stocks only a low price can make lose.
    """

    def __init__(  # noqa: PLR0913 (all that decides)
        self,
        valuer: Valuer,
        evidence: EvidenceBook,
        demand: Demand,
        memory: Memory,
        grouping: Grouping,
        *,
        notes_calm: bool,
    ) -> None:
        self._valuer = valuer
        self._evidence = evidence
        self._demand = demand
        self._memory = memory
        self._is_by_lot = grouping.is_by_lot
        self._notes_calm = notes_calm
        self._plain: dict[int, tuple[Terms, Plain | None]] = {}  # by identity of the terms
        self._quotes = evidence.prices.newest_by_pair if evidence.price_share == ONE else {}

    def list_uncovered(self, stocks: Iterable[Stock], today: Today) -> Iterator[Stock]:
        """List the stocks that carry something, or whose price may not cover their cost.

        That it gets too old one day changes nothing: without a measure there is no loss either.
        """
        quoted, stated, is_asked = self._quotes, self._evidence.stated, self._demand.is_asked
        notes_calm = self._notes_calm and not is_asked
        terms: Terms | None = None
        plain: Plain | None = None
        for stock in stocks:
            if stock.is_calm and self._notes_calm:
                stock.set_calm(is_calm=False)
            if not stock.lots:
                continue
            if stock.terms is not terms:
                terms = stock.terms
                plain = None if terms is None else self._find_plain(terms)
            quotes = quoted.get(stock.commodity)
            if (
                plain is None
                or not quotes
                or len(quotes) != 1
                or stock.allowance
                or stock.is_mixed
                or stock.is_material
                or (entry := quotes.get(stock.currency)) is None
                or (stated and stock.commodity in stated)
            ):
                yield stock
                continue
            value: Decimal = entry.amount.number
            if plain is not _AS_IT_IS:
                value = self._find_least(plain, value, stock, today.day)
            if value >= stock.dearest:
                is_covered = True
                if notes_calm and plain is _AS_IT_IS:
                    stock.set_calm(is_calm=True)
            else:
                is_covered = not self._is_by_lot and value * stock.units >= stock.cost
            if not is_covered or (is_asked and not self._has_no_rate(stock, today)):
                yield stock

    def _find_plain(self, terms: Terms) -> Plain | None:
        """Read terms, each once; None if more than a price decides."""
        found = self._plain.get(id(terms))
        if found is None:
            plain = read_plain(terms, self._valuer.find_costs(terms))
            found = self._plain[id(terms)] = terms, _AS_IT_IS if plain == _AS_IT_IS else plain
        return found[1]

    def _find_least(
        self, plain: Plain, price: Decimal, stock: Stock, day: datetime.date
    ) -> Decimal:
        """Find the least that a unit is worth."""
        found = None
        if plain.measure != "nrv":  # if it gets too old one day, the price alone decides
            found = self._evidence.find_replacement(stock, day, None)
        return plain.find_least(price, found.number if found else None)

    def _has_no_rate(self, stock: Stock, today: Today) -> bool:
        """Whether demand takes nothing off the cost of a stock; noted is until when."""
        calm_until = self._demand.find_calm(stock, today.day)
        if calm_until is not None:
            self._memory.hold(stock, calm_until)
            return True
        rates = self._valuer.find_rates(stock, today)
        for rate in rates:
            self._memory.hold(stock, rate.until)
        return not any(rate.share for rate in rates)
