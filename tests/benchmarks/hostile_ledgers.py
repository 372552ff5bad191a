"""Ledgers that hurt, made in memory: a size → entries as Beancount hands them over.

Beancount's own booking is linear in the open lots of an account, so that the largest of these would
take it hours; here the entries are built as it would have booked them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from beancount.core import data
from beancount.core.amount import Amount
from beancount.core.position import Cost
from beancount.parser import grammar, options

FIRST = datetime.date(2015, 1, 1)
DAY = datetime.timedelta(days=1)
STORE, BANK, COGS = "Assets:Inventory:Store", "Assets:Bank", "Expenses:COGS"
SALES = "Income:Sales"


class Hostile(NamedTuple):
    """A ledger that hurts."""

    entries: list[Any]
    options: dict[str, Any]
    config: str


@dataclass
class Writer:
    """Writes entries."""

    entries: list[Any] = field(default_factory=list)
    config: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0

    def __post_init__(self) -> None:
        for account in (STORE, BANK, COGS, SALES):
            self.open(account)

    def meta(self, meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The place of a new entry, and what else it says."""
        self.line += 1
        return {"filename": "<hostile>", "lineno": self.line, **(meta or {})}

    def open(self, account: str, booking: data.Booking | None = None, **meta: Any) -> None:
        """Open an account."""
        self.entries.append(data.Open(self.meta(_keys(meta)), FIRST, account, [], booking))

    def commodity(self, name: str, **meta: Any) -> None:
        """Describe an item."""
        self.entries.append(data.Commodity(self.meta(_keys(meta)), FIRST, name))

    def price(
        self, day: datetime.date, item: str, number: str | Decimal, currency: str = "USD"
    ) -> None:
        """Give an item a price."""
        amount = Amount(Decimal(number), currency)
        self.entries.append(data.Price(self.meta(), day, item, amount))

    def custom(self, day: datetime.date, name: str, values: Iterable[Any], **meta: Any) -> None:
        """Write a custom directive."""
        rows = [grammar.ValueType(value, type(value)) for value in values]
        self.entries.append(data.Custom(self.meta(_keys(meta)), day, name, rows))

    def move(
        self,
        day: datetime.date,
        lots: Iterable[tuple[str, str, Cost]],
        against: str = BANK,
        meta: Mapping[str, Any] | None = None,
        account: str = STORE,
    ) -> None:
        """Add or take out units: number, item, cost."""
        postings = []
        total: dict[str, Decimal] = {}
        for number, item, cost in lots:
            units = Decimal(number)
            postings.append(_post(account, Amount(units, item), cost, self.meta(meta)))
            total[cost.currency] = total.get(cost.currency, Decimal(0)) + units * cost.number
        for currency, amount in total.items():
            postings.append(_post(against, Amount(-amount, currency), None, self.meta()))
        self.add(day, postings)

    def add(self, day: datetime.date, postings: list[Any], *tags: str, **meta: Any) -> None:
        """Write a transaction."""
        tag_set = frozenset(tags)
        self.entries.append(
            data.Transaction(
                self.meta(_keys(meta)), day, "*", None, f"No. {self.line}", tag_set, frozenset(),
                postings,
            )
        )  # fmt: skip

    def finish(self, **config: Any) -> Hostile:
        """Return the ledger, sorted as Beancount sorts it, a month later."""
        self.price(max(entry.date for entry in self.entries) + 40 * DAY, "OTHER", "1.00")
        self.entries.sort(key=data.entry_sortkey)
        options_map = {**options.OPTIONS_DEFAULTS, "filename": "<hostile>"}
        return Hostile(self.entries, options_map, repr({"missing_price": "ignore", **config}))


def _keys(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in meta.items()}


def _post(account: str, units: Amount, cost: Cost | None, meta: dict[str, Any]) -> Any:
    return data.Posting(account, units, cost, None, None, meta)


def cost(
    number: str | int, day: datetime.date = FIRST, label: str | None = None, currency: str = "USD"
) -> Cost:
    """A cost per unit."""
    return Cost(Decimal(number), currency, day, label)


def month(number: int) -> datetime.date:
    """The 20th of a month after the first."""
    return datetime.date(FIRST.year + number // 12, number % 12 + 1, 20)


def many_lots(size: int) -> Hostile:
    """One item in so many open lots, a price a month around their cost."""
    book = Writer()
    for i in range(size):
        day = FIRST + (i * 3600 // size) * DAY
        book.move(day, [("3", "MUG", cost(f"{5 + i * 389 % 700 / 100:.2f}", day, f"{i}"))])
    for i in range(120):
        book.price(month(i), "MUG", f"{5 + i * 37 % 60 / 10:.2f}")
    return book.finish()


def many_lots_apart(size: int) -> Hostile:
    """The same, lot by lot, with reserves by age."""
    return many_lots(size)._replace(
        config=repr({"basis": "lot", "ageing": {180: "25%", 365: "50%"}, "missing_price": "ignore"})
    )


def many_items(size: int, **config: Any) -> Hostile:
    """So many items, each with a price in some months, half of them below cost."""
    book = Writer()
    for i in range(size):
        book.move(FIRST, [("10", f"ITEM{i}", cost("8.00"))])
        for j in range(i % 3, 12, 3):
            book.price(month(j), f"ITEM{i}", f"{6 + (i + j) % 4}.00")
    return book.finish(**config)


def many_items_in_all(size: int) -> Hostile:
    """The same, as one group, against a threshold in per cent."""
    return many_items(size, basis="total", materiality="1%")


def many_items_against_a_share(size: int) -> Hostile:
    """The same item by item, against a threshold in per cent."""
    return many_items(size, materiality="1%")


def many_items_in_accounts_of_items(size: int) -> Hostile:
    """The same, with an allowance account for each item and account."""
    book = Writer()
    for i in range(size):
        account = f"{STORE}:Item{i}"
        book.open(account)
        book.move(FIRST, [("10", f"ITEM{i}", cost("8.00"))], account=account)
        book.price(month(1), f"ITEM{i}", "6.00")
    return book.finish(accounts={"allowance": "Assets:Inventory:Allowance:{commodity}"})


def many_sales(size: int) -> Hostile:
    """One lot that was written down, in so many sales."""
    book = Writer()
    lot = cost("8.00")
    book.move(FIRST, [(str(size), "MUG", lot)])
    book.price(month(0), "MUG", "6.00")
    for i in range(size):
        book.move(month(1) + (i * 600 // size) * DAY, [("-1", "MUG", lot)], COGS)
    return book.finish()


def one_sale_of_many(size: int) -> Hostile:
    """So many items that were written down, in one sale."""
    book = Writer()
    lots = [(f"ITEM{i}", cost("8.00")) for i in range(size)]
    book.move(FIRST, [("10", *lot) for lot in lots])
    for item, _ in lots:
        book.price(month(0), item, "6.00")
    book.move(month(1), [("-4", *lot) for lot in lots], COGS)
    return book.finish()


def one_transfer_of_many(size: int) -> Hostile:
    """So many lots of an item that were written down, in one transfer."""
    book = Writer()
    book.open("Assets:Inventory:Depot")
    lots = [("MUG", cost("8.00", FIRST, f"{i}")) for i in range(size)]
    book.move(FIRST, [("10", *lot) for lot in lots])
    book.price(month(0), "MUG", "6.00")
    out = [_post(STORE, Amount(Decimal(-10), i), c, book.meta()) for i, c in lots]
    into = [
        _post("Assets:Inventory:Depot", Amount(Decimal(10), i), c, book.meta()) for i, c in lots
    ]
    book.add(month(1), out + into)
    return book.finish()


def daily_prices(size: int) -> Hostile:
    """A price on each of so many days, around cost, tested on each of them."""
    book = Writer()
    book.move(FIRST, [("10", "MUG", cost("8.00"))])
    for i in range(size):
        book.price(FIRST + i * DAY, "MUG", f"{6 + i * 7 % 40 / 10:.2f}")
    return book.finish(period="price")


def daily_prices_by_month(size: int) -> Hostile:
    """A price on each of so many days, tested by month."""
    return daily_prices(size)._replace(config="{}")


def negative_lots(size: int) -> Hostile:
    """So many lots of which more left than there was."""
    book = Writer()
    for i in range(size):
        book.move(FIRST, [("-1", "MUG", cost("8.00", FIRST, f"{i}"))])
    book.price(month(0), "MUG", "6.00")
    return book.finish()


def oversold_pool(size: int) -> Hostile:
    """A pool that is sold before it is bought, so many times."""
    book = Writer()
    book.open("Assets:Inventory:Pool", data.Booking.NONE)
    for i in range(size):
        day = FIRST + i * DAY
        book.move(day, [("-2", "MUG", cost("8.00", day))], account="Assets:Inventory:Pool")
        book.move(day, [("3", "MUG", cost(7 + i % 5, day))], account="Assets:Inventory:Pool")
        book.price(day, "MUG", f"{5 + i % 4}")
    return book.finish()


def six_currencies(size: int) -> Hostile:
    """So many items with cost in six currencies, prices in a seventh."""
    book = Writer()
    currencies = ["USD", "EUR", "GBP", "JPY", "CHF", "SEK"]
    for i in range(size):
        for currency in currencies:
            book.move(FIRST, [("5", f"ITEM{i}", cost("8.00", currency=currency))])
        book.price(month(i % 3), f"ITEM{i}", "6.00", "AUD")
    for j in range(12):
        for currency in currencies:
            book.price(month(j), "AUD", f"1.{j:02}", currency)
    return book.finish()


def statements(size: int) -> Hostile:
    """So many lots of an item, each with a label and a directive that names it."""
    book = Writer()
    for i in range(size):
        book.move(FIRST, [("5", "MUG", cost("8.00", FIRST, f"{i}"))])
        value = Amount(Decimal(i % 8), "USD")
        book.custom(FIRST + DAY * (30 * i // size), "invwd-nrv", ["MUG", value, "old"], lot=f"{i}")
    book.price(month(1), "MUG", "9.00")
    return book.finish()


def contracts(size: int) -> Hostile:
    """So many contracts for an item, within the same months."""
    book = Writer()
    book.move(FIRST, [(str(size), "MUG", cost("8.00"))])
    for i in range(size):
        values = [Amount(Decimal(1), "MUG"), Amount(Decimal(5 + i % 9), "USD")]
        book.custom(FIRST + i % 150 * DAY, "invwd-contract", values, until=month(11))
    book.price(month(0), "MUG", "6.00")
    book.price(month(12), "MUG", "6.00")
    return book.finish()


def booked(size: int) -> Hostile:
    """A write-down of each of so many items, booked on one day."""
    book = Writer()
    book.open("Assets:Inventory:Store:Allowance")
    end = datetime.date(2015, 1, 31)
    for i in range(size):
        book.move(FIRST, [("10", f"ITEM{i}", cost("8.00"))])
        book.price(month(0), f"ITEM{i}", "6.00")
        rows = [("Assets:Inventory:Store:Allowance", "-20.00"), (COGS, "20.00")]
        postings = [_post(a, Amount(Decimal(n), "USD"), None, book.meta()) for a, n in rows]
        book.add(end, postings, "invwd", invwd_group=f"ITEM{i}", invwd="write-down")
    return book.finish()


def booked_otherwise(size: int) -> Hostile:
    """The same, each by another amount than a measurement gives, and releases."""
    ledger = booked(size)
    entries: list[Any] = []
    for entry in ledger.entries:
        if isinstance(entry, data.Transaction) and entry.tags:
            rows = [
                row._replace(units=row.units._replace(number=row.units.number / 2))
                for row in entry.postings
                if row.units is not None and row.units.number is not None
            ]
            entries.append(entry._replace(postings=rows))
        else:
            entries.append(entry)
    return ledger._replace(entries=entries)


def material_chain(size: int) -> Hostile:
    """Parts of parts of parts, so deep; only the last product has a price."""
    book = Writer()
    for i in range(size):
        book.commodity(f"PART{i}", invwd_used_in=f"PART{i + 1}")
        book.move(FIRST, [("10", f"PART{i}", cost("8.00"))])
    book.move(FIRST, [("10", f"PART{size}", cost("8.00"))])
    book.commodity(f"PART{size}")
    book.price(month(0), f"PART{size}", "6.00")
    return book.finish()


def material_chain_without_price(size: int) -> Hostile:
    """The same, but that nobody knows what the product sells for."""
    ledger = material_chain(size - 1)
    entries = [
        entry
        for entry in ledger.entries
        if not (isinstance(entry, data.Price) and entry.currency.startswith("PART"))
    ]
    return ledger._replace(entries=entries, config="{}")


def material_lattice(size: int) -> Hostile:
    """Parts of which each goes into both of the next stage, so many stages."""
    book = Writer()
    for i in range(size):
        for side in "AB":
            book.commodity(f"PART{side}{i}", invwd_used_in=f"PARTA{i + 1}, PARTB{i + 1}")
    book.move(FIRST, [("10", "PARTA0", cost("8.00"))])
    for side in "AB":
        name = f"PART{side}{size}"
        book.commodity(name)
        book.move(FIRST, [("10", name, cost("8.00"))])
        book.price(month(0), name, "6.00")
    return book.finish()


def wrong_directives(size: int) -> Hostile:
    """So many directives of an item that say nothing."""
    book = Writer()
    book.move(FIRST, [("10", "MUG", cost("8.00"))])
    for i in range(size):
        book.custom(FIRST + i % 300 * DAY, "invwd-nrv", ["MUG", f"much {i}"])
    book.price(month(0), "MUG", "6.00")
    return book.finish()


def wrong_lots(size: int) -> Hostile:
    """So many lots of an item that say nonsense, each another."""
    book = Writer()
    for i in range(size):
        book.move(FIRST, [("1", "MUG", cost("8.00", FIRST, f"{i}"))], meta={"expires": f"soon {i}"})
    book.price(month(0), "MUG", "6.00")
    return book.finish()


def wrong_bookings(size: int) -> Hostile:
    """So many booked movements of an item that nobody can take."""
    book = Writer()
    book.open("Assets:Inventory:Store:Allowance")
    book.move(FIRST, [("10", "MUG", cost("8.00"))])
    for i in range(size):
        rows = [("Assets:Inventory:Store:Allowance", f"-{1000 + i}"), (COGS, f"{1000 + i}")]
        postings = [_post(a, Amount(Decimal(n), "USD"), None, book.meta()) for a, n in rows]
        book.add(FIRST + i % 90 * DAY, postings, "invwd", invwd_group="MUG")
    return book.finish()


def foreign_costs(size: int) -> Hostile:
    """So many items whose cost is in another currency than the policy's selling cost."""
    book = Writer()
    for i in range(size):
        book.move(FIRST, [("10", f"ITEM{i}", cost("8.00", currency="EUR"))])
    return book.finish(selling_cost="1 USD")


def closed_allowances(size: int) -> Hostile:
    """So many accounts with a closed allowance account, in a chain of transfers."""
    book = Writer()
    names = [f"Assets:Inventory:Place{i}" for i in range(size)]
    for name in names:
        book.open(name)
        book.move(FIRST, [("10", "MUG", cost("8.00"))], account=name)
    book.open(f"{names[0]}:Allowance")
    book.entries.append(data.Close(book.meta(), FIRST + DAY, f"{names[0]}:Allowance"))
    book.price(month(0), "MUG", "6.00")
    for i in range(size - 1):
        out = _post(names[i + 1], Amount(Decimal(-1), "MUG"), cost("8.00"), book.meta())
        into = _post(names[i], Amount(Decimal(1), "MUG"), cost("8.00"), book.meta())
        book.add(month(1) + i % 20 * DAY, [out, into])
    return book.finish(basis="lot")


LEDGERS: dict[str, tuple[Callable[[int], Hostile], int]] = {
    row.__name__: (row, size)
    for row, size in (
        (many_lots, 100_000),
        (many_lots_apart, 100_000),
        (many_items, 20_000),
        (many_items_in_all, 20_000),
        (many_items_against_a_share, 20_000),
        (many_items_in_accounts_of_items, 20_000),
        (many_sales, 100_000),
        (one_sale_of_many, 5_000),
        (one_transfer_of_many, 20_000),
        (daily_prices, 30 * 365),
        (daily_prices_by_month, 30 * 365),
        (negative_lots, 100_000),
        (oversold_pool, 10_000),
        (six_currencies, 1_000),
        (statements, 10_000),
        (contracts, 3_000),
        (booked, 20_000),
        (booked_otherwise, 20_000),
        (material_chain, 2_000),
        (material_chain_without_price, 2_000),
        (material_lattice, 200),
        (wrong_directives, 10_000),
        (wrong_lots, 10_000),
        (wrong_bookings, 10_000),
        (foreign_costs, 20_000),
        (closed_allowances, 3_000),
    )
}
