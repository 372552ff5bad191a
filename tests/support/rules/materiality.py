"""Where losses and reversals of a date go: small ones to cost of goods sold (ACCOUNTING section 7).

the year's losses so far, the threshold -> accounts, and what moves to the line of its own.

Example:
    Threshold 500.00: 300.00 in January go to cost of goods sold; with 300.00 in February the year's
    600.00 are a line of their own, and January's 300.00 move there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from tests.support.rules.estimates import of_policy
from tests.support.rules.evidence import find_rate
from tests.support.rules.exact import ZERO, Money, half_up, read_terms, share_out
from tests.support.rules.goods import Books, Entry, Journal, Legs
from tests.support.rules.groups import Group


@dataclass
class Year:
    """The losses (or the reversals) of a fiscal year, of one entity and currency.

    Attributes:
        total: All of them so far.
        hidden: What cost of goods sold got, by its account and the account of the line.
        is_reached: Whether the threshold was reached.
    """

    total: Money = ZERO
    hidden: dict[tuple[str, str], Money] = field(default_factory=dict)
    is_reached: bool = False


def find_threshold(books: Books, entity: str, currency: str, day: date) -> Fraction | None:
    """Return the threshold of a day, or None without one."""
    given = of_policy(books, "materiality", day)
    limits: list[Fraction] = []
    both = given if isinstance(given, list) else [given]
    for text in both if given is not None else []:
        terms = read_terms(text)
        if terms.of == "price":  # a percentage of the cost on hand
            costs = [
                lot.cost
                for lot in books.assessed()
                if (books.chart.entity(lot.account), lot.currency) == (entity, currency)
            ]
            limits.append(terms.number * sum(costs, ZERO))
        elif terms.of == currency:
            limits.append(terms.number)
        elif (rate := find_rate(books, terms.of, currency, day)) is not None:
            limits.append(terms.number * rate)
    return min(limits, default=None)


def place(
    books: Books, year: Year, groups: list[Group], threshold: Fraction | None, where: Entry
) -> Journal:
    """Write the profit and loss postings of a date's losses (or reversals).

    Args:
        books: What is known.
        year: The fiscal year's losses (or reversals), which grows by those of this date.
        groups: Groups with a loss (or a reversal).
        threshold: From which sum on there is a line of its own, or None.
        where: Entity and currency.

    Returns:
        The postings, and what moves from cost of goods sold to the line.
    """
    journal: Journal = {}
    amounts = [abs(group.change) for group in groups]
    year.total += sum(amounts, ZERO)
    on_line = share_line(books, year, amounts, threshold, where.currency)
    for group, amount, line in zip(groups, amounts, on_line, strict=True):
        sign = 1 if group.change > 0 else -1
        commodity = group.rows[0].lot.commodity
        key = {"write-down": "loss", "write-off": "write_off"}.get(group.kind, "reversal")
        own = books.chart.pnl_account(key, commodity, where.entity)
        cogs = books.chart.pnl_account("cogs", commodity, where.entity)
        legs = journal.setdefault(where._replace(kind=group.kind, group=group.name), Legs())
        legs.post(own, sign * line)
        legs.post(cogs, sign * (amount - line))
        hidden = year.hidden.get((cogs, own), ZERO)
        year.hidden[cogs, own] = hidden + sign * (amount - line)
    if year.is_reached and books.policy.materiality_line == "all":
        show(year, journal, where)
    return journal


def share_line(
    books: Books, year: Year, amounts: list[Money], threshold: Fraction | None, currency: str
) -> list[Money]:
    """Return what of each amount is on the line of its own."""
    if threshold is None:
        return amounts
    if year.total > 0 and year.total >= threshold:
        year.is_reached = True
    if books.policy.materiality_line == "all":
        return amounts if year.is_reached else [ZERO] * len(amounts)
    quantum = books.chart.quantum(currency)
    excess = half_up(max(ZERO, year.total - threshold), quantum)
    return share_out(min(excess, sum(amounts, ZERO)), amounts, quantum)


def show(year: Year, journal: Journal, where: Entry) -> None:
    """Move what cost of goods sold got to the line of its own."""
    legs = journal.setdefault(where._replace(kind="transfer", group="total"), Legs())
    for (cogs, own), amount in year.hidden.items():
        legs.post(cogs, -amount)
        legs.post(own, amount)
    year.hidden = {}
