"""Estimates that changed in a period → sentences, with the effect on their first measurement.

What a measurement would have been without is found by following the ledger once more without that
directive (IAS 8.39, ASC 250-10-50-4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.directives.estimates import Estimate
from beancount_invwd.engine import follow_ledger
from beancount_invwd.ground.sums import Sums
from beancount_invwd.policy.estimates import ESTIMATES, tell_value

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.report.ledger.spans import Span

Places = Sums[tuple[str, str]]  # entity, currency


def tell_estimates(
    run: Run, span: Span, write_money: Callable[[Decimal, str], str]
) -> Iterator[str]:
    """Tell which estimates changed in a period, and what that did.

    Args:
        run: The state at its end.
        span: First and last day, inclusive.
        write_money: Writes an amount in a currency.
    """
    for row in run.directives:
        if isinstance(row, Estimate) and span[0] <= row.date <= span[1]:
            where = f" for {row.place}" if row.place else ""
            effect = _tell_effect(run, row, write_money)
            yield (
                f"From {row.date} on, {ESTIMATES[row.key]}{where} is {tell_value(row.value)}, a "
                f"change of an estimate ({_name_paragraph(run)}). {effect}"
            )


def _name_paragraph(run: Run) -> str:
    return "ASC 250-10-50-4" if run.policy.standard.startswith("asc") else "IAS 8.39"


def _tell_effect(run: Run, row: Estimate, write_money: Callable[[Decimal, str], str]) -> str:
    if row.key == "materiality":
        return "It concerns where losses stand, not how much they are."
    day = run.policy.find_test_date(row.date)
    if day > min(run.as_of, run.last_test):
        return "Nothing was measured since."
    if run.closed is not None and day <= run.closed:
        return f"What the measurement of {day} made of it is in the books of that period."
    with_it = _sum_allowances(run, run.entries, day)
    others = [entry for entry in run.entries if entry is not row.entry]
    for key, allowance in _sum_allowances(run, others, day).items():
        with_it.add(key, -allowance)
    effects = [
        f"{'raised' if change > 0 else 'lowered'} write-downs{f' of {entity}' if entity else ''} "
        f"by {write_money(abs(change), currency)}"
        for (entity, currency), change in sorted(with_it.without_zeros().items())
    ]
    return f"The measurement of {day}: it {', and '.join(effects) or 'changed nothing'}."


def _sum_allowances(run: Run, entries: Sequence[object], day: datetime.date) -> Places:
    """What lots carry after the measurement of a day."""
    sums: Places = Sums()
    for stock in follow_ledger(entries, run.options_map, day).stocks:
        sums.add(stock.key[:2], stock.allowance)
    return sums
