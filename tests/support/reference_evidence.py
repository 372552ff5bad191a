"""The slow model once more, with contracts, raw materials, idle goods and days of supply.

entries, options, configuration -> what an auditor would have booked, by section 10 of
ACCOUNTING.md and `idle` and `coverage` of section 4 as well.

Example:
    100 MUG bought at 10.00 USD, 40 of them sold by a contract at 9.50, price 8.00 USD: worth
    40 x 9.50 + 60 x 8.00 = 860.00, so one write-down of 140.00.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from beancount.core import data

from tests.support.reference import (
    ZERO,
    Added,
    Book,
    Expected,
    Lot,
    Model,
    Taken,
    number_of,
    read_ageing,
    read_rule,
)

Key = tuple[str, str, str]
"""Entity, item, cost currency."""


class Acquired(NamedTuple):
    """A purchase or production: what a unit cost."""

    date: date
    key: Key
    unit_cost: Fraction
    account: str


class Used(NamedTuple):
    """Units that were sold or used."""

    date: date
    key: Key
    units: Fraction


def reference(
    entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None
) -> list[Expected]:
    """Return every transaction that the rules ask for; see `tests.support.reference`."""
    return EvidenceModel(entries, options_map, config).run().expected


class EvidenceModel(Model):
    """The rules with sections 4 (`idle`, `coverage`) and 10, applied to one ledger."""

    def __init__(
        self, entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None
    ) -> None:
        super().__init__(entries, options_map, config)
        self.today = date.min
        self.acquired: list[Acquired] = []
        self.used: list[Used] = []
        self.first_bought: dict[Key, date] = {}

    # ---------------------------------------------------------------- what happened to an item

    def key(self, lot: Lot) -> Key:
        """Return entity, item and cost currency of a lot."""
        return self.entity(lot.account), lot.commodity, lot.currency

    def on_hand(self, key: Key) -> list[Lot]:
        """Return the lots of an item that are on hand."""
        return [lot for lot in self.lots if lot.units > 0 and self.key(lot) == key]

    def follow(self, transaction: data.Transaction) -> None:
        """Change the lots by one transaction, and note purchases."""
        self.today = transaction.date
        known = len(self.purchases)
        super().follow(transaction)
        for day, entity, item, currency, unit_cost, account in self.purchases[known:]:
            self.acquired.append(Acquired(day, (entity, item, currency), unit_cost, account))

    def transfer(self, taken: Sequence[Taken], added: Sequence[Added], moved: Book) -> None:
        """Note what was used or sold, not moved, and when an item first came in."""
        super().transfer(taken, added, moved)
        for take in taken:
            if take.units > 0:
                self.used.append(Used(self.today, self.key(take.lot), take.units))
        for add in added:
            key = self.key(add.lot)
            self.first_bought[key] = min(add.day, self.first_bought.get(key, add.day))

    def produce(self, taken: Sequence[Taken], added: Sequence[Added], moved: Book) -> list[Added]:
        """Note what a unit cost that was made."""
        made = super().produce(taken, added, moved)
        for add in made:
            self.acquired.append(
                Acquired(self.today, self.key(add.lot), add.unit_cost, add.lot.account)
            )
        return made

    # ---------------------------------------------------------------- idle and coverage

    def aged_value(self, lot: Lot, day: date) -> Fraction | None:
        """Return unit cost less the highest rate of age, idleness and days of supply."""
        aged = super().aged_value(lot, day)
        values = [] if aged is None else [aged]
        rates = (self.idle_rate(self.key(lot), day), self.coverage_rate(self.key(lot), day))
        values += [lot.unit_cost * (1 - rate) for rate in rates if rate is not None]
        return min(values, default=None)

    def idle_rate(self, key: Key, day: date) -> Fraction | None:
        """Return the rate by days since the item was last sold or used, or else first bought."""
        sold = [used.date for used in self.used if used.key == key]
        since = max(sold, default=self.first_bought.get(key, day))
        rates = read_ageing(self.config.get("idle") or {})
        reached = [days for days in rates if (day - since).days >= days]
        return rates[max(reached)] if reached else None

    def coverage_rate(self, key: Key, day: date) -> Fraction | None:
        """Return the rate of the days of supply, or None where there is none."""
        coverage = self.config.get("coverage")
        if not coverage:
            return None
        window, rates = coverage["window"], read_ageing(coverage["rates"])
        if (day - self.first_bought.get(key, day)).days < window:
            return None
        sold = sum(
            (
                used.units
                for used in self.used
                if used.key == key and 0 <= (day - used.date).days < window
            ),
            ZERO,
        )
        if sold == 0:
            return rates[max(rates)]
        # Units that were sold before they were bought are owed by those that are on hand.
        units = sum((lot.units for lot in self.lots if self.key(lot) == key), ZERO)
        days_of_supply = units * window / sold
        if coverage.get("apply", "excess") == "item":
            reached = [days for days in rates if days_of_supply >= days]
            return rates[max(reached)] if reached else None
        return average_rate(days_of_supply, rates) or None  # below the first threshold: nothing

    # ---------------------------------------------------------------- contracts

    def is_particular(self, lot: Lot, day: date) -> bool:
        """Whether something is known of these goods in particular."""
        expires = lot.facts.get("expires")
        return (
            (expires is not None and expires <= day)
            or self.nrv_directive(lot, day, whole_item=False) is not None
            or "invwd-nrv" in lot.facts
        )

    def contracts(self, item: str, currency: str, day: date) -> list[tuple[Fraction, Fraction]]:
        """Return price and units of the contracts in force, dearest first."""
        found = []
        for entry in self.entries:
            if not isinstance(entry, data.Custom) or entry.type != "invwd-contract":
                continue
            units, price = (given.value for given in entry.values)
            if (units.currency, price.currency) != (item, currency):
                continue
            if entry.date <= day <= entry.meta["until"]:
                found.append((number_of(price), number_of(units)))
        return sorted(found, reverse=True)

    def nrv(self, lot: Lot, day: date) -> tuple[Fraction, Fraction] | None:
        """Return nrv with what is under contract, and what percentages are of."""
        lots = self.on_hand(self.key(lot))
        units = sum((other.units for other in lots if not self.is_particular(other, day)), ZERO)
        return self.nrv_of(lot, units, day)

    def nrv_of(self, lot: Lot, units: Fraction, day: date) -> tuple[Fraction, Fraction] | None:
        """Return nrv and price on average over so many units of the item."""
        at_market = super().nrv(lot, day)
        left, value, paid = units, ZERO, ZERO
        for price, wanted in self.contracts(lot.commodity, lot.currency, day):
            filled = min(left, wanted)
            left -= filled
            paid += filled * price
            value += filled * self.less_costs(lot, price)
        if left == units:  # also if there are none
            return at_market
        if left > 0 and at_market is None:
            return None
        if at_market is not None:
            value += left * at_market[0]
            paid += left * at_market[1]
        return value / units, paid / units

    def less_costs(self, lot: Lot, price: Fraction) -> Fraction:
        """Return a price less the costs to complete and to sell, at least zero."""
        costs = [
            read_rule(self.parameter(lot, key) or "0%").per_unit(price, lot.unit_cost)
            for key in ("completion_cost", "selling_cost")
        ]
        return max(ZERO, price - sum(costs, ZERO))

    # ---------------------------------------------------------------- raw materials

    def value_by_rule(self, lot: Lot, day: date) -> Fraction | None:
        """Return the value per unit: of a material, by the products that it is used in."""
        if not self.products(lot.commodity):
            return super().value_by_rule(lot, day)
        recovered = self.are_recovered(self.key(lot), day)
        if recovered is None:
            return None
        if recovered:
            return lot.unit_cost
        replacement = self.replacement(lot, day, self.max_age(lot))
        if replacement is not None:
            return replacement
        found = self.nrv(lot, day)
        return found[0] if found else None

    def products(self, item: str) -> list[str]:
        """Return the products that an item is a raw material of."""
        entry = self.commodities.get(item)
        names = entry.meta.get("invwd-used-in") if entry else None
        return [name.strip() for name in names.split(",")] if names else []

    def are_recovered(self, key: Key, day: date) -> bool | None:
        """Whether all products of a material are worth what they cost; None if nobody knows."""
        answers = [self.is_recovered((key[0], name, key[2]), day) for name in self.products(key[1])]
        return None if None in answers and False not in answers else all(answers)

    def is_recovered(self, key: Key, day: date) -> bool | None:
        """Whether a product is worth what it costs; a part without a price, by its products."""
        recovered = self.is_worth_its_cost(key, day)
        if recovered is None and self.products(key[1]):
            return self.are_recovered(key, day)
        return recovered

    def is_worth_its_cost(self, key: Key, day: date) -> bool | None:
        """Whether nrv is at least unit cost; None if one of them is not known."""
        lots = self.on_hand(key)
        units = sum((lot.units for lot in lots), ZERO)
        newest = [acquired for acquired in self.acquired if acquired.key == key][-1:]
        if not units and not newest:
            return None
        cost = sum((lot.cost for lot in lots), ZERO) / units if units else newest[0].unit_cost
        places = {row.account for row in (lots if units else newest)}
        account = places.pop() if len(places) == 1 else ""
        product = Lot(account, key[1], key[2], cost, None, None, 0, {}, day)
        good = sum((lot.units for lot in lots if not self.is_particular(lot, day)), ZERO)
        found = self.nrv_of(product, good or Fraction(1), day)  # none on hand: of the next one
        return None if found is None else found[0] >= cost


def average_rate(days: Fraction, rates: Mapping[int, Fraction]) -> Fraction:
    """Return the average rate of units that are laid end to end over so many days."""
    total = ZERO
    steps = sorted(rates)
    for start, end in zip(steps, [*steps[1:], None], strict=True):
        upto = days if end is None else min(days, Fraction(end))
        total += max(ZERO, upto - start) * rates[start]
    return total / days
