"""A lot or group → the accounts that its movements are written to."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any

from beancount_invwd.policy import templates as accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beancount_invwd.lots.stock import Place, Stock
    from beancount_invwd.policy.policy import Policy


class Targets:
    """Fills in the account templates of a policy.

    Attributes:
        known: The allowance accounts that were found so far.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._template = policy.accounts["allowance"]
        parts = list(Formatter().parse(self._template))
        self._fields = {name for _, name, _, _ in parts if name}
        self._tail = "" if parts[-1][1] else parts[-1][0]  # all allowance accounts end like this
        self._foreseen: set[str] | None = None  # by the names of accounts alone
        self.known: set[str] = set()
        self._results: dict[tuple[str, str, str, str], str] = {}

    def find_contra(self, place: Place) -> str:
        """The allowance account of an item in an inventory account."""
        if not place.contra:
            place.contra = self._fill(place.account, place.commodity, place.stock.category)
            self.known.add(place.contra)
        return place.contra

    def may_be_allowance(self, account: str) -> bool:
        """Whether the name of an account is like that of an allowance account."""
        return account.endswith(self._tail)

    def is_asset(self, account: str) -> bool:
        """Whether an account is under Assets."""
        return self._policy.roots.is_under(account, "Assets")

    def is_result(self, txn: Any) -> bool:
        """Whether a transaction has a posting in profit or loss."""
        roots = self._policy.roots
        return any(
            roots.is_under(posting.account, root)
            for posting in txn.postings
            for root in ("Income", "Expenses")
        )

    def result_account(self, kind: str, entity: str, commodity: str, category: str) -> str:
        """An account of the income statement: loss, write_off, reversal or cogs."""
        key = (kind, entity, commodity, category)
        account = self._results.get(key)
        if account is None:
            fields = {"entity": entity, "commodity": commodity, "category": category}
            account = accounts.expand(self._policy.accounts[kind], fields)
            self._results[key] = account
        return account

    def cogs_account(self, stock: Stock) -> str:
        """The cost-of-goods-sold account of an item."""
        return self.result_account("cogs", stock.key.entity, stock.key.commodity, stock.category)

    def is_allowance(
        self, account: str, opened: Iterable[str], is_inventory: Callable[[str], object]
    ) -> bool:
        """Whether an account stands against an inventory account of the ledger.

        Args:
            account: The account.
            opened: The accounts of the ledger.
            is_inventory: Whether a name is one of an inventory account.
        """
        if not self.may_be_allowance(account):
            return False
        if self._foreseen is None:
            self._foreseen = set()
            if self._fields.isdisjoint(accounts.ITEM_FIELDS):
                self._foreseen.update(self._fill(name) for name in opened if is_inventory(name))
        return account in self._foreseen or account in self.known

    def _fill(self, account: str, commodity: str = "", category: str = "") -> str:
        """The allowance account of an inventory account (and an item)."""
        fields = accounts.account_fields(account)
        if self._fields <= fields.keys():
            return self._template.format(**fields)
        match = self._policy.match_inventory(account)
        groups = match.groupdict() if match is not None else {}
        fields = {name: value or "" for name, value in groups.items()} | fields
        return accounts.expand(
            self._template, fields | {"commodity": commodity, "category": category}
        )
