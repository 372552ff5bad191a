"""What is asked of a ledger besides its state on a date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ONE
from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable
    from decimal import Decimal

    from beancount_invwd.engine.run import Run


class Asked(NamedTuple):
    """What is asked of a ledger besides its state on a date.

    Attributes:
        start: The date to note the opening allowances of; None is the first of the fiscal year of
            that date, without one none.
        replacement_share: The part that counts of what goods cost to buy again.
        by_cause: Whether movements tell what of them each cause is.
        blocked: The `blocked` of a run of the same ledger, so that they are not found once more.
        look_back: What is asked of the state of the day before `start`, which is passed on the way:
            so that the ledger need not be followed to that day once more. It is answered as
            `recall` of the run.
        is_noted: Whether what was sold or used is noted, though no policy asks for it.
    """

    start: datetime.date | None = None
    replacement_share: Decimal = ONE
    by_cause: bool = False
    blocked: frozenset[str] | None = None
    look_back: Callable[[Run], Any] | None = None
    is_noted: bool = True
