"""The accounting rules once more, slow and obvious, to hold the engine against.

entries, options, configuration -> what an auditor would have booked. Every rule is written the way
ACCOUNTING.md says it: at each date all lots are looked at from scratch, prices are found by reading
the price list from top to bottom, nothing is remembered but what a ledger remembers (lots, their
allowances, the losses of the fiscal year). Numbers are exact fractions; money is rounded half up
where the rules say so.

The model knows sections 1 to 9 and 12. It does not know contracts, raw materials, booked movements,
`idle` and `coverage`, and it reports no errors: it expects a valid configuration.

Example:
    10 MUG bought at 5.00 USD, price 3.80 USD at the end of the month: nrv 38.00 against cost 50.00,
    so one write-down of 12.00.
"""

from __future__ import annotations

import ast
import calendar
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any, Final, NamedTuple

from beancount.core import data
from beancount.core.amount import Amount
from beancount.core.position import Cost

ZERO: Final = Fraction(0)

Cents = Fraction
"""Money in a currency, always a whole number of quanta."""

STANDARDS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    # standard: measure, basis, reversals, period (ACCOUNTING.md section 12)
    "ias2": ("nrv", "item", "full", "month"),
    "frs102": ("nrv", "item", "full", "month"),
    "aspe3031": ("nrv", "item", "full", "month"),
    "asc330": ("nrv", "item", "interim", "month"),
    "asc330-lcm": ("lcm", "item", "interim", "month"),
    "hgb": ("lower", "lot", "full", "year"),
}

ACCOUNTS: Final[Mapping[str, str]] = {
    "allowance": "{account}:Allowance",
    "loss": "Expenses:Inventory:Write-Down",
    "write_off": "Expenses:Inventory:Write-Off",
    "reversal": "Expenses:Inventory:Reversal",
    "cogs": "Expenses:COGS",
}


@dataclass(frozen=True)
class Expected:
    """One transaction that the rules ask for.

    Attributes:
        date: Day of the measurement or of the source transaction.
        kind: `write-down`, `write-off`, `reversal`, `release` or `transfer`.
        entity: The entity, or an empty string where there are none.
        currency: Cost currency of the lots.
        postings: Account and amount, merged by account, sorted, without zeros.
    """

    date: date
    kind: str
    entity: str
    currency: str
    postings: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class LotState:
    """A lot at the end of a day, for the properties."""

    account: str
    allowance_account: str
    commodity: str
    currency: str
    units: Fraction
    cost: Fraction
    allowance: Cents


@dataclass(frozen=True)
class Outcome:
    """All that the model knows after the last day.

    Attributes:
        expected: The transactions, by date.
        states: Lots with units at the end of every day on which something happened.
        measured: The measurement dates.
    """

    expected: list[Expected]
    states: dict[date, list[LotState]]
    measured: list[date]


class Rule(NamedTuple):
    """A cost or margin: a share of the price or of unit cost, or an amount per unit."""

    of: str  # "price", "cost" or a currency
    number: Fraction

    def per_unit(self, price: Fraction, unit_cost: Fraction) -> Fraction:
        """Return the amount per unit for a price and a unit cost."""
        if self.of == "price":
            return price * self.number
        if self.of == "cost":
            return unit_cost * self.number
        return self.number


class Change(NamedTuple):
    """Units that a posting adds to a lot or takes from it."""

    account: str
    commodity: str
    units: Fraction
    unit_cost: Fraction
    currency: str
    day: date
    label: str | None
    facts: dict[str, Any]


class Layer:
    """Units of a pool that came in together."""

    def __init__(self, day: date, units: Fraction) -> None:
        self.day = day
        self.units = units


@dataclass(eq=False)
class Lot:
    """A lot or a pool, with what the plugin knows of it."""

    account: str
    commodity: str
    currency: str
    unit_cost_booked: Fraction | None  # None for a pool
    day: date | None
    label: str | None
    born: int
    facts: dict[str, Any]
    age_from: date
    units: Fraction = ZERO
    pool_cost: Fraction = ZERO
    allowance: Cents = ZERO
    locked: Cents = ZERO
    stands_alone: bool = False
    layers: list[Layer] = field(default_factory=list)

    @property
    def is_pool(self) -> bool:
        """Whether the account keeps one pooled lot of the item."""
        return self.unit_cost_booked is None

    @property
    def cost(self) -> Fraction:
        """Return units times unit cost."""
        return (
            self.pool_cost if self.unit_cost_booked is None else self.units * self.unit_cost_booked
        )

    @property
    def unit_cost(self) -> Fraction:
        """Return cost per unit; of a pool, the average."""
        return (
            self.pool_cost / self.units if self.unit_cost_booked is None else self.unit_cost_booked
        )

    def age_date(self) -> date:
        """Return the day from which age counts."""
        return (
            min((layer.day for layer in self.layers), default=self.age_from)
            if self.is_pool
            else self.age_from
        )


@dataclass(eq=False)
class Taken:
    """Units that one posting took from a lot, and the allowance that came with them."""

    lot: Lot
    entity: str
    unit_cost: Fraction
    units: Fraction
    allowance: Cents
    locked: Cents
    facts: dict[str, Any]
    layers: list[Layer]
    stands_alone: bool
    part_left: Fraction = Fraction(1)

    @property
    def cost_left(self) -> Fraction:
        """Return the cost of the units that were neither moved nor made into something."""
        return self.units * self.unit_cost * self.part_left


@dataclass(eq=False)
class Added:
    """Units that one posting added to a lot."""

    lot: Lot
    entity: str
    unit_cost: Fraction
    units: Fraction
    is_new: bool
    own_facts: dict[str, Any]
    day: date


class Entry(NamedTuple):
    """A posting of a transaction to come: its key and one leg."""

    kind: str
    entity: str
    currency: str
    group: str


Book = dict[Entry, dict[str, Cents]]


def reference(
    entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None
) -> list[Expected]:
    """Return every transaction that the rules ask for.

    Args:
        entries: The booked ledger, sorted, without anything that the plugin wrote.
        options_map: Beancount's options.
        config: The configuration text of the plugin line.

    Returns:
        The transactions by date; those of one day in no particular order.
    """
    return run(entries, options_map, config).expected


def run(entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None) -> Outcome:
    """Follow the ledger day by day; like `reference`, with the lots of every day."""
    return Model(entries, options_map, config).run()


def half_up(value: Fraction, quantum: Fraction) -> Cents:
    """Round to whole quanta, half away from zero (amounts here are never negative)."""
    if value < 0:
        return -half_up(-value, quantum)
    return ((value / quantum + Fraction(1, 2)) // 1) * quantum


def share_out(total: Cents, weights: Sequence[Fraction], quantum: Fraction) -> list[Cents]:
    """Share an amount out in whole quanta by largest remainder; ties go to the earlier one."""
    whole = sum(weights, ZERO)
    if total == 0 or whole == 0:
        return [ZERO] * len(weights)
    quotas = [total / quantum * weight / whole for weight in weights]
    shares = [Fraction(quota // 1) for quota in quotas]
    left = int(total / quantum - sum(shares))
    by_remainder = sorted(range(len(quotas)), key=lambda i: (shares[i] - quotas[i], i))
    for i in by_remainder[:left]:
        shares[i] += 1
    return [share * quantum for share in shares]


def oldest_first(layers: Iterable[Layer], units: Fraction) -> tuple[list[Layer], list[Layer]]:
    """Return what leaves if the oldest units leave first, and what stays."""
    gone: list[Layer] = []
    kept: list[Layer] = []
    for layer in sorted(layers, key=lambda layer: layer.day):
        used = min(layer.units, max(units, ZERO))
        units -= used
        gone += [Layer(layer.day, used)] if used > 0 else []
        kept += [Layer(layer.day, layer.units - used)] if layer.units > used else []
    return gone, kept


def read_rule(value: Any) -> Rule:
    """Read `'8%'`, `'25% of cost'`, `'0.40 USD'` or an amount."""
    if not isinstance(value, str):
        return Rule(value.currency, Fraction(value.number))
    text = value.strip()
    if match := re.fullmatch(r"([0-9.]+)\s*%\s*of\s+cost", text):
        return Rule("cost", Fraction(match[1]) / 100)
    if match := re.fullmatch(r"([0-9.]+)\s*%", text):
        return Rule("price", Fraction(match[1]) / 100)
    number, currency = text.split()
    return Rule(currency, Fraction(number))


def read_ageing(value: Any) -> dict[int, Fraction]:
    """Read `{180: '25%'}` or `"180:25%, 365:50%"`."""
    if isinstance(value, str):
        parts = [part.partition(":") for part in value.split(",")]
        value = {days: rate for days, _, rate in parts}
    return {int(days): Fraction(rate.strip().rstrip("% ")) / 100 for days, rate in value.items()}


def component(value: str) -> str:
    """Make a text a valid account component."""
    clean = "".join(char if char.isalnum() or char == "-" else "-" for char in value)
    return clean[:1].upper() + clean[1:]


class Model:
    """The rules, applied to one ledger."""

    def __init__(
        self, entries: Sequence[Any], options_map: Mapping[str, Any], config: str | None
    ) -> None:
        self.entries = entries
        self.options = options_map
        self.config: dict[str, Any] = ast.literal_eval(config) if config and config.strip() else {}
        measure, basis, reversals, period = STANDARDS[self.config.get("standard", "ias2")]
        self.measure: str = self.config.get("measure", measure)
        self.basis: str = self.config.get("basis", basis)
        self.reversals: str = self.config.get("reversals", reversals)
        self.period: str = self.config.get("period", period)
        self.release: str = self.config.get("release", "sale")
        patterns = self.config.get("inventory", "Assets:Inventory")
        self.patterns: list[str] = [patterns] if isinstance(patterns, str) else list(patterns)
        self.year_end = str(self.config.get("fiscal_year_end") or self.year_end_of_fava())
        self.templates = {**ACCOUNTS, **self.config.get("accounts", {})}
        self.opens = {entry.account: entry for entry in entries if isinstance(entry, data.Open)}
        self.commodities = {
            entry.currency: entry for entry in entries if isinstance(entry, data.Commodity)
        }
        self.lots: list[Lot] = []
        self.born = count()
        self.purchases: list[tuple[date, str, str, str, Fraction, str]] = []
        self.losses: dict[tuple[str, str, date], Cents] = defaultdict(Fraction)
        self.gains: dict[tuple[str, str, date], Cents] = defaultdict(Fraction)
        self.waiting: Book = {}
        self.expected: list[Expected] = []

    # ---------------------------------------------------------------- the calendar

    def year_end_of_fava(self) -> str:
        """Return the ledger's own option, or the end of the calendar year."""
        for entry in self.entries:
            if isinstance(entry, data.Custom) and entry.type == "fava-option":
                key, value = (str(given.value) for given in entry.values)
                if key.replace("_", "-") == "fiscal-year-end":
                    return value
        return "12-31"

    def fiscal_year_end(self, day: date) -> date:
        """Return the last day of the fiscal year that holds `day`."""
        month, number = (int(part) for part in self.year_end.split("-"))
        for year in (day.year, day.year + 1):
            last = calendar.monthrange(year, month)[1]
            end = date(year, month, last if (month, number) == (2, 28) else number)
            if end >= day:
                return end
        raise AssertionError(self.year_end)

    def is_period_end(self, day: date) -> bool:
        """Whether a month, quarter or year (by `period`) ends on this day."""
        if self.period in ("year", "price"):
            return self.fiscal_year_end(day) == day
        is_month_end = (day + timedelta(1)).day == 1
        if self.period == "month":
            return is_month_end
        return is_month_end and (self.fiscal_year_end(day).month - day.month) % 3 == 0

    def last_day(self) -> date:
        """Return the day up to which measurement dates may lie."""
        if self.config.get("until"):
            return date.fromisoformat(self.config["until"])
        days = [
            entry.date
            for entry in self.entries
            if isinstance(entry, (data.Transaction, data.Balance, data.Price))
            or (isinstance(entry, data.Custom) and entry.type.startswith("invwd-"))
        ]
        return max(days, default=date.min)

    def run(self) -> Outcome:
        """Go through the days one by one."""
        transactions = [entry for entry in self.entries if isinstance(entry, data.Transaction)]
        states: dict[date, list[LotState]] = {}
        measured: list[date] = []
        if not transactions:
            return Outcome([], states, measured)
        first = date.fromisoformat(self.config["start"]) if self.config.get("start") else date.min
        last = self.last_day()
        day = transactions[0].date
        while day <= max(last, transactions[-1].date):
            if self.reversals == "interim" and self.fiscal_year_end(
                day - timedelta(1)
            ) == day - timedelta(1):
                for lot in self.lots:
                    lot.locked = lot.allowance
            todays = [transaction for transaction in transactions if transaction.date == day]
            for transaction in todays:
                self.follow(transaction)
            items = self.items_to_test(day) if first <= day <= last else set()
            if items:
                measured.append(day)
                self.write(day, self.waiting)
                self.waiting = {}
                self.measure_lots(day, items)
            if todays or items:
                states[day] = self.state()
            day += timedelta(1)
        return Outcome(self.expected, states, measured)

    def state(self) -> list[LotState]:
        """Return all lots as they are now."""
        return [
            LotState(
                lot.account,
                self.allowance_account(lot),
                lot.commodity,
                lot.currency,
                lot.units,
                lot.cost,
                lot.allowance,
            )
            for lot in self.lots
        ]

    # ---------------------------------------------------------------- names

    def names(self, account: str) -> dict[str, str] | None:
        """Return the named groups of the inventory pattern, or None for other accounts."""
        if account in self.opens and self.opens[account].meta.get("invwd-exclude") is True:
            return None
        for pattern in self.patterns:
            if match := re.match(f"(?:{pattern})(?=:|$)", account):
                return {name: value or "" for name, value in match.groupdict().items()}
        return None

    def entity(self, account: str) -> str:
        """Return the entity of an inventory account."""
        return (self.names(account) or {}).get("entity", "")

    def change(self, posting: data.Posting) -> Change | None:
        """Return what a posting changes, or None if it changes no lot that is followed."""
        if not isinstance(posting.cost, Cost) or posting.units is None:
            return None
        commodity = self.commodities.get(posting.units.currency)
        is_excluded = commodity is not None and commodity.meta.get("invwd-exclude") is True
        if is_excluded or self.names(posting.account) is None:
            return None
        return Change(
            account=posting.account,
            commodity=posting.units.currency,
            units=number_of(posting.units),
            unit_cost=Fraction(posting.cost.number),
            currency=posting.cost.currency,
            day=posting.cost.date,
            label=posting.cost.label,
            facts=self.facts_of(posting.meta),
        )

    def is_pooled(self, account: str) -> bool:
        """Whether the account is booked with method NONE."""
        booking = self.opens[account].booking if account in self.opens else None
        return bool((booking or self.options["booking_method"]) == data.Booking.NONE)

    def category(self, commodity: str) -> str | None:
        """Return the category of an item, if it has one."""
        entry = self.commodities.get(commodity)
        value = entry.meta.get("category") if entry else None
        return None if value is None else str(value)

    def fields(self, commodity: str, entity: str) -> dict[str, str]:
        """Return the template fields of a profit and loss account."""
        return {
            "commodity": component(commodity),
            "category": component(self.category(commodity) or commodity),
            "entity": component(entity),
        }

    def pnl_account(self, key: str, commodity: str, entity: str) -> str:
        """Return a profit and loss account for an item."""
        return str(self.templates[key].format(**self.fields(commodity, entity)))

    def allowance_account(self, lot: Lot) -> str:
        """Return the allowance account of a lot."""
        groups = {name: component(value) for name, value in (self.names(lot.account) or {}).items()}
        parent, _, leaf = lot.account.rpartition(":")
        fields = {
            **self.fields(lot.commodity, ""),
            **groups,
            "account": lot.account,
            "parent": parent,
            "leaf": leaf,
        }
        return str(self.templates["allowance"].format(**fields))

    def group_name(self, commodity: str, *, stands_alone: bool) -> str:
        """Return the name of a group as it is written in `invwd-group`."""
        if stands_alone or self.basis in ("lot", "item"):
            return commodity
        if self.basis == "category":
            return self.category(commodity) or commodity
        return "total"

    def quantum(self, currency: str) -> Fraction:
        """Return the smallest amount of a currency."""
        entry = self.commodities.get(currency)
        digits = int(entry.meta.get("precision", 2)) if entry else 2
        return Fraction(1, 10**digits)

    # ---------------------------------------------------------------- lots over time

    def follow(self, transaction: data.Transaction) -> None:
        """Change the lots by one transaction, and write what leaves or moves."""
        taken: list[Taken] = []
        added: list[Added] = []
        for posting in transaction.postings:
            change = self.change(posting)
            if change is not None and change.units < 0:
                taken.append(self.take(change))
            elif change is not None and change.units > 0:
                added.append(self.add(change, self.facts_of(transaction.meta)))
        moved: Book = {}
        self.transfer(taken, added, moved)
        has_income = any(
            posting.account.startswith(self.options["name_income"] + ":")
            for posting in transaction.postings
        )
        produced: list[Added] = [] if has_income else self.produce(taken, added, moved)
        for add in added:
            if add.units > 0 and add not in produced and add.day == transaction.date:
                self.purchases.append(
                    (
                        transaction.date,
                        add.entity,
                        add.lot.commodity,
                        add.lot.currency,
                        add.unit_cost,
                        add.lot.account,
                    )
                )
        self.lots = [lot for lot in self.lots if lot.units != 0 or lot.is_pool]
        for lot in self.lots:  # a pool that was overdrawn has no more layers than units
            surplus = sum((layer.units for layer in lot.layers), -max(lot.units, ZERO))
            lot.layers = oldest_first(lot.layers, surplus)[1]
        self.write(transaction.date, moved)
        left: Book = self.waiting if self.release == "period" else {}
        self.let_go(taken, transaction, left)
        if self.release != "period":
            self.write(transaction.date, left)

    def find(self, change: Change) -> Lot | None:
        """Return the lot of a posting, if it exists."""
        for lot in self.lots:
            here = (lot.account, lot.commodity, lot.currency)
            if here == (change.account, change.commodity, change.currency):
                if lot.is_pool:
                    return lot
                this = (lot.unit_cost_booked, lot.day, lot.label)
                if lot.units != 0 and this == (change.unit_cost, change.day, change.label):
                    return lot
        return None

    def create(self, change: Change, facts: dict[str, Any]) -> Lot:
        """Begin a new lot."""
        is_pool = self.is_pooled(change.account)
        lot = Lot(
            account=change.account,
            commodity=change.commodity,
            currency=change.currency,
            unit_cost_booked=None if is_pool else change.unit_cost,
            day=None if is_pool else change.day,
            label=None if is_pool else change.label,
            born=next(self.born),
            facts={} if is_pool else facts,
            age_from=change.day,
        )
        self.lots.append(lot)
        return lot

    def take(self, change: Change) -> Taken:
        """Take units out of a lot, with their share of the allowance."""
        lot = self.find(change) or self.create(change, {})
        units = -change.units
        quantum = self.quantum(lot.currency)
        allowance, locked = lot.allowance, lot.locked
        if lot.units > units:
            allowance = half_up(lot.allowance * units / lot.units, quantum)
            locked = half_up(lot.locked * units / lot.units, quantum)
        lot.units -= units
        lot.pool_cost -= units * change.unit_cost
        # Section 1: an allowance is never above cost rounded to the quantum.
        most = half_up(max(ZERO, lot.cost), quantum)
        allowance = max(allowance, lot.allowance - most)
        lot.allowance -= allowance
        locked = max(locked, lot.locked - lot.allowance)
        lot.locked -= locked
        gone, lot.layers = oldest_first(lot.layers, units)
        return Taken(
            lot=lot,
            entity=self.entity(lot.account),
            unit_cost=change.unit_cost,
            units=units,
            allowance=allowance,
            locked=locked,
            facts=dict(lot.facts),
            layers=gone if lot.is_pool else [Layer(lot.age_from, units)],
            stands_alone=lot.stands_alone,
        )

    def add(self, change: Change, facts_above: dict[str, Any]) -> Added:
        """Add units to a lot, new or not."""
        lot = self.find(change)
        is_new = lot is None
        if lot is None:
            lot = self.create(change, {**facts_above, **change.facts})
        elif lot.units == 0:  # a pool that was used up begins anew
            lot.born, lot.stands_alone = next(self.born), False
            self.lots = sorted(self.lots, key=lambda other: other.born)
        lot.units += change.units
        lot.pool_cost += change.units * change.unit_cost
        lot.layers.append(Layer(change.day, change.units))
        return Added(
            lot=lot,
            entity=self.entity(lot.account),
            unit_cost=change.unit_cost,
            units=change.units,
            is_new=is_new,
            own_facts=change.facts,
            day=change.day,
        )

    def facts_of(self, meta: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what metadata says of a lot."""
        return {
            key: value
            for key, value in (meta or {}).items()
            if key == "expires" or key.startswith("invwd-")
        }

    def transfer(self, taken: Sequence[Taken], added: Sequence[Added], moved: Book) -> None:
        """Move allowances with units of the same item and unit cost (section 3, Transfer)."""
        for add in added:
            for take in taken:
                here = (take.entity, take.lot.commodity, take.lot.currency, take.unit_cost)
                there = (add.entity, add.lot.commodity, add.lot.currency, add.unit_cost)
                units = min(add.units, take.units)
                if here != there or units == 0:
                    continue
                quantum = self.quantum(add.lot.currency)
                part = units / take.units if add.lot.units > 0 else ZERO  # a shortage has none
                allowance = half_up(take.allowance * part, quantum)
                locked = half_up(take.locked * part, quantum)
                # Section 1: never above cost; what does not fit stays behind as far as that fits.
                fits = min(allowance, self.room(add.lot))
                fits_locked = min(locked, fits)
                self.move(take, add, fits, fits_locked, moved)
                back = min(allowance - fits, self.room(take.lot))
                back_locked = min(locked - fits_locked, back)
                take.allowance -= back
                take.locked -= back_locked
                take.lot.allowance += back
                take.lot.locked += back_locked
                take.units -= units
                add.units -= units
                moving, take.layers = oldest_first(take.layers, units)
                come = [layer for layer in add.lot.layers if layer.day == add.day]
                kept = [layer for layer in add.lot.layers if layer.day != add.day]
                add.lot.layers = kept + oldest_first(come, units)[1] + moving
                if add.is_new and not add.lot.is_pool:
                    add.lot.facts = {**take.facts, **add.own_facts}
                    add.lot.age_from = min((y.day for y in moving), default=add.lot.age_from)
                    add.lot.stands_alone = take.stands_alone
                    add.is_new = False

    def room(self, lot: Lot) -> Fraction:
        """Return what a lot can carry more (section 1)."""
        cost = max(ZERO, lot.cost) if lot.units > 0 else ZERO
        return max(ZERO, half_up(cost, self.quantum(lot.currency)) - lot.allowance)

    def move(self, take: Taken, add: Added, allowance: Cents, locked: Cents, moved: Book) -> None:
        """Hand an allowance over from one lot to another."""
        locked = min(locked, allowance)
        take.allowance -= allowance
        take.locked -= locked
        add.lot.allowance += allowance
        add.lot.locked += locked
        group = self.group_name(take.lot.commodity, stands_alone=take.stands_alone)
        legs = moved.setdefault(Entry("transfer", take.entity, take.lot.currency, group), {})
        post(legs, self.allowance_account(take.lot), allowance)
        post(legs, self.allowance_account(add.lot), -allowance)

    def produce(self, taken: Sequence[Taken], added: Sequence[Added], moved: Book) -> list[Added]:
        """Let allowances follow cost into what was made, and return that (section 3)."""
        made: list[Added] = []
        for entity, currency in dict.fromkeys((take.entity, take.lot.currency) for take in taken):
            used = [
                take
                for take in taken
                if (take.entity, take.lot.currency) == (entity, currency) and take.units > 0
            ]
            products = [
                add
                for add in added
                if (add.entity, add.lot.currency) == (entity, currency) and add.units > 0
            ]
            made += products if used else []
            cost_used = sum((take.units * take.unit_cost for take in used), ZERO)
            cost_made = sum((add.units * add.unit_cost for add in products), ZERO)
            if not products or cost_used <= 0:
                continue
            part = min(Fraction(1), cost_made / cost_used)
            for take in used:
                self.follow_cost(take, products, part, moved)
                take.part_left = 1 - part
        return made

    def follow_cost(
        self, take: Taken, products: Sequence[Added], part: Fraction, moved: Book
    ) -> None:
        """Share the part of one lot's allowance out over the products."""
        quantum = self.quantum(take.lot.currency)
        weights = [add.units * add.unit_cost for add in products]
        allowances = share_out(half_up(take.allowance * part, quantum), weights, quantum)
        for add, allowance in zip(products, allowances, strict=True):
            moving = min(allowance, self.room(add.lot))
            share = moving / take.allowance if moving else ZERO
            self.move(take, add, moving, half_up(take.locked * share, quantum), moved)

    # ---------------------------------------------------------------- releases

    def let_go(self, taken: Sequence[Taken], transaction: data.Transaction, book: Book) -> None:
        """Release what left (section 8)."""
        for take in taken:
            if take.allowance == 0:
                continue
            account, kind = self.charged(take, taken, transaction)
            group = self.group_name(take.lot.commodity, stands_alone=take.stands_alone)
            legs = book.setdefault(Entry(kind, take.entity, take.lot.currency, group), {})
            post(legs, self.allowance_account(take.lot), take.allowance)
            post(legs, account, -take.allowance)

    def charged(
        self, take: Taken, taken: Sequence[Taken], transaction: data.Transaction
    ) -> tuple[str, str]:
        """Return the account that a reduction charged, and the kind of the release."""
        income, expenses = self.options["name_income"] + ":", self.options["name_expenses"] + ":"
        currency = take.lot.currency
        plain = [
            (posting.account, number_of(posting.units))
            for posting in transaction.postings
            if posting.cost is None
            and posting.units is not None
            and posting.units.currency == currency
        ]
        sums: dict[str, Fraction] = {}
        for account, amount in plain:
            if account.startswith(expenses):
                post(sums, account, amount)
        here = [
            other
            for other in taken
            if (other.entity, other.lot.currency) == (take.entity, currency)
        ]
        cost_item = sum(
            (other.cost_left for other in here if other.lot.commodity == take.lot.commodity),
            ZERO,
        )
        cost_all = sum((other.cost_left for other in here), ZERO)
        for cost in (cost_item, cost_all):
            for account, amount in sums.items():
                if abs(amount - cost) <= self.quantum(currency):
                    return account, "release"
        cogs = self.pnl_account("cogs", take.lot.commodity, take.entity)
        incomes = {account for account, _ in plain if account.startswith(income)}
        if not any(f"{account}:".startswith(f"{cogs}:") for account, _ in plain) and (
            len(incomes) == 1
        ):
            return incomes.pop(), "release"
        if not any(
            posting.account.startswith((income, expenses)) for posting in transaction.postings
        ):
            return self.pnl_account("reversal", take.lot.commodity, take.entity), "reversal"
        return cogs, "release"

    # ---------------------------------------------------------------- evidence

    def rate(self, source: str, target: str, day: date) -> Fraction | None:
        """Return the closing rate: the newer of the rate and the inverse of the opposite one."""
        forth: tuple[date, Fraction] | None = None
        back: tuple[date, Fraction] | None = None
        for entry in self.entries:
            if isinstance(entry, data.Price) and entry.date <= day:
                if (entry.currency, entry.amount.currency) == (source, target):
                    forth = (entry.date, number_of(entry.amount))
                elif (entry.currency, entry.amount.currency) == (target, source):
                    back = (entry.date, 1 / number_of(entry.amount))
        if forth and (not back or forth[0] >= back[0]):
            return forth[1]
        return back[1] if back else None

    def is_evidence(self, entry: data.Price) -> bool:
        """Whether a price directive says what goods sell for."""
        return (
            entry.meta.get("invwd-exclude") is not True
            and entry.meta.get("__implicit_prices__") != "from_cost"
        )

    def price(
        self, item: str, currency: str, day: date, max_age: int | None
    ) -> tuple[date, Fraction] | None:
        """Return day and number of the newest price that counts."""
        found: list[tuple[date, bool, str, Fraction]] = []
        for entry in self.entries:
            if not isinstance(entry, data.Price) or entry.currency != item or entry.date > day:
                continue
            is_stale = max_age is not None and (day - entry.date).days > max_age
            other = entry.amount.currency
            rate = Fraction(1) if other == currency else self.rate(other, currency, day)
            if self.is_evidence(entry) and not is_stale and rate is not None:
                number = number_of(entry.amount) * rate
                found.append((entry.date, other != currency, other, number))
        newest = [price for price in found if price[0] == max(price[0] for price in found)]
        if not newest:
            return None
        first = min(price[1:3] for price in newest)
        return next((price[0], price[3]) for price in reversed(newest) if price[1:3] == first)

    def nrv_directive(
        self, lot: Lot, day: date, *, whole_item: bool
    ) -> tuple[date, Fraction] | None:
        """Return the latest `invwd-nrv` directive in force, for the item or for the lot."""
        in_force: dict[tuple[Any, Any], tuple[date, Fraction, int]] = {}
        for order, entry in enumerate(self.entries):
            if not isinstance(entry, data.Custom) or entry.type != "invwd-nrv" or entry.date > day:
                continue
            if entry.values[0].value != lot.commodity:
                continue
            key = (entry.meta.get("lot"), entry.meta.get("account"))
            if isinstance(entry.values[1].value, str):  # "end"
                in_force.pop(key, None)
            elif entry.values[1].value.currency == lot.currency:
                in_force[key] = (entry.date, Fraction(entry.values[1].value.number), order)
        if whole_item:
            fitting = [value for key, value in in_force.items() if key == (None, None)]
        else:
            fitting = [
                value
                for (label, account), value in in_force.items()
                if (label, account) != (None, None)
                and label in (None, lot.label)
                and account in (None, lot.account)
            ]
        return max(fitting, key=lambda value: (value[0], value[2]))[:2] if fitting else None

    def replacement(self, lot: Lot, day: date, max_age: int | None) -> Fraction | None:
        """Return what it would cost to buy the item again."""
        best: tuple[date, Fraction] | None = None
        for when, entity, item, currency, number, _ in self.purchases:
            if (entity, item, currency) == (self.entity(lot.account), lot.commodity, lot.currency):
                best = (when, number)
        for entry in self.entries:
            if (
                isinstance(entry, data.Custom)
                and entry.type == "invwd-replacement-cost"
                and entry.date <= day
            ):
                value = entry.values[1].value
                if (entry.values[0].value, value.currency) == (lot.commodity, lot.currency) and (
                    best is None or entry.date >= best[0]
                ):
                    best = (entry.date, Fraction(value.number))
        if best is None or (max_age is not None and (day - best[0]).days > max_age):
            return None
        return best[1]

    # ---------------------------------------------------------------- measure

    def parameter(self, lot: Lot, key: str) -> Any:
        """Return a parameter from the lot, the Commodity, the Open or the policy."""
        name = "invwd-" + key.replace("_", "-")
        if name in lot.facts:
            return lot.facts[name]
        for entry in (self.commodities.get(lot.commodity), self.opens.get(lot.account)):
            if entry is not None and name in entry.meta:
                return entry.meta[name]
        if key == "price_max_age":
            return self.config.get(key, 365)
        return self.measure if key == "measure" else self.config.get(key)

    def max_age(self, lot: Lot) -> int | None:
        """Return how old a price may be."""
        value = self.parameter(lot, "price_max_age")
        return None if value is None else int(value)

    def nrv(self, lot: Lot, day: date) -> tuple[Fraction, Fraction] | None:
        """Return nrv and what percentages are of."""
        max_age = self.max_age(lot)
        price = self.price(lot.commodity, lot.currency, day, max_age)
        stated = self.nrv_directive(lot, day, whole_item=True)
        if stated and max_age is not None and (day - stated[0]).days > max_age:
            stated = None
        if stated and (price is None or stated[0] >= price[0]):
            return stated[1], stated[1]
        if price is None:
            return None
        value = price[1]
        for key in ("completion_cost", "selling_cost"):
            rule = read_rule(self.parameter(lot, key) or "0%")
            value -= rule.per_unit(price[1], lot.unit_cost)
        return max(ZERO, value), price[1]

    def value_by_rule(self, lot: Lot, day: date) -> Fraction | None:
        """Return the value per unit by the `measure` of the lot, or None if it has none."""
        measure = self.parameter(lot, "measure")
        if measure == "cost":
            return lot.unit_cost
        found = self.nrv(lot, day)
        nrv = found[0] if found else None
        replacement = self.replacement(lot, day, self.max_age(lot))
        if replacement is None:
            replacement = nrv
        if measure == "replacement":
            return replacement
        if found is None or nrv is None or replacement is None or measure == "nrv":
            return nrv
        if measure == "lower":
            return min(nrv, replacement)
        margin = self.parameter(lot, "normal_margin")
        if margin is None:
            return None
        floor = max(ZERO, nrv - read_rule(margin).per_unit(found[1], lot.unit_cost))
        return sorted([replacement, nrv, floor])[1]

    def value(self, lot: Lot, day: date) -> tuple[Fraction, bool] | None:
        """Return the value per unit and whether the lot is a group of its own; None: no measure."""
        particular = True
        value: Fraction | None
        expires = lot.facts.get("expires")
        directive = self.nrv_directive(lot, day, whole_item=False)
        if expires is not None and expires <= day:
            commodity = self.commodities.get(lot.commodity)
            salvage = lot.facts.get("invwd-salvage")
            if salvage is None and commodity is not None:
                salvage = commodity.meta.get("invwd-salvage")
            value = ZERO if salvage is None else Fraction(salvage.number)
        elif directive is not None:
            value = directive[1]
        elif "invwd-nrv" in lot.facts:
            value = Fraction(lot.facts["invwd-nrv"].number)
        else:
            particular = False
            value = self.value_by_rule(lot, day)
        if value is None:
            return None
        aged = self.aged_value(lot, day)
        if aged is not None and aged < value:
            particular, value = True, aged
        return value, particular or value == 0

    def aged_value(self, lot: Lot, day: date) -> Fraction | None:
        """Return unit cost less the rate of its age, or None below the first threshold."""
        rates = read_ageing(self.parameter(lot, "ageing") or {})
        reached = [days for days in rates if (day - lot.age_date()).days >= days]
        return lot.unit_cost * (1 - rates[max(reached)]) if reached else None

    # ---------------------------------------------------------------- measurement

    def items_to_test(self, day: date) -> set[str]:
        """Return the items whose groups are tested today; none if today is no measurement date."""
        on_hand = {lot.commodity for lot in self.lots if lot.units > 0}
        if self.is_period_end(day):
            return on_hand or {"(nothing)"}
        if self.period != "price":
            return set()
        touched: set[str] = set()
        for entry in self.entries:
            if entry.date != day:
                continue
            if isinstance(entry, data.Price) and self.is_evidence(entry):
                touched.add(entry.currency)
            if isinstance(entry, data.Custom) and entry.type in (
                "invwd-nrv",
                "invwd-replacement-cost",
            ):
                touched.add(str(entry.values[0].value))
        touched |= {
            lot.commodity for lot in self.lots if lot.units > 0 and lot.facts.get("expires") == day
        }
        return touched & on_hand

    def measure_lots(self, day: date, items: set[str]) -> None:
        """Test all groups of the items, entity by entity and currency by currency."""
        book: Book = {}
        scopes = {(self.entity(lot.account), lot.currency) for lot in self.lots}
        for entity, currency in sorted(scopes):
            groups: dict[tuple[str, str], list[tuple[Lot, Fraction]]] = {}
            for lot in self.lots:
                if (self.entity(lot.account), lot.currency) != (entity, currency) or lot.units <= 0:
                    continue
                found = self.value(lot, day)
                if found is not None:
                    key = self.group_key(lot, stands_alone=found[1])
                    groups.setdefault(key, []).append((lot, found[0]))
            tested = {
                key: group
                for key, group in groups.items()
                if any(lot.commodity in items for lot, _ in group)
            }
            self.measure_groups(day, entity, currency, tested, book)
        self.write(day, book)
        if self.reversals == "none":
            for lot in self.lots:
                lot.locked = lot.allowance

    def group_key(self, lot: Lot, *, stands_alone: bool) -> tuple[str, str]:
        """Return what tells one group from another."""
        if stands_alone or self.basis == "lot":
            return ("lot", str(lot.born))
        category = self.category(lot.commodity)
        if self.basis == "item" or (self.basis == "category" and category is None):
            return ("item", lot.commodity)
        return ("category", str(category)) if self.basis == "category" else ("total", "")

    def measure_groups(
        self,
        day: date,
        entity: str,
        currency: str,
        groups: Mapping[tuple[str, str], list[tuple[Lot, Fraction]]],
        book: Book,
    ) -> None:
        """Set the allowances of groups (section 5) and say where the losses go (section 7)."""
        results: list[tuple[str, str, Lot, Cents, dict[str, Cents]]] = []
        for (sort, _), group in groups.items():
            change, legs = self.set_allowances(group, self.quantum(currency))
            first = group[0][0]
            for lot, _value in group:
                lot.stands_alone = sort == "lot"
            name = self.group_name(first.commodity, stands_alone=sort == "lot")
            kind = "transfer" if change == 0 else "reversal" if change < 0 else "write-down"
            if change > 0 and sum(lot.units * value for lot, value in group) == 0:
                kind = "write-off"
            results.append((kind, name, first, change, legs))
        year = (entity, currency, self.fiscal_year_end(day))
        self.losses[year] += sum((change for *_, change, _ in results if change > 0), ZERO)
        self.gains[year] -= sum((change for *_, change, _ in results if change < 0), ZERO)
        for kind, name, first, change, legs in results:
            so_far = self.losses[year] if change > 0 else self.gains[year]
            key = {"write-down": "loss", "write-off": "write_off"}.get(kind, "reversal")
            if self.is_below_threshold(so_far, entity, currency, day):
                key = "cogs"
            into = book.setdefault(Entry(kind, entity, currency, name), {})
            if change != 0:
                post(into, self.pnl_account(key, first.commodity, entity), change)
            for account, amount in legs.items():
                post(into, account, amount)

    def set_allowances(
        self, group: Sequence[tuple[Lot, Fraction]], quantum: Fraction
    ) -> tuple[Cents, dict[str, Cents]]:
        """Share the shortfall of a group out over its lots; return the change and its legs."""
        bases = [lot.cost - lot.locked for lot, _ in group]
        values = [lot.units * value for lot, value in group]
        loss = sum(bases, ZERO) - sum(values, ZERO)
        shortfall = half_up(max(ZERO, loss), quantum)
        weights = [max(ZERO, basis - value) for basis, value in zip(bases, values, strict=True)]
        change, legs = ZERO, dict[str, Cents]()
        for (lot, _), share in zip(group, share_out(shortfall, weights, quantum), strict=True):
            new = lot.locked + share
            change += new - lot.allowance
            post(legs, self.allowance_account(lot), lot.allowance - new)
            lot.allowance = new
        return change, legs

    def is_below_threshold(self, so_far: Cents, entity: str, currency: str, day: date) -> bool:
        """Whether the losses (or gains) of the year are still immaterial (section 7)."""
        given = self.config.get("materiality")
        limits: list[Fraction] = []
        for text in [given] if isinstance(given, str) else given or []:
            rule = read_rule(text)
            if rule.of == "price":
                lots = [
                    lot
                    for lot in self.lots
                    if (self.entity(lot.account), lot.currency) == (entity, currency)
                ]
                limits.append(rule.number * sum((lot.cost for lot in lots if lot.units > 0), ZERO))
            elif rule.of == currency:
                limits.append(rule.number)
            elif (rate := self.rate(rule.of, currency, day)) is not None:
                limits.append(rule.number * rate)
        return bool(limits) and so_far < min(limits)

    # ---------------------------------------------------------------- writing

    def write(self, day: date, book: Book) -> None:
        """Write down what a book holds, without zeros."""
        for key, legs in book.items():
            postings = tuple(
                sorted(
                    (account, as_decimal(amount)) for account, amount in legs.items() if amount != 0
                )
            )
            if postings:
                self.expected.append(Expected(day, key.kind, key.entity, key.currency, postings))


def number_of(amount: Amount) -> Fraction:
    """Return the number of an amount, exactly."""
    assert amount.number is not None
    return Fraction(amount.number)


def post(legs: dict[str, Cents], account: str, amount: Cents) -> None:
    """Add an amount to an account."""
    legs[account] = legs.get(account, ZERO) + amount


def as_decimal(amount: Cents) -> Decimal:
    """Return whole quanta as an exact decimal."""
    return Decimal(amount.numerator) / Decimal(amount.denominator)
