"""The value of a unit (ACCOUNTING section 4).

lot, day -> what is known of it, or its `measure` at a price; and what policies leave of its cost.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from tests.support.rules.demand import coverage_rate, days, idle_rate, is_saleable
from tests.support.rules.estimates import find_estimates, of_policy
from tests.support.rules.evidence import (
    find_price,
    find_replacement_cost,
    find_stated,
    is_stale,
)
from tests.support.rules.exact import ZERO, number_of, rate_reached, read_rates, read_terms
from tests.support.rules.goods import Books, Lot


class Nrv(NamedTuple):
    """Net realisable value per unit, and the price that percentages are of."""

    value: Fraction
    price: Fraction


def parameter(books: Books, lot: Lot, key: str, day: date) -> Any:
    """Return a parameter from the lot, the Commodity, the Open or the policy.

    An estimate of a day takes the place of what its item, its account or the policy states.
    """
    name = "invwd-" + key.replace("_", "-")
    if name in lot.facts:
        return lot.facts[name]
    chart = books.chart
    for place, entry in (
        (lot.commodity, chart.commodities.get(lot.commodity)),
        (lot.account, chart.opens.get(lot.account)),
    ):
        estimates = find_estimates(books, key, place, day)
        if estimates:
            return estimates[-1]
        if entry is not None and name in entry.meta:
            return entry.meta[name]
    return of_policy(books, key, day)


def max_age(books: Books, lot: Lot, day: date) -> int | None:
    """Return how old evidence may be, in days."""
    value = parameter(books, lot, "price_max_age", day)
    return None if value is None else int(value)


# -------------------------------------------------------------------------------- by the measure


def nrv_at(books: Books, lot: Lot, price: Fraction, day: date) -> Nrv:
    """Return nrv at a price: less the costs to complete and to sell, at least nothing."""
    costs = [
        read_terms(parameter(books, lot, key, day) or "0%").per_unit(price, lot.unit_cost)
        for key in ("completion_cost", "selling_cost")
    ]
    return Nrv(max(ZERO, price - sum(costs, ZERO)), price)


def nrv_at_market(books: Books, lot: Lot, day: date) -> Nrv | None:
    """Return nrv by the newest price, or as it was stated for the whole item since."""
    oldest = max_age(books, lot, day)
    price = find_price(books, lot.commodity, lot.currency, day, oldest)
    stated = find_stated(books, lot, day, of_lot=False)
    if stated and not is_stale(stated.day, day, oldest) and (not price or stated.day >= price.day):
        return Nrv(stated.number, stated.number)
    if price is None:
        return None
    tax = read_terms(parameter(books, lot, "price_includes", day) or "0%").number
    return nrv_at(books, lot, price.number / (1 + tax), day)


def by_measure(books: Books, lot: Lot, day: date, nrv: Nrv | None) -> Fraction | None:
    """Return the value per unit by the `measure` of the lot, or None if it has none."""
    measure = parameter(books, lot, "measure", day)
    if measure == "cost":
        return lot.unit_cost
    oldest = max_age(books, lot, day)
    replacement = find_replacement_cost(books, books.item_of(lot), day, oldest)
    if replacement is None:
        replacement = nrv.value if nrv else None
    if measure == "replacement":
        return replacement
    if nrv is None or replacement is None or measure == "nrv":
        return nrv.value if nrv else None
    if measure == "lower":
        return min(nrv.value, replacement)
    margin = parameter(books, lot, "normal_margin", day)
    if margin is None:
        return None
    floor = max(ZERO, nrv.value - read_terms(margin).per_unit(nrv.price, lot.unit_cost))
    return sorted([replacement, nrv.value, floor])[1]


# -------------------------------------------------------------------------------- by what is known


def known_value(books: Books, lot: Lot, day: date) -> Fraction | None:
    """Return what is known of these goods in particular: expired, or stated of them."""
    expires = lot.facts.get("expires")
    if expires is not None and expires <= day:
        commodity = books.chart.commodities.get(lot.commodity)
        salvage = lot.facts.get("invwd-salvage")
        if salvage is None and commodity is not None:
            salvage = commodity.meta.get("invwd-salvage")
        return ZERO if salvage is None else number_of(salvage)
    stated = find_stated(books, lot, day, of_lot=True)
    if stated is not None:
        return stated.number
    known = lot.facts.get("invwd-nrv")
    return None if known is None else number_of(known)


def lowered_value(books: Books, lot: Lot, day: date) -> Fraction | None:
    """Return unit cost less the highest rate of age, idleness and days of supply."""
    item = books.item_of(lot)
    ageing = read_rates(parameter(books, lot, "ageing", day) or {})
    rates = [rate_reached(ageing, days(lot.age_date(), day)), idle_rate(books, item, day)]
    if is_saleable(books, lot, day):
        rates.append(coverage_rate(books, item, day))
    reached = [rate for rate in rates if rate is not None]
    return lot.unit_cost * (1 - max(reached)) if reached else None
