"""What Fava keeps of a ledger that is saved again and again: memory after so many saves.

    python -m tests.benchmarks.memory [--saves 300] [--sizes 100 600 6000] [--most 1.5]

After each save the page is asked for, as a browser does. `ledgers` is how many states of the ledger
are in memory at most; `MB` what the process holds, after a tenth of the saves, half and all of
them. It is flat if the last is about the first; with `--most`, a greater ratio is exit status 1.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from beancount.core import data
from fava.application import create_app
from flask import Flask

PAGE = "/saved/extension/Impairment/?partial=true"
HEAD = """
option "title" "saved"
plugin "beancount_invwd"
2020-01-01 custom "fava-extension" "beancount_invwd.fava"
2020-01-01 open Assets:Bank
2020-01-01 open Expenses:COGS
"""
ITEMS = 20


def main() -> None:
    """Measure, print a line for each size, and judge."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.memory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--saves", type=int, default=300)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 600, 6000])
    parser.add_argument("--most", type=float, help="the greatest ratio of the last to the first")
    args = parser.parse_args()
    print(f"{'transactions':>12} {'saves':>6} {'ledgers':>8} {'MB':>24} {'ratio':>6}")
    worst = max(print_size(size, args.saves) for size in args.sizes)
    if args.most and worst > args.most:
        sys.exit(f"more than {args.most} times the memory")


def print_size(size: int, saves: int) -> float:
    """Measure a ledger, print what was found, and return by how much memory grew."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ledger.beancount")
        path.write_text(write_ledger(size), encoding="utf-8")
        app = create_app([path], load=True)
        measured = list(measure(app, saves))
    kept = max(count for count, _ in measured) / size
    shown = [measured[i][1] for i in (saves // 10, saves // 2, -1)]
    ratio = shown[-1] / shown[0]
    figures = " ".join(f"{figure:7.1f}" for figure in shown)
    print(f"{size:12,} {saves:6} {kept:8.1f} {figures:>24} {ratio:6.2f}", flush=True)
    return ratio


def write_ledger(size: int) -> str:
    """A ledger of so many purchases, with prices that fall.

    Each item has an account of its own, since Beancount looks at all lots of an account that it
    books on: with all in one, 6,000 transactions take 17 seconds to load.
    """
    items = [f"ITEM{chr(65 + i)}" for i in range(ITEMS)]
    lines = [HEAD, *(f"2020-01-01 open Assets:Inventory:{item.title()}" for item in items)]
    for i in range(size):
        day = f"20{20 + i * 5 // size:02}-{1 + i * 60 // size % 12:02}-{1 + i % 28:02}"
        item = items[i // 2 % ITEMS]
        if i % 2:
            lines.append(f"{day} price {item} 6.00 USD")
        row = f"Assets:Inventory:{item.title()}  10 {item} {{8.00 USD}}"
        lines.append(f'{day} * "Bought {i}"\n  {row}\n  Assets:Bank')
    return "\n".join(lines) + "\n"


def measure(app: Flask, saves: int) -> Iterator[tuple[int, float]]:
    """Load again and again; tell how many transactions of the ledger live, and the megabytes."""
    client, ledger = app.test_client(), app.config["LEDGERS"]["saved"]
    for i in range(saves):
        ledger.load_file()
        if client.get(PAGE).status_code != 200:
            raise ValueError("the page failed")
        yield count_transactions() if i % 5 == 0 else 0, read_memory()


def count_transactions() -> int:
    """How many transactions of the ledger are in memory, be they garbage or not."""
    return sum(isinstance(row, data.Transaction) and not row.tags for row in gc.get_objects())


def read_memory() -> float:
    """The megabytes that this process holds."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (row for row in text.splitlines() if row.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
