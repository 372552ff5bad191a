"""Losses of a date → those on a line of their own, and those in cost of goods sold (section 7).

Losses of a fiscal year are part of cost of goods sold while their sum stays below the threshold. On
the date on which it is reached, what was charged there before moves to the line of its own, so that
the line is the year's loss (IAS 1.97, ASC 330-10-50-2). Reversals likewise, on their own sum.

    'materiality': '500 USD': 300.00 in January go to cost of goods sold; with 300.00 in February
    the year's 600.00 are a line of their own, and January's 300.00 move there. With
    'materiality_line': 'excess' nothing moves, and of February's loss 100.00 are on the line.

Errors: a threshold in a currency without a rate.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING

from beancount_invwd.allowance.changes import Weighed
from beancount_invwd.allowance.groups import Group
from beancount_invwd.ground.dates import fiscal_year_end
from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.records import NamedTuple
from beancount_invwd.ground.shares import overlap, share_out
from beancount_invwd.ground.sums import Sums
from beancount_invwd.movements.movement import Movement

if TYPE_CHECKING:
    from beancount_invwd.directives.mistakes import Mistakes
    from beancount_invwd.directives.read import Directives
    from beancount_invwd.lots.books import Books
    from beancount_invwd.measure.prices import PriceBook
    from beancount_invwd.policy.policy import Policy, Threshold

MATERIAL = "materiality"
_OWN = {"write-down": "loss", "write-off": "write_off", "reversal": "reversal"}
"""The accounts that stand on lines of their own."""
_Place = tuple[str, str]  # entity, currency
_Line = tuple[str, str]  # the account of cost of goods sold, and that of the line


class _Sum(NamedTuple):
    """What losses, or reversals, are added up over: a fiscal year of an entity and currency."""

    place: _Place
    end: datetime.date
    is_loss: bool


class _Year:
    """The losses (or reversals) of a fiscal year so far.

    Attributes:
        total: All of them.
        hidden: What cost of goods sold got of them; what it gave is negative.
        is_reached: Whether the threshold was reached.
        today: The date of the last booked ones, with their sum and what of it is on the line.
    """

    total: Decimal = ZERO
    is_reached: bool = False
    today: tuple[datetime.date, Decimal, Decimal] = (datetime.date.min, ZERO, ZERO)

    def __init__(self) -> None:
        self.hidden: Sums[_Line] = Sums()


class Materiality:
    """Tells what is a line of its own.

    Args:
        policy: The policy.
        directives: Give accounts and quanta, and tell whether thresholds change.
        books: Tells what all inventory on hand costs.
        prices: Gives closing rates.
        mistakes: Takes thresholds that cannot be converted.
        movements: What is written or booked so far, in the order of dates.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (one of each stage before)
        self,
        policy: Policy,
        directives: Directives,
        books: Books,
        prices: PriceBook,
        mistakes: Mistakes,
        movements: Sequence[Movement],
    ) -> None:
        self._policy = policy
        self._chart = directives.chart
        self._is_asked = bool(policy.materiality) or directives.has_estimates("materiality")
        self._books = books
        self._prices = prices
        self._mistakes = mistakes
        self._movements = movements
        self._known = 0  # how many of the movements
        self._years: dict[_Sum, _Year] = {}

    def change(self, policy: Policy) -> None:
        """Let other thresholds hold from now on."""
        self._policy = policy

    def place(
        self,
        day: datetime.date,
        found: Sequence[Movement],
        weighed: Sequence[Weighed],
        *,
        is_closed: bool,
    ) -> list[Movement]:
        """Tell what of a measurement is on a line of its own.

        Args:
            day: The measurement date.
            found: What is written on it.
            weighed: What groups lost or gained; it is not yet set.
            is_closed: Whether nothing is written on it.

        Returns:
            What is written, and what moves to the line.
        """
        if not self._is_asked:
            return list(found)
        self._take_booked()
        end = fiscal_year_end(day, self._policy.year_end)
        places = {key.place for key in self._years if key.end == end}
        places |= {row.group[:2] for row in found}
        lines: dict[int, Decimal] = {}
        shown = []
        for place in sorted(places):
            threshold = self._find_threshold(place, day)
            moved: Sums[str] = Sums()
            for is_loss in (True, False):
                year = self._years.setdefault(_Sum(place, end, is_loss), _Year())
                rows = [row for row in found if row.group[:2] == place and _is(row, is_loss)]
                lines.update(self._add(year, rows, weighed, threshold, day))
                if year.is_reached and self._is_all and not is_closed:
                    _move(year, moved)
            if moved := moved.without_zeros():
                shown.append(_describe(place, day, moved))
        placed = [row._replace(on_line=lines.get(id(row))) for row in found]
        self._known += len(placed) + len(shown)
        return placed + shown

    @property
    def _is_all(self) -> bool:
        return self._policy.materiality_line == "all"

    def _add(
        self,
        year: _Year,
        rows: Sequence[Movement],
        weighed: Sequence[Weighed],
        threshold: Decimal | None,
        day: datetime.date,
    ) -> dict[int, Decimal]:
        """Add losses of a date to those of the year; return what of each is on the line."""
        year.total += sum((abs(row.change) for row in rows), ZERO)
        if threshold is None:
            return {}
        year.is_reached = year.is_reached or ZERO < year.total >= threshold
        if self._is_all:
            lines = [abs(row.change) if year.is_reached else ZERO for row in rows]
        else:
            lines = self._share_excess(year, rows, weighed, threshold, day)
        found = {}
        for row, line in zip(rows, lines, strict=True):
            sign = 1 if row.change > ZERO else -1
            year.hidden.add(self._find_line(row), row.change - sign * line)
            found[id(row)] = sign * line
        return found

    def _share_excess(
        self,
        year: _Year,
        rows: Sequence[Movement],
        weighed: Sequence[Weighed],
        threshold: Decimal,
        day: datetime.date,
    ) -> list[Decimal]:
        """Share what exceeds the threshold over the losses of a date, less what is booked of it."""
        losses = [(*part, i) for i, row in enumerate(rows) for part in _list_parts(row, weighed)]
        losses.sort(key=itemgetter(0))
        amounts = [amount for _, amount, _ in losses]
        if not amounts:
            return []
        quantum = self._chart.quantum(rows[0].group.currency)
        of_day, on_line = year.today[1:] if year.today[0] == day else (ZERO, ZERO)
        total = sum(amounts, ZERO)
        excess = min(max(ZERO, round_money(year.total - threshold, quantum)), total + of_day)
        shares = share_out(min(total, max(ZERO, excess - on_line)), amounts, quantum)
        lines = [ZERO] * len(rows)
        for (*_, i), share in zip(losses, shares, strict=True):
            lines[i] += share
        return lines

    def _take_booked(self) -> None:
        """Take what the ledger has booked since."""
        rows = [row for row in self._movements[self._known :] if row.is_booked]
        for row in sorted(rows, key=_rank):
            end = fiscal_year_end(row.date, self._policy.year_end)
            if row.kind in _OWN:
                key = _Sum(row.group[:2], end, row.change > ZERO)
                self._note(self._years.setdefault(key, _Year()), row)
            elif not row.changes:
                for is_loss in (True, False):
                    year = self._years.get(_Sum(row.group[:2], end, is_loss))
                    if year is not None:
                        _forget(year, Sums(row.credits))
        self._known = len(self._movements)

    def _note(self, year: _Year, row: Movement) -> None:
        """Note a booked loss or reversal."""
        line = self._find_line(row)
        hidden = overlap(-row.credits.get(line[0], ZERO), row.change)
        year.total += abs(row.change)
        year.hidden.add(line, hidden)
        date, of_day, on_line = year.today
        if date != row.date:
            of_day, on_line = ZERO, ZERO
        of_day += abs(row.change)
        year.today = (row.date, of_day, on_line + abs(row.change - hidden))

    def _find_line(self, row: Movement) -> _Line:
        """The accounts that a loss is charged to: cost of goods sold, and its own."""
        entity, commodity, category = row.group.entity, row.group.commodity, row.group.category
        find = self._chart.result
        own = find(_OWN[row.kind], entity, commodity, category)
        return find("cogs", entity, commodity, category), own

    def _find_threshold(self, place: _Place, day: datetime.date) -> Decimal | None:
        """The threshold of an entity and currency on a measurement date; None if there is none."""
        found = [self._convert(row, place, day) for row in self._policy.materiality]
        return min((amount for amount in found if amount is not None), default=None)

    def _convert(self, row: Threshold, place: _Place, day: datetime.date) -> Decimal | None:
        currency = place[1]
        if row.currency is None:
            return row.number * self._books.sum_cost(*place)
        if row.currency == currency:
            return row.number
        rate = self._prices.find_rate(row.currency, currency)
        if rate is None:
            message = (
                f"'materiality' is in {row.currency}, and there is no rate to {currency}, so every "
                f"loss in {currency} is a line of its own; "
                f"add: {day} price {row.currency} … {currency}"
            )
            self._mistakes.report(("rate", row.currency, currency), None, message)
            return None
        return row.number * rate[0] / rate[1]


def _rank(row: Movement) -> tuple[datetime.date, bool]:
    """On one day losses come before what moves them to the line."""
    return row.date, row.kind not in _OWN


def _is(row: Movement, is_loss: bool) -> bool:  # noqa: FBT001
    """Whether a movement is a loss, or else a reversal."""
    return row.kind in _OWN and (row.change > ZERO) == is_loss


def _list_parts(movement: Movement, weighed: Iterable[Weighed]) -> Sequence[tuple[int, Decimal]]:
    """What each group of a movement lost; all of it, where a correction is set off in it.

    Returns:
        The number of its first lot, and the amount.
    """
    parts: list[tuple[int, Decimal]] = []
    for row in weighed:
        if (row.group, row.kind) == (movement.group, movement.kind):
            if row.is_apart:
                parts += [(lot.number, abs(new - lot.allowance)) for lot, new in row.list_new()]
            else:
                first = min(lot.number for lot in row.list_lots())
                parts.append((first, abs(sum(row.changes.values(), ZERO))))
    parts = [part for part in parts if part[1]]
    total = abs(movement.change)
    if sum((amount for _, amount in parts), ZERO) == total:
        return parts
    return [(min((first for first, _ in parts), default=0), total)]


def _move(year: _Year, moved: Sums[str]) -> None:
    """Move what cost of goods sold got to the lines of its own; credits are positive."""
    for (cogs, own), amount in year.hidden.items():
        moved.add(cogs, amount)
        moved.add(own, -amount)
    year.hidden.clear()


def _forget(year: _Year, booked: Sums[str]) -> None:
    """Forget what the ledger has moved to the line; what is booked loses it."""
    for line, amount in year.hidden.items():
        taken = overlap(amount, -booked[line[1]])
        year.hidden[line] = amount - taken
        booked.add(line[1], taken)


def _describe(place: _Place, day: datetime.date, moved: Mapping[str, Decimal]) -> Movement:
    group = Group(*place, "total", "", "")
    return Movement(day, "transfer", MATERIAL, group, ZERO, ZERO, {}, credits=moved)
