"""Movements → rows for people and scripts, with what caused each: a price, a sale, a statement.

A release names its sale. A measurement was decided by a price, by an `invwd-nrv` that stated a
value, by a contract, or by what the purchase said of the goods (`expires`). What the plugin wrote
knows its price; what is booked tells date and currency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.statements import Contract, Statement
from beancount_invwd.measure.prices import is_evidence
from beancount_invwd.measure.sales import Sales
from beancount_invwd.report.ledger.sources import Sources

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    from beancount_invwd.engine import Run
    from beancount_invwd.movements.movement import Movement
    from beancount_invwd.report.ledger.written import Written

CONTRACT = "contract"


class Causes:
    """Finds what caused movements; of what was made by hand without a word, that is itself.

    Args:
        run: The state of a date.
    """

    def __init__(self, run: Run) -> None:
        self._sources = Sources(run.options_map)
        self._prices: dict[tuple[str, datetime.date], list[Any]] = {}
        entries = run.readable
        sales = Sales(entries)
        for entry in entries:
            if type(entry) is data.Price and is_evidence(entry, sales):
                self._prices.setdefault((entry.currency, entry.date), []).append(entry)
        self._directives = [row for row in run.directives if isinstance(row, (Contract, Statement))]
        self._movements: dict[tuple[Any, ...], Movement] = {}
        for row in run.movements:
            if not row.is_booked:
                group = row.group
                key = (row.date, row.kind, group.name, group.entity, group.currency)
                self._movements.setdefault(key, row)

    def find(self, row: Written) -> Mapping[str, Any] | None:
        """Find file and line of what caused a movement; None if the ledger does not tell."""
        if row.source:
            return self._sources.read(row.source)
        key = (row.date, row.kind, row.group, row.entity, row.currency)
        movement = self._movements.get(key) if row.is_generated else None
        if row.price_date is not None:
            if movement is not None and movement.price is not None:
                return _meta(movement.price.entry)
            quotes = self._prices.get((row.group, row.price_date), [])
            usual = [quote for quote in quotes if quote.amount.currency == row.currency]
            same = [quote for quote in usual if quote.amount.number == row.price]
            return _meta((same or usual or quotes)[-1]) if quotes else None
        stated = [
            directive.entry
            for directive in self._directives
            if directive.item == row.group
            and directive.date <= row.date
            and row.reason == (directive.reason if isinstance(directive, Statement) else CONTRACT)
        ]
        if stated:
            return _meta(stated[-1])
        if not row.is_generated:
            return _meta(row.entry)
        lot = movement.lot if movement is not None else None
        return None if lot is None else _meta(lot.origin[0])


def _meta(entry: Any) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = entry.meta
    return meta
