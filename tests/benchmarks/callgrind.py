"""What the plugin costs in instructions: a figure that does not depend on the machine's mood.

    python -m tests.benchmarks.callgrind [--size S] [--layout sku|wh] [--max PERCENT]

Valgrind counts the instructions of one process, from mark to mark: of imports, of a load, of the
plugin and the loader's sort after it, of another plugin that follows all lots. So nothing counts
that an interpreter does when it starts and ends, which is another thing in each environment. With
`--max`, a greater share of the load than this is exit status 1; without Valgrind the status is 2.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import ledgers
from tests.benchmarks.processes import ROOT
from tests.benchmarks.stages import DEFAULT

MARK = "getppid"  # a function of C that nothing else calls
STAGE = f"""
import gc, os, sys
from pathlib import Path
from beancount.core import data
from beancount.plugins import implicit_prices
from beancount.scripts import check
from tests.benchmarks import ledgers
os.{MARK}()
from beancount_invwd.plugin import invwd
os.{MARK}()
ledger = ledgers.load(Path(sys.argv[1]))
os.{MARK}()
gc.collect()
os.{MARK}()
entries, errors = invwd(ledger.entries, ledger.options, sys.argv[2])
entries.sort(key=data.entry_sortkey)
os.{MARK}()
gc.collect()
os.{MARK}()
entries, errors = implicit_prices.add_implicit_prices(ledger.entries, ledger.options)
entries.sort(key=data.entry_sortkey)
os.{MARK}()
"""


class Counted(NamedTuple):
    """Instructions: of the plugin's import, a load, the plugin, and `implicit_prices`."""

    imports: int
    load: int
    stage: int
    peer: int

    @property
    def share(self) -> float:
        """What the plugin takes, of the load."""
        return self.stage / self.load


def main() -> None:
    """Count, print, and judge."""
    args = parse_arguments()
    if not shutil.which("valgrind"):
        print("valgrind is not installed: nothing was counted", file=sys.stderr)
        sys.exit(2)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder, "ledger.beancount")
        ledgers.generate(args, ledger)
        found = count_stage(ledger)
    print(f"import               {found.imports / 1e6:9,.1f} M instructions")
    print(f"load                 {found.load / 1e6:9,.1f} M")
    print(f"plugin and sort      {found.stage / 1e6:9,.1f} M = {found.share:.2%} of the load")
    print(f"implicit_prices      {found.peer / 1e6:9,.1f} M")
    if args.max is not None and found.share * 100 > args.max:
        sys.exit(f"more than {args.max} %")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.callgrind",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ledgers.add_arguments(parser)
    parser.add_argument("--max", type=float, metavar="PERCENT", help="the greatest share allowed")
    return parser.parse_args()


def count_stage(ledger: Path) -> Counted:
    """Instructions that a ledger takes."""
    _, imports, load, _, stage, _, peer = count(STAGE, str(ledger), repr(DEFAULT))
    return Counted(imports, load, stage, peer)


def count(program: str, *args: str) -> list[int]:
    """Instructions of a Python program up to its first mark, then from each to the next."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PYTHONHASHSEED": "0"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        run(environment, program, *args)  # so that all modules are compiled
        out = f"--callgrind-out-file={folder}/out"
        valgrind = ("valgrind", "--tool=callgrind", f"--dump-before={MARK}", out)
        run(environment, program, *args, before=valgrind)
        counted: list[int] = []
        while (path := Path(folder, f"out.{len(counted) + 1}")).exists():
            found = re.search(r"^totals: (\d+)", path.read_text(encoding="utf-8"), re.MULTILINE)
            counted.append(int(found[1]) if found else 0)
    return counted


def run(
    environment: dict[str, str], program: str, *args: str, before: tuple[str, ...] = ()
) -> None:
    """Run a Python program, with another before it."""
    command = [*before, sys.executable, "-c", program, *args]
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)


if __name__ == "__main__":
    main()
