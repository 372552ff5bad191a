"""The plugin against its targets: a Markdown table of what it costs, beside Beancount and others.

    python -m tests.benchmarks.targets [NAME ...] [--size S|M] [--with-l] [--runs N] [--share N]

Names select rows; without any, all are measured, which takes about half an hour with M on a quiet
machine. Trust instructions and ratios, not seconds. Rows 1 to 8 have goals that were set; those
beyond show how work grows.
"""

from __future__ import annotations

import argparse
import gc
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import ledgers
from tests.benchmarks.bench import Bench
from tests.benchmarks.rows import ROWS
from tests.benchmarks.table import format_head, format_row


def main() -> None:
    """Measure, and print rows as soon as they are known."""
    args = parse_arguments()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"{python}, beancount {version('beancount')}, gc thresholds {gc.get_threshold()}\n")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args.size, args.with_l, args.runs, args.share, args.generator, Path(folder))
        for size in dict.fromkeys(("S", *bench.sizes)):
            print(f"- {bench.describe(size)}")
        print(f"\n{format_head()}", flush=True)
        for name in args.names or ROWS:
            for row in sorted(ROWS[name](bench), key=lambda row: row.number):
                print(format_row(row), flush=True)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.targets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}")
    parser.add_argument(
        "--size", choices=("S", "M"), default="M", help="what stands for M; S for a trial"
    )
    parser.add_argument("--with-l", action="store_true", help="measure L as well: a minute a load")
    parser.add_argument("--runs", type=int, help="runs behind each median (default: by size)")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the 50,000 lots of `month-ends`"
    )
    ledgers.add_generator(parser)
    args = parser.parse_args()
    if unknown := [name for name in args.names if name not in ROWS]:
        parser.error(f"unknown: {', '.join(unknown)}")
    return args


if __name__ == "__main__":
    main()
