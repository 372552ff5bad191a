"""Positions: what is on hand, what is impaired first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.remarks import list_remarks
from beancount_invwd.report.ledger.untested import find_untested, tell_untested
from beancount_invwd.report.output.cells import name_codes
from beancount_invwd.report.output.columns import Column
from beancount_invwd.report.output.tables import Table
from beancount_invwd.report.positions import COLUMNS, document_positions

from .. import fava_api
from ..tables.cells import Badge, Cell, Cells
from ..tables.grid import Grid, build_grid, pick
from .ordered import show_orders
from .view import Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.report.ledger.holdings import By, Position
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context

_MARKS = {
    "impaired": mark("impaired"),
    "written-off": mark("written off"),
    "expired": mark("expired"),
    "not-assessed": mark("not assessed"),
    "stale": mark("stale price"),
}
_WAYS = {
    "item": mark("Item"),
    "lot": mark("Lot"),
    "category": mark("Category"),
    "account": mark("Account"),
    "entity": mark("Entity"),
}
_NAMES = {"item": ("commodity",), "lot": ("commodity", "lot_date")}
_SHOWN = ("entity", "currency", "quantity", "cost", "allowance", "carrying", "pending", "measure",
          "price", "status", "reason")  # fmt: skip
_STATUS = Column("status", "status", get=lambda row: ", ".join(row.marks))


@dataclass(frozen=True, slots=True)
class Content:
    """What stands around the table.

    Attributes:
        ways: What may be one position.
        remarks: What concerns allowances or goods, but is in no position.
        audit_url: Leads to the listing that an auditor tests.
        orders: What is ordered, if anything is.
    """

    ways: Sequence[Link]
    remarks: Sequence[str]
    audit_url: str
    orders: Grid | None


def show(context: Context) -> tuple[Grid, Content]:
    """What is on hand, what is impaired first."""
    selection, by, cells = context.selection, context.question.by, Cells(context)
    rows = sorted(list_positions(context.run, by, selection.lots), key=_by_loss)
    columns = pick((*COLUMNS, _STATUS), *_list_keys(by))
    label, table = say("Positions by {by}", by=translate(by)), Table("positions", COLUMNS, rows)

    def tell_reason(row: Position) -> Cell:
        """What decided, which matters less where nothing is lost."""
        is_lost = row.allowance or row.pending or row.measure is None
        return Cell(
            context.formats.sentence(name_codes(row.reason)), tone="" if is_lost else "quiet"
        )

    makers = {
        "commodity": cells.name_lot,
        "status": lambda row: Cell(badges=show_marks(row)),
        "reason": tell_reason,
    }
    grid = build_grid(context, label, table, columns, makers=makers, totals=sum_totals(rows))
    ways, remarks = _list_ways(context), _list_remarks(context)
    return grid, Content(ways, remarks, fava_api.url_of(view="audit"), show_orders(context))


def _list_keys(by: By) -> list[str]:
    names = _NAMES.get(by, (by,))
    left_out = set(names) if by in _NAMES else {*names, "quantity", "price"}
    return [*names, *(key for key in _SHOWN if key not in left_out)]


def _by_loss(row: Position) -> tuple[Any, ...]:
    return -row.allowance, -abs(row.pending), row.measure is not None, -row.cost


def _list_ways(context: Context) -> list[Link]:
    has_entities = any(stock.key.entity for stock in context.run.stocks)
    return [
        Link(translate(text), fava_api.url_of(view="positions", by=by), by == context.question.by)
        for by, text in _WAYS.items()
        if by != "entity" or has_entities
    ]


def _list_remarks(context: Context) -> list[str]:
    if context.selection.is_narrow:
        return []
    untested = find_untested(context.run)  # has a card of its own
    told = "" if untested is None else tell_untested(untested)
    return [context.formats.sentence(text) for text in list_remarks(context.run) if text != told]


def show_marks(row: Position) -> list[Badge]:
    """The badges of a position."""
    return [Badge(name, translate(_MARKS[name])) for name in row.marks]


def write(context: Context) -> Document:
    """What the command line writes of it."""
    selection = context.selection
    lots = selection.lots if selection.is_narrow else None
    return document_positions(context.run, context.question.by, lots)
