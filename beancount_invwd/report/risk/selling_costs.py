"""Fees and parcels of the ledger → the rate of selling costs, against what the rules assume.

    USD  sales 46,020.00  booked 2,301.00 (5.0%)  assumed 2,467.20 (5.4%)

What was really spent on selling says whether `selling_cost` is too low, and so net realisable value
too high (IAS 2.6, 2.7). Accounts may hold what is no cost of selling goods; who names them knows.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core import data

from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.money import CONTEXT, round_money
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.measure.measured import Unit
from beancount_invwd.measure.rule import charge
from beancount_invwd.policy.patterns import compile_pattern
from beancount_invwd.report.ledger.realised import list_exits
from beancount_invwd.report.output.columns import CURRENCY, Column
from beancount_invwd.report.output.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.engine import Run
    from beancount_invwd.policy.policy import Terms

DAYS = 365


class SellingCosts(NamedTuple):
    """What selling cost in a currency, and what the rules take for it.

    Attributes:
        sales: Of goods for a known price, net of tax.
        booked: On the accounts that were named.
        assumed: What the rules of the items take off these sales.
    """

    currency: str
    sales: Decimal
    booked: Decimal
    assumed: Decimal

    @property
    def booked_rate(self) -> Decimal | None:
        """Of sales."""
        return self.booked / self.sales if self.sales else None

    @property
    def assumed_rate(self) -> Decimal | None:
        """Of sales."""
        return self.assumed / self.sales if self.sales else None

    @property
    def difference(self) -> Decimal:
        """What was booked more than the rules assume: so much is net realisable value too high."""
        return self.booked - self.assumed


def find_accounts(run: Run, patterns: Sequence[str]) -> list[str]:
    """Find the accounts that patterns name, as those of `inventory` do.

    Raises:
        RuleError: A pattern cannot be read, or matches no account.
    """
    names = run.policy.roots.names
    found: dict[str, None] = {}
    for text in patterns:
        root, colon, rest = text.partition(":")
        pattern = compile_pattern(f"{re.escape(names.get(root, root))}{colon}{rest}")
        matching = [name for name in run.opens if pattern.match(name)]
        if not matching:
            raise RuleError(f"{text!r} matches no account that the ledger opens")
        found |= dict.fromkeys(matching)
    return list(found)


def find_selling_costs(run: Run, accounts: Sequence[str]) -> list[SellingCosts]:
    """Add up what was booked and what is assumed in the last days, by currency."""
    start = add_days(run.as_of, -DAYS)
    terms = {tuple(stock.key): run.find_item_terms(stock) for stock in run.stocks}
    sales: Sums[str] = Sums()
    booked: Sums[str] = Sums()
    assumed: Sums[str] = Sums()
    wanted = set(accounts)
    with localcontext(CONTEXT):
        for entry in run.past:
            if type(entry) is data.Transaction and entry.date > start:
                posting: Any
                for posting in entry.postings:
                    if posting.account in wanted and posting.cost is None:
                        booked.add(posting.units.currency, posting.units.number)
        for row in list_exits(run, start, run.as_of):
            currency = row.cost.currency
            known = terms.get((row.entity, currency, row.item))
            if row.way == "sold" and row.price is not None and known is not None:
                goods = Unit(row.units * row.cost.number, row.units)
                sales.add(currency, row.units * row.price)
                assumed.add(currency, _charge(known, goods, row.price))
    return [
        SellingCosts(
            name, *(round_money(s[name], run.quantum(name)) for s in (sales, booked, assumed))
        )
        for name in sorted({*sales, *booked})
    ]


def _charge(terms: Terms, goods: Unit, price: Decimal) -> Decimal:
    return charge("selling_cost", terms.selling_cost, goods, price).amount


COLUMNS = (
    CURRENCY,
    Column("sales", "sales", "money"),
    Column("booked", "booked", "money"),
    Column("booked_rate", "in %", "share"),
    Column("assumed", "assumed", "money"),
    Column("assumed_rate", "of sales", "share"),
    Column("difference", "difference", "change"),
)


def table_selling_costs(run: Run, accounts: Sequence[str]) -> Table:
    """What selling cost, against what is assumed."""
    first = add_days(run.as_of, 1 - DAYS)
    title = say(
        "Selling costs of {first} to {as_of} ({accounts}):",
        first=first,
        as_of=run.as_of,
        accounts=", ".join(accounts),
    )
    return Table("selling_costs", COLUMNS, find_selling_costs(run, accounts), "apart", empty=title)
