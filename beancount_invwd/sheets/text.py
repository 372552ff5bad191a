"""The entries of a count → Beancount text, as a user would have typed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from beancount.core.position import CostSpec


def write_entries(opens: Sequence[Any], shortages: Sequence[Any], balances: Sequence[Any]) -> str:
    """Write Opens, transactions with incomplete postings, and Balances, to be appended."""
    blocks = [f"{entry.date} open {entry.account}" for entry in opens]
    blocks += [_write_transaction(entry) for entry in shortages]
    if balances:
        rows = [(f"{row.date} balance ", row.account, row.amount, "") for row in balances]
        blocks.append("\n".join(_align(rows)))
    return "".join(f"\n{block}\n" for block in blocks)


def _write_transaction(txn: Any) -> str:
    *goods, loss = txn.postings
    rows = [("  ", row.account, row.units, f" {show_cost(row.cost)}") for row in goods]
    head = f"{txn.date} {txn.flag} {quote(txn.narration)}"
    return "\n".join([head, *_align(rows, len(loss.account)), f"  {loss.account}"])


def _align(rows: Sequence[tuple[str, str, Any, str]], least: int = 0) -> list[str]:
    """Write lines of head, account, amount and end with their amounts below each other."""
    width = max(least, *(len(account) for _, account, _, _ in rows))
    most = max(len(f"{amount.number:f}") for _, _, amount, _ in rows)
    return [
        f"{head}{account:<{width}}  {amount.number:>{most}f} {amount.currency}{end}"
        for head, account, amount, end in rows
    ]


def show_cost(cost: Any) -> str:
    """A cost or an incomplete one as a user writes it."""
    if isinstance(cost, CostSpec) and isinstance(cost.number_total, Decimal):
        return f"{{{{{cost.number_total:f} {cost.currency}}}}}"
    number = cost.number_per if isinstance(cost, CostSpec) else cost.number
    amount = [f"{number:f}"] if isinstance(number, Decimal) else []
    amount += [cost.currency] if isinstance(cost.currency, str) else []
    label = None if cost.label is None else quote(cost.label)
    date = None if cost.date is None else str(cost.date)
    return f"{{{', '.join(part for part in (' '.join(amount), date, label) if part)}}}"


def show_lots(lots: Mapping[Any, Decimal]) -> str:
    """Costs and the units of each."""
    return ", ".join(f"{units:f} {show_cost(cost)}" for cost, units in lots.items())


def quote(text: str) -> str:
    """A text as a Beancount string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
