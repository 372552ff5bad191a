"""Kinds of columns → the cells of the page: formatted, linked, aligned, and in order."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from beancount_invwd.ground.words import mark, translate
from beancount_invwd.report.output.cells import name_code

from .. import fava_api

if TYPE_CHECKING:
    from beancount_invwd.report.output.columns import Column

    from ..request.context import Context


class Badge(NamedTuple):
    """A word that a reader must not miss; the hint explains it."""

    name: str
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows.

    Attributes:
        note: Small print below.
        tone: `quiet` for what matters less, `bad` for what is wrong, `good` for what is right.
        url: Where a click leads; `item` says that it explains this one.
        hint: What a person who cannot see the sign has to know.
    """

    text: str = ""
    note: str = ""
    tone: str = ""
    url: str = ""
    item: str = ""
    hint: str = ""
    badges: Sequence[Badge] = ()


_NOTHING = Cell("–", tone="quiet", hint=mark("none"))


class Cells:
    """Makes cells of what columns read from rows."""

    def __init__(self, context: Context) -> None:
        self._ledger = context.ledger
        self._formats = context.formats
        self._nothing = replace(_NOTHING, hint=translate(_NOTHING.hint))
        self.link_account = lru_cache(None)(_link_account)  # a link takes long to build
        self._find_page = lru_cache(None)(_find_page)
        self.explain = lru_cache(None)(self._explain)

    def make(self, column: Column, row: Any) -> Cell:
        """The cell of a row."""
        value: Any = column.read(row)
        if column.is_number:
            return self._nothing if value is None else self._make_number(column, row, value)
        text = str(value or "")
        if column.kind == "item":
            return self.explain(text, getattr(row, "lot_label", None) or "")
        if column.kind == "account":
            return self.link_account(text)
        return Cell(
            text if column.kind == "date" else self._formats.sentence(name_code(column, text))
        )

    def _make_number(self, column: Column, row: Any, number: Any) -> Cell:
        formats = self._formats
        if column.kind == "days":
            return Cell(formats.digits(Decimal(number), 0))
        if column.kind == "share":
            return Cell(f"{formats.digits(number * 100, 1)} %")
        if column.kind == "exact":
            text = formats.show_exact(number, getattr(row, column.unit) or "")
        elif column.kind == "price":
            text = formats.price(number, row.currency)
        else:
            sign = "+" if column.kind == "change" and number > 0 else ""
            text = sign + formats.show_money(number, row.currency)
        return Cell(text, tone="" if number else "quiet")

    def order(self, column: Column, row: Any) -> Any:
        """What a row is sorted by; None stands last."""
        value = column.read(row)
        if column.kind == "item":
            return self.name(str(value)).casefold()
        return (value.casefold() or None) if isinstance(value, str) else value

    def name(self, item: str) -> str:
        """The name of an item in Fava."""
        return fava_api.name_item(self._ledger, item)

    def name_lot(self, row: Any) -> Cell:
        """The item of a row, and below it the account of a lot: both tell it from others."""
        cell = self.explain(row.commodity, row.lot_label or "")
        return replace(cell, note=", ".join(filter(None, (cell.note, row.account))))

    def _explain(self, item: str, lot: str = "", day: datetime.date | None = None) -> Cell:
        """The cell of an item, which leads to its explanation: on a day, else on the page's."""
        name, asked = self.name(item), {"item": item, **({"lot": lot} if lot else {})}
        url = f"{self._find_page(day)}&{urlencode(asked)}"
        return Cell(name, note=item if name != item else "", url=url, item=item)


def _find_page(day: datetime.date | None) -> str:
    return fava_api.url_of(view="explain", **({} if day is None else {"time": str(day)}))


def _link_account(name: str) -> Cell:
    return Cell(name, url=fava_api.url_of_account(name)) if name else Cell()
