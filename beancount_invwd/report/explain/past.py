"""Movements of the ledger → the steps from nothing to what an item carries now."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.explain.steps import Step
from beancount_invwd.report.ledger.causes import Causes
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.tie_out import has_waiting, tie_out
from beancount_invwd.report.output.narrations import tell_narration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock
    from beancount_invwd.report.ledger.sources import Sources


class Past:
    """Tells what was written for items.

    Args:
        run: The state of a date.
        sources: Names files and lines.
    """

    def __init__(self, run: Run, sources: Sources) -> None:
        self._run = run
        self._sources = sources
        self._written = read_history(run).written
        self._causes = run.share(Causes)

    def is_booked(self, stock: Stock) -> bool:
        """Whether the ledger itself has a movement of the day."""
        names = self._name_groups(stock)
        return any(
            row.date == self._run.as_of and row.group in names and not row.is_generated
            for row in self._written
        )

    def _name_groups(self, stock: Stock) -> set[str]:
        """What the groups that an item was in are called."""
        basis = self._run.policy.basis
        wide = {"category": stock.category, "total": "total"}.get(basis, stock.key.commodity)
        return {stock.key.commodity, wide}

    def tell(self, stock: Stock) -> Iterator[Step]:
        """What was written so far for the groups that the item was in."""
        names = self._name_groups(stock)
        rows = [
            row
            for row in self._written
            if row.group in names and (row.entity, row.currency) == stock.key[:2]
        ]
        for row in rows:
            label = f"{row.date} {translate(row.kind)}"
            text = tell_narration(row.entry.narration or "") or translate(row.reason)
            source = self._sources.locate(self._causes.find(row))
            yield Step(say("Written"), label, text, row.change, source, row)
        total = sum((row.change for row in rows), ZERO)
        moved = self._find_moved(stock, total)
        if moved:
            words = say("with goods made of others, or by movements of wider groups")
            yield Step(say("Written"), say("came") if moved > 0 else say("went"), words, moved)
        if rows or moved:
            yield Step(
                say("Written"), say("in all"), say("allowance that is left of these"), total + moved
            )
        yield from self._tell_waiting(stock, names)

    def _tell_waiting(self, stock: Stock, names: set[str]) -> Iterator[Step]:
        """What the accounts have more than the lots until it is written."""
        for rows, words in (
            (self._run.waiting, say("releases that are written at the end of the period")),
            (self._run.corrections, say("corrects a closed period, on the next measurement date")),
        ):
            amounts = [
                row.change
                for row in rows
                if row.group.name in names and row.group[:2] == stock.key[:2]
            ]
            if amounts:
                yield Step(say("Written"), say("waits"), words, sum(amounts, ZERO))

    def _find_moved(self, stock: Stock, total: Decimal) -> Decimal:
        """What of an allowance no movement tells of: the lots alone know.

        Args:
            stock: The item.
            total: What its movements add up to.
        """
        now = next(row.allowance for row in self._run.stocks if row.key == stock.key)
        is_wide = self._run.policy.basis in {"category", "total"}
        if now == total or is_wide or has_waiting(self._run):
            return ZERO
        is_tied = all(row.ledger == row.lots for row in tie_out(self._run))
        return now - total if is_tied else ZERO
