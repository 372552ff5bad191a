"""What is assessed, and under which terms.

Answers for the lots: is this an inventory account, of which entity; which facts does a posting
state; which parameters hold for a lot (lot, then item, then account, then policy).
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives import metadata as facts
from beancount_invwd.directives.metadata import (
    GROUP,
    NO_FACTS,
    TAG,
    Assertion,
    Closing,
    Contract,
    Directive,
    Facts,
    Statement,
)
from beancount_invwd.directives.mistakes import Mistakes, find_meta
from beancount_invwd.lots.stock import Lot, Stock, StockKey
from beancount_invwd.measure.formula import find_formula

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.policy.policy import Policy, Terms

_MOST_NAMES = 20
_Seen = set[tuple[str, str | None]]  # accounts and labels of the lots that an item ever had
_CHARGES = ("selling_cost", "completion_cost", "normal_margin")


class Scope:
    """The ledger's undated facts.

    Args:
        policy: The plugin's policy.
        entries: All entries but transactions and prices.
        options_map: The ledger's options.
        chart: Tells what accounts and items are.
        mistakes: Takes what is wrong.

    Attributes:
        directives: The `invwd-…` directives by `id` of their entry.
        closed: Nothing is written on or before this date (`invwd-closed`).
        perishables: New lots and when they expire, until somebody takes them off this list.
    """

    def __init__(
        self,
        policy: Policy,
        entries: Iterable[Any],
        options_map: Mapping[str, Any],
        chart: Chart,
        mistakes: Mistakes,
    ) -> None:
        self.perishables: list[tuple[datetime.date, Lot]] = []
        self._policy = policy
        self._options_map = options_map
        self._chart = chart
        self._mistakes = mistakes
        self._shapes: dict[tuple[str, ...], bool] = {}
        self._uncosted: dict[tuple[str, str], Any] = {}
        customs = self._read_entries(entries)
        found, problems, items = facts.read_directives(customs)
        self.directives: Mapping[int, Directive] = {id(row.entry): row for row in found}
        closings = [row.date for row in found if isinstance(row, Closing)]
        self.closed = max(closings, default=None)
        mistakes.blocked |= items
        for entry, problem in problems:
            mistakes.report(id(entry), entry.meta, problem, entry)

    def _read_entries(self, entries: Iterable[Any]) -> list[Any]:
        customs = []
        for entry in entries:
            if isinstance(entry, data.Custom) and entry.type.startswith(facts.MARK):
                customs.append(entry)
            elif not isinstance(entry, (data.Open, data.Close, data.Commodity)):
                for problem in facts.list_strays(entry.meta, f"a {type(entry).__name__}"):
                    self._mistakes.report((id(entry), problem), entry.meta, problem, entry)
        return customs

    def used_in(self, item: str) -> tuple[str, ...]:
        """The products that a raw material is used in."""
        return self._chart.items.used_in(item)

    def is_blocked(self, item: str) -> bool:
        """Whether a mistake concerns the item."""
        return item in self._mistakes.blocked

    def item_terms(self, stock: Stock, account: str) -> Terms:
        """The parameters of an item in an account, whatever its lots say."""
        stated = self._chart.stated.get(account, NO_FACTS)
        return facts.resolve_terms(self._policy.terms, stated, stock.facts, NO_FACTS)

    def make_stock(self, key: StockKey) -> Stock:
        """Build the empty stock of an item."""
        chart, item = self._chart, key.commodity
        found = chart.items.admit(item)
        return Stock(key, chart.items.category(item), chart.quantum(key.currency), found)

    def admit(self, txn: Any, posting: Any, lot: Lot | None, *, is_pool: bool) -> Facts:
        """Read what a posting to a lot states, else (if it adds units) its transaction.

        Args:
            txn: The transaction.
            posting: The posting.
            lot: The lot, if it is on hand already: its facts must not be contradicted.
            is_pool: Whether the goods of its account are not kept apart.
        """
        stated: dict[str, Any] = {}
        if posting.units.number > 0 and self.states_facts(txn.meta):
            stated |= facts.select_ours(txn.meta, "lot")
        if self.states_facts(posting.meta):
            stated |= facts.select_ours(posting.meta, "lot")
        if not stated:
            return NO_FACTS
        meta = find_meta(txn, posting)
        found, problems = facts.read_facts(stated, "lot", meta)
        if is_pool:
            problems = [_NO_POOL.format(names=", ".join(stated), account=posting.account)]
        elif lot is not None and not problems:
            remedy = _NO_SALE if posting.units.number < 0 else _OWN_LABEL
            problems = _list_conflicts(stated, lot.facts.stated, remedy)
        for problem in problems:
            self._mistakes.block(posting.units.currency, meta, problem, txn)
        return NO_FACTS if problems else found

    def check_places(self, txn: Any, homes: Collection[str]) -> None:
        """Report metadata of a transaction that stands where it is about no lot.

        Args:
            txn: The transaction.
            homes: Which of its accounts hold inventory.
        """
        if TAG in (txn.tags or ()) or GROUP in txn.meta:
            return  # it is a movement, or was one
        goods = [row.units for row in txn.postings if row.account in homes]
        found = []
        if all(units.number <= 0 for units in goods):
            strays = facts.list_strays(txn.meta, "a transaction that adds no goods")
            found += [(txn.meta, stray) for stray in strays]
        for row in txn.postings:
            if row.meta and self._policy.match_inventory(row.account) is None:
                strays = facts.list_strays(row.meta, f"a posting to {row.account}")
                found += [(find_meta(txn, row), stray) for stray in strays]
        for meta, problem in found:
            self._mistakes.report((id(txn), problem), meta, problem, txn)
            self._mistakes.blocked.update(units.currency for units in goods)

    def states_facts(self, meta: Mapping[str, Any] | None) -> bool:
        """Whether metadata says something of a lot; by its keys, which few ledgers vary."""
        if not meta or (len(meta) == 2 and "lineno" in meta and "filename" in meta):  # noqa: PLR2004
            return False
        shape = tuple(meta)
        known = self._shapes.get(shape)
        if known is None:
            known = self._shapes[shape] = bool(facts.select_ours(meta, "lot"))
        return known

    def set_terms(self, lot: Lot) -> None:
        """Set the parameters of a lot from policy, account, item and its own facts."""
        stock = lot.stock
        account = self._chart.stated.get(lot.account, NO_FACTS)
        if lot.facts is NO_FACTS and not account.overrides:
            self.set_plain_terms(stock)
            lot.terms = stock.terms
        else:
            lot.terms = self._resolve(stock, account, lot.facts)
            stock.is_plain = False
            if lot.facts.expires is not None:
                self.perishables.append((lot.facts.expires, lot))
        if stock.key.commodity in self._mistakes.blocked or lot.account in self._chart.broken:
            lot.terms = None
            stock.is_plain = False

    def set_plain_terms(self, stock: Stock) -> bool:
        """Set the parameters of lots of which nothing is stated; return whether they are right."""
        if stock.terms is None:
            stock.terms = self._resolve(stock, NO_FACTS, NO_FACTS)
            is_simple = _is_linear(stock.terms) and not stock.facts.used_in
            stock.is_plain = stock.is_plain and is_simple
            stock.formula = find_formula(stock.terms) if is_simple else None
        return stock.key.commodity not in self._mistakes.blocked

    def _resolve(self, stock: Stock, account: Facts, lot: Facts) -> Terms:
        commodity, currency = stock.key.commodity, stock.key.currency
        for level in (lot, stock.facts, account):
            problems = facts.list_foreign_amounts(level, currency) if level.stated else ()
            for problem in problems:
                self._mistakes.block(commodity, level.meta, problem)
        default = self._policy.terms
        terms = facts.resolve_terms(default, account, stock.facts, lot)
        for name in _CHARGES:
            charge = getattr(terms, name)
            is_foreign = charge is not None and charge.currency not in {None, currency}
            if is_foreign and charge is getattr(default, name):
                message = (
                    f"'{name}' is in {charge.currency}, but {commodity} costs {currency}; use a "
                    f"percentage, or put invwd-{name.replace('_', '-')} in {currency} on its "
                    "Commodity or account"
                )
                self._mistakes.block(commodity, None, message)
        return terms

    def note_uncosted(self, txn: Any, posting: Any) -> None:
        """Note a posting in an inventory account that has no cost."""
        self._uncosted.setdefault((posting.account, posting.units.currency), (txn, posting))

    def report_uncosted(self, entries: Iterable[Any]) -> None:
        """Report goods without a cost; what is a currency anywhere in the ledger is no goods."""
        money = set(self._options_map.get("operating_currency", ()))
        if all(commodity in money for _, commodity in self._uncosted):
            return
        for entry in entries:
            if type(entry) is data.Transaction:
                money.update(row.cost.currency for row in entry.postings if row.cost is not None)
        example = next(iter(self._options_map.get("operating_currency", ())), None)
        example = example or min(money, default="USD")
        for (_, commodity), (txn, posting) in self._uncosted.items():
            if commodity not in money and not self._chart.items.is_excluded(commodity):
                self._mistakes.report_uncosted(txn, posting, example)

    def check_price(self, entry: Any) -> None:
        """Report unknown metadata of a price directive."""
        for name, value in entry.meta.items():
            if not name.startswith(facts.MARK):
                continue
            if name != "invwd-exclude":
                problem = f"unknown metadata {name} on a price; known is invwd-exclude"
            elif not isinstance(value, bool):
                problem = f"invwd-exclude is {facts.show(value)}; allowed is TRUE or FALSE"
            else:
                continue
            self._mistakes.block(entry.currency, entry.meta, problem, entry)

    def check_opens(self, held: Collection[str]) -> None:
        """Report what an Open states of lots that are not in its account.

        Args:
            held: The accounts that ever held lots.
        """
        for account, found in self._chart.stated.items():
            if account in held or account in self._chart.broken:
                continue
            names = ", ".join(found.stated)
            below = sorted(name for name in held if name.startswith(f"{account}:"))
            if below:
                problem = (
                    f"{names} on {account} says nothing on the lots of {below[0]}; put it on the "
                    "Open of each account that holds goods"
                )
            elif found.stated.keys() - {"invwd-exclude"} and not self._policy.match_inventory(
                account
            ):
                problem = (
                    f"{names} says nothing on {account}, which is no inventory account; put it on "
                    "the Open of one, or remove it"
                )
            else:
                continue
            entry = self._chart.opens[account]
            self._mistakes.report((account, problem), entry.meta, problem, entry)

    def check_directives(
        self,
        seen: Iterable[tuple[str, str, str | None]],
        by_commodity: Mapping[str, Sequence[Stock]],
    ) -> None:
        """Report directives that name an item, lot, account or currency which was never there.

        Args:
            seen: Commodity, account and label of every lot there ever was.
            by_commodity: The stocks of each item.
        """
        lots: dict[str, _Seen] = {}
        for commodity, account, label in seen:
            lots.setdefault(commodity, set()).add((account, label))
        for item, found in self._chart.items.list_materials():
            for product in found.used_in:
                if product not in by_commodity and product not in self._mistakes.commodities:
                    message = (
                        f"invwd-used-in names {product}, which is no item of this ledger; check "
                        "its name"
                    )
                    self._mistakes.block(item, found.meta, message)
        for row in self.directives.values():
            if isinstance(row, Closing):
                continue
            currencies = {stock.key.currency for stock in by_commodity.get(row.item, ())}
            problem = self._check_directive(row, lots.get(row.item), currencies)
            if problem:
                self._mistakes.block(row.item, row.entry.meta, problem, row.entry)

    def _check_directive(
        self, row: Assertion, lots: _Seen | None, currencies: set[str]
    ) -> str | None:
        name, item = row.entry.type, row.item
        if lots is None:
            if item in self._mistakes.commodities:
                return None
            form = f"; its form is {facts.SOLD}" if isinstance(row, Contract) else ""
            return (
                f"{name} names {item}, which no inventory account ever held; check its name{form}"
            )
        if row.currency is not None and row.currency not in currencies:
            cost = " and ".join(sorted(currencies))
            return f"{name} is in {row.currency}, but {item} costs {cost}; state it in {cost}"
        return self._check_target(row, lots) if isinstance(row, Statement) else None

    def _check_target(self, row: Statement, lots: _Seen) -> str | None:
        name, item, where = row.entry.type, row.item, ""
        if row.account is not None:
            accounts = {account for account, _ in lots}
            if row.account not in accounts:
                is_open = row.account in self._chart.opens
                if not is_open or self._policy.match_inventory(row.account) is None:
                    return (
                        f"{name} names {row.account}, which is no inventory account; check its name"
                    )
                held = _list_some(accounts)
                return f"{name} names {row.account}, which never held {item}; {held} did"
            where = f" in {row.account}"
        known = {label for account, label in lots if row.account in {None, account}}
        if row.label is not None and row.label not in known:
            had = _list_some({f'"{label}"' for label in known if label} or {"none"})
            return f'{name} names lot "{row.label}", which {item} never had{where}; it had {had}'
        return None


_NO_POOL = (
    "{names} cannot be stated in {account}: with booking NONE its goods are one pool; "
    "move these goods to an account of another booking method"
)


def _list_some(names: Collection[str]) -> str:
    """List names, at most as many as can be read."""
    listed = sorted(names)
    listed[_MOST_NAMES:] = ["…"] if len(listed) > _MOST_NAMES else []
    return ", ".join(listed)


_OWN_LABEL = "give the new units a label of their own"
_NO_SALE = "state it where they were bought, or remove it: units that leave state nothing"


def _list_conflicts(stated: Mapping[str, Any], known: Mapping[str, Any], remedy: str) -> list[str]:
    problems = []
    for name, value in stated.items():
        before = known.get(name)
        if type(before) is not type(value) or before != value:
            was = "not stated" if before is None else facts.show(before)
            problems.append(
                f"{name} of this lot was {was} when it was bought, now it is {facts.show(value)}; "
                f"{remedy}"
            )
    return problems


def _is_linear(terms: Terms) -> bool:
    """Whether the measure of a whole stock is the sum of those of its lots, but for their age."""
    charges = [getattr(terms, name) for name in _CHARGES]
    return all(charge is None or charge.of != "cost" for charge in charges)
