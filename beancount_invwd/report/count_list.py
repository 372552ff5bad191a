"""Lots on hand → a count sheet to print or fill in: what `bean-invwd count` reads.

    account                 commodity  name          label  quantity
    Assets:Inventory:Store  MUG        Mug, white           ____

It is blind unless the books are asked for: who knows the number expected counts to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount.core import data

from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.output.columns import ITEM, Column
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from beancount_invwd.engine import Run


class ToCount(NamedTuple):
    """What is counted together: the lots of an item in an account with one label."""

    account: str
    commodity: str
    name: str
    label: str
    quantity: Decimal


def list_to_count(run: Run) -> list[ToCount]:
    """List what is on hand, as it stands on the shelves: by account, item and label."""
    names = {
        entry.currency: str(entry.meta.get("name") or "")
        for entry in run.past
        if isinstance(entry, data.Commodity)
    }
    units: Sums[tuple[str, str, str]] = Sums()
    for row in run.rows:
        lot = row.lot
        units.add((lot.account, lot.stock.key.commodity, lot.label or ""), lot.units)
    return [
        ToCount(account, item, names.get(item, ""), label, number)
        for (account, item, label), number in sorted(units.without_zeros().items())
    ]


_PLACE = (
    Column("account", "account", "account"),
    ITEM,
    Column("name", "name"),
    Column("label", "label"),
)
_BLIND = Column("quantity", "quantity", in_text="never", get=lambda _row: None)


def document_count_sheet(run: Run, rows: Sequence[ToCount], *, has_books: bool) -> Document:
    """The sheet, with the quantities of the books or without."""
    quantity = Column("quantity", "quantity", "exact") if has_books else _BLIND
    return Document(
        say("To count at the end of {as_of}", as_of=run.as_of),
        {"as_of": run.as_of},
        [
            Table(
                "count",
                [*_PLACE, quantity],
                rows,
                empty=say("No inventory is on hand on {as_of}.", as_of=run.as_of),
            )
        ],
    )
