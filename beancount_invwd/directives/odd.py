"""Entries → those that can be read, and an error for each that Beancount itself would never make.

Another plugin may hand over what no ledger can say: a time of day as cost date, a cost that was not
booked, a price that is no decimal number. It is looked for only once a rule failed, since a look at
each posting would cost every load. What is odd is left out, and so are the items that it names, as
if they were excluded: nothing that is written of half of their goods is right. The rest goes on.

    2024-01-05 *  10 MUG {8.00 USD, datetime(2024, 1, 5, 9, 30)}   MUG is left out, CUP is measured
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from operator import is_
from typing import Any

from beancount.core import data

from beancount_invwd.directives.together import Together
from beancount_invwd.ground.errors import InvwdError, error_at, read_place
from beancount_invwd.ground.records import NamedTuple

_OF_ACCOUNTS = (data.Open, data.Close)
"""What says since when and until when there is an account, whatever else is stated."""


class Sound(NamedTuple):
    """A ledger without what is odd.

    Attributes:
        entries: The entries that can be read.
        items: What the others name.
        errors: One for each of the others.
        odd: The others, by identity.
    """

    entries: Sequence[Any]
    items: set[str]
    errors: list[InvwdError]
    odd: frozenset[int] = frozenset()


def leave_out_odd(entries: Sequence[Any]) -> Sound:
    """Leave out the entries that cannot be read, and what is about their items alone.

    What only has no file or line, which says nothing of goods, is read without them.

    Returns:
        The same entries if none of them is odd.
    """
    placed = [_place(entry) for entry in entries]
    readable, odd = [], []
    for entry in placed:
        oddity = next(_list_oddities(entry), None)
        if oddity is not None:
            odd.append((entry, oddity))
        if oddity is None or type(entry) in _OF_ACCOUNTS:
            readable.append(
                entry if oddity is None else entry._replace(meta=read_place(entry.meta))
            )
    if not odd:
        is_same = all(map(is_, placed, entries))
        return Sound(entries if is_same else placed, set(), [])
    together, named, errors = Together(placed), set[str](), []
    for entry, oddity in odd:
        items = together.find_items(entry)
        named |= items
        errors.append(_tell(entry, oddity, items))
    sound = [row for row in readable if not together.is_about(row, named)]
    return Sound(sound, named, errors, find_odd(entries))


def find_odd(entries: Iterable[Any]) -> frozenset[int]:
    """Find the entries that cannot be read, by identity."""
    return frozenset(id(entry) for entry in entries if any(_list_oddities(entry)))


def _place(entry: Any) -> Any:
    """The same entry, with a file and a line, by which Beancount sorts."""
    meta = entry.meta
    place = read_place(meta)
    if isinstance(meta, dict) and meta.items() >= place.items():
        return entry
    return entry._replace(meta={**(meta if isinstance(meta, dict) else {}), **place})


def _tell(entry: Any, oddity: str, items: set[str]) -> InvwdError:
    names = ", ".join(sorted(items))
    message = (
        f"{oddity}, which Beancount itself never makes; beancount_invwd leaves out this "
        f"{type(entry).__name__.lower()}{' and does not assess ' if names else ''}{names}; mend "
        'the plugin that made it, or put plugin "beancount_invwd" before it'
    )
    return error_at(entry.meta, message)


def _list_oddities(entry: Any) -> Iterator[str]:
    """What of an entry cannot be read."""
    yield from _list_odd_keys(entry.meta)
    if type(entry) is data.Price:
        yield from _list_odd_amounts("the price", entry.amount)
    elif type(entry) is data.Transaction:
        posting: Any
        for posting in entry.postings:
            if not isinstance(posting.account, str):
                yield f"the account of a posting is {_show(posting.account)}"
            if posting.meta is not None and not isinstance(posting.meta, dict):
                yield f"the metadata of a posting is {_show(posting.meta)}"
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
