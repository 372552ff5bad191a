"""Which goods something particular is known of, so that no usual selling price is theirs."""

from __future__ import annotations

import datetime

import pytest
from beancount import loader

from beancount_invwd.engine import follow_ledger
from beancount_invwd.measure.particular import is_particular

LEDGER = """
plugin "beancount_invwd"
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Bank
2024-01-05 * "Purchase"
  Assets:Inventory:Store  10 MUG {8.00 USD, "plain"}
  Assets:Inventory:Store  10 MUG {8.00 USD, "stated"}
    invwd-nrv: 1.00 USD
  Assets:Inventory:Store  10 MUG {8.00 USD, "expired"}
    expires: 2024-01-10
  Assets:Inventory:Store  10 MUG {8.00 USD, "fresh"}
    expires: 2024-12-31
  Assets:Inventory:Store  10 MUG {8.00 USD, "named"}
  Assets:Bank
2024-01-20 custom "invwd-nrv" "MUG" 2.00 USD "chipped"
  lot: "named"
2024-01-31 price MUG 9.00 USD
"""


@pytest.mark.parametrize(
    ("label", "is_known"),
    [("plain", False), ("stated", True), ("expired", True), ("fresh", False), ("named", True)],
)
def test_one_thing_that_is_known_of_a_lot_suffices(label: str, is_known: bool) -> None:  # noqa: FBT001
    entries, errors, options = loader.load_string(LEDGER)
    assert errors == []
    run = follow_ledger(entries, options, datetime.date(2024, 1, 31))
    (stock,) = run.stocks
    (lot,) = [lot for lot in stock.lots.values() if lot.label == label]
    assert is_particular(lot, run.find_particular(lot), run.as_of) is is_known
