"""Something to do: what is at stake, when, why, and the line to paste."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

TaskKind = Literal[
    "untested-period-end",
    "price",
    "evidence",
    "expired",
    "expiring",
    "ageing",
    "near-cost",
    "contract",
    "commitment",
    "delivery",
    "count",
    "own-use",
    "later-evidence",
    "provision",
    "penalty",
]


class Task(NamedTuple):
    """Something to do.

    Attributes:
        amount: The money at stake; None if that is not known.
        date: When it arose, or is due.
        reason: Why.
        line: What to paste into the ledger, perhaps with a number to fill in; "" for nothing.
    """

    kind: TaskKind
    reason: str
    amount: Decimal | None = None
    currency: str | None = None
    date: datetime.date | None = None
    commodity: str | None = None
    line: str = ""
