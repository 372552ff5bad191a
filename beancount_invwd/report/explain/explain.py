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

from beancount_invwd.engine import find_end
from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.report.explain.steps import Step
from beancount_invwd.report.explain.teller import Teller
from beancount_invwd.report.ledger.spans import day_before
from beancount_invwd.report.output.columns import Column
from beancount_invwd.report.output.tables import Document, Table
from beancount_invwd.report.state import Assessment, assess, list_own

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def explain(
    entries: Sequence[Any],
    options_map: Mapping[str, Any],
    item: str,
    as_of: datetime.date | None = None,
    label: str | None = None,
) -> Explanation:
    """Explain an item, or the lots of it that have a label.

    Args:
        entries: All entries as loaded.
        options_map: The ledger's options.
        item: The commodity.
        as_of: The date, inclusive; None is the ledger's last one.
        label: The label of lots; None is all lots of the item.

    Raises:
        NotSwitchedOn: The ledger does not use the plugin.
        UnknownItem: There is no such item or lot.
    """
    after = assess(entries, options_map, as_of)
    return explain_between(assess_before(entries, after), after, entries, item, label)


def assess_before(entries: Sequence[Any], after: Assessment) -> Assessment:
    """Assess the date of an assessment once more, but without its own measurement."""
    policy, options_map = after.policy, after.options_map
    if policy is None:
        return after
    end = find_end(list_own(entries), policy)
    skipped = _skip_test(policy, after.as_of) if after.as_of <= end else {}
    return assess(entries, options_map, after.as_of, skipped)


def explain_between(
    before: Assessment,
    after: Assessment,
    entries: Sequence[Any],
    item: str,
    label: str | None = None,
) -> Explanation:
    """Explain an item by the state before and after the measurement of a date.

    Raises:
        UnknownItem: There is no such item or lot.
    """
    if after.policy is None:
        return Explanation(item, label, after.as_of, ())
    _check(after, entries, item, label)
    with localcontext(CONTEXT):
        teller = Teller(before, after, entries, label)
        chapters = [
            Chapter(stock.key.entity, stock.key.currency, list(teller.tell(stock)))
            for stock in before.stocks
            if stock.key.commodity == item
        ]
        return Explanation(item, label, after.as_of, chapters)


def _skip_test(policy: Policy, day: datetime.date) -> Mapping[str, Any]:
    """The configuration that measures up to the day before, so that `day` can be looked at."""
    eve = day_before(day)
    if policy.start is not None and policy.start > eve:  # nothing was measured before
        later = add_days(day, 1).isoformat()
        return {"start": later, "until": later}
    return {"until": eve.isoformat()}


def _check(assessment: Assessment, entries: Sequence[Any], item: str, label: str | None) -> None:
    items = sorted({stock.key.commodity for stock in assessment.stocks})
    if item not in items:
        if _is_excluded(assessment, entries, item):
            message = f"{item} is not assessed: invwd-exclude is TRUE for it or for its account"
            raise UnknownItem(message)
        near = get_close_matches(item, items, 1) or get_close_matches(item.upper(), items, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(items) or 'none'}"
        raise UnknownItem(f"no inventory account held {item} by {assessment.as_of}; {hint}")
    if label is None:
        return
    labels = {
        posting.cost.label
        for entry in entries
        if type(entry) is data.Transaction and entry.date <= assessment.as_of
        for posting in entry.postings
        if posting.cost is not None and posting.units is not None
        if posting.units.currency == item and posting.cost.label
    }
    if label not in labels:
        known = ", ".join(f'"{name}"' for name in sorted(labels)) or "none"
        raise UnknownItem(f'{item} never had a lot "{label}"; it had {known}')


def _is_excluded(assessment: Assessment, entries: Sequence[Any], item: str) -> bool:
    """Whether an item lies, or lay, in inventory accounts, but is to be left alone."""
    run = assessment.run
    if run is None:
        return False
    return any(
        posting.cost is not None
        and posting.units is not None
        and posting.units.currency == item
        and run.policy.match_inventory(posting.account) is not None
        and not run.chart.is_allowance(posting.account)
        and (run.chart.items.is_excluded(item) or run.chart.inventory(posting.account) is None)
        for entry in entries
        if type(entry) is data.Transaction and entry.date <= assessment.as_of
        for posting in entry.postings
    )


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
    rows = [_Line(row, step, is_one) for row in found.chapters for step in row.steps]
    label = f' "{found.label}"' if found.label else ""
    return Document(
        f"{found.item}{label} on {found.as_of}",
        {"item": found.item, "lot": found.label, "as_of": found.as_of},
        [Table("steps", _COLUMNS, rows, section=_SECTION)],
    )
