"""Estimates that changed in a period → sentences, with the effect on their first measurement.

What a measurement would have been without is found by following the ledger once more without that
directive (IAS 8.39, ASC 250-10-50-4).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from beancount_invwd.directives.estimates import Estimate
from beancount_invwd.engine import follow_ledger
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.policy.estimates import ESTIMATES, tell_value
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.output.narrations import translate_value

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.spans import Span
    from beancount_invwd.report.ledger.written import Written

Places = Sums[tuple[str, str, str]]  # entity, currency, what
_WRITE_DOWNS, _ORDERED = mark("write-downs"), mark("losses on what is ordered")
_RAISED = mark("raised {what}{where} by {money}")
_LOWERED = mark("lowered {what}{where} by {money}")
_WHAT = defaultdict(lambda: _WRITE_DOWNS, {"commitment": _ORDERED})


def tell_estimates(
    run: Run, span: Span, write_money: Callable[[Decimal, str], str]
) -> Iterator[str]:
    """Tell which estimates changed in a period, and what that did.

    Args:
        run: The state at its end.
        span: First and last day, inclusive.
        write_money: Writes an amount in a currency.
    """
    for row in run.directives:
        if not isinstance(row, Estimate):
            continue
        late = _find_late(run, row)
        day = late[0].date if late else row.date
        if span[0] <= day <= span[1]:
            where = say(" for {place}", place=row.place) if row.place else ""
            effect = _tell_effect(run, row, late, write_money)
            yield say(
                "From {date} on, {estimate}{where} is {value}, a change of an estimate "
                "({paragraph}). {effect}",
                date=row.date,
                estimate=translate(ESTIMATES[row.key]),
                where=where,
                value=translate_value(tell_value(row.value)),
                paragraph=_name_paragraph(run),
                effect=effect,
            )


def _find_late(run: Run, row: Estimate) -> Sequence[Written]:
    """What tells of an estimate whose first measurement is closed: booked there, or later."""
    closed = run.closed
    if closed is None or run.policy.find_test_date(row.date) > closed:
        return []
    history = read_history(run)
    rows = [each for each in (*history.written, *history.ordered) if each.estimate]
    days = [each.date for each in rows if each.date >= row.date]
    return [each for each in rows if each.date == min(days)] if days else []


def _name_paragraph(run: Run) -> str:
    return "ASC 250-10-50-4" if run.policy.standard.startswith("asc") else "IAS 8.39"


def _tell_effect(
    run: Run,
    row: Estimate,
    late: Sequence[Written],
    write_money: Callable[[Decimal, str], str],
) -> str:
    if row.key == "materiality":
        return say("It concerns where losses stand, not how much they are.")
    day = run.policy.find_test_date(row.date)
    if day > min(run.as_of, run.last_test):
        return say("Nothing was measured since.")
    effects: Places = Sums()
    if late:
        day = late[0].date
        for each in late:
            effects.add((each.entity, each.currency, _WHAT[each.kind[:10]]), each.estimate)
    elif run.closed is not None and day <= run.closed:
        return say(
            "What the measurement of {day} made of it is in the books of that period.", day=day
        )
    else:
        effects = _sum_losses(run, run.entries, day)
        others = [entry for entry in run.entries if entry is not row.entry]
        for key, amount in _sum_losses(run, others, day).items():
            effects.add(key, -amount)
    told = [
        say(
            _RAISED if change > 0 else _LOWERED,
            what=translate(what),
            where=say(" of {entity}", entity=entity) if entity else "",
            money=write_money(abs(change), currency),
        )
        for (entity, currency, what), change in sorted(effects.without_zeros().items())
    ]
    told = told or [say("changed nothing")]
    return say("The measurement of {day}: it {effects}.", day=day, effects=say(", and ").join(told))


def _sum_losses(run: Run, entries: Sequence[object], day: datetime.date) -> Places:
    """What lots carry after the measurement of a day, and what is lost on what is ordered."""
    sums, then = Sums[tuple[str, str, str]](), follow_ledger(entries, run.options_map, day)
    for stock in then.stocks:
        sums.add((*stock.key[:2], _WRITE_DOWNS), stock.allowance)
    for row, liability in then.list_orders():
        sums.add((row.commitment.entity, row.commitment.currency, _ORDERED), liability)
    return sums
