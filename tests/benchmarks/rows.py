"""The rows of the table of targets: generated ledgers → what was measured on them.

Times are seconds of the processor, which other work on the machine disturbs less than those of the
clock; all are medians, and what is compared runs in turns.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import ledgers, month_ends, stages, work
from tests.benchmarks.processes import apart, peak_memory, run_python, time_command
from tests.benchmarks.table import Row, Target

RUNS = {"S": 15, "M": 5, "L": 3}
PLUGIN = f"beancount_invwd|{stages.DEFAULT}"
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
    "coverage": {"coverage": {"window": 365, "rates": {365: "50%", 730: "100%"}}},
    "idle": {"idle": {180: "20%"}},
}
FRESH = """
import gc, json, sys, time
from pathlib import Path
from beancount.core import data
from beancount.scripts import check
from tests.benchmarks import ledgers
ledger = ledgers.load(Path(sys.argv[1]))
gc.collect()
start = time.process_time()
import beancount_invwd
end = time.process_time()
entries, errors = beancount_invwd.invwd(ledger.entries, ledger.options, sys.argv[2])
entries.sort(key=data.entry_sortkey)
print(json.dumps([end - start, time.process_time() - end]))
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """What to measure with.

    Attributes:
        size: The ledger that stands for M, smaller in a trial.
        has_large: Whether L is measured as well.
        runs: Runs behind each median; None is by size.
        share: Of the full size, of ledgers that are made in memory.
        generator: The script that makes ledgers.
        folder: Where they are kept.
    """

    size: str
    has_large: bool
    runs: int | None
    share: float
    generator: Path
    folder: Path

    @property
    def sizes(self) -> list[str]:
        """The sizes that are measured with one account per warehouse and item."""
        return [self.size, *(["L"] if self.has_large else [])]

    def count_runs(self, size: str) -> int:
        """How many runs are behind each median."""
        return self.runs or RUNS[size]

    def write(self, size: str, *words: str, layout: str = "sku") -> Path:
        """Write a ledger, if that was not done before."""
        name = "-".join((size, layout, *(word.strip("-") for word in words if "|" not in word)))
        path = self.folder / f"{name}.beancount"
        if not path.exists():
            words = ("--size", size, "--layout", layout, *words)
            ledgers.run_generator(self.generator, path, *words)
        return path


def measure_stage(bench: Bench) -> Iterator[Row]:
    """Rows 1 to 4: the plugin within the load."""
    for size in bench.sizes:
        load = apart(stages.measure_load, bench.write(size), bench.count_runs(size))
        yield _row_of_load(1, size, Target(4, 6, "%"), load)
        stage, peer = load.stages["invwd"].total, load.stages["implicit_prices"].total
        target = Target(2.2 if size == "L" else 1.8, 3, "µs")
        of = f"{load.postings:,} postings"
        yield Row(3, f"stage per posting, {size}", target, stage / load.postings * 1e6, of)
        of = f"{stage * 1e3:.0f} ms of {peer * 1e3:.0f} ms"
        what = f"stage, of that of implicit_prices, {size}"
        yield Row(4, what, Target(0.4, 0.6, "×"), stage / peer, of)
    path = bench.write(bench.size, layout="wh")
    load = apart(stages.measure_load, path, bench.count_runs(bench.size))
    name = f"{bench.size}, one account per warehouse"
    yield _row_of_load(2, name, Target(2, 3, "%"), load)


def _row_of_load(number: int, name: str, target: Target, load: stages.Load) -> Row:
    stage = load.stages["invwd"]
    of = (
        f"{stage.total * 1e3:.0f} ms of {load.seconds:.2f} s;"
        f" {stage.transactions:,} transactions written"
    )
    what = f"plugin and sort, of the rest of the load, {name}"
    return Row(number, what, target, stage.total / load.seconds * 100, of)


def measure_month_ends(bench: Bench) -> Iterator[Row]:
    """Row 5: many month ends of many lots, against the plain loop."""
    items = max(10, round(2_000 * bench.share))
    lots = items * month_ends.LOTS_EACH
    for under_water, aim in ((0, 20), (0.1, 10), (0.5, 5)):
        race = apart(month_ends.run_race, items, under_water, bench.runs or 3)
        of = (
            f"{race.plain:.2f} s to {race.plugin:.2f} s, {race.following:.2f} s before writing;"
            f" {race.transactions:,.0f} transactions written by both"
        )
        what = f"{month_ends.MONTHS} month ends × {lots:,} lots, {under_water:.0%} under water"
        target = Target(aim, 5, "× faster", is_least=True)
        yield Row(5, what, target, race.plain / race.plugin, of)


def measure_growth(bench: Bench) -> Iterator[Row]:
    """Row 6: how the plugin's time grows."""
    size = bench.size
    transactions, prices = ledgers.SIZES[size]
    base, lots, more_prices = (
        bench.write(size, *words)
        for words in ((), ("--txns", str(2 * transactions)), ("--prices", str(2 * prices)))
    )
    jobs = {
        "base": (base, {}),
        "lots": (lots, {}),
        "prices": (more_prices, {}),
        "years": (base, {"period": "year"}),
        "price dates": (base, {"period": "price"}),
    }
    found = apart(stages.measure_policies, jobs, bench.count_runs(size))
    for what, aim, more, less in (
        ("twice the lots", 2.2, "lots", "base"),
        ("twice the prices", 2.2, "prices", "base"),
        ("years → months", 2.5, "base", "years"),
        ("months → every price date", 2.0, "price dates", "base"),
    ):
        one, other = found[more], found[less]
        of = (
            f"{one.plugin * 1e3:.0f} ms to {other.plugin * 1e3:.0f} ms;"
            f" {one.transactions:,} to {other.transactions:,} transactions written"
        )
        yield Row(6, f"{what}, {size}", Target(aim, 3, "×"), one.plugin / other.plugin, of)


def measure_work(_: Bench) -> Iterator[Row]:
    """Row 7: work follows events. These counters stand in tests/engine/test_work.py too."""
    same, none = Target(1, 1, "×"), Target(0, 0)
    for what, count in (
        ("a month end without events", work.count_lines_of_month_end),
        ("a price of one item", work.count_lines_of_price),
        ("a sale of one item", work.count_lines_of_sale),
    ):
        few, many = count(10), count(100)
        of = f"{many:,.0f} to {few:,.0f} lines of code that run"
        yield Row(7, f"{what}, among 1,000 lots and among 100", same, many / few, of)
    ledger = work.write_quiet_ledger(100, 20, is_repeated=True)
    written = work.list_dates(ledger)
    late = sum(date > min(written) for date in written)
    of = f"of {len(written):,} transactions, in 20 years of the same prices every month"
    yield Row(7, "written after the first month", none, late, of)
    of = "with the lowest thresholds"
    yield Row(7, "garbage collections inside", none, work.count_collections(ledger), of)
    found = work.count_changed_states(ledger)
    yield Row(7, "collector left otherwise than found", none, found, "of the states on and off")


def measure_memory(bench: Bench) -> Iterator[Row]:
    """Row 8: peak memory of processes that load, without the plugin and with it."""
    for size in bench.sizes:
        plain, ours = (
            apart(tell_memory, bench.write(size, *words)) for words in ((), ("--plugin", PLUGIN))
        )
        of = f"{ours:.0f} MB of {plain:.0f} MB"
        target = Target(3, 6, "%")
        yield Row(8, f"more memory at the peak, {size}", target, (ours / plain - 1) * 100, of)


def tell_memory(path: Path) -> float:
    """Load a ledger; return this process's peak memory in MB."""
    ledger = ledgers.load(path)
    peak = peak_memory()
    assert ledger.entries
    return peak


def measure_small(bench: Bench) -> Iterator[Row]:
    """Row 9: what a small ledger pays, in fresh interpreters."""
    path, runs = bench.write("S"), bench.count_runs("S")
    config = repr(stages.DEFAULT)
    fresh = [json.loads(run_python(FRESH, str(path), config)) for _ in range(runs + 1)]
    # The first may have had to compile.
    imports, stage = (statistics.median(column) for column in zip(*fresh[1:], strict=True))
    of = f"the first stage of a process, n = {runs}"
    yield Row(9, "plugin and sort, S", Target(8, 15, "ms"), stage * 1e3, of)
    of = "beyond what bean-check imports"
    yield Row(9, "import of the plugin", Target(30, 60, "ms"), imports * 1e3, of)


def measure_policies(bench: Bench) -> Iterator[Row]:
    """Row 10: other policies against the default one."""
    path = bench.write(bench.size)
    jobs = {name: (path, policy) for name, policy in POLICIES.items()}
    found = apart(stages.measure_policies, jobs, bench.count_runs(bench.size))
    default = found["default"]
    for name, stage in found.items():
        if stage is not default:
            of = (
                f"{stage.total * 1e3:.0f} ms of {default.total * 1e3:.0f} ms;"
                f" {stage.transactions:,} transactions written, by default"
                f" {default.transactions:,}"
            )
            what = f"{name}, {bench.size}"
            yield Row(10, what, Target(1.5, 2, "×"), stage.total / default.total, of)


def measure_report(bench: Bench) -> Iterator[Row]:
    """Row 11: `bean-invwd report`, a whole process, of bean-check."""
    for size in bench.sizes:
        path = bench.write(size, "--plugin", PLUGIN)
        times = [
            (time_command("bean-check", str(path)), time_command("bean-invwd", "report", str(path)))
            for _ in range(bench.count_runs(size))
        ]
        check, report = (statistics.median(column) for column in zip(*times, strict=True))
        of = f"{report:.2f} s of {check:.2f} s"
        what = f"bean-invwd report, of bean-check, {size}"
        yield Row(11, what, Target(1.1, 1.25, "×"), report / check, of)


ROWS: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "stage": measure_stage,
    "month-ends": measure_month_ends,
    "growth": measure_growth,
    "work": measure_work,
    "memory": measure_memory,
    "small": measure_small,
    "policies": measure_policies,
    "report": measure_report,
}
"""Rows 1 to 11, by name. (Row 12, the page, belongs here.)"""
