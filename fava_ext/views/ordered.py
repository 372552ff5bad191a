"""What is ordered, below the table of goods: liabilities are no allowances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.ordered import (
    ORDER_COLUMNS,
    ROLL_COLUMNS,
    list_orders,
)
from beancount_invwd.report.output.tables import Table

from ..tables.grid import Grid, build_grid, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.report.ledger.ordered import OrderRoll
    from beancount_invwd.report.output.columns import Column

    from ..request.context import Context

_POSITION = ("commodity", "entity", "currency", "date", "until", "quantity", "cost", "measure",
             "liability", "pending", "reason")  # fmt: skip
_ROLL = ("commodity", "entity", "currency", "from", "to", "opening", "losses", "recoveries",
         "deliveries", "closing")  # fmt: skip


def show_orders(context: Context) -> Grid | None:
    """What is still to come, and what is lost on it; None if nothing is."""
    return _build(context, ORDER_COLUMNS, list_orders(context.run), _POSITION)


def show_rolled(context: Context, rows: Sequence[OrderRoll]) -> Grid | None:
    """The liabilities over time; None if there never were any."""
    return _build(context, ROLL_COLUMNS, rows, _ROLL)


def _build(
    context: Context, columns: Sequence[Column], rows: Sequence[Any], keys: Sequence[str]
) -> Grid | None:
    """A table in the order of the report; filters for accounts and words are about goods."""
    if not rows or context.selection.is_narrow:
        return None
    label, table = say("Liabilities for what is ordered"), Table("commitments", columns, rows)
    return build_grid(context, label, table, pick(columns, *keys), is_main=False)
