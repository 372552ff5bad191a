"""Random valid ledgers and configurations, small enough to read.

A source of choices (Hypothesis, or a plain seed) -> the text of a ledger without the plugin line,
and a configuration. The generator keeps the stock of every account as Beancount will, so that each
reduction finds exactly one way to be booked.

Example:
    >>> text, config = ledger_from_seed(1)
    >>> "open" in text and config.startswith("{")
    True
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

CENT = Decimal("0.01")
FIRST_DAY = date(2023, 1, 2)


class Source(Protocol):
    """Where choices come from; smaller numbers are simpler."""

    def integer(self, low: int, high: int) -> int:
        """Return a number between two bounds, both included."""


class SeededSource:
    """Choices of a seeded random generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  # nothing secret about it

    def integer(self, low: int, high: int) -> int:
        """Return a number between two bounds, both included."""
        return self.random.randint(low, high)


class DrawnSource:
    """Choices of Hypothesis, which can shrink them."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def integer(self, low: int, high: int) -> int:
        """Return a number between two bounds, both included."""
        return self.draw(st.integers(low, high))


class Dice:
    """Kinds of choices, made of integers."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def between(self, low: int, high: int) -> int:
        """Return a number between two bounds, both included."""
        return low if low >= high else self.source.integer(low, high)

    def chance(self, percent: int) -> bool:
        """Return True in so many of a hundred cases; shrinks to False."""
        return self.between(0, 99) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; shrinks to the first."""
        return options[self.between(0, len(options) - 1)]

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        """Return one of the options by its weight; shrinks to the first."""
        place = self.between(0, sum(weight for weight, _ in options) - 1)
        for weight, option in options:
            place -= weight
            if place < 0:
                return option
        raise AssertionError

    def number(self, low: int, high: int, digits: int) -> Decimal:
        """Return a decimal between two whole numbers with so many digits."""
        return Decimal(self.between(low * 10**digits, high * 10**digits)).scaleb(-digits)


@dataclass(frozen=True)
class Account:
    """An inventory account of the ledger."""

    name: str
    entity: str
    booking: str


@dataclass(frozen=True)
class Item:
    """A commodity, with what it usually costs."""

    name: str
    currencies: tuple[str, ...]
    usual: Decimal

    @property
    def component(self) -> str:
        """The item as part of an account name."""
        return self.name.replace(".", "-")


@dataclass
class Stock:
    """Units of one lot that an account holds, or a whole pool."""

    item: Item
    number: Decimal
    currency: str
    day: date
    label: str | None
    units: Decimal
    pool_cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class Out:
    """Units taken out of an account: the posting's text and what it comes to."""

    account: Account
    item: Item
    number: Decimal
    currency: str
    day: date
    label: str | None
    units: Decimal

    @property
    def cost(self) -> Decimal:
        """Cost of the units."""
        return self.units * self.number


@dataclass
class World:
    """All that exists so far."""

    dice: Dice
    accounts: list[Account]
    items: list[Item]
    currencies: list[str]
    stock: dict[str, list[Stock]]
    day: date = FIRST_DAY
    lines: list[str] = field(default_factory=list)
    labels: int = 0
    directives: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)

    def write(self, *lines: str) -> None:
        """Add lines to the ledger."""
        self.lines += lines

    def head(self, narration: str) -> str:
        """Return the first line of a transaction."""
        return f'{self.day} * "{narration}"'


def ledger_from_seed(seed: int) -> tuple[str, str]:
    """Return ledger text (without the plugin line) and configuration for a number."""
    return build(Dice(SeededSource(seed)))


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[str, str]:
    """Ledger text (without the plugin line) and configuration, which Hypothesis can shrink."""
    return build(Dice(DrawnSource(draw)))


def with_plugin(text: str, config: str) -> str:
    """Return the ledger with the plugin switched on."""
    return f'{text}\nplugin "beancount_invwd" "{config}"\n'


def build(dice: Dice) -> tuple[str, str]:
    """Make a ledger and a configuration."""
    policy = choose_policy(dice)
    world = choose_world(dice, policy)
    write_head(world, policy)
    for _ in range(dice.between(5, 25)):
        event = dice.weighted(EVENTS)
        world.day += timedelta(dice.weighted([(25, 0), (25, 7), (35, 26), (15, 55)]) * 1)
        if world.day != FIRST_DAY:
            world.day += timedelta(dice.between(0, 4))
        event(world)
    write_tail(world)
    return "\n".join(world.lines) + "\n", repr(policy.config)


# -------------------------------------------------------------------------------- policy


@dataclass
class PolicyChoice:
    """The configuration, and what the ledger must know of it."""

    config: dict[str, Any]
    has_entities: bool
    basis: str
    is_single_currency: bool
    has_margin: bool
    year_end_by_fava: str | None
    has_lists: bool


BASES = {"hgb": "lot"}


def choose_policy(dice: Dice) -> PolicyChoice:
    """Choose a configuration."""
    config: dict[str, Any] = {"missing_price": "ignore"}
    standards = ["ias2", "frs102", "aspe3031", "asc330", "asc330-lcm", "hgb"]
    if dice.chance(60):
        config["standard"] = dice.pick(standards)
    standard = config.get("standard", "ias2")
    for key, percent, values in (
        ("measure", 35, ["nrv", "replacement", "cost", "lcm", "lower"]),
        ("basis", 60, ["item", "lot", "category", "total"]),
        ("reversals", 45, ["full", "interim", "none"]),
        ("period", 60, ["month", "quarter", "year", "price"]),
        ("release", 35, ["sale", "period"]),
    ):
        if dice.chance(percent):
            config[key] = dice.pick(values)
    basis = str(config.get("basis", BASES.get(standard, "item")))
    has_entities = dice.chance(30)
    has_lists = not has_entities and dice.chance(15)
    if has_entities:
        config["inventory"] = "Assets:(?P<entity>[^:]+):Inventory"
    elif has_lists:
        config["inventory"] = ["Assets:Inventory", "Assets:Goods"]
    is_single_currency = dice.chance(65)
    year_end_by_fava = choose_year_end(dice, config)
    needs_margin = "lcm" in (config.get("measure"), standard.rpartition("-")[2])
    if dice.chance(85 if needs_margin else 10):
        config["normal_margin"] = dice.pick(["20%", "10%", "15% of cost"])
    choose_rates(dice, config, is_single_currency=is_single_currency)
    if accounts := choose_accounts(dice, basis, has_entities=has_entities):
        config["accounts"] = accounts
    return PolicyChoice(
        config=config,
        has_entities=has_entities,
        basis=basis,
        is_single_currency=is_single_currency,
        has_margin="normal_margin" in config,
        year_end_by_fava=year_end_by_fava,
        has_lists=has_lists,
    )


def choose_year_end(dice: Dice, config: dict[str, Any]) -> str | None:
    """Choose the end of the fiscal year; return it if the ledger's fava-option says it."""
    standard_period = "year" if config.get("standard") == "hgb" else "month"
    ends = ["06-30", "03-31", "02-28", "09-30"]
    if config.get("period", standard_period) != "quarter":
        ends.append("04-05")
    if not dice.chance(45):
        return None
    end = dice.pick(ends)
    if dice.chance(25):
        return end
    config["fiscal_year_end"] = end
    return None


def choose_rates(dice: Dice, config: dict[str, Any], *, is_single_currency: bool) -> None:
    """Choose costs, thresholds, ages and bounds."""
    if dice.chance(45):
        options = ["8%", "5% of cost", "12.5%"] + (["0.40 USD"] if is_single_currency else [])
        config["selling_cost"] = dice.pick(options)
    if dice.chance(20):
        options = ["3%", "10% of cost"] + (["0.25 USD"] if is_single_currency else [])
        config["completion_cost"] = dice.pick(options)
    if dice.chance(30):
        options = ["100 USD", "2%", "15%", "1000 USD", "40 EUR"]
        chosen = dice.pick([options[0], options[1], options[2], options[3], options[4], "both"])
        config["materiality"] = ["250 USD", "10%"] if chosen == "both" else chosen
    if dice.chance(25):
        config["ageing"] = dice.pick(
            [{180: "25%", 365: "50%"}, {90: "10%"}, {60: "12.5%", 200: "50%", 400: "100%"}]
        )
    if dice.chance(35):
        config["price_max_age"] = dice.pick([None, 90, 30, 200])
    if dice.chance(10):
        config["start"] = str(FIRST_DAY + timedelta(dice.between(0, 400)))
    if dice.chance(12):
        config["until"] = str(FIRST_DAY + timedelta(dice.between(400, 900)))


def choose_accounts(dice: Dice, basis: str, *, has_entities: bool) -> dict[str, str]:
    """Choose account templates that fit the basis."""
    accounts: dict[str, str] = {}
    if dice.chance(45):
        options = [
            "{parent}:{leaf}-Allowance",
            "{parent}:Allowance",
            "Assets:Allowance",
            "Assets:Allowance:{commodity}",
            "Assets:Allowance:{category}",
        ]
        if has_entities:
            options.append("Assets:{entity}:Allowance")
        accounts["allowance"] = dice.pick(options)
    places = [""]
    places += [":{commodity}"] if basis in ("lot", "item") else []
    places += [":{category}"] if basis != "total" else []
    places += [":{entity}"] if has_entities else []
    for key, name in (
        ("loss", "Expenses:Loss"),
        ("write_off", "Expenses:Gone"),
        ("reversal", "Expenses:Back"),
        ("cogs", "Expenses:COGS"),
    ):
        if dice.chance(20):
            accounts[key] = name + dice.pick(places)
    return accounts


# -------------------------------------------------------------------------------- the world

MARKET = ["USD", "EUR", "GBP"]


def choose_world(dice: Dice, policy: PolicyChoice) -> World:
    """Choose accounts and items."""
    bookings = [(30, "FIFO"), (30, "STRICT"), (10, "LIFO"), (10, "HIFO"), (20, "NONE")]
    if policy.has_entities:
        names = [
            ("Assets:North:Inventory:Store", "North"),
            ("Assets:North:Inventory:Depot", "North"),
            ("Assets:South:Inventory", "South"),
            ("Assets:South:Inventory:Depot", "South"),
        ]
    elif policy.has_lists:
        names = [("Assets:Inventory:Store", ""), ("Assets:Goods", "")]
    else:
        names = [("Assets:Inventory:Store", ""), ("Assets:Inventory:Depot", "")]
        names += [("Assets:Inventory", ""), ("Assets:Inventory:Damaged", "")]
    count = len(names) if policy.has_lists else dice.between(1, len(names))
    accounts = [Account(name, entity, dice.weighted(bookings)) for name, entity in names[:count]]
    items: list[Item] = []
    for name in ["WIDGET", "MUG", "FLOUR.25", "TEA-X"][: dice.between(1, 4)]:
        home = "USD" if policy.is_single_currency else dice.pick(["USD", "EUR"])
        currencies: tuple[str, ...] = (home,)
        if not policy.is_single_currency and dice.chance(15):
            currencies = ("USD", "EUR")
        items.append(Item(name, currencies, dice.pick([*map(Decimal, ("5", "0.75", "48", "120"))])))
    currencies_used = ["USD"] if policy.is_single_currency else ["USD", "EUR"]
    stock: dict[str, list[Stock]] = {account.name: [] for account in accounts}
    return World(dice, accounts, items, currencies_used, stock)


PLAIN_ACCOUNTS = [
    "Assets:Cash",
    "Equity:Opening",
    "Equity:Rounding",
    "Liabilities:Payable",
    "Income:Sales",
    "Income:Gains",
    "Expenses:COGS",
    "Expenses:Fees",
    "Expenses:Shrinkage",
    "Expenses:Inventory:Write-Off",
]


def write_head(world: World, policy: PolicyChoice) -> None:
    """Write options, Opens and Commodities."""
    dice = world.dice
    world.write('option "operating_currency" "USD"')
    default = dice.weighted([(88, "STRICT"), (6, "FIFO"), (6, "NONE")])
    if default != "STRICT":
        world.write(f'option "booking_method" "{default}"')
    if dice.chance(15):
        world.write('plugin "beancount.plugins.implicit_prices"')
    for name in PLAIN_ACCOUNTS + [f"Expenses:COGS:{item.component}" for item in world.items]:
        world.write(f"2022-01-01 open {name}")
    for account in world.accounts:
        write_open(world, policy, account, default)
    for item in world.items:
        write_commodity(world, policy, item)
    for currency in world.currencies:
        write_precision(world, currency)
    if policy.year_end_by_fava:
        end = policy.year_end_by_fava
        world.write(f'2022-01-01 custom "fava-option" "fiscal-year-end" "{end}"')
    if not policy.is_single_currency or "EUR" in str(policy.config.get("materiality")):
        world.write(dice.pick(["2022-12-01 price EUR 1.08 USD", "2022-12-01 price USD 0.93 EUR"]))


def write_precision(world: World, currency: str) -> None:
    """Give a currency other decimals than two, sometimes."""
    if world.dice.chance(10):
        digits = world.dice.pick([0, 3, 1])
        world.write(f"2022-01-01 commodity {currency}", f"  precision: {digits}")


def write_open(world: World, policy: PolicyChoice, account: Account, default: str) -> None:
    """Open an inventory account."""
    dice = world.dice
    is_default = account.booking == default and dice.chance(50)
    world.write(f"2022-01-01 open {account.name}" + ("" if is_default else f' "{account.booking}"'))
    if dice.chance(15):
        world.write(*overrides(world, policy, currency=None))
    if len(world.accounts) > 1 and dice.chance(4):
        world.write("  invwd-exclude: TRUE")
        world.excluded.add(account.name)


def write_commodity(world: World, policy: PolicyChoice, item: Item) -> None:
    """Describe an item, mostly."""
    dice = world.dice
    if not dice.chance(65):
        return
    world.write(f"2022-01-01 commodity {item.name}")
    if dice.chance(55):
        world.write(f'  category: "{dice.pick(["tools", "food"])}"')
    if dice.chance(20):
        currency = item.currencies[0] if len(item.currencies) == 1 else None
        world.write(*overrides(world, policy, currency=currency, is_item=True))
    if len(world.items) > 1 and dice.chance(4):
        world.write("  invwd-exclude: TRUE")
        world.excluded.add(item.name)


def overrides(
    world: World, policy: PolicyChoice, *, currency: str | None, is_item: bool = False
) -> list[str]:
    """Return one or two metadata lines that override the policy.

    Args:
        world: The ledger so far.
        policy: What the configuration says.
        currency: The one currency of all lots concerned, or None.
        is_item: Whether they are written on a Commodity.
    """
    dice = world.dice
    amounts = [f"0.50 {currency}"] if currency else []
    shares = ['"6%"', '"20% of cost"', '"33%"', *amounts]
    measures = ["cost", "nrv", "replacement", "lower"] + (["lcm"] if policy.has_margin else [])
    options = [
        f"  invwd-selling-cost: {dice.pick(shares)}",
        f"  invwd-completion-cost: {dice.pick(shares)}",
        f"  invwd-normal-margin: {dice.pick(shares)}",
        f'  invwd-measure: "{dice.pick(measures)}"',
        f'  invwd-ageing: "{dice.pick(["90:10%, 200:60%", "120:100%", "30:5%"])}"',
        f"  invwd-price-max-age: {dice.pick([60, 400, 15])}",
    ]
    if is_item and currency:
        options.append(f"  invwd-salvage: {dice.pick(['0.30', '0', '1.115'])} {currency}")
    first = dice.between(0, len(options) - 1)
    chosen = [options[first]]
    if dice.chance(30):
        chosen.append(options[(first + 1) % len(options)])
    return chosen


def write_tail(world: World) -> None:
    """Write something at the end, so that there is a last measurement date."""
    dice = world.dice
    world.day += timedelta(dice.pick([40, 0, 400, 100]))
    if dice.chance(70):
        world.write(f"{world.day} balance Equity:Rounding 0 GBP")


# -------------------------------------------------------------------------------- stock


def amount(number: Decimal, currency: str) -> str:
    """Return an amount as text."""
    return f"{number:f} {currency}"


def cost_text(number: Decimal, currency: str, day: date | None, label: str | None) -> str:
    """Return a cost as text."""
    parts = [amount(number, currency)]
    parts += [str(day)] if day else []
    parts += [f'"{label}"'] if label else []
    return "{" + ", ".join(parts) + "}"


def find(world: World, account: Account, item: Item, currency: str) -> list[Stock]:
    """Return what an account holds of an item at cost in a currency."""
    return [
        lot
        for lot in world.stock[account.name]
        if lot.item is item and lot.currency == currency and lot.units > 0
    ]


def clashes(world: World, account: Account, lot: Stock) -> bool:
    """Whether a lot could be mixed up with one that differs by its label only."""
    return any(
        (other.item, other.number, other.currency, other.day)
        == (lot.item, lot.number, lot.currency, lot.day)
        and other.label != lot.label
        for other in world.stock[account.name]
    )


def exists(world: World, account: Account, lot: Stock) -> bool:
    """Whether the account holds that very lot."""
    return any(
        (other.item, other.number, other.currency, other.day, other.label)
        == (lot.item, lot.number, lot.currency, lot.day, lot.label)
        for other in world.stock[account.name]
    )


def put(world: World, account: Account, new: Stock) -> None:
    """Add units to the stock."""
    is_pool = account.booking == "NONE"
    for lot in world.stock[account.name]:
        is_same = (lot.item, lot.currency) == (new.item, new.currency)
        this, that = (lot.number, lot.day, lot.label), (new.number, new.day, new.label)
        if is_same and (is_pool or this == that):
            lot.units += new.units
            lot.pool_cost += new.units * new.number
            return
    new.pool_cost = new.units * new.number
    world.stock[account.name].append(new)


def places(world: World, currency: str | None = None) -> list[tuple[Account, Item, str]]:
    """Return all accounts, items and currencies with units on hand."""
    found: dict[tuple[str, str, str], tuple[Account, Item, str]] = {}
    for account in world.accounts:
        for lot in world.stock[account.name]:
            if lot.units > 0 and currency in (None, lot.currency):
                found[account.name, lot.item.name, lot.currency] = (account, lot.item, lot.currency)
    return list(found.values())


def take(
    world: World, account: Account, item: Item, currency: str, suffix: str = ""
) -> tuple[list[str], list[Out]]:
    """Take some units of an item out of an account; return posting lines and what left."""
    if account.booking == "NONE":
        return take_from_pool(world, account, item, currency, suffix)
    dice = world.dice
    lots = find(world, account, item, currency)
    all_lots = [lot for lot in world.stock[account.name] if lot.item is item]
    is_one_currency = all(lot.currency == currency for lot in all_lots)
    total = sum((lot.units for lot in lots), Decimal(0))
    can_be_open = is_one_currency and (
        account.booking != "STRICT" or len(lots) == 1 or dice.chance(20)
    )
    if can_be_open and dice.chance(60):
        units = total
        if not (account.booking == "STRICT" and len(lots) > 1) and not dice.chance(25):
            units = Decimal(dice.between(1, max(1, int(total) - 1)))
        units = min(units, total)
        which = currency if len({lot.currency for lot in world.stock[account.name]}) > 1 else ""
        outs = walk(world, account, lots, units)
        return [f"  {account.name} {-units:f} {item.name} {{{which}}}{suffix}"], outs
    lot = dice.pick(lots)
    units = lot.units if dice.chance(30) else Decimal(dice.between(1, max(1, int(lot.units))))
    units = min(units, lot.units)
    text = cost_text(lot.number, lot.currency, lot.day, lot.label)
    is_unique = sum(1 for other in all_lots if other.label == lot.label) == 1
    if lot.label and is_unique and dice.chance(40):
        text = f'{{"{lot.label}"}}'
    outs = walk(world, account, [lot], units)
    return [f"  {account.name} {-units:f} {item.name} {text}{suffix}"], outs


def walk(world: World, account: Account, lots: Sequence[Stock], units: Decimal) -> list[Out]:
    """Take units lot by lot, in the order of the booking method."""
    ordered = list(lots)
    if account.booking in ("FIFO", "LIFO"):
        ordered = sorted(lots, key=lambda lot: lot.day, reverse=account.booking == "LIFO")
    elif account.booking == "HIFO":
        ordered = sorted(lots, key=lambda lot: lot.number, reverse=True)
    outs: list[Out] = []
    for lot in ordered:
        used = min(lot.units, units)
        if used > 0:
            outs.append(Out(account, lot.item, lot.number, lot.currency, lot.day, lot.label, used))
            lot.units -= used
            units -= used
    kept = [lot for lot in world.stock[account.name] if lot.units != 0]
    world.stock[account.name] = kept
    return outs


def take_from_pool(
    world: World, account: Account, item: Item, currency: str, suffix: str
) -> tuple[list[str], list[Out]]:
    """Take units out of a pool, at about average cost."""
    dice = world.dice
    (pool,) = find(world, account, item, currency)
    units = pool.units if dice.chance(25) else Decimal(dice.between(1, max(1, int(pool.units))))
    if suffix and dice.chance(20):  # sold before it was bought, or never
        units = pool.units + 3
    average = pool.pool_cost / pool.units
    number = average.quantize(Decimal("0.01") if dice.chance(60) else Decimal("0.0001"))
    number = max(number, Decimal("0.01"))
    pool.units -= units
    pool.pool_cost -= units * number
    out = Out(account, item, number, currency, world.day, None, units)
    text = cost_text(number, currency, None, None)
    return [f"  {account.name} {-units:f} {item.name} {text}{suffix}"], [out]


# -------------------------------------------------------------------------------- events


def near(world: World, item: Item, digits: int = 2) -> Decimal:
    """Return a cost near the usual one."""
    percent = world.dice.pick([100, 90, 115, 70, 140, 103])
    jitter = Decimal(world.dice.between(0, 99)) / 1000
    value = item.usual * percent / 100 * (1 + jitter)
    return max(value.quantize(Decimal(1).scaleb(-digits)), Decimal("0.01"))


def buy(world: World) -> None:
    """Buy one or two lots."""
    dice = world.dice
    currency = dice.pick(world.currencies)
    fitting = [item for item in world.items if currency in item.currencies]
    bought: list[Bought] = []
    for _ in range(1 + dice.chance(20) if fitting else 0):
        has_hash = any(purchase.is_hash for purchase in bought)
        purchase = buy_lot(world, dice.pick(fitting), currency, can_be_hash=not has_hash)
        bought += [purchase] if purchase else []
    if not bought:
        return
    facts_above: list[str] = []
    has_own = all(
        purchase.is_new_lot and f'"{SHARED}"' not in purchase.lines[0] for purchase in bought
    )
    if has_own and dice.chance(4):
        facts_above = [f"  expires: {world.day + timedelta(dice.between(20, 300))}"]
    cash = ["  Assets:Cash"]
    if any(purchase.is_hash for purchase in bought):  # Beancount fills in one number only
        cash = [f"  Assets:Cash {-purchase.total:f} {currency}" for purchase in bought]
    lines = [line for purchase in bought for line in purchase.lines]
    world.write(world.head("Purchase"), *facts_above, *lines, *cash)


SHARED = "DMG"
"""A label of many lots; what expires has one of its own, since goods of a label expire together."""


@dataclass(frozen=True)
class Bought:
    """A lot bought: its posting, and what was paid."""

    lines: list[str]
    total: Decimal
    is_hash: bool
    is_new_lot: bool


def buy_lot(world: World, item: Item, currency: str, *, can_be_hash: bool) -> Bought | None:
    """Buy one lot; None if it could be mixed up with another."""
    dice = world.dice
    account = dice.pick(world.accounts)
    is_pool = account.booking == "NONE"
    units = Decimal(dice.between(1, 60))
    if dice.chance(10):
        units += Decimal("0.5")
    number = near(world, item, dice.weighted([(60, 2), (20, 4), (20, 3)]))
    total, cost = number * units, amount(number, currency)
    is_total = dice.chance(20)
    is_hash = is_total and can_be_hash and dice.chance(50)
    if is_total:
        total = total.quantize(CENT)
        number = total / units
        cost = ("# " if is_hash else "") + amount(total, currency)
    label: str | None = None
    day: date | None = None
    if not is_pool and dice.chance(30):
        world.labels += 1
        label = dice.pick([f"L-{world.labels}", SHARED])
    if not is_pool and dice.chance(12):
        day = world.day - timedelta(dice.between(1, 300))
    lot = Stock(item, number, currency, day or world.day, label, units)
    if not is_pool and clashes(world, account, lot):
        return None
    is_new_lot = not is_pool and not exists(world, account, lot)
    parts = [cost] + ([str(day)] if day else []) + ([f'"{label}"'] if label else [])
    text = braces(parts, double=is_total and not is_hash)
    lines = [f"  {account.name} {units:f} {item.name} {text}"]
    if is_new_lot and dice.chance(28):
        lines += ["  " + line for line in lot_facts(world, lot)]
    put(world, account, lot)
    return Bought(lines, total, is_hash, is_new_lot)


def braces(parts: Sequence[str], *, double: bool) -> str:
    """Return a cost in braces, in double ones if it is a total."""
    text = ", ".join(parts)
    return "{{" + text + "}}" if double else "{" + text + "}"


def lot_facts(world: World, lot: Stock) -> list[str]:
    """Return metadata lines for a new lot."""
    dice = world.dice
    percent = Decimal(dice.pick([60, 0, 30, 90, 130])) / 100
    value = amount((lot.item.usual * percent).quantize(Decimal("0.001")), lot.currency)
    soon = world.day + timedelta(dice.between(10, 300))
    options = [
        [f"  expires: {soon}"],
        [f"  expires: {soon}", f"  invwd-salvage: {value}"],
        [f"  invwd-nrv: {value}"],
        [f"  invwd-selling-cost: 0.35 {lot.currency}"],
        ['  invwd-completion-cost: "15%"'],
        ['  invwd-ageing: "45:20%, 150:75%"'],
        [f'  invwd-measure: "{dice.pick(["cost", "nrv", "replacement", "lower"])}"'],
        ["  invwd-price-max-age: 100"],
    ]
    return dice.pick(options if lot.label != SHARED else options[2:])


def set_price(world: World) -> None:
    """Write a price or several, good or bad."""
    dice = world.dice
    for _ in range(dice.weighted([(75, 1), (20, 2), (5, 3)])):
        item = dice.pick(world.items)
        percent = dice.pick([80, 60, 95, 110, 135, 40, 0 if dice.chance(25) else 70])
        number = (item.usual * percent / 100 * (1 + Decimal(dice.between(0, 40)) / 1000)).quantize(
            Decimal("0.01") if dice.chance(70) else Decimal("0.0001")
        )
        currency = item.currencies[0]
        if dice.chance(22):
            currency = dice.pick(MARKET)
        world.write(f"{world.day} price {item.name} {amount(number, currency)}")
        if dice.chance(8):
            world.write("  invwd-exclude: TRUE")


def set_prices_of_all(world: World) -> None:
    """Write a price for every item."""
    dice = world.dice
    for item in world.items:
        percent = dice.pick([75, 55, 90, 105, 125])
        number = (item.usual * percent / 100).quantize(CENT)
        world.write(f"{world.day} price {item.name} {amount(number, item.currencies[0])}")


def set_rate(world: World) -> None:
    """Write an exchange rate."""
    dice = world.dice
    worth = {"USD": Decimal(1), "EUR": Decimal("1.1"), "GBP": Decimal("1.3")}
    first, second = dice.pick([("EUR", "USD"), ("USD", "EUR"), ("GBP", "USD"), ("EUR", "GBP")])
    number = worth[first] / worth[second] * (1 + Decimal(dice.between(0, 90)) / 1000)
    digits = Decimal("0.01") if dice.chance(30) else Decimal("0.0001")
    world.write(f"{world.day} price {first} {amount(number.quantize(digits), second)}")


def sell(world: World) -> None:
    """Sell, scrap, use or send back one to three lots."""
    dice = world.dice
    here = places(world)
    if not here:
        return
    account, item, currency = dice.pick(here)
    wanted = [(account, item)]
    for _ in range(dice.weighted([(65, 0), (25, 1), (10, 2)])):
        account, item, _ = dice.pick(places(world, currency))
        if (account, item) not in wanted:
            wanted.append((account, item))
    suffix = ""
    if dice.chance(15):
        suffix = f" @ {amount(near(world, item), currency)}"
    lines: list[str] = []
    outs: list[Out] = []
    write_legs = dice.pick(LEGS)
    for account, item in wanted:
        more, gone = take(world, account, item, currency, suffix)
        lines += more
        outs += gone
    if write_legs is legs_foreign:  # Beancount cannot tell which currency the lots are in
        lines = [line.replace("{}", "{" + currency + "}") for line in lines]
        lines = [line.replace('{"', "{" + currency + ', "') for line in lines]
    legs = write_legs(world, outs, currency)
    world.write(world.head("Sale"), *lines, *legs)


def rounded(number: Decimal) -> Decimal:
    """Round to cents."""
    return number.quantize(CENT, ROUND_HALF_UP)


def cost_of(outs: Sequence[Out]) -> Decimal:
    """Return the cost of what left."""
    return sum((out.cost for out in outs), Decimal(0))


def legs_merged(_world: World, outs: Sequence[Out], currency: str) -> list[str]:
    """One posting to cost of goods sold."""
    paid = rounded(cost_of(outs) * Decimal("1.4"))
    return [
        f"  Assets:Cash {paid} {currency}",
        f"  Income:Sales {-paid} {currency}",
        "  Expenses:COGS",
    ]


def legs_per_item(_world: World, outs: Sequence[Out], currency: str) -> list[str]:
    """One cost account for each item."""
    by_item: dict[str, Decimal] = {}
    for out in outs:
        name = f"Expenses:COGS:{out.item.component}"
        by_item[name] = by_item.get(name, Decimal(0)) + out.cost
    lines = [f"  {name} {rounded(cost)} {currency}" for name, cost in by_item.items()]
    paid = rounded(cost_of(outs) * Decimal("1.2")) + 1
    return [*lines, f"  Income:Sales {-paid} {currency}", "  Assets:Cash"]


def legs_scrap(world: World, _outs: Sequence[Out], _currency: str) -> list[str]:
    """All to one expense account."""
    accounts = ["Expenses:Inventory:Write-Off", "Expenses:Shrinkage", "Expenses:Fees"]
    return [f"  {world.dice.pick(accounts)}"]


def legs_net_gain(_world: World, outs: Sequence[Out], currency: str) -> list[str]:
    """Cash and a net gain."""
    paid = rounded(cost_of(outs) * Decimal("1.1")) + 1
    return [f"  Assets:Cash {paid} {currency}", "  Income:Gains"]


def legs_return(world: World, _outs: Sequence[Out], _currency: str) -> list[str]:
    """Back to the supplier, at cost."""
    return [f"  {world.dice.pick(['Liabilities:Payable', 'Assets:Cash', 'Equity:Opening'])}"]


def legs_two_incomes(_world: World, outs: Sequence[Out], currency: str) -> list[str]:
    """Two income accounts and no cost of goods sold."""
    paid = rounded(cost_of(outs) * Decimal("1.3")) + 2
    part = rounded(paid / 3)
    return [
        f"  Assets:Cash {paid} {currency}",
        f"  Income:Sales {-part} {currency}",
        "  Income:Gains",
    ]


def legs_with_freight(_world: World, outs: Sequence[Out], currency: str) -> list[str]:
    """Cost of goods sold with something more in it."""
    paid = rounded(cost_of(outs) * Decimal("1.5")) + 1
    return [
        f"  Assets:Cash {paid - 5} {currency}",
        f"  Income:Sales {-paid} {currency}",
        "  Expenses:COGS",
    ]


def legs_with_fees(_world: World, outs: Sequence[Out], currency: str) -> list[str]:
    """A fee beside a net gain."""
    paid = rounded(cost_of(outs) * Decimal("1.1")) + 3
    return [
        f"  Assets:Cash {paid} {currency}",
        f"  Expenses:Fees 1.23 {currency}",
        "  Income:Gains",
    ]


def legs_split(world: World, outs: Sequence[Out], currency: str) -> list[str]:
    """Cost of goods sold in two postings, or in two accounts."""
    half = rounded(cost_of(outs) / 2)
    accounts = ["Expenses:COGS", "Expenses:Shrinkage", f"Expenses:COGS:{outs[0].item.component}"]
    return [f"  {world.dice.pick(accounts)} {half} {currency}", "  Expenses:COGS"]


def legs_partly_scrapped(_world: World, outs: Sequence[Out], currency: str) -> list[str]:
    """The first item is scrapped, the rest is sold."""
    first = cost_of([out for out in outs if out.item is outs[0].item])
    return [f"  Expenses:Shrinkage {rounded(first)} {currency}", "  Expenses:COGS"]


def legs_foreign(_world: World, _outs: Sequence[Out], currency: str) -> list[str]:
    """Sold for another currency."""
    other = "EUR" if currency == "USD" else "USD"
    return [f"  Assets:Cash 77.70 {other}", f"  Income:Sales -77.70 {other}", "  Expenses:COGS"]


LEGS: list[Callable[[World, Sequence[Out], str], list[str]]] = [
    legs_merged,
    legs_per_item,
    legs_scrap,
    legs_net_gain,
    legs_return,
    legs_two_incomes,
    legs_with_freight,
    legs_with_fees,
    legs_split,
    legs_partly_scrapped,
    legs_foreign,
]


def receive(world: World, account: Account, out: Out, units: Decimal, *, keep: int) -> str | None:
    """Return the posting line that adds units, or None if lots would be mixed up.

    Args:
        world: The ledger so far.
        account: Where to.
        out: What was taken.
        units: How many arrive.
        keep: 0 keeps date and label, 1 the date, 2 neither, 3 gives a new label.
    """
    day: date | None = out.day if keep in (0, 1) else None
    label = out.label if keep == 0 else f"M-{world.labels}" if keep == 3 else None
    if account.booking == "NONE":
        day, label = None, None
    lot = Stock(out.item, out.number, out.currency, day or world.day, label, units)
    if account.booking != "NONE" and clashes(world, account, lot):
        return None
    if any(other.units < 0 for other in world.stock[account.name]):
        return None
    put(world, account, lot)
    text = cost_text(out.number, out.currency, day, label)
    return f"  {account.name} {units:f} {out.item.name} {text}"


def move(world: World) -> None:
    """Move units to another account, or within one to another lot."""
    before = {name: [Stock(**vars(lot)) for lot in lots] for name, lots in world.stock.items()}
    lines = moving_lines(world)
    if lines is None:
        world.stock = before
    else:
        world.write(world.head("Transfer"), *lines)


def moving_lines(world: World) -> list[str] | None:
    """Return the postings of a transfer; None if lots would be mixed up."""
    dice = world.dice
    here = places(world)
    if not here:
        return None
    account, item, currency = dice.pick(here)
    there = choose_target(world, account)
    lines, outs = take(world, account, item, currency)
    more = [p for p in places(world, currency) if p[0] is account and p[1] is not item]
    if more and dice.chance(15):
        lines_too, outs_too = take(world, account, more[0][1], currency)
        lines, outs = lines + lines_too, outs + outs_too
    keep = dice.pick([2, 0, 1, 3])
    if there is account and keep in (0, 1):
        keep = 2
    world.labels += keep == 3
    arrivals = [arriving_units(dice, out.units) for out in outs]
    added: list[str] = []
    for out, units in zip(outs, arrivals, strict=True):
        line = receive(world, there, out, units, keep=keep)
        if line is None:
            return None
        added.append(line)
    lots = {(out.item.name, out.number) for out in outs}
    if there.booking != "NONE" and keep == 3 and len(lots) == len(outs):
        soon = world.day + timedelta(dice.between(5, 200))
        added = [line + (f"\n    expires: {soon}" if dice.chance(6) else "") for line in added]
    rest = ["Expenses:Shrinkage", "Expenses:COGS", "Assets:Cash"]
    is_complete = arrivals == [out.units for out in outs]
    legs = [] if is_complete else [f"  {dice.pick(rest)}"]
    return [*added, *lines, *legs] if dice.chance(15) else [*lines, *added, *legs]


def choose_target(world: World, account: Account) -> Account:
    """Return where units move to: mostly another account of the entity."""
    dice = world.dice
    same = [other for other in world.accounts if other.entity == account.entity]
    there = dice.pick(same if not dice.chance(10) else world.accounts)
    if there is account and not dice.chance(30) and len(same) > 1:
        return next(other for other in same if other is not account)
    return there


def arriving_units(dice: Dice, units: Decimal) -> Decimal:
    """Return how many units arrive: mostly all, sometimes fewer, seldom more."""
    if units > 1 and dice.chance(15):
        return Decimal(dice.between(1, max(1, int(units) - 1)))
    return units + 2 if dice.chance(5) else units


def produce(world: World) -> None:
    """Make products of materials, or repack."""
    dice = world.dice
    here = places(world)
    if not here:
        return
    account, item, currency = dice.pick(here)
    lines, outs = take(world, account, item, currency)
    for other, material, _ in places(world, currency):
        if material is not item and other.entity == account.entity and dice.chance(40):
            more, gone = take(world, other, material, currency)
            lines += more
            outs += gone
    cost = cost_of(outs) * dice.pick([100, 80, 125, 100]) / 100
    fitting = [thing for thing in world.items if currency in thing.currencies]
    products = [dice.pick(fitting) for _ in range(1 + dice.chance(35))]
    same = [other for other in world.accounts if other.entity == account.entity]
    added: list[str] = []
    for number_of, product in enumerate(products):
        there = dice.pick(same if not dice.chance(8) else world.accounts)
        part = (
            cost if len(products) == 1 else cost * (Decimal("0.3") if number_of else Decimal("0.7"))
        )
        units = Decimal(dice.between(1, 20))
        number = (part / units).quantize(Decimal("0.01") if dice.chance(50) else Decimal("0.0001"))
        if number <= 0:
            continue
        like = Out(there, product, number, currency, world.day, None, units)
        line = receive(world, there, like, units, keep=2)
        if line is not None:
            added.append(line)
    rest = ["Equity:Rounding", "Assets:Cash", "Expenses:Shrinkage", "Liabilities:Payable"]
    leg = "Income:Gains" if dice.chance(8) else dice.pick(rest)
    world.write(world.head("Production"), *lines, *added, f"  {leg}")


def state_nrv(world: World) -> None:
    """Write an `invwd-nrv` directive for an item, a label or an account, or end one."""
    dice = world.dice
    if world.directives and dice.chance(25):
        ended = dice.pick(world.directives)
        world.directives = [directive for directive in world.directives if directive != ended]
        name, label, account_name = ended
        lines = selector(label, account_name)
        world.write(f'{world.day} custom "invwd-nrv" "{name}" "end"', *lines)
        return
    here = [
        (account, item, currency)
        for account, item, currency in places(world)
        if len(item.currencies) == 1 and not {account.name, item.name} & world.excluded
    ]
    if not here:
        return
    account, item, currency = dice.pick(here)
    label_known = [lot.label for lot in find(world, account, item, currency) if lot.label]
    label = (
        dice.pick(label_known)
        if label_known and account.booking != "NONE" and dice.chance(65)
        else None
    )
    by_account = account.booking != "NONE" and dice.chance(45)
    account_name = account.name if by_account else None
    percent = dice.pick([50, 80, 30, 0 if dice.chance(40) else 65, 120])
    value = (item.usual * percent / 100).quantize(Decimal("0.001") if dice.chance(20) else CENT)
    world.write(
        f'{world.day} custom "invwd-nrv" "{item.name}" {amount(value, currency)} "damaged"',
        *selector(label, account_name),
    )
    world.directives.append((item.name, label, account_name))


def selector(label: str | None, account_name: str | None) -> list[str]:
    """Return the metadata that names label and account."""
    lines = [f'  lot: "{label}"'] if label else []
    return lines + ([f"  account: {account_name}"] if account_name else [])


def state_replacement(world: World) -> None:
    """Write an `invwd-replacement-cost` directive."""
    dice = world.dice
    fitting = [item for item in world.items if len(item.currencies) == 1]
    if fitting:
        item = dice.pick(fitting)
        value = (item.usual * dice.pick([85, 60, 110, 100]) / 100).quantize(CENT)
        text = amount(value, item.currencies[0])
        world.write(f'{world.day} custom "invwd-replacement-cost" "{item.name}" {text}')


EVENTS: list[tuple[int, Callable[[World], None]]] = [
    (30, buy),
    (17, set_price),
    (8, set_prices_of_all),
    (20, sell),
    (12, move),
    (8, produce),
    (8, state_nrv),
    (3, state_replacement),
    (4, set_rate),
]
