"""What is not wrong but has to be looked at."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

NoticeKind = Literal[
    "untested-period-end",
    "own-use",
    "direct-write-down",
    "level",
    "later-evidence",
    "functional-currency",
    "temporary",
    "money",
    "excluded",
    "provision",
    "penalty",
]


class Notice(NamedTuple):
    """Something to look at.

    Attributes:
        amount: What is at stake; None if that is not known.
        date: When it arose, or is due.
        message: A sentence that says it all.
        line: The line to add to the ledger, if one settles it.
    """

    kind: NoticeKind
    message: str
    account: str | None = None
    commodity: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    date: datetime.date | None = None
    line: str = ""
