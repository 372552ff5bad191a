"""The state of a date → notices: what is not wrong but has to be looked at, with its amount.

own-use   Assets:Equipment   80.00 USD   goods left at cost into Assets:Equipment: put to own …
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.allowance.changes import list_allowances
from beancount_invwd.directives.statements import Contract
from beancount_invwd.ground.money import ZERO, round_money
from beancount_invwd.ground.sums import Sums
from beancount_invwd.ground.words import say
from beancount_invwd.measure.measured import Unit
from beancount_invwd.measure.rule import add_up_costs
from beancount_invwd.report.ledger.history import read_history
from beancount_invwd.report.ledger.later import find_later
from beancount_invwd.report.ledger.level import find_level
from beancount_invwd.report.ledger.notice import Notice
from beancount_invwd.report.ledger.own_use import find_own_use
from beancount_invwd.report.ledger.tie_out import tie_cost
from beancount_invwd.report.ledger.untested import find_untested, tell_untested

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from beancount_invwd.engine import Run
    from beancount_invwd.lots.stock import Stock


def list_notices(run: Run) -> list[Notice]:
    """List what has to be looked at on the date of a run."""
    return run.share(_list_notices)


def _list_notices(run: Run) -> list[Notice]:
    return [
        *_find_untested(run),
        *find_level(run),
        *find_own_use(run),
        *_list_direct(run),
        *find_later(run),
        *_list_temporary(run),
        *_list_aside(run),
        *_list_foreign(run),
        *_list_provisions(run),
    ]


def _find_untested(run: Run) -> Iterator[Notice]:
    found = find_untested(run)
    if found is not None:
        text, pending = tell_untested(found), found.pending
        for currency in sorted(pending) or [""]:
            amount = pending.get(currency)
            yield Notice(
                "untested-period-end",
                text,
                None,
                None,
                currency or None,
                amount,
                found.due,
                found.cure,
            )


def _list_direct(run: Run) -> Iterator[Notice]:
    """Losses that lowered the cost of goods itself (ACCOUNTING section 3, "Re-costing")."""
    for row in run.direct_write_downs:
        item, currency, date = row.stock.key.commodity, row.stock.key.currency, row.txn.date
        text = say(
            "{item} was written down directly on {date}: {amount:,f} {currency} came off its cost "
            "against {account}; this plugin cannot reverse it, nor is it in its figures",
            item=item,
            date=date,
            amount=row.amount,
            currency=currency,
            account=row.account,
        )
        yield Notice("direct-write-down", text, row.account, item, currency, row.amount, date)


def _list_temporary(run: Run) -> Iterator[Notice]:
    """Declines that are not recognised, since they are temporary (ASC 270-10-45-6)."""
    rows = [(stock, run.find_temporary(stock.key.commodity)) for stock in run.stocks]
    if not any(row for _, row in rows):
        return
    now, lasting = list_allowances(run.plans), list_allowances(run.plan_lasting())
    for stock, row in rows:
        lots = stock.lots.items() if row is not None else ()
        steps = [lasting.get(n, lot.allowance) - now.get(n, lot.allowance) for n, lot in lots]
        amount, (_, currency, item) = sum(steps, ZERO), stock.key
        if row is not None and amount > ZERO:
            text = say(
                "{amount:,f} {currency} of a decline of {item} are not recognised until "
                "{until}, since it is temporary: {reason}.",
                amount=amount,
                currency=currency,
                item=item,
                until=row.until,
                reason=row.reason,
            )
            yield Notice("temporary", text, None, item, currency, amount, row.until)


def _list_aside(run: Run) -> Iterator[Notice]:
    """What stands on inventory accounts besides the lots that are tested."""
    for row in tie_cost(run):
        if row.money:
            text = say(
                "{account} holds {money:,f} {currency} of money besides its lots",
                account=row.account,
                money=row.money,
                currency=row.currency,
            )
            yield Notice("money", text, row.account, None, row.currency, row.money, run.as_of)
    for (account, currency, item), cost in sorted(read_history(run).excluded.items()):
        if cost:
            text = say(
                "{account} holds {item} that cost {cost:,f} {currency} and is excluded",
                account=account,
                item=item,
                cost=cost,
                currency=currency,
            )
            yield Notice("excluded", text, account, item, currency, cost, run.as_of)


def _list_foreign(run: Run) -> Iterator[Notice]:
    """Lots that cost another currency than the ledger operates in."""
    operating = run.options_map.get("operating_currency") or ()
    costs: Sums[str] = Sums()
    for row in run.rows:
        costs.add(row.lot.stock.key.currency, row.lot.cost)
    for currency, cost in sorted(costs.items()):
        if operating and currency not in operating and cost:
            text = say(
                "lots cost {cost:,f} {currency}, which is none of the operating currencies: IAS "
                "21.21 wants cost in the functional currency, since a fall of {currency} is left "
                "out",
                cost=cost,
                currency=currency,
            )
            yield Notice("functional-currency", text, None, None, currency, cost, run.as_of)


def _list_provisions(run: Run) -> Iterator[Notice]:
    """What contracts will cost that is no loss on goods on hand (ACCOUNTING section 10)."""
    sold = {row.item for row in run.directives if isinstance(row, Contract)}
    for stock in run.stocks:
        if stock.commodity in sold:
            yield from _list_provisions_of(run, stock)


def _list_provisions_of(run: Run, stock: Stock) -> Iterator[Notice]:
    split = run.split(stock)
    replacement = run.find_replacement(stock) if split.unfilled else None
    if replacement is not None:
        costs = add_up_costs(run.find_item_terms(stock))
        for contract, units in split.unfilled:
            net = costs.find_net(Unit(replacement.number), contract.number)
            if net < replacement.number:
                yield _tell_onerous(contract, units, stock, net, replacement.number)
    for contract, _ in split.left:
        item, currency = stock.key.commodity, contract.currency
        amount = round_money(contract.units * (contract.penalty or ZERO), stock.quantum)
        text = say(
            "a contract of {date} for {units:,f} {item} at {number:,f} {currency} costs less to "
            "leave than to deliver: the penalty of {amount:,f} {currency} is a provision (IAS "
            "37.68), and the goods are measured without it",
            date=contract.date,
            units=contract.units,
            item=item,
            number=contract.number,
            currency=currency,
            amount=amount,
        )
        yield Notice("penalty", text, None, item, currency, amount, contract.date)


def _tell_onerous(
    contract: Contract, units: Decimal, stock: Stock, net: Decimal, cost: Decimal
) -> Notice:
    """Tell of a contract for more than what is on hand; at most its penalty is lost."""
    item, currency, penalty = stock.key.commodity, contract.currency, contract.penalty
    left = "" if net == contract.number else say(" ({net:,f} after costs)", net=net)
    loss = cost - net
    leaving = ""
    if penalty is not None and penalty < loss:
        loss, leaving = (
            penalty,
            say("; leaving it costs {penalty:,f} a unit, which is less", penalty=penalty),
        )
    text = say(
        "A contract of {date} sells {units:,f} {item} more than are on hand at {number:,f} "
        "{currency}{left}, which is less than the {cost:,f} that they cost{leaving}: that loss is "
        "a provision (IAS 37), not one of inventory.",
        date=contract.date,
        units=units,
        item=item,
        number=contract.number,
        currency=currency,
        left=left,
        cost=cost,
        leaving=leaving,
    )
    amount = round_money(units * loss, stock.quantum)
    return Notice("provision", text, None, item, currency, amount, contract.date)
