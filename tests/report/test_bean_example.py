"""Beancount's own example ledger, its securities taken as inventory."""

from __future__ import annotations

import datetime
import io
import random
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from beancount import loader
from beancount.core import data
from beancount.scripts import example

from beancount_invwd.engine import follow_ledger
from beancount_invwd.policy.standards import STANDARDS
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.tie_out import tie_out

BEGIN = datetime.date(2019, 1, 1)
END = datetime.date(2022, 6, 30)


@cache
def ledger_text() -> str:
    """The ledger as `bean-example --seed 7` writes it (its dates fixed)."""
    random.seed(7)
    output = io.StringIO()
    example.write_example_file(  # type: ignore[no-untyped-call]
        datetime.date(1980, 5, 12), BEGIN, END, reformat=True, file=output
    )
    return output.getvalue()


@pytest.mark.parametrize("standard", sorted(STANDARDS))
@pytest.mark.parametrize("release", ["sale", "period"])
def test_it_loads_with_every_standard_and_ties_at_every_date(standard: str, release: str) -> None:
    config = {
        "standard": standard,
        "release": release,
        "inventory": "Assets:US:(?:ETrade|Vanguard):[A-Z]+",
        "normal_margin": "5%",
        "selling_cost": "1%",
    }
    text = f'plugin "beancount_invwd" "{config}"\n{ledger_text()}'
    entries, errors, options = loader.load_string(text)
    assert not errors
    written = [entry for entry in entries if _is_ours(entry)]
    assert {entry.meta["invwd"] for entry in written} & {"write-down", "reversal", "release"}
    measured = {e.date for e in written if "invwd-measure" in e.meta}
    dates = measured if release == "period" else {entry.date for entry in written}
    for date in sorted({*dates, entries[-1].date} if release == "sale" else dates):
        run = follow_ledger(entries, options, date)
        assert not run.errors
        ties = tie_out(run)
        assert all(not row.difference for row in ties), (date, ties)
        for total in sum_totals(list_positions(run)):
            held = sum((row.lots for row in ties if row.currency == total.currency), Decimal(0))
            assert 0 <= total.allowance == held <= total.cost


def _is_ours(entry: Any) -> bool:
    return isinstance(entry, data.Transaction) and "invwd" in (entry.tags or ())
