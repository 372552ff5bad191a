"""Lots, evidence and demand → what may have to be written down next, so that it can be avoided.

First what is certain: **pending**, the loss that a test today would write (prices fell, goods were
damaged or expired since the last one). Then three ways to lose money on top of that:

- **price**: what the engine would write down more today if all prices were lower by the given share
  (contracts, replacement costs and costs per unit stay, and gains within a group still count). The
  headroom says how far net realisable value may fall: goods carried at 900.00, NRV 1,000.00:
  headroom 100.00, 10 %.
- **expiry**: units that demand will not reach before they expire (those that expire first are sold
  first), at what a test today would leave, less salvage.
- **ageing**: what the rates by age (and by days without a sale) will take within the given days
  if the goods stay.

Money at risk is the sum, at most what is carried. Nothing here is written to the ledger.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.money import CONTEXT, ZERO, round_money
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say, translate
from beancount_invwd.policy.values import parse_share
from beancount_invwd.report.ledger.notices import list_notices
from beancount_invwd.report.ledger.untested import find_untested, tell_untested
from beancount_invwd.report.output.columns import (
    CARRYING,
    CURRENCY,
    ENTITY,
    ITEM,
    LOT,
    QUANTITY,
    Cell,
    Column,
)
from beancount_invwd.report.output.numbers import show_share
from beancount_invwd.report.output.tables import Document, Table
from beancount_invwd.report.risk.listed import Listed, find_listed
from beancount_invwd.report.risk.prospects import (
    WINDOW,
    Prospect,
    Question,
    look_ahead,
)
from beancount_invwd.report.risk.selling import find_falls
from beancount_invwd.report.risk.warnings import list_meanings, warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.demand import Turnover
    from beancount_invwd.lots.stock import Stock

HEADROOM = Decimal("0.10")
WITHIN = 90


@dataclass(frozen=True, slots=True)
class RiskRow:
    """An item at risk; a lot, where the ledger tests each lot on its own.

    Attributes:
        account: The account of the lot, None for an item; so are date and label.
        carrying: Cost less allowance.
        pending: The loss that a test today would write.
        measure: Net realisable value of goods that can be sold as usual, whatever they are measured
            at; None without a price, and where no price may decide.
        headroom: Theirs less their carrying amount; `headroom_share` is of net realisable value.
        price_age: Days since the oldest price that counted.
        expires: The first date on which a lot expires; units and loss are those of all lots
            that expire within the given days and that demand will not reach; `losses_dated` is
            the same loss by the date on which lots expire.
        listed: The price that counts, and `paid` the median net price of the last days' sales,
            both without tax; `loss_paid` is what a test at that would write more, if nobody paid
            the price. It is not added to the losses: it is a fall of prices that has happened.
        supply: For how many days the units of the item last; None if none were sold.
        idle: Days since units were last sold or used, or else first bought, as the rates for idle
            goods count them, if the policy has some.
        age: Days since the purchase of the oldest lot.
        at_risk: The four losses, at most the carrying amount.
        explained: What is near: warnings by name, each with its explanation.
    """

    entity: str
    currency: str
    commodity: str
    account: str | None
    lot_date: datetime.date | None
    lot_label: str | None
    quantity: Decimal
    carrying: Decimal
    pending: Decimal
    measure: Decimal | None
    headroom: Decimal | None
    price_age: int | None
    expires: datetime.date | None
    units_expiring: Decimal
    loss_expiry: Decimal
    loss_ageing: Decimal
    loss_price: Decimal
    supply: Decimal | None
    idle: int
    age: int
    at_risk: Decimal
    explained: Mapping[str, str]
    losses_dated: Sequence[tuple[datetime.date, Decimal]] = ()
    listed: Decimal | None = None
    paid: Decimal | None = None
    loss_paid: Decimal = ZERO

    @property
    def warnings(self) -> tuple[str, ...]:
        """The names of what is near."""
        return tuple(self.explained)

    @property
    def why(self) -> str:
        """Their explanations."""
        return "; ".join(self.explained.values())

    @property
    def headroom_share(self) -> Decimal | None:
        """By what share net realisable value may fall until it is the carrying amount."""
        return self.headroom / self.measure if self.headroom is not None and self.measure else None


def read_share(text: str) -> Decimal:
    """Read a share such as `10%`.

    Raises:
        RuleError: It is none between 0% and 100%.
    """
    return parse_share(text)


def list_risks(
    run: Run,
    headroom: Decimal = HEADROOM,
    within: int = WITHIN,
    *,
    is_whole: bool = False,
) -> list[RiskRow]:
    """List what is at risk, by entity and currency: what is certain, then the most money first.

    Args:
        run: The state of a date.
        headroom: The share by which prices may fall, 0.10 for 10 %.
        within: The days to look ahead.
        is_whole: Whether goods of which nothing is near are listed as well.
    """
    with localcontext(CONTEXT):
        question, falls = Question(run, within, headroom), find_falls(run, headroom)
        found: list[RiskRow] = []
        for stock in run.stocks:
            turnover = question.find_turnover(stock)
            prospects = look_ahead(question, stock, turnover, falls)
            groups = _split(question, prospects)
            found += [_sum_up(question, group, turnover, stock) for group in groups]
        return sorted((row for row in found if is_whole or row.warnings), key=_sort_key)


class RiskTotal(NamedTuple):
    """What is at risk of an entity and currency."""

    entity: str
    currency: str
    carrying: Decimal
    pending: Decimal
    loss_price: Decimal
    loss_expiry: Decimal
    loss_ageing: Decimal
    at_risk: Decimal


_ADDED = ("carrying", "pending", "loss_price", "loss_expiry", "loss_ageing", "at_risk")


def sum_risks(rows: Sequence[RiskRow]) -> list[RiskTotal]:
    """Add up what is at risk, by entity and currency."""
    sums: dict[tuple[str, str], Sums[str]] = {}
    with localcontext(CONTEXT):
        for row in rows:
            for name in _ADDED:
                sums.setdefault((row.entity, row.currency), Sums()).add(name, getattr(row, name))
    return [RiskTotal(*key, *(row[name] for name in _ADDED)) for key, row in sorted(sums.items())]


def _sort_key(row: RiskRow) -> tuple[Any, ...]:
    name = (row.commodity, row.account or "", row.lot_date or datetime.date.min)
    return row.entity, row.currency, -row.pending, -row.at_risk, *name, row.lot_label or ""


def _split(question: Question, prospects: Sequence[Prospect]) -> list[Sequence[Prospect]]:
    if question.run.policy.basis == "lot":
        return [[prospect] for prospect in prospects]
    return [prospects] if prospects else []


def _sum_up(
    question: Question, group: Sequence[Prospect], turnover: Turnover, stock: Stock
) -> RiskRow:
    lot = group[0].lot
    is_lot = question.run.policy.basis == "lot"
    carrying = sum((row.carrying for row in group), ZERO)
    measure, headroom = _find_headroom(group)
    expiring = [row for row in group if row.units_expiring]
    test = sum((row.pending for row in group), ZERO)
    losses = {
        "pending": _find_pending(group),
        "expiry": sum((row.loss_expiry for row in group), ZERO),
        "ageing": sum((row.loss_ageing for row in group), ZERO),
        "price": max(ZERO, sum((row.loss_price for row in group), ZERO)),
    }
    supply = turnover.find_supply(question.run.find_saleable(stock))
    is_slow = turnover.is_known and (supply is None or supply > WINDOW)
    prices = [row.selling.price for row in group if row.selling is not None]
    dates = [price.date for price in prices if price is not None]
    expiries = [row.lot.facts.expires for row in expiring]
    found = RiskRow(
        *stock.key,
        account=lot.account if is_lot else None,
        lot_date=lot.date if is_lot else None,
        lot_label=lot.label if is_lot else None,
        quantity=sum((row.lot.units for row in group), ZERO),
        carrying=carrying,
        pending=losses["pending"],
        measure=measure,
        headroom=headroom,
        price_age=(question.today - min(dates)).days if dates else None,
        expires=min((day for day in expiries if day is not None), default=None),
        units_expiring=sum((row.units_expiring for row in group), ZERO),
        loss_expiry=losses["expiry"],
        loss_ageing=losses["ageing"],
        loss_price=losses["price"],
        supply=supply,
        idle=(question.today - turnover.last).days,
        age=(question.today - min(row.lot.aged_from for row in group)).days,
        at_risk=min(max(ZERO, carrying, carrying - test), sum(losses.values(), ZERO)),
        explained={},
        losses_dated=[
            (row.lot.facts.expires, row.loss_expiry)
            for row in expiring
            if row.lot.facts.expires is not None and row.loss_expiry
        ],
    )
    listed = _find_listed(question, group)
    if listed is not None:
        found = replace(
            found,
            listed=listed.price,
            paid=listed.paid and round_money(listed.paid, stock.quantum),
            loss_paid=listed.loss,
        )
    return replace(found, explained=warn(question, found, group, is_slow=is_slow))


def _find_listed(question: Question, group: Sequence[Prospect]) -> Listed | None:
    """The price of goods that sell as usual, against what was paid for them."""
    rows = [row.row for row in group if row.selling is not None and row.selling.price is not None]
    prices = [row.selling.price for row in group if row.selling is not None]
    price = next((price for price in prices if price is not None), None)
    return None if price is None else find_listed(question.run, rows, price)


def _find_pending(group: Sequence[Prospect]) -> Decimal:
    """What is lost by now; goods that are tested apart have no gain of others to set it off."""
    apart = [max(ZERO, row.pending) for row in group if row.row.measured.is_apart]
    usual = [row.pending for row in group if not row.row.measured.is_apart]
    return sum(apart, max(ZERO, sum(usual, ZERO)))


def _find_headroom(group: Sequence[Prospect]) -> tuple[Decimal | None, Decimal | None]:
    """Net realisable value and headroom of what is tested together, else of what a rate lowered."""
    selling = [(row, row.selling.nrv) for row in group if row.selling is not None]
    usual = [pair for pair in selling if not pair[0].row.measured.is_apart] or selling
    if not usual:
        return None, None
    nrv = sum((worth for _, worth in usual), ZERO)
    return nrv, nrv - sum((row.carrying for row, _ in usual), ZERO)


def _count_supply(row: RiskRow) -> Cell:
    supply = getattr(row, "supply", None)  # totals have none
    return None if supply is None else Decimal(int(supply))


def _name_warnings(row: RiskRow) -> Cell:
    return ", ".join(getattr(row, "warnings", ()))


COLUMNS = (
    ENTITY,
    CURRENCY,
    ITEM,
    *LOT,
    QUANTITY,
    CARRYING,
    Column("pending", "pending", "money", page="Lost already", in_text="rare"),
    Column("measure", "NRV", "money"),
    Column("headroom", "headroom", "money", below="headroom_share"),
    Column("headroom_share", "in %", "share"),
    Column("loss_price", "price loss", "money", page="If prices fall", in_text="rare"),
    Column("listed", "price", "price", page="Price", below="paid", in_text="never"),
    Column("paid", "sold for", "price"),
    Column("loss_paid", "at that", "money", page="At prices paid", in_text="rare"),
    Column("expires", "expires", "date"),
    Column("units_expiring", "expiring", "exact", in_text="rare"),
    Column(
        "loss_expiry", "expiry loss", "money", page="By expiry", below="expires", in_text="rare"
    ),
    Column("loss_ageing", "ageing loss", "money", page="By ageing", in_text="rare"),
    Column("supply", "supply days", "days", page="Days of supply", get=_count_supply),
    Column("idle", "idle days", "days", page="Days idle"),
    Column("age", "age days", "days", page="Days old"),
    Column("price_age", "price days", "days", page="Price, days"),
    Column("at_risk", "at risk", "money"),
    Column("warnings", "warnings", get=_name_warnings),
    Column("why", "why", in_text="never"),
)
_SUMMED = {"entity", "currency", *_ADDED}


def document_risks(run: Run, rows: Sequence[RiskRow], headroom: Decimal, within: int) -> Document:
    """What is at risk."""
    untested = find_untested(run)
    near = {name for row in rows for name in row.warnings}
    meanings = [f"{translate(key)}: {text}" for key, text in list_meanings().items() if key in near]
    asked = [row.message for row in list_notices(run) if row.kind == "later-evidence"]
    return Document(
        say(
            "Inventory at risk on {as_of}: if prices fall by {headroom}, and within {within} days",
            as_of=run.as_of,
            headroom=show_share(headroom),
            within=within,
        ),
        {"as_of": run.as_of, "headroom": headroom, "within": within},
        [
            Table("items", COLUMNS, rows, empty=say("Nothing is at risk.")),
            Table(
                "totals", [row for row in COLUMNS if row.key in _SUMMED], sum_risks(rows), "totals"
            ),
        ],
        notes=[*meanings, *([] if untested is None else [tell_untested(untested)]), *asked],
    )
