"""Movements that later evidence decided tell both dates (IAS 10.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.directives.later import find_own_date
from beancount_invwd.directives.statements import Statement
from beancount_invwd.policy import narrations as words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from beancount_invwd.directives.read import Directives
    from beancount_invwd.movements.movement import Movement


def tell_later(movements: Sequence[Movement], directives: Directives) -> Sequence[Movement]:
    """Let movements tell which evidence came after their date.

    Args:
        movements: What a measurement writes.
        directives: What the ledger states, evidence that came later among it.
    """
    if not directives.later:
        return movements
    rows = [row for row in directives.by_entry.values() if isinstance(row, Statement)]
    stated = [row for row in rows if find_own_date(row.entry) is not None]
    return [
        row._replace(estimates=(*row.estimates, *dict.fromkeys(_list_texts(row, stated))))
        for row in movements
    ]


def _list_texts(row: Movement, stated: Iterable[Statement]) -> list[str]:
    price = row.price.entry if row.price is not None else None
    texts = [] if price is None else [(price, words.LATER_PRICE)]
    for statement in stated:
        is_meant = statement.item == row.group.commodity and statement.reason == row.reason
        if is_meant and statement.date <= row.date:
            texts.append((statement.entry, words.LATER_VALUE))
    return [
        words.fill(text, own=str(own), date=str(entry.date))
        for entry, text in texts
        if (own := find_own_date(entry)) is not None and own > row.date
    ]
