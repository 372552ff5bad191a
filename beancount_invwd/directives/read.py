"""Directives → what the ledger states, and errors: the first stage of the flow.

All that is dated later is told by the date of its entry; nothing here changes afterwards.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from beancount.core import data

from beancount_invwd.directives.chart import Chart
from beancount_invwd.directives.commitments import Commitment, place
from beancount_invwd.directives.estimates import Estimate
from beancount_invwd.directives.metadata import MARK, is_silent, list_strays
from beancount_invwd.directives.mistakes import Mistakes
from beancount_invwd.directives.postings import Postings
from beancount_invwd.directives.statements import Closing, Directive, read_statements
from beancount_invwd.directives.temporary import Temporary, check_temporary
from beancount_invwd.directives.terms import Parameters
from beancount_invwd.directives.unseen import Unseen
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.policy.policy import Policy

_WITH_FACTS = {data.Open, data.Close, data.Commodity}


class Directives(NamedTuple):
    """What the ledger states.

    Attributes:
        chart: Its accounts and items.
        parameters: Under which terms goods are measured.
        postings: Reads what postings state.
        by_entry: The `invwd-…` directives by `id` of their entry.
        closed: Nothing is written on or before this date (`invwd-closed`).
        unseen: Takes postings that no lot takes.
        later: Evidence that came later, on the dates that it is of.
        told: The prices of which something is stated, by `id`.
    """

    chart: Chart
    parameters: Parameters
    postings: Postings
    by_entry: dict[int, Directive]
    closed: datetime.date | None
    unseen: Unseen
    later: list[Any]
    told: set[int]

    def reopen(self, policy: Policy, mistakes: Mistakes) -> Directives:
        """The same from the beginning, as if nothing was closed; mistakes are told to others."""
        parameters = Parameters(policy.terms, self.chart, mistakes)
        unseen = Unseen(self.chart, mistakes)
        return self._replace(parameters=parameters, closed=None, unseen=unseen)

    def has_estimates(self, *keys: str) -> bool:
        """Whether any of some keys of the policy is an estimate that changes."""
        rows = self.by_entry.values()
        return any(isinstance(row, Estimate) and row.key in keys for row in rows)

    def note_later(self, entry: Any, row: Directive | None) -> None:
        """Note evidence that came later, as an entry on the date that it is of."""
        self.later.append(entry)
        self.told.add(id(entry))
        if row is not None:
            self.by_entry[id(entry)] = row


def read_directives(
    policy: Policy,
    entries: Sequence[Any],
    ledger: Sequence[Any],
    options_map: Mapping[str, Any],
    mistakes: Mistakes,
) -> Directives:
    """Read what a ledger states.

    Args:
        policy: The plugin's policy.
        entries: All entries but transactions and prices.
        ledger: All entries.
        options_map: The ledger's options.
        mistakes: Takes what is wrong.
    """
    chart = Chart(policy, entries, ledger, options_map, mistakes)
    found, problems, items = read_statements(_list_customs(entries, mistakes))
    mistakes.blocked |= items
    for entry, problem in problems:
        mistakes.report(id(entry), entry.meta, problem, entry)
    chart.estimated |= {row.place for row in found if isinstance(row, Estimate)}
    found = _place_commitments(found, policy, chart, mistakes)
    closings = [row.date for row in found if isinstance(row, Closing)]
    return Directives(
        chart,
        Parameters(policy.terms, chart, mistakes),
        Postings(chart.is_matched, mistakes),
        {id(row.entry): row for row in found},
        max(closings, default=None),
        Unseen(chart, mistakes),
        [],
        set(),
    )


def _place_commitments(
    rows: Iterable[Directive], policy: Policy, chart: Chart, mistakes: Mistakes
) -> list[Directive]:
    """Find the entity of each commitment; what the ledger does not allow is left out."""
    found: list[Directive] = []
    for row in rows:
        try:
            if isinstance(row, Temporary):
                found.append(check_temporary(row, policy))
            elif not isinstance(row, Commitment) or not chart.items.is_excluded(row.item):
                found.append(place(row, chart) if isinstance(row, Commitment) else row)
        except RuleError as error:
            mistakes.report(id(row.entry), row.entry.meta, str(error), row.entry)
    return found


def _list_customs(entries: Iterable[Any], mistakes: Mistakes) -> list[Any]:
    """List the `invwd-…` directives; report metadata of ours on directives of other kinds."""
    customs = []
    for entry in entries:
        if type(entry) is data.Custom and entry.type.startswith(MARK):
            customs.append(entry)
        elif type(entry) not in _WITH_FACTS and not is_silent(entry.meta):
            for problem in list_strays(entry.meta, f"a {type(entry).__name__}"):
                mistakes.report((id(entry), problem), entry.meta, problem, entry)
    return customs
