"""Claims → those that can be taken; errors of the others, at their transaction.

Errors: no group, an unknown one, one without goods, another currency or entity, an account that is
no allowance account, more than the lots cost or carry. Each tells what to mend.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.booked.claim import Claim, has_goods
from beancount_invwd.directives.metadata import show
from beancount_invwd.ground.errors import find_near
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums
from beancount_invwd.lots.stock import find_room

if TYPE_CHECKING:
    from beancount_invwd.booked.goods import Goods
    from beancount_invwd.directives.chart import Chart
    from beancount_invwd.directives.mistakes import Mistakes


class Judge:
    """Judges booked movements.

    Args:
        goods: Finds the goods that they are about.
        chart: Tells what an account is.
        mistakes: Takes the errors.
    """

    def __init__(self, goods: Goods, chart: Chart, mistakes: Mistakes) -> None:
        self._goods = goods
        self._chart = chart
        self._mistakes = mistakes
        self._admitted: defaultdict[str, set[str]] = defaultdict(set)  # accounts by group

    def admit(self, claims: Sequence[Claim]) -> list[Claim]:
        """Keep amounts on allowance accounts; report claims that have none, or on others."""
        kept = []
        for claim in claims:
            narrow = self._narrow(claim)
            problem = self._find_problem(claim, narrow)
            if problem:
                self._report(claim, problem)
            elif narrow.changes or claim.kind == "release":  # a period's may cancel out
                kept.append(narrow)
                self._admitted[claim.group].update(narrow.changes)  # and is corrected there
        return kept

    def is_of_result(self, claim: Claim) -> bool:
        """Whether it moves only what profit or loss has: the year's loss to a line of its own."""
        is_result = all(self._chart.is_under(row, "Expenses", "Income") for row in claim.changes)
        return claim.kind == "transfer" and claim.group == "total" and is_result

    def admit_now(self, claim: Claim) -> Claim | None:
        """Keep amounts on allowance accounts if lots can take them when they come in the ledger.

        What takes allowances back may stand before the sale that it is about.
        """
        stocks = self._goods.list_stocks(claim)
        lots = [lot for stock in stocks for lot in stock.lots.values()]
        rooms: Sums[str] = Sums()
        for lot in lots:
            rooms.add(lot.place.contra, find_room(lot))
        narrow = self._narrow(claim)
        changes = narrow.changes
        fits = all(ZERO < change <= rooms[account] for account, change in changes.items())
        return narrow if changes and fits and not self._find_problem(claim, narrow) else None

    def _narrow(self, claim: Claim) -> Claim:
        """Keep amounts on allowance accounts; none if none of these is of the goods it names."""
        is_allowance, by_contra = self._chart.is_allowance, self._goods.books.by_contra
        changes = Sums({a: row for a, row in claim.changes.items() if is_allowance(a)})
        named = self._goods.find_named(claim.group)
        known = self._admitted[claim.group]
        if named and all(
            by_contra.get(account, set()).isdisjoint(named) and account not in known
            for account in changes
        ):
            changes.clear()
        return claim.with_changes(changes)

    def _find_problem(self, claim: Claim, narrow: Claim) -> str | None:
        changes = narrow.changes
        if not claim.group:
            return f"its amount on {next(iter(changes))} names no invwd-group" if changes else None
        others = () if has_goods(claim.txn) else claim.changes.keys() - changes.keys()
        strange = sorted(filter(self._is_strange, others))
        if not strange and (changes or claim.kind == "release"):
            return None
        if not self._goods.list_lots(claim):
            return self._tell_absence(claim)
        if strange:
            return f"{strange[0]} is no allowance account of {claim.group}"
        return "none of its accounts is an allowance account"

    def _is_strange(self, account: str) -> bool:
        """Whether no movement of allowances posts to an account: goods put to own use end there."""
        return self._chart.is_under(account, "Assets") and not self._chart.is_own_use(account)

    def _tell_absence(self, claim: Claim) -> str:
        """Tell why no lot can be meant."""
        stocks = [
            stock
            for stock in self._goods.find_named(claim.group)
            if any(lot.units > 0 for lot in stock.lots.values())
        ]
        if not stocks:
            return f"no lot of {claim.group} is on hand"
        if all(stock.key.currency != claim.currency for stock in stocks):
            costs = " and ".join(sorted({stock.key.currency for stock in stocks}))
            return f"{claim.group} costs {costs}, not {claim.currency}"
        return (
            f"no lot of {claim.group} in {claim.currency} is of invwd-entity {show(claim.entity)}"
        )

    def report_absence(self, claim: Claim) -> None:
        """Report a claim when no lot is on hand that it can be about."""
        self._report(claim, self._tell_absence(claim))

    def report_excess(self, claim: Claim, account: str, change: Decimal) -> None:
        """Report an amount that lots cannot take."""
        limit = "these lots cost" if change > 0 else "the allowance of these lots"
        self._report(claim, f"{abs(change)} {claim.currency} on {account} is more than {limit}")

    def _report(self, claim: Claim, what: str) -> None:
        if claim.group in self._mistakes.left_out:
            return  # beside others, in one transaction
        books = self._goods.books
        items = [stock.key.commodity for stock in books.stocks.values()]
        near = None if claim.group in items else find_near(claim.group, items)
        remedy = f"did you mean {near}? mend " if near else "mend "
        remedy += "its accounts, its amount or invwd-group"
        if claim.changes.keys().isdisjoint(books.by_contra):  # else that is an error untagged
            remedy += ", or remove the tag #invwd"
        message = (
            f"this booked movement of {claim.group or 'no group'} cannot be taken: {what}; {remedy}"
        )
        key = (id(claim.txn), claim.group, what)
        self._mistakes.report(key, claim.txn.meta, message, claim.txn)
