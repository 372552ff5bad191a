"""All other reports → what to do next, each with its money, reason and line to paste.

    600.00 USD  2024-12-31  price       MUG   no price         2024-12-31 price MUG 3.00 USD
    120.00 USD  2025-01-15  expiring    JAM   24 JAM expire …  2024-12-31 price JAM 4.10 USD

Nothing is worked out here: prices come from the price list, losses from the risks, questions from
the notices. The most money stands first; nothing is written to the ledger.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import CONTEXT, ZERO, round_number
from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.report.ledger.counted import Unsettled, list_unsettled
from beancount_invwd.report.ledger.holdings import LACKS
from beancount_invwd.report.ledger.notices import list_notices
from beancount_invwd.report.ledger.scrap import list_expired
from beancount_invwd.report.ledger.untested import find_untested, tell_cure
from beancount_invwd.report.output.numbers import show_share
from beancount_invwd.report.price_list import WITHIN, PriceNeed, list_urgent_needs
from beancount_invwd.report.risk.advice import find_least, is_near_cost, tell_expiring
from beancount_invwd.report.risk.risk import HEADROOM, list_risks
from beancount_invwd.report.todo.agreed import list_contracts, list_orders
from beancount_invwd.report.todo.task import Task, TaskKind

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.measure.measured import Lack

_ASKED: frozenset[str] = frozenset({"own-use", "later-evidence", "provision", "penalty"})


_LISTED = {"price": "prices", "near-cost": "risk", "ageing": "risk", "expiring": "risk"}
MOST = 10


def list_tasks(run: Run, within: int = WITHIN) -> list[Task]:
    """List what to do next, the most money first.

    Args:
        run: The state of a date.
        within: The days to look ahead.
    """
    with localcontext(CONTEXT):
        found = chain(
            _list_coming(run, within),
            map(_ask_price, list_urgent_needs(run, within)),
            _list_not_assessed(run),
            _list_expired(run),
            _list_near(run, within),
            list_contracts(run, within),
            list_orders(run, within),
            map(_settle_count, list_unsettled(run)),
            _list_questions(run),
        )
        return sorted(_shorten(sorted(found, key=_sort_key)), key=_sort_key)


def _shorten(tasks: Sequence[Task]) -> Iterator[Task]:
    """Of many tasks of a kind that has a list of its own the first ones; the others in one."""
    told: Counter[str] = Counter()
    rest: dict[tuple[TaskKind, str | None], list[Task]] = {}
    for row in tasks:
        told[row.kind] += 1
        if row.kind in _LISTED and told[row.kind] > MOST:
            rest.setdefault((row.kind, row.currency), []).append(row)
        else:
            yield row
    for (kind, currency), rows in rest.items():
        if len(rows) == 1:  # a line of the others tells no more than the other itself
            yield rows[0]
            continue
        reason = say(
            "{count:,} more alike, listed by: bean-invwd {command}",
            count=len(rows),
            command=_LISTED[kind],
        )
        amount = sum((row.amount or ZERO for row in rows), ZERO)
        yield Task(kind, reason, amount, currency, min(filter(None, (row.date for row in rows))))


def _sort_key(row: Task) -> tuple[Any, ...]:
    day = row.date or datetime.date.max
    return -(row.amount or ZERO), day, row.kind, row.commodity or "", row.currency or ""


def _list_coming(run: Run, within: int) -> Iterator[Task]:
    """A period end that the ledger will not reach by itself, if a test would change something."""
    found = find_untested(run, add_days(run.as_of, within))
    if found is None or found.due <= run.as_of:
        return  # one that has passed is among the notices
    reason = say(
        "a period ends on {due} and is tested only if the ledger reaches it: {cure}",
        due=found.due,
        cure=tell_cure(found),
    )
    for currency, amount in sorted(found.pending.items()):
        yield Task(
            "untested-period-end", reason, abs(amount), currency, found.due, None, found.cure
        )


_NEEDS = {
    "missing": mark("there is no price"),
    "no rate": mark("there is no rate for prices in it"),
    "too old": mark("the price is too old"),
    "too old soon": mark("the price gets too old"),
    "not paid": mark("nobody pays the price"),
}


def _ask_price(row: PriceNeed) -> Task:
    last = (
        say("; the last is of {last_date}", last_date=row.last_date)
        if row.last_date is not None
        else ""
    )
    return Task(
        "price",
        f"{translate(_NEEDS[row.need])}{last}",
        row.loss or row.cost,
        row.currency,
        row.date,
        row.commodity,
        row.line,
    )


def _list_not_assessed(run: Run) -> Iterator[Task]:
    """Goods that lack something else than a price."""
    costs: dict[tuple[str, str, Lack], Decimal] = {}
    for row in run.rows:
        lack, (_, currency, item) = row.measured.lack, row.lot.stock.key
        if lack is not None and lack not in {"price", "product"}:
            key = (item, currency, lack)
            costs[key] = costs.get(key, ZERO) + row.lot.cost
    for (item, currency, lack), cost in costs.items():
        line = ""
        if lack == "purchase":
            line = f'{run.as_of} custom "invwd-replacement-cost" "{item}" … {currency}'
        elif lack == "margin":
            line = f'{run.as_of} custom "invwd-policy" "normal_margin" "…%" "{item}"'
        yield Task("evidence", translate(LACKS[lack]), abs(cost), currency, run.as_of, item, line)


def _list_expired(run: Run) -> Iterator[Task]:
    for row in list_expired(run):
        reason = say(
            "{units:,f} {commodity} in {account} expired and are still on hand ({carrying:,f} "
            "{currency} of their cost is not written down): throw them away",
            units=row.units,
            commodity=row.commodity,
            account=row.account,
            carrying=row.carrying,
            currency=row.currency,
        )
        yield Task("expired", reason, row.cost, row.currency, row.date, row.commodity, row.line)


def _list_near(run: Run, within: int) -> Iterator[Task]:
    """What time, or a fall of prices, would take."""
    stocks = {tuple(stock.key): stock for stock in run.stocks}
    horizon = add_days(run.as_of, within)
    for row in list_risks(run, HEADROOM, within):
        stock = stocks[row.entity, row.currency, row.commodity]
        least = find_least(run, row, stock)
        at = (
            ""
            if least is None
            else say(
                "; sold at {least:f} {currency} or more nothing is lost",
                least=least,
                currency=row.currency,
            )
        )
        clear = (
            "" if least is None else f"{run.as_of} price {row.commodity} {least:f} {row.currency}"
        )
        make = partial(Task, currency=row.currency, commodity=row.commodity)
        if row.loss_expiry:
            reason = f"{tell_expiring(row, stock)}{at}"
            yield make("expiring", reason, row.loss_expiry, date=row.expires, line=clear)
        if row.loss_ageing:
            reason = say(
                "the rates by age take it by {horizon} if the goods stay{at}",
                horizon=horizon,
                at=at,
            )
            yield make("ageing", reason, row.loss_ageing, date=horizon, line=clear)
        if row.loss_price and is_near_cost(row, stock):
            share = row.headroom_share
            room = (
                ""
                if share is None
                else say("headroom is {share}; ", share=show_share(round_number(share, 3)))
            )
            fall = say("it is lost if prices fall by {share}", share=show_share(HEADROOM))
            newer = say("; the line takes a newer price")
            reason = f"{room}{fall}{at}{newer}"
            line = f"{run.as_of} price {row.commodity} … {row.currency}"
            yield make("near-cost", reason, row.loss_price, date=run.as_of, line=line)


def _settle_count(row: Unsettled) -> Task:
    """A count that the ledger asserts and does not have."""
    values = {
        "units": abs(row.more),
        "item": row.commodity,
        "account": row.account,
        "date": row.date,
    }
    reason = (
        say(
            "the books have {units:,f} {item} more in {account} than the balance of {date} counts",
            **values,
        )
        if row.more > 0
        else say(
            "the books have {units:,f} {item} less in {account} than the balance of {date} counts",
            **values,
        )
    )
    return Task("count", reason, row.cost, row.currency, row.date, row.commodity, row.line)


def _list_questions(run: Run) -> Iterator[Task]:
    """Notices that ask for something."""
    for row in list_notices(run):
        if row.kind == "untested-period-end" or row.kind in _ASKED:
            amount = None if row.amount is None else abs(row.amount)
            yield Task(
                row.kind,  # type: ignore[arg-type]
                row.message,
                amount,
                row.currency,
                row.date,
                row.commodity,
                row.line,
            )
