"""Lots and what they tie to → the document that `audit` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.words import say
from beancount_invwd.report.audit.listing import AuditRow, sum_audit
from beancount_invwd.report.audit.ties import TIES, tell_ties, tie_audit
from beancount_invwd.report.output.columns import (
    CARRYING,
    COST,
    CURRENCY,
    ENTITY,
    ITEM,
    LOT,
    MEASURE,
    QUANTITY,
    Cell,
    Column,
)
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.engine import Run

COLUMNS = (
    ENTITY,
    CURRENCY,
    LOT[0],
    ITEM,
    *LOT[1:],
    Column("bought", "bought", "date", in_text="never"),
    Column("purchase", "purchase", below="document"),
    Column("document", "document"),
    Column("age", "age days", "days", page="Days old"),
    Column("last_sale", "last sale", "date"),
    QUANTITY,
    Column("unit_cost", "unit cost", "price", in_text="never"),
    COST,
    MEASURE,
    Column("reason", "reason", page="Decided by", below="evidence"),
    Column("evidence", "evidence"),
    Column("allowance", "allowance", "money"),
    CARRYING,
    Column("sold_after", "sold after", "exact", page="Sold after"),
    Column("average_after", "net price", "price", page="Net price"),
)
_SUMS = (
    ENTITY,
    CURRENCY,
    *(column for column in COLUMNS if column.key in {"cost", "allowance", "carrying"}),
)


def document_audit(
    run: Run, rows: Sequence[AuditRow], after: int, *, is_whole: bool = True
) -> Document:
    """The listing, its totals, and what they tie to, unless it is but a part of the lots."""
    tables = [
        Table(
            "lots", COLUMNS, rows, empty=say("No inventory is on hand on {as_of}.", as_of=run.as_of)
        ),
        Table("totals", _SUMS, sum_audit(rows), "totals"),
    ]
    title = say(
        "Lots on {as_of} and what was sold in the {after} days after", as_of=run.as_of, after=after
    )
    facts: dict[str, Cell] = {"as_of": run.as_of, "after": after, "standard": run.policy.standard}
    if not is_whole:
        return Document(title, facts, tables)
    ties = tie_audit(run, rows)
    is_tied, notes = tell_ties(run, rows, ties)
    return Document(
        title,
        facts,
        [*tables, Table("ties", TIES, ties, "apart", empty=say("Against the ledger:"))],
        notes=notes if is_tied else (),
        warnings=() if is_tied else notes,
    )
