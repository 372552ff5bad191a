"""Policy, account, item, lot → the parameters of a lot: those of the most specific place.

    plugin "beancount_invwd" "{'selling_cost': '8%'}"      what holds for all,
    open Assets:Inventory:Outlet, with the metadata
      invwd-selling-cost: "15%"                            but not for the goods of this account

(ACCOUNTING section 4: lot, then item, then account, then the plugin's policy.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.metadata import KEYS, NO_FACTS, Facts
from beancount_invwd.policy.values import Charge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.estimates import Estimate
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.policy.policy import Terms

_CHARGES = ("selling_cost", "completion_cost", "normal_margin")


class Parameters:
    """Tells under which terms goods are measured.

    Args:
        policy: The terms of goods of which nothing is stated.
        chart: Has what is stated of accounts and items.
        mistakes: Takes what is wrong, and knows which items that concerns.
    """

    def __init__(self, policy: Terms, chart: Chart, mistakes: Mistakes) -> None:
        self._chart = chart
        self._mistakes = mistakes
        self._changed: dict[str, dict[str, Any]] = {}  # by item or account
        self._sources: dict[tuple[str, str], Mapping[str, Any]] = {}  # by place and key
        self._set_policy(policy)

    def _set_policy(self, policy: Terms) -> None:
        """Let terms hold for all goods."""
        self._policy = policy
        charges = {name: getattr(policy, name) for name in _CHARGES}
        self._amounts = {name: row for name, row in charges.items() if row and row.currency}

    def change(self, row: Estimate) -> None:
        """Let an estimate hold from now on."""
        if row.place:
            self._changed.setdefault(row.place, {})[row.key] = row.value
        else:
            self._set_policy(self._policy._replace(**{row.key: row.value}))
        self._sources[row.place, row.key] = row.entry.meta

    def save(self) -> tuple[Any, ...]:
        """What estimates made of the parameters so far, for `restore`."""
        changed = {place: dict(values) for place, values in self._changed.items()}
        return self._policy, changed, dict(self._sources)

    def restore(self, saved: tuple[Any, ...]) -> None:
        """Let hold again what did when it was saved."""
        policy, self._changed, self._sources = saved
        self._set_policy(policy)

    def of_item(self, item: str, account: str = "") -> Terms:
        """The parameters of an item in an account, whatever its lots say."""
        return self._merge(item, account)

    def of_lot(
        self, item: str, currency: str, account: str = "", facts: Facts = NO_FACTS
    ) -> Terms | None:
        """The parameters of a lot; None if a mistake keeps it from being measured.

        Args:
            item: The item.
            currency: The currency of its cost.
            account: The inventory account; "" if nothing is stated of it.
            facts: What is stated of the lot.
        """
        for level in (facts, self._chart.items.facts(item), self._chart.facts(account)):
            for problem in list_foreign_amounts(level, currency) if level.stated else ():
                self._mistakes.block(item, level.meta, problem)
        self._check_changed(item, account, currency)
        terms = self._merge(item, account, facts)
        self._check_policy(terms, item, currency)
        is_broken = account in self._chart.broken or self.is_blocked(item)
        return None if is_broken else terms

    def find_completion(self, item: str) -> Charge | None:
        """What it takes to complete an item, as is stated of the item itself, if it is."""
        name = "completion_cost"
        stated = self._chart.items.facts(item).overrides.get(name)
        found: Charge | None = self._changed.get(item, {}).get(name, stated)
        return found

    def are_own(self, account: str, facts: Facts) -> bool:
        """Whether lots of an account, or with these facts, may have other terms than the item."""
        chart = self._chart
        has_own = facts is not NO_FACTS or bool(chart.facts(account).overrides)
        return has_own or account in chart.broken or account in chart.estimated

    def is_blocked(self, item: str) -> bool:
        """Whether a mistake concerns the item."""
        return item in self._mistakes.blocked

    def _merge(self, item: str, account: str, facts: Facts = NO_FACTS) -> Terms:
        """Merge what is stated, the most specific last; of one place, what changed."""
        merged: dict[str, Any] = {}
        changed = self._changed
        for place, of_place in (
            (account, self._chart.facts(account)),
            (item, self._chart.items.facts(item)),
            ("", facts),
        ):
            merged |= of_place.overrides
            if changed:
                merged |= changed.get(place, {})
        return self._policy._replace(**merged) if merged else self._policy

    def _check_changed(self, item: str, account: str, currency: str) -> None:
        """Report amounts of an item's or account's estimates in another currency than the cost."""
        for place in (item, account) if self._changed else ():
            for name, value in self._changed.get(place, {}).items():
                if isinstance(value, Charge) and value.currency not in {None, currency}:
                    message = (
                        f"{name!r} is in {value.currency}, but {item} costs {currency}; use a "
                        f"percentage, or state it in {currency}"
                    )
                    self._mistakes.block(item, self._sources[place, name], message)

    def _check_policy(self, terms: Terms, item: str, currency: str) -> None:
        """Report amounts of the policy in another currency than the cost."""
        for name, charge in self._amounts.items():
            if charge.currency != currency and charge is getattr(terms, name):
                message = (
                    f"'{name}' is in {charge.currency}, but {item} costs {currency}; use a "
                    f"percentage, or put invwd-{name.replace('_', '-')} in {currency} on its "
                    "Commodity or account"
                )
                self._mistakes.block(item, self._sources.get(("", name)), message)


def list_foreign_amounts(facts: Facts, currency: str) -> list[str]:
    """Name what in these facts is an amount in another currency than the cost."""
    if not (facts.overrides or facts.nrv or facts.salvage):
        return []
    amounts = {
        key: value.currency
        for key, value in facts.overrides.items()
        if isinstance(value, Charge) and value.currency
    }
    amounts |= {key: money[1] for key in ("nrv", "salvage") if (money := getattr(facts, key))}
    foreign = {key: given for key, given in amounts.items() if given != currency}
    if not foreign:
        return []
    names = {row.field: name for name, row in KEYS.items()}
    return [
        f"{names[key]} is in {given}, but the cost is in {currency}; state it in {currency}"
        for key, given in foreign.items()
    ]
