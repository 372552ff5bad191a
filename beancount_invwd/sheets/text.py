"""The entries of a count → Beancount text, as a user would have typed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beancount_invwd.sheets.shelf import quote, show_cost


def write_entries(opens: Sequence[Any], shortages: Sequence[Any], balances: Sequence[Any]) -> str:
    """Write Opens, transactions with incomplete postings, and Balances, to be appended."""
    blocks = [f"{entry.date} open {entry.account}" for entry in opens]
    blocks += [_write_transaction(entry) for entry in shortages]
    if balances:
        blocks.append("\n".join(_write_balances(balances)))
    return "".join(f"\n{block}\n" for block in blocks)


def _write_transaction(txn: Any) -> str:
    *rows, loss = txn.postings
    width = max(len(row.account) for row in txn.postings)
    numbers = [f"{row.units.number:f}" for row in rows]
    most = max(map(len, numbers))
    lines = [f"{txn.date} {txn.flag} {quote(txn.narration)}"]
    for row, number in zip(rows, numbers, strict=True):
        units = f"{number:>{most}} {row.units.currency}"
        lines.append(f"  {row.account:<{width}}  {units} {show_cost(row.cost)}")
    return "\n".join([*lines, f"  {loss.account}"])


def _write_balances(balances: Sequence[Any]) -> list[str]:
    width = max(len(row.account) for row in balances)
    numbers = [f"{row.amount.number:f}" for row in balances]
    most = max(map(len, numbers))
    return [
        f"{row.date} balance {row.account:<{width}}  {number:>{most}} {row.amount.currency}"
        for row, number in zip(balances, numbers, strict=True)
    ]
