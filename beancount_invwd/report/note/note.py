"""A ledger → the note on inventories, as Markdown: IAS 2.36 (a) to (h), or ASC 330-10-50.

Figures come from the ledger. What a ledger cannot know is left as a gap that nobody can overlook:
`[to be written by the author: …]`. Nothing is invented.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import localcontext
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.report.ledger.remarks import tell_pending, tell_waiting
from beancount_invwd.report.note import requirements as notes
from beancount_invwd.report.note.answers import Author
from beancount_invwd.report.output.numbers import NumberWriter

if TYPE_CHECKING:
    from beancount_invwd.report.state import Assessment


@dataclass(frozen=True, slots=True)
class Section:
    """A paragraph of the note, in Markdown; gaps for the author are marked in the text."""

    paragraph: str
    heading: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Note:
    """The note of a period, both dates inclusive."""

    standard: str
    start: datetime.date
    end: datetime.date
    title: str
    remarks: Sequence[str]
    sections: Sequence[Section]

    @property
    def markdown(self) -> str:
        """The whole text."""
        parts = [f"# {self.title}", *self.remarks]
        for row in self.sections:
            parts += [f"## {row.heading} ({row.paragraph})", *row.lines]
        return "\n\n".join(parts) + "\n"


def disclose(
    assessment: Assessment,
    entries: Sequence[Any],
    start: datetime.date | None = None,
    numbers: NumberWriter | None = None,
) -> Note | None:
    """Write the note for a period that ends on the date of an assessment.

    Args:
        assessment: The state at the end of the period.
        entries: All entries as loaded.
        start: The first day, inclusive; None is that of the fiscal year.
        numbers: Writes its numbers; None is as the ledger's options say.

    Returns:
        The note; None if the configuration has errors.
    """
    run, end = assessment.run, assessment.as_of
    if run is None:
        return None
    policy = run.policy
    start = start or fiscal_year_start(end, policy.year_end)
    with localcontext(CONTEXT):
        author = Author(assessment, entries, run, (start, end), numbers)
        asked = notes.NOTES.get(policy.standard, notes.IAS2)
        sections = [Section(row.paragraph, row.heading, list(author.answer(row))) for row in asked]
    doubts = [notes.OTHERS[policy.standard]] if policy.standard in notes.OTHERS else []
    doubts += tell_pending(assessment)
    doubts += tell_waiting(run.timeline)
    remarks = [f"[to be checked by the author: {text}]" for text in doubts]
    title = f"Inventories, {start} to {end}"
    return Note(policy.standard, start, end, title, remarks, sections)
