"""What is near → warnings of an item, each with a sentence that gives its figures.

headroom   57.00 USD are lost if prices fall by 10%: net realisable value has 0% of headroom
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import round_number
from beancount_invwd.report.ledger.recent_sales import DAYS
from beancount_invwd.report.output.numbers import show_share
from beancount_invwd.report.risk.prospects import WINDOW, Prospect, Question, gets_old

if TYPE_CHECKING:
    from beancount_invwd.report.risk.risk import RiskRow

MEANINGS: Mapping[str, str] = {
    "pending": "lost already: what a test today would write, whatever comes",
    "headroom": "net realisable value is so near the carrying amount that a fall of prices costs",
    "list price": f"nobody paid the price in the last {DAYS} days, and goods lose by it (IAS 2.30)",
    "expiry": "units expire before demand reaches them",
    "ageing": "the rates by age, or by days without a sale, take more if the goods stay",
    "slow": f"more is on hand than sells in {WINDOW} days",
    "old price": "the price is or gets too old to count as evidence",
    "no price": "nothing is measured, since there is no price that counts",
}


def warn(
    question: Question, row: RiskRow, group: Sequence[Prospect], *, is_slow: bool
) -> Mapping[str, str]:
    """Warn of what is near: the warnings by name, each with its explanation."""
    losses = _tell_losses(question, row, group)
    return dict([*losses, *_tell_signs(question, row, group, is_slow=is_slow)])


def _tell_losses(
    question: Question, row: RiskRow, group: Sequence[Prospect]
) -> Iterator[tuple[str, str]]:
    """What costs money, with its amount."""
    currency, horizon = row.currency, question.horizon
    if row.pending:
        reasons = [found.row.measured.reason for found in group if found.pending > 0]
        why = ", ".join(dict.fromkeys(reason for reason in reasons if reason))
        yield "pending", f"{row.pending:,f} {currency} are lost by a test today ({why})"
    if row.loss_price:
        fall = f"{row.loss_price:,f} {currency} are lost if prices fall by"
        yield "headroom", f"{fall} {show_share(question.headroom)}{_tell_room(row)}"
    if row.loss_paid:
        lost = f"{row.loss_paid:,f} {currency} are lost at {row.paid:,f}, the median of the sales"
        none = f"none was at the price of {row.listed:,.6g}"
        yield "list price", f"{lost} of the last {DAYS} days: {none}"
    if row.loss_expiry:
        units = f"{row.units_expiring:,.6g} {row.commodity} will be left when they expire"
        yield "expiry", f"{units}, the first on {row.expires}: {row.loss_expiry:,f} {currency}"
    if row.loss_ageing:
        yield "ageing", f"rates take {row.loss_ageing:,f} {currency} by {horizon} if the goods stay"


def _tell_signs(
    question: Question, row: RiskRow, group: Sequence[Prospect], *, is_slow: bool
) -> Iterator[tuple[str, str]]:
    """What has no amount."""
    if is_slow:
        last = "nothing was sold" if row.supply is None else f"it lasts {int(row.supply):,} days"
        yield "slow", f"at the pace of the last {WINDOW} days {last}"
    if any(_gets_old(question, found) for found in group):
        yield (
            "old price",
            f"the price is {row.price_age} days old, and too old by {question.horizon}",
        )
    if any(found.row.measured.lack == "price" for found in group):
        yield "no price", "there is no price that counts"


def _tell_room(row: RiskRow) -> str:
    if row.headroom_share is None:
        return ""
    share = round_number(row.headroom_share, 3)
    if share < 0:
        return f"; it is worth {show_share(-share)} less than it is carried at"
    return f"; headroom is {show_share(share)}"


def _gets_old(question: Question, found: Prospect) -> bool:
    """Whether the price of a lot will be too old within the given days."""
    price = found.selling.price if found.selling is not None else None
    return price is not None and gets_old(found.lot.terms, price.date, question.horizon)
