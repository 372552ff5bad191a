"""Lots on hand → the listing that an auditor tests: where each came from, and what says its value.

    MUG  40 of 2023-10-10, example.beancount:283 "Pottery | 350 mugs"  measure 600.00
         by example.beancount:141  allowance 0.00  30 sold since for 14.25 net

Each row can be vouched: file and line of the purchase and of the evidence, the document that the
ledger names, sales after the date (ISA 501, 500.7). The totals tie to `report` and to the balances
of the ledger, or it is said by how much they do not.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.ground.money import CONTEXT, ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.ledger.decided import POLICIES, find_evidence, find_meta
from beancount_invwd.report.ledger.holdings import LACKS
from beancount_invwd.report.ledger.outcomes import Outcome, list_outcomes
from beancount_invwd.report.ledger.recent_sales import find_last_sale
from beancount_invwd.report.ledger.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Lot

_PAPERS = ("document", "invoice", "receipt", "voucher")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A lot on hand.

    Attributes:
        contra: The account of its allowance.
        bought: The date that its age counts from; `age` is in days.
        purchase: File and line of it; `document` is what the transaction says, links and papers.
        last_sale: When units of the item were last sold or used.
        measure: In total; None if it was not assessed, and `reason` says why.
        evidence: File and line of what decided it.
        sold_after: Units of the lot that were sold after the date for a known price.
        average_after: What a unit of them fetched, less tax and costs.
    """

    entity: str
    currency: str
    account: str
    contra: str
    commodity: str
    lot_date: datetime.date
    lot_label: str | None
    bought: datetime.date
    age: int
    purchase: str
    document: str
    last_sale: datetime.date | None
    quantity: Decimal
    unit_cost: Decimal | None
    cost: Decimal
    measure: Decimal | None
    reason: str
    evidence: str
    allowance: Decimal
    sold_after: Decimal
    average_after: Decimal | None

    @property
    def carrying(self) -> Decimal:
        """Cost less allowance."""
        return self.cost - self.allowance


def list_audit(run: Run, after: int) -> list[AuditRow]:
    """List the lots on hand, with what an auditor asks of each.

    Args:
        run: The state of a date.
        after: The days after it in which sales are looked at.
    """
    with localcontext(CONTEXT):
        teller = _Teller(run, after)
        rows = [teller.tell(row) for row in run.rows]
    return sorted(rows, key=_sort_key)


def _sort_key(row: AuditRow) -> tuple[Any, ...]:
    place = (row.account, row.commodity, row.lot_date)
    return row.entity, row.currency, *place, row.lot_label or "", row.unit_cost or ZERO


class _Teller:
    """Knows what lots are told with.

    Args:
        run: The state of a date.
        after: The days after it.
    """

    def __init__(self, run: Run, after: int) -> None:
        self._run = run
        self._sources = Sources(run.options_map)
        self._outcomes = {row.lot.number: row for row in list_outcomes(run, after)}
        self._purchases = _find_purchases(run)
        self._last_sales: dict[Any, datetime.date | None] = {}

    def tell(self, row: Row) -> AuditRow:
        """Tell of a lot."""
        lot, measured = row
        entity, currency, item = lot.stock.key
        posting = lot.purchase
        txn = self._purchases.get(id(posting), lot.origin[0])
        sold = self._outcomes.get(lot.number)
        return AuditRow(
            entity,
            currency,
            lot.account,
            lot.place.contra,
            item,
            lot.date,
            lot.label,
            lot.aged_from,
            (self._run.as_of - lot.aged_from).days,
            self._sources.locate(find_meta(txn, posting)),
            name_document(txn),
            self._find_last_sale(lot),
            lot.units,
            lot.cost / lot.units if lot.units else None,
            lot.cost,
            measured.total,
            LACKS[measured.lack] if measured.lack else measured.reason,
            self._locate(row),
            lot.allowance,
            ZERO if sold is None else sold.sold,
            _find_average(sold),
        )

    def _locate(self, row: Row) -> str:
        """File and line of what decided: a directive, or what the policy says."""
        evidence = find_evidence(self._run, row)
        if evidence is None and row.measured.reason in POLICIES:
            return self._sources.locate_plugin()
        return self._sources.locate(evidence)

    def _find_last_sale(self, lot: Lot) -> datetime.date | None:
        if lot.stock.key not in self._last_sales:
            self._last_sales[lot.stock.key] = find_last_sale(self._run, lot.stock)
        return self._last_sales[lot.stock.key]


def _find_average(sold: Outcome | None) -> Decimal | None:
    return sold.net / sold.sold if sold is not None and sold.sold else None


def _find_purchases(run: Run) -> dict[int, Any]:
    """Find the transactions of the postings by which lots were bought."""
    wanted = {id(row.lot.purchase) for row in run.rows}
    return {
        id(posting): txn
        for txn in run.past
        if type(txn) is data.Transaction
        for posting in txn.postings
        if posting.cost is not None and id(posting) in wanted
    }


def name_document(txn: Any) -> str:
    """What a transaction says of itself: payee, narration, links, and papers that it names."""
    words = " | ".join(text for text in (txn.payee, txn.narration) if text)
    links = sorted(f"^{link}" for link in txn.links or ())
    papers = [str(value) for key, value in txn.meta.items() if key.startswith(_PAPERS)]
    return " ".join(part for part in (words, *links, *papers) if part)


class AuditTotal(NamedTuple):
    """The sums of an entity and cost currency."""

    entity: str
    currency: str
    cost: Decimal
    allowance: Decimal
    carrying: Decimal


def sum_audit(rows: Sequence[AuditRow]) -> list[AuditTotal]:
    """Add lots up by entity and cost currency."""
    sums: dict[tuple[str, str], Sums[str]] = {}
    with localcontext(CONTEXT):
        for row in rows:
            for name in AuditTotal._fields[2:]:
                sums.setdefault((row.entity, row.currency), Sums()).add(name, getattr(row, name))
    return [AuditTotal(*key, *row.values()) for key, row in sorted(sums.items())]
