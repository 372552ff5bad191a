"""Contracts that end and orders that are to come → tasks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from beancount_invwd.directives.statements import Contract
from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.sources import write_below
from beancount_invwd.report.todo.task import Task

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.measure.ordered import Outlook


def list_contracts(run: Run, within: int) -> Iterator[Task]:
    """Contracts of sale that end within the given days."""
    horizon = add_days(run.as_of, within)
    for row in run.directives:
        is_open = isinstance(row, Contract) and row.date <= run.as_of <= row.until <= horizon
        if isinstance(row, Contract) and is_open:
            reason = say(
                "a contract for {units:,f} {item} at {number:,f} {currency} ends: what is not "
                "delivered is measured by its price from then on; if it goes on, say so",
                units=row.units,
                item=row.item,
                number=row.number,
                currency=row.currency,
            )
            line = (
                f'{add_days(row.until, 1)} custom "invwd-contract" {row.units:f} {row.item} '
                f"{row.number:f} {row.currency}\n  until: …"
            )
            if row.penalty is not None:
                line += f"\n  penalty: {row.penalty:f} {row.currency}"
            amount = row.units * row.number
            yield Task("contract", reason, amount, row.currency, row.until, row.item, line)


def list_orders(run: Run, within: int) -> Iterator[Task]:
    """Deliveries that are to come within the given days, and those that did not come."""
    for order, _ in run.list_orders():
        bought = order.commitment
        if order.units <= 0 or bought.until > add_days(run.as_of, within):
            continue
        what = say(
            "{units:,f} {item} ordered at {number:,f} {currency}",
            units=order.units,
            item=bought.item,
            number=bought.number,
            currency=bought.currency,
        )
        make = partial(Task, amount=order.cost, currency=bought.currency, commodity=bought.item)
        if bought.until < run.as_of:
            reason = say(
                "{what} did not come until {until}: a later `until`, or was it given up?",
                what=what,
                until=bought.until,
            )
            line = write_below(run.options_map, bought.entry.meta, "until: …")
            yield make("commitment", reason, date=bought.until, line=line)
        else:
            reason = say(
                "{what} are to come until {until}: enter the delivery",
                what=what,
                until=bought.until,
            )
            yield make("delivery", reason, date=bought.until, line=_write_delivery(run, order))


def _write_delivery(run: Run, order: Outlook) -> str:
    bought = order.commitment
    places = [row.account for row in run.places if row.commodity == bought.item]
    account = bought.account or next(iter(sorted(places)), "…")
    return (
        f'{bought.until} * "Delivery of {bought.item}"\n'
        f"  {account}  {order.units:f} {bought.item} {{{bought.number:f} {bought.currency}}}\n"
        "  …"
    )
