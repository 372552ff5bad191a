"""What the rows of the table are measured with: ledgers of some sizes, and how many runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import ledgers, stages
from tests.benchmarks.page import add_page

RUNS = {"S": 15, "M": 5, "L": 3}
PLUGIN = f"beancount_invwd|{stages.DEFAULT}"


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
        made: What each of those holds.
    """

    size: str
    has_large: bool
    runs: int | None
    share: float
    generator: Path
    folder: Path
    made: dict[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def sizes(self) -> list[str]:
        """The sizes that are measured with one account per warehouse and item."""
        return [self.size, *(["L"] if self.has_large else [])]

    def describe(self, size: str) -> str:
        """How much a ledger holds."""
        path = self.write(size)
        rows = [f"{number:,} {name}" for name, number in self.made[path.stem].items()]
        return f"{size}: {', '.join(rows).replace('_', ' ')}; an account for each item and place"

    def count_runs(self, size: str) -> int:
        """How many runs are behind each median."""
        return self.runs or RUNS[size]

    def write(self, size: str, *words: str, layout: str = "sku", is_page: bool = False) -> Path:
        """Write a ledger, if that was not done before; with the page in it if that is measured."""
        name = "-".join((size, layout, *(word.strip("-") for word in words if "|" not in word)))
        name += "-page" * is_page
        path = self.folder / f"{name}.beancount"
        if not path.exists():
            words = ("--size", size, "--layout", layout, *words)
            self.made[name] = ledgers.run_generator(self.generator, path, *words)
            if is_page:
                add_page(path)
        return path
