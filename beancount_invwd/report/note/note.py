"""A ledger → the note on inventories, as blocks: IAS 2.36 (a) to (h), or ASC 330-10-50.

Figures come from the ledger. What a ledger cannot know is left as a gap that nobody can overlook:
`[to be written by the author: …]`. Nothing is invented.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import localcontext
from typing import TYPE_CHECKING

from beancount_invwd.ground.dates import fiscal_year_start
from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.ledger.notices import list_notices
from beancount_invwd.report.ledger.remarks import tell_notices, tell_pending, tell_waiting
from beancount_invwd.report.ledger.tie_out import tell_cost, tie_cost
from beancount_invwd.report.note import requirements as notes
from beancount_invwd.report.note.answers import Author
from beancount_invwd.report.note.before import find_before
from beancount_invwd.report.note.blocks import Block, remark
from beancount_invwd.report.output.numbers import NumberWriter, make_numbers

if TYPE_CHECKING:
    from beancount_invwd.engine import Run


_DOUBTS = {
    "untested-period-end",
    "level",
    "later-evidence",
    "functional-currency",
    "provision",
    "penalty",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A paragraph of the standard, and what the note says to it."""

    paragraph: str
    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Note:
    """The note of a period, both dates inclusive."""

    standard: str
    start: datetime.date
    end: datetime.date
    title: str
    remarks: Sequence[Block]
    sections: Sequence[Section]
    annex: Sequence[Section] = ()

    def change(self, words: Callable[[str], str]) -> Note:
        """The same with other words, for whoever hides figures."""
        return replace(
            self,
            remarks=[block.change(words) for block in self.remarks],
            sections=_change(self.sections, words),
            annex=_change(self.annex, words),
        )


def _change(sections: Sequence[Section], words: Callable[[str], str]) -> list[Section]:
    return [replace(row, blocks=[block.change(words) for block in row.blocks]) for row in sections]


def disclose(
    run: Run,
    start: datetime.date | None = None,
    numbers: NumberWriter | None = None,
) -> Note:
    """Write the note for a period that ends on the date of a run.

    Args:
        run: The state at the end of the period.
        start: The first day, inclusive; None is that of the fiscal year.
        numbers: Writes its numbers; None is as the ledger's options say.
    """
    end, policy = run.as_of, run.policy
    start = start or fiscal_year_start(end, policy.year_end)
    with localcontext(CONTEXT):
        author = Author(run, (start, end), numbers, find_before(run, (start, end)))
        asked = notes.NOTES.get(policy.standard, notes.IAS2)
        if asked is notes.IAS2 and run.order_accounts:
            asked = [*asked, notes.ONEROUS]
        sections = [
            Section(row.paragraph, translate(row.heading), list(author.answer(row)))
            for row in asked
        ]
        annex = (
            [Section("", say("Annex: positions"), [author.list_positions()])] if run.stocks else []
        )
    doubts = [translate(notes.OTHERS[policy.standard])] if policy.standard in notes.OTHERS else []
    doubts += tell_notices([row for row in list_notices(run) if row.kind in _DOUBTS])
    doubts += [tell_cost(row) for row in tie_cost(run) if row.difference]
    doubts += tell_pending(run)
    doubts += tell_waiting(run)
    numbers = numbers or make_numbers(run)
    remarks = [remark(numbers.sentence(text)) for text in doubts]
    title = say("Inventories, {start} to {end}", start=start, end=end)
    return Note(policy.standard, start, end, title, remarks, sections, annex)
