"""Work follows events, not dates times lots; nothing is written where nothing changed.

What is counted is lines of code that run, so that no figure depends on the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from beancount_invwd import plugin
from tests.benchmarks import work

SAME_ALLOWANCES: dict[str, dict[str, Any]] = {
    "default": {},
    "hgb": {"standard": "hgb"},
    "lot": {"basis": "lot"},
    "category": {"basis": "category"},
    "release": {"release": "period"},
}
BY_ITEM = SAME_ALLOWANCES | {
    "ageing": {"ageing": {180: "25%", 365: "50%"}},
    "idle": {"idle": {180: "20%"}},
    "coverage": {"coverage": {"window": 365, "rates": {365: "50%"}}},
    "price": {"period": "price"},
}
# With `price`, and where the end of a fiscal year locks allowances, that is an event of all lots.
QUIET = {name: policy for name, policy in BY_ITEM.items() if name != "price"} | {
    "total": {"basis": "total"}
}

WHOLE: dict[str, dict[str, Any]] = {
    "default": {},
    "net": {"selling_cost": "8%"},
    "lower": {"measure": "lower"},
    "price": {"period": "price"},
    "release": {"release": "period"},
}
"""What each lot carries waits until a lot is asked."""


@pytest.mark.parametrize("policy", QUIET.values(), ids=QUIET)
def test_a_month_end_without_events_costs_the_same_however_many_lots_there_are(
    policy: dict[str, Any],
) -> None:
    assert work.count_lines_of_month_end(5, **policy) == work.count_lines_of_month_end(20, **policy)


@pytest.mark.parametrize("count", [work.count_lines_of_price, work.count_lines_of_sale])
@pytest.mark.parametrize("policy", BY_ITEM.values(), ids=BY_ITEM)
def test_an_event_costs_the_same_however_many_other_items_there_are(
    policy: dict[str, Any], count: Callable[..., float]
) -> None:
    few = count(5, **policy)
    assert few > 0
    assert count(20, **policy) == few


@pytest.mark.parametrize("policy", WHOLE.values(), ids=WHOLE)
def test_a_price_costs_the_same_however_many_lots_the_item_has_in_its_account(
    policy: dict[str, Any],
) -> None:
    few = work.count_lines_of_price_by_lots(5, **policy)
    assert few > 0
    assert work.count_lines_of_price_by_lots(20, **policy) == few


@pytest.mark.parametrize("policy", SAME_ALLOWANCES.values(), ids=SAME_ALLOWANCES)
def test_the_same_prices_again_write_nothing(policy: dict[str, Any]) -> None:
    ledger = work.write_quiet_ledger(5, 6, is_repeated=True, **policy)
    assert len(set(work.list_dates(ledger))) == 1


def test_no_garbage_collection_runs_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = work.write_quiet_ledger(20, 1)
    assert work.count_collections(ledger) == 0
    monkeypatch.setattr(plugin, "collector_paused", lambda **_: nullcontext())
    assert work.count_collections(ledger) > 0


def test_the_collector_is_left_as_found() -> None:
    assert work.count_changed_states(work.write_quiet_ledger(5, 1)) == 0
