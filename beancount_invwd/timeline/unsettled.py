"""What is ordered and cannot be measured, did not come, or is booked of no order → errors.

100 GOLD of this commitment were to come until 2025-03-31 and did not; …
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.measure.measured import Measured, Unit
from beancount_invwd.measure.particular import measure_units

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from beancount_invwd.booked.claim import Claim
    from beancount_invwd.commitments.orders import Order, Orders
    from beancount_invwd.directives.mistakes import Mistakes


def report_unmeasured(orders: Orders, day: datetime.date, mistakes: Mistakes) -> None:
    """Report commitments that lack a price or margin on the last measurement date."""
    for key in orders.keys:
        for row in orders.look_out(key, day):
            stock = orders.find_stock(key)
            if row.loss is None and row.rule is not None and not stock.units:
                item, entry = key.commodity, row.commitment.entry
                found = measure_units(Unit(row.commitment.number), row.rule)
                why, remedy = _tell_lack(found, item, key.currency, day)
                message = (
                    f"{item} is ordered and {why}, so the commitment is not measured; add: {remedy}"
                )
                mistakes.report_first(("missing", item), entry.meta, message, entry)


def _tell_lack(found: Measured, item: str, currency: str, day: datetime.date) -> tuple[str, str]:
    """Tell what an ordered item has not, and what to add."""
    if found.lack == "margin":
        why = "has no normal margin, which measure 'lcm' needs for its floor"
        return why, 'invwd-normal-margin: "20%" to its Commodity'
    if found.lack == "purchase":
        why = "used in what sells for less than it costs, and nothing tells what it costs today"
        return why, f'{day} custom "invwd-replacement-cost" "{item}" … {currency}'
    if found.lack == "product":
        product = found.reason
        why = f"used in {product}, which has no price on {day}, or was never made or bought"
        return why, f"{day} price {product} … {currency}"
    return f"has no price that counts on {day}", f"{day} price {item} … {currency}"


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


def report_left(claim: Claim, left: Decimal, account: str, mistakes: Mistakes) -> None:
    """Report what is booked of a commitment that is taken out, and not yet paid."""
    item, currency = claim.group, claim.currency
    message = (
        f"{left:,f} {currency} is left of the liability for {item}, of which nothing is ordered "
        f"any more; put its invwd-commitment back, or book what came of it: debit {account} by a "
        f'transaction with the tag #invwd and invwd-group: "{item}"'
    )
    mistakes.report((claim.group, "left"), claim.txn.meta, message, claim.txn)


def report_untagged(
    txn: Any, account: str, items: Sequence[str], meta: Mapping[str, Any], mistakes: Mistakes
) -> None:
    """Report a posting that nobody knows what it does to a liability."""
    item = items[0] if len(items) == 1 else "…"
    which = "" if len(items) == 1 else f" (the item: {', '.join(items)})"
    message = (
        f"this posting makes {account} differ from what is lost on orders; add the tag #invwd and "
        f'invwd-group: "{item}"{which} to it, or post to another account'
    )
    mistakes.report(("untagged", account), meta, message, txn)
