"""The nouns of a configuration: what is done with which goods, complete.

What a user wrote may be partial; `read` fills it up from the standard (ACCOUNTING section 12).
"""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from beancount_invwd.ground.dates import YearEnd, period_end
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.policy import standards
from beancount_invwd.policy.values import Charge, Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from beancount_invwd.policy.templates import Roots

NO_CHARGE = Charge(ZERO, "price")


class Terms(NamedTuple):
    """The parameters of the measure that a lot, an item or an account may set for itself.

    Attributes:
        price_includes: Tax that is contained in the ledger's prices, as a share of what is left
            without it: 0.20 for 20 %.
    """

    measure: standards.Measure
    selling_cost: Charge = NO_CHARGE
    completion_cost: Charge = NO_CHARGE
    normal_margin: Charge | None = None
    ageing: Schedule = ()
    price_max_age: int | None = 365
    price_includes: Decimal = ZERO


class Coverage(NamedTuple):
    """Reserves by days of supply.

    Attributes:
        window: Days over which demand is measured.
        rates: Days of supply with their rates.
        is_by_item: Whether all units take the rate of the item's days of supply (else each
            takes that of the day on which it will be wanted).
    """

    window: int
    rates: Schedule
    is_by_item: bool


class Threshold(NamedTuple):
    """A materiality threshold: a share of the cost of inventory, or an amount in a currency."""

    number: Decimal
    currency: str | None


class Policy(NamedTuple):
    """What the plugin does, complete.

    Attributes:
        start: First measurement date that counts, inclusive.
        until: Last measurement date, inclusive; None is the newest directive of the ledger.
        evidence_after: Days after a date in which evidence of it may come.
        accounts: Templates by the keys of `accounts.DEFAULTS`, with the ledger's own roots.
    """

    standard: str
    basis: standards.Basis
    reversals: standards.Reversals
    period: standards.Period
    terms: Terms
    inventory: tuple[re.Pattern[str], ...]
    accounts: Mapping[str, str]
    year_end: YearEnd
    roots: Roots
    release: str = "sale"
    missing_price: str = "error"
    start: datetime.date | None = None
    until: datetime.date | None = None
    materiality: tuple[Threshold, ...] = ()
    evidence_after: int = 90
    materiality_line: standards.MaterialityLine = "all"
    idle: Schedule = ()
    coverage: Coverage | None = None

    @property
    def measure(self) -> str:
        """The measure of lots that have none of their own."""
        return self.terms.measure

    def find_test_date(self, day: datetime.date) -> datetime.date:
        """The first date from `day` on, `day` included, on which all lots are tested."""
        period = "year" if self.period == "price" else self.period
        return period_end(day, period, self.year_end)

    def match_inventory(self, account: str) -> re.Match[str] | None:
        """Match the name of an account with the `inventory` patterns."""
        for pattern in self.inventory:
            match = pattern.match(account)
            if match is not None:
                return match
        return None


KEYS = {*Policy._fields, *Terms._fields, "fiscal_year_end"} - {"terms", "roots", "year_end"}
