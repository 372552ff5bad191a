"""A ledger → what its inventory accounts hold at the end of a day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from beancount.core import data

from beancount_invwd.engine import Run
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.money import ZERO
from beancount_invwd.sheets.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Store:
    """The units on hand at the end of a day, by account; less as shortages are written.

    Attributes:
        shelves: The inventory accounts that are open on that day.
        units: The units of every account and commodity, at cost or not.
        items: The commodities of the ledger.
        generated: The dates on which the plugin itself opens accounts.
    """

    run: Run
    date: datetime.date
    shelves: Mapping[str, Shelf]
    units: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    items: set[str] = field(default_factory=set)
    generated: Mapping[str, datetime.date] = field(default_factory=dict)

    def is_excluded(self, commodity: str) -> bool:
        """Whether an item is not assessed, nor counted."""
        return self.run.chart.items.is_excluded(commodity)

    def sum_below(self, account: str, commodity: str) -> Decimal:
        """The units of an account and those below it, as a `balance` assertion adds them up."""
        found = (
            units
            for (other, name), units in self.units.items()
            if name == commodity and f"{other}:".startswith(f"{account}:")
        )
        return sum(found, ZERO)

    def find_loss(
        self, shelf: Shelf, commodity: str, currencies: Iterable[str]
    ) -> tuple[str, datetime.date | None]:
        """Find the account that a shortage is charged to.

        Args:
            shelf: The account that is short.
            commodity: The item.
            currencies: The cost currencies of what may be missing.

        Returns:
            The account, and the date on which it has to be opened, if the ledger does not do so.

        Raises:
            RuleError: The ledger opens it in a way that forbids the loss.
        """
        chart = self.run.chart
        category = self.run.timeline.books.by_commodity[commodity][0].category
        account = chart.result("write_off", shelf.entity, commodity, category)
        entry, close = chart.opens.get(account), chart.closes.get(account)
        if entry is None:
            return account, min(self.date, self.generated.get(account, self.date))
        if entry.date > self.date or (close is not None and close.date < self.date):
            raise RuleError(f"{account} is not open on {self.date}; open it earlier, or longer")
        lacks = sorted(set(currencies).difference(entry.currencies or currencies))
        if lacks:
            what = ", ".join(lacks)
            raise RuleError(f"{account} is not opened for {what}; add {what} to its open")
        return account, None


def fill_store(
    run: Run,
    own: Sequence[Any],
    generated: Iterable[Any],
    options_map: Mapping[str, Any],
    date: datetime.date,
) -> Store:
    """Put everything that was booked until the end of a day on its shelf.

    Args:
        run: The engine's state as of that day.
        own: The ledger's own entries.
        generated: Those that the plugin wrote.
        options_map: The ledger's options.
        date: The day.
    """
    shelves = {shelf.account: shelf for shelf in _open_shelves(run, options_map, date)}
    opens = {row.account: row.date for row in generated if isinstance(row, data.Open)}
    store = Store(run, date, shelves, generated=opens)
    for entry in own:
        if isinstance(entry, data.Commodity):
            store.items.add(entry.currency)
        elif isinstance(entry, data.Transaction) and entry.date <= date:
            for posting in entry.postings:
                _put(store, posting)
    for shelf in shelves.values():
        currencies = {row.cost.currency for row in shelf.inventory if row.cost is not None}
        shelf.is_mixed = len(currencies) > 1
    return store


def _open_shelves(run: Run, options_map: Mapping[str, Any], date: datetime.date) -> list[Shelf]:
    shelves = []
    chart = run.chart
    for account, entry in chart.opens.items():
        close = chart.closes.get(account)
        found = chart.inventory(account)
        is_open = entry.date <= date and (close is None or close.date > date)
        if found is not None and is_open:
            booking = entry.booking or options_map["booking_method"]
            shelves.append(Shelf(account, found.entity, booking, date, options_map, chart.quantum))
    return sorted(shelves, key=lambda shelf: shelf.account)


def _put(store: Store, posting: Any) -> None:
    units, cost = posting.units, posting.cost
    key = (posting.account, units.currency)
    store.units[key] = store.units.get(key, ZERO) + units.number
    shelf = store.shelves.get(posting.account)
    if shelf is not None:
        shelf.inventory.add_amount(units, cost)
        if cost is not None:
            shelf.seen.setdefault(units.currency, set()).add(cost.label)
            store.items.add(units.currency)
