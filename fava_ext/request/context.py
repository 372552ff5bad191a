"""What every view is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fava.core import FavaLedger

    from fava_ext.fava_api import Formats
    from fava_ext.request.question import Question
    from fava_ext.request.selection import Selection
    from fava_ext.request.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """What views are built from."""

    ledger: FavaLedger
    store: Store
    question: Question
    selection: Selection
    formats: Formats
