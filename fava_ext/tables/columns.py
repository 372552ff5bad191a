"""The columns that tables share: amounts, quantities, words, accounts, items."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fava_ext import fava_api
from fava_ext.tables.cells import Cell, Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fava_ext.request.context import Context


class Columns:
    """Makes the fields that views share."""

    def __init__(self, context: Context) -> None:
        self._ledger = context.ledger
        self._formats = context.formats
        self._explanations = fava_api.url_of(view="explain")
        self.link_account = lru_cache(None)(self._link_account)  # a link takes long to build
        self.explain = lru_cache(None)(self._explain)

    def money(self, key: str, title: str, *, is_signed: bool = False) -> Field[Any]:
        """An amount in the currency of the row."""

        def make(row: Any) -> Cell:
            return self.amount(getattr(row, key), row.currency, is_signed=is_signed)

        return Field(key, title, make, lambda row: getattr(row, key), is_number=True)

    def amount(self, number: Decimal | None, currency: str, *, is_signed: bool = False) -> Cell:
        """The cell of an amount."""
        if number is None:
            return Cell("–", tone="quiet", hint="none")
        text = self._formats.show_money(number, currency)
        if is_signed and number > 0:
            text = f"+{text}"
        return Cell(text, tone="" if number else "quiet")

    def exact(self, key: str, title: str, unit: str) -> Field[Any]:
        """A quantity of the commodity that `unit` names."""

        def make(row: Any) -> Cell:
            return self.number(getattr(row, key), getattr(row, unit) or "")

        return Field(key, title, make, lambda row: getattr(row, key), is_number=True)

    def number(self, number: Decimal | None, unit: str) -> Cell:
        """The cell of a quantity."""
        if number is None:
            return Cell("–", tone="quiet", hint="none")
        return Cell(self._formats.show_exact(number, unit), tone="" if number else "quiet")

    def price(self, number: Decimal | None, currency: str) -> Cell:
        """The cell of a value per unit."""
        if number is None:
            return Cell("–", tone="quiet", hint="none")
        return Cell(self._formats.price(number, currency), tone="" if number else "quiet")

    def text(self, key: str, title: str) -> Field[Any]:
        """Words of the plugin."""
        return Field(
            key,
            title,
            lambda row: Cell(self._formats.sentence(str(getattr(row, key) or ""))),
            lambda row: (getattr(row, key) or "").casefold() or None,
        )

    def account(self, key: str, title: str) -> Field[Any]:
        """An account, with a link to its page."""

        def make(row: Any) -> Cell:
            return self.link_account(getattr(row, key) or "")

        return Field(key, title, make, lambda row: getattr(row, key) or None)

    def _link_account(self, name: str) -> Cell:
        """The cell of an account."""
        return Cell(name, url=fava_api.url_of_account(name)) if name else Cell()

    def item(self) -> Field[Any]:
        """An item, with a link to the explanation of its figures."""

        def make(row: Any) -> Cell:
            return self.explain(row.commodity or "", getattr(row, "lot_label", None) or "")

        return Field("commodity", "Item", make, lambda row: self.name(row.commodity).casefold())

    def name(self, item: str) -> str:
        """The name of an item in Fava."""
        return fava_api.name_item(self._ledger, item)

    def _explain(self, item: str, lot: str = "") -> Cell:
        """The cell of an item."""
        name = self.name(item)
        url = f"{self._explanations}&{urlencode({'item': item, **({'lot': lot} if lot else {})})}"
        return Cell(name, note=item if name != item else "", url=url, item=item, lot=lot)

    def split(self, rows: Sequence[Any]) -> list[Field[Any]]:
        """Columns of entity and currency, where there are several or the figures are converted."""
        fields = []
        if any(row.entity for row in rows):
            fields.append(self.text("entity", "Entity"))
        currencies = {row.currency for row in rows}
        shown = fava_api.read_currency() or next(iter(currencies), "")
        if currencies - {shown}:
            fields.append(self.text("currency", "Currency"))
        return fields


def total_cells(fields: Sequence[Field[Any]], total: object, name: str) -> list[Cell]:
    """A line below the table: what the total has of the fields."""
    cells = [Cell(f"{name}{of_entity(total)}")]
    for field in fields[1:]:
        number = getattr(total, field.key, None)
        cells.append(field.make(total) if isinstance(number, Decimal) else Cell())
    return cells


def of_entity(total: object) -> str:
    """What names the entity of a total, behind its currency; empty without one."""
    entity = getattr(total, "entity", "")
    return f", {entity}" if entity else ""


def lot_field() -> Field[Any]:
    """Date and label of a lot."""
    return Field(
        "lot",
        "Lot",
        lambda row: Cell(str(row.lot_date or ""), note=row.lot_label or ""),
        lambda row: (str(row.lot_date or ""), row.lot_label or ""),
    )
