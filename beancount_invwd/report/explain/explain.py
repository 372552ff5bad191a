"""An item → how its allowance came about, step by step, with file and line of all evidence.

What is explained is the measurement of one date: cost and evidence, the measure of each lot, the
loss of the group and each lot's share in it, the allowance before and after. What was written for
the item so far follows, sales that released it included. If the date is no measurement date, it is
what a measurement would give.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import localcontext
from difflib import get_close_matches
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.chart import Allowance
from beancount_invwd.engine import Asked, follow_ledger
from beancount_invwd.ground.dates import add_days, fiscal_year_end
from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.words import say
from beancount_invwd.report.explain.steps import Step
from beancount_invwd.report.explain.steps_orders import list_ordered, tell_orders
from beancount_invwd.report.explain.teller import Teller
from beancount_invwd.report.ledger.spans import day_before
from beancount_invwd.report.output.columns import Column
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.policy.policy import Policy


class UnknownItem(Exception):  # noqa: N818 (what was asked for is wrong)
    """No inventory account ever held the item or lot; the text says what is near."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """The steps for an item in one entity and cost currency."""

    entity: str
    currency: str
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How the allowance of an item came about."""

    item: str
    label: str | None
    as_of: datetime.date
    chapters: Sequence[Chapter]


def explain(run: Run, item: str, label: str | None = None) -> Explanation:
    """Explain the measurement of the date of a run.

    Args:
        run: The state of the date.
        item: The commodity.
        label: The label of lots; None is all lots of the item.

    Raises:
        UnknownItem: There is no such item or lot.
    """
    _check(run, item, label)
    with localcontext(CONTEXT):
        before = run.share(follow_before)
        teller = run.share(_make_teller) if label is None else Teller(before, run, label)
        steps = {
            stock.key[:2]: list(teller.tell(stock))
            for stock in before.stocks
            if stock.key.commodity == item
        }
        for key in list_ordered(run, item):
            steps.setdefault(key, []).extend(tell_orders(before, run, item, key))
        chapters = [Chapter(*key, found) for key, found in steps.items()]
        return Explanation(item, label, run.as_of, chapters)


def follow_before(run: Run) -> Run:
    """The state of the same date without its own measurement.

    The ledger is followed once more, unless nothing was measured on that date, nor made a new cost
    basis, as is done when a fiscal year ends.
    """
    day, policy = run.as_of, run.policy
    if not run.is_tested and day != fiscal_year_end(day, policy.year_end):
        return run
    skipped = _skip_test(policy, day) if day <= run.last_test else {}
    asked = Asked(blocked=run.blocked)
    return follow_ledger(run.entries, run.options_map, day, skipped, asked)


def _make_teller(run: Run) -> Teller:
    """Who tells of all lots."""
    return Teller(run.share(follow_before), run, None)


def _skip_test(policy: Policy, day: datetime.date) -> Mapping[str, Any]:
    """The configuration that measures up to the day before, so that `day` can be looked at."""
    eve = day_before(day)
    if policy.start is not None and policy.start > eve:  # nothing was measured before
        later = add_days(day, 1).isoformat()
        return {"start": later, "until": later}
    return {"until": eve.isoformat()}


def _check(run: Run, item: str, label: str | None) -> None:
    items = sorted({stock.key.commodity for stock in run.stocks})
    if item not in items and not list_ordered(run, item):
        if _is_excluded(run, item):
            raise UnknownItem(
                say(
                    "{item} is not assessed: invwd-exclude is TRUE for it or for its account",
                    item=item,
                )
            )
        near = get_close_matches(item, items, 1) or get_close_matches(item.upper(), items, 1)
        hint = say("did you mean {item}?", item=near[0]) if near else ""
        hint = hint or say("there are {items}", items=", ".join(items) or say("none"))
        raise UnknownItem(
            say(
                "no inventory account held {item} by {day}; {hint}",
                item=item,
                day=run.as_of,
                hint=hint,
            )
        )
    if label is None:
        return
    labels = {row.cost.label for row in _list_postings(run, item)} - {None}
    if label not in labels:
        known = ", ".join(f'"{name}"' for name in sorted(labels)) or say("none")
        raise UnknownItem(
            say(
                '{item} never had a lot "{label}"; it had {known}',
                item=item,
                label=label,
                known=known,
            )
        )


def _is_excluded(run: Run, item: str) -> bool:
    """Whether an item lies, or lay, in inventory accounts, but is to be left alone."""
    return any(
        run.policy.match_inventory(row.account) is not None
        and not isinstance(account := run.account(row.account), Allowance)
        and (run.is_excluded(item) or account is None)
        for row in _list_postings(run, item)
    )


def _list_postings(run: Run, item: str) -> Iterator[Any]:
    """List what was posted of an item at cost."""
    for entry in run.past:
        if type(entry) is data.Transaction:
            for row in entry.postings:
                if row.cost is not None and row.units is not None and row.units.currency == item:
                    yield row


@dataclass(frozen=True, slots=True)
class _Line:
    """A step, and what it is a step of."""

    chapter: Chapter
    step: Step
    is_one: bool

    @property
    def section(self) -> str:
        """The section; with the currency and entity, if there are several."""
        where = " ".join(filter(None, (self.chapter.currency, self.chapter.entity)))
        return self.step.section if self.is_one else f"{self.step.section} ({where})"


_SECTION = Column("section", "section")
_COLUMNS = (
    Column("entity", "entity", in_text="never", get=attrgetter("chapter.entity")),
    Column("currency", "currency", in_text="never", get=attrgetter("chapter.currency")),
    _SECTION,
    Column("label", "step", get=attrgetter("step.label")),
    Column("formula", "how", get=attrgetter("step.formula")),
    Column("result", "result", "exact", get=attrgetter("step.result")),
    Column("source", "source", get=attrgetter("step.source")),
)


def document_explanation(found: Explanation) -> Document:
    """The steps, in sections."""
    is_one = len(found.chapters) == 1
    rows = [
        _Line(row, step, is_one)
        for row in found.chapters
        for step in row.steps
        if step.place != "paper"
    ]
    label = f' "{found.label}"' if found.label else ""
    return Document(
        say("{item}{label} on {as_of}", item=found.item, label=label, as_of=found.as_of),
        {"item": found.item, "lot": found.label, "as_of": found.as_of},
        [Table("steps", _COLUMNS, rows, section=_SECTION)],
    )
