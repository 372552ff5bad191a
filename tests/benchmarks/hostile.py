"""Ledgers that hurt → how long the plugin takes, and how that grows.

    python -m tests.benchmarks.hostile [--share N] [NAME ...]

Each ledger is run at a half and at all of its full size (or of a share of it): `growth` is the
ratio of both times, 2 where the work is in proportion to the ledger. Each runs in a process of its
own and is given up after `--patience` seconds of the clock; what is told are the processor's.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from typing import NamedTuple

from beancount.core import data

from beancount_invwd.plugin import invwd
from tests.benchmarks.hostile_ledgers import LEDGERS
from tests.benchmarks.processes import apart


class Taken(NamedTuple):
    """What a run of the plugin took and gave."""

    seconds: float
    entries: int
    transactions: int
    errors: int
    first: str


def main() -> None:
    """Print a row for each ledger."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.hostile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--share", type=float, default=1.0, help="of the full size")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds for each ledger")
    args = parser.parse_args()
    print(f"{'':32} {'size':>8} {'half s':>8} {'s':>8} {'growth':>6} {'txns':>8} {'errors':>7}")
    for name in args.names or LEDGERS:
        size = max(2, round(LEDGERS[name][1] * args.share))
        half, full = (run_apart(name, n, args.patience) for n in (size // 2, size))
        if half is None or full is None:
            print(f"{name:32} {size:8,} more than {args.patience:.0f} s", flush=True)
            continue
        growth = full.seconds / half.seconds
        print(
            f"{name:32} {size:8,} {half.seconds:8.2f} {full.seconds:8.2f} {growth:6.1f}"
            f" {full.transactions:8,} {full.errors:7,}  {full.first[:60]}",
            flush=True,
        )


def run_apart(name: str, size: int, patience: float) -> Taken | None:
    """Run the plugin in a process of its own; None if it takes too long."""
    try:
        return apart(run, name, size, patience=patience)
    except multiprocessing.TimeoutError:
        return None


def run(name: str, size: int) -> Taken:
    """Run the plugin on a ledger."""
    ledger = LEDGERS[name][0](size)
    start = time.process_time()
    output, errors = invwd(*ledger)
    seconds = time.process_time() - start
    added = output[len(ledger.entries) :]
    transactions = sum(isinstance(entry, data.Transaction) for entry in added)
    first = errors[0].message if errors else ""
    return Taken(seconds, len(ledger.entries), transactions, len(errors), first)


if __name__ == "__main__":
    main()
