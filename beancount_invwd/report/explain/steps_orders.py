"""What is ordered of an item → the steps of its loss, and what was written of it.

cost 100 × 310.00 = 31,000.00, worth 100 × 290.00 = 29,000.00, loss 2,000.00
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.explain.steps import Step
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.output.narrations import tell_narration
from beancount_invwd.report.output.numbers import show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.measure.ordered import Outlook

Key = tuple[str, str]  # entity, currency


def list_ordered(run: Run, item: str) -> list[Key]:
    """The entities and currencies in which an item is, or was, ordered."""
    found = [row.commitment for row, _ in run.list_orders() if row.commitment.item == item]
    keys = [(row.entity, row.currency) for row in found]
    written = [row for row in read_history(run).ordered if row.group == item]
    return sorted({*keys, *((row.entity, row.currency) for row in written)})


def tell_orders(before: Run, after: Run, item: str, key: Key) -> Iterator[Step]:
    """Tell what is lost on what is ordered of an item, and what was written.

    Args:
        before: The state of the date, without its measurement.
        after: The same with it.
        item: The item.
        key: Entity and currency.
    """
    sources = Sources(before.options_map)
    for row, liability in before.list_orders():
        if (row.commitment.item, row.commitment.entity, row.commitment.currency) == (item, *key):
            yield from _tell_outlook(row, liability, sources)
    rows = [row for row in read_history(after).ordered if row.group == item]
    rows = [row for row in rows if (row.entity, row.currency) == key]
    for movement in rows:
        text = tell_narration(movement.entry.narration or "") or translate(movement.reason)
        yield Step(
            say("Liability"), f"{movement.date} {translate(movement.kind)}", text, movement.change
        )
    if rows:
        total = sum((movement.change for movement in rows), ZERO)
        yield Step(say("Liability"), say("in all"), say("what is left of these"), total)


def _tell_outlook(row: Outlook, liability: Decimal, sources: Sources) -> Iterator[Step]:
    order = row.commitment
    section, source = say("Ordered on {date}", date=order.date), sources.locate(order.entry.meta)
    formula = say(
        "{units} × {number}, to come until {until}",
        units=show(row.units),
        number=show(order.number),
        until=order.until,
    )
    yield Step(section, say("cost"), formula, row.cost, source)
    for part in row.portions:
        worth, price = part.value.total or ZERO, part.value.price
        place = part.contract.entry.meta if part.contract else price.entry.meta if price else None
        label = (
            say("worth by contract")
            if part.contract
            else say("worth ({reason})", reason=translate(part.value.reason))
        )
        where = "" if place is None else sources.locate(place)
        formula = f"{show(part.units)} × {show(worth)}"
        yield Step(section, label, formula, part.units * worth, where)
    if row.loss is None:
        yield Step(section, say("loss"), say("no price counts, so it stays as it was"), liability)
        return
    words = f"{show(row.cost)} − {show(row.measure)}"
    if order.penalty is not None and row.reason == "penalty":
        words = say(
            "at most {units} × {penalty}, the penalty",
            units=show(row.units),
            penalty=show(order.penalty),
        )
    elif len(row.portions) > 1 or row.cost < row.measure:
        words = say("what each part costs more than it is worth")
    yield Step(section, say("loss"), words, row.loss)
    yield Step(section, say("liability before"), say("as measured last"), liability)
