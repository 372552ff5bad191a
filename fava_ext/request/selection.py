"""The state of a date and Fava's filters → what is shown of it.

The account filter picks lots by their account (or its allowance account), and movements as Fava's
journal does, with what they change on the accounts that it picks. The text filter picks movements
as the journal does, and the items that any entry it picks is about.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.ledger.history import list_cost_changes, read_history
from beancount_invwd.report.ledger.spans import find_current_year

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.history import CostChange
    from beancount_invwd.report.ledger.written import Written

    from ..fava_api import Filters


class Selection:
    """What the filters pick of the state of a date."""

    def __init__(self, run: Run, filters: Filters) -> None:
        self.run = run
        self.filters = filters
        self._history = read_history(run)
        self._accounts: dict[str, bool] = {}

    @property
    def is_narrow(self) -> bool:
        """Whether an account or text filter is set."""
        return bool(self.filters.account or self.filters.text)

    @property
    def start(self) -> date | None:
        """The first day of the time filter, inclusive."""
        return self.filters.start

    @cached_property
    def span(self) -> tuple[date, date]:
        """What key figures are of: the time filter, or without one the fiscal year up to now."""
        end = self.run.as_of
        return self.start or find_current_year(self.run), end

    @cached_property
    def lots(self) -> Sequence[Any]:
        """The lots on hand, measured."""
        if not self.is_narrow:
            return self.run.rows
        return [row for row in self.run.rows if self._shows(row.lot.place)]

    def lots_of(self, item: str, label: str) -> Sequence[Any]:
        """The lots of an item, or those that have a label, whatever the filters."""
        rows = (row for row in self.run.rows if row.lot.place.commodity == item)
        return [row for row in rows if label in {"", row.lot.label}]

    @cached_property
    def costs(self) -> Sequence[CostChange]:
        """Changes of cost up to the date, of the same goods as the lots."""
        rows = self.known_costs
        if not self.is_narrow:
            return rows
        places = {(place.account, place.commodity) for place in self._places}
        return [row for row in rows if (row.account, row.commodity) in places]

    @property
    def movements(self) -> Sequence[Written]:
        """Movements up to the date, whatever the filters."""
        return self._history.written

    @property
    def known_costs(self) -> Sequence[CostChange]:
        """Changes of cost of all goods."""
        return list_cost_changes(self.run)

    @cached_property
    def left_out(self) -> Sequence[str]:
        """The allowance accounts of the goods that are shown, if the filter does not pick them."""
        if not self.filters.account:
            return ()
        accounts = {place.contra for place in self._places}
        return sorted(name for name in accounts if not self._accepts(name))

    @cached_property
    def written(self) -> Sequence[Written]:
        """Movements up to the date."""
        rows = self.movements
        if not self.is_narrow:
            return rows
        picked = {id(entry) for entry in self.filters.pick([row.entry for row in rows])}
        return [self._narrow(row) for row in rows if id(row.entry) in picked]

    @property
    def ordered(self) -> Sequence[Written]:
        """Losses and recoveries on what is ordered, within the time filter."""
        start, rows = self.start, self._history.ordered
        if self.is_narrow:
            picked = {id(entry) for entry in self.filters.pick([row.entry for row in rows])}
            rows = [row for row in rows if id(row.entry) in picked]
        rows = [row for row in rows if row.kind != "transfer"]
        return [row for row in rows if start is None or row.date >= start]

    @property
    def recent(self) -> Sequence[Written]:
        """Movements within the time filter."""
        start = self.start
        return [row for row in self.written if start is None or row.date >= start]

    @cached_property
    def allowances(self) -> Sequence[Written]:
        """The movements that make up the allowances of the lots that are shown."""
        if not self.is_narrow:
            return self._history.written
        return [
            self._narrow(row)
            for row in self._history.written
            if self.shows_item(row.group) and any(map(self._accepts, row.changes))
        ]

    @property
    def has_whole_allowances(self) -> bool:
        """Whether movements of just the goods that are shown can be told apart from others."""
        is_wide = self.run.policy.basis in {"category", "total"}
        return not (is_wide and self.filters.text) and not self.left_out

    def shows_item(self, name: str) -> bool:
        """Whether the text filter picks an item (or a group of items)."""
        names = self._names
        return names is None or name in names

    def shows_row(self, commodity: str | None) -> bool:
        """Whether any lot of an item is shown."""
        return not self.is_narrow or commodity in self._shown

    @cached_property
    def _shown(self) -> frozenset[str]:
        return frozenset(place.commodity for place in self._places)

    @cached_property
    def _places(self) -> Sequence[Any]:
        """The items by account that are shown; all of their goods may be sold by now."""
        return list(filter(self._shows, self.run.places))

    def _shows(self, place: Any) -> bool:
        return self.shows_item(place.commodity) and self._accepts_place(place)

    def _accepts_place(self, place: Any) -> bool:
        return self._accepts(place.account) or self._accepts(place.contra)

    def _accepts(self, account: str) -> bool:
        found = self._accounts.get(account)
        if found is None:
            found = self._accounts[account] = self.filters.accepts(account)
        return found

    def _narrow(self, row: Written) -> Written:
        """Keep what a movement changes on the accounts that are picked, if any is."""
        if not self.filters.account:
            return row
        changes = {name: n for name, n in row.changes.items() if self._accepts(name)}
        return replace(row, changes=changes) if changes else row

    @cached_property
    def _names(self) -> frozenset[str] | None:
        """The items that the entries which the text filter picks are about; None for all."""
        if not self.filters.text:
            return None
        picked = self.filters.pick_by_text(self.run.past)
        found = {name for entry in picked for name in _name_items(entry)}
        pairs = self.run.categories.items()
        wide = {item for item, name in pairs if name in found or "total" in found}
        return frozenset(found | wide | {name for item, name in pairs if item in found})


def _name_items(entry: Any) -> Iterator[str]:
    """The items that an entry is about, and the groups."""
    for posting in getattr(entry, "postings", ()):
        if posting.cost is not None:
            yield posting.units.currency
    group = entry.meta.get("invwd-group")
    if isinstance(group, str):
        yield group
    currency = getattr(entry, "currency", None)  # of a price or a commodity
    if isinstance(currency, str):
        yield currency
    if hasattr(entry, "values"):
        yield from (row.value for row in entry.values or () if isinstance(row.value, str))
