"""Rows of the table beyond its targets: how work grows, and what a report costs."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from tests.benchmarks import ledgers, month_ends, stages, work
from tests.benchmarks.bench import PLUGIN, Bench
from tests.benchmarks.processes import apart, time_command
from tests.benchmarks.table import Row, Target


def measure_month_ends(bench: Bench) -> Iterator[Row]:
    """Row 9: many month ends of many lots, against the plain loop."""
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
        yield Row(9, what, target, race.plain / race.plugin, of)


def measure_growth(bench: Bench) -> Iterator[Row]:
    """Row 10: how the plugin's time grows."""
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
        yield Row(10, f"{what}, {size}", Target(aim, 3, "×"), one.plugin / other.plugin, of)


def measure_work(_: Bench) -> Iterator[Row]:
    """Row 11: work follows events. These counters stand in tests/engine/test_work.py too."""
    same, none = Target(1, 1, "×"), Target(0, 0)
    for what, count in (
        ("a month end without events", work.count_lines_of_month_end),
        ("a price of one item", work.count_lines_of_price),
        ("a sale of one item", work.count_lines_of_sale),
    ):
        few, many = count(10), count(100)
        of = f"{many:,.0f} to {few:,.0f} lines of code that run"
        yield Row(11, f"{what}, among 1,000 lots and among 100", same, many / few, of)
    ledger = work.write_quiet_ledger(100, 20, is_repeated=True)
    written = work.list_dates(ledger)
    late = sum(date > min(written) for date in written)
    of = f"of {len(written):,} transactions, in 20 years of the same prices every month"
    yield Row(11, "written after the first month", none, late, of)
    of = "with the lowest thresholds"
    yield Row(11, "garbage collections inside", none, work.count_collections(ledger), of)
    found = work.count_changed_states(ledger)
    yield Row(11, "collector left otherwise than found", none, found, "of the states on and off")


def measure_report(bench: Bench) -> Iterator[Row]:
    """Row 12: `bean-invwd report`, a whole process, of bean-check."""
    for size in bench.sizes:
        path = bench.write(size, "--plugin", PLUGIN)
        times = [
            (time_command("bean-check", str(path)), time_command("bean-invwd", "report", str(path)))
            for _ in range(bench.count_runs(size))
        ]
        check, report = (statistics.median(column) for column in zip(*times, strict=True))
        of = f"{report:.2f} s of {check:.2f} s"
        what = f"bean-invwd report, of bean-check, {size}"
        yield Row(12, what, Target(1.1, 1.25, "×"), report / check, of)
