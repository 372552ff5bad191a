"""The template of allowance accounts → their names, and which accounts of a ledger they are.

`{account}:Allowance` for goods in `Assets:Inventory:Store` is `Assets:Inventory:Store:Allowance`.
What is an allowance account follows from the whole ledger: from its inventory accounts, whether
they are opened or not, and from what these ever held if the template asks for items.
"""

from __future__ import annotations

import re
from functools import cached_property
from string import Formatter
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.ground.known import Known
from beancount_invwd.policy import templates

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from beancount_invwd.policy.policy import Policy


_ACCOUNT = {"account"}


class Contras:
    """The allowance accounts of a ledger.

    Args:
        policy: Has the template.
        opened: The accounts of the ledger.
        ledger: All its entries.
        find_category: Gives the category of an item.
    """

    def __init__(
        self,
        policy: Policy,
        opened: Iterable[str],
        ledger: Sequence[Any],
        find_category: Callable[[str], str],
    ) -> None:
        self._policy = policy
        self._opened = opened
        self._ledger = ledger
        self._find_category = find_category
        self._template = policy.accounts["allowance"]
        parts = list(Formatter().parse(self._template))
        self._fields = {name for _, name, _, _ in parts if name}
        self._parts = parts
        self._tail = parts[-1][0] if parts and not parts[-1][1] else ""
        self._of_account = Known(lambda account: self._template.format(account=account))

    def name(self, account: str, commodity: str = "", category: str = "") -> str:
        """The allowance account of an inventory account (and an item)."""
        if self._fields == _ACCOUNT:
            return self._of_account[account]
        fields = templates.account_fields(account)
        if self._fields <= fields.keys():
            return self._template.format(**fields)
        match = self._policy.match_inventory(account)
        groups = match.groupdict() if match is not None else {}
        fields = {name: value or "" for name, value in groups.items()} | fields
        items = {"commodity": commodity, "category": category}
        return templates.expand(self._template, fields | items)

    def __contains__(self, account: str) -> bool:
        """Whether an account stands against an inventory account of the ledger."""
        if not account.endswith(self._tail) or self._shape.fullmatch(account) is None:
            return False
        return account in self._of_opened or account in self._of_held

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        """What the name of any looks like."""
        texts = (re.escape(text) + (".*" if name else "") for text, name, _, _ in self._parts)
        return re.compile("".join(texts))

    @cached_property
    def _of_opened(self) -> Collection[str]:
        """Those of accounts that the ledger opens; none if the template asks for items."""
        if not self._fields.isdisjoint(templates.ITEM_FIELDS):
            return ()
        return set(map(self.name, filter(self._policy.match_inventory, self._opened)))

    @cached_property
    def _of_held(self) -> Collection[str]:
        """Those of items that an account ever held, whether it was opened or not."""
        held = {
            (posting.account, posting.units.currency)
            for entry in self._ledger
            if type(entry) is data.Transaction
            for posting in entry.postings
            if posting.cost is not None and posting.units is not None
        }
        return {
            self.name(account, item, self._find_category(item))
            for account, item in held
            if self._policy.match_inventory(account)
        }
