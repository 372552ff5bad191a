"""A ledger → the answers to what a standard asks of the note on inventories."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.ground.money import ZERO
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.rolled import sum_rows
from beancount_invwd.report.ledger.written import Written, list_written
from beancount_invwd.report.note import requirements as notes
from beancount_invwd.report.note.policies import tell_policies
from beancount_invwd.report.output.numbers import NumberWriter, make_numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from beancount_invwd.engine import Run
    from beancount_invwd.policy.policy import Policy
    from beancount_invwd.report.state import Assessment

_Line = tuple[str, str, str, Sequence[Decimal]]  # entity, currency, name, amounts


class Author:
    """Answers what the ledger can."""

    def __init__(
        self,
        assessment: Assessment,
        entries: Sequence[Any],
        run: Run,
        span: tuple[datetime.date, datetime.date],
        numbers: NumberWriter | None = None,
    ) -> None:
        self._run = run
        self._policy: Policy = run.policy
        self._stocks = assessment.stocks
        self._assessment = assessment
        self._entries = entries
        self._start, self._end = span
        self._numbers = numbers or make_numbers(assessment.options_map, run)
        written = list_written(assessment, entries)
        rows = sum_rows(assessment, written, [span], None)
        self._rows = [row for row in rows if not row.is_empty]
        self._written = [row for row in written if row.date >= self._start]

    def answer(self, asked: notes.Requirement) -> Iterator[str]:
        """The text for a requirement, its gap last."""
        answers = {
            "policies": self._tell_policies,
            "carrying": self._tell_carrying,
            "expense": self._tell_expense,
            "write-downs": self._tell_write_downs,
            "reversals": self._tell_reversals,
            "circumstances": self._tell_circumstances,
            "schedule": self._tell_schedule,
        }
        if asked.answer is not None:
            yield from answers[asked.answer]()
        if asked.gap:
            yield notes.mark_gap(asked.gap)

    def _tell_policies(self) -> Iterator[str]:
        lots = [lot for stock in self._stocks for lot in stock.lots.values()]
        yield from tell_policies(self._policy, lots)
        formulas: dict[str, list[str]] = {}
        for account in sorted({lot.account for lot in lots}):
            formulas.setdefault(self._find_booking(account), []).append(account)
        for booking, accounts in sorted(formulas.items()):
            words = notes.FORMULAS.get(booking, booking)
            why = notes.NOT_ALLOWED.get(self._policy.standard, {}).get(booking)
            doubt = f" [to be checked by the author: {why}]" if why else ""
            yield f"Cost formula: {words}, in {', '.join(accounts)}.{doubt}"

    def _find_booking(self, account: str) -> str:
        entry = self._run.chart.opens.get(account)
        booking = entry.booking if entry is not None else None
        booking = booking or self._assessment.options_map.get("booking_method")
        return str(getattr(booking, "name", booking))

    def _tell_carrying(self) -> Iterator[str]:
        rows = list_positions(self._assessment, by="category")
        if not rows:
            yield f"No inventories are on hand on {self._end}."
            return
        table: list[_Line] = [
            (row.entity, row.currency, row.category or "", (row.cost, row.allowance, row.carrying))
            for row in rows
        ]
        table += [
            (row.entity, row.currency, "**Total**", (row.cost, row.allowance, row.carrying))
            for row in sum_totals(rows)
        ]
        cost = "Cost" if self._policy.reversals == "full" else "Cost before write-downs"
        yield self._draw(("Class", cost, "Allowance", "Carrying amount"), table)
        lacking = [row for row in rows if row.measure is None]
        if lacking:
            names = ", ".join(_escape(row.category or "") for row in lacking)
            yield f"[to be checked by the author: not all of {names} could be assessed]"

    def _tell_expense(self) -> Iterator[str]:
        """What was charged to cost of goods sold, releases and immaterial losses included."""
        accounts = self._list_results("cogs")
        sums = self._sum_charges(accounts, set())
        names = ", ".join(sorted(accounts)) or "cost of goods sold"
        if not sums:
            yield notes.mark_gap(f"the amount; nothing was charged to {names}")
        for currency, amount in sorted(sums.items()):
            yield (
                f"Charged to {names}, releases of write-downs deducted: "
                f"{self._money(amount, currency)}."
            )
        if sums:
            yield self._tell_relation(accounts)

    def _tell_relation(self, accounts: Collection[str]) -> str:
        """Whether the amount that is charged to accounts has write-downs and reversals in it."""
        kinds = ("loss", "write_off", "reversal")
        others = {account for kind in kinds for account in self._list_results(kind)}
        inside = {name for name in others if any(_is_within(name, asked) for asked in accounts)}
        if inside == others:
            return "Write-downs and reversals are included."
        if inside or self._policy.materiality:
            return "Write-downs and reversals on these accounts are included, others are not."
        return "Write-downs and reversals are not included."

    def _list_results(self, kind: str) -> set[str]:
        """The accounts of the income statement that a kind of result is written to."""
        find = self._run.chart.result
        return {
            find(kind, stock.key.entity, stock.key.commodity, stock.category)
            for stock in self._stocks
        }

    def _sum_charges(
        self, accounts: Collection[str], skipped: Collection[int]
    ) -> dict[str, Decimal]:
        """Sum what the period has on accounts and those below them, by currency.

        Args:
            accounts: The accounts.
            skipped: Transactions that do not count, by identity.
        """

        @cache
        def is_asked(account: str) -> bool:
            return any(_is_within(account, asked) for asked in accounts)

        sums: dict[str, Decimal] = {}
        for entry in self._entries:
            if type(entry) is not data.Transaction or not self._start <= entry.date <= self._end:
                continue
            for posting in entry.postings if id(entry) not in skipped else ():
                if is_asked(posting.account):
                    units: Any = posting.units
                    sums[units.currency] = sums.get(units.currency, ZERO) + units.number
        return sums

    def _tell_write_downs(self) -> Iterator[str]:
        rows = [row for row in self._rows if row.write_downs or row.write_offs]
        lost = list(self._tell_lost())
        if not rows:
            yield "No write-downs were recognised."
            yield from lost
            return
        table = [
            (
                row.entity,
                row.currency,
                "In the period",
                (row.write_downs, row.write_offs, row.write_downs + row.write_offs),
            )
            for row in rows
        ]
        yield self._draw(("", "Write-downs", "Write-offs", "Recognised as an expense"), table)
        yield from self._list_reasons({"write-down", "write-off"})
        yield from lost

    def _tell_lost(self) -> Iterator[str]:
        """What the ledger charged for goods that are there no more (ACCOUNTING section 9)."""
        measured = {"write-down", "write-off", "reversal"}
        skipped = {id(row.entry) for row in self._written if row.kind in measured}
        sold = self._list_results("cogs")
        accounts = {
            name
            for name in self._list_results("write_off")
            if not any(_is_within(name, account) for account in sold)
        }
        for currency, amount in sorted(self._sum_charges(accounts, skipped).items()):
            if amount:
                yield (
                    f"Besides, goods that were lost or scrapped, charged to "
                    f"{', '.join(sorted(accounts))}, releases of write-downs deducted: "
                    f"{self._money(amount, currency)}."
                )

    def _tell_reversals(self) -> Iterator[str]:
        rows = [row for row in self._rows if row.reversals]
        if not rows:
            yield "No write-downs were reversed."
        for row in rows:
            where = f" of {row.entity}" if row.entity else ""
            yield f"Reversals{where}: {self._money(-row.reversals, row.currency)}."

    def _tell_circumstances(self) -> Iterator[str]:
        if any(row.reversals for row in self._rows):
            yield from self._list_reasons({"reversal"})
            yield notes.mark_gap("the circumstances or events behind these figures")
        else:
            yield "There were none."

    def _list_reasons(self, kinds: set[str]) -> Iterator[str]:
        """What the ledger knows of the reasons, a line each."""
        lines = [self._tell_reason(row) for row in self._written if row.kind in kinds]
        yield "\n".join(lines)

    def _tell_reason(self, row: Written) -> str:
        why = row.reason
        if row.price is not None:
            price = f"{self._numbers.show_exact(row.price)} {row.currency} of {row.price_date}"
            why = f"{why} {price}" if why == "price" else f"{why}, by the price {price}"
        amount = self._money(abs(row.change), row.currency)
        where = f" of {row.entity}" if row.entity else ""
        reason = f" ({why})" if why else ""
        return _escape(f"- {row.date}: {row.group}{where}, {amount}{reason}")

    def _tell_schedule(self) -> Iterator[str]:
        if not self._rows:
            yield "There was no allowance."
            return
        charged = ("Charged to expense", "Charged to other accounts")
        head = ("", "Opening", *charged, "Reversed", "Deducted", "Closing")
        rows = [
            (
                row.entity,
                row.currency,
                "Allowance",
                (
                    row.opening,
                    row.write_downs + row.write_offs,
                    row.transfers,
                    row.reversals,
                    row.releases,
                    row.closing,
                ),
            )
            for row in self._rows
        ]
        yield self._draw(head, rows)

    def _draw(
        self,
        head: Sequence[str],
        rows: Sequence[_Line],
    ) -> str:
        """A Markdown table; entities have a column if there are any."""
        has_entities = any(row[0] for row in rows)
        heads = [*(["Entity"] if has_entities else []), head[0] or " ", "Currency", *head[1:]]
        lines = [heads, [*["---"] * (len(heads) - len(head) + 1), *["---:"] * (len(head) - 1)]]
        for entity, currency, name, amounts in rows:
            cells = [self._numbers.show_money(amount, currency) for amount in amounts]
            names = [*([entity] if has_entities else []), name]
            lines.append([*map(_escape, names), currency, *cells])
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _money(self, amount: Decimal, currency: str) -> str:
        return f"{self._numbers.show_money(amount, currency)} {currency}"


def _escape(text: str) -> str:
    """Keep the ledger's words from being taken for Markdown or HTML."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return re.sub(r"([\\`|<>\[\]_])", r"\\\1", words)


def _is_within(account: str, parent: str) -> bool:
    return account == parent or account.startswith(f"{parent}:")
