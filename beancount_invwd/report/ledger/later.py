"""Prices soon after a fiscal year end that would have raised its loss: questions (IAS 10.9, 10.10).

Does a fall confirm what was so at the year's end, or did it arise later? Who knows says so by
`invwd-as-of`: that date, or for what arose later the date of the price itself.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.directives.metadata import AS_OF, EXCLUDE
from beancount_invwd.ground.dates import add_days, fiscal_year_end, fiscal_year_start
from beancount_invwd.ground.money import CONTEXT, ZERO, round_money
from beancount_invwd.ground.words import say
from beancount_invwd.measure.prices import IMPLICIT
from beancount_invwd.report.ledger.later_sales import (
    SoldSince,
    find_answered,
    find_sold_since,
)
from beancount_invwd.report.ledger.notice import Notice
from beancount_invwd.report.ledger.sources import write_below
from beancount_invwd.report.ledger.spans import day_before, find_state

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock, StockKey


def find_later(run: Run) -> Iterator[Notice]:
    """Find prices and sales after the last fiscal year end that would have raised its loss."""
    end = run.as_of
    if end != fiscal_year_end(end, run.policy.year_end):
        end = day_before(fiscal_year_start(end, run.policy.year_end))
    if end > run.last_test or (run.closed is not None and end <= run.closed):
        return
    answered = find_answered(run, end)
    for row in _find_evidence(run, end):
        since, item = row.since, row.key.commodity
        found = [_ask_price(run, end, row.key, *pair) for pair in row.prices]
        if found and since is not None:
            found = [
                notice._replace(message=f"{notice.message}; {since.tell()}") for notice in found
            ]
        elif since is not None and since.bias < ZERO and item not in answered:
            found = [since.ask(end)]
        yield from found


class Evidence(NamedTuple):
    """What came soon after a date about goods that were there.

    Attributes:
        prices: Those that would have raised the loss, each with by how much.
        since: What was sold of them.
    """

    key: StockKey
    prices: Sequence[tuple[Any, Decimal]]
    since: SoldSince | None


def _find_evidence(run: Run, end: datetime.date) -> Sequence[Evidence]:
    answer = run.recall(end)
    found: Sequence[Evidence]
    found = find_evidence(find_state(run, end)) if answer is None else answer.evidence
    return found


def find_evidence(then: Run) -> Sequence[Evidence]:
    """Find what came soon after the date of a run, unless that is closed."""
    if then.closed is not None and then.as_of <= then.closed:
        return []
    found = []
    with localcontext(CONTEXT):
        lowest, sold = _find_lowest(then), find_sold_since(then)
        for stock in then.stocks:
            pairs = ((row, _find_loss(then, stock, row)) for row in lowest.get(stock.commodity, ()))
            prices, since = [pair for pair in pairs if pair[1] > ZERO], sold.get(stock.key)
            if prices or since is not None:
                found.append(Evidence(stock.key, prices, since))
    return found


def _ask_price(run: Run, end: datetime.date, key: StockKey, price: Any, loss: Decimal) -> Notice:
    """Ask of a price that would have raised a loss."""
    item, currency = key.commodity, key.currency
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
    line = write_below(run.options_map, price.meta, f"invwd-as-of: {end}")
    return Notice("later-evidence", text, None, item, currency, loss, price.date, line)


def _find_lowest(then: Run) -> Mapping[str, list[Any]]:
    """Find the lowest price of each item in the days after, below the last one before."""
    before: dict[tuple[str, str], Any] = {}
    end, last = then.as_of, add_days(then.as_of, then.policy.evidence_after)
    lowest: dict[tuple[str, str], Any] = {}
    for entry in then.entries:  # what came after the date of the run as well: it is asked for
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
