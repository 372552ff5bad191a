"""A list of prices → price directives as text, and a list of all that could not be used.

    commodity;price                2024-12-31 price MUG 3.50 EUR
    MUG;3,50                →      line 3: LAMP has no price
    LAMP;

An item is found by its name, or by the `sku` on its Commodity. No sum of money is guessed: what
could be two numbers, two prices or two currencies is not used.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import NamedTuple

from beancount.core import data

from beancount_invwd.engine import Run, list_own
from beancount_invwd.ground.errors import RuleError, find_near
from beancount_invwd.ground.money import CONTEXT, ONE, ZERO
from beancount_invwd.sheets.rows import MOST_HINTS, Grid, Problem, Row, read_rows

_NET = Decimal("0.0001")  # a price per unit may have parts of a cent


class Asked(NamedTuple):
    """How a sheet is to be read.

    Attributes:
        date: Of the directives.
        commodity: The column of the item, and so on.
        currency: Of all prices; None is the sheet's column, or the currency of the item's cost.
        tax: Contained in the prices of the sheet, as a share of what is left.
    """

    date: datetime.date
    commodity: str = "commodity"
    price: str = "price"
    currency: str | None = None
    tax: Decimal = ZERO


class PriceLine(NamedTuple):
    """A price that was read."""

    number: int
    item: str
    price: Decimal
    currency: str


@dataclass(slots=True)
class PriceList:
    """What a sheet gives.

    Attributes:
        lines: One for each item and currency.
        problems: What could not be used, in the order of the sheet.
    """

    date: datetime.date
    lines: dict[tuple[str, str], PriceLine] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def write(self) -> str:
        """Write price directives to append."""
        return "".join(
            f"{self.date} price {row.item} {row.price:f} {row.currency}\n"
            for row in self.lines.values()
        )


def read_prices(run: Run, sheet: Grid, asked: Asked) -> PriceList:
    """Read a list of prices: one that `bean-invwd prices` wrote, or a shop's own."""
    names = asked.commodity.casefold(), asked.price.casefold()
    columns = {**dict.fromkeys(names, True), **({} if asked.currency else {"currency": False})}
    remedy = "; or say what they are called: --commodity COLUMN --price COLUMN"
    rows, faults = read_rows(sheet, columns, remedy=remedy)
    found = PriceList(asked.date, problems=list(faults))
    reader = _Reader(asked, _Names(run), *names)
    refused: set[tuple[str, str]] = set()
    with localcontext(CONTEXT):
        for row in rows:
            try:
                _take(found.lines, reader.read(row), refused)
            except RuleError as error:
                found.problems.append(Problem("sheet", row.number, str(error)))
    found.problems.sort(key=lambda row: row.line or 0)
    return found


def _take(
    lines: dict[tuple[str, str], PriceLine], line: PriceLine, refused: set[tuple[str, str]]
) -> None:
    """Take a price; of two that differ, none.

    Raises:
        RuleError: There is another.
    """
    key = line.item, line.currency
    if key in refused:
        raise RuleError(f"{line.item} has several prices, so none is used; keep one")
    first = lines.setdefault(key, line)
    if first.price != line.price:
        refused.add(key)
        del lines[key]
        raise RuleError(
            f"{line.item} has another price in line {first.number}, so neither is used; keep one"
        )


class _Names:
    """The items and currencies of a ledger."""

    def __init__(self, run: Run) -> None:
        own = list_own(run.entries)
        self.unknown = 0
        self.taxes = {
            stock.key.commodity: run.find_item_terms(stock).price_includes for stock in run.stocks
        }
        self.costs: dict[str, set[str]] = {}
        for stock in run.stocks:
            self.costs.setdefault(stock.key.commodity, set()).add(stock.key.currency)
        self.items = set(self.costs)
        self.skus: dict[str, set[str]] = {}
        self.currencies = {name for names in self.costs.values() for name in names}
        self.currencies.update(run.options_map.get("operating_currency") or ())
        for entry in own:
            if isinstance(entry, data.Commodity):
                self.items.add(entry.currency)
                if "sku" in entry.meta:
                    sku = str(entry.meta["sku"]).strip().casefold()
                    self.skus.setdefault(sku, set()).add(entry.currency)
            elif isinstance(entry, data.Price):
                self.items.add(entry.currency)
                self.currencies.add(entry.amount.currency)

    def find_item(self, name: str) -> str:
        """Find an item by its name or number, or a currency that needs a rate.

        Raises:
            RuleError: There is none, or more than one.
        """
        if name in self.items or name in self.currencies:
            return name
        found = self.skus.get(name.casefold(), set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise RuleError(f"the sku {name} is that of {', '.join(sorted(found))}; name one")
        self.unknown += 1
        near = find_near(name, sorted(self.items)) if self.unknown <= MOST_HINTS else None
        hint = f"did you mean {near}?" if near else f'put sku: "{name}" on its Commodity'
        raise RuleError(f"{name} is no item of the ledger; {hint}")

    def find_currency(self, item: str, given: str) -> str:
        """Find the currency of a price.

        Raises:
            RuleError: It is not known.
        """
        if given and given not in self.currencies:
            near = find_near(given, sorted(self.currencies))
            hint = f"did you mean {near}?" if near else "name it by --currency"
            raise RuleError(f"{given} is no currency of the ledger; {hint}")
        costs = [given] if given else sorted(self.costs.get(item, ()))
        if len(costs) != 1:
            known = f"it costs {' and '.join(costs)}" if costs else "it has no cost"
            raise RuleError(f"the currency of {item} is not known ({known}); name it by --currency")
        return costs[0]


class _Reader(NamedTuple):
    """Reads lines."""

    asked: Asked
    names: _Names
    commodity: str
    price: str

    def read(self, row: Row) -> PriceLine:
        """Read a line.

        Raises:
            RuleError: It cannot be used.
        """
        name = row.cells[self.commodity]
        if not name:
            raise RuleError(f"the {self.commodity} is empty; fill it in")
        if not row.cells[self.price]:
            raise RuleError(f"{name} has no price; fill it in, or take the line out")
        item = self.names.find_item(name)
        given = self.asked.currency or row.cells.get("currency", "")
        currency = self.names.find_currency(item, given)
        price = row.read_number(self.price)
        return PriceLine(row.number, item, self._take_tax_off(item, price), currency)

    def _take_tax_off(self, item: str, price: Decimal) -> Decimal:
        if not self.asked.tax or item in self.names.currencies:
            return price
        if self.names.taxes.get(item):
            raise RuleError(
                f"prices of {item} in the ledger include tax (price_includes), which would be "
                "taken off twice; leave --net-of out for it"
            )
        return (price / (ONE + self.asked.tax)).quantize(_NET)
