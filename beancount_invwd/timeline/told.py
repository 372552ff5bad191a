"""Estimates that changed → the words of movements: which, from when on, and how much that is.

selling cost 8% (5% until 2024-12-31): 30.00 USD more
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.estimates import Estimate
from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.movements.materiality import MATERIAL
from beancount_invwd.movements.movement import LESS_STOCK, Movement
from beancount_invwd.policy import narrations as words
from beancount_invwd.policy.estimates import ESTIMATES, WIDE, tell_value

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.terms import Parameters
    from beancount_invwd.lots.books import Books
    from beancount_invwd.policy.policy import Policy


Saved = tuple[Any, "Policy"]
"""What held at a time: of places, and of all goods."""


class Change(NamedTuple):
    """An estimate, its value before, and all that held then."""

    estimate: Estimate
    before: Any
    saved: Saved


class Teller:
    """Finds the words.

    Args:
        books: Tell where items lie.
        chart: Knows the categories of items.
        parameters: Tell under which terms goods are measured.
    """

    def __init__(self, books: Books, chart: Chart, parameters: Parameters) -> None:
        self._books = books
        self._chart = chart
        self._parameters = parameters

    def tell(
        self, row: Movement, changes: Sequence[Change], last: datetime.date | None
    ) -> Movement:
        """Let a movement tell of the estimates that changed since the last measurement, `last`.

        A reversal whose price is no newer than that comes from them, not from the price.
        """
        if row.reason == MATERIAL:
            rows = [change for change in changes if change.estimate.key == "materiality"]
            return row._replace(estimates=tuple(map(_tell, rows)))
        if not row.estimate:
            return row
        *texts, newest = self._list_texts(row, changes) or map(_tell, changes)
        effect = words.MORE if row.estimate * row.change > ZERO else words.LESS
        amount, currency = f"{abs(row.estimate):,f}", row.group.currency
        newest = words.fill(effect, changed=newest, amount=amount, currency=currency)
        told = row._replace(estimates=(*texts, newest))
        price = row.price
        is_new = price is not None and (last is None or price.date > last or price.rate is not None)
        is_price = row.reason in {"price", LESS_STOCK} and price is not None
        is_own = row.kind == "reversal" and is_price and not is_new
        return told._replace(reason="estimate") if is_own else told

    def _list_texts(self, row: Movement, changes: Sequence[Change]) -> list[str]:
        return [_tell(change) for change in changes if self._concerns(change, row)]

    def _concerns(self, change: Change, row: Movement) -> bool:
        """Whether goods of a group are measured by an estimate."""
        estimate, group = change.estimate, row.group
        item = group.commodity
        if row.kind.startswith("commitment"):
            return estimate.key not in WIDE and estimate.place in {"", item}
        if estimate.key == "materiality":
            return False
        places = [place for place in self._books.list_places() if place.contra in row.changes]
        accounts = {place.account for place in places if item in {"", place.commodity}}
        if estimate.is_of_account:
            accounts &= {estimate.place}
            if not accounts:
                return False
        elif estimate.place and item != estimate.place:
            category = self._chart.items.category(estimate.place)
            return not item and group.category in {"", category}
        if not item or estimate.key in WIDE:
            return True
        terms = [self._parameters.of_item(item, account) for account in accounts]
        return any(getattr(row, estimate.key) == estimate.value for row in terms)


def _tell(change: Change) -> str:
    row = change.estimate
    return words.fill(
        words.CHANGED,
        estimate=ESTIMATES[row.key],
        value=tell_value(row.value),
        before=tell_value(change.before),
        date=str(add_days(row.date, -1)),
    )
