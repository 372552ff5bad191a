"""A ledger → what its inventory accounts hold at the end of a day, each on a shelf of its own."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from beancount.core import data

from beancount_invwd.engine import Run
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.sheets.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Store:
    """The units on hand at the end of a day, by account; less as shortages are written.

    Attributes:
        opens: Open directives by account.
        closes: Close directives by account.
        shelves: The inventory accounts that are open on that day, in alphabetical order.
        units: The units of every account and commodity, at cost or not.
        items: The commodities of the ledger.
    """

    run: Run
    date: datetime.date
    opens: Mapping[str, Any]
    closes: Mapping[str, Any]
    shelves: dict[str, Shelf] = field(default_factory=dict)
    units: Sums[tuple[str, str]] = field(default_factory=Sums)
    items: set[str] = field(default_factory=set)

    def add_shelf(self, entry: Any, options_map: Mapping[str, Any]) -> None:
        """Make the shelf of an account, if it is one of inventory that is open."""
        found = self.run.inventory(entry.account)
        close = self.closes.get(entry.account)
        is_closed = close is not None and close.date <= self.date
        if found is None or entry.date > self.date or is_closed:
            return
        booking = entry.booking or options_map["booking_method"]
        quantum = self.run.quantum
        shelf = Shelf(entry.account, found.entity, booking, self.date, options_map, quantum)
        self.shelves[entry.account] = shelf

    def put(self, posting: Any) -> None:
        """Put the units of a posting where they belong."""
        account, units, cost = posting.account, posting.units, posting.cost
        self.units.add((account, units.currency), units.number)
        shelf = self.shelves.get(account)
        if shelf is None:
            return
        shelf.inventory.add_amount(units, cost)
        if cost is not None:
            shelf.seen.setdefault(units.currency, set()).add(cost.label)
            self.items.add(units.currency)

    def sum_below(self, account: str, commodity: str) -> Any:
        """The units of an account and those below it, as a `balance` assertion adds them up."""
        found = (
            units
            for (other, name), units in self.units.items()
            if name == commodity and f"{other}:".startswith(f"{account}:")
        )
        return sum(found, ZERO)

    def find_loss(self, shelf: Shelf, commodity: str, currencies: Iterable[str]) -> str:
        """Find the account that a shortage is charged to.

        Args:
            shelf: The account that is short.
            commodity: The item.
            currencies: The cost currencies of what is missing.

        Raises:
            RuleError: The ledger opens it in a way that forbids the loss.
        """
        account = self.run.result("write_off", shelf.entity, commodity)
        entry, close = self.opens.get(account), self.closes.get(account)
        if entry is None:
            return account
        if entry.date > self.date or (close is not None and close.date < self.date):
            raise RuleError(f"{account} is not open on {self.date}; open it earlier, or longer")
        lacks = sorted(set(currencies).difference(entry.currencies or currencies))
        if lacks:
            what = ", ".join(lacks)
            raise RuleError(f"{account} is not opened for {what}; add {what} to its open")
        return account


def fill_store(
    run: Run, own: Sequence[Any], options_map: Mapping[str, Any], date: datetime.date
) -> Store:
    """Put everything that was booked until the end of a day on its shelf.

    Args:
        run: The engine's state as of that day.
        own: The ledger's own entries.
        options_map: The ledger's options.
        date: The day.
    """
    opens = {entry.account: entry for entry in own if isinstance(entry, data.Open)}
    closes = {entry.account: entry for entry in own if isinstance(entry, data.Close)}
    store = Store(run, date, opens, closes)
    for account in sorted(opens):
        store.add_shelf(opens[account], options_map)
    for entry in own:
        if isinstance(entry, data.Commodity):
            store.items.add(entry.currency)
        elif isinstance(entry, data.Transaction) and entry.date <= date:
            for posting in entry.postings:
                store.put(posting)
    for shelf in store.shelves.values():
        currencies = {row.cost.currency for row in shelf.inventory if row.cost is not None}
        shelf.is_mixed = len(currencies) > 1
    return store
