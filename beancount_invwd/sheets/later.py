"""What the ledger says after the day of a count, where it contradicts that units were missing.

A count is often entered weeks later. Units that were sold in the meantime cannot have been missing,
and a `balance` of the next month that holds would fail. Where a booking method takes lots in order
(FIFO), later sales are booked from other lots then: that suits those that leave an amount to
Beancount, and unbalances those whose cost was typed in.

Of one day Beancount books in the order of line numbers, whatever the file, so that a count has to
stand below the day's other entries.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from beancount.core import data
from beancount.core.interpolate import AUTOMATIC_META
from beancount.core.position import Cost

from beancount_invwd.engine import Run
from beancount_invwd.ground.errors import RuleError, read_place
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.sheets.shelf import Lots, Shelf
from beancount_invwd.sheets.text import show_cost

_IN_ORDER = {data.Booking.FIFO, data.Booking.LIFO, data.Booking.HIFO}


class _Low(NamedTuple):
    """The lowest sum of changes, and its day."""

    units: Decimal
    date: datetime.date


_NONE = _Low(ZERO, datetime.date.max)


class Later:
    """Changes of units after the day of the count, and the lowest that they come to.

    Args:
        entries: The entries after that day, sorted.
    """

    def __init__(self, entries: Iterable[Any]) -> None:
        self._balances: list[Any] = []
        self._units: Sums[tuple[str, str, Cost | None]] = Sums()
        self._lows: dict[tuple[str, str], dict[Cost | None, _Low]] = {}
        self._typed: set[tuple[str, str]] = set()
        for entry in entries:
            if isinstance(entry, data.Transaction):
                self._apply(entry)
            elif isinstance(entry, data.Balance) and entry.diff_amount is None:
                self._balances.append(entry)

    def _apply(self, txn: Any) -> None:
        is_typed = not any(AUTOMATIC_META in (row.meta or ()) for row in txn.postings)
        for posting in txn.postings:
            key = (posting.account, posting.units.currency)
            for cost in dict.fromkeys((None, posting.cost)):  # the item, and its lot if it has one
                place = (*key, cost)
                self._units.add(place, posting.units.number)
                low = _Low(self._units[place], txn.date)
                lows = self._lows.setdefault(key, {})
                lows[cost] = min(lows.get(cost, _NONE), low, key=lambda row: row.units)
            if is_typed and posting.cost is not None and posting.units.number < 0:
                self._typed.add(key)

    def check(self, shelf: Shelf, commodity: str, left: Decimal) -> str | None:
        """Check that the ledger goes on as it does, once the missing units are gone.

        Args:
            shelf: The account, without the missing units.
            commodity: The item.
            left: The units of it that are left.

        Returns:
            What changes later without harm, or None.

        Raises:
            RuleError: Units leave later that were missing, or a later `balance` has them.
        """
        key = (shelf.account, commodity)
        lows = self._lows.get(key, {})
        low = lows.get(None, _NONE)
        if left + low.units < 0:
            raise RuleError(
                f"{-left - low.units:f} of them leave the books later (until {low.date}), so they "
                "were there; count as of that date, or correct what is booked since"
            )
        lot = None if shelf.is_pool else _find_lot(shelf.find_lots(commodity), lows)
        is_in_order = shelf.booking in _IN_ORDER and key not in self._typed
        if lot is not None and not is_in_order:
            raise RuleError(
                f"later its lot {lot} leaves the books at that cost; count as of a later date, or "
                "correct what is booked since"
            )
        for entry in self._balances:
            covered = f"{shelf.account}:".startswith(f"{entry.account}:")
            if covered and entry.amount.currency == commodity:
                raise RuleError(
                    f"the balance of {entry.date} in {_locate(entry)} ({entry.amount.number:f} "
                    f"{commodity} in {entry.account}) would fail; correct or remove it first"
                )
        if lot is None:
            return None
        return (
            f"later transactions that took {commodity} out of lot {lot} in {shelf.account} are "
            "booked from other lots now, at their cost; one that names this lot has to be changed"
        )


def _find_lot(held: Lots, lows: Mapping[Cost | None, _Low]) -> str | None:
    """Find a lot that later transactions take more of than the shortage leaves."""
    for cost, low in lows.items():
        if cost is not None and held.get(cost, ZERO) + low.units < 0:
            return show_cost(cost)
    return None


def find_file(run: Run, own: Sequence[Any], accounts: Collection[str]) -> str | None:
    """Find where transactions of the day stand that would be booked after an appended count.

    Args:
        run: The ledger as of the day.
        own: The ledger's own entries.
        accounts: The accounts that the count takes units out of.

    Returns:
        File and line of the last one, if it stands further down in its file than the main file
        goes; None if a count at the end of the main file is booked last.
    """
    main = run.options_map.get("filename")
    others = set(run.options_map.get("include", ())) - {main}
    end = max((_find_line(row) for row in own if _file(row) == main), default=0)
    rows = [
        (_find_line(row), _locate(row))
        for row in own
        if row.date == run.as_of
        and isinstance(row, data.Transaction)
        and _file(row) in others
        and any(posting.account in accounts for posting in row.postings)
    ]
    last, where = max(rows, default=(0, None))
    return where if last > end else None


def _file(entry: Any) -> str | None:
    name: str | None = entry.meta.get("filename")
    return name


def _find_line(entry: Any) -> int:
    line: int = read_place(entry.meta)["lineno"]
    return line


def _locate(entry: Any) -> str:
    return f"{_file(entry)}:{_find_line(entry)}"
