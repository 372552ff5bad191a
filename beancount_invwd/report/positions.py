"""Positions and their totals → the document that `report` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.notices import list_notices
from beancount_invwd.report.ledger.ordered import ORDER_COLUMNS, list_apart, list_orders
from beancount_invwd.report.ledger.remarks import list_remarks
from beancount_invwd.report.ledger.tie_out import tell_cost, tie_cost
from beancount_invwd.report.output.columns import (
    ACCOUNT,
    CARRYING,
    CATEGORY,
    COST,
    COST_TIES,
    CURRENCY,
    ENTITY,
    ITEM,
    LOT,
    MEASURE,
    PRICE,
    PRICE_DATE,
    QUANTITY,
    Cell,
    Column,
)
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.holdings import By

COLUMNS = (
    ENTITY,
    LOT[0],
    ITEM,
    CATEGORY,
    CURRENCY,
    *LOT[1:],
    Column("unit_cost", "unit cost", "price"),
    QUANTITY,
    COST,
    PRICE,
    PRICE_DATE,
    MEASURE,
    Column("allowance", "allowance", "money"),
    CARRYING,
    Column("pending", "pending", "money"),
    Column("reason", "reason", page="Decided by"),
)
_OF_ITEM = {"commodity", "category", "unit_cost", "price", "price_date"}
_OF_LOT = {"account", "lot_date", "lot_label"}
_LACKING: Mapping[str, set[str]] = {
    "lot": set(),
    "item": _OF_LOT,
    "category": (_OF_LOT | _OF_ITEM) - {"category"},
    "account": (_OF_LOT | _OF_ITEM) - {"account"},
    "entity": _OF_LOT | _OF_ITEM,
}


_NOTICES = (
    Column("kind", "kind"),
    ACCOUNT,
    ITEM,
    CURRENCY,
    Column("amount", "amount", "money"),
    Column("date", "date", "date"),
    Column("message", "message"),
)


def document_positions(run: Run, by: By = "item", lots: Sequence[Row] | None = None) -> Document:
    """Positions with their totals, by INTERFACE.md; of some lots only, if they are given."""
    rows = list_positions(run, by, lots)
    columns = [column for column in COLUMNS if column.key not in _LACKING[by]]
    kept = {"entity", "currency", "cost", "allowance", "carrying", "pending"}
    sums = [column for column in COLUMNS if column.key in kept]
    tables = [
        Table(
            "positions",
            columns,
            rows,
            empty=say("No inventory is on hand on {as_of}.", as_of=run.as_of),
        ),
        Table("totals", sums, sum_totals(rows), "totals"),
    ]
    title = say("Inventory on {as_of}", as_of=run.as_of)
    facts: dict[str, Cell] = {"as_of": run.as_of, "standard": run.policy.standard}
    if lots is not None:
        return Document(title, facts, tables)
    ties = tie_cost(run)
    return Document(
        title,
        facts,
        [
            *tables,
            *list_apart("commitments", ORDER_COLUMNS, list_orders(run)),
            Table("notices", _NOTICES, list_notices(run), "notices"),
            Table("accounts", COST_TIES, ties, "extra"),
        ],
        notes=list_remarks(run),
        warnings=[tell_cost(row) for row in ties if row.difference],
    )
