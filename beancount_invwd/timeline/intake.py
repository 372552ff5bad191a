"""Prices and directives → evidence, and what has to be tested because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.checks import check_price
from beancount_invwd.directives.commitments import Commitment
from beancount_invwd.directives.estimates import Estimate
from beancount_invwd.directives.statements import Closing, Contract, Directive
from beancount_invwd.directives.temporary import Temporary

if TYPE_CHECKING:
    from beancount_invwd.allowance.memory import Memory
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.measure.evidence import EvidenceBook
    from beancount_invwd.timeline.agenda import Agenda
    from beancount_invwd.timeline.due import Calendar
    from beancount_invwd.timeline.estimates import Estimates
    from beancount_invwd.timeline.ordered import Ordered

_PLAIN = 2  # filename and lineno: metadata that says nothing


class Intake:
    """Takes evidence in.

    Args:
        evidence: Keeps it.
        memory: Tells which stocks depend on an exchange rate.
        agenda: Takes what has to be tested.
        calendar: Takes items with new evidence, with `period` `price`.
        mistakes: Takes what is wrong with a price.
        ordered: Takes what is ordered.
        estimates: Takes estimates that change.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (all that evidence is told to)
        self,
        evidence: EvidenceBook,
        memory: Memory,
        agenda: Agenda,
        calendar: Calendar,
        mistakes: Mistakes,
        ordered: Ordered,
        estimates: Estimates,
    ) -> None:
        self._evidence = evidence
        self._memory = memory
        self._agenda = agenda
        self._calendar = calendar
        self._mistakes = mistakes
        self._ordered = ordered
        self._estimates = estimates

    def take_price(self, entry: Any) -> None:
        """Take a price, or an exchange rate."""
        if len(entry.meta) > _PLAIN:
            check_price(entry, self._mistakes)
        if self._memory.converted:
            self._agenda.add(self._memory.find_converted(entry))
        if self._evidence.prices.add(entry):
            self._wake(entry.currency)

    def take_directive(self, row: Directive) -> None:
        """Take a directive; one that closes a period is no evidence."""
        if isinstance(row, Closing):
            return
        if isinstance(row, Commitment):
            self._ordered.take(row)
            return
        if isinstance(row, Estimate):
            self._estimates.take(row)
            return
        self._evidence.take_directive(row)
        self._agenda.add_item(row.item)
        if not isinstance(row, (Contract, Temporary)):
            self._calendar.note_event(row.item)

    def _wake(self, item: str) -> None:
        """Note that there is new evidence of an item."""
        self._agenda.awake.add(item)
        self._calendar.note_event(item)
