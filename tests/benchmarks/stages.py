"""What a plugin costs within a load: entries → seconds of it, and of the sort that follows it.

Every time starts from a collected heap, with Python's garbage collector on, as in bean-check.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from beancount.core import data
from beancount.plugins import implicit_prices

from beancount_invwd.plugin import invwd
from tests.benchmarks import ledgers

DEFAULT: dict[str, Any] = {"missing_price": "ignore"}

Plugin = Callable[[data.Directives, dict[str, Any]], tuple[data.Directives, Sequence[Any]]]


class Stage(NamedTuple):
    """What one plugin took and gave.

    Attributes:
        plugin: Seconds in the plugin.
        total: The same with the loader's sort after it.
        transactions: How many transactions the plugin wrote.
    """

    plugin: float
    total: float
    transactions: int
    postings: int
    full_collections: int


class Load(NamedTuple):
    """A load without the plugin (seconds), and what each plugin did with its entries.

    Attributes:
        share: What the plugin and the sort take, of the load: the median of ratios.
    """

    seconds: float
    postings: int
    stages: Mapping[str, Stage]
    share: float


class Written(NamedTuple):
    """What a transaction takes (microseconds): a stage, less that of a ledger that needs none."""

    micros: float
    stage: Stage
    none: float


def configured(**policy: Any) -> Plugin:
    """The plugin, with a configuration."""
    config = repr(DEFAULT | policy)
    return lambda entries, options: invwd(entries, options, config)


def measure_load(path: Path, runs: int) -> Load:
    """Load a ledger again and again, each time with the plugin and its peer after it.

    In rounds, so that a slow minute of the machine falls on all of them.
    """
    plugins = {
        "invwd": configured(),
        "implicit_prices": implicit_prices.add_implicit_prices,
    }
    rounds = [_measure_round(path, plugins) for _ in range(runs)]
    seconds = statistics.median(each.seconds for each in rounds)
    share = statistics.median(each.share for each in rounds)
    return Load(seconds, rounds[0].postings, take_medians([each.stages for each in rounds]), share)


def _measure_round(path: Path, plugins: Mapping[str, Plugin]) -> Load:
    gc.collect()
    start = time.process_time()
    ledger = ledgers.load(path)
    seconds = time.process_time() - start
    stages = {name: measure_stage(plugin, ledger) for name, plugin in plugins.items()}
    return Load(seconds, ledger.postings, stages, stages["invwd"].total / seconds)


def measure_written(
    path: Path, policies: Mapping[str, Mapping[str, Any]], runs: int
) -> Mapping[str, Written]:
    """Run each policy on a ledger, and the default one on the same with prices above all costs.

    Raises:
        ValueError: That ledger needs a write-down all the same.
    """
    ledger = ledgers.load(path)
    dear = ledger._replace(entries=[raise_price(entry) for entry in ledger.entries])
    plugins = {name: configured(**policy) for name, policy in policies.items()}
    rounds = []
    for _ in range(runs):
        none = measure_stage(configured(), dear)
        if none.transactions:
            raise ValueError(f"{none.transactions} transactions are written where none should be")
        found = {name: measure_stage(plugin, ledger) for name, plugin in plugins.items()}
        rounds.append((none.total, found))
    medians = take_medians([found for _, found in rounds])
    return {
        name: Written(
            statistics.median(
                (found[name].total - none) / max(1, stage.transactions) * 1e6
                for none, found in rounds
            ),
            stage,
            statistics.median(none for none, _ in rounds),
        )
        for name, stage in medians.items()
    }


def raise_price(entry: Any) -> Any:
    """A price a hundred times as high; all else as it is."""
    if not isinstance(entry, data.Price):
        return entry
    number: Any = entry.amount.number
    return entry._replace(amount=entry.amount._replace(number=number * 100))


def measure_policies(
    jobs: Mapping[str, tuple[Path, Mapping[str, Any]]], runs: int
) -> Mapping[str, Stage]:
    """Run the plugin again and again, in turns: on a ledger each, with a configuration each."""
    loaded = {path: ledgers.load(path) for path, _ in jobs.values()}
    plugins = {name: (configured(**policy), loaded[path]) for name, (path, policy) in jobs.items()}
    return take_medians(
        [{name: measure_stage(*job) for name, job in plugins.items()} for _ in range(runs)]
    )


def measure_stage(plugin: Plugin, ledger: ledgers.Ledger) -> Stage:
    """Run a plugin, and the sort that follows it, on entries, which it leaves as they are.

    Raises:
        ValueError: It found an error.
    """
    entries = list(ledger.entries)
    gc.collect()
    before = count_full_collections()
    start = time.process_time()
    result, errors = plugin(entries, ledger.options)
    end = time.process_time()
    result.sort(key=data.entry_sortkey)
    total = time.process_time() - start
    collections = count_full_collections() - before
    if errors:
        raise ValueError(f"{len(errors)} errors, the first: {errors[0].message}")
    known = {id(entry) for entry in ledger.entries}
    added = [e for e in result if isinstance(e, data.Transaction) and id(e) not in known]
    postings = sum(len(entry.postings) for entry in added)
    return Stage(end - start, total, len(added), postings, collections)


def count_full_collections() -> int:
    """How many full garbage collections there were so far."""
    return int(gc.get_stats()[2]["collections"])


def take_medians(rounds: Sequence[Mapping[str, Stage]]) -> Mapping[str, Stage]:
    """One stage for several of the same name."""
    return {name: _take_median([each[name] for each in rounds]) for name in rounds[0]}


def _take_median(stages: Sequence[Stage]) -> Stage:
    return stages[0]._replace(
        plugin=statistics.median(stage.plugin for stage in stages),
        total=statistics.median(stage.total for stage in stages),
        full_collections=sum(stage.full_collections for stage in stages),
    )
