"""Work that is counted, not timed: lines of the plugin that run, garbage collections inside it."""

from __future__ import annotations

import datetime
import gc
import sys
from types import FrameType
from typing import Any

from beancount.core import data

from beancount_invwd import plugin
from tests.benchmarks.hostile_ledgers import COGS, FIRST, Hostile, Writer, cost, month


def count_lines(ledger: Hostile) -> int:
    """How many lines of our own the plugin runs, each turn of a loop for itself.

    It ran before, so that what is kept for the whole process is not counted.
    """
    plugin.invwd(*ledger)
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if event == "call" and "beancount_invwd" not in frame.f_code.co_filename:
            return None
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        plugin.invwd(*ledger)
    finally:
        sys.settrace(before)
    return count


def count_collections(ledger: Hostile) -> int:
    """How many garbage collections run inside the plugin, with a collector that is most eager."""
    count = 0

    def note(phase: str, _: Any) -> None:
        nonlocal count
        count += phase == "start" and _is_inside()

    was_enabled, thresholds = gc.isenabled(), gc.get_threshold()
    gc.callbacks.append(note)
    gc.enable()
    gc.set_threshold(50, 1, 1)
    try:
        plugin.invwd(*ledger)
    finally:
        gc.callbacks.remove(note)
        gc.set_threshold(*thresholds)
        if not was_enabled:
            gc.disable()
    return count


def _is_inside() -> bool:
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code is not plugin._run.__code__:
        frame = frame.f_back
    return frame is not None


def count_changed_states(ledger: Hostile) -> int:
    """How many states of the collector, of on and off, the plugin leaves otherwise than found."""
    was_enabled = gc.isenabled()
    count = 0
    for switch in (gc.enable, gc.disable):
        switch()
        found = gc.isenabled()
        plugin.invwd(*ledger)
        count += gc.isenabled() is not found
    (gc.enable if was_enabled else gc.disable)()
    return count


def count_lines_of_month_end(items: int, **config: Any) -> float:
    """Lines that one more month end takes, at which nothing happened to so many items."""
    few, many = (count_lines(write_quiet_ledger(items, years, **config)) for years in (3, 8))
    return (many - few) / (5 * 12)


def count_lines_of_price(items: int, **config: Any) -> float:
    """Lines that one more price of one item takes, among so many."""
    few, many = (
        count_lines(write_quiet_ledger(items, 3, prices=count, **config)) for count in (4, 24)
    )
    return (many - few) / 20


def count_lines_of_price_by_lots(lots: int, **config: Any) -> float:
    """Lines that one more price takes, of an item that has so many lots below cost."""
    few, many = (
        count_lines(write_quiet_ledger(2, 3, prices=count, lots=lots, **config))
        for count in (4, 24)
    )
    return (many - few) / 20


def count_lines_of_sale(items: int, **config: Any) -> float:
    """Lines that one more sale out of one lot takes, among so many items."""
    few, many = (
        count_lines(write_quiet_ledger(items, 3, sales=count, **config)) for count in (4, 24)
    )
    return (many - few) / 20


def list_dates(ledger: Hostile) -> list[datetime.date]:
    """The dates of all transactions that the plugin writes."""
    written = plugin.invwd(*ledger)[0][len(ledger.entries) :]
    return [entry.date for entry in written if isinstance(entry, data.Transaction)]


def write_quiet_ledger(  # noqa: PLR0913 (what happens, and how often)
    items: int,
    years: int,
    *,
    lots: int = 10,
    prices: int = 0,
    sales: int = 0,
    is_repeated: bool = False,
    **config: Any,
) -> Hostile:
    """Items in lots, two of three below cost from the first month on, and no other events.

    Args:
        items: How many.
        years: Until when the ledger goes on, with nothing that matters to them.
        lots: How many lots of each.
        prices: How many more prices one item gets, each another, one a month.
        sales: How many sales of it there are, one a month.
        is_repeated: Whether all items get the same price again every month.
        config: What of the plugin's configuration is not the default.
    """
    book = Writer()
    costs = [f"{8 + lot / 10:.2f}" for lot in range(lots)]
    for number in range(items):
        for lot, price in enumerate(costs):
            book.move(FIRST, [("9", f"ITEM{number}", cost(price, FIRST, str(lot)))])
        for i in range(12 * years if is_repeated else 1):
            book.price(month(i), f"ITEM{number}", "6.00" if number % 3 else "12.00")
    for i in range(prices):
        book.price(month(i + 1), "ITEM1", f"{5 + i % 2}.00")
    for i in range(sales):
        lot = i % lots
        book.move(month(i + 1), [("-1", "ITEM1", cost(costs[lot], FIRST, str(lot)))], COGS)
    book.price(month(12 * years - 1), "OTHER", "1.00")
    return book.finish(**config)
