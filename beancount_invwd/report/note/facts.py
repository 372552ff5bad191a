"""The figures of the note under the names that the taxonomies of IFRS and US GAAP have for them.

    {"standard": "ias2", "from": "2024-01-01", "to": "2024-12-31", "facts": [
      {"concept": "ifrs-full:Inventories", "entity": "", "period": "instant", "from": null,
       "to": "2024-12-31", "unit": "iso4217:USD", "decimals": 2, "value": "4463.00"}, …]}

A fact is of a date (`instant`, the end of `to`) or of the days `from` to `to` (`duration`); those
of the year before follow. Only what a figure really is gets a name: the carrying amount, the
allowance, what was written down and taken back (in US GAAP less what came back within the year),
and losses on firm orders. The cost of goods sold gets none, since a ledger does not know what of it
IAS 2.38 asks for; nor has another standard any.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Literal, NamedTuple

from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.ground.money import CONTEXT, ZERO, round_money
from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.ordered import roll_orders
from beancount_invwd.report.ledger.rolled import sum_rows
from beancount_invwd.report.note.before import find_before
from beancount_invwd.report.output.columns import ENTITY, Cell, Column
from beancount_invwd.report.output.numbers import places_of
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.spans import Span

Figure = Literal[
    "carrying", "allowance", "losses", "reversals", "net losses", "liability", "lost on orders"
]
IFRS: Mapping[Figure, str] = {
    "carrying": "ifrs-full:Inventories",
    "losses": "ifrs-full:InventoryWritedown2011",
    "reversals": "ifrs-full:ReversalOfInventoryWritedown",
    "liability": "ifrs-full:OnerousContractsProvision",
}
US_GAAP: Mapping[Figure, str] = {
    "carrying": "us-gaap:InventoryNet",
    "allowance": "us-gaap:InventoryValuationReserves",
    "net losses": "us-gaap:InventoryWriteDown",
    "lost on orders": "us-gaap:InventoryFirmPurchaseCommitmentLoss",
}
TAXONOMIES = {"ias2": IFRS, "asc330": US_GAAP, "asc330-lcm": US_GAAP}
"""By standard, what its taxonomy calls a figure."""
_INSTANTS = {"carrying", "allowance", "liability"}


class Fact(NamedTuple):
    """A figure under the name of a taxonomy; `start` is None if it is of a date."""

    concept: str
    entity: str
    start: datetime.date | None
    end: datetime.date
    unit: str
    decimals: int
    value: Decimal

    @property
    def period(self) -> str:
        """What it is of."""
        return "instant" if self.start is None else "duration"


COLUMNS = (
    Column("concept", "concept"),
    ENTITY,
    Column("period", "period"),
    Column("from", "from", "date", get=lambda row: row.start),
    Column("to", "to", "date", get=lambda row: row.end),
    Column("unit", "unit"),
    Column("decimals", "decimals", "days"),
    Column("value", "value", "exact"),
)


def document_facts(run: Run, start: datetime.date | None = None) -> Document:
    """The facts of a period that ends on the date of a run, and of the period before.

    Args:
        run: The state at the end of the period.
        start: The first day, inclusive; None is that of the fiscal year.
    """
    start = start or fiscal_year_start(run.as_of, run.policy.year_end)
    span, standard = (start, run.as_of), run.policy.standard
    before, names = find_before(run, span), TAXONOMIES.get(standard, {})
    with localcontext(CONTEXT):
        rows = list(_list_facts(run, span, names))
        if before is not None:
            rows += _list_facts(before.run, before.span, names)
    facts: dict[str, Cell] = {"standard": standard, "from": start, "to": run.as_of}
    other = f"the taxonomies of IFRS and US GAAP have no names for figures by {standard}"
    table = Table("facts", COLUMNS, rows, empty="There is nothing to tell.")
    return Document("Facts of the note", facts, [table], warnings=[] if names else [other])


def _list_facts(run: Run, span: Span, names: Mapping[Figure, str]) -> Iterator[Fact]:
    for (entity, currency), figures in sorted(_find_figures(run, span).items()):
        quantum = run.quantum(currency)
        for figure, concept in names.items():
            if figure in figures:
                value = round_money(figures[figure], quantum)
                first = None if figure in _INSTANTS else span[0]
                unit = f"iso4217:{currency}"
                yield Fact(concept, entity, first, span[1], unit, places_of(quantum), value)


def _find_figures(run: Run, span: Span) -> Mapping[tuple[str, str], Sums[Figure]]:
    """The figures of a period, by entity and currency; what never was is left out."""
    found: dict[tuple[str, str], Sums[Figure]] = {}
    for total in sum_totals(list_positions(run, "category")):
        sums = found.setdefault((total.entity, total.currency), Sums())
        sums |= {"carrying": total.carrying, "allowance": total.allowance}
    for row in sum_rows(run, read_history(run).written, [span], None):
        sums = found.setdefault((row.entity, row.currency), Sums())
        for figure in ("carrying", "allowance"):
            sums.setdefault(figure, ZERO)
        sums |= {"losses": row.losses, "reversals": -row.reversals}
        sums["net losses"] = row.losses + row.reversals
    for order in roll_orders(run, [span]):
        sums = found.setdefault((order.entity, order.currency), Sums())
        sums.add("liability", order.closing)
        sums.add("lost on orders", order.losses + order.recoveries)
    return found
