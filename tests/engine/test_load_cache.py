"""Beancount's cache of loads, a pickle beside the ledger: entries and errors come back equal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LEDGER = """plugin "beancount_invwd"
2024-01-01 open Assets:Inventory:Store "FIFO"
2024-01-01 open Assets:Bank
2024-01-05 * "Bought"
  Assets:Inventory:Store  10 MUG {8.00 USD}
  Assets:Inventory:Store  10 CUP {8.00 USD}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-01-21 custom "invwd-nrv" "MUG" "much"
2024-01-22 price CUP 6.00 USD
2024-02-29 balance Assets:Inventory:Store 10 MUG
"""
# In processes of their own: the class of the errors has to be found by its name again.
PROGRAM = """
import sys
from beancount import loader
loader.PICKLE_CACHE_THRESHOLD = 0  # else only slow loads are kept
if "read" in sys.argv:
    loader._uncached_load_file = lambda *_, **__: sys.exit("the cache was not read")
loader.initialize(use_cache=True)
entries, errors, options = loader.load_file(sys.argv[1])
print(*map(repr, entries), *map(repr, errors), sep="\\n")
"""


def load(ledger: Path, *words: str) -> str:
    call = [sys.executable, "-c", PROGRAM, str(ledger), *words]
    return subprocess.run(call, check=True, capture_output=True, text=True).stdout


def test_a_second_load_from_the_cache_is_the_same(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.beancount"
    ledger.write_text(LEDGER, encoding="utf-8")
    first = load(ledger)
    assert [path.suffix for path in tmp_path.iterdir() if path != ledger] == [".picklecache"]
    assert first.count("InvwdError(") == 1
    assert first.count("invwd-group") == 1
    assert load(ledger, "read") == first
