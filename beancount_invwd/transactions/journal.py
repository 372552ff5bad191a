"""Movements → transactions and Opens, as an accountant would have typed them.

    2024-06-30 * "Write-down of WIDGET to net realisable value: 100 units, cost … USD"
      Assets:Inventory:Store:Allowance   -250.00 USD
      Expenses:Inventory:Write-Down       250.00 USD

Errors: an account that the ledger opens too late, closes too early or for other currencies.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from beancount.core import data
from beancount.core.amount import Amount

from beancount_invwd.directives.metadata import TAG
from beancount_invwd.ground.errors import relative_to
from beancount_invwd.transactions.narration import Figures, find_figures, narrate, show, trim
from beancount_invwd.transactions.opens import Draft, find_refused

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.ground.errors import InvwdError
    from beancount_invwd.movements.movement import Movement
    from beancount_invwd.policy.policy import Policy

FILENAME = "<beancount_invwd>"
_RESULTS = {
    "write-down": "loss",
    "write-off": "write_off",
    "commitment-loss": "commitment_loss",
    "commitment-recovery": "commitment_loss",
}
_FIRST_LINE = 10**9  # behind the day's other transactions, by Beancount's sort
_TAGS = frozenset({TAG})
_NO_LINKS: frozenset[str] = frozenset()


class Journal:
    """Writes the plugin's entries.

    Args:
        policy: The policy.
        chart: Gives accounts, quanta and the ledger's own Opens and Closes.
        closed: Nothing is written on or before this date.
        filename: The ledger's file; sources are named relative to its folder.
    """

    def __init__(
        self, policy: Policy, chart: Chart, closed: datetime.date | None, filename: str
    ) -> None:
        self._policy = policy
        self._closed = closed
        self._chart = chart
        self._lines = _FIRST_LINE
        self._texts: dict[tuple[datetime.date, str], int] = {}
        self._folder = os.path.dirname(filename)  # noqa: PTH120 (pathlib takes 8 ms to import)
        self._places: dict[str, str] = {}
        self._has_entities = any("entity" in row.groupindex for row in policy.inventory)

    def write(
        self, movements: Sequence[Movement], first_use: Mapping[str, datetime.date]
    ) -> tuple[list[Any], list[InvwdError]]:
        """Write movements as transactions, and open the accounts that they need.

        Args:
            movements: In the order of their dates.
            first_use: When the ledger's own booked movements first posted to an account.

        Returns:
            New entries, and an error for each account that the ledger itself opens in a way that
            forbids them; movements that depend on such an account are not written.
        """
        drafts, opens = self._draft(movements), self._chart.opens
        errors, refused = find_refused(drafts, opens, self._chart.closes)
        entries = []
        opened: dict[str, datetime.date] = {}
        for movement, postings in drafts:
            if refused and refused.intersection(postings):
                continue
            for account in postings:
                if account not in opens and account not in opened:
                    opened[account] = min(first_use.get(account, movement.date), movement.date)
            entries.append(self._make_transaction(movement, postings))
        return [self._make_open(*row) for row in opened.items()] + entries, errors

    def _draft(self, movements: Sequence[Movement]) -> list[Draft]:
        """Choose the accounts of each movement; amounts by account, debits positive."""
        drafts: list[Draft] = []
        for movement in movements:
            if movement.is_booked:
                continue
            postings = {account: -change for account, change in movement.changes.items()}
            for account, amount in self._choose_results(movement):
                before = postings.get(account)
                postings[account] = amount if before is None else before + amount
            drafts.append((movement, postings))
        return drafts

    def _choose_results(self, movement: Movement) -> list[tuple[str, Decimal]]:
        """The accounts of the income statement, debits positive."""
        if movement.credits:
            return [(account, -amount) for account, amount in movement.credits.items()]
        if movement.kind == "transfer":
            return []
        kind, change = _RESULTS.get(movement.kind, movement.kind), movement.change
        line = change if movement.on_line is None else movement.on_line
        parts = (kind, line), ("cogs", change - line)
        return [(self._find_account(name, movement), part) for name, part in parts if part]

    def _find_account(self, kind: str, movement: Movement) -> str:
        group = movement.group
        return self._chart.result(kind, group.entity, group.commodity, group.category)

    def _make_open(self, account: str, date: datetime.date) -> Any:
        return data.Open(self._make_meta(), date, account, None, None)  # type: ignore[arg-type]

    def _make_meta(self) -> dict[str, Any]:
        self._lines += 1
        return {"filename": FILENAME, "lineno": self._lines}

    def _make_transaction(self, movement: Movement, amounts: Mapping[str, Decimal]) -> Any:
        currency = movement.group.currency
        figures = find_figures(movement, self._chart.quantum(currency))
        text = narrate(movement, figures, self._closed)
        key = (movement.date, text)
        count = self._texts[key] = self._texts.get(key, 0) + 1
        if count > 1:  # beancount.plugins.noduplicates ignores metadata
            text += f" ({count})"
        make = tuple.__new__  # quicker than the constructors
        posting, units = data.Posting, Amount
        postings = [
            make(posting, (account, make(units, (amount, currency)), None, None, None, None))
            for account, amount in amounts.items()
        ]
        links = movement.source.links if movement.source is not None else None
        meta = self._describe(movement, figures)
        row = (meta, movement.date, "*", None, text, _TAGS, links or _NO_LINKS, postings)
        return make(data.Transaction, row)

    def _describe(self, movement: Movement, figures: Figures) -> dict[str, Any]:
        """The metadata of a transaction: strings, numbers, dates."""
        group = movement.group
        meta = {
            **self._make_meta(),
            "invwd": movement.kind,
            "invwd-group": group.name,
            "invwd-reason": movement.reason,
        }
        if self._has_entities:
            meta["invwd-entity"] = group.entity
        meta["invwd-currency"] = group.currency
        meta["invwd-quantity"] = figures.quantity
        meta["invwd-cost"] = show(movement.cost, figures.cost)
        if movement.measure is not None:
            meta["invwd-measure"] = show(movement.measure, figures.measure)
        if movement.estimate:
            meta["invwd-estimate"] = movement.estimate
        if movement.price is not None:
            meta["invwd-price"] = trim(movement.price.number)
            meta["invwd-price-date"] = movement.price.own_date
        if movement.source is not None:
            meta["invwd-source"] = self._locate(movement.source.meta)
        return meta

    def _locate(self, meta: Mapping[str, Any]) -> str:
        """File, relative to the ledger's folder, and line."""
        filename = str(meta.get("filename", ""))
        place = self._places.get(filename)
        if place is None:
            place = self._places[filename] = relative_to(filename, self._folder)
        return f"{place}:{meta.get('lineno', 0)}"
