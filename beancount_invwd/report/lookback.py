"""Estimates of a date → what came of them: the measure against net prices of the sales after it.

    WIDGET  price  100 on hand at 7.50, 40 sold for 7.00 net: 20.00 less than was expected

An auditor compares last year's estimates with their outcome (ISA 540.14), and so does who wants to
know whether a policy is too soft or too hard. `gain` is what the units sold brought more than they
were measured at; `bias` is what of it the books would have shown, since nothing is carried above
cost: above nothing, the policy was too hard, below it too soft. Where all prices come true both are
nothing.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.dates import add_days, fiscal_year_end, fiscal_year_start
from beancount_invwd.ground.money import CONTEXT, ZERO, round_money
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.holdings import LACKS
from beancount_invwd.report.ledger.outcomes import Outcome, tell_bias
from beancount_invwd.report.ledger.spans import day_before
from beancount_invwd.report.ledger.year_end import find_goods
from beancount_invwd.report.output.columns import CURRENCY, ENTITY, ITEM, QUANTITY, Cell, Column
from beancount_invwd.report.output.tables import Document, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from beancount_invwd.engine import Run


@dataclass(frozen=True, slots=True)
class LookbackRow:
    """Lots of an item that one rule decided the measure of.

    Attributes:
        reason: The rule that decided, or why there is no measure.
        rule: What the item is measured at: nrv, replacement, lower, lcm, cost.
        measure_unit: Per unit on the date; None if it was not assessed, or differs.
        average: What a unit fetched on average, less tax and costs; None if none was sold.
        gain: What the units sold brought more than they were measured at; a loss is negative.
        bias: What they would have been carried more at.
        other: Units that left otherwise, or were sold for what is not known.
        left: Units that were not sold yet, and what they cost.
    """

    entity: str
    currency: str
    commodity: str
    reason: str
    rule: str
    quantity: Decimal
    measure_unit: Decimal | None
    sold: Decimal
    average: Decimal | None
    measured: Decimal
    net: Decimal
    gain: Decimal
    bias: Decimal
    other: Decimal
    left: Decimal
    left_cost: Decimal


class LookbackSum(NamedTuple):
    """What an entity and currency come to, or one reason of it."""

    entity: str
    currency: str
    reason: str
    rule: str
    measured: Decimal
    net: Decimal
    gain: Decimal
    bias: Decimal
    left_cost: Decimal


@dataclass(frozen=True, slots=True)
class Lookback:
    """What came of the estimates of a date.

    Attributes:
        until: The last day that is looked at.
        last: The last day of the ledger, which may be earlier.
        rows: What went the most wrong first, by entity and currency.
        shared: Units whose price is a share of what several items sold for.
        unpriced: Units that were sold for what is not known.
    """

    as_of: datetime.date
    until: datetime.date
    last: datetime.date
    rows: Sequence[LookbackRow]
    shared: Decimal
    unpriced: Decimal


def find_year_end(run: Run) -> datetime.date:
    """The last fiscal year end before the date of a run: that of last year's estimates."""
    end = fiscal_year_end(run.as_of, run.policy.year_end)
    if end == run.as_of and run.entries and run.as_of < run.entries[-1].date:
        return end
    return day_before(fiscal_year_start(run.as_of, run.policy.year_end))


def look_back(
    run: Run,
    within: int,
    keep: Callable[[Outcome], bool] = lambda _row: True,
    day: datetime.date | None = None,
) -> Lookback:
    """Hold the measures of a date against what was sold in the days after it.

    Args:
        run: The state of that date, or a later one.
        within: The days after it.
        keep: Which lots are asked for.
        day: The date; None is that of the run.
    """
    goods = find_goods(run, day or run.as_of)
    with localcontext(CONTEXT):
        found = [row for row in goods.list_outcomes(run, within) if keep(row)]
        groups: dict[tuple[str, ...], list[Outcome]] = {}
        for row in found:
            groups.setdefault(_name(row), []).append(row)
        rows = sorted(map(_sum_up, groups.values()), key=_sort_key)
        return Lookback(
            goods.date,
            add_days(goods.date, within),
            run.entries[-1].date if run.entries else run.as_of,
            rows,
            sum((row.shared for row in found), ZERO),
            sum((row.unpriced for row in found), ZERO),
        )


def _name(found: Outcome) -> tuple[str, str, str, str, str]:
    measured, rule = found.of.measured, found.of.rule
    reason = LACKS[measured.lack] if measured.lack else measured.reason
    return (*found.lot.stock.key, reason, "" if rule is None else rule.measure)


def _sum_up(group: Sequence[Outcome]) -> LookbackRow:
    some, quantum = [row for row in group if row.sold], group[0].lot.stock.quantum

    def add(amounts: Iterable[Decimal | None]) -> Decimal:
        return sum((amount or ZERO for amount in amounts), ZERO)

    totals = [row.of.measured.total for row in group]
    units, sold = add(row.units for row in group), add(row.sold for row in some)
    net = add(row.net for row in some)
    return LookbackRow(
        *_name(group[0]),
        quantity=units,
        measure_unit=None if None in totals else add(totals) / units,
        sold=sold,
        average=net / sold if sold else None,
        measured=round_money(add(row.measured for row in some), quantum),
        net=round_money(net, quantum),
        gain=round_money(add(row.gain for row in some), quantum),
        bias=round_money(add(row.bias for row in some), quantum),
        other=add(row.gone + row.unpriced for row in group),
        left=add(row.left for row in group),
        left_cost=add(row.of.cost * row.left / row.units for row in group),
    )


def _sort_key(row: LookbackRow) -> tuple[Any, ...]:
    wrong = (-abs(row.bias), -abs(row.gain), not row.sold)
    return row.entity, row.currency, *wrong, row.commodity, row.reason


_ADDED = ("measured", "net", "gain", "bias", "left_cost")


def sum_reasons(rows: Sequence[LookbackRow]) -> list[LookbackSum]:
    """Add up by the reason and rule that decided."""
    return _add_up(rows, lambda row: (row.entity, row.currency, row.reason, row.rule))


def sum_lookback(rows: Sequence[LookbackRow]) -> list[LookbackSum]:
    """Add up by entity and currency: the bias of the whole."""
    return _add_up(rows, lambda row: (row.entity, row.currency, "", ""))


def _add_up(
    rows: Sequence[LookbackRow], name: Callable[[LookbackRow], tuple[str, str, str, str]]
) -> list[LookbackSum]:
    sums: dict[tuple[str, str, str, str], Sums[str]] = {}
    with localcontext(CONTEXT):
        for row in rows:
            for key in _ADDED:
                sums.setdefault(name(row), Sums()).add(key, getattr(row, key))
    return [LookbackSum(*key, *(row[name] for name in _ADDED)) for key, row in sorted(sums.items())]


_REASON, _RULE = Column("reason", "reason", page="Decided by", below="rule"), Column("rule", "rule")
_MEASURED = Column("measured", "measured", "money", page="Measured at")
_NET = Column("net", "brought", "money")
_GAIN, _BIAS = Column("gain", "gain", "change"), Column("bias", "bias", "change")
_LEFT_COST = Column("left_cost", "cost left", "money", page="Cost of these")
COLUMNS = (
    ENTITY,
    CURRENCY,
    ITEM,
    _REASON,
    _RULE,
    QUANTITY,
    Column("measure_unit", "measure", "price", page="Measure"),
    Column("sold", "sold", "exact"),
    Column("average", "net price", "price", page="Net price"),
    _MEASURED,
    _NET,
    _GAIN,
    _BIAS,
    Column("other", "left otherwise", "exact", in_text="rare"),
    Column("left", "not sold", "exact"),
    _LEFT_COST,
)
_SUMS = (ENTITY, CURRENCY, _MEASURED, _NET, _GAIN, _BIAS, _LEFT_COST)
REASON_COLUMNS = (*_SUMS[:2], _REASON, _RULE, *_SUMS[2:])


def document_lookback(found: Lookback) -> Document:
    """Estimates against their outcome, by item and reason; the bias of each reason and in all."""
    days = (found.until - found.as_of).days
    reasons = sum_reasons(found.rows)
    facts: Mapping[str, Cell] = {"as_of": found.as_of, "within": days, "until": found.until}
    totals = sum_lookback(found.rows)
    return Document(
        say(
            "Estimates of {as_of} and what was sold in the {days} days after",
            as_of=found.as_of,
            days=days,
        ),
        dict(facts),
        [
            Table(
                "items",
                COLUMNS,
                found.rows,
                empty=say("Nothing was on hand on {as_of}.", as_of=found.as_of),
            ),
            Table("totals", _SUMS, totals, "totals"),
            Table(
                "reasons",
                REASON_COLUMNS,
                reasons,
                "apart",
                empty=say("By the reason that decided:"),
            ),
        ],
        notes=[*list_verdicts(found), *list_notes(found)],
    )


def list_verdicts(found: Lookback) -> list[str]:
    """Tell whether the policy was too soft or too hard, by entity and currency."""
    return [_tell_bias(row) for row in sum_lookback(found.rows)]


def list_notes(found: Lookback) -> list[str]:
    """Tell what the figures say, and how far they reach."""
    notes = []
    if found.rows:
        notes.append(
            say(
                "A net price is what was paid, less tax and less the costs to complete and to "
                "sell of the item's rule, as its measure is. Bias is the part of the gain that "
                "the books would have shown: nothing is carried above cost."
            )
        )
    if found.shared:
        notes.append(
            say(
                "Of {shared:,f} units the price is a share of what several items sold for, as "
                "their prices of that day stand to each other (IFRS 15.76).",
                shared=found.shared,
            )
        )
    if found.unpriced:
        notes.append(
            say(
                "{unpriced:,f} units were sold for what the ledger does not tell; they are among "
                "those that left otherwise.",
                unpriced=found.unpriced,
            )
        )
    if found.last < found.until:
        notes.append(
            say(
                "The ledger ends on {last}, before the {until} asked for.",
                last=found.last,
                until=found.until,
            )
        )
    return notes


def _tell_bias(row: LookbackSum) -> str:
    of = say(" of {entity}", entity=row.entity) if row.entity else ""
    if not row.measured and not row.net:
        return say(
            "Nothing{of} was sold for a known price, so nothing is known of {currency} yet.",
            of=of,
            currency=row.currency,
        )
    verdict = tell_bias(row.bias, row.currency)
    share = (
        say(" ({bias:+.1%} of the measure)", bias=row.bias / row.measured)
        if row.bias and row.measured
        else ""
    )
    return say(
        "What was sold{of} was measured at {measured:,f} {currency} and brought {net:,f}; "
        "{verdict}{share}.",
        of=of,
        measured=row.measured,
        currency=row.currency,
        net=row.net,
        verdict=verdict,
        share=share,
    )
