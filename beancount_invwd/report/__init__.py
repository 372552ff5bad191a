"""Lots and movements → plain rows, without printing: positions, totals, tie-out.

The command line and the Fava page show the same rows.
"""

from beancount_invwd.engine import collector_paused
from beancount_invwd.report.ledger.holdings import (
    Position,
    Total,
    list_positions,
    sum_totals,
)
from beancount_invwd.report.ledger.tie_out import TieOut, tie_out
from beancount_invwd.report.state import Assessment, NotSwitchedOn, assess

__all__ = [
    "Assessment",
    "NotSwitchedOn",
    "Position",
    "TieOut",
    "Total",
    "assess",
    "collector_paused",
    "list_positions",
    "sum_totals",
    "tie_out",
]
