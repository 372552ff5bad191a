"""The state of a date: questions, each answered in one place."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from decimal import localcontext
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from beancount_invwd.engine.goods import Goods, Parts
from beancount_invwd.engine.ledger import find_end
from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.words import current_language
from beancount_invwd.timeline.sums import sum_allowances, sum_corrections
from beancount_invwd.transactions.assertions import check_assertions
from beancount_invwd.transactions.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.directives.chart import Allowance, Inventory
    from beancount_invwd.directives.statements import Directive
    from beancount_invwd.ground.errors import InvwdError
    from beancount_invwd.ground.sums import Sums
    from beancount_invwd.lots.stock import StockKey
    from beancount_invwd.movements.movement import Movement

_get_date = attrgetter("date")
Found = TypeVar("Found")


class Run(Goods):
    """The engine after all directives up to a date.

    Args:
        parts: What was followed.
        entries: All entries as loaded, those that the plugin generated among them.
        options_map: The ledger's options.
        as_of: The last date that was followed, inclusive.
        errors: What the user has to mend.

    Attributes:
        closed: Nothing is written on or before this date, None if there is none.
        blocked: The items that mistakes of the ledger keep out of its books from the beginning,
            under its own policy; None if they are not known.
        unreadable: The entries of other plugins that were left out, by identity.
    """

    def __init__(
        self,
        parts: Parts,
        entries: Sequence[Any],
        options_map: Mapping[str, Any],
        as_of: datetime.date,
        errors: list[InvwdError],
    ) -> None:
        super().__init__(parts, as_of)
        self.closed = parts.directives.closed
        self.entries = entries
        self.options_map = options_map
        self.errors = errors
        self.blocked: frozenset[str] | None = None
        self.unreadable: frozenset[int] = frozenset()
        self._looked_back = parts.looked_back
        self._chart = parts.directives.chart
        self._shared: dict[tuple[Callable[[Run], Any], str], Any] = {}

    def write(self) -> tuple[list[Any], list[InvwdError]]:
        """Write what has to be written; return entries, and errors that forbid others."""
        filename = str(self.options_map.get("filename") or "")
        journal = Journal(self.policy, self._chart, self.closed, filename)
        movements = [*self._timeline.ordered.liabilities.movements, *self._timeline.movements]
        movements.sort(key=_get_date)
        added, errors = journal.write(movements, self._timeline.booked.first_use)
        accounts = {(account, row.group.currency) for row in movements for account in row.changes}
        errors += check_assertions(self.entries, added, self._chart, accounts, self.options_map)
        return added, errors

    def close(self) -> None:
        """Let go of the lots: nobody asks anything more."""
        self._timeline.books.close()

    def share(self, work: Callable[[Run], Found]) -> Found:
        """Do some work on this run, or give what it found before: what several reports need."""
        key = work, current_language()
        if key not in self._shared:
            with localcontext(CONTEXT):
                self._shared[key] = work(self)
        found: Found = self._shared[key]
        return found

    def recall(self, day: datetime.date) -> Any:
        """What was asked of a day that was passed on the way; None if nothing was."""
        return next((found for date, found in self._looked_back if date == day), None)

    @property
    def readable(self) -> Sequence[Any]:
        """The entries as loaded, without those of other plugins that cannot be read."""
        if not self.unreadable:
            return self.entries
        return [entry for entry in self.entries if id(entry) not in self.unreadable]

    @property
    def past(self) -> Sequence[Any]:
        """The readable entries up to the date."""
        entries = self.readable
        return entries[: bisect_right(entries, self.as_of, key=_get_date)]

    @cached_property
    def last_test(self) -> datetime.date:
        """The last date of the ledger on which lots may be tested, whatever the date of the run."""
        return find_end(self.entries, self.policy)

    @property
    def is_tested(self) -> bool:
        """Whether goods were measured on the very date of the run."""
        return self._timeline.tested_on == self.as_of

    @property
    def directives(self) -> list[Directive]:
        """The `invwd-…` directives of the ledger, in its order."""
        return list(self._directives.by_entry.values())

    def account(self, name: str) -> Inventory | Allowance | None:
        """What an account is; None if it is neither inventory nor allowance."""
        return self._chart.account(name)

    def inventory(self, name: str) -> Inventory | None:
        """The inventory account of this name, None for any other."""
        return self._chart.inventory(name)

    def is_excluded(self, item: str) -> bool:
        """Whether an item is not assessed at all."""
        return self._chart.items.is_excluded(item)

    def find_own_use(self, account: str) -> bool | None:
        """Whether goods that go to an account are put to own use; None if it does not say."""
        return self._chart.facts(account).own_use

    @property
    def opens(self) -> Mapping[str, Any]:
        """The Open directives by account."""
        return self._chart.opens

    @property
    def closes(self) -> Mapping[str, Any]:
        """The Close directives by account."""
        return self._chart.closes

    def result(self, kind: str, entity: str, item: str) -> str:
        """The account that a kind of result is written to: loss, write_off, reversal or cogs."""
        return self._chart.result(kind, entity, item, self._chart.items.category(item))

    def list_results(self, kind: str) -> set[str]:
        """The accounts that a kind of result is written to, of all items."""
        return {self.result(kind, row.key.entity, row.key.commodity) for row in self.stocks}

    def is_result(self, txn: Any) -> bool:
        """Whether a transaction has a posting in profit or loss."""
        return self._chart.is_result(txn)

    def quantum(self, currency: str) -> Decimal:
        """The smallest unit of a currency that is written."""
        return self._chart.quantum(currency)

    @property
    def movements(self) -> Sequence[Movement]:
        """What was to be written and what is booked, in the order of dates."""
        return self._timeline.movements

    @property
    def opening(self) -> Mapping[StockKey, Decimal]:
        """The allowances when the fiscal year, or `start`, began."""
        return self._timeline.opening

    @property
    def taken_over(self) -> Mapping[StockKey, Decimal]:
        """What stocks got or gave since by booked movements without a gain or loss."""
        return self._timeline.booked.taken_over

    @property
    def waiting(self) -> Sequence[Movement]:
        """Releases that are written at the end of the period."""
        return self._timeline.releases.waiting

    @property
    def corrections(self) -> Sequence[Movement]:
        """What of a closed period is corrected on the next measurement date."""
        return self._timeline.closed.corrections

    def allowances(self) -> Sums[tuple[str, str]]:
        """What each allowance account should hold by the lots and what waits, by currency."""
        return sum_allowances(self._timeline)

    def sum_corrections(self) -> Sums[tuple[str, str]]:
        """What corrects a closed period and is not yet written, by account and currency."""
        return sum_corrections(self._timeline)
