"""The rows of the table of targets: generated ledgers → what was measured on them.

Instructions are counted where they can be. Times are seconds of the processor, which other work on
the machine disturbs less than those of the clock; all are medians, and what is compared runs in
turns.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks import callgrind, growth, hostile, ledgers, page, stages
from tests.benchmarks.bench import PLUGIN, Bench
from tests.benchmarks.hostile_ledgers import LEDGERS
from tests.benchmarks.processes import apart, peak_memory, run_python
from tests.benchmarks.table import Row, Target

PATIENCE = 240.0  # seconds for a hostile ledger
FEWEST = 300  # transactions; what fewer take is lost in the noise
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
IMPORT = """
import time
from beancount import loader
from beancount.scripts import check
start = time.process_time()
import beancount_invwd
print(time.process_time() - start)
"""


def measure_instructions(bench: Bench) -> Iterator[Row]:
    """Rows 1, 2 and 6: the plugin within the load, beside a peer, and its import."""
    if not shutil.which("valgrind"):
        return
    for size in dict.fromkeys(("S", bench.size)):
        found = callgrind.count_stage(bench.write(size))
        millions = f"{found.stage / 1e6:,.1f} M"
        target = Target(4.2, 4.7, "%") if size == "S" else Target(4.0, 4.5, "%")
        of = f"{millions} of {found.load / 1e6:,.0f} M"
        what = "instructions of plugin and sort, of the load"
        yield Row(1, f"{what}, {size}", target, found.share * 100, of)
        target, of = Target(0.48, 0.55, "×"), f"{millions} of {found.peer / 1e6:,.1f} M"
        what = "instructions of those of implicit_prices"
        yield Row(2, f"{what}, {size}", target, found.stage / found.peer, of)
        if size == "S":
            target, of = Target(114, 142, "M"), "beyond what bean-check imports"
            yield Row(6, "instructions of the import", target, found.imports / 1e6, of)


def measure_clock(bench: Bench) -> Iterator[Row]:
    """Row 3: the plugin within the load, by the processor's clock."""
    for size in bench.sizes:
        load = apart(stages.measure_load, bench.write(size), bench.count_runs(size))
        stage, peer = load.stages["invwd"], load.stages["implicit_prices"]
        of = (
            f"{stage.total * 1e3:,.0f} ms of {load.seconds:.2f} s, {load.postings:,} postings;"
            f" {stage.transactions:,} transactions written; implicit_prices"
            f" {peer.total * 1e3:,.0f} ms"
        )
        target = Target(9, 10, "%") if size == "L" else Target(5.5, 6.5, "%")
        yield Row(3, f"plugin and sort, of the load, {size}", target, load.share * 100, of)


def measure_written(bench: Bench) -> Iterator[Row]:
    """Row 4: what a transaction written takes, beyond a ledger of which none is."""
    path = bench.write(bench.size)
    found = apart(stages.measure_written, path, POLICIES, bench.runs or 3)
    for name, (micros, stage, none) in found.items():
        if stage.transactions < FEWEST:
            continue
        of = (
            f"{stage.total * 1e3:,.0f} ms less {none * 1e3:,.0f} ms;"
            f" {stage.transactions:,} transactions"
        )
        target = Target(70, 90, "µs")
        yield Row(4, f"per transaction written, {name}, {bench.size}", target, micros, of)


def measure_hostile(bench: Bench) -> Iterator[Row]:
    """Row 5: ledgers that hurt."""
    for name in LEDGERS:
        size = max(2, round(LEDGERS[name][1] * bench.share))
        half, full = (hostile.run_apart(name, n, PATIENCE) for n in (size // 2, size))
        if half is None or full is None:
            yield Row(5, f"{name}, {size:,}", Target(3, 5, "s"), PATIENCE, "given up")
            continue
        of = f"{half.seconds:.2f} s to {full.seconds:.2f} s"
        written = f"{full.transactions:,} transactions written"
        yield Row(5, f"{name}, {size:,}", Target(3, 5, "s"), full.seconds, written)
        ratio = full.seconds / half.seconds
        yield Row(5, f"{name}, twice the ledger", Target(2.2, 2.4, "×"), ratio, of)


def measure_import(bench: Bench) -> Iterator[Row]:
    """Row 6: the import of the plugin, by the clock."""
    runs = bench.count_runs("S")
    times = [float(run_python(IMPORT)) for _ in range(runs + 1)]
    found = statistics.median(times[1:])  # the first may have had to compile
    of = f"beyond what bean-check imports, n = {runs}"
    yield Row(6, "import of the plugin", Target(20, 25, "ms"), found * 1e3, of)


def measure_memory(bench: Bench) -> Iterator[Row]:
    """Row 7: peak memory of processes that load, without the plugin and with it."""
    for size in bench.sizes:
        plain, ours = (
            apart(tell_memory, bench.write(size, *words)) for words in ((), ("--plugin", PLUGIN))
        )
        of = f"{ours:.0f} MB of {plain:.0f} MB"
        target = Target(3, 4, "%")
        yield Row(7, f"more memory at the peak, {size}", target, (ours / plain - 1) * 100, of)


def tell_memory(path: Path) -> float:
    """Load a ledger; return this process's peak memory in MB."""
    ledger = ledgers.load(path)
    peak = peak_memory()
    assert ledger.entries
    return peak


def measure_page(bench: Bench) -> Iterator[Row]:
    """Row 8: the page, beside Fava's own balance sheet in one process."""
    path = bench.write(bench.size, "--plugin", PLUGIN, is_page=True)
    found = apart(page.measure_ledger, path, bench.runs or 3)
    sheet = found["balance sheet"]
    three = found["compare three"]
    others = {name: times for name, times in found.items() if times not in {sheet, three}}
    slowest = max(others, key=lambda name: others[name].warm)
    for what, target, one, other in (
        ("first view", Target(0.7, 1, "×"), found["page"].first, sheet.first),
        (f"a view again, {slowest}", Target(0.02, 0.1, "×"), others[slowest].warm, sheet.warm),
        ("Compare, three columns", Target(1.2, 1.5, "×"), three.first, sheet.first),
    ):
        of = f"{one * 1e3:,.0f} ms of {other * 1e3:,.0f} ms"
        yield Row(8, f"page: {what}, {bench.size}", target, one / other, of)


ROWS: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "instructions": measure_instructions,
    "clock": measure_clock,
    "written": measure_written,
    "hostile": measure_hostile,
    "import": measure_import,
    "memory": measure_memory,
    "page": measure_page,
    "month-ends": growth.measure_month_ends,
    "growth": growth.measure_growth,
    "work": growth.measure_work,
    "report": growth.measure_report,
}
"""Rows 1 to 8, which have targets that count, then those beyond, by name."""
