"""Postings that no lot takes → errors, since the figures would be wrong without a sign.

Goods without a cost in an inventory account cannot be assessed. Money beside the lots of an account
(freight booked as an amount, a loss by journal) is measured by nobody, nor are goods of the same
kind in another account. All else is measured as it stands (ACCOUNTING section 3).
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.mistakes import MOST_LINES, Mistakes, find_meta
from beancount_invwd.ground.money import ZERO, round_money

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from beancount_invwd.directives.chart import Chart

_Where = tuple[str, str]  # account and commodity


class Unseen:
    """Notes postings that no lot takes, and reports those that should have been seen.

    Args:
        chart: The accounts and items.
        mistakes: Takes what is wrong.
    """

    def __init__(self, chart: Chart, mistakes: Mistakes) -> None:
        self._chart = chart
        self._mistakes = mistakes
        self._uncosted: dict[_Where, list[tuple[Any, Any]]] = {}  # transactions with postings
        self._outside: dict[_Where, tuple[Any, Any]] = {}

    def note(self, txn: Any, posting: Any) -> None:
        """Note a posting in an inventory account that has no cost."""
        where = (posting.account, posting.units.currency)
        self._uncosted.setdefault(where, []).append((txn, posting))

    def note_outside(self, txn: Any, posting: Any) -> None:
        """Note a posting at cost in an account that holds no inventory."""
        if posting.units.number > ZERO:
            self._outside.setdefault((posting.account, posting.units.currency), (txn, posting))

    def report_uncosted(self, entries: Iterable[Any], operating: Collection[str]) -> None:
        """Report goods without a cost; what is a currency anywhere in the ledger is no goods.

        Args:
            entries: The ledger's entries.
            operating: The operating currencies.
        """
        if all(commodity in operating for _, commodity in self._uncosted):
            return
        money = find_money(entries, operating)
        example = next(iter(operating), None) or min(money, default="USD")
        found = [
            rows[0]
            for (_, commodity), rows in self._uncosted.items()
            if commodity not in money and not self._chart.items.is_excluded(commodity)
        ]
        if len(found) > MOST_LINES:
            message = _tell_many_uncosted(found, example)
            self._mistakes.report("uncosted", find_meta(*found[0]), message, found[0][0])
            return
        for txn, posting in found:
            account, (number, commodity) = posting.account, posting.units
            message = tell_uncosted(account, number, commodity, example)
            key = ("uncosted", account, commodity)
            self._mistakes.report(key, find_meta(txn, posting), message, txn)

    def report_money(
        self, day: datetime.date | None, currencies: Mapping[str, Collection[str]]
    ) -> None:
        """Report money on accounts that hold lots, if it is not nil in the end.

        Args:
            day: The last measurement date, inclusive; None if there was none.
            currencies: The accounts that ever held lots, with the currencies of their costs.
        """
        for (account, currency), rows in self._uncosted.items():
            is_of_lots = currency in currencies.get(account, ())
            if day is None or not is_of_lots or self._chart.facts(account).money:
                continue
            total = sum((row.units.number for txn, row in rows if txn.date <= day), ZERO)
            total = round_money(total, self._chart.quantum(currency))
            if total:
                txn, posting = rows[0]
                message = _tell_money(account, total, currency, day)
                self._mistakes.report(("money", account), find_meta(txn, posting), message, txn)

    def report_outside(self, items: Collection[str]) -> None:
        """Report goods at cost in accounts under Assets that the `inventory` patterns leave out.

        Args:
            items: The items that inventory accounts ever held.
        """
        for (account, commodity), (txn, posting) in self._outside.items():
            chart = self._chart
            is_seen = commodity not in items or chart.items.is_excluded(commodity)
            if is_seen or not chart.is_outside(account) or chart.facts(account).exclude:
                continue
            message = (
                f"{commodity} is held at cost in {account}, which 'inventory' does not match, and "
                f"is not assessed there; add '{account}' to 'inventory', or put on its Open "
                "invwd-exclude: TRUE"
            )
            self._mistakes.report(("outside", account), find_meta(txn, posting), message, txn)


def find_money(entries: Iterable[Any], operating: Collection[str]) -> Collection[str]:
    """The operating currencies, and those of any cost in the ledger."""
    money: set[str] = {*operating}
    for entry in entries:
        if type(entry) is data.Transaction:
            costs = (posting.cost for posting in entry.postings)
            money.update(cost.currency for cost in costs if cost and cost.currency)
    return money


def tell_uncosted(account: str, number: Decimal, commodity: str, currency: str) -> str:
    """Tell of goods without a cost; the currency is that of an example."""
    return (
        f"{commodity} in {account} has no cost and cannot be assessed; write its cost, such as "
        f"{number} {commodity} {{5.00 {currency}}}, or put on its Commodity invwd-exclude: TRUE; "
        f'if it is money: option "operating_currency" "{commodity}"'
    )


def _tell_many_uncosted(rows: Sequence[tuple[Any, Any]], currency: str) -> str:
    """Tell of many goods without a cost, with the places of the first."""
    lines = []
    for txn, posting in rows[:MOST_LINES]:
        meta, (number, commodity) = find_meta(txn, posting), posting.units
        place = f"{meta.get('filename')}:{meta.get('lineno')}"
        lines.append(f"{place}: {posting.account} {number} {commodity} {{5.00 {currency}}}")
    text, rest = "\n".join(lines), len(rows) - MOST_LINES
    return (
        f"{len(rows):,} items in inventory accounts have no cost and cannot be assessed; write "
        f"their cost where they first came in, such as:\n{text}\n(and {rest:,} more, listed by: "
        "bean-query LEDGER \"SELECT date, account, position WHERE account ~ 'Inventory' AND "
        'cost_number IS NULL")\nor put on their Commodity invwd-exclude: TRUE; if they are money: '
        'option "operating_currency"'
    )


def _tell_money(account: str, total: Decimal, currency: str, day: datetime.date) -> str:
    return (
        f"{account} holds {total} {currency} on {day} beside its lots, which is in no cost and is "
        "not measured; re-cost the lots (their units out at the old and in at the new unit cost), "
        "or, if the account holds money as well, put on its Open invwd-money: TRUE"
    )
