"""What an explanation is made of: steps, each to be redone with a pocket calculator."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from beancount_invwd.report.output.numbers import show

if TYPE_CHECKING:
    from beancount_invwd.directives.statements import Statement
    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.measure.measured import Measured
    from beancount_invwd.measure.prices import Price
    from beancount_invwd.measure.rule import Rule
    from beancount_invwd.report.ledger.written import Written

Place = Literal["screen", "paper", ""]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a calculation.

    Attributes:
        section: What it belongs to: evidence, a lot, a loss, an allowance, what was written.
        formula: Numbers and × ÷ + −, or the facts in words.
        result: What comes out, None for a fact.
        source: File and line of the directive, empty if there is none.
        moved: The movement that was written, of a step that is one.
        place: Where it stands: on the screen and in files, on a sheet of paper, or everywhere.
    """

    section: str
    label: str
    formula: str
    result: Decimal | None = None
    source: str = ""
    moved: Written | None = None
    place: Place = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A lot, what is known of it, and what the engine made of it."""

    lot: Lot
    rule: Rule
    particular: Statement | None
    measured: Measured
    day: datetime.date


def show_price(price: Price) -> str:
    """A price per unit in the cost currency, as number × or ÷ rate."""
    text = show(price.entry.amount.number)
    rate = price.rate
    if rate is None:
        return text
    is_direct = rate.currency == price.entry.amount.currency
    return f"{text} {'×' if is_direct else '÷'} {show(rate.amount.number)}"


def times(section: str, label: str, units: Decimal, number: Decimal, source: str = "") -> Step:
    """Units times a value per unit."""
    return Step(section, label, f"{show(units)} × {show(number)}", units * number, source)
