"""Many month ends of many open lots: the plugin → its time, against that of a plain loop.

Nothing is sold, so that all lots are open at all month ends; every item gets another price every
month. What is under water is so in all lots, from the first price on, and changes every month.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from beancount.core import data

from beancount_invwd.engine import collector_paused, follow
from beancount_invwd.plugin import invwd
from tests.benchmarks import plain_loop
from tests.benchmarks.hostile_ledgers import DAY, FIRST, Hostile, Writer, cost, month

MONTHS = 120
LOTS_EACH = 25  # of an item


class Race(NamedTuple):
    """What both took, in seconds (medians), and how many transactions each wrote.

    Attributes:
        following: What of the plugin's time went by before it began to write.
    """

    plugin: float
    following: float
    plain: float
    transactions: float


def run_race(items: int, under_water: float, runs: int) -> Race:
    """Run both in turns.

    Raises:
        ValueError: They do not come to the same allowances.
    """
    ledger = write_ledger(items, under_water)
    rounds = [_run_once(ledger) for _ in range(runs)]
    return Race(*(statistics.median(column) for column in zip(*rounds, strict=True)))


def _run_once(ledger: Hostile) -> Race:
    plugin, result = _time(lambda: invwd(*ledger)[0])
    with collector_paused():
        following, _ = _time(lambda: [follow(*ledger)])
    plain, expected = _time(lambda: plain_loop.write_down(ledger.entries))
    known = {id(entry) for entry in ledger.entries}
    written = [e for e in result if isinstance(e, data.Transaction) and id(e) not in known]
    if len(written) != len(expected) or sum_allowances(written) != sum_allowances(expected):
        raise ValueError("the plugin and the plain loop differ")
    return Race(plugin, following, plain, len(written))


def write_ledger(items: int, under_water: float) -> Hostile:
    """Write the ledger, with a share of the items under water."""
    book = Writer()
    for number in range(items * LOTS_EACH):
        day, item, lot = FIRST + number % 19 * DAY, number % items, number // items
        price = f"{10 + lot / 20:.2f}"
        book.move(day, [(str(1 + number % 7), f"ITEM{item}", cost(price, day, str(number)))])
    for i in range(MONTHS):
        for item in range(items):
            lowest = 6 if item < items * under_water else 14
            book.price(month(i), f"ITEM{item}", f"{lowest + (i * 7 + item) % 20 / 10:.2f}")
    return book.finish()


def sum_allowances(written: Sequence[data.Transaction]) -> Decimal:
    """The balance of all allowance accounts."""
    postings: list[Any] = [posting for txn in written for posting in txn.postings]
    rows = [row.units.number for row in postings if row.account.endswith(":Allowance")]
    return -sum(rows, Decimal(0))


def _time(run: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    gc.collect()
    start = time.process_time()
    result = run()
    return time.process_time() - start, result
