"""Text of the ledger in CSV does no harm, whatever program splits it, and wherever."""

from __future__ import annotations

import pytest

from beancount_invwd.report.output import formats


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff20SUM(A1)", "'\uff20SUM(A1)"),
        ("mug;=1+1", "mug;'=1+1"),
        ("mug; @SUM(A1)", "mug; '@SUM(A1)"),
        ("mug|\uff0b1", "mug|'\uff0b1"),
        ("mug - red; 10 = ten", "mug - red; 10 = ten"),
    ],
)
def test_formulas_are_disarmed(text: str, written: str) -> None:
    assert formats._disarm(text) == written
