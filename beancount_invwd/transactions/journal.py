"""Movements → transactions and Opens, as an accountant would have typed them.

    2024-06-30 * "Write-down of WIDGET to net realisable value: 100 units, cost … USD"
      Assets:Inventory:Store:Allowance   -250.00 USD
      Expenses:Inventory:Write-Down       250.00 USD

A loss is a line of its own, or part of cost of goods sold while the losses of the fiscal year stay
below the materiality threshold (ACCOUNTING section 7).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data
from beancount.core.amount import Amount

from beancount_invwd.directives.metadata import TAG
from beancount_invwd.ground.dates import fiscal_year_end
from beancount_invwd.ground.errors import InvwdError, error_at
from beancount_invwd.ground.money import CENT, ONE, ZERO, round_money, round_number

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.allowance.groups import Group
    from beancount_invwd.directives.scope import Scope
    from beancount_invwd.directives.targets import Targets
    from beancount_invwd.movements.movement import Movement
    from beancount_invwd.policy.policy import Policy

FILENAME = "<beancount_invwd>"
_FIRST_LINE = 10**9  # behind the day's other transactions, by Beancount's sort
_TAGS = frozenset({TAG})
_NO_LINKS: frozenset[str] = frozenset()
_MOST_DECIMALS = 6

MEASURED = {
    "cost": ("cost", "value"),
    "replacement": ("replacement cost", "replacement cost"),
    "ageing": ("cost less a rate by age", "value"),
    "idle": ("cost less a rate for idle goods", "value"),
    "coverage": ("cost less a rate by days of supply", "value"),
    "floor": ("net realisable value less normal margin", "market"),
    "used-in": ("cost", "cost"),
}
NRV = ("net realisable value", "NRV")
_CORRECTED = {
    "reversal": "Reversal of write-down of {name}: booked for more than its lots can carry",
    "write-down": "Write-down of {name}: taken back for more than its lots carried",
    "transfer": "Transfer of write-down of {name} between accounts: booked where no lot carries it",
}
_USUAL = {"price", "nrv", *MEASURED} - {"used-in"}
"""Reasons that need no word of their own."""


class _Figures(NamedTuple):
    """The figures of a movement as they are written: trimmed, and rounded."""

    quantity: Decimal
    cost: Decimal
    measure: Decimal


class Journal:
    """Writes the plugin's entries.

    Args:
        policy: The policy.
        scope: Gives quanta and the ledger's own Opens and Closes.
        targets: Gives accounts.
        filename: The ledger's file; sources are named relative to its folder.
    """

    def __init__(
        self,
        policy: Policy,
        scope: Scope,
        targets: Targets,
        filename: str,
    ) -> None:
        self._policy = policy
        self._scope = scope
        self._targets = targets
        self._lines = _FIRST_LINE
        self._texts: dict[tuple[datetime.date, str], int] = {}
        self._folder = os.path.dirname(filename)  # noqa: PTH120 (pathlib takes 8 ms to import)
        self._places: dict[str, str] = {}
        self._has_entities = any("entity" in row.groupindex for row in policy.inventory)

    def write(self, movements: Sequence[Movement]) -> tuple[list[Any], list[InvwdError]]:
        """Write movements as transactions, and open the accounts that they need.

        Args:
            movements: In the order of their dates.

        Returns:
            New entries, and an error for each account that the ledger itself opens in a way that
            forbids them; movements that depend on such an account are not written.
        """
        drafts, opens = self._draft(movements), self._scope.opens
        errors, refused = self._refuse(drafts)
        entries = []
        first_use: dict[str, datetime.date] = {}
        for movement, postings in drafts:
            if refused and refused.intersection(postings):
                continue
            for account in postings:
                if account not in opens and account not in first_use:
                    first_use[account] = movement.date
            entries.append(self._make_transaction(movement, postings))
        opened = [self._make_open(account, date) for account, date in first_use.items()]
        return opened + entries, errors

    def _draft(self, movements: Sequence[Movement]) -> list[tuple[Movement, dict[str, Decimal]]]:
        """Choose the accounts of each movement; amounts by account, debits positive."""
        immaterial = _find_immaterial(movements, self._policy)
        drafts = []
        for movement in movements:
            if movement.is_booked:
                continue
            postings = {account: -change for account, change in movement.changes.items()}
            is_material = id(movement) not in immaterial
            for account, amount in self._choose_results(movement, is_material=is_material):
                postings[account] = postings.get(account, ZERO) + amount
            drafts.append((movement, postings))
        return drafts

    def _choose_results(
        self, movement: Movement, *, is_material: bool
    ) -> list[tuple[str, Decimal]]:
        """The accounts of the income statement, debits positive."""
        group = movement.group
        if movement.credits:
            return [
                (account or self._account("reversal", group), -amount)
                for account, amount in movement.credits.items()
            ]
        if movement.kind == "transfer":
            return []
        kind = {"write-down": "loss", "write-off": "write_off"}.get(movement.kind, movement.kind)
        if not is_material:
            kind = "cogs"
        return [(self._account(kind, group), movement.change)]

    def _account(self, kind: str, group: Group) -> str:
        return self._targets.result_account(kind, group.entity, group.commodity, group.category)

    def _refuse(
        self, drafts: Sequence[tuple[Movement, dict[str, Decimal]]]
    ) -> tuple[list[InvwdError], set[str]]:
        """Find accounts that the ledger opens in a way that forbids what is to be written.

        What shares an allowance account with a refused movement is refused too: without it the
        balance of that account would be no allowance any more.
        """
        errors: dict[str, InvwdError] = {}
        refused: set[str] = set()
        opens = self._scope.opens
        for movement, postings in drafts:
            for account in postings:
                if account not in opens:
                    continue
                problem = self._find_problem(account, movement)
                if problem is not None:
                    errors.setdefault(account, problem)
                    refused |= movement.changes.keys()
        is_growing = bool(refused)
        while is_growing:
            known = len(refused)
            for movement, _ in drafts:
                if refused.intersection(movement.changes):
                    refused |= movement.changes.keys()
            is_growing = len(refused) > known
        return list(errors.values()), refused

    def _find_problem(self, account: str, movement: Movement) -> InvwdError | None:
        entry, close = self._scope.opens[account], self._scope.closes.get(account)
        currency = movement.group.currency
        if entry.date > movement.date:
            remedy = f"open it on {movement.date} or before"
            return error_at(
                entry.meta,
                f"{account} is opened on {entry.date}, but needed earlier; {remedy}",
                entry,
            )
        if entry.currencies and currency not in entry.currencies:
            held = ", ".join(entry.currencies)
            message = f"{account} is opened for {held} only, but {currency} has to be written to it"
            return error_at(entry.meta, f"{message}; add {currency} to its open", entry)
        if close is not None and close.date < movement.date:
            message = f"{account} is closed on {close.date}, but needed on {movement.date}"
            remedy = "close it later, or set another account in 'accounts'"
            return error_at(close.meta, f"{message}; {remedy}", close)
        return None

    def _make_open(self, account: str, date: datetime.date) -> Any:
        return data.Open(self._make_meta(), date, account, None, None)  # type: ignore[arg-type]

    def _make_meta(self) -> dict[str, Any]:
        self._lines += 1
        return {"filename": FILENAME, "lineno": self._lines}

    def _make_transaction(self, movement: Movement, amounts: Mapping[str, Decimal]) -> Any:
        currency = movement.group.currency
        quantum = self._scope.quantum(currency)
        figures = _Figures(
            _trim(movement.quantity),
            round_money(movement.cost, quantum),
            round_money(movement.measure or ZERO, quantum),
        )
        text = self._narrate(movement, figures) + self._tell_correction(movement)
        key = (movement.date, text)
        count = self._texts[key] = self._texts.get(key, 0) + 1
        if count > 1:  # beancount.plugins.noduplicates ignores metadata
            text += f" ({count})"
        make = tuple.__new__  # quicker than the constructors
        posting, units = data.Posting, Amount
        postings = [
            make(posting, (account, make(units, (amount, currency)), None, None, None, None))
            for account, amount in amounts.items()
        ]
        links = movement.source.links if movement.source is not None else None
        meta = self._describe(movement, figures)
        row = (meta, movement.date, "*", None, text, _TAGS, links or _NO_LINKS, postings)
        return make(data.Transaction, row)

    def _tell_correction(self, movement: Movement) -> str:
        """Say what of a movement would belong to a closed period (IAS 8.36)."""
        currency, closed = movement.group.currency, self._scope.closed
        if movement.is_correction:
            return f"; corrects the period closed on {closed}"
        if not movement.corrects:
            return ""
        if movement.corrects * movement.change <= 0:
            what = "a loss" if movement.corrects > 0 else "a gain"
            amount = f"{abs(movement.corrects):,f} {currency}"
            return f"; {what} of {amount} of the period closed on {closed} is set off in it"
        corrects = min(abs(movement.corrects), abs(movement.change))
        amount = f"{corrects:,f} {currency}"
        return f"; of the change, {amount} corrects the period closed on {closed}"

    def _describe(self, movement: Movement, figures: _Figures) -> dict[str, Any]:
        """The metadata of a transaction: strings, numbers, dates."""
        group = movement.group
        meta = {
            **self._make_meta(),
            "invwd": movement.kind,
            "invwd-group": group.name,
            "invwd-reason": movement.reason,
        }
        if self._has_entities:
            meta["invwd-entity"] = group.entity
        meta["invwd-currency"] = group.currency
        meta["invwd-quantity"] = figures.quantity
        meta["invwd-cost"] = _show(movement.cost, figures.cost)
        if movement.measure is not None:
            meta["invwd-measure"] = _show(movement.measure, figures.measure)
        if movement.price is not None:
            meta["invwd-price"] = _trim(movement.price.number)
            meta["invwd-price-date"] = movement.price.date
        if movement.source is not None:
            meta["invwd-source"] = self._locate(movement.source.meta)
        return meta

    def _locate(self, meta: Mapping[str, Any]) -> str:
        """File, relative to the ledger's folder, and line."""
        filename = str(meta.get("filename", ""))
        place = self._places.get(filename)
        if place is None:
            place = filename
            if os.path.isabs(filename):  # noqa: PTH117
                place = os.path.relpath(filename, self._folder)
            place = self._places[filename] = place.replace(os.sep, "/")
        return f"{place}:{meta.get('lineno', 0)}"

    def _narrate(  # noqa: PLR0911 (a line for each kind)
        self, movement: Movement, figures: _Figures
    ) -> str:
        name = _name_group(movement)
        units = f"{figures.quantity:,f} unit{'' if figures.quantity == 1 else 's'}"
        if movement.credits:
            how = (
                "Release of write-down" if movement.kind == "release" else "Reversal of write-down"
            )
            return f"{how} of {name}: {units} {_tell_source(movement.source)}"
        if movement.kind == "transfer" and movement.source is not None:
            return f"Transfer of write-down of {name}: {units} {_tell_source(movement.source)}"
        if movement.measure is None:  # it corrects what is booked; nothing was measured
            return _CORRECTED[movement.kind].format(name=name)
        long, short = MEASURED.get(movement.reason, NRV)
        cost, currency = f"{figures.cost:,f}", movement.group.currency
        tested = f"{units}, cost {cost}, {short} {figures.measure:,f} {currency}"
        why = "" if movement.reason in _USUAL else f" ({movement.reason})"
        if movement.kind == "write-off":
            return f"Write-off of {name}{why}: {units}, cost {cost} {currency}, nothing left"
        if movement.kind == "transfer":
            return f"Transfer of write-down of {name} between accounts{why}: {tested}"
        if movement.kind == "reversal":
            return f"Reversal of write-down of {name}{why}: {tested}"
        return f"Write-down of {name} to {long}{why}: {tested}"


def _find_immaterial(movements: Sequence[Movement], policy: Policy) -> set[int]:
    """The measurements that are no line of their own (ACCOUNTING section 7), by identity."""
    if not policy.materiality:
        return set()
    others = {"transfer", "release"}  # those that are booked have no credits
    measured = [row for row in movements if not row.credits and row.kind not in others]
    running: dict[tuple[Any, ...], Decimal] = {}
    up_to: dict[tuple[Any, ...], Decimal] = {}
    for row in measured:
        year = _fiscal_year(row, policy)
        running[year] = running.get(year, ZERO) + abs(row.change)
        up_to[year, row.date] = running[year]
    return {
        id(row)
        for row in measured
        if row.threshold is not None and up_to[_fiscal_year(row, policy), row.date] < row.threshold
    }


def _fiscal_year(row: Movement, policy: Policy) -> tuple[Any, ...]:
    """What losses, and reversals on their own, are added up over."""
    end = fiscal_year_end(row.date, policy.year_end)
    return row.group.entity, row.group.currency, end, row.change > 0


def _name_group(movement: Movement) -> str:
    group, lot = movement.group, movement.lot
    name = group.name
    if name == "total" != group.category:
        name = "all inventory"
    elif not group.commodity and group.category == group.name:
        name = f"category {group.name}"
    if lot is not None:
        label = f' "{lot.label}"' if lot.label else ""
        cost = f"{_number(lot.cost_unit)} {group.currency}, {lot.date}"
        which = "pool" if lot.is_pool else f"lot{label} of {cost}"
        name += f" ({which} in {lot.account})"
    return f"{name} of {group.entity}" if group.entity else name


def _tell_source(source: Any) -> str:
    if source is None:
        return "that left in the period"
    words = " | ".join(filter(None, (source.payee, source.narration)))
    return f"by: {words}" if words else f"on {source.date}"


def _number(number: Decimal) -> str:
    return f"{_trim(number):,f}"


def _show(amount: Decimal, rounded: Decimal) -> Decimal:
    """An amount with the decimals of money, and more only where it has more."""
    return rounded if rounded == amount else _trim(amount)


def _trim(number: Decimal) -> Decimal:
    """Cut the endless decimals of a division, and write no exponent."""
    if number.same_quantum(ONE) or number.same_quantum(CENT):
        return number
    places = number.as_tuple().exponent
    if isinstance(places, int) and places < -_MOST_DECIMALS:
        number = round_number(number, _MOST_DECIMALS).normalize()
        places = number.as_tuple().exponent
    return round_number(number, 0) if isinstance(places, int) and places > 0 else number
