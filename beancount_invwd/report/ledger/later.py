"""Prices soon after a fiscal year end that would have raised its loss: questions (IAS 10.9, 10.10).

Does a fall confirm what was so at the year's end, or did it arise later? Who knows says so by
`invwd-as-of`: that date, or for what arose later the date of the price itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.metadata import AS_OF, EXCLUDE
from beancount_invwd.ground.dates import add_days, fiscal_year_end, fiscal_year_start
from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.words import say
from beancount_invwd.measure.prices import IMPLICIT
from beancount_invwd.report.ledger.later_sales import (
    find_answered,
    find_sold_since,
    has_cheaper_sales,
)
from beancount_invwd.report.ledger.notice import Notice
from beancount_invwd.report.ledger.sources import write_below
from beancount_invwd.report.ledger.spans import day_before, find_state

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock


def find_later(run: Run) -> Iterator[Notice]:
    """Find prices and sales after the last fiscal year end that would have raised its loss."""
    end = run.as_of
    if end != fiscal_year_end(end, run.policy.year_end):
        end = day_before(fiscal_year_start(end, run.policy.year_end))
    if end > run.last_test or (run.closed is not None and end <= run.closed):
        return
    lowest, has_cheaper = _find_lowest(run, end), has_cheaper_sales(run, end)
    if not lowest and not has_cheaper:
        return
    then = run if end == run.as_of else find_state(run, end)
    sold = find_sold_since(then)
    answered = find_answered(run, end) if has_cheaper else set()
    for stock in then.stocks:
        found, since = list(_ask_prices(then, stock, lowest)), sold.get(stock.key)
        if found and since is not None:
            found = [row._replace(message=f"{row.message}; {since.tell()}") for row in found]
        elif since is not None and since.bias < ZERO and stock.key.commodity not in answered:
            found = [since.ask(then)]
        yield from found


def _ask_prices(then: Run, stock: Stock, lowest: Mapping[str, list[Any]]) -> Iterator[Notice]:
    """Ask of the prices of a stock that would have raised its loss."""
    end, item, currency = then.as_of, stock.key.commodity, stock.key.currency
    for price in lowest.get(item, ()):
        loss = _find_loss(then, stock, price)
        if loss > ZERO:
            text = say(
                "{item} had a price of {amount} on {date}, which would have raised the loss of "
                "{end} by {loss:,f} {currency}: if it confirms what was so then (IAS 10.9), add "
                "below it invwd-as-of: {end}; if it arose later, invwd-as-of: {date}",
                item=item,
                amount=price.amount,
                date=price.date,
                end=end,
                loss=loss,
                currency=currency,
            )
            line = write_below(then.options_map, price.meta, f"invwd-as-of: {end}")
            yield Notice("later-evidence", text, None, item, currency, loss, price.date, line)


def _find_lowest(run: Run, end: datetime.date) -> Mapping[str, list[Any]]:
    """Find the lowest price of each item in the days after a date, below the last one before."""
    before: dict[tuple[str, str], Any] = {}
    last = add_days(end, run.policy.evidence_after)
    lowest: dict[tuple[str, str], Any] = {}
    for entry in run.entries:  # what came after the date of the run as well: it is asked for
        if type(entry) is not data.Price or entry.date > last:
            continue
        key, meta = (entry.currency, entry.amount.currency), entry.meta
        if IMPLICIT in meta or meta.get(EXCLUDE) is True:
            continue
        if entry.date <= end:
            before[key] = entry
        elif AS_OF not in meta and key in before:
            highest = min(_number(before[key]), _number(lowest.get(key, before[key])))
            if _number(entry) < highest:
                lowest[key] = entry
    found: dict[str, list[Any]] = {}
    for (item, _), entry in lowest.items():
        found.setdefault(item, []).append(entry)
    return found


def _number(entry: Any) -> Decimal:
    number: Decimal = entry.amount.number
    return number


def _find_loss(then: Run, stock: Stock, price: Any) -> Decimal:
    """What goods would have lost more at a price in their cost currency."""
    if price.amount.currency != stock.key.currency:
        return ZERO
    more = ZERO
    for row in then.measure(stock):
        lot, old = row.lot, row.measured.price
        if row.measured.reason != "price" or old is None or lot.terms is None or lot.units <= 0:
            continue
        rule = then.find_rule(lot, lot.terms)
        newer = old._replace(number=price.amount.number, date=price.date, entry=price)
        value = rule.with_price(newer).value(lot).total
        if value is not None:
            before = max(ZERO, lot.cost - (row.measured.total or ZERO))
            more += max(ZERO, lot.cost - value) - before
    return round_money(more, stock.quantum)
