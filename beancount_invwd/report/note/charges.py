"""Postings of a period → what was charged to the income statement for goods."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.ground.sums import Sums
from beancount_invwd.report.note.blocks import Block, gap, paragraph

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.written import Written

_UNDONE = "supplier-return"


class Charges:
    """Tells what stands on the accounts that take the cost of goods.

    Args:
        run: Names the accounts.
        span: The period, both days inclusive.
        measured: Transactions of the period that are write-downs, write-offs or reversals.
        money: Writes an amount.
    """

    def __init__(
        self,
        run: Run,
        span: tuple[datetime.date, datetime.date],
        measured: Sequence[Any],
        money: Callable[[Decimal, str], str],
    ) -> None:
        self._run = run
        self._start, _ = span
        self._measured = {id(entry) for entry in measured}
        self._money = money

    def tell_expense(self) -> Iterator[Block]:
        """What was charged to cost of goods sold, releases and immaterial losses included."""
        accounts = self._run.list_results("cogs")
        sums = self._sum_charges(accounts, set())
        names = ", ".join(sorted(accounts)) or "cost of goods sold"
        if not sums:
            yield gap(f"the amount; nothing was charged to {names}")
        for currency, amount in sorted(sums.items()):
            money = self._money(amount, currency)
            yield paragraph(f"Charged to {names}, releases of write-downs deducted: {money}.")
        if sums:
            yield paragraph(self._tell_relation(accounts))

    def _tell_relation(self, accounts: Collection[str]) -> str:
        """Whether the amount that is charged to accounts has write-downs and reversals in it."""
        kinds = ("loss", "write_off", "reversal")
        others = {account for kind in kinds for account in self._run.list_results(kind)}
        inside = {name for name in others if _is_below(name, accounts)}
        if inside == others:
            return "Write-downs and reversals are included."
        if inside or self._run.policy.materiality:
            return "Write-downs and reversals on these accounts are included, others are not."
        return "Write-downs and reversals are not included."

    def tell_lost(self) -> Iterator[Block]:
        """What the ledger charged for goods that are there no more (ACCOUNTING section 9)."""
        sold = self._run.list_results("cogs")
        accounts = {
            name for name in self._run.list_results("write_off") if not _is_below(name, sold)
        }
        for currency, amount in sorted(self._sum_charges(accounts, self._measured).items()):
            if amount:
                yield paragraph(
                    f"Besides, goods that were lost or scrapped, charged to "
                    f"{', '.join(sorted(accounts))}, releases of write-downs deducted: "
                    f"{self._money(amount, currency)}."
                )

    def tell_undone(self, written: Sequence[Written]) -> Iterator[Block]:
        """What releases put on the account of reversals, which is none (ACCOUNTING section 8)."""
        sold, accounts = self._run.list_results("cogs"), self._run.list_results("reversal")
        sums: Sums[str] = Sums()
        for row in {id(row.entry): row for row in written if row.kind == "release"}.values():
            names = accounts if row.reason == _UNDONE else accounts - sold
            for posting in row.entry.postings:
                if posting.account in names:
                    sums.add(posting.units.currency, -posting.units.number)
        for currency, amount in sorted(sums.without_zeros().items()):
            yield paragraph(
                f"Besides, losses that did not happen, since goods went back, on "
                f"{', '.join(sorted(accounts))}: {self._money(amount, currency)}."
            )

    def _sum_charges(
        self, accounts: Collection[str], skipped: Collection[int]
    ) -> Mapping[str, Decimal]:
        """Sum what the period has on accounts and those below them, by currency."""

        @cache
        def is_asked(account: str) -> bool:
            return _is_below(account, accounts)

        sums: Sums[str] = Sums()
        for entry in self._run.past:
            if type(entry) is not data.Transaction or entry.date < self._start:
                continue
            for posting in entry.postings if id(entry) not in skipped else ():
                if is_asked(posting.account):
                    units: Any = posting.units
                    sums.add(units.currency, units.number)
        return sums


def _is_below(account: str, parents: Collection[str]) -> bool:
    """Whether an account is one of these or below one."""
    return any(account == name or account.startswith(f"{name}:") for name in parents)
