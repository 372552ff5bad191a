"""What the ledger has booked of liabilities for what is ordered → taken, or errors.

A transaction with the tag `#invwd` and `invwd-group` that posts to such an account is a fact
(ACCOUNTING section 11). A commitment that was given up is taken out of the ledger: what is booked
of its liability stays until it is paid, by a transaction with the same tag and group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.booked.claim import Claim, is_booked, read_claims
from beancount_invwd.directives.mistakes import find_meta
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import StockKey
from beancount_invwd.movements.movement import BOOKED, DELIVERED, Movement
from beancount_invwd.timeline.unsettled import refuse, report_left, report_untagged

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence
    from decimal import Decimal

    from beancount_invwd.commitments.orders import Orders
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.timeline.liabilities import Liabilities

_KINDS = ("commitment-loss", "commitment-recovery")
Carried = Sums[tuple[StockKey, str]]
"""What went along with goods, by what was ordered and allowance account."""


class Claimed:
    """Takes what is booked of liabilities.

    Args:
        orders: What is ordered.
        liabilities: What is lost on it.
        chart: Knows the accounts.
        mistakes: Takes what is wrong.
    """

    def __init__(
        self, orders: Orders, liabilities: Liabilities, chart: Chart, mistakes: Mistakes
    ) -> None:
        self._orders = orders
        self._liabilities = liabilities
        self._chart = chart
        self._mistakes = mistakes
        self._claims: list[tuple[Claim, StockKey]] = []
        self._given_up: dict[StockKey, Claim] = {}  # each with the last one

    @property
    def is_eventful(self) -> bool:
        """Whether anything waits for the end of its day."""
        return bool(self._claims)

    def note(self, txn: Any) -> bool:
        """Note a booked movement; return whether there is nothing of allowances in it."""
        accounts, is_whole = self._liabilities.accounts, False
        is_named = txn.meta.get("invwd") in _KINDS or txn.meta.get("invwd-reason") == DELIVERED
        if not is_named and not any(row.account in accounts for row in txn.postings):
            return False
        for claim in read_claims(txn):
            key = self._find_key(claim)
            if key is None:
                what = f"there is no commitment for {claim.group or 'no group'}"
                refuse(claim, what, self._mistakes)
                is_whole = True
            elif key in self._orders.keys:
                self._claims.append((claim, key))
                is_whole = True
            else:
                self._take(claim, key, claim.changes[self._liabilities.open_account(key)])
                self._given_up[key] = claim
                is_whole = not self._list_allowances(claim)
        return is_whole

    def _find_key(self, claim: Claim) -> StockKey | None:
        """Find what a claim is about: an item that is ordered, or was once."""
        found = [
            key
            for key in self._orders.keys
            if (key.commodity, key.currency) == (claim.group, claim.currency)
            and claim.entity in {None, key.entity}
            and self._liabilities.find_account(key) in claim.changes
        ]
        if found or not claim.group:
            return found[0] if len(found) == 1 else None
        once = StockKey(claim.entity or "", claim.currency, claim.group)
        return once if self._liabilities.find_account(once) in claim.changes else None

    def _list_allowances(self, claim: Claim) -> Sums[str]:
        rows = claim.changes.items()
        return Sums({account: row for account, row in rows if self._chart.is_allowance(account)})

    def _take(self, claim: Claim, key: StockKey, change: Decimal) -> None:
        """Take what the ledger says of a liability."""
        held = self._liabilities.held
        held.add(key, change)
        if held[key] < ZERO:
            refuse(claim, f"{-change} {key.currency} is more than the liability", self._mistakes)
        row = self._liabilities.describe(key, claim.txn.date, "transfer", BOOKED)
        changes = Sums({self._liabilities.find_account(key): change})
        self._liabilities.movements.append(row._replace(changes=changes, is_booked=True))

    def list_keys(self, items: frozenset[str] | None) -> set[StockKey]:
        """What is booked today, of some items; None is all."""
        return {key for _, key in self._claims if items is None or key.commodity in items}

    def end_day(self, day: datetime.date, carried: Carried) -> list[Movement]:
        """Take what is booked of a day; what went along with goods is kept apart.

        Returns:
            What allowances got.
        """
        found = []
        for claim, key in self._claims:
            change = claim.changes[self._liabilities.find_account(key)]
            self._take(claim, key, change)
            allowances = self._list_allowances(claim)
            for account, amount in allowances.items():
                carried.add((key, account), amount)
            stated = change + allowances.total()
            self._orders.state(key, self._liabilities.fill_gap(key, stated))
            if allowances:
                row = self._liabilities.describe(key, day, "transfer", BOOKED)
                found.append(row._replace(changes=allowances, is_booked=True))
        return found

    def refuse_rest(self, carried: Carried) -> None:
        """Report what should have gone along with goods that did not come."""
        for (key, _), amount in carried.without_zeros().items():
            claim = next(claim for claim, other in self._claims if other == key)
            what = f"nothing that is ordered was delivered that day to carry {amount}"
            refuse(claim, what, self._mistakes)
        self._claims = []

    def finish(self, entries: Sequence[Any]) -> None:
        """Report what is left of liabilities for nothing, and what no tag tells of others."""
        for key, claim in self._given_up.items():
            left = self._liabilities.held[key]
            if left > ZERO:
                account = self._liabilities.find_account(key)
                report_left(claim, left, account, self._mistakes)
        accounts = set(self._liabilities.accounts)
        for txn in entries if accounts else ():
            if type(txn) is not data.Transaction or is_booked(txn):
                continue
            posting: Any
            for posting in txn.postings:
                account = posting.account
                if account in accounts and posting.units.number:
                    accounts.remove(account)
                    items = self._liabilities.list_items(account)
                    meta = find_meta(txn, posting)
                    report_untagged(txn, account, items, meta, self._mistakes)
