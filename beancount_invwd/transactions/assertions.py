"""What is written → errors at `balance` and `pad` directives that mean something else by it.

Beancount fills `pad` and checks `balance` after all plugins, and both count what is below:

    2024-01-01 pad Assets:Shop Equity:Opening     with 250.00 in Assets:Shop:Allowance
    2024-02-05 balance Assets:Shop 4000.00 USD

The pad would make up for the allowance in silence. So Beancount's own pad and balance are asked
twice, with what is written and without; a ledger that asserts no such account is not looked at.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core import data
from beancount.core.flags import FLAG_PADDING
from beancount.ops import balance, pad

from beancount_invwd.directives.unseen import find_money, tell_uncosted
from beancount_invwd.ground.errors import InvwdError, error_at
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from beancount_invwd.directives.chart import Chart

_Place = tuple[str, str]  # account and currency
_MULTIPLIERS = ("tolerance_multiplier", "inferred_tolerance_multiplier")  # by version
_OUTSIDE = "Allowance:{leaf}"


def check_assertions(
    entries: Sequence[Any],
    added: Sequence[Any],
    chart: Chart,
    allowances: Iterable[_Place],
    options_map: Mapping[str, Any],
) -> list[InvwdError]:
    """Find `balance` and `pad` directives that hold or do something else by what is written.

    Args:
        entries: The ledger's entries, sorted.
        added: The new entries.
        chart: Tells which accounts hold allowances, and which inventory.
        allowances: Allowance accounts that are written to, by the ledger itself too.
        options_map: The ledger's options.
    """
    asserted = [row for row in chart.assertions if type(row) is data.Balance]
    if not asserted:
        return []
    pads = [row for row in chart.assertions if type(row) is data.Pad]
    written = {*allowances, *((p.account, p.units.currency) for p in _list_postings(added))}
    above = {(name, currency) for account, currency in written for name in _list_above(account)}
    padded = {row.account for row in pads if chart.account(row.account) is not None}
    roots = {
        row.account
        for row in asserted
        if (row.account, row.amount.currency) in above or row.account in padded
    }
    if not roots:
        return []
    options = {**dict.fromkeys(_MULTIPLIERS, Decimal("0.5")), **options_map}
    tree = _Tree(roots, pads)
    own = _World((_leave_out(row, chart) for row in entries if tree.concerns(row)), options)
    full = sorted((row for row in [*entries, *added] if tree.concerns(row)), key=data.entry_sortkey)
    both, teller = _World(full, options), _Teller(full, added, chart)
    falsified = [row for row in asserted if id(row.meta) in both.failing - own.failing]
    found = [error_at(row.meta, teller.tell_balance(row), row) for row in falsified]
    for row in pads:
        before, after = own.padded[_name(row)], both.padded[_name(row)]
        found += [error_at(row.meta, text, row) for text in teller.tell_pads(row, before, after)]
        if before and chart.inventory(row.account) is not None:
            found += _list_uncosted(row, before, chart, entries, options)
    return found


def _list_uncosted(
    row: Any,
    padded: Mapping[str, Decimal],
    chart: Chart,
    entries: Sequence[Any],
    options: Mapping[str, Any],
) -> list[InvwdError]:
    """Tell of units that a pad puts into an inventory account: they have no cost."""
    operating = options.get("operating_currency", ())
    money = find_money(entries, operating)
    example = next(iter(operating), None) or min(money, default="USD")
    return [
        error_at(row.meta, tell_uncosted(row.account, number, item, example), row)
        for item, number in sorted(padded.items())
        if item not in money and not chart.items.is_excluded(item)
    ]


class _Tree:
    """The accounts that matter: those that are asserted, and those below them."""

    def __init__(self, roots: Collection[str], pads: Iterable[Any]) -> None:
        self._known: dict[str, bool] = {}
        self._roots = {*roots}
        sources = [row for row in pads if self.holds(row.source_account)]
        self._roots.update(row.account for row in sources)  # for what these take out of others
        self._known.clear()

    def holds(self, account: str) -> bool:
        """Whether an account is one of these."""
        found = self._known.get(account)
        if found is None:
            found = self._known[account] = not self._roots.isdisjoint(_list_above(account))
        return found

    def concerns(self, entry: Any) -> bool:
        """Whether a directive is about one of these."""
        if type(entry) is data.Transaction:
            return any(self.holds(posting.account) for posting in entry.postings)
        is_of_accounts = isinstance(entry, (data.Open, data.Close, data.Balance, data.Pad))
        return is_of_accounts and self.holds(entry.account)


class _World:
    """What Beancount's pad and balance find in entries.

    Attributes:
        failing: The `balance` directives that do not hold, by `id` of their metadata.
        padded: What each pad brings in, by its place and currency.
    """

    def __init__(self, entries: Iterable[Any], options: Mapping[str, Any]) -> None:
        filled, _ = pad.pad(list(entries), options)  # type: ignore[no-untyped-call]
        checked, _ = balance.check(filled, options)  # type: ignore[no-untyped-call]
        self.failing = {
            id(entry.meta)
            for entry, found in zip(filled, checked, strict=True)
            if getattr(found, "diff_amount", None) is not None
        }
        self.padded: defaultdict[Any, Sums[str]] = defaultdict(Sums)
        for entry in filled:
            if type(entry) is not data.Transaction or entry.flag != FLAG_PADDING:
                continue
            if len(entry.postings) == 2:  # noqa: PLR2004 (else one was left out: padded before)
                row: Any = entry.postings[0]
                place = (row.account, entry.postings[1].account)
                name = (entry.meta.get("filename"), entry.meta.get("lineno"), *place)
                self.padded[name].add(row.units.currency, row.units.number)


def _name(row: Any) -> tuple[Any, ...]:
    return row.meta.get("filename"), row.meta.get("lineno"), row.account, row.source_account


class _Teller:
    """Tells of directives that do not mean what they say.

    Args:
        entries: The ledger's entries and the new ones.
        added: The new ones.
        chart: Tells which accounts hold allowances.
    """

    def __init__(self, entries: Iterable[Any], added: Sequence[Any], chart: Chart) -> None:
        self._chart = chart
        news = {id(entry) for entry in added}
        self._written = [
            (entry.date, posting.account, posting.units)
            for entry in entries
            if type(entry) is data.Transaction
            for posting in entry.postings
            if id(entry) in news or chart.is_allowance(posting.account)
        ]

    def tell_balance(self, row: Any) -> str:
        """Tell of a balance that holds without what is written, and not with it."""
        account, number = self._find(row.account, row.amount.currency, row.date)
        what = f"{account}, which carries {number} {row.amount.currency}"
        if account == row.account or not self._chart.is_allowance(account):
            return (
                f"this balance holds without what is written to {what}, and not with it; assert "
                "the amount with it, or set another account in 'accounts'"
            )
        return (
            f"this balance holds but for {what} and counts as a part of {row.account}; "
            f"{self._find_remedy(row.account)}, or assert the amount with it"
        )

    def tell_pads(self, row: Any, before: Sums[str], after: Sums[str]) -> Iterator[str]:
        """Tell of a pad that makes up for what is written, in part or alone.

        Args:
            row: The pad.
            before: What it brings in without what is written, by currency.
            after: The same with it.
        """
        if self._chart.is_allowance(row.account):
            if after:
                yield _tell_pad_of_allowance(row)
            return
        for currency in sorted(before.keys() | after.keys()):
            number = after[currency] - before[currency]
            account, _ = self._find(row.account, currency, datetime.date.max)
            if number:
                yield (
                    f"this pad makes up for {number} {currency} in {account}, which counts as a "
                    f"part of {row.account}, so that they end in {row.source_account}; "
                    f"{self._find_remedy(row.account)}"
                )

    def _find(self, above: str, currency: str, day: datetime.date) -> tuple[str, Decimal]:
        """Find the account at or below one that most was written to before a day."""
        sums: Sums[str] = Sums()
        units: Any
        for date, account, units in self._written:
            is_below = f"{account}:".startswith(f"{above}:")
            if is_below and date < day and units.currency == currency:
                sums.add(account, units.number)
        return max(sums.items(), key=lambda row: (abs(row[1]), row[0]), default=(above, ZERO))

    def _find_remedy(self, account: str) -> str:
        template = f"{account.partition(':')[0]}:{_OUTSIDE}"
        if f"{template}:".startswith(f"{account}:"):
            return "name accounts that hold no allowances"
        return f"set 'accounts': {{'allowance': '{template}'}}, which is outside"


def _tell_pad_of_allowance(row: Any) -> str:
    return (
        f"this pad makes {row.account} differ from the allowances of its lots; in place of it, "
        f"book what they carry against {row.source_account} by a transaction with the tag #invwd "
        'and invwd-group: "…" (the item)'
    )


def _leave_out(entry: Any, chart: Chart) -> Any:
    """Leave the allowances out that the ledger itself has booked."""
    if type(entry) is not data.Transaction:
        return entry
    rows = [posting for posting in entry.postings if not chart.is_allowance(posting.account)]
    return entry if len(rows) == len(entry.postings) else entry._replace(postings=rows)


def _list_postings(entries: Iterable[Any]) -> Iterator[Any]:
    for entry in entries:
        if type(entry) is data.Transaction:
            yield from entry.postings


def _list_above(account: str) -> list[str]:
    """An account and those that it is below."""
    parts = account.split(":")
    return [":".join(parts[:end]) for end in range(len(parts), 0, -1)]
