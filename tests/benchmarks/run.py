"""What the plugin costs: a generated ledger → a table of times, beside Beancount's own.

    python -m tests.benchmarks.run [--size S|M|L] [--layout sku|wh] [--runs N] [--generator PATH]

Machines are noisy: trust ratios within a run, not seconds. Every time is a median, with Python's
garbage collector on, as in bean-check; each starts from a collected heap. `stage` is the plugin and
the sort by which the loader follows it; `load` is Beancount's load without the plugin;
`gc` counts the full collections within all runs of the stage.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from beancount.core import data
from beancount.plugins import implicit_prices

from beancount_invwd.plugin import invwd
from tests.benchmarks import ledgers

RUNS = {"S": 15, "M": 5, "L": 3}
DEFAULT: dict[str, Any] = {"missing_price": "ignore"}
POLICIES: dict[str, dict[str, Any]] = {
    "default": {},
    "standard frs102": {"standard": "frs102"},
    "standard aspe3031": {"standard": "aspe3031"},
    "standard asc330": {"standard": "asc330"},
    "standard asc330-lcm": {"standard": "asc330-lcm", "normal_margin": "20%"},
    "standard hgb": {"standard": "hgb"},
    "basis lot": {"basis": "lot"},
    "basis category": {"basis": "category"},
    "basis total": {"basis": "total"},
    "release period": {"release": "period"},
    "ageing": {"ageing": {180: "25%", 365: "50%"}},
    "idle": {"idle": {180: "20%"}},
    "coverage": {"coverage": {"window": 365, "rates": {365: "50%", 730: "100%"}}},
    "period year": {"period": "year"},
    "period quarter": {"period": "quarter"},
    "period price": {"period": "price"},
}

Plugin = Callable[[data.Directives, dict[str, Any]], tuple[data.Directives, Sequence[Any]]]


class Stage(NamedTuple):
    """What one plugin took and gave."""

    plugin: float
    """Seconds in the plugin."""
    total: float
    """The same with the loader's sort after it."""
    transactions: int
    """How many transactions the plugin wrote."""
    postings: int
    errors: int
    full_collections: int


class Round(NamedTuple):
    """A load without the plugin, and what each plugin did with its entries."""

    load: float
    directives: int
    postings: int
    stages: Mapping[str, Stage]


def main() -> None:
    """Measure, and print the table."""
    args = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        plain, with_plugin = Path(folder, "plain.beancount"), Path(folder, "plugin.beancount")
        ledgers.generate(args, plain)
        ledgers.generate(args, with_plugin, f"beancount_invwd|{DEFAULT}")
        # Memory first: the peak of a child process begins with what its parent holds.
        memory = [peak_memory(path) for path in (plain, with_plugin)]
        print_head(args)
        print_load(plain, args.runs or RUNS[args.size], memory)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ledgers.add_arguments(parser)
    parser.add_argument("--runs", type=int, help="runs behind each median (default: by size)")
    return parser.parse_args()


def peak_memory(path: Path) -> float:
    """Peak memory, in MB, of a process that loads a ledger."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(load_and_tell_memory, (path,))


def load_and_tell_memory(path: Path) -> float:
    """Load a ledger; return this process's peak memory in MB."""
    ledger = ledgers.load(path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert ledger.entries
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def print_head(args: argparse.Namespace) -> None:
    """Print what is measured, and on what."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"Ledger {args.size} {args.layout}, {python}, beancount {version('beancount')}")
    print(f"gc {'on' if gc.isenabled() else 'off'}, thresholds {gc.get_threshold()}")


def print_load(path: Path, runs: int, memory: Sequence[float]) -> None:
    """Print the load without the plugin, then a row for each plugin and policy."""
    plugins: dict[str, Plugin] = {
        "implicit_prices": implicit_prices.add_implicit_prices,
        "no-op": do_nothing,
    }
    plugins |= {name: configured(DEFAULT | policy) for name, policy in POLICIES.items()}
    # In rounds, so that a slow minute of the machine falls on all of them.
    rounds = [measure_round(path, plugins) for _ in range(runs)]
    load_time = statistics.median(each.load for each in rounds)
    directives, postings = rounds[0].directives, rounds[0].postings
    print(f"{directives:,} directives, {postings:,} postings; n = {runs}")
    print(f"load without plugin {load_time:.3f} s")
    plain, with_plugin = memory
    growth = with_plugin / plain - 1
    print(f"peak memory {plain:.0f} MB, with the plugin {with_plugin:.0f} MB ({growth:+.1%})\n")

    print(
        f"{'':20} {'plugin ms':>10} {'stage ms':>9} {'of load':>8} {'us/posting':>10}"
        f" {'of implicit_prices':>18} {'txns':>7} {'postings':>8} {'errors':>6} {'gc':>3}"
    )
    stages = {name: take_medians([each.stages[name] for each in rounds]) for name in plugins}
    for name, stage in stages.items():
        print_row(name, stage, postings, load_time, stages["implicit_prices"].total)


def print_row(name: str, stage: Stage, postings: int, load: float, peer: float) -> None:
    """Print one row of the table."""
    print(
        f"{name:20} {stage.plugin * 1e3:10.1f} {stage.total * 1e3:9.1f}"
        f" {stage.total / load:8.1%} {stage.total * 1e6 / postings:10.2f}"
        f" {stage.total / peer:17.2f}x {stage.transactions:7,} {stage.postings:8,}"
        f" {stage.errors:6,} {stage.full_collections:3}"
    )


def do_nothing(
    entries: data.Directives, _options: dict[str, Any]
) -> tuple[data.Directives, Sequence[Any]]:
    """Return what was given: what is left of the stage is the loader's sort."""
    return entries, []


def configured(policy: dict[str, Any]) -> Plugin:
    """The plugin, with a configuration."""
    return lambda entries, options: invwd(entries, options, repr(policy))


def measure_round(path: Path, plugins: Mapping[str, Plugin]) -> Round:
    """Load the ledger, then run each plugin on its entries, which they leave as they are."""
    gc.collect()
    start = time.perf_counter()
    ledger = ledgers.load(path)
    load = time.perf_counter() - start
    stages = {name: measure_stage(plugin, ledger) for name, plugin in plugins.items()}
    return Round(load, len(ledger.entries), ledger.postings, stages)


def measure_stage(plugin: Plugin, ledger: ledgers.Ledger) -> Stage:
    """Run a plugin, and the sort that follows it, from a collected heap."""
    entries = list(ledger.entries)
    gc.collect()
    before = full_collections()
    start = time.perf_counter()
    result, errors = plugin(entries, ledger.options)
    end = time.perf_counter()
    result.sort(key=data.entry_sortkey)
    total = time.perf_counter() - start
    collections = full_collections() - before
    known = {id(entry) for entry in ledger.entries}
    added = [e for e in result if isinstance(e, data.Transaction) and id(e) not in known]
    postings = sum(len(entry.postings) for entry in added)
    return Stage(end - start, total, len(added), postings, len(errors), collections)


def full_collections() -> int:
    """How many full garbage collections there were so far."""
    return int(gc.get_stats()[2]["collections"])


def take_medians(stages: Sequence[Stage]) -> Stage:
    """One stage for several runs of the same."""
    return stages[0]._replace(
        plugin=statistics.median(stage.plugin for stage in stages),
        total=statistics.median(stage.total for stage in stages),
        full_collections=sum(stage.full_collections for stage in stages),
    )


if __name__ == "__main__":
    main()
