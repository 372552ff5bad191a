"""What a ledger states → errors where that is about nothing that was ever there.

These checks need the whole ledger: which items, accounts and labels there ever were.
"""

from __future__ import annotations

import datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.commitments import Commitment
from beancount_invwd.directives.estimates import Estimate, find_stranger
from beancount_invwd.directives.later import find_own_date
from beancount_invwd.directives.metadata import AS_OF, EXCLUDE, MARK, OWN_USE, show
from beancount_invwd.directives.mistakes import Mistakes, find_meta
from beancount_invwd.directives.statements import (
    SOLD,
    Assertion,
    Closing,
    Contract,
    Directive,
    Statement,
)
from beancount_invwd.directives.temporary import Temporary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.read import Directives

_MOST_NAMES = 20
_Batch = tuple[Any, Any, "datetime.date | None"]  # transaction, posting, the day it expires
_Seen = set[tuple[str | None, str | None, datetime.date | None]]
"""Account, label and cost date of the lots that an item ever had; with None for any of them."""


def check_directives(
    directives: Directives,
    mistakes: Mistakes,
    seen: Iterable[tuple[str, str, str | None, datetime.date | None]],
    currencies: Mapping[str, Collection[str]],
) -> None:
    """Report directives that name an item, lot, account or currency which was never there.

    Args:
        directives: What the ledger states.
        mistakes: Takes what is wrong.
        seen: Commodity, account, label and cost date of every lot there ever was.
        currencies: The items that inventory accounts ever held, with those of their cost.
    """
    named = {row.item for row in directives.by_entry.values() if isinstance(row, Statement)}
    lots: dict[str, _Seen] = {}
    for item, account, label, date in seen:
        if item in named:
            combinations = product((account, None), (label, None), (date, None))
            lots.setdefault(item, set()).update(combinations)
    _check_materials(directives.chart, mistakes, currencies)
    ordered = {row.item for row in directives.by_entry.values() if isinstance(row, Commitment)}
    for row in directives.by_entry.values():
        if isinstance(row, Closing | Commitment):
            continue
        if isinstance(row, Estimate):
            _check_estimate(row, directives.chart, mistakes, {*currencies, *ordered})
            continue
        if row.item not in currencies:
            is_known = row.item in mistakes.commodities or row.item in ordered
            problem = None if is_known else _tell_unknown(row)
        elif isinstance(row, Temporary):
            continue
        else:
            had = lots.get(row.item, set())
            problem = _check(row, had, currencies[row.item], directives.chart)
        if problem:
            mistakes.block(row.item, row.entry.meta, problem, row.entry)
    for row in _list_idle_ends(directives.by_entry.values()):
        mistakes.report(id(row.entry), row.entry.meta, _tell_idle_end(row), row.entry)


def _check_estimate(
    row: Estimate, chart: Chart, mistakes: Mistakes, items: Collection[str]
) -> None:
    problem = find_stranger(row, chart, {*items, *mistakes.commodities})
    if problem:
        mistakes.report(id(row.entry), row.entry.meta, problem, row.entry)


def _check_materials(chart: Chart, mistakes: Mistakes, items: Collection[str]) -> None:
    known = {*items, *mistakes.commodities, *mistakes.left_out}
    for material, found in chart.items.list_materials():
        for name in found.used_in:
            if name not in known:
                message = (
                    f"invwd-used-in names {name}, which is no item of this ledger; check its name"
                )
                mistakes.block(material, found.meta, message)


def _list_idle_ends(rows: Iterable[Directive]) -> Iterator[Statement]:
    """The `invwd-nrv` directives with "end" that end nothing."""
    stated: set[tuple[Any, ...]] = set()
    for row in rows:
        if isinstance(row, Statement) and find_own_date(row.entry) is None:
            target = (row.item, row.label, row.account, row.cost_date)
            if row.number is not None:
                stated.add(target)
            elif target in stated:
                stated.remove(target)
            else:
                yield row


def _tell_idle_end(row: Statement) -> str:
    where = f' lot "{row.label}"' if row.label else ""
    where += f" in {row.account}" if row.account else ""
    where += f" of {row.cost_date}" if row.cost_date else ""
    return (
        f"there is no invwd-nrv of {row.item}{where} before {row.date} that could end; "
        "name the same item, lot, account and date as the directive to end"
    )


def _tell_unknown(row: Assertion | Temporary) -> str:
    name, item = row.entry.type, row.item
    form = f"; its form is {SOLD}" if isinstance(row, Contract) else ""
    return f"{name} names {item}, which no inventory account ever held; check its name{form}"


def _check(row: Assertion, lots: _Seen, currencies: Collection[str], chart: Chart) -> str | None:
    if row.currency is not None and row.currency not in currencies:
        cost = " and ".join(sorted(currencies))
        name = row.entry.type
        return f"{name} is in {row.currency}, but {row.item} costs {cost}; state it in {cost}"
    return _check_target(row, lots, chart) if isinstance(row, Statement) else None


def _check_target(row: Statement, lots: _Seen, chart: Chart) -> str | None:
    if (row.account, row.label, row.cost_date) in lots:
        return None
    name, item, where = row.entry.type, row.item, ""
    if row.account is not None:
        if (row.account, None, None) not in lots:
            if row.account not in chart.opens or not chart.is_matched(row.account):
                return f"{name} names {row.account}, which is no inventory account; check its name"
            had = _list({account for account, _, _ in lots if account})
            return f"{name} names {row.account}, which never held {item}; {had} did"
        where = f" in {row.account}"
    if (row.account, row.label, None) not in lots:
        labels = {f'"{label}"' for account, label, _ in lots if account == row.account and label}
        had = _list(labels or {"none"})
        return f'{name} names lot "{row.label}", which {item} never had{where}; it had {had}'
    dates = {str(date) for *place, date in lots if place == [row.account, row.label] and date}
    return (
        f"{name} names the lot of {row.cost_date}, which {item} never had{where}; it had those of "
        f"{_list(dates or {'none'})}"
    )


def _list(names: Collection[str]) -> str:
    """List names, at most as many as can be read."""
    listed = sorted(names)
    listed[_MOST_NAMES:] = ["…"] if len(listed) > _MOST_NAMES else []
    return ", ".join(listed)


def check_opens(chart: Chart, mistakes: Mistakes, held: Collection[str]) -> None:
    """Report what an Open states of lots that are not in its account.

    Args:
        chart: The accounts.
        mistakes: Takes what is wrong.
        held: The accounts that ever held lots.
    """
    for account, found in chart.stated.items():
        if (account in held and OWN_USE not in found.stated) or account in chart.broken:
            continue
        names = ", ".join(found.stated)
        is_idle = OWN_USE in found.stated and not chart.is_outside(account)
        below = sorted(name for name in held if name.startswith(f"{account}:"))
        if below:
            problem = (
                f"{names} on {account} says nothing on the lots of {below[0]}; put it on the "
                "Open of each account that holds goods"
            )
        elif is_idle:
            problem = (
                f"{OWN_USE} says nothing on {account}; put it on the Open of an account under "
                "Assets that holds no inventory, or remove it"
            )
        elif found.stated.keys() - {EXCLUDE, OWN_USE} and not chart.is_matched(account):
            problem = (
                f"{names} says nothing on {account}, which is no inventory account; put it on "
                "the Open of one, or remove it"
            )
        else:
            continue
        entry = chart.opens[account]
        mistakes.report((account, problem), entry.meta, problem, entry)


def check_batches(rows: Iterable[_Batch], mistakes: Mistakes) -> None:
    """Report goods with one label that do not expire on one day, where the later ones came in.

    Args:
        rows: The lots of items with such labels, in the order in which they came into being.
        mistakes: Takes what is wrong.
    """
    firsts: dict[tuple[str, str], _Batch] = {}
    for row in rows:
        txn, posting, expires = row
        item, label = posting.units.currency, posting.cost.label
        first = firsts.setdefault((item, label), row)
        if first[2] != expires:
            was = "not stated" if first[2] is None else first[2]
            now = "not stated" if expires is None else expires
            problem = (
                f'expires of lot "{label}" of {item} was {was} in {first[1].account} on '
                f"{first[0].date}, now it is {now}; state the same day, or give the new units a "
                "label of their own"
            )
            mistakes.block(item, find_meta(txn, posting), problem, txn)


def check_price(entry: Any, mistakes: Mistakes) -> None:
    """Report unknown metadata of a price directive."""
    for name, value in entry.meta.items():
        if not name.startswith(MARK):
            continue
        if name == AS_OF:  # judged where it is put in its place
            continue
        if name != EXCLUDE:
            known = f"{EXCLUDE}, {AS_OF}"
            problem = f"unknown metadata {name} on a price; known are {known}"
        elif not isinstance(value, bool):
            problem = f"invwd-exclude is {show(value)}; allowed is TRUE or FALSE"
        else:
            continue
        mistakes.block(entry.currency, entry.meta, problem, entry)
