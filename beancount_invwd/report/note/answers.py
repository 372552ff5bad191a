"""A ledger → the answers to what a standard asks of the note on inventories."""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.holdings import list_positions, sum_totals
from beancount_invwd.report.ledger.ordered import list_orders, roll_orders
from beancount_invwd.report.ledger.rolled import RollRow, sum_rows
from beancount_invwd.report.note.before import Before, list_classes, sum_classes
from beancount_invwd.report.note.blocks import Block, gap, paragraph, remark
from beancount_invwd.report.note.charges import Charges
from beancount_invwd.report.note.classes import NO_CLASS, Classes
from beancount_invwd.report.note.drawn import draw
from beancount_invwd.report.note.estimates import tell_estimates
from beancount_invwd.report.note.largest import MOST_LINES, find_largest, list_names
from beancount_invwd.report.note.policies import tell_formulas, tell_policies
from beancount_invwd.report.note.reasons import Reasons
from beancount_invwd.report.note.tax import (
    TAX_COLUMNS,
    TAX_LINE,
    list_tax_lines,
    tell_tax_return,
)
from beancount_invwd.report.output.columns import CARRYING, ITEM, Column
from beancount_invwd.report.output.numbers import NumberWriter, make_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.engine import Run
    from beancount_invwd.policy.policy import Policy
    from beancount_invwd.report.ledger.spans import Span
    from beancount_invwd.report.note.requirements import Requirement

_CARRYING = (Column("allowance", "allowance", "money"), CARRYING)
_LOSSES = (
    Column("write_downs", "write-downs", "money"),
    Column("write_offs", "write-offs", "money"),
    Column("losses", "recognised as an expense", "money"),
)
_SCHEDULE = (
    Column("opening", "opening", "money"),
    Column("losses", "charged to expense", "money"),
    Column("transfers", "charged to other accounts", "money"),
    Column("reversals", "reversed", "money"),
    Column("releases", "deducted", "money"),
    Column("closing", "closing", "money"),
)
_ORDERED = (
    Column("opening", "opening", "money"),
    Column("losses", "losses", "money"),
    Column("recoveries", "recovered", "money"),
    Column("deliveries", "to goods that came", "money"),
    Column("closing", "closing", "money"),
)
_MEASURED = {"write-down", "write-off", "reversal"}


class Author:
    """Answers what the ledger can."""

    def __init__(
        self,
        run: Run,
        span: tuple[datetime.date, datetime.date],
        numbers: NumberWriter | None = None,
        before: Before | None = None,
    ) -> None:
        self._run = run
        self._policy: Policy = run.policy
        self._stocks = run.stocks
        self._classes = Classes(run.categories)
        self._end = span[1]
        self._span = span
        self._numbers = numbers or make_numbers(run)
        self._draw = partial(draw, self._numbers)
        self._before = before
        written = read_history(run).written
        self._rows = _list_rows(run, span)
        self._past = _list_rows(run, before.span) if before is not None else []
        self._losses = [row for row in self._rows if row.losses]
        self._ordered = roll_orders(run, [span])
        self._written = [row for row in written if row.date >= span[0]]
        self._reasons = Reasons(self._written, self._classes, self._numbers, self._money)
        measured = [row.entry for row in written if row.kind in _MEASURED]
        past = before.span if before is not None else None
        self._charges = Charges(run, span, measured, self._money, past)

    def answer(self, asked: Requirement) -> Iterator[Block]:
        """What the note says to a requirement, its gap last."""
        answers = {
            "policies": self._tell_policies,
            "carrying": self._tell_carrying,
            "expense": self._charges.tell_expense,
            "write-downs": self._tell_write_downs,
            "reversals": self._tell_reversals,
            "circumstances": self._tell_circumstances,
            "commitments": self._tell_ordered,
            "roll-forward": self._roll_forward,
            "schedule": self._tell_schedule,
            "tax-return": self._tell_tax_return,
        }
        if asked.answer is not None:
            yield from answers[asked.answer]()
        is_told = asked.answer == "commitments" and bool(self._ordered)
        if asked.gap and not is_told and (self._losses or not asked.is_of_losses):
            yield gap(translate(asked.gap))

    def _tell_policies(self) -> Iterator[Block]:
        lots = [lot for stock in self._stocks for lot in stock.lots.values()]
        yield from tell_policies(self._policy, lots)
        accounts = {lot.account for lot in lots}
        bookings = {account: self._find_booking(account) for account in accounts}
        yield from tell_formulas(self._policy.standard, bookings)
        yield from map(paragraph, tell_estimates(self._run, self._span, self._money))

    def _find_booking(self, account: str) -> str:
        entry = self._run.opens.get(account)
        booking = entry.booking if entry is not None else None
        booking = booking or self._run.options_map.get("booking_method")
        return str(getattr(booking, "name", booking))

    def _tell_carrying(self) -> Iterator[Block]:
        if not any(stock.units for stock in self._stocks):
            yield paragraph(say("No inventories are on hand on {end}.", end=self._end))
            if self._before is None:
                return
        rows, before = list_classes(self._run, self._before), self._before
        cost = say("cost") if self._policy.reversals == "full" else say("cost before write-downs")
        columns = [Column("cost", cost, "money"), *_CARRYING]
        if before is not None:
            columns.append(
                Column("before", say("carrying amount on {day}", day=before.span[1]), "money")
            )
        classes, single = self._classes.split(rows)
        shown, others = find_largest(classes, lambda row: row.cost + row.before)
        names = {translate(NO_CLASS): sum_classes(single), say("Others"): sum_classes(others)}
        name = Column("category", "class")
        yield self._draw(name, columns, shown, sum_classes(rows), names)
        if single:
            yield gap(
                say(
                    "the classes of {count} items that have none (the Commodity metadata "
                    "'category')",
                    count=len(single),
                )
            )
        lacking = list(dict.fromkeys(row.category or "" for row in rows if row.is_lacking))
        if lacking:
            yield remark(say("not all of {names} could be assessed", names=list_names(lacking)))

    def _tell_write_downs(self) -> Iterator[Block]:
        past = [row for row in self._past if row.losses]
        if not self._losses:
            yield paragraph(say("No write-downs were recognised."))
        if self._losses or past:
            name = self._name_rows(say("In the period"))
            yield self._draw(name, _LOSSES, [*self._losses, *past])
        if self._losses:
            yield self._reasons.list_all({"write-down", "write-off"})
        yield from self._charges.tell_lost()

    def _tell_reversals(self) -> Iterator[Block]:
        if not any(row.reversals for row in self._rows):
            yield paragraph(say("No write-downs were reversed."))
        for row in [*self._rows, *self._past]:
            if row.reversals:
                where = say(" of {entity}", entity=row.entity) if row.entity else ""
                when = (
                    ""
                    if row.start == self._span[0]
                    else say(" from {start} to {end}", start=row.start, end=row.end)
                )
                amount = self._money(-row.reversals, row.currency)
                yield paragraph(
                    say("Reversals{where}{when}: {amount}.", where=where, when=when, amount=amount)
                )
        yield from self._charges.tell_undone(self._written)

    def _tell_circumstances(self) -> Iterator[Block]:
        if any(row.reversals for row in self._rows):
            yield self._reasons.list_all({"reversal"})
            yield gap(say("the circumstances or events behind these figures"))
        else:
            yield paragraph(say("There were none."))

    def _tell_ordered(self) -> Iterator[Block]:
        """Losses on firm orders, and what is left of them (ASC 330-10-50-5, IAS 37.84)."""
        span = self._before.span if self._before is not None else None
        past = roll_orders(self._run, [span]) if span is not None else []
        if self._ordered:
            yield self._draw(Column("commodity", "item"), _ORDERED, self._ordered)
        if past and span is not None:
            yield paragraph(say("From {start} to {end}:", start=span[0], end=span[1]))
            yield self._draw(Column("commodity", "item"), _ORDERED, past)
        orders = list_orders(self._run)
        shown, others = find_largest(orders, lambda row: row.cost, MOST_LINES)
        for row in shown:
            cost = self._money(row.cost, row.currency)
            yield paragraph(
                say(
                    "{quantity} {commodity} are to come until {until} at {cost}; liability "
                    "{liability}.",
                    quantity=self._numbers.show_exact(row.quantity, row.commodity),
                    commodity=row.commodity,
                    until=row.until,
                    cost=cost,
                    liability=self._money(row.liability, row.currency),
                )
            )
        sums: Sums[str] = Sums()
        for row in others:
            sums.add(row.currency, row.cost)
        for currency, amount in sorted(sums.items()):
            yield paragraph(
                say(
                    "Smaller orders, {amount} in all, are to come.",
                    amount=self._money(amount, currency),
                )
            )

    def list_positions(self) -> Block:
        """All items with their amounts, for the annex."""
        rows = list_positions(self._run)
        columns = [Column("cost", "cost", "money"), *_CARRYING]
        return self._draw(ITEM, columns, rows, sum_totals(rows))

    def _roll_forward(self) -> Iterator[Block]:
        if rows := [*self._rows, *self._past]:
            yield self._draw(self._name_rows(say("Allowance")), _SCHEDULE, rows)
        else:
            yield paragraph(say("There was no allowance."))

    def _tell_schedule(self) -> Iterator[Block]:
        yield from self._roll_forward()
        if self._rows:
            yield from self._charges.tell_undone(self._written)

    def _tell_tax_return(self) -> Iterator[Block]:
        lines = list_tax_lines(self._run, self._before, self._span[0])
        if lines:
            yield self._draw(TAX_LINE, TAX_COLUMNS, lines)
        yield from tell_tax_return(self._run, self._written, self._money)

    def _name_rows(self, name: str) -> Column:
        """A column that calls rows of the period the same, others by their days."""

        def get(row: RollRow) -> str:
            return (
                name
                if row.start == self._span[0]
                else say("{start} to {end}", start=row.start, end=row.end)
            )

        return Column("name", "", get=get)

    def _money(self, amount: Decimal, currency: str) -> str:
        return f"{self._numbers.show_money(amount, currency)} {currency}"


def _list_rows(run: Run, span: Span) -> list[RollRow]:
    rows = sum_rows(run, read_history(run).written, [span], None)
    return [row for row in rows if not row.is_empty]
