"""What Fava keeps of a ledger that is saved again and again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MEMORY = (sys.executable, "-m", "tests.benchmarks.memory")


def test_old_states_of_a_ledger_are_let_go() -> None:
    """In a process of its own: how often Python looks for garbage depends on all that is there."""
    subprocess.run([*MEMORY, "--saves=40", "--sizes=300", "--most=1.4"], check=True, cwd=ROOT)
