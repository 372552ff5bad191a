"""A ledger → the parts of the pack: note, positions, roll-forwards, audit listing and the rest.

Each is a report as the command line has it; what is only here are the prices that were used, the
policy as it is in force, and its changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.directives.estimates import Estimate
from beancount_invwd.engine import find_config
from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.ground.words import say
from beancount_invwd.policy.estimates import tell_value
from beancount_invwd.report.audit.document import document_audit
from beancount_invwd.report.audit.listing import list_audit
from beancount_invwd.report.explain.explain import document_explanation, explain
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.holdings import list_positions
from beancount_invwd.report.ledger.outcomes import WITHIN
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.movements import document_movements, list_movements
from beancount_invwd.report.note.note import Note, disclose
from beancount_invwd.report.output.columns import CURRENCY, ITEM, PRICE, PRICE_DATE, Column
from beancount_invwd.report.output.tables import Document, Table
from beancount_invwd.report.positions import document_positions
from beancount_invwd.report.rollforward import document_rollforward, roll_forward

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from beancount_invwd.engine import Run

LARGEST = 10
"""So many items are explained, those with the largest allowances."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the pack.

    Attributes:
        name: Of the sheet, and of the place in the page.
        heading: What it is called; empty if that is the title of what it holds.
    """

    name: str
    content: Note | Document
    heading: str = ""

    @property
    def title(self) -> str:
        """What it is called."""
        return self.heading or self.content.title


def list_parts(run: Run) -> list[Part]:
    """List all parts, of the fiscal year up to the date of a run.

    Args:
        run: The state at the end of the period.
    """
    start = fiscal_year_start(run.as_of, run.policy.year_end)
    rolled = roll_forward(run, "year", None, None)
    bridged = roll_forward(run, "quarter", "cause", start)
    return [
        Part("note", disclose(run)),
        Part("positions", document_positions(run)),
        Part(
            "roll-forward", document_rollforward(rolled, None), say("The allowance, year by year")
        ),
        Part(
            "bridge", document_rollforward(bridged, "cause"), say("The allowance, by what moved it")
        ),
        Part("movements", _list_moved(run, start)),
        Part("audit", document_audit(run, list_audit(run, WITHIN), WITHIN)),
        Part("prices", _document_prices(run)),
        Part("policy", _document_policy(run)),
        *(Part(f"explain {item}", _explain(run, item)) for item in _list_largest(run)),
    ]


def _list_moved(run: Run, start: datetime.date) -> Document:
    written = [row for row in read_history(run).written if row.date >= start]
    return document_movements(list_movements(run, written), start, run.as_of)


def _list_largest(run: Run) -> list[str]:
    """The items with the largest allowances, or what is pending, of all currencies."""
    sums: dict[str, Decimal] = {}
    for row in list_positions(run):
        item = row.commodity or ""
        sums[item] = max(sums.get(item, row.allowance), row.allowance, abs(row.pending))
    items = sorted((item for item, amount in sums.items() if amount), key=lambda item: item)
    return sorted(items, key=lambda item: sums[item], reverse=True)[:LARGEST]


def _explain(run: Run, item: str) -> Document:
    return document_explanation(explain(run, item, None))


class _Used(NamedTuple):
    """A price directive that decided, and how many lots it did."""

    commodity: str
    currency: str
    price: Decimal
    price_date: datetime.date
    lots: int
    source: str


_PRICES = (
    ITEM,
    PRICE,
    CURRENCY,
    PRICE_DATE,
    Column("lots", "lots", "days"),
    Column("source", "file and line"),
)


def _document_prices(run: Run) -> Document:
    rows = list(_list_used(run))
    table = Table("prices", _PRICES, rows, empty=say("No price was used."))
    return Document(say("Prices used on {as_of}", as_of=run.as_of), {"as_of": run.as_of}, [table])


def _list_used(run: Run) -> Iterator[_Used]:
    """List the prices that lots on hand are measured by, in the currency of their cost."""
    sources = Sources(run.options_map)
    counts: dict[tuple[str, str, Decimal, datetime.date, str], int] = {}
    for lot, measured in run.rows:
        if (price := measured.price) is not None:
            where = sources.locate(price.entry.meta)
            key = (lot.stock.key.commodity, lot.stock.key.currency)
            place = (*key, price.number, price.own_date, where)
            counts[place] = counts.get(place, 0) + 1
    for (item, currency, number, day, where), count in sorted(counts.items()):
        yield _Used(item, currency, number, day, count, where)


class _Ruled(NamedTuple):
    """What holds from a date on; that of the `plugin` line has none."""

    day: datetime.date | None
    key: str
    value: str
    place: str
    source: str


_POLICY = (
    Column("day", "valid from", "date"),
    Column("key", "what"),
    Column("value", "value"),
    Column("place", "applies to"),
    Column("source", "file and line"),
)


def _document_policy(run: Run) -> Document:
    rows = list(_list_ruled(run))
    return Document(
        say("Policy in force on {as_of}, and its changes", as_of=run.as_of),
        {"as_of": run.as_of},
        [Table("policy", _POLICY, rows)],
    )


def _list_ruled(run: Run) -> Iterator[_Ruled]:
    sources = Sources(run.options_map)
    line, policy = sources.locate_plugin(), run.policy
    for key in ("standard", "measure", "basis", "reversals", "period"):
        yield _Ruled(None, key, str(getattr(policy, key)), "", line)
    yield _Ruled(None, "plugin", find_config(run.options_map) or "{}", "", line)
    for row in run.directives:
        if isinstance(row, Estimate) and row.date <= run.as_of:
            place = sources.locate(row.entry.meta)
            yield _Ruled(row.date, row.key, tell_value(row.value), row.place, place)


def name_sheets(parts: Sequence[Part]) -> Iterator[Table]:
    """The tables of all parts, each with a name that no other has."""
    for part in parts:
        if isinstance(part.content, Document):
            for number, table in enumerate(part.content.tables):
                if table.rows:
                    name = part.name if not number else f"{part.name} {table.name}"
                    yield Table(name, table.columns, table.rows)
