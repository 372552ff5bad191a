"""The chart of accounts → what each account is: inventory, allowance, or neither.

One answer for each name, whoever asks and whatever was asked before:

    chart.account("Assets:Inventory:Store")             an Inventory, of an entity, perhaps a pool
    chart.account("Assets:Inventory:Store:Allowance")   an Allowance
    chart.account("Assets:Cash")                        None
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.directives.contras import Contras
from beancount_invwd.directives.items import Items
from beancount_invwd.directives.metadata import NO_FACTS, Facts, is_silent, read_facts, select_ours
from beancount_invwd.ground.known import Known
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.policy import templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.policy.policy import Policy


_NO_BOOKING = data.Booking.NONE


class Inventory(NamedTuple):
    """An account whose goods are assessed.

    Attributes:
        entity: The part of the books that it belongs to; "" if there are none.
        is_pool: Whether its goods are not kept apart (booking `NONE`).
        is_plain: Whether its Open says nothing of them.
    """

    account: str
    entity: str
    is_pool: bool
    is_plain: bool


class Allowance(NamedTuple):
    """An account that stands against an inventory account."""

    account: str


class Chart:
    """The accounts, items and currencies of a ledger.

    Args:
        policy: The plugin's policy.
        entries: All entries but transactions and prices.
        ledger: All entries.
        options_map: The ledger's options.
        mistakes: Takes what is wrong.

    Attributes:
        opens: Open directives by account.
        closes: Close directives by account.
        assertions: Balance and Pad directives.
        items: What is stated of items.
        stated: What is stated of accounts, those of which something is.
        broken: The accounts of which something wrong is stated.
        estimated: The accounts and items whose estimates change.
        root_of: The roots that accounts are under, named in English.
    """

    def __init__(
        self,
        policy: Policy,
        entries: Sequence[Any],
        ledger: Sequence[Any],
        options_map: Mapping[str, Any],
        mistakes: Mistakes,
    ) -> None:
        self.opens = {row.account: row for row in entries if isinstance(row, data.Open)}
        self.closes = {row.account: row for row in entries if isinstance(row, data.Close)}
        commodities = (row for row in entries if isinstance(row, data.Commodity))
        self.assertions = [row for row in entries if isinstance(row, (data.Balance, data.Pad))]
        self.items = Items(commodities, options_map.get("dcontext"), mistakes)
        self.stated: dict[str, Facts] = {}
        self.broken: set[str] = set()
        self.estimated: set[str] = set()
        self._policy = policy
        self._booking = options_map.get("booking_method")
        self._contras = Contras(policy, self.opens, ledger, self.items.category)
        self._answers: dict[str, Inventory | Allowance | None] = {}
        self.root_of = Known(policy.roots.find)
        self._results: dict[tuple[str, str, str, str], str] = {}
        for entry in self.opens.values():
            self._read(entry, mistakes)

    def _read(self, entry: Any, mistakes: Mistakes) -> None:
        account, meta = entry.account, entry.meta
        stated = {} if is_silent(meta) else select_ours(meta, "Open")
        if stated:
            self.stated[account], problems = read_facts(stated, "Open", meta)
            for problem in problems:
                self.broken.add(account)
                mistakes.report((account, problem), meta, problem, entry)

    def account(self, name: str) -> Inventory | Allowance | None:
        """What an account is; None if it is neither inventory nor allowance."""
        if name not in self._answers:
            self._answers[name] = self._classify(name)
        return self._answers[name]

    def _classify(self, name: str) -> Inventory | Allowance | None:
        if name in self._contras:
            return Allowance(name)
        match, facts = self._policy.match_inventory(name), self.facts(name)
        if match is None or facts.exclude:
            return None
        entity = match["entity"] if "entity" in match.re.groupindex else ""
        is_plain = not (facts.overrides or name in self.broken or name in self.estimated)
        return Inventory(name, entity or "", self._is_pool(name), is_plain)

    def _is_pool(self, account: str) -> bool:
        entry = self.opens.get(account)
        booking = entry.booking if entry is not None else None
        booking = booking or self._booking
        if type(booking) is data.Booking:  # whose name takes long to ask for
            return booking is _NO_BOOKING
        return (getattr(booking, "name", None) or str(booking)) == "NONE"

    def inventory(self, name: str) -> Inventory | None:
        """The inventory account of this name, or None for any other."""
        found = self.account(name)
        return found if isinstance(found, Inventory) else None

    def is_allowance(self, name: str) -> bool:
        """Whether an account stands against an inventory account."""
        return isinstance(self.account(name), Allowance)

    def contra(self, account: str, commodity: str, category: str) -> str:
        """The allowance account of an item in an inventory account."""
        return self._contras.name(account, commodity, category)

    def result(self, kind: str, entity: str, commodity: str, category: str) -> str:
        """An account of the income statement: loss, write_off, reversal or cogs."""
        key = (kind, entity, commodity, category)
        account = self._results.get(key)
        if account is None:
            fields = {"entity": entity, "commodity": commodity, "category": category}
            account = templates.expand(self._policy.accounts[kind], fields)
            self._results[key] = account
        return account

    def facts(self, name: str) -> Facts:
        """What is stated of an account."""
        return self.stated.get(name, NO_FACTS)

    def is_outside(self, name: str) -> bool:
        """Whether an account is under Assets, and the `inventory` patterns do not match it."""
        is_other = not self.is_matched(name) and self.account(name) is None
        return is_other and self.is_under(name, "Assets")

    def is_matched(self, name: str) -> bool:
        """Whether the `inventory` patterns match the name of an account."""
        return self._policy.match_inventory(name) is not None

    def quantum(self, currency: str) -> Decimal:
        """The smallest unit of a currency that is written."""
        return self.items.quantum(currency)

    def is_own_use(self, account: str) -> bool:
        """Whether goods that go to an account are put to own use, by its Open."""
        return self.stated.get(account, NO_FACTS).own_use is True

    def is_under(self, account: str, *roots: str) -> bool:
        """Whether an account is under one of some roots, which are named in English."""
        return self.root_of[account] in roots

    def is_result(self, txn: Any) -> bool:
        """Whether a transaction has a posting in profit or loss."""
        return any(self.is_under(row.account, "Income", "Expenses") for row in txn.postings)
