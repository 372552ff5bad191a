"""Postings of a period → what was charged to the income statement for goods."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.ground.accounts import is_below
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.note.blocks import Block, gap, paragraph

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.spans import Span
    from beancount_invwd.report.ledger.written import Written

_UNDONE = "supplier-return"


class Charges:
    """Tells what stands on the accounts that take the cost of goods.

    Args:
        run: Names the accounts.
        span: The period, both days inclusive.
        measured: Transactions of both periods that are write-downs, write-offs or reversals.
        money: Writes an amount.
        before: The period that it is compared with.
    """

    def __init__(
        self,
        run: Run,
        span: Span,
        measured: Sequence[Any],
        money: Callable[[Decimal, str], str],
        before: Span | None = None,
    ) -> None:
        self._run = run
        self._span = span
        self._before = before
        self._measured = {id(entry) for entry in measured}
        self._money = money

    def tell_expense(self) -> Iterator[Block]:
        """What was charged to cost of goods sold, releases and immaterial losses included."""
        accounts = self._run.list_results("cogs")
        told = list(self._tell_amounts(accounts, set()))
        names = ", ".join(sorted(accounts)) or say("cost of goods sold")
        if not told:
            yield gap(say("the amount; nothing was charged to {names}", names=names))
        for money in told:
            yield paragraph(
                say(
                    "Charged to {names}, releases of write-downs deducted: {money}.",
                    names=names,
                    money=money,
                )
            )
        if told:
            yield paragraph(self._tell_relation(accounts))

    def _tell_relation(self, accounts: Collection[str]) -> str:
        """Whether the amount that is charged to accounts has write-downs and reversals in it."""
        kinds = ("loss", "write_off", "reversal")
        others = {account for kind in kinds for account in self._run.list_results(kind)}
        inside = {name for name in others if any(is_below(name, row) for row in accounts)}
        if inside == others:
            return say("Write-downs and reversals are included.")
        if inside or self._run.policy.materiality:
            return say("Write-downs and reversals on these accounts are included, others are not.")
        return say("Write-downs and reversals are not included.")

    def tell_lost(self) -> Iterator[Block]:
        """What the ledger charged for goods that are there no more (ACCOUNTING section 9)."""
        sold = self._run.list_results("cogs")
        accounts = {
            name
            for name in self._run.list_results("write_off")
            if not any(is_below(name, row) for row in sold)
        }
        for money in self._tell_amounts(accounts, self._measured):
            yield paragraph(
                say(
                    "Besides, goods that were lost or scrapped, charged to {accounts}, releases "
                    "of write-downs deducted: {money}.",
                    accounts=", ".join(sorted(accounts)),
                    money=money,
                )
            )

    def _tell_amounts(self, accounts: Collection[str], skipped: Collection[int]) -> Iterator[str]:
        """What a period and the one before have on accounts, by currency."""
        sums, span = self._sum_charges(accounts, skipped, self._span), self._before
        past = self._sum_charges(accounts, skipped, span) if span is not None else Sums()
        for currency in sorted(sums | past):
            amount, amount_past = sums[currency], past[currency]
            if amount or amount_past:
                money = self._money(amount, currency)
                money_past = self._money(amount_past, currency)
                yield (
                    money
                    if span is None
                    else say(
                        "{money} (from {start} to {end}: {before})",
                        money=money,
                        start=span[0],
                        end=span[1],
                        before=money_past,
                    )
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
                say(
                    "Besides, losses that did not happen, since goods went back, on {accounts}: "
                    "{money}.",
                    accounts=", ".join(sorted(accounts)),
                    money=self._money(amount, currency),
                )
            )

    def _sum_charges(
        self, accounts: Collection[str], skipped: Collection[int], span: Span
    ) -> Sums[str]:
        """Sum what a period has on accounts and those below them, by currency."""

        @cache
        def is_asked(account: str) -> bool:
            return any(is_below(account, name) for name in accounts)

        sums: Sums[str] = Sums()
        for entry in self._run.past:
            if type(entry) is not data.Transaction or not span[0] <= entry.date <= span[1]:
                continue
            for posting in entry.postings if id(entry) not in skipped else ():
                if is_asked(posting.account):
                    units: Any = posting.units
                    sums.add(units.currency, units.number)
        return sums
