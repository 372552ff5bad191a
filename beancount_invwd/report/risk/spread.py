"""What is at risk → how it is spread: over the months of expiry, and by headroom.

expiry    2024-03: 120.00   2024-05: 40.00        what demand will not reach
headroom  0–5 %: 900.00     10–20 %: 2,400.00     carrying amounts
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from beancount_invwd.ground.money import CONTEXT
from beancount_invwd.ground.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.report.risk.risk import RiskRow

BOUNDS = tuple(map(Decimal, ("0", "0.05", "0.10", "0.20", "0.30", "0.50")))
"""Where one band of headroom ends and the next begins."""


def spread_expiry(rows: Sequence[RiskRow]) -> Sums[tuple[str, str]]:
    """Add up what will expire unsold, by month (`2024-03`) and currency."""
    sums: Sums[tuple[str, str]] = Sums()
    with localcontext(CONTEXT):
        for row in rows:
            for day, loss in row.losses_dated:
                sums.add((f"{day:%Y-%m}", row.currency), loss)
    return sums


def spread_headroom(rows: Sequence[RiskRow]) -> Sums[tuple[int, str]]:
    """Add up carrying amounts, by the band of headroom and currency.

    Band 0 is below the first bound, band 1 from it up to the second, and so on; goods without a
    price are in none.
    """
    sums: Sums[tuple[int, str]] = Sums()
    with localcontext(CONTEXT):
        for row in rows:
            share = row.headroom_share
            if share is not None:
                sums.add((sum(share >= bound for bound in BOUNDS), row.currency), row.carrying)
    return sums
