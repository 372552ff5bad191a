"""What a table has: columns, each of which takes a cell from a row.

    Column("carrying", "carrying", "money", page="Carrying amount")

The same column serves the files (`key`), the command line (`title`) and the page (`heading`); its
kind says how a cell is written, aligned and sorted. Columns that several reports have stand here,
all others beside the rows of their report.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from beancount_invwd.ground.words import translate
from beancount_invwd.report.output.meanings import MEANINGS

Cell = str | int | Decimal | datetime.date | None
Kind = Literal[
    "text", "item", "account", "date", "money", "change", "exact", "price", "days", "share"
]
_MONEY: frozenset[Kind] = frozenset({"money", "change"})
_NUMBERS: frozenset[Kind] = _MONEY | {"exact", "price", "days", "share"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        key: What JSON, CSV and the address of the page call it; the attribute of a row, if there
            is no `get`.
        title: What text calls it.
        kind: `money` is rounded to the decimals of the row's currency, and so is `change`, which
            goes up and down; `exact` (a quantity) and `price` (a value per unit) are not rounded.
        page: What the page calls it; empty if that is the title.
        below: The key of a column that the page shows in small print below this one.
        unit: Of a quantity, the attribute of a row that names its commodity.
        in_text: Text leaves columns out that are empty, those that are rare if all is 0 as well.
        is_named: Whether its title is a user's, who is not translated.
        get: Takes the cell from a row.
    """

    key: str
    title: str
    kind: Kind = "text"
    page: str = ""
    below: str = ""
    unit: str = "commodity"
    in_text: Literal["always", "rare", "never"] = "always"
    is_named: bool = False
    get: Callable[[Any], Cell] | None = None

    @property
    def name(self) -> str:
        """What text calls it, in the language that is spoken."""
        return self.title if self.is_named or not self.title else translate(self.title)

    @property
    def heading(self) -> str:
        """What the page calls it."""
        return translate(self.page) if self.page else self.name[:1].upper() + self.name[1:]

    @property
    def about(self) -> str:
        """What it means, in a sentence; empty where its title says it all."""
        title = "" if self.is_named else self.title
        meaning = MEANINGS.get(title, MEANINGS.get(self.key, ""))
        return translate(meaning) if meaning else ""

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers, which stand at the right."""
        return self.kind in _NUMBERS

    @property
    def is_money(self) -> bool:
        """Whether its cells are amounts in the currency of their row."""
        return self.kind in _MONEY

    def read(self, row: Any) -> Cell:
        """The cell of a row; None of a total, which has some of the columns only."""
        return getattr(row, self.key, None) if self.get is None else self.get(row)


ENTITY = Column("entity", "entity")
CURRENCY = Column("currency", "currency")
ITEM = Column("commodity", "item", "item")
CATEGORY = Column("category", "category")
ACCOUNT = Column("account", "account", "account")
LOT_DATE = Column("lot_date", "lot date", "date", page="Lot", below="lot_label")
LOT = (ACCOUNT, LOT_DATE, Column("lot_label", "lot"))
QUANTITY = Column("quantity", "quantity", "exact")
COST = Column("cost", "cost", "money")
MEASURE = Column("measure", "measure", "money")
CARRYING = Column("carrying", "carrying", "money", page="Carrying amount")
PRICE = Column("price", "price", "price", below="price_date")
PRICE_DATE = Column("price_date", "price date", "date")
_LOTS, _LEDGER = Column("lots", "lots", "money"), Column("ledger", "ledger", "money")
ALLOWANCE_TIES = (ACCOUNT, CURRENCY, _LOTS, _LEDGER)
COST_TIES = (
    ACCOUNT,
    CURRENCY,
    _LOTS,
    Column("money", "money", "money"),
    Column("excluded", "excluded", "money"),
    _LEDGER,
)
