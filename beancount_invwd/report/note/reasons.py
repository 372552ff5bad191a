"""Movements of a period → why there were losses and reversals, as far as the ledger says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.words import say
from beancount_invwd.report.note.blocks import Block
from beancount_invwd.report.note.classes import tell_reason
from beancount_invwd.report.note.largest import MOST_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from beancount_invwd.report.ledger.written import Written
    from beancount_invwd.report.note.classes import Classes
    from beancount_invwd.report.output.numbers import NumberWriter


class Reasons:
    """Tells the reasons of movements.

    Args:
        written: The movements of the period.
        classes: Puts items together.
        numbers: Writes prices.
        money: Writes an amount.
    """

    def __init__(
        self,
        written: Sequence[Written],
        classes: Classes,
        numbers: NumberWriter,
        money: Callable[[Decimal, str], str],
    ) -> None:
        self._written = written
        self._classes = classes
        self._numbers = numbers
        self._money = money

    def list_all(self, kinds: set[str]) -> Block:
        """What the ledger knows of the reasons: one by one if they are few, else by class."""
        rows = [row for row in self._written if row.kind in kinds]
        if len(rows) <= MOST_LINES:
            lines = [self._tell(row) for row in rows]
        else:
            lines = list(self._classes.tell_reasons(rows, self._money))
        return Block("list", rows=[[line] for line in lines])

    def _tell(self, row: Written) -> str:
        why = tell_reason(row.reason)
        if row.price is not None:
            price = say(
                "{price} {currency} of {price_date}",
                price=self._numbers.show_exact(row.price),
                currency=row.currency,
                price_date=row.price_date,
            )
            is_plain = row.reason == "price"
            why = (
                f"{why} {price}"
                if is_plain
                else say("{why}, by the price {price}", why=why, price=price)
            )
        amount = self._money(abs(row.change), row.currency)
        where = say(" of {entity}", entity=row.entity) if row.entity else ""
        reason = f" ({why})" if why else ""
        return f"{row.date}: {row.group}{where}, {amount}{reason}"
