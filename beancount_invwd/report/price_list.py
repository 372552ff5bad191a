"""Lots on hand → the work list of prices: which are missing, too old, or too old soon.

    MUG   cost 600.00 USD   missing   last price 2023-01-31 …   sold for 3.00   price: ____

The most cost stands first. Filled in, `bean-invwd prices LEDGER SHEET` makes directives of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import CONTEXT, ONE, ZERO, round_money
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.recent_sales import DAYS, find_last_sale, find_paid
from beancount_invwd.report.output.columns import CURRENCY, ITEM, Column
from beancount_invwd.report.output.tables import Document, Table
from beancount_invwd.report.risk.listed import find_listed, is_refused
from beancount_invwd.report.risk.prospects import gets_old
from beancount_invwd.report.risk.selling import find_selling

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Lot, Stock
    from beancount_invwd.measure.prices import Price

WITHIN = 30
Need = Literal["missing", "no rate", "too old", "too old soon", "not paid"]


@dataclass(frozen=True, slots=True)
class PriceNeed:
    """An item that needs a price; of a foreign price, the currency that needs a rate.

    Attributes:
        cost: What the lots cost that need it.
        date: When the price is needed: now, or when the last one gets too old.
        last_price: The newest price that is evidence, with its currency and date; so is last_sale.
        median_price: Of the sales of the last days, net.
        loss: What a test at that would write more, of a price that nobody paid.
        line: The directive to complete or to paste.
    """

    commodity: str
    currency: str
    cost: Decimal
    need: Need
    date: datetime.date
    last_price: Decimal | None
    last_currency: str | None
    last_date: datetime.date | None
    last_sale: datetime.date | None
    median_price: Decimal | None
    line: str
    loss: Decimal = ZERO


class _Lacking(NamedTuple):
    """A lot that needs a price."""

    item: str
    need: Need
    date: datetime.date
    lot: Lot
    loss: Decimal = ZERO


def list_price_needs(run: Run, within: int = WITHIN) -> list[PriceNeed]:
    """List the items that need a price, the most cost first.

    Args:
        run: The state of a date.
        within: The days to look ahead.
    """
    with localcontext(CONTEXT):
        groups: dict[tuple[str, str], list[_Lacking]] = {}
        horizon = add_days(run.as_of, within)
        for stock in run.stocks:
            for found in _find_lacking(run, stock, horizon):
                groups.setdefault((found.item, stock.key.currency), []).append(found)
        needs = [_sum_up(run, *key, rows) for key, rows in groups.items()]
    return sorted(needs, key=lambda row: (-row.cost, row.commodity, row.currency))


def list_urgent_needs(run: Run, within: int = WITHIN) -> list[PriceNeed]:
    """List the same without the prices that nobody pays, where no money hangs on them."""
    return [row for row in list_price_needs(run, within) if row.need != "not paid" or row.loss]


def _find_lacking(run: Run, stock: Stock, horizon: datetime.date) -> Iterator[_Lacking]:
    refused: dict[int, bool] = {}  # by the identity of prices
    for row, sells in find_selling(run, stock):
        lack, price = row.measured.lack, None if sells is None else sells.price
        if lack == "price":
            yield _Lacking(*_find_cause(run, row.lot), run.as_of, row.lot)
        elif lack == "product":
            yield _Lacking(row.measured.reason, "missing", run.as_of, row.lot)
        elif price is not None:
            if id(price) not in refused:
                refused[id(price)] = is_refused(run, stock, price)
            if refused[id(price)]:
                loss = find_listed(run, [row], price).loss
                yield _Lacking(stock.commodity, "not paid", run.as_of, row.lot, loss)
            elif gets_old(row.lot.terms, price.date, horizon):
                end = _find_end(row.lot, price)
                yield _Lacking(stock.commodity, "too old soon", end, row.lot)


def _find_end(lot: Lot, price: Price) -> datetime.date:
    """The first day on which a price is too old."""
    age = lot.terms.price_max_age if lot.terms is not None else None
    return add_days(price.date, (age or 0) + 1)


def _find_cause(run: Run, lot: Lot) -> tuple[str, Need]:
    """Why there is no price, and of what one is needed."""
    item = lot.stock.key.commodity
    last = run.find_newest_price(item)
    if last is None:
        return item, "missing"
    if gets_old(lot.terms, last.date, run.as_of):
        return item, "too old"
    return last.amount.currency, "no rate"


def _sum_up(run: Run, item: str, currency: str, rows: Sequence[_Lacking]) -> PriceNeed:
    first = min(rows, key=lambda row: row.date)
    last, stock = run.find_newest_price(item), first.lot.stock
    paid = find_paid(run).get((item, currency))
    median = None if paid is None else round_money(paid.median, stock.quantum)
    number = "…"
    if median is not None:
        gross = median * (ONE + run.find_item_terms(stock).price_includes)
        number = f"{round_money(gross, stock.quantum):f}"
    is_known = last is not None
    return PriceNeed(
        item,
        currency,
        sum((row.lot.cost for row in rows), ZERO),
        first.need,
        first.date,
        last.amount.number if is_known else None,
        last.amount.currency if is_known else None,
        last.date if is_known else None,
        find_last_sale(run, stock) if item == stock.key.commodity else None,
        median,
        f"{run.as_of} price {item} {number} {currency}",
        sum((row.loss for row in rows), ZERO),
    )


COLUMNS = (
    ITEM,
    Column("cost", "cost", "money"),
    CURRENCY,
    Column("need", "need"),
    Column("date", "needed", "date"),
    Column("last_price", "last price", "price"),
    Column("last_currency", "in"),
    Column("last_date", "of", "date"),
    Column("last_sale", "last sale", "date"),
    Column("median_price", "sold for", "price"),
    Column("price", "price", in_text="never", get=lambda _row: None),
)


def document_price_list(run: Run, rows: Sequence[PriceNeed], within: int) -> Document:
    """The work list."""
    facts: dict[str, Any] = {"as_of": run.as_of, "within": within}
    return Document(
        say(
            "Prices that are needed on {as_of}, or within {within} days",
            as_of=run.as_of,
            within=within,
        ),
        facts,
        [Table("prices", COLUMNS, rows, empty=say("No price is needed."))],
        notes=_list_notes(rows),
    )


def _list_notes(rows: Sequence[PriceNeed]) -> list[str]:
    notes = []
    if any(row.need == "not paid" for row in rows):
        notes.append(
            say("'not paid': all of these sales were below the price of their day (IAS 2.30).")
        )
    lines = [row.line for row in rows if row.median_price is not None]
    if lines:
        words = say(
            "'sold for' is the median net price, by units, of the sales of the last {days} days; "
            "as lines to paste:",
            days=DAYS,
        )
        notes += [words, *lines]
    return notes
