"""A ledger without the plugin → the lines that switch it on.

    plugin "beancount_invwd" "{'inventory': ['Assets:Shop:Stock']}"
    2024-01-01 open Expenses:Inventory:Write-Down
    ;; 2024-12-31 price MUG … EUR

The accounts are those under Assets that hold something at cost. Whether that is goods, or shares,
nobody but the owner can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from beancount.core import data

from beancount_invwd.ground.sums import Sums
from beancount_invwd.policy.templates import read_roots
from beancount_invwd.report.price_list import list_price_needs

if TYPE_CHECKING:
    from beancount_invwd.engine import Run

_USUAL = "Assets:Inventory"
_RESULTS = ("loss", "write_off", "reversal")


def list_goods(entries: Sequence[Any], options_map: Any) -> list[str]:
    """List the accounts under Assets that hold something at cost."""
    roots, units = read_roots(options_map), Sums[tuple[str, str]]()
    row: Any
    for entry in entries:
        for row in entry.postings if type(entry) is data.Transaction else ():
            if row.cost is not None and roots.is_under(row.account, "Assets"):
                units.add((row.account, row.units.currency), row.units.number)
    return sorted({account for account, _ in units.without_zeros()})


def find_config(accounts: Sequence[str]) -> str | None:
    """The configuration for these accounts; None if the usual one fits."""
    if all(f"{name}:".startswith(f"{_USUAL}:") for name in accounts):
        return None
    tops = [
        name
        for name in accounts
        if not any(name.startswith(f"{other}:") for other in accounts if other != name)
    ]
    return str({"inventory": tops})


def write_start(run: Run, accounts: Sequence[str], config: str | None) -> str:
    """Write the lines to paste.

    Args:
        run: The ledger, followed by that configuration.
        accounts: Those that hold goods.
        config: The configuration.
    """
    rest = f' "{config}"' if config else ""
    lines = [f";; What is held at cost: {', '.join(accounts)}", f'plugin "beancount_invwd"{rest}']
    return (
        "\n".join([*lines, "", *_list_opens(run, accounts), "", *_list_prices(run)]).rstrip() + "\n"
    )


def _list_opens(run: Run, accounts: Sequence[str]) -> Iterator[str]:
    """Accounts of results that the ledger lacks, opened with the first account of goods."""
    date = min(run.opens[name].date for name in accounts)
    names = {name for kind in _RESULTS for name in run.list_results(kind)}
    yield from (f"{date} open {name}" for name in sorted(names) if name not in run.opens)


def _list_prices(run: Run) -> Iterator[str]:
    """The prices that are needed, as comments until they are filled in."""
    for row in list_price_needs(run, 0):
        if row.need != "not paid":
            yield f";; {row.line}" if "…" in row.line else row.line
