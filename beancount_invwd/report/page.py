"""What the page in Fava asks of a run, whatever it shows: noted when the ledger is followed."""

from __future__ import annotations

from beancount_invwd.engine import Asked
from beancount_invwd.report.ledger.year_end import ask_year_end

ASKED = Asked(by_cause=True, look_back=ask_year_end)
