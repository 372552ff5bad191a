"""Generated ledgers to measure with: arguments → a ledger file, loaded by Beancount.

The generator (`gen_ledger.py`) is no part of this project: it is looked for beside the checkout.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from beancount import loader
from beancount.core import data

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT.parent / "shared" / "perf" / "gen_ledger.py"


class Ledger(NamedTuple):
    """What Beancount made of a ledger file."""

    entries: data.Directives
    options: dict[str, Any]

    @property
    def postings(self) -> int:
        """How many postings the ledger has."""
        return sum(len(e.postings) for e in self.entries if isinstance(e, data.Transaction))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments which choose a ledger."""
    parser.add_argument("--size", choices=("S", "M", "L"), default="S", help="default: S")
    parser.add_argument(
        "--layout",
        choices=("sku", "wh"),
        default="sku",
        help="one account per warehouse and item (default), or per warehouse",
    )
    parser.add_argument(
        "--generator",
        type=Path,
        default=GENERATOR,
        help="the script that makes the ledgers (default: ../shared/perf/gen_ledger.py)",
    )


def generate(args: argparse.Namespace, path: Path, *plugins: str) -> None:
    """Write the ledger that the arguments ask for, with `plugins` ("module|config") switched on."""
    if not args.generator.is_file():
        sys.exit(f"no generator at {args.generator}: pass its path, --generator PATH/gen_ledger.py")
    command = [sys.executable, args.generator, "--size", args.size, "--layout", args.layout]
    command += [word for plugin in plugins for word in ("--plugin", plugin)]
    subprocess.run([*command, "--output", path], check=True, stderr=subprocess.DEVNULL)


def load(path: Path) -> Ledger:
    """Load a ledger that has no errors, without Beancount's cache."""
    loader.initialize(use_cache=False)
    entries, errors, options = loader.load_file(path)
    if errors:
        raise ValueError(f"{path.name}: {len(errors)} errors, the first: {errors[0].message}")
    return Ledger(entries, options)
