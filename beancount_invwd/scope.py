"""What is assessed, under which terms, and to which accounts it posts.

Answers for the lots: is this an inventory account, of which entity; which facts does a posting
state; which parameters hold for a lot. A mistake becomes an error here, and the item that it
concerns is blocked: it is followed, but not measured.
"""

from __future__ import annotations

import re
from decimal import Decimal
from string import Formatter
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd import accounts, facts
from beancount_invwd.errors import InvwdError, error_at
from beancount_invwd.facts import NO_FACTS, Facts, ReplacementCost, Statement
from beancount_invwd.lots import Home, Lot, Stock, StockKey
from beancount_invwd.money import round_money

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping, Sequence

    from beancount_invwd.lots import Books
    from beancount_invwd.policy import Policy, Terms
    from beancount_invwd.prices import PriceBook

CENT = Decimal("0.01")
FINEST = 20
PLAIN_META = frozenset({"filename", "lineno"})


class Scope:
    """The ledger's undated facts and the mistakes in them.

    Args:
        policy: The plugin's policy.
        entries: All entries but transactions and prices.
        options_map: The ledger's options.
        blocked: Items that are known to be concerned by a mistake.

    Attributes:
        directives: The `invwd-…` directives by `id` of their entry.
        blocked: Items that are not measured.
        perishables: New lots that expire, until somebody takes them off this list.
    """

    def __init__(
        self,
        policy: Policy,
        entries: Iterable[Any],
        options_map: Mapping[str, Any],
        blocked: Iterable[str] = (),
    ) -> None:
        self.policy = policy
        self.options_map = options_map
        self.blocked = set(blocked)
        self.opens: dict[str, Any] = {}
        self.closes: dict[str, Any] = {}
        self.quanta: dict[str, Decimal] = {}
        self._errors: dict[Any, InvwdError] = {}
        self._commodities: dict[str, Facts] = {}
        self._commodity_entries: dict[str, Any] = {}
        self._doubts: dict[str, list[str]] = {}
        self._accounts: dict[str, Facts] = {}
        self._terms: dict[tuple[str, str | None], Terms] = {}
        self._shapes: dict[tuple[str, ...], bool] = {}
        self._uncosted: dict[tuple[str, str], Any] = {}
        self._allowances: dict[tuple[str, str], str] = {}
        self._fields: dict[str, dict[str, str]] = {}
        self.perishables: list[Lot] = []
        customs = self._read_entries(entries)
        self._is_allowance = _reverse_template(policy.accounts["allowance"])
        found, errors, items = facts.read_directives(customs)
        self.directives = {id(row.entry): row for row in found}
        self.blocked |= items
        for error in errors:
            self._errors[id(error.entry)] = error

    def _read_entries(self, entries: Iterable[Any]) -> list[Any]:
        customs = []
        for entry in entries:
            if isinstance(entry, data.Open):
                self._read_open(entry)
            elif isinstance(entry, data.Close):
                self.closes[entry.account] = entry
            elif isinstance(entry, data.Commodity):
                self._read_commodity(entry)
            elif isinstance(entry, data.Custom) and entry.type.startswith(facts.MARK):
                customs.append(entry)
        return customs

    def _read_open(self, entry: Any) -> None:
        self.opens[entry.account] = entry
        stated = facts.select_ours(entry.meta, "Open")
        if stated:
            found, problems = facts.read_facts(stated, "Open", entry.meta)
            self._accounts[entry.account] = found
            for problem in problems:
                self._report((entry.account, problem), entry.meta, problem, entry)
                self._doubts.setdefault(entry.account, [])

    def _read_commodity(self, entry: Any) -> None:
        name = entry.currency
        self._commodity_entries[name] = entry
        precision = entry.meta.get("precision")
        if isinstance(precision, Decimal) and precision == precision.to_integral_value():
            if 0 <= precision <= FINEST:
                self.quanta[name] = Decimal(1).scaleb(-int(precision))
        stated = facts.select_ours(entry.meta, "Commodity")
        if not stated:
            return
        self._commodities[name], problems = facts.read_facts(stated, "Commodity", entry.meta)
        if any(key.startswith(facts.MARK) for key in stated):
            for problem in problems:
                self._report((name, problem), entry.meta, problem, entry)
        elif problems:
            self._doubts[name] = problems
        if problems:
            self.blocked.add(name)

    def _report(self, key: Any, meta: Any, message: str, entry: Any = None) -> None:
        self._errors.setdefault(key, error_at(meta, message, entry))

    @property
    def errors(self) -> list[InvwdError]:
        """The mistakes found so far, one per directive and cause."""
        return list(self._errors.values())

    def block(self, commodity: str, meta: Any, message: str, entry: Any = None) -> None:
        """Report a mistake and measure the item no more."""
        self.blocked.add(commodity)
        self._report((commodity, message), meta, message, entry)

    def report(self, key: Any, meta: Any, message: str, entry: Any = None) -> None:
        """Report a mistake once per key."""
        self._report(key, meta, message, entry)

    # What the books ask.

    def find_home(self, account: str) -> Home | None:
        """The inventory account of this name, or None for any other."""
        match = self._match_inventory(account)
        if match is None:
            return None
        if self._accounts.get(account, NO_FACTS).exclude or self._holds_allowances(account):
            return None
        groups = {name: value or "" for name, value in match.groupdict().items()}
        self._fields[account] = groups
        return Home(account, groups.get("entity", ""), self._is_pool(account))

    def _match_inventory(self, account: str) -> re.Match[str] | None:
        for pattern in self.policy.inventory:
            match = pattern.match(account)
            if match is not None:
                return match
        return None

    def _holds_allowances(self, account: str) -> bool:
        template = self.policy.accounts["allowance"]
        if account in self._allowances.values():
            return True
        if self._is_allowance is None:
            return False
        match = self._is_allowance.fullmatch(account)
        if match is None:
            return False
        groups = match.groupdict()
        of = groups.get("account") or ":".join(filter(None, (groups.get("parent"), groups.get("leaf"))))
        if "leaf" in groups or "account" in groups:
            return of in self.opens and self._match_inventory(of) is not None
        return "{" not in template or groups.get("parent") is not None

    def _is_pool(self, account: str) -> bool:
        entry = self.opens.get(account)
        booking = entry.booking if entry is not None else None
        booking = booking or self.options_map.get("booking_method")
        return getattr(booking, "name", str(booking)) == "NONE"

    def make_stock(self, key: StockKey) -> Stock:
        """Build the empty stock of an item."""
        entry = self._commodity_entries.get(key.commodity)
        for problem in self._doubts.pop(key.commodity, ()):
            self.block(key.commodity, entry.meta if entry else None, problem, entry)
        found = self._commodities.get(key.commodity, NO_FACTS)
        category = found.category or key.commodity
        return Stock(key, category, self.quantum(key.currency), found)

    def quantum(self, currency: str) -> Decimal:
        """The smallest unit of a currency: 0.01, or by its `precision`."""
        return self.quanta.get(currency, CENT)

    def is_excluded(self, commodity: str) -> bool:
        """Whether a commodity is not assessed at all."""
        found = self._commodities.get(commodity)
        return found is not None and found.exclude

    def is_income(self, account: str) -> bool:
        """Whether an account is under Income."""
        return self.policy.roots.is_under(account, "Income")

    def admit(self, txn: Any, posting: Any, home: Home, lot: Lot | None) -> Facts:
        """Read what a posting to a lot states, else (if it adds units) its transaction.

        Args:
            txn: The transaction.
            posting: The posting.
            home: Its account.
            lot: The lot, if it is on hand already: its facts must not be contradicted.
        """
        stated: dict[str, Any] = {}
        if posting.units.number > 0 and self._has_ours(txn.meta):
            stated |= facts.select_ours(txn.meta, "lot")
        if posting.meta is not None and self._has_ours(posting.meta):
            stated |= facts.select_ours(posting.meta, "lot")
        if not stated:
            return NO_FACTS
        commodity = posting.units.currency
        meta = _where(txn, posting)
        found, problems = facts.read_facts(stated, "lot", meta)
        if home.is_pool:
            problems = [_NO_POOL.format(names=", ".join(stated), account=home.account)]
        elif lot is not None and not problems:
            problems = _conflicts(stated, lot.facts.stated)
        for problem in problems:
            self.block(commodity, meta, problem, txn)
        return NO_FACTS if problems else found

    def _has_ours(self, meta: Mapping[str, Any]) -> bool:
        shape = tuple(meta)
        known = self._shapes.get(shape)
        if known is None:
            known = self._shapes[shape] = bool(facts.select_ours(meta, "lot"))
        return known

    def set_terms(self, lot: Lot) -> None:
        """Set the parameters of a lot from policy, account, item and its own facts."""
        stock = lot.stock
        commodity = stock.key.commodity
        account = self._accounts.get(lot.account, NO_FACTS)
        if commodity in self.blocked or lot.account in self._doubts:
            lot.terms = None
            return
        if lot.facts is NO_FACTS:
            key = (commodity + " " + stock.key.currency, lot.account if account.overrides else None)
            terms = self._terms.get(key)
            if terms is None:
                terms = self._terms[key] = self._resolve(lot, account)
        else:
            terms = self._resolve(lot, account)
            stock.is_plain = False
            if lot.facts.expires is not None:
                self.perishables.append(lot)
        lot.terms = None if commodity in self.blocked else terms
        if stock.terms is None:
            stock.terms = lot.terms
        if lot.terms is not stock.terms or not _is_linear(terms):
            stock.is_plain = False

    def _resolve(self, lot: Lot, account: Facts) -> Terms:
        stock = lot.stock
        currency = stock.key.currency
        for level in (lot.facts, stock.facts, account):
            for problem in facts.foreign_amounts(level, currency):
                self.block(stock.key.commodity, level.meta, problem)
        terms = facts.resolve_terms(self.policy.terms, account, stock.facts, lot.facts)
        for name in ("selling_cost", "completion_cost", "normal_margin"):
            charge = getattr(terms, name)
            if charge is None or charge.currency in {None, currency}:
                continue
            if charge is getattr(self.policy.terms, name):
                key = f"invwd-{name.replace('_', '-')}"
                message = (
                    f"'{name}' is in {charge.currency}, but {stock.key.commodity} costs {currency}; "
                    f"use a percentage, or state {key} in {currency} on its Commodity or account"
                )
                self.block(stock.key.commodity, self._ledger_meta, message)
        return terms

    def note_uncosted(self, txn: Any, posting: Any) -> None:
        """Note a posting of goods without a cost, which cannot be assessed."""
        self._uncosted.setdefault((posting.account, posting.units.currency), (txn, posting))

    def report_uncosted(self, currencies: Iterable[str]) -> None:
        """Report goods without a cost, once per account and commodity.

        Args:
            currencies: The cost currencies of the ledger, which are no goods.
        """
        money = {*currencies, *self.options_map.get("operating_currency", ())}
        for (account, commodity), (txn, posting) in self._uncosted.items():
            if commodity in money or self.is_excluded(commodity):
                continue
            meta = _where(txn, posting)
            message = (
                f"{commodity} in {account} has no cost and cannot be assessed; write its cost, such as "
                f"{posting.units.number} {commodity} {{5.00 USD}}, or put invwd-exclude: TRUE on its "
                "Commodity"
            )
            self._report(("uncosted", account, commodity), meta, message, txn)

    def check_price(self, entry: Any) -> None:
        """Report unknown metadata of a price directive."""
        for name, value in entry.meta.items():
            if not name.startswith(facts.MARK):
                continue
            if name != "invwd-exclude":
                problem = f"unknown metadata {name} on a price; known is invwd-exclude"
            elif not isinstance(value, bool):
                problem = f"invwd-exclude is {value!r}; allowed is TRUE or FALSE"
            else:
                continue
            self.block(entry.currency, entry.meta, problem, entry)

    def report_end(self, row: Statement) -> None:
        """Report an `invwd-nrv` "end" that ends nothing."""
        lot = f' lot "{row.label}"' if row.label else ""
        place = f" in {row.account}" if row.account else ""
        message = (
            f"there is no invwd-nrv of {row.item}{lot}{place} before {row.date} that could end; "
            "name the same item, lot and account as the directive to end"
        )
        self._report(id(row.entry), row.entry.meta, message, row.entry)

    def report_negative(self, lot: Lot) -> None:
        """Report a lot or pool of which more left than there was."""
        txn, posting = lot.origin
        label = f' lot "{lot.label}"' if lot.label else ""
        message = (
            f"{lot.units:f} {lot.stock.key.commodity}{label} in {lot.account} is less than nothing and "
            "is not measured; enter the missing purchase, or correct the sale"
        )
        self._report(("negative", lot.number), _where(txn, posting), message, txn)

    def report_emptied(self, books: Books) -> None:
        """Report pools that ran out of units and have cost left."""
        for pool in books.emptied:
            left = pool.cost
            quantum = pool.stock.quantum
            if pool.units or not books.is_current(pool) or abs(left) < quantum / 2:
                continue
            currency, commodity = pool.stock.key.currency, pool.stock.key.commodity
            txn, posting = pool.origin
            message = (
                f"{commodity} in {pool.account} has no units left, but a cost of "
                f"{round_money(left, quantum)} {currency}; book its last units out at their cost"
            )
            self._report(("emptied", pool.number), _where(txn, posting), message, txn)
        books.emptied.clear()

    def report_margin(self, stock: Stock) -> None:
        """Report an item that is measured by `lcm` without a normal margin."""
        commodity = stock.key.commodity
        entry = self._commodity_entries.get(commodity)
        message = (
            f"{commodity} has no normal margin, which measure 'lcm' needs for its floor; add to its "
            "Commodity: invwd-normal-margin: \"20%\", or set 'normal_margin'"
        )
        self._report(("margin", commodity), self._item_meta(commodity, stock), message, entry)

    def report_rate(self, source: str, target: str) -> None:
        """Report a materiality threshold that cannot be converted."""
        message = (
            f"'materiality' is in {source}, and there is no rate to {target}, so every loss in {target} "
            f"is a line of its own; add: 2024-12-31 price {source} … {target}"
        )
        self._report(("rate", source, target), self._ledger_meta, message)

    def report_missing(
        self, lots: Mapping[str, Lot], prices: PriceBook, day: datetime.date, *, is_all: bool
    ) -> None:
        """Report items on hand without a price that is new enough.

        Args:
            lots: The items, each with a lot that cannot be assessed.
            prices: All prices.
            day: The last measurement date.
            is_all: Whether no item has a price.
        """
        lines = {
            item: f"{day} price {item} … {lot.stock.key.currency}" for item, lot in lots.items()
        }
        if is_all and len(lots) > 1:
            pasted = "\n".join(lines[item] for item in sorted(lines))
            message = (
                f"no item on hand has a price on {day}, so nothing is assessed; add what they sell "
                f"for:\n{pasted}\nor set invwd-measure: \"cost\" or invwd-exclude: TRUE on their Commodity"
            )
            self._report("missing", self._ledger_meta, message)
            return
        for item, lot in lots.items():
            last = prices.newest(item)
            state = (
                "has no price" if last is None
                else f"has no price that counts: the last one is {last.amount} of {last.date}"
            )
            age = lot.terms.price_max_age if lot.terms is not None else None
            if last is not None and age is not None and (day - last.date).days > age:
                state = f"has no price of the last {age} days: the last one is of {last.date}"
            message = (
                f"{item} {state} on {day} and is not assessed; add: {lines[item]}, or put on its "
                'Commodity invwd-measure: "cost" or invwd-exclude: TRUE'
            )
            entry = self._commodity_entries.get(item)
            self._report(("missing", item), self._item_meta(item, lot.stock), message, entry)

    @property
    def _ledger_meta(self) -> dict[str, Any]:
        return {"filename": self.options_map.get("filename"), "lineno": 0}

    def _item_meta(self, commodity: str, stock: Stock) -> Mapping[str, Any]:
        entry = self._commodity_entries.get(commodity)
        if entry is not None:
            meta: Mapping[str, Any] = entry.meta
            return meta
        return _where(*next(iter(stock.lots.values())).origin)

    # Where movements go.

    def allowance_account(self, lot: Lot) -> str:
        """The contra account of a lot's inventory account."""
        key = (lot.account, lot.stock.key.commodity)
        account = self._allowances.get(key)
        if account is None:
            fields = {
                **self._fields.get(lot.account, {}),
                **accounts.account_fields(lot.account),
                "commodity": lot.stock.key.commodity,
                "category": lot.stock.category,
            }
            account = accounts.expand(self.policy.accounts["allowance"], fields)
            self._allowances[key] = account
        return account

    def result_account(self, kind: str, entity: str, commodity: str, category: str) -> str:
        """An account of the income statement: loss, write_off, reversal or cogs."""
        fields = {"entity": entity, "commodity": commodity, "category": category}
        return accounts.expand(self.policy.accounts[kind], fields)

    def cogs_account(self, stock: Stock) -> str:
        """The cost-of-goods-sold account of an item."""
        return self.result_account("cogs", stock.key.entity, stock.key.commodity, stock.category)

    def check_directives(self, books: Books) -> None:
        """Report directives that name an item, lot, account or currency which was never there."""
        lots: dict[str, set[tuple[str, str | None]]] = {}
        for commodity, account, label in books.seen:
            lots.setdefault(commodity, set()).add((account, label))
        for row in self.directives.values():
            currencies = {stock.key.currency for stock in books.by_commodity.get(row.item, ())}
            problem = self._check_directive(row, lots.get(row.item, set()), currencies)
            if problem:
                self.block(row.item, row.entry.meta, problem, row.entry)

    def _check_directive(
        self,
        row: Statement | ReplacementCost,
        lots: set[tuple[str, str | None]],
        currencies: set[str],
    ) -> str | None:
        name = row.entry.type
        if not lots:
            if row.item in self._commodity_entries:
                return None
            return f"{name} names {row.item}, which no inventory account ever held; check its name"
        if row.currency is not None and row.currency not in currencies:
            cost = " and ".join(sorted(currencies))
            return f"{name} is in {row.currency}, but {row.item} costs {cost}; state it in {cost}"
        if not isinstance(row, Statement):
            return None
        places = self.opens.keys() | {account for account, _ in lots}
        if row.account is not None and not (
            row.account in places and self._match_inventory(row.account)
        ):
            return f"{name} names {row.account}, which is no inventory account; check its name"
        return _check_lot(row, lots)


def _check_lot(row: Statement, lots: set[tuple[str, str | None]]) -> str | None:
    name, item = row.entry.type, row.item
    if row.label is not None and all(row.label != label for _, label in lots):
        labels = ", ".join(sorted({f'"{label}"' for _, label in lots if label})) or "none"
        return f'{name} names lot "{row.label}", which {item} never had; its labels are {labels}'
    return None


_NO_POOL = (
    "{names} cannot be stated in {account}: with booking NONE its goods are one pool; "
    "move these goods to an account of another booking method"
)


def _where(txn: Any, posting: Any) -> Mapping[str, Any]:
    """The file and line of a posting, or of its transaction."""
    meta: Mapping[str, Any] = posting.meta if posting.meta and "lineno" in posting.meta else txn.meta
    return meta


def _conflicts(stated: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} of this lot was {known[name] if name in known else 'not stated'} when it was bought, "
        f"now it is {value}; give the new units a label of their own"
        for name, value in stated.items()
        if name not in known or type(known[name]) is not type(value) or known[name] != value
    ]


def _is_linear(terms: Terms) -> bool:
    """Whether the measure of a whole stock is the sum of those of its lots."""
    charges: Sequence[Any] = (terms.selling_cost, terms.completion_cost, terms.normal_margin)
    return not terms.ageing and all(charge is None or charge.of != "cost" for charge in charges)


def _reverse_template(template: str) -> re.Pattern[str] | None:
    """A pattern that tells which account an allowance account belongs to, if its name alone does."""
    text = ""
    for literal, name, _, _ in Formatter().parse(template):
        text += re.escape(literal)
        if name in accounts.ITEM_FIELDS:
            return None
        if name in accounts.ACCOUNT_FIELDS:
            text += rf"(?P<{name}>{'[^:]+' if name == 'leaf' else '.+'})"
        elif name:
            text += "[^:]+"
    try:
        return re.compile(text)
    except re.error:  # a field that stands twice
        return None
