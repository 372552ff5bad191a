"""Generated ledgers to measure with: arguments → a ledger file, loaded by Beancount.

The generator (`gen_ledger.py`) is no part of this project: it is looked for beside the checkout.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from beancount import loader
from beancount.core import data

from tests.benchmarks.processes import ROOT

GENERATOR = ROOT.parent / "shared" / "perf" / "gen_ledger.py"
SIZES = {"S": (1_000, 2_000), "M": (20_000, 50_000), "L": (200_000, 200_000)}
"""Transactions and prices of the generator's sizes."""


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
    parser.add_argument("--size", choices=SIZES, default="S", help="default: S")
    parser.add_argument(
        "--layout",
        choices=("sku", "wh"),
        default="sku",
        help="one account per warehouse and item (default), or per warehouse",
    )
    add_generator(parser)


def add_generator(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names the generator."""
    parser.add_argument(
        "--generator",
        type=Path,
        default=GENERATOR,
        help="the script that makes the ledgers (default: ../shared/perf/gen_ledger.py)",
    )


def generate(args: argparse.Namespace, path: Path, *plugins: str) -> None:
    """Write the ledger that the arguments ask for, with `plugins` ("module|config") switched on."""
    words = [word for plugin in plugins for word in ("--plugin", plugin)]
    run_generator(args.generator, path, "--size", args.size, "--layout", args.layout, *words)


def run_generator(generator: Path, path: Path, *words: str) -> Mapping[str, int]:
    """Write a ledger; return how many it has of what."""
    if not generator.is_file():
        sys.exit(f"no generator at {generator}: pass its path, --generator PATH/gen_ledger.py")
    command = [sys.executable, str(generator), *words, "--output", str(path)]
    done = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
    found: Mapping[str, int] = json.loads(done.stderr)
    return found


def load(path: Path) -> Ledger:
    """Load a ledger that has no errors, without Beancount's cache."""
    loader.initialize(use_cache=False)
    entries, errors, options = loader.load_file(path)
    if errors:
        raise ValueError(f"{path.name}: {len(errors)} errors, the first: {errors[0].message}")
    return Ledger(entries, options)
