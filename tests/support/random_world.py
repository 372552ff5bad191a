"""The stock of a random ledger, lot by lot, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from tests.support.random_ledgers import Dice

FIRST: Final = date(2023, 1, 3)
USUAL: Final = {"MUG": 10, "TEA": 4, "BOARD": 8, "TABLE": 60, "CHAIR": 25}


class Lot(NamedTuple):
    """What tells units from others; of a pool only account and item count."""

    account: str
    item: str
    cost: Decimal
    day: date
    label: str | None = None

    @property
    def is_pool(self) -> bool:
        """Whether Beancount keeps no lots apart there."""
        return "Pool" in self.account


class Gone(NamedTuple):
    """Units that were sold, which may come back."""

    lot: Lot
    units: Decimal
    day: date


@dataclass
class World:
    """All that exists so far.

    Attributes:
        stock: Units of every lot.
        gone: What was sold and did not come back.
        expiring: What was stated of lots.
        came_back: Lots that customers' goods came back to at another cost, date or label.
        stated: Items with what `invwd-nrv` directives in force select.
        orders: What was ordered, as a lot, and until when it is to come.
    """

    dice: Dice
    currency: str
    digits: int
    day: date = FIRST
    accounts: list[str] = field(default_factory=list)
    items: tuple[str, ...] = tuple(USUAL)
    lines: list[str] = field(default_factory=list)
    stock: dict[Lot, Decimal] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    expiring: dict[Lot, date] = field(default_factory=dict)
    came_back: set[Lot] = field(default_factory=set)
    stated: list[tuple[str, ...]] = field(default_factory=list)
    orders: list[tuple[Lot, date]] = field(default_factory=list)
    labels: int = 0
    has_implicit_prices: bool = False

    # ---------------------------------------------------------------- text

    def write(self, *lines: str) -> None:
        """Add lines to the ledger."""
        self.lines += lines

    def transaction(self, narration: str, *rows: str) -> None:
        """Add a transaction."""
        self.write(f'{self.day} * "{narration}"', *(f"  {row}" for row in rows))

    def quantize(self, number: Decimal, more: int = 0) -> Decimal:
        """Round to the decimals of the currency, or to some more."""
        return number.quantize(Decimal(1).scaleb(-self.digits - more), ROUND_HALF_UP)

    def scale(self, number: Decimal) -> Decimal:
        """Turn a number of units of account into the currency's size."""
        return number * Decimal({0: "100", 2: "1", 4: "0.0004"}[self.digits])

    def amount(self, number: Decimal) -> str:
        """Return an amount as text, of a number for dollars."""
        return self.money(self.scale(number))

    def money(self, number: Decimal, more: int = 0) -> str:
        """Return an amount as text, of a number in the currency."""
        return f"{self.quantize(number, more):f} {self.currency}"

    def near(self, item: str, percents: tuple[int, ...] = (100, 80, 125, 90, 60, 140)) -> Decimal:
        """Return an amount per unit near the usual one."""
        jitter = 1 + Decimal(self.dice.between(0, 40)) / 1000
        number = Decimal(USUAL[item] * self.dice.pick(percents)) / 100 * jitter
        return max(self.quantize(self.scale(number)), Decimal(1).scaleb(-self.digits))

    def row(self, lot: Lot, units: Decimal, price: str = "") -> str:
        """Return a posting that adds units to a lot or takes them from it."""
        parts = [f"{lot.cost:f} {self.currency}"]
        if not lot.is_pool:
            parts += [str(lot.day)] + ([f'"{lot.label}"'] if lot.label else [])
        return f"{lot.account}  {units:f} {lot.item} {{{', '.join(parts)}}}{price}"

    # ---------------------------------------------------------------- stock

    def new_label(self) -> str:
        """Return a label that no lot bears."""
        self.labels += 1
        return f"L{self.labels}"

    def entity_of(self, account: str) -> str:
        """Return what stands for the entity of an account."""
        return account if account.endswith(":Inventory") else ""

    def partners(self, account: str) -> list[str]:
        """Return the accounts of the entity of an account."""
        return [name for name in self.accounts if self.entity_of(name) == self.entity_of(account)]

    def lots(self, *, pools: bool = True) -> list[Lot]:
        """Return the lots that are on hand."""
        here = [lot for lot, units in self.stock.items() if units > 0]
        return [lot for lot in here if pools or not lot.is_pool]

    def add(self, lot: Lot, units: Decimal) -> str:
        """Add units to a lot; return the posting."""
        self.stock[lot] = self.stock.get(lot, Decimal(0)) + units
        return self.row(lot, units)

    def take(self, lot: Lot, units: Decimal, price: str = "") -> str:
        """Take units out of a lot; return the posting."""
        self.stock[lot] -= units
        return self.row(lot, -units, price)

    def some(self, units: Decimal) -> Decimal:
        """Return all of the units, or some."""
        if self.dice.chance(35):
            return units
        return min(units, Decimal(self.dice.between(1, max(1, int(units)))))

    def is_taken(self, lot: Lot) -> bool:
        """Whether a lot of that description was there before, or differs by its label only."""
        return any(
            other == lot or (other[:4] == lot[:4] and not lot.is_pool) for other in self.stock
        )
