"""All other reports → what to do next, each with its money, reason and line to paste.

    600.00 USD  2024-12-31  price       MUG   no price         2024-12-31 price MUG 3.00 USD
    120.00 USD  2025-01-15  expiring    JAM   24 JAM expire …  2024-12-31 price JAM 4.10 USD

Nothing is worked out here: prices come from the price list, losses from the risks, questions from
the notices. The most money stands first; nothing is written to the ledger.
"""

from __future__ import annotations

import datetime
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from beancount_invwd.directives.statements import Contract
from beancount_invwd.ground.dates import add_days
from beancount_invwd.ground.money import CONTEXT, ZERO, round_number
from beancount_invwd.report.ledger.counted import Unsettled, list_unsettled
from beancount_invwd.report.ledger.holdings import LACKS
from beancount_invwd.report.ledger.notices import list_notices
from beancount_invwd.report.ledger.scrap import list_expired
from beancount_invwd.report.ledger.sources import write_below
from beancount_invwd.report.ledger.untested import find_untested, tell_cure
from beancount_invwd.report.output.columns import CURRENCY, ITEM, Column
from beancount_invwd.report.output.numbers import show_share
from beancount_invwd.report.output.tables import Document, Table
from beancount_invwd.report.price_list import WITHIN, PriceNeed, list_urgent_needs
from beancount_invwd.report.risk.advice import find_least, is_near_cost, tell_expiring
from beancount_invwd.report.risk.risk import HEADROOM, list_risks

if TYPE_CHECKING:
    from beancount_invwd.engine import Run
    from beancount_invwd.measure.measured import Lack
    from beancount_invwd.measure.ordered import Outlook

TaskKind = Literal[
    "untested-period-end",
    "price",
    "evidence",
    "expired",
    "expiring",
    "ageing",
    "near-cost",
    "contract",
    "commitment",
    "delivery",
    "count",
    "own-use",
    "later-evidence",
    "provision",
    "penalty",
]
_ASKED: frozenset[str] = frozenset({"own-use", "later-evidence", "provision", "penalty"})


_LISTED = {"price": "prices", "near-cost": "risk", "ageing": "risk", "expiring": "risk"}
MOST = 10


class Task(NamedTuple):
    """Something to do.

    Attributes:
        amount: The money at stake; None if that is not known.
        date: When it arose, or is due.
        reason: Why.
        line: What to paste into the ledger, perhaps with a number to fill in; "" for nothing.
    """

    kind: TaskKind
    reason: str
    amount: Decimal | None = None
    currency: str | None = None
    date: datetime.date | None = None
    commodity: str | None = None
    line: str = ""


def list_tasks(run: Run, within: int = WITHIN) -> list[Task]:
    """List what to do next, the most money first.

    Args:
        run: The state of a date.
        within: The days to look ahead.
    """
    with localcontext(CONTEXT):
        found = chain(
            _list_coming(run, within),
            map(_ask_price, list_urgent_needs(run, within)),
            _list_not_assessed(run),
            _list_expired(run),
            _list_near(run, within),
            _list_contracts(run, within),
            _list_orders(run, within),
            map(_settle_count, list_unsettled(run)),
            _list_questions(run),
        )
        return sorted(_shorten(sorted(found, key=_sort_key)), key=_sort_key)


def _shorten(tasks: Sequence[Task]) -> Iterator[Task]:
    """Of many tasks of a kind that has a list of its own the first ones; the others in one."""
    told: Counter[str] = Counter()
    rest: dict[tuple[TaskKind, str | None], list[Task]] = {}
    for row in tasks:
        told[row.kind] += 1
        if row.kind in _LISTED and told[row.kind] > MOST:
            rest.setdefault((row.kind, row.currency), []).append(row)
        else:
            yield row
    for (kind, currency), rows in rest.items():
        reason = f"{len(rows):,} more alike, listed by: bean-invwd {_LISTED[kind]}"
        amount = sum((row.amount or ZERO for row in rows), ZERO)
        yield Task(kind, reason, amount, currency, min(filter(None, (row.date for row in rows))))


def _sort_key(row: Task) -> tuple[Any, ...]:
    day = row.date or datetime.date.max
    return -(row.amount or ZERO), day, row.kind, row.commodity or "", row.currency or ""


def _list_coming(run: Run, within: int) -> Iterator[Task]:
    """A period end that the ledger will not reach by itself, if a test would change something."""
    found = find_untested(run, add_days(run.as_of, within))
    if found is None or found.due <= run.as_of:
        return  # one that has passed is among the notices
    reason = (
        f"a period ends on {found.due} and is tested only if the ledger reaches it: "
        f"{tell_cure(found)}"
    )
    for currency, amount in sorted(found.pending.items()):
        yield Task(
            "untested-period-end", reason, abs(amount), currency, found.due, None, found.cure
        )


_NEEDS = {
    "missing": "there is no price",
    "no rate": "there is no rate for prices in it",
    "too old": "the price is too old",
    "too old soon": "the price gets too old",
    "not paid": "nobody pays the price",
}


def _ask_price(row: PriceNeed) -> Task:
    last = f"; the last is of {row.last_date}" if row.last_date is not None else ""
    return Task(
        "price",
        f"{_NEEDS[row.need]}{last}",
        row.loss or row.cost,
        row.currency,
        row.date,
        row.commodity,
        row.line,
    )


def _list_not_assessed(run: Run) -> Iterator[Task]:
    """Goods that lack something else than a price."""
    costs: dict[tuple[str, str, Lack], Decimal] = {}
    for row in run.rows:
        lack, (_, currency, item) = row.measured.lack, row.lot.stock.key
        if lack is not None and lack not in {"price", "product"}:
            key = (item, currency, lack)
            costs[key] = costs.get(key, ZERO) + row.lot.cost
    for (item, currency, lack), cost in costs.items():
        line = ""
        if lack == "purchase":
            line = f'{run.as_of} custom "invwd-replacement-cost" "{item}" … {currency}'
        elif lack == "margin":
            line = f'{run.as_of} custom "invwd-policy" "normal_margin" "…%" "{item}"'
        yield Task("evidence", LACKS[lack], abs(cost), currency, run.as_of, item, line)


def _list_expired(run: Run) -> Iterator[Task]:
    for row in list_expired(run):
        reason = (
            f"{row.units:,f} {row.commodity} in {row.account} expired and are still on hand "
            f"({row.carrying:,f} {row.currency} of their cost is not written down): throw them away"
        )
        yield Task("expired", reason, row.cost, row.currency, row.date, row.commodity, row.line)


def _list_near(run: Run, within: int) -> Iterator[Task]:
    """What time, or a fall of prices, would take."""
    stocks = {tuple(stock.key): stock for stock in run.stocks}
    horizon = add_days(run.as_of, within)
    for row in list_risks(run, HEADROOM, within):
        stock = stocks[row.entity, row.currency, row.commodity]
        least = find_least(run, row, stock)
        at = "" if least is None else f"; sold at {least:f} {row.currency} or more nothing is lost"
        clear = (
            "" if least is None else f"{run.as_of} price {row.commodity} {least:f} {row.currency}"
        )
        make = partial(Task, currency=row.currency, commodity=row.commodity)
        if row.loss_expiry:
            reason = f"{tell_expiring(row, stock)}{at}"
            yield make("expiring", reason, row.loss_expiry, date=row.expires, line=clear)
        if row.loss_ageing:
            reason = f"the rates by age take it by {horizon} if the goods stay{at}"
            yield make("ageing", reason, row.loss_ageing, date=horizon, line=clear)
        if row.loss_price and is_near_cost(row, stock):
            share = row.headroom_share
            room = "" if share is None else f"headroom is {show_share(round_number(share, 3))}; "
            fall = f"it is lost if prices fall by {show_share(HEADROOM)}"
            reason = f"{room}{fall}{at}; the line takes a newer price"
            line = f"{run.as_of} price {row.commodity} … {row.currency}"
            yield make("near-cost", reason, row.loss_price, date=run.as_of, line=line)


def _list_contracts(run: Run, within: int) -> Iterator[Task]:
    """Contracts of sale that end within the given days."""
    horizon = add_days(run.as_of, within)
    for row in run.directives:
        is_open = isinstance(row, Contract) and row.date <= run.as_of <= row.until <= horizon
        if isinstance(row, Contract) and is_open:
            reason = (
                f"a contract for {row.units:,f} {row.item} at {row.number:,f} {row.currency} ends: "
                "what is not delivered is measured by its price from then on; if it goes on, say so"
            )
            line = (
                f'{add_days(row.until, 1)} custom "invwd-contract" {row.units:f} {row.item} '
                f"{row.number:f} {row.currency}\n  until: …"
            )
            if row.penalty is not None:
                line += f"\n  penalty: {row.penalty:f} {row.currency}"
            amount = row.units * row.number
            yield Task("contract", reason, amount, row.currency, row.until, row.item, line)


def _list_orders(run: Run, within: int) -> Iterator[Task]:
    """Deliveries that are to come within the given days, and those that did not come."""
    for order, _ in run.list_orders():
        bought = order.commitment
        if order.units <= 0 or bought.until > add_days(run.as_of, within):
            continue
        what = f"{order.units:,f} {bought.item} ordered at {bought.number:,f} {bought.currency}"
        make = partial(Task, amount=order.cost, currency=bought.currency, commodity=bought.item)
        if bought.until < run.as_of:
            reason = (
                f"{what} did not come until {bought.until}: a later `until`, or was it given up?"
            )
            line = write_below(run.options_map, bought.entry.meta, "until: …")
            yield make("commitment", reason, date=bought.until, line=line)
        else:
            reason = f"{what} are to come until {bought.until}: enter the delivery"
            yield make("delivery", reason, date=bought.until, line=_write_delivery(run, order))


def _write_delivery(run: Run, order: Outlook) -> str:
    bought = order.commitment
    places = [row.account for row in run.places if row.commodity == bought.item]
    account = bought.account or next(iter(sorted(places)), "…")
    return (
        f'{bought.until} * "Delivery of {bought.item}"\n'
        f"  {account}  {order.units:f} {bought.item} {{{bought.number:f} {bought.currency}}}\n"
        "  …"
    )


def _settle_count(row: Unsettled) -> Task:
    """A count that the ledger asserts and does not have."""
    books = "more" if row.more > 0 else "less"
    reason = (
        f"the books have {abs(row.more):,f} {row.commodity} {books} in {row.account} than the "
        f"balance of {row.date} counts"
    )
    return Task("count", reason, row.cost, row.currency, row.date, row.commodity, row.line)


def _list_questions(run: Run) -> Iterator[Task]:
    """Notices that ask for something."""
    for row in list_notices(run):
        if row.kind == "untested-period-end" or row.kind in _ASKED:
            amount = None if row.amount is None else abs(row.amount)
            yield Task(
                row.kind,  # type: ignore[arg-type]
                row.message,
                amount,
                row.currency,
                row.date,
                row.commodity,
                row.line,
            )


def list_columns(run: Run, ledger: str) -> tuple[Column, ...]:
    """List what is told of a task.

    Args:
        run: The state of a date.
        ledger: The file, as it is to be named in commands.
    """

    def explain(row: Task) -> str | None:
        if row.commodity is None or row.commodity not in run.categories:
            return None
        names = f"{shlex.quote(ledger)} {row.commodity}"
        return f"bean-invwd explain {names} --as-of {run.as_of}"

    return (
        Column("amount", "amount", "money"),
        CURRENCY,
        Column("date", "date", "date"),
        Column("kind", "what"),
        ITEM,
        Column("reason", "reason"),
        Column("line", "add to the ledger", in_text="never"),
        Column("explain", "explanation", in_text="never", get=explain),
    )


def document_tasks(run: Run, rows: Sequence[Task], within: int, ledger: str) -> Document:
    """What to do next.

    Args:
        run: The state of a date.
        rows: What was found.
        within: The days that were looked ahead.
        ledger: The file, as it is to be named in commands.
    """
    columns = list_columns(run, ledger)
    lines = _join_lines(rows)
    return Document(
        f"To do on {run.as_of}, and within {within} days",
        {"as_of": run.as_of, "within": within},
        [Table("tasks", columns, rows, empty="Nothing is to be done.")],
        notes=["To paste, in the same order:", *lines] if lines else [],
    )


def _join_lines(rows: Sequence[Task]) -> list[str]:
    """All lines to paste; an account that several of them open is opened once, the first day."""
    lines = list(chain.from_iterable(row.line.splitlines() for row in rows))
    opens: dict[str, str] = {}
    for line in sorted(line for line in lines if " open " in line[:16]):
        opens.setdefault(line.partition(" open ")[2], line)
    return [*opens.values(), *(line for line in lines if " open " not in line[:16])]
