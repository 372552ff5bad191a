"""Units that are missing → postings that take them out of lots, as the account's booking would.

    FIFO, LIFO, HIFO, one lot, all gone    -3 MUG {}
    a lot that the sheet names             -3 MUG {"A-17"}
    what the sheet leaves of several       -3 MUG {5.00 USD, 2024-01-05}
    a pool (booking NONE)                  -3 MUG {5.25 USD}, or {{16.00 USD}}

Nothing here repeats a booking method: Beancount's own booking is asked which lots an incomplete
posting would take, and the posting is written only if these are the lots that were counted short.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from beancount.core import data
from beancount.core.amount import Amount
from beancount.core.inventory import Inventory
from beancount.core.number import MISSING
from beancount.core.position import Cost, CostSpec
from beancount.parser import booking_full

from beancount_invwd.engine import Run
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.money import ZERO
from beancount_invwd.sheets.pool import leave_pool
from beancount_invwd.sheets.text import show_cost, show_lots

_BOOK: Callable[..., Any] = booking_full.book  # it has no types

Lots = Mapping[Cost, Decimal]
"""Units by the cost that tells lots apart."""


@dataclass(eq=False, slots=True)
class Shelf:
    """An inventory account and what is in it; units leave as shortages are written.

    Attributes:
        goods: What is in it, by commodity: nothing is asked of all of it, which may be much.
        booking: Its booking method.
        run: The ledger as of the day of the count.
        seen: Labels (or None) of all lots that each item ever had here.
        names_currency: Whether it holds several cost currencies, so that `{}` does not say which.
    """

    account: str
    entity: str
    booking: Any
    run: Run
    goods: dict[str, Inventory] = field(default_factory=lambda: defaultdict(Inventory))
    seen: dict[str, set[str | None]] = field(default_factory=dict)
    names_currency: bool = False

    @property
    def is_pool(self) -> bool:
        """Whether all lots of an item are one, at their average cost."""
        return self.booking is data.Booking.NONE

    def find_lots(self, commodity: str) -> dict[Cost, Decimal]:
        """The lots of an item at cost."""
        return {row.cost: row.units.number for row in self.goods[commodity] if row.cost is not None}

    def take(self, commodity: str, lots: Lots, units: Decimal, label: str | None) -> list[Any]:
        """Take units out of lots.

        Args:
            commodity: The item.
            lots: Those that were counted together.
            units: More than 0, at most what these lots hold.
            label: The label that all of them have in common, if the sheet names it.

        Returns:
            Postings to be written.

        Raises:
            RuleError: The booking method does not say which lots the units leave; they stay.
        """
        if self.is_pool:
            rows = leave_pool(lots, units, self.run.quantum)
            return [self._make_posting(commodity, taken, spec) for taken, spec in rows]
        before = copy.copy(self.goods[commodity])
        try:
            wanted = self._choose(commodity, lots, units)
            postings: list[Any] = []
            for currency in sorted({cost.currency for cost in wanted}):
                part = {cost: taken for cost, taken in wanted.items() if cost.currency == currency}
                postings += self._express(commodity, part, currency, label)
        except RuleError:
            self.goods[commodity] = before
            raise
        return postings

    def _choose(self, commodity: str, lots: Lots, units: Decimal) -> Lots:
        """The lots that the booking method takes, where these are the only ones."""
        if any(held < 0 for held in lots.values()):
            raise RuleError("a lot of it is negative in the books; mend that first")
        if units == sum(lots.values()):
            return lots
        if len(lots) == 1:
            return dict.fromkeys(lots, units)
        inventory = Inventory()
        for cost, held in lots.items():
            inventory.add_amount(Amount(held, commodity), cost)
        taken = self._book(inventory, commodity, units, _spec())
        if taken is None:
            example = f"{self.account}  {-units:f} {commodity} {show_cost(next(iter(lots)))}"
            raise RuleError(
                f"booking {self.booking.name} does not say which of its lots they left: "
                f"{show_lots(lots)}; count each lot in a line of its own with its label "
                f"(column label), or write the posting by hand, such as: {example}"
            )
        return taken

    def _express(self, commodity: str, wanted: Lots, currency: str, label: str | None) -> list[Any]:
        """Write what is to be taken: in one posting if that books the same, else lot by lot."""
        spec = _spec(currency if self.names_currency else MISSING, label)
        units = sum(wanted.values(), ZERO)
        if self._book(self.goods[commodity], commodity, units, spec) == wanted:
            self._remove(commodity, wanted)
            return [self._make_posting(commodity, units, spec)]
        postings = []
        for cost, taken in wanted.items():
            spec = self._single_out(commodity, cost, taken)
            self._remove(commodity, {cost: taken})
            postings.append(self._make_posting(commodity, taken, spec))
        return postings

    def _single_out(self, commodity: str, cost: Cost, units: Decimal) -> Any:
        """The shortest cost that books out of this lot and no other."""
        for date, label in ((None, None), (cost.date, None), (cost.date, cost.label)):
            spec = CostSpec(cost.number, None, cost.currency, date, label, False)  # noqa: FBT003
            if self._book(self.goods[commodity], commodity, units, spec) == {cost: units}:
                return spec
        raise RuleError(
            f"no posting books {units:f} out of its lot {show_cost(cost)} alone; give the lots "
            "of this cost and date labels"
        )

    def _remove(self, commodity: str, taken: Lots) -> None:
        for cost, units in taken.items():
            self.goods[commodity].add_amount(Amount(-units, commodity), cost)

    def _make_posting(self, commodity: str, units: Decimal, spec: Any) -> Any:
        return data.Posting(self.account, Amount(-units, commodity), spec, None, None, {})

    def _book(self, inventory: Inventory, commodity: str, units: Decimal, spec: Any) -> Lots | None:
        """Ask Beancount which lots a posting takes; None if it refuses."""
        meta = data.new_metadata("<count>", 0)
        posting = self._make_posting(commodity, units, spec)
        nothing: frozenset[str] = frozenset()
        txn = data.Transaction(meta, self.run.as_of, "*", None, "", nothing, nothing, [posting])
        balances = defaultdict(Inventory, {self.account: copy.copy(inventory)})
        methods = {self.account: self.booking}
        booked, errors = _BOOK([txn], self.run.options_map, methods, balances)
        if errors:
            return None
        return {row.cost: -row.units.number for row in booked[0].postings}


def _spec(currency: Any = MISSING, label: str | None = None) -> Any:
    """A cost that leaves the number to the booking: `{}`, `{EUR}`, `{"A-17"}`."""
    return CostSpec(MISSING, None, currency, None, label, False)  # type: ignore[arg-type]  # noqa: FBT003
