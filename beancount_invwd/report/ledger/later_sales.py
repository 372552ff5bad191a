"""Sales soon after a fiscal year end at less than was measured: questions, as prices are.

The sale of goods after a period may show what they were worth at its end (IAS 10.9(b)(ii)). Who
knows says so by a price with `invwd-as-of`: that date, or the date of the price itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.metadata import AS_OF
from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import ONE, ZERO, round_money
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.notice import Notice
from beancount_invwd.report.ledger.outcomes import list_outcomes

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock, StockKey


@dataclass(slots=True)
class SoldSince:
    """Units of a stock that were sold in the days after, of goods that a price decided.

    Attributes:
        gross: What they were sold for, less tax.
        bias: What they would have been carried more at; below 0 less.
        date: Of the last of these sales.
        tax: What prices include, 1.19 for 19 %.
    """

    stock: Stock
    date: datetime.date
    tax: Decimal
    sold: Decimal = ZERO
    gross: Decimal = ZERO
    bias: Decimal = ZERO

    def tell(self) -> str:
        """Tell at which price they were sold."""
        price = round_money(self.gross / self.sold, self.stock.quantum)
        return say(
            "{sold:,f} were sold since for {price:,f} on average, net of tax",
            sold=self.sold,
            price=price,
        )

    def ask(self, end: datetime.date) -> Notice:
        """Ask whether that confirms what was so on the date."""
        item, currency = self.stock.key.commodity, self.stock.key.currency
        price = round_money(self.gross / self.sold * self.tax, self.stock.quantum)
        text = say(
            "of {item} {outcome}, {less:,f} {currency} less than they were carried at on {end}: "
            "if it confirms what was so then (IAS 10.9), state a price with invwd-as-of: {end}; "
            "if it arose later, invwd-as-of: {date}",
            item=item,
            outcome=self.tell(),
            less=-self.bias,
            currency=currency,
            end=end,
            date=self.date,
        )
        line = f"{self.date} price {item} {price:f} {currency}\n  invwd-as-of: {end}"
        return Notice("later-evidence", text, None, item, currency, -self.bias, self.date, line)


def find_sold_since(then: Run) -> Mapping[StockKey, SoldSince]:
    """Find what was sold in the days after the date of a run, of goods that a price decided."""
    found: dict[StockKey, SoldSince] = {}
    for row in list_outcomes(then, then.policy.evidence_after):
        stock = row.lot.stock
        if row.of.measured.reason == "price" and row.sold and not row.shared:
            last = max(exit_.date for _, exit_ in row.sales)
            tax = ONE + then.find_item_terms(stock).price_includes
            since = found.setdefault(stock.key, SoldSince(stock, last, tax))
            since.date = max(since.date, last)
            since.sold += row.sold
            since.gross += row.gross
            since.bias += row.bias or ZERO
    for since in found.values():
        since.bias = round_money(since.bias, since.stock.quantum)
    return found


def find_answered(run: Run, end: datetime.date) -> set[str]:
    """Find the items of which somebody said, after a date, of when evidence is."""
    last = add_days(end, run.policy.evidence_after)
    entries: list[Any] = [
        entry for entry in run.readable if end < entry.date <= last and AS_OF in entry.meta
    ]
    return {
        str(entry.values[0].value if isinstance(entry, data.Custom) else entry.currency)
        for entry in entries
        if isinstance(entry, data.Price) or (isinstance(entry, data.Custom) and entry.values)
    }
