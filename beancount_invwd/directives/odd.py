"""Entries → those that can be read, and an error for each that Beancount itself would never make.

Another plugin may hand over what no ledger can say: a time of day as cost date, a cost that was not
booked, a price that is no decimal number. It is looked for only once a rule failed, since a look at
each posting would cost every load. What is odd is left out, and the items that it names are not
measured; the rest goes on.

    2024-01-05 *  10 MUG {8.00 USD, datetime(2024, 1, 5, 9, 30)}   MUG is left out, CUP is measured
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from beancount.core import data

from beancount_invwd.ground.errors import InvwdError, error_at
from beancount_invwd.ground.records import NamedTuple


class Sound(NamedTuple):
    """A ledger without what is odd.

    Attributes:
        entries: The entries that can be read.
        items: What the others name.
        errors: One for each of the others.
    """

    entries: Sequence[Any]
    items: set[str]
    errors: list[InvwdError]


def leave_out_odd(entries: Sequence[Any]) -> Sound:
    """Leave out the entries that cannot be read."""
    readable, named, errors = [], set[str](), []
    for entry in entries:
        oddity = next(_list_oddities(entry), None)
        if oddity is None:
            readable.append(entry)
            continue
        items = set(_list_items(entry, entries))
        named |= items
        errors.append(_tell(entry, oddity, items))
    return Sound(readable, named, errors)


def _tell(entry: Any, oddity: str, items: set[str]) -> InvwdError:
    names = ", ".join(sorted(items))
    message = (
        f"{oddity}, which Beancount itself never makes; beancount_invwd leaves out this "
        f"{type(entry).__name__.lower()}{' and does not assess ' if names else ''}{names}; mend "
        'the plugin that made it, or put plugin "beancount_invwd" before it'
    )
    return error_at(entry.meta if isinstance(entry.meta, dict) else {}, message)


def _list_oddities(entry: Any) -> Iterator[str]:
    """What of an entry cannot be read."""
    yield from _list_odd_keys(entry.meta)
    if type(entry) is data.Price:
        yield from _list_odd_amounts("the price", entry.amount)
    elif type(entry) is data.Transaction:
        for posting in entry.postings:
            yield from _list_odd_keys(posting.meta)
            yield from _list_odd_amounts("the amount of a posting", posting.units)
            if posting.cost is not None:
                yield from _list_odd_costs(posting.cost)


def _list_odd_keys(meta: Any) -> Iterator[str]:
    for key in meta or ():
        if not isinstance(key, str):
            yield f"a key of the metadata is {key!r}"


def _list_odd_amounts(name: str, amount: Any) -> Iterator[str]:
    number = getattr(amount, "number", None)
    if type(number) is not Decimal or not number.is_finite():
        yield f"{name} is {_show(amount if number is None else number)}"
    elif not isinstance(amount.currency, str):
        yield f"the currency of {name} is {_show(amount.currency)}"


def _list_odd_costs(cost: Any) -> Iterator[str]:
    if not hasattr(cost, "number"):
        yield "the cost of a posting is not booked"
        return
    yield from _list_odd_amounts("the cost of a posting", cost)
    if cost.date is not None and type(cost.date) is not datetime.date:
        yield f"the date of a cost is {_show(cost.date)}"
    if cost.label is not None and not isinstance(cost.label, str):
        yield f"the label of a cost is {_show(cost.label)}"


def _show(value: Any) -> str:
    """What a value is, and of which kind, as it is none that is expected there."""
    return f"{value} ({type(value).__name__})"


def _list_items(entry: Any, entries: Sequence[Any]) -> Iterator[str]:
    """What an entry says something of: its goods, or those of its account."""
    if type(entry) is data.Transaction:
        yield from (_get_item(row) for row in entry.postings if row.cost is not None)
    elif type(entry) is data.Price or type(entry) is data.Commodity:
        yield entry.currency
    elif type(entry) is data.Open:
        for other in entries:
            if type(other) is data.Transaction:
                rows = (row for row in other.postings if row.account == entry.account)
                yield from (_get_item(row) for row in rows if row.cost is not None)
    elif type(entry) is data.Custom:
        values = (row.value for row in entry.values or ())
        yield from (value for value in values if isinstance(value, str))


def _get_item(posting: Any) -> str:
    currency = getattr(posting.units, "currency", None)
    return currency if isinstance(currency, str) else ""
