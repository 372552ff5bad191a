"""A lot or group → the accounts that its movements are written to."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING

from beancount_invwd import accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from beancount_invwd.policy import Policy
    from beancount_invwd.stock import Lot, Stock


class Targets:
    """Fills in the account templates of a policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._template = policy.accounts["allowance"]
        self._reverse = _reverse_template(self._template)
        self._allowances: dict[tuple[str, str], str] = {}

    def allowance_account(self, lot: Lot) -> str:
        """The contra account of a lot's inventory account."""
        key = (lot.account, lot.stock.key.commodity)
        account = self._allowances.get(key)
        if account is None:
            match = self._policy.match_inventory(lot.account)
            groups = match.groupdict() if match is not None else {}
            fields = {
                **{name: value or "" for name, value in groups.items()},
                **accounts.account_fields(lot.account),
                "commodity": lot.stock.key.commodity,
                "category": lot.stock.category,
            }
            account = self._allowances[key] = accounts.expand(self._template, fields)
        return account

    def known_allowances(self) -> set[str]:
        """The allowance accounts of all lots there ever were."""
        return set(self._allowances.values())

    def is_asset(self, account: str) -> bool:
        """Whether an account is under Assets."""
        return self._policy.roots.is_under(account, "Assets")

    def result_account(self, kind: str, entity: str, commodity: str, category: str) -> str:
        """An account of the income statement: loss, write_off, reversal or cogs."""
        fields = {"entity": entity, "commodity": commodity, "category": category}
        return accounts.expand(self._policy.accounts[kind], fields)

    def cogs_account(self, stock: Stock) -> str:
        """The cost-of-goods-sold account of an item."""
        return self.result_account("cogs", stock.key.entity, stock.key.commodity, stock.category)

    def is_allowance(
        self, account: str, opened: Container[str], is_inventory: Callable[[str], object]
    ) -> bool:
        """Whether an account stands against an inventory account of the ledger.

        Args:
            account: The account.
            opened: The accounts of the ledger.
            is_inventory: Whether a name is one of an inventory account.
        """
        match = self._reverse.fullmatch(account) if self._reverse is not None else None
        if match is None:
            return account in self._allowances.values()
        groups = match.groupdict()
        if "account" in groups or "leaf" in groups:
            stem = [groups.get("parent"), groups.get("leaf")]
            of = groups.get("account") or ":".join(part for part in stem if part)
            return of in opened and bool(is_inventory(of))
        return True


def _reverse_template(template: str) -> re.Pattern[str] | None:
    """A pattern that tells what an allowance account stands against, if its name alone does."""
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
