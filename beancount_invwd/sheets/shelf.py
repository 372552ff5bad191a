"""Units that are missing → postings that take them out of lots, as the account's booking would.

    FIFO, LIFO, HIFO, one lot, all gone    -3 MUG {}
    a lot that the sheet names             -3 MUG {"A-17"}
    what the sheet leaves of several       -3 MUG {5.00 USD, 2024-01-05}
    a pool (booking NONE)                  -3 MUG {5.25 USD}, or {{16.00 USD}}

Nothing here repeats a booking method: Beancount's own booking is asked which lots an incomplete
posting would take, and the posting is written only if these are the lots that were counted short.

A pool gives its average unit cost. Where that has endless decimals it gives the share in total,
rounded to the currency's quantum; the last units take the cost that is left, to the last digit.
"""

from __future__ import annotations

import copy
import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from beancount.core import data
from beancount.core.amount import Amount
from beancount.core.inventory import Inventory
from beancount.core.number import MISSING
from beancount.core.position import Cost, CostSpec
from beancount.parser import booking_full

from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.money import CONTEXT, ONE, ZERO, round_money, round_number

_BOOK: Callable[..., Any] = booking_full.book  # it has no types
_UNIT_DECIMALS = 6
_FINEST = Decimal("1e-12")

Lots = Mapping[Cost, Decimal]
"""Units by the cost that tells lots apart."""


@dataclass(eq=False, slots=True)
class Shelf:
    """An inventory account and what is in it; units leave as shortages are written.

    Attributes:
        booking: Its booking method.
        quantum: Gives the smallest unit of a currency.
        seen: Labels (or None) of all lots that each item ever had here.
        is_mixed: Whether it holds several cost currencies, so that `{}` does not say which.
    """

    account: str
    entity: str
    booking: Any
    date: datetime.date
    options_map: Mapping[str, Any]
    quantum: Callable[[str], Decimal]
    inventory: Inventory = field(default_factory=Inventory)
    seen: dict[str, set[str | None]] = field(default_factory=dict)
    is_mixed: bool = False

    @property
    def is_pool(self) -> bool:
        """Whether all lots of an item are one, at their average cost."""
        return self.booking is data.Booking.NONE

    def find_lots(self, commodity: str) -> dict[Cost, Decimal]:
        """The lots of an item at cost."""
        return {
            row.cost: row.units.number
            for row in self.inventory
            if row.units.currency == commodity and row.cost is not None
        }

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
        before = copy.copy(self.inventory)
        try:
            if self.is_pool:
                return self._take_pool(commodity, lots, units)
            return self._take_lots(commodity, lots, units, label)
        except RuleError:
            self.inventory = before
            raise

    def _take_lots(
        self, commodity: str, lots: Lots, units: Decimal, label: str | None
    ) -> list[Any]:
        wanted = self._choose(commodity, lots, units)
        postings: list[Any] = []
        for currency in sorted({cost.currency for cost in wanted}):
            part = {cost: taken for cost, taken in wanted.items() if cost.currency == currency}
            postings += self._express(commodity, part, label)
        return postings

    def _choose(self, commodity: str, lots: Lots, units: Decimal) -> Lots:
        """The lots that the booking method takes, where these are the only ones."""
        if any(held < 0 for held in lots.values()):
            raise RuleError("a lot of it is negative in the books; mend that first")
        if units == sum(lots.values()):
            return lots
        inventory = Inventory()
        for cost, held in lots.items():
            inventory.add_amount(Amount(held, commodity), cost)
        taken = self._book(inventory, commodity, units, _spec())
        if taken is None:
            raise RuleError(self._ask(commodity, lots, units))
        return taken

    def _ask(self, commodity: str, lots: Lots, units: Decimal) -> str:
        held = ", ".join(f"{number:f} {show_cost(cost)}" for cost, number in lots.items())
        example = f"{self.account}  {-units:f} {commodity} {show_cost(next(iter(lots)))}"
        return (
            f"booking {self.booking.name} does not say which of its lots they left: {held}; count "
            "each lot in a line of its own with its label (column label), or write the posting "
            f"by hand, such as: {example}"
        )

    def _express(self, commodity: str, wanted: Lots, label: str | None) -> list[Any]:
        """Write what is to be taken: in one posting if that books the same, else lot by lot."""
        currency = next(iter(wanted)).currency
        spec = _spec(currency=currency if self.is_mixed else MISSING, label=label)
        units = sum(wanted.values(), ZERO)
        if self._book(self.inventory, commodity, units, spec) == wanted:
            return [self._post(commodity, wanted, spec)]
        return [
            self._post(commodity, {cost: taken}, self._single_out(commodity, cost, taken))
            for cost, taken in wanted.items()
        ]

    def _single_out(self, commodity: str, cost: Cost, units: Decimal) -> Any:
        """The shortest cost that books out of this lot and no other."""
        for date, label in ((None, None), (cost.date, None), (cost.date, cost.label)):
            spec = CostSpec(cost.number, None, cost.currency, date, label, False)  # noqa: FBT003
            if self._book(self.inventory, commodity, units, spec) == {cost: units}:
                return spec
        raise RuleError(
            f"no posting books {units:f} out of its lot {show_cost(cost)} alone; give the lots "
            "of this cost and date labels"
        )

    def _post(self, commodity: str, taken: Lots, spec: Any) -> Any:
        for cost, units in taken.items():
            self.inventory.add_amount(Amount(-units, commodity), cost)
        return self._make_posting(commodity, sum(taken.values(), ZERO), spec)

    def _make_posting(self, commodity: str, units: Decimal, spec: Any) -> Any:
        return data.Posting(self.account, Amount(-units, commodity), spec, None, None, {})

    def _book(self, inventory: Inventory, commodity: str, units: Decimal, spec: Any) -> Lots | None:
        """Ask Beancount which lots a posting takes; None if it refuses."""
        meta = data.new_metadata("<count>", 0)
        posting = self._make_posting(commodity, units, spec)
        nothing: frozenset[str] = frozenset()
        txn = data.Transaction(meta, self.date, "*", None, "", nothing, nothing, [posting])
        balances = defaultdict(Inventory, {self.account: copy.copy(inventory)})
        methods = {self.account: self.booking}
        booked, errors = _BOOK([txn], self.options_map, methods, balances)
        if errors:
            return None
        return {row.cost: -row.units.number for row in booked[0].postings}

    def _take_pool(self, commodity: str, lots: Lots, units: Decimal) -> list[Any]:
        pools = _sum_pools(lots)
        if any(held < 0 or cost < 0 for held, cost in pools.values()):
            raise RuleError("its pool has negative units or cost in the books; mend that first")
        if len(pools) > 1 and units != sum(held for held, _ in pools.values()):
            raise RuleError(
                f"its pool has units in {' and '.join(pools)}, and nothing says of which they "
                "are; write the posting by hand"
            )
        postings = []
        for currency, (held, cost) in pools.items():
            taken = min(units, held)
            number, total = _average(taken, held, cost, self.quantum(currency))
            spec = CostSpec(number, total, currency, None, None, False)  # noqa: FBT003
            postings.append(self._make_posting(commodity, taken, spec))
        return postings


def _spec(currency: Any = MISSING, label: str | None = None) -> Any:
    """A cost that leaves the number to the booking: `{}`, `{EUR}`, `{"A-17"}`."""
    return CostSpec(MISSING, None, currency, None, label, False)  # type: ignore[arg-type]  # noqa: FBT003


def _sum_pools(lots: Lots) -> dict[str, tuple[Decimal, Decimal]]:
    """Units and cost of the pool of each cost currency that has units."""
    with localcontext(CONTEXT):
        pools: dict[str, tuple[Decimal, Decimal]] = {}
        for key, units in lots.items():
            held, cost = pools.get(key.currency, (ZERO, ZERO))
            pools[key.currency] = held + units, cost + units * key.number
        return {currency: pool for currency, pool in sorted(pools.items()) if pool[0]}


def _average(
    taken: Decimal, held: Decimal, cost: Decimal, quantum: Decimal
) -> tuple[Decimal, Decimal | None]:
    """The cost per unit, or 0 and the cost in total, of units that leave a pool."""
    with localcontext(CONTEXT):
        unit = round_number(cost / held, _UNIT_DECIMALS)
        if abs(unit * held - cost) < _FINEST:
            return _shorten(unit, quantum), None
        total = cost if taken == held else round_money(cost * taken / held, quantum)
        if not 0 < total <= cost:  # less than the quantum
            total = cost * taken / held
        return ZERO, _shorten(round_number(total, -_FINEST.adjusted()), quantum)


def _shorten(number: Decimal, quantum: Decimal) -> Decimal:
    """Drop zeros at the end, but keep the decimals of money."""
    rounded = round_money(number, quantum)
    if rounded == number:
        return rounded
    short = number.normalize()
    return short if short.as_tuple().exponent <= 0 else round_money(short, ONE)  # type: ignore[operator]


def show_cost(cost: Any) -> str:
    """A cost or an incomplete one as a user writes it."""
    if isinstance(cost, CostSpec) and isinstance(cost.number_total, Decimal):
        return f"{{{{{cost.number_total:f} {cost.currency}}}}}"
    number = cost.number if isinstance(cost, Cost) else cost.number_per
    amount = [f"{number:f}"] if isinstance(number, Decimal) else []
    amount += [cost.currency] if isinstance(cost.currency, str) else []
    label = None if cost.label is None else quote(cost.label)
    date = None if cost.date is None else str(cost.date)
    parts: Iterable[str | None] = (" ".join(amount), date, label)
    return f"{{{', '.join(part for part in parts if part)}}}"


def quote(text: str) -> str:
    """A text as a Beancount string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
