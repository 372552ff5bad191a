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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from difflib import get_close_matches
from typing import Any, NamedTuple

from beancount.core import data
from beancount.core.amount import Amount
from beancount.core.number import MISSING

from beancount_invwd.engine import find_end, follow
from beancount_invwd.ground.errors import InvwdError, RuleError
from beancount_invwd.ground.money import CONTEXT, ZERO
from beancount_invwd.report.state import find_config
from beancount_invwd.sheets.later import Later, find_file
from beancount_invwd.sheets.on_hand import Store, fill_store
from beancount_invwd.sheets.sheet import Kind, Line, Problem, Sheet, read_sheet
from beancount_invwd.sheets.shelf import Lots, Shelf, quote, show_cost
from beancount_invwd.sheets.text import write_entries
from beancount_invwd.transactions.journal import FILENAME


@dataclass(frozen=True, slots=True)
class Count:
    """What a count comes to.

    Attributes:
        date: The day; quantities are those of its end.
        opens: Accounts of the loss that the ledger does not open.
        shortages: Transactions with incomplete postings, as a user would write them, one for each
            account and item; once booked, what was counted is left.
        balances: Assertions of the next day, for items that were counted in full and of which no
            problem is listed.
        problems: What the user has to look at, in the order of the sheet's lines.
        errors: Mistakes in the ledger; if its configuration is one, nothing was counted.
    """

    date: datetime.date
    opens: Sequence[Any]
    shortages: Sequence[Any]
    balances: Sequence[Any]
    problems: Sequence[Problem]
    errors: Sequence[InvwdError]

    def write(self, *, has_balances: bool = False) -> str:
        """Write the shortages as Beancount text to append, with `balance` assertions or not."""
        return write_entries(self.opens, self.shortages, self.balances if has_balances else ())


def count(
    entries: Sequence[Any],
    options_map: Mapping[str, Any],
    text: str,
    date: datetime.date | None = None,
) -> Count:
    """Hold a count sheet against the books.

    Args:
        entries: All entries as loaded, those that the plugin generated among them.
        options_map: The ledger's options.
        text: The sheet: CSV with the columns account, commodity, quantity and perhaps label.
        date: The day of the count, whose end the quantities are of; None is the ledger's last one.

    Raises:
        NotSwitchedOn: The ledger does not use the plugin.
    """
    config = find_config(options_map)
    own, generated = _part(entries)
    day = date or find_end(own, None)
    sheet = read_sheet(text)
    with localcontext(CONTEXT):
        run, errors = follow(own, options_map, config, day)
    if run is None:
        return Count(day, (), (), (), sheet.faults, errors)
    store = fill_store(run, own, generated, options_map, day)
    counting = _Counting(store, Later(entry for entry in own if entry.date > day))
    counting.settle_all(sheet)
    where = find_file(own, day, counting.short_accounts, options_map)
    if where is not None:
        counting.note("order", None, _BELOW.format(where=where))
    for change in counting.changes:
        counting.note("order", None, change)
    counting.list_uncounted(sheet)
    found = sorted([*sheet.faults, *counting.problems], key=_by_line)
    opens = list(counting.opens.values())
    return Count(day, opens, counting.shortages, _make_balances(counting), found, errors)


_BELOW = (
    "append below {where}, in that file: of one day Beancount books by line number, and this "
    "transaction of the day has to be booked before the count"
)


def _part(entries: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Part the ledger's own entries from those that the plugin wrote."""
    own: list[Any] = []
    generated: list[Any] = []
    for entry in entries:
        (generated if entry.meta.get("filename") == FILENAME else own).append(entry)
    return own, generated


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
    opens: dict[str, Any] = field(default_factory=dict)
    shortages: list[Any] = field(default_factory=list)
    settled: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    @property
    def short_accounts(self) -> set[str]:
        """The accounts that units are taken out of."""
        return {txn.postings[0].account for txn in self.shortages}

    def note(self, kind: Kind, line: int | None, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(kind, line, message))

    def settle_all(self, sheet: Sheet) -> None:
        """Compare all lines of the sheet with the books."""
        for lines in sheet.lines.values():
            shelf = self._find_shelf(lines[0])
            if shelf is None:
                continue
            known = len(self.problems)
            try:
                self._check_item(shelf, lines)
                missing = self._compare(shelf, lines)
                if missing:
                    self._write_off(shelf, missing)
            except RuleError as error:
                line = lines[0]
                where = f"{line.commodity} in {line.account}"
                self.note("unsettled", line.number, f"{where}: nothing written off: {error}")
            if len(self.problems) == known:
                self.settled.append((shelf.account, lines[0].commodity))

    def _find_shelf(self, line: Line) -> Shelf | None:
        account, item = line.account, line.commodity
        shelf = self.store.shelves.get(account)
        if shelf is None:
            if account not in self.unknown:
                self.unknown.add(account)
                hint = _suggest(account, self.store.shelves)
                day = self.store.date
                message = f"{account} is no inventory account that is open on {day}; {hint}"
                self.note("unknown", line.number, message)
            return None
        if item not in self.store.items:
            message = f"{item} stands nowhere in the ledger; {_suggest(item, self.store.items)}"
            self.note("unknown", line.number, message)
            return None
        return shelf

    def _check_item(self, shelf: Shelf, lines: Sequence[Line]) -> None:
        item = lines[0].commodity
        if self.store.is_excluded(item):
            raise RuleError("it is excluded from write-downs (invwd-exclude)")
        if any(row.units.currency == item and row.cost is None for row in shelf.inventory):
            raise RuleError("the books hold units of it without a cost; book them with one")
        if shelf.is_pool and any(line.label is not None for line in lines):
            raise RuleError("with booking NONE its lots are one pool; count it without labels")

    def _compare(self, shelf: Shelf, lines: Sequence[Line]) -> list[_Missing]:
        """List labels that are unknown, surpluses, and lots that no line counts."""
        item = lines[0].commodity
        named = {line.label for line in lines}
        lots = shelf.find_lots(item)
        missing = []
        for line in lines:
            part = _select(lots, line.label, named)
            held = sum(part.values(), ZERO)
            if line.label is not None and line.label not in shelf.seen.get(item, ()):
                self._note_label(shelf, line)
            elif line.quantity > held:
                more = f"{line.quantity - held:f} more than in the books"
                counted = _tell_counted(line.quantity, held)
                self.note("surplus", line.number, f"{_name(line)}: {more} {counted}")
            elif line.quantity < held:
                missing.append(_Missing(line, part, held - line.quantity))
        rest = {} if None in named else _select(lots, None, named)
        if rest:
            text = ", ".join(f"{units:f} {show_cost(cost)}" for cost, units in rest.items())
            self.note("not counted", None, f"not counted: of {item} in {shelf.account} {text}")
        return missing

    def _note_label(self, shelf: Shelf, line: Line) -> None:
        labels = sorted(label for label in shelf.seen.get(line.commodity, ()) if label)
        had = ", ".join(map(quote, labels)) or "none"
        self.note("unknown", line.number, f"{_name(line)}: no lot has this label; it had {had}")

    def _write_off(self, shelf: Shelf, missing: Sequence[_Missing]) -> None:
        """Write what is missing of one account and item as a transaction."""
        before = copy.copy(shelf.inventory)
        item = missing[0].line.commodity
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
            account = self._open_loss(shelf, taken)
        except RuleError:
            shelf.inventory = before
            raise
        if change is not None:
            self.changes.append(change)
        self.store.units[shelf.account, item] = left
        counted = sum((row.line.quantity for row in taken), ZERO)
        text = f"Count: {units:f} {item} missing {_tell_counted(counted, counted + units)}"
        self.shortages.append(_make_transaction(self.store.date, text, postings, account))

    def _open_loss(self, shelf: Shelf, taken: Sequence[_Missing]) -> str:
        currencies = {cost.currency for row in taken for cost in row.lots}
        account, date = self.store.find_loss(shelf, taken[0].line.commodity, currencies)
        if date is not None:
            meta = data.new_metadata("<count>", 0)
            entry = data.Open(meta, date, account, None, None)  # type: ignore[arg-type]
            self.opens.setdefault(account, entry)
        return account

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
                and not self.store.is_excluded(item)
            ]
            if rows and account in accounts:
                self.note("not counted", None, f"not counted: in {account} {', '.join(rows)}")
            elif rows:
                items = f"{len(rows)} item{'' if len(rows) == 1 else 's'}"
                self.note("not counted", None, f"not counted: {account} ({items} on hand)")


def _select(lots: Lots, label: str | None, named: Iterable[str | None]) -> dict[Any, Decimal]:
    """The lots that a line counts: those of its label, or those that no other line names."""
    others = {name for name in named if name is not None}
    return {
        cost: units
        for cost, units in lots.items()
        if (cost.label not in others if label is None else cost.label == label)
    }


def _make_transaction(date: datetime.date, text: str, postings: Sequence[Any], account: str) -> Any:
    meta = data.new_metadata("<count>", 0)
    loss: Any = data.Posting(account, MISSING, None, None, None, {})  # type: ignore[arg-type]
    nothing: frozenset[str] = frozenset()
    return data.Transaction(meta, date, "*", None, text, nothing, nothing, [*postings, loss])


def _make_balances(counting: _Counting) -> list[Any]:
    store = counting.store
    if store.date == datetime.date.max:  # has no next day
        return []
    day = store.date + datetime.timedelta(days=1)
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


def _suggest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), 1)
    return f"did you mean {near[0]}?" if near else "check its name"
