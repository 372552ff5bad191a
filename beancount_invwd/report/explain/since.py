"""A ledger and a date → what came of an item since: later prices, and what was written later.

    2025-01-20  price      7.00 USD           example.beancount:98
    2025-01-31  reversal   Reversal of …

None of it counts on the date; a reader of an old figure wants to know it all the same.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.booked.claim import is_booked
from beancount_invwd.directives.metadata import EXCLUDE, GROUP
from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.measure.prices import IMPLICIT
from beancount_invwd.report.explain.steps import Step
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.output.narrations import tell_narration
from beancount_invwd.report.output.numbers import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.engine import Run

_SECTION = mark("Since then")
_MOST = 12


def list_since(run: Run, item: str) -> list[Step]:
    """List what came after the date of a run, the earliest first; of many the first ones."""
    sources = Sources(run.options_map)
    names = {item, run.categories.get(item, item)}
    if run.policy.basis == "total":
        names.add("total")
    entries = run.readable
    later = entries[bisect_right(entries, run.as_of, key=attrgetter("date")) :]
    steps = [step for entry in later for step in _tell(entry, item, names, sources)]
    if len(steps) > _MOST:
        more = say("{count} more, up to {day}", count=len(steps) - _MOST, day=later[-1].date)
        return [*steps[:_MOST], Step(translate(_SECTION), say("and"), more)]
    return steps


def _tell(entry: Any, item: str, names: set[str], sources: Sources) -> Iterator[Step]:
    kind, source = type(entry), sources.locate(entry.meta)
    if kind is data.Price and entry.currency == item and entry.meta.get(EXCLUDE) is not True:
        how = say("of a purchase or sale") if IMPLICIT in entry.meta else ""
        text = f"{show(entry.amount.number)} {entry.amount.currency} {how}".rstrip()
        yield Step(translate(_SECTION), say("{date} price", date=entry.date), text, None, source)
    elif kind is data.Transaction and is_booked(entry) and entry.meta.get(GROUP) in names:
        label = f"{entry.date} {translate(entry.meta.get('invwd', 'booked'))}"
        yield Step(translate(_SECTION), label, tell_narration(entry.narration or ""), None, source)
