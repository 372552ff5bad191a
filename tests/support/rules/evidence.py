"""What the ledger says of values: prices, rates, stated values, replacement costs (section 4).

Every question is answered by reading the ledger from top to bottom.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any, Final, NamedTuple

from beancount.core import data

from tests.support.rules.exact import number_of
from tests.support.rules.goods import Books, Item, Lot

MADE_BY_PLUGIN: Final = "__implicit_prices__"


class Stated(NamedTuple):
    """A number with its date."""

    day: date
    number: Fraction


class Since(NamedTuple):
    """The date from which a directive counts, and whether it came later, as evidence of it."""

    day: date
    is_later: bool


def counts_since(books: Books, entry: Any, day: date) -> Since | None:
    """Return the date from which a price or a stated value counts on a day; None if not yet.

    With `invwd-as-of` it counts from that date on, unless that period is closed; from its own date
    on it is one of its own date.
    """
    if entry.date <= day:
        return Since(entry.date, is_later=False)
    as_of = entry.meta.get("invwd-as-of")
    if as_of is not None and books.policy.closed_through() < as_of <= day:
        return Since(as_of, is_later=True)
    return None


def is_evidence(books: Books, entry: data.Price) -> bool:
    """Whether a price directive says what goods sell for.

    What `implicit_prices` made does only if a posting of that day, item and price takes units out
    by an `@`, and neither it nor its transaction is excluded.
    """
    if entry.meta.get("invwd-exclude") is True:
        return False
    if MADE_BY_PLUGIN not in entry.meta:
        return True
    return any(
        posting.price == entry.amount
        for transaction in books.entries
        if isinstance(transaction, data.Transaction) and transaction.date == entry.date
        for posting in transaction.postings
        if is_sale(transaction, posting, entry.currency)
    )


def is_sale(transaction: data.Transaction, posting: data.Posting, item: str) -> bool:
    """Whether a posting takes units of an item out, in the ordinary course of business."""
    units = posting.units
    is_excluded = any(
        (meta or {}).get("invwd-exclude") is True for meta in (transaction.meta, posting.meta)
    )
    is_out = units is not None and units.currency == item and number_of(units) < 0
    return is_out and not is_excluded


def find_rate(books: Books, source: str, target: str, day: date) -> Fraction | None:
    """Return the closing rate: the newer of the rate and the inverse of the opposite one."""
    forth: Stated | None = None
    back: Stated | None = None
    for entry in books.entries:
        is_rate = isinstance(entry, data.Price) and entry.meta.get("invwd-exclude") is not True
        if is_rate and entry.date <= day:
            pair = entry.currency, entry.amount.currency
            if pair == (source, target):
                forth = Stated(entry.date, number_of(entry.amount))
            elif pair == (target, source) and number_of(entry.amount):
                back = Stated(entry.date, 1 / number_of(entry.amount))
    if forth and (not back or forth.day >= back.day):
        return forth.number
    return back.number if back else None


def find_price(
    books: Books, item: str, currency: str, day: date, max_age: int | None
) -> Stated | None:
    """Return the newest price of an item that counts."""
    found: list[tuple[Since, bool, str, Fraction]] = []
    for entry in books.entries:
        if not isinstance(entry, data.Price) or entry.currency != item:
            continue
        since = counts_since(books, entry, day)
        if since is None:
            continue
        other = entry.amount.currency
        rate = Fraction(1) if other == currency else find_rate(books, other, currency, day)
        if not is_stale(since.day, day, max_age) and rate is not None and is_evidence(books, entry):
            number = number_of(entry.amount) * rate
            found.append((since, other != currency, other, number))
    newest = [row for row in found if row[0] == max(other[0] for other in found)]
    if not newest:
        return None
    first = min(row[1:3] for row in newest)
    return next(Stated(row[0].day, row[3]) for row in reversed(newest) if row[1:3] == first)


def is_stale(then: date, day: date, max_age: int | None) -> bool:
    """Whether evidence is older than so many days."""
    return max_age is not None and (day - then).days > max_age


def find_stated(books: Books, lot: Lot, day: date, *, of_lot: bool) -> Stated | None:
    """Return the latest `invwd-nrv` directive in force, for the whole item or for the lot."""
    in_force: dict[tuple[Any, ...], tuple[Since, int, Fraction]] = {}
    known: list[tuple[Since, int, data.Custom]] = []
    for order, entry in enumerate(books.entries):
        if not isinstance(entry, data.Custom) or entry.type != "invwd-nrv":
            continue
        since = counts_since(books, entry, day)
        if since is not None and entry.values[0].value == lot.commodity:
            known.append((since, order, entry))
    for since, order, entry in sorted(known, key=lambda row: row[:2]):
        key = tuple(entry.meta.get(name) for name in ("lot", "account", "date"))
        value = entry.values[1].value
        if isinstance(value, str):  # "end"
            in_force.pop(key, None)
        elif value.currency == lot.currency:
            in_force[key] = (since, order, number_of(value))
    this = (lot.label, lot.account, lot.day)
    fitting = [
        stated
        for key, stated in in_force.items()
        if any(part is not None for part in key) == of_lot
        and all(part in (None, own) for part, own in zip(key, this, strict=True))
    ]
    if not fitting:
        return None
    newest = max(fitting)
    return Stated(newest[0].day, newest[2])


def find_replacement(books: Books, item: Item, day: date) -> Stated | None:
    """Return the latest `invwd-replacement-cost` directive."""
    best: Stated | None = None
    for entry in books.entries:
        if isinstance(entry, data.Custom) and entry.type == "invwd-replacement-cost":
            value = entry.values[1].value
            is_of_item = (entry.values[0].value, value.currency) == item[1:]
            if entry.date <= day and is_of_item:
                best = Stated(entry.date, number_of(value))
    return best


def find_purchase(books: Books, item: Item) -> Stated | None:
    """Return the unit cost of the newest purchase."""
    bought = [row for row in books.purchases if row.item == item]
    bought = [row for row in bought if not (row.is_made or row.is_ordered)]
    return Stated(bought[-1].day, bought[-1].unit_cost) if bought else None


def find_replacement_cost(
    books: Books, item: Item, day: date, max_age: int | None
) -> Fraction | None:
    """Return the newer of the stated replacement cost and the newest purchase, if not too old."""
    found = [find_purchase(books, item), find_replacement(books, item, day)]
    known = [stated for stated in found if stated is not None]
    if not known:
        return None
    newest = max(reversed(known), key=lambda stated: stated.day)  # same day: the directive
    return None if is_stale(newest.day, day, max_age) else newest.number
