"""What every view is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fava.core import FavaLedger

    from beancount_invwd.engine import Run

    from ..formats import Formats
    from ..request.cache import Cache
    from ..request.question import Question
    from ..request.selection import Selection


@dataclass(frozen=True, slots=True)
class Context:
    """What views are built from."""

    ledger: FavaLedger
    cache: Cache
    question: Question
    selection: Selection
    formats: Formats

    @property
    def run(self) -> Run:
        """The state of the date that is asked for."""
        return self.selection.run
