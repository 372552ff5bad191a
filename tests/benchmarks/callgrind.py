"""What the plugin costs in instructions: a figure that does not depend on the machine's mood.

    python -m tests.benchmarks.callgrind [--size S] [--layout sku|wh] [--max PERCENT]

Valgrind counts the instructions of three processes: one that only imports, one that loads a
ledger as well, one that then runs the plugin and the loader's sort. The share is that of the
plugin, of the load less imports. With `--max`, a greater share is exit status 1; without Valgrind
the status is 2.
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

from tests.benchmarks import ledgers
from tests.benchmarks.processes import ROOT
from tests.benchmarks.stages import DEFAULT

IMPORT = """
import sys
from pathlib import Path
from beancount.core import data
from beancount_invwd.plugin import invwd
from tests.benchmarks import ledgers
"""
LOAD = "ledger = ledgers.load(Path(sys.argv[1]))\nimport gc\ngc.collect()\n"
PLUGIN = """
entries, errors = invwd(ledger.entries, ledger.options, sys.argv[2])
entries.sort(key=data.entry_sortkey)
"""


def main() -> None:
    """Count, print, and judge."""
    args = parse_arguments()
    if not shutil.which("valgrind"):
        print("valgrind is not installed: nothing was counted", file=sys.stderr)
        sys.exit(2)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder, "ledger.beancount")
        ledgers.generate(args, ledger)
        run(IMPORT + LOAD + PLUGIN, ledger)  # so that all modules are compiled
        imports = count_instructions(IMPORT, ledger)
        load = count_instructions(IMPORT + LOAD, ledger)
        plugin = count_instructions(IMPORT + LOAD + PLUGIN, ledger)
    share = (plugin - load) / (load - imports)
    print(f"imports              {imports / 1e6:9,.1f} M instructions")
    print(f"load less imports    {(load - imports) / 1e6:9,.1f} M")
    print(f"plugin and sort      {(plugin - load) / 1e6:9,.1f} M = {share:.2%} of the load")
    if args.max is not None and share * 100 > args.max:
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


def count_instructions(program: str, ledger: Path) -> int:
    """Instructions of a Python program."""
    done = run(
        program, ledger, "valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}"
    )
    found = re.search(r"Collected : (\d+)", done)
    if not found:
        sys.exit(f"valgrind counted nothing:\n{done}")
    return int(found[1])


def run(program: str, ledger: Path, *before: str) -> str:
    """Run a Python program, with another before it; return what is said on stderr."""
    command = [*before, sys.executable, "-c", program, str(ledger), repr(DEFAULT)]
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stderr


if __name__ == "__main__":
    main()
