"""What is ordered and cannot be measured, did not come, or is booked of no order → errors.

100 GOLD of this commitment were to come until 2025-03-31 and did not; …
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime

    from beancount_invwd.booked.claim import Claim
    from beancount_invwd.commitments.orders import Order, Orders
    from beancount_invwd.directives.mistakes import Mistakes


def report_unmeasured(orders: Orders, day: datetime.date, mistakes: Mistakes) -> None:
    """Report commitments that lack a price on the last measurement date."""
    for key in orders.keys:
        for row in orders.look_out(key, day):
            stock = orders.find_stock(key)
            if row.loss is None and row.rule is not None and not stock.units:
                item, entry = key.commodity, row.commitment.entry
                message = (
                    f"{item} is ordered and has no price that counts on {day}, so the "
                    f"commitment is not measured; add: {day} price {item} … {key.currency}"
                )
                mistakes.report_first(("missing", item), entry.meta, message, entry)


def report_overdue(orders: Orders, end: datetime.date, mistakes: Mistakes) -> None:
    """Report what should have been delivered before a date."""
    for row in orders.list_open():
        if row.commitment.until < end:
            _report_overdue(row, mistakes)


def _report_overdue(row: Order, mistakes: Mistakes) -> None:
    item, until, entry = row.commitment.item, row.commitment.until, row.commitment.entry
    message = (
        f"{row.rest:,f} {item} of this commitment were to come until {until} and did not; if "
        "they came at another cost, add to that transaction: invwd-commitment: TRUE; if they "
        "come later, write a later until: here; if it was given up, take it out and book what "
        "leaving it cost"
    )
    mistakes.report((id(entry), "overdue"), entry.meta, message, entry)


def refuse(claim: Claim, what: str, mistakes: Mistakes) -> None:
    """Report a booked movement that no order can take."""
    message = (
        f"this booked movement of {claim.group or 'no group'} cannot be taken: {what}; mend "
        "its accounts, its amount or invwd-group"
    )
    mistakes.report((id(claim.txn), claim.group, what), claim.txn.meta, message, claim.txn)
