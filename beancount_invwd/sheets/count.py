"""A count sheet against the books → shortages as transactions, and a list of all else.

Of 20 MUG in the books 17 were counted:

    2024-12-31 * "Count: 3 MUG missing (17 counted, 20 in the books)"
      Assets:Inventory:Store        -3 MUG {}
      Expenses:Inventory:Write-Off

The plugin moves value, never units, so that what is missing has to leave by a transaction of the
ledger (ACCOUNTING section 9); the plugin then releases its allowance to the account of the loss.
A line without a label counts the lots of its item that no other line names. More than the books
have is listed, not booked: where it came from, and so its cost, nobody can tell from a sheet.
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from beancount.core import data
from beancount.core.amount import Amount
from beancount.core.number import MISSING

from beancount_invwd.engine import Run, list_own
from beancount_invwd.ground.errors import RuleError, find_near
from beancount_invwd.ground.money import ZERO
from beancount_invwd.sheets.count_sheet import Line, Sheet, read_sheet
from beancount_invwd.sheets.later import Later, find_file
from beancount_invwd.sheets.on_hand import Store, fill_store
from beancount_invwd.sheets.rows import MOST_HINTS, Grid, Kind, Problem
from beancount_invwd.sheets.shelf import Lots, Shelf
from beancount_invwd.sheets.text import quote, show_lots, write_entries


@dataclass(frozen=True, slots=True)
class Count:
    """What a count comes to.

    Attributes:
        opens: Accounts of the loss that the ledger does not open.
        shortages: Transactions with incomplete postings, as a user would write them, one for each
            account and item; once booked, what was counted is left.
        balances: Assertions of the next day, for items that were counted in full and of which no
            problem is listed.
        problems: What the user has to look at, in the order of the sheet's lines.
    """

    opens: Sequence[Any]
    shortages: Sequence[Any]
    balances: Sequence[Any]
    problems: Sequence[Problem]

    def write(self, *, has_balances: bool = False) -> str:
        """Write the shortages as Beancount text to append, with `balance` assertions or not."""
        return write_entries(self.opens, self.shortages, self.balances if has_balances else ())


def count(run: Run, given: str | Grid) -> Count:
    """Hold a count sheet against the books.

    Args:
        run: The ledger as of the day of the count; the quantities are of its end.
        given: The sheet, with the columns account, commodity, quantity and perhaps label: the text
            of a CSV, or what was read of a file.
    """
    own = list_own(run.entries)
    sheet = read_sheet(given)
    store = fill_store(run, own)
    counting = _Counting(store, Later(entry for entry in own if entry.date > run.as_of))
    for lines in sheet.lines.values():
        counting.settle(lines)
    counting.note_order(
        find_file(run, own, {row.postings[0].account for row in counting.shortages})
    )
    counting.list_uncounted(sheet)
    return Count(
        _make_opens(counting),
        counting.shortages,
        _make_balances(counting),
        sorted([*sheet.faults, *counting.problems], key=_by_line),
    )


def _by_line(problem: Problem) -> tuple[bool, int]:
    return problem.line is None, problem.line or 0


class _Missing(NamedTuple):
    """Units that a line counted less than the books have in its lots."""

    line: Line
    lots: Lots
    units: Decimal


@dataclass(eq=False, slots=True)
class _Counting:
    """One count: what was found so far."""

    store: Store
    later: Later
    shortages: list[Any] = field(default_factory=list)
    settled: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    hints: int = 0

    def note(self, kind: Kind, line: int | None, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(kind, line, message))

    def settle(self, lines: Sequence[Line]) -> None:
        """Compare the lines of an account and item with the books, and write off what lacks."""
        shelf = self._find_shelf(lines[0])
        if shelf is None:
            return
        known = len(self.problems)
        number, account, item, *_ = lines[0]
        try:
            self._check_item(shelf, lines)
            missing = self._compare(shelf, lines)
            if missing:
                self._write_off(shelf, item, missing)
        except RuleError as error:
            where = f"{item} in {account}"
            self.note("unsettled", number, f"{where}: nothing written off: {error}")
        if len(self.problems) == known:
            self.settled.append((account, item))

    def _find_shelf(self, line: Line) -> Shelf | None:
        shelf = self.store.shelves.get(line.account)
        if shelf is None:
            if line.account not in self.unknown:
                self.unknown.add(line.account)
                what = (
                    f"{line.account} is no inventory account that is open on {self.store.run.as_of}"
                )
                self._note_unknown(line, what, line.account, self.store.shelves)
            return None
        if line.commodity not in self.store.items:
            what = f"{line.commodity} stands nowhere in the ledger"
            self._note_unknown(line, what, line.commodity, self.store.items)
            return None
        return shelf

    def _note_unknown(self, line: Line, what: str, name: str, known: Iterable[str]) -> None:
        self.hints += 1
        near = find_near(name, sorted(known)) if self.hints <= MOST_HINTS else None
        hint = f"did you mean {near}?" if near else "check its name"
        self.note("unknown", line.number, f"{what}; {hint}")

    def _check_item(self, shelf: Shelf, lines: Sequence[Line]) -> None:
        item = lines[0].commodity
        if self.store.run.is_excluded(item):
            raise RuleError("it is excluded from write-downs (invwd-exclude)")
        if any(row.cost is None for row in shelf.goods[item]):
            raise RuleError("the books hold units of it without a cost; book them with one")
        if shelf.is_pool and any(line.label is not None for line in lines):
            raise RuleError("with booking NONE its lots are one pool; count it without labels")

    def _compare(self, shelf: Shelf, lines: Sequence[Line]) -> list[_Missing]:
        """List labels that are unknown, surpluses, and lots that no line counts."""
        item = lines[0].commodity
        lots = shelf.find_lots(item)
        labels = {line.label for line in lines}
        known = shelf.seen.get(item, set())
        missing = []
        for line in lines:
            part = _select(lots, line.label, labels)
            held = sum(part.values(), ZERO)
            if line.label is not None and line.label not in known:
                had = ", ".join(quote(label) for label in sorted(filter(None, known))) or "none"
                counted = f"{line.quantity:f} counted are not settled"
                message = f"{_name(line)}: {counted}: no lot has this label; it had {had}"
                self.note("unknown", line.number, message)
            elif line.quantity > held:
                more = f"{line.quantity - held:f} more than in the books"
                counted = _tell_counted(line.quantity, held)
                self.note("surplus", line.number, f"{_name(line)}: {more} {counted}")
            elif line.quantity < held:
                missing.append(_Missing(line, part, held - line.quantity))
        rest = {} if None in labels else _select(lots, None, labels)
        if rest:
            self._note_uncounted(f"of {item} in {shelf.account} {show_lots(rest)}")
        return missing

    def _write_off(self, shelf: Shelf, item: str, missing: Sequence[_Missing]) -> None:
        """Write what is missing of one account and item as a transaction."""
        before = copy.copy(shelf.goods[item])
        postings: list[Any] = []
        taken: list[_Missing] = []
        for row in missing:
            try:
                postings += shelf.take(item, row.lots, row.units, row.line.label)
                taken.append(row)
            except RuleError as error:
                message = f"{_name(row.line)}: {row.units:f} missing, not written off: {error}"
                self.note("unsettled", row.line.number, message)
        if not taken:
            return
        units = sum((row.units for row in taken), ZERO)
        left = self.store.units[shelf.account, item] - units
        try:
            change = self.later.check(shelf, item, left)
            currencies = {cost.currency for row in taken for cost in row.lots}
            account = self.store.find_loss(shelf, item, currencies)
        except RuleError:
            shelf.goods[item] = before
            raise
        if change is not None:
            self.changes.append(change)
        self.store.units[shelf.account, item] = left
        counted = sum((row.line.quantity for row in taken), ZERO)
        text = f"Count: {units:f} {item} missing {_tell_counted(counted, counted + units)}"
        self.shortages.append(_make_transaction(self.store.run.as_of, text, postings, account))

    def note_order(self, where: str | None) -> None:
        """Say where to append, and what the shortages change later."""
        if where is not None:
            self.note("order", None, _BELOW.format(where=where))
        for change in self.changes:
            self.note("order", None, change)

    def list_uncounted(self, sheet: Sheet) -> None:
        """List items on hand that the sheet does not name, and accounts that it does not."""
        named = {*sheet.lines, *sheet.refused}
        accounts = {account for account, _ in named}
        for account, shelf in self.store.shelves.items():
            rows = [
                f"{self.store.units[account, item]:f} {item}"
                for item in sorted(shelf.seen)
                if (account, item) not in named
                and self.store.units[account, item]
                and not self.store.run.is_excluded(item)
            ]
            if rows and account in accounts:
                self._note_uncounted(f"in {account} {', '.join(rows)}")
            elif rows:
                items = f"{len(rows)} item{'' if len(rows) == 1 else 's'}"
                self._note_uncounted(f"{account} ({items} on hand)")

    def _note_uncounted(self, what: str) -> None:
        self.note("not counted", None, f"not counted: {what}")


_BELOW = (
    "append below {where}, in that file: of one day Beancount books by line number, and this "
    "transaction of the day has to be booked before the count"
)


def _select(lots: Lots, label: str | None, labels: Iterable[str | None]) -> Lots:
    """The lots that a line counts: those of its label, or those that no other line names."""
    return {
        cost: units
        for cost, units in lots.items()
        if cost.label == label or (label is None and cost.label not in labels)
    }


def _make_transaction(date: datetime.date, text: str, postings: Sequence[Any], account: str) -> Any:
    meta = data.new_metadata("<count>", 0)
    loss: Any = data.Posting(account, MISSING, None, None, None, {})  # type: ignore[arg-type]
    nothing: frozenset[str] = frozenset()
    return data.Transaction(meta, date, "*", None, text, nothing, nothing, [*postings, loss])


def _make_opens(counting: _Counting) -> list[Any]:
    """Open accounts of the loss that the ledger does not, when the plugin does or on that day."""
    run = counting.store.run
    dates = {entry.account: entry.date for entry in run.entries if isinstance(entry, data.Open)}
    losses = dict.fromkeys(txn.postings[-1].account for txn in counting.shortages)
    meta = data.new_metadata("<count>", 0)
    return [
        data.Open(meta, min(run.as_of, dates.get(name, run.as_of)), name, None, None)  # type: ignore[arg-type]
        for name in losses
        if name not in run.opens
    ]


def _make_balances(counting: _Counting) -> list[Any]:
    store = counting.store
    if store.run.as_of == datetime.date.max:  # has no next day
        return []
    day = store.run.as_of + datetime.timedelta(days=1)
    meta = data.new_metadata("<count>", 0)
    return [
        data.Balance(meta, day, account, Amount(store.sum_below(account, item), item), None, None)
        for account, item in counting.settled
    ]


def _tell_counted(counted: Decimal, held: Decimal) -> str:
    return f"({counted:f} counted, {held:f} in the books)"


def _name(line: Line) -> str:
    label = "" if line.label is None else f" {quote(line.label)}"
    return f"{line.commodity}{label} in {line.account}"
