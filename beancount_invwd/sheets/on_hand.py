"""A ledger → what its inventory accounts hold at the end of a day, each on a shelf of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
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
        run: The ledger as of that day.
        shelves: The inventory accounts that are open then.
        units: The units of every account and commodity, at cost or not.
        accounts: The accounts that ever had units of a commodity.
        items: The commodities of the ledger.
    """

    run: Run
    shelves: Mapping[str, Shelf]
    units: Sums[tuple[str, str]] = field(default_factory=Sums)
    accounts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    items: set[str] = field(default_factory=set)

    def put(self, posting: Any) -> None:
        """Put the units of a posting where they belong."""
        account, units, cost = posting.account, posting.units, posting.cost
        self.units.add((account, units.currency), units.number)
        self.accounts[units.currency].add(account)
        shelf = self.shelves.get(account)
        if shelf is None:
            return
        shelf.goods[units.currency].add_amount(units, cost)
        if cost is not None:
            shelf.seen.setdefault(units.currency, set()).add(cost.label)
            self.items.add(units.currency)

    def sum_below(self, account: str, commodity: str) -> Any:
        """The units of an account and those below it, as a `balance` assertion adds them up."""
        found = (
            self.units[other, commodity]
            for other in self.accounts[commodity]
            if f"{other}:".startswith(f"{account}:")
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
        run = self.run
        account = run.result("write_off", shelf.entity, commodity)
        entry, close, day = run.opens.get(account), run.closes.get(account), run.as_of
        if entry is None:
            return account
        if entry.date > day or (close is not None and close.date < day):
            raise RuleError(f"{account} is not open on {day}; open it earlier, or longer")
        lacks = sorted(set(currencies).difference(entry.currencies or currencies))
        if lacks:
            what = ", ".join(lacks)
            raise RuleError(f"{account} is not opened for {what}; add {what} to its open")
        return account


def fill_store(run: Run, own: Iterable[Any]) -> Store:
    """Put everything that was booked until the end of the day on its shelf.

    Args:
        run: The ledger as of the day.
        own: The ledger's own entries.
    """
    store = Store(run, {shelf.account: shelf for shelf in _make_shelves(run)})
    for entry in own:
        if isinstance(entry, data.Commodity):
            store.items.add(entry.currency)
        elif isinstance(entry, data.Transaction) and entry.date <= run.as_of:
            for posting in entry.postings:
                store.put(posting)
    for shelf in store.shelves.values():
        rows = (row for goods in shelf.goods.values() for row in goods)
        currencies = {row.cost.currency for row in rows if row.cost is not None}
        shelf.names_currency = len(currencies) > 1
    return store


def _make_shelves(run: Run) -> Iterator[Shelf]:
    """Make an empty shelf for each inventory account that is open, in alphabetical order."""
    for account, entry in sorted(run.opens.items()):
        found, close = run.inventory(account), run.closes.get(account)
        is_closed = close is not None and close.date <= run.as_of
        if found is not None and entry.date <= run.as_of and not is_closed:
            booking = entry.booking or run.options_map["booking_method"]
            yield Shelf(account, found.entity, booking, run)
