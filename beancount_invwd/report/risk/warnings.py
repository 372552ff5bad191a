"""What is near → warnings of an item, each with a sentence that gives its figures.

headroom   57.00 USD are lost if prices fall by 10%: net realisable value has 0% of headroom
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import round_number
from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.report.ledger.recent_sales import DAYS
from beancount_invwd.report.output.numbers import show_share
from beancount_invwd.report.risk.prospects import WINDOW, Prospect, Question, gets_old

if TYPE_CHECKING:
    from beancount_invwd.report.risk.risk import RiskRow

_MEANINGS: Mapping[str, str] = {
    "pending": mark("lost already: what a test today would write, whatever comes"),
    "headroom": mark(
        "net realisable value is so near the carrying amount that a fall of prices costs"
    ),
    "list price": mark(
        "nobody paid the price in the last {days} days, and goods lose by it (IAS 2.30)"
    ),
    "expiry": mark("units expire before demand reaches them"),
    "ageing": mark("the rates by age, or by days without a sale, take more if the goods stay"),
    "slow": mark("more is on hand than sells in {window} days"),
    "old price": mark("the price is or gets too old to count as evidence"),
    "no price": mark("nothing is measured, since there is no price that counts"),
}


def list_meanings() -> Mapping[str, str]:
    """What each warning means, by its name."""
    return {name: say(text, days=DAYS, window=WINDOW) for name, text in _MEANINGS.items()}


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
        why = ", ".join(dict.fromkeys(translate(reason) for reason in reasons if reason))
        yield (
            "pending",
            say(
                "{pending:,f} {currency} are lost by a test today ({why})",
                pending=row.pending,
                currency=currency,
                why=why,
            ),
        )
    if row.loss_price:
        fall = say(
            "{loss:,f} {currency} are lost if prices fall by {share}",
            loss=row.loss_price,
            currency=currency,
            share=show_share(question.headroom),
        )
        yield "headroom", f"{fall}{_tell_room(row)}"
    if row.loss_paid:
        lost = say(
            "{loss:,f} {currency} are lost at {paid:,f}, the median of the sales of the last "
            "{days} "
            "days: none was at the price of {listed:,.6g}",
            loss=row.loss_paid,
            currency=currency,
            paid=row.paid,
            days=DAYS,
            listed=row.listed,
        )
        yield "list price", lost
    if row.loss_expiry:
        left = say(
            "{units:,.6g} {item} will be left when they expire, the first on {expires}: "
            "{loss:,f} {currency}",
            units=row.units_expiring,
            item=row.commodity,
            expires=row.expires,
            loss=row.loss_expiry,
            currency=currency,
        )
        yield "expiry", left
    if row.loss_ageing:
        yield (
            "ageing",
            say(
                "rates take {loss_ageing:,f} {currency} by {horizon} if the goods stay",
                loss_ageing=row.loss_ageing,
                currency=currency,
                horizon=horizon,
            ),
        )


def _tell_signs(
    question: Question, row: RiskRow, group: Sequence[Prospect], *, is_slow: bool
) -> Iterator[tuple[str, str]]:
    """What has no amount."""
    if is_slow:
        last = (
            say("nothing was sold")
            if row.supply is None
            else say("it lasts {days:,} days", days=int(row.supply))
        )
        yield "slow", say("at the pace of the last {days} days {last}", days=WINDOW, last=last)
    if any(_gets_old(question, found) for found in group):
        yield (
            "old price",
            say(
                "the price is {price_age} days old, and too old by {horizon}",
                price_age=row.price_age,
                horizon=question.horizon,
            ),
        )
    if any(found.row.measured.lack == "price" for found in group):
        yield "no price", say("there is no price that counts")


def _tell_room(row: RiskRow) -> str:
    if row.headroom_share is None:
        return ""
    share = round_number(row.headroom_share, 3)
    if share < 0:
        return say("; it is worth {share} less than it is carried at", share=show_share(-share))
    return say("; headroom is {share}", share=show_share(share))


def _gets_old(question: Question, found: Prospect) -> bool:
    """Whether the price of a lot will be too old within the given days."""
    price = found.selling.price if found.selling is not None else None
    return price is not None and gets_old(found.lot.terms, price.date, question.horizon)
