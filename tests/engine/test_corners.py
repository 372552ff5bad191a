"""Corners of the engine that few ledgers reach."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader
from beancount.core import data

from beancount_invwd.engine import follow_ledger
from beancount_invwd.plugin import invwd
from beancount_invwd.report.ledger.tie_out import tie_out

HEAD = """
2024-01-01 open Assets:Store
2024-01-01 open Assets:Depot
2024-01-01 open Assets:Pool "NONE"
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:COGS
2024-01-01 open Income:Sales
2024-01-01 open Expenses:Inventory:Write-Down
"""
CONFIG = "{'inventory': ['Assets:Store', 'Assets:Depot', 'Assets:Pool'], 'missing_price': 'ignore'}"
STORE, DEPOT = "Assets:Store:Allowance", "Assets:Depot:Allowance"


def run(text: str, config: str = CONFIG) -> tuple[list[Any], list[str]]:
    """The plugin's transactions, and its errors."""
    entries, errors, options = loader.load_string(HEAD + text)
    assert not errors
    found, problems = invwd(entries, options, config)
    written = [entry for entry in found[len(entries) :] if isinstance(entry, data.Transaction)]
    return written, [error.message for error in problems]


def amounts(written: list[Any], kind: str) -> list[tuple[str, Decimal]]:
    return [
        (posting.account, posting.units.number)
        for entry in written
        if entry.meta["invwd"] == kind
        for posting in entry.postings
        if posting.account.startswith("Assets:")
    ]


BOTH = """
2024-01-05 * "Bought"
  Assets:Store   10 MUG {8.00 USD}
  Assets:Depot   10 MUG {8.00 USD}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-02-10 * "Sold"
  Assets:Store   -5 MUG {}
  Assets:Depot   -5 MUG {}
  Expenses:COGS  80.00 USD
  Income:Sales  -60.00 USD
  Assets:Bank    60.00 USD
"""


def test_a_release_that_somebody_edited_stands_and_the_rest_is_written() -> None:
    written, errors = run(
        BOTH
        + """
2024-02-10 * "Released" #invwd
  invwd-group: "MUG"
  invwd: "release"
  Assets:Store:Allowance   4.00 USD
  Expenses:COGS           -4.00 USD
2024-01-01 open Assets:Store:Allowance
2024-01-06 * "Cups bought and given away"
  Assets:Depot    1 CUP {1.00 USD}
  Assets:Bank
2024-02-10 * "Given away"
  Assets:Depot   -1 CUP {}
  Expenses:COGS
2024-01-20 price CUP 0.50 USD
"""
    )
    assert not errors
    assert sorted(amounts(written, "release")) == [
        (DEPOT, Decimal("0.50")),
        (DEPOT, Decimal(10)),
        (STORE, Decimal(6)),
    ]


def test_a_booked_movement_may_move_goods_as_well() -> None:
    written, errors = run(
        """
2024-01-01 open Assets:Store:Allowance
2024-01-05 * "Taken over with their allowance" #invwd
  invwd-group: "MUG"
  Assets:Store            10 MUG {8.00 USD}
  Assets:Store:Allowance -20.00 USD
  Expenses:COGS          -60.00 USD
2024-01-20 price MUG 6.00 USD
2024-02-29 price MUG 5.00 USD
"""
    )
    assert not errors
    assert amounts(written, "write-down") == [(STORE, Decimal(-10))]


def test_products_that_are_gone_at_once_take_nothing_along() -> None:
    written, errors = run(
        """
2024-01-05 * "Bought"
  Assets:Store   10 BOARD {9.00 USD}
  Assets:Bank
2024-01-20 price BOARD 8.00 USD
2024-02-05 * "Made and gone"
  Assets:Store  -10 BOARD {}
  Assets:Pool     1 TABLE {90.00 USD}
  Assets:Pool    -1 TABLE {90.00 USD}
  Expenses:COGS
"""
    )
    assert not errors
    assert amounts(written, "transfer") == []
    assert amounts(written, "release") == [(STORE, Decimal("10.00"))]


def test_a_cent_goes_to_one_product_only() -> None:
    written, errors = run(
        """
2024-01-05 * "Bought"
  Assets:Store    1 BOARD {10.00 USD}
  Assets:Bank
2024-01-20 price BOARD 9.99 USD
2024-02-05 * "Sawn in two"
  Assets:Store   -1 BOARD {}
  Assets:Depot    1 PLANK {5.00 USD}
  Assets:Pool     1 LATH {5.00 USD}
"""
    )
    assert not errors
    assert amounts(written, "transfer") == [(STORE, Decimal("0.01")), (DEPOT, Decimal("-0.01"))]


def test_a_part_of_a_cent_stays_behind() -> None:
    written, errors = run(
        """
2024-01-05 * "Bought"
  Assets:Store    1 BOARD {10.00 USD}
  Assets:Bank
2024-01-20 price BOARD 9.99 USD
2024-02-05 * "Mostly waste"
  Assets:Store   -1 BOARD {}
  Assets:Depot    1 PLANK {3.00 USD}
  Expenses:COGS
"""
    )
    assert not errors
    assert amounts(written, "transfer") == []
    assert amounts(written, "release") == [(STORE, Decimal("0.01"))]


def test_units_out_of_an_empty_pool_have_no_age() -> None:
    written, errors = run(
        """
2024-01-05 * "Moved before it was bought"
  Assets:Pool   -2 MUG {8.00 USD}
  Assets:Store   2 MUG {8.00 USD}
2024-01-20 price MUG 6.00 USD
2024-02-20 price MUG 6.00 USD
"""
    )
    assert [error.partition(" is less")[0] for error in errors] == ["-2 MUG in Assets:Pool"]
    assert amounts(written, "write-down") == [(STORE, Decimal("-4.00"))]


def test_an_item_that_was_never_bought_has_no_demand() -> None:
    config = (
        CONFIG[:-1] + ", 'idle': {30: '10%'}, 'coverage': {'window': 30, 'rates': {30: '50%'}}}"
    )
    written, errors = run(
        """
2024-01-05 * "Sold before it was bought"
  Assets:Pool   -2 MUG {8.00 USD}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-02-20 price MUG 6.00 USD
""",
        config,
    )
    assert len(errors) == 1
    assert written == []


def test_a_flag_is_shown_as_it_was_written_and_notes_under_directives_say_nothing() -> None:
    _, errors = run(
        """
2024-01-05 * "Bought"
  Assets:Store   10 MUG {8.00 USD}
    invwd-nrv: TRUE
  Assets:Bank
2024-01-20 custom "invwd-nrv" "MUG" 2.00 USD "damaged"
  evidence: "photo 17"
"""
    )
    assert errors == [
        "invwd-nrv is TRUE; allowed is an amount such as 0.40 USD",
        "unknown metadata evidence of invwd-nrv; known: lot, account, date, invwd-as-of",
    ]


def test_an_account_that_forbids_a_posting_concerns_its_own_goods_only() -> None:
    written, errors = run(
        """
2024-06-01 open Assets:Depot:Allowance
2024-01-05 * "Bought"
  Assets:Store   10 MUG {8.00 USD}
  Assets:Depot   10 CUP {8.00 USD}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-01-20 price CUP 6.00 USD
2024-02-20 price CUP 6.00 USD
"""
    )
    assert [error.partition(" is opened")[0] for error in errors] == [DEPOT]
    assert amounts(written, "write-down") == [(STORE, Decimal("-20.00"))]


def test_a_material_of_a_product_that_cannot_be_judged_is_not_assessed() -> None:
    for product in (
        '2024-01-01 commodity CHAIR\n  invwd-selling-cost: "much"\n',
        """
2024-01-01 commodity CHAIR
2024-01-02 * "Old chairs"
  Assets:Depot   1 CHAIR {40.00 USD, 2020-01-01}
  Assets:Bank
2024-01-03 * "Sold"
  Assets:Depot  -1 CHAIR {}
  Expenses:COGS
""",
    ):
        written, errors = run(
            product
            + """
2024-01-01 commodity BOARD
  invwd-used-in: "CHAIR"
2024-01-05 * "Bought"
  Assets:Store   10 BOARD {9.00 USD}
  Assets:Bank
2024-01-20 price BOARD 1.00 USD
2024-02-20 price CHAIR 60.00 USD
"""
        )
        assert written == []
        assert len(errors) == (1 if "much" in product else 0)


def test_a_rate_of_nothing_has_no_inverse_and_costs_are_rates() -> None:
    written, errors = run(
        """
plugin "beancount.plugins.implicit_prices"
2024-01-05 * "Bought"
  Assets:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-01-06 price USD 0 EUR
2024-01-10 price EUR 1.20 USD
2024-01-15 * "Euros changed, at a rate that implicit_prices takes from their cost"
  Assets:Bank    10 EUR {1.00 USD}
  Assets:Bank   -10.00 USD
2024-01-20 price MUG 6.00 EUR
2024-02-01 price USD 1.00 EUR
"""
    )
    assert not errors
    assert amounts(written, "write-down") == [(STORE, Decimal("-20.00"))]


def test_the_same_facts_twice_are_no_contradiction() -> None:
    bought = """
2024-01-05 * "Bought"
  Assets:Store   10 MILK {1.00 USD}
    expires: 2024-01-20
  Assets:Bank
"""
    written, errors = run(bought + bought + "2024-02-01 price MILK 2.00 USD\n")
    assert not errors
    assert amounts(written, "write-off") == [(STORE, Decimal("-20.00"))]


def test_a_sale_that_comes_late_waits_for_the_open_period() -> None:
    text = (
        f'plugin "beancount_invwd" "{CONFIG}"\n{HEAD}'
        """
2024-01-01 open Assets:Store:Allowance
2024-01-05 * "Bought"
  Assets:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-01-31 * "Written down" #invwd
  invwd-group: "MUG"
  Assets:Store:Allowance          -20.00 USD
  Expenses:Inventory:Write-Down    20.00 USD
2024-02-05 * "Sold, entered late"
  Assets:Store   -5 MUG {}
  Expenses:COGS
2024-02-29 custom "invwd-closed" TRUE
2024-03-31 price MUG 6.00 USD
"""
    )
    entries, errors, options = loader.load_string(text)
    assert not errors
    (row,) = tie_out(follow_ledger(entries, options, datetime.date(2024, 3, 15)))
    assert (row.lots, row.ledger) == (Decimal("20.00"), Decimal("20.00"))
    (row,) = tie_out(follow_ledger(entries, options))
    assert (row.lots, row.ledger) == (Decimal("10.00"), Decimal("10.00"))
    late: Any = entries[-1]
    assert late.narration.endswith("; corrects the period closed on 2024-02-29")


@pytest.mark.parametrize("known", [(), ("lineno",)])
def test_facts_count_that_a_plugin_added_without_a_place(known: tuple[str, ...]) -> None:
    entries, _, options = loader.load_string(HEAD + BOTH)
    bought, facts = entries[-3], {"expires": datetime.date(2024, 1, 25)}
    assert isinstance(bought, data.Transaction)
    assert bought.narration == "Bought"
    expired = [
        posting._replace(meta=dict.fromkeys(known, 7) | facts) if posting.cost else posting
        for posting in bought.postings
    ]
    entries[-3] = bought._replace(postings=expired)
    written, _ = invwd(entries, options, CONFIG)
    assert [entry.meta["invwd-reason"] for entry in written if "invwd" in entry.meta] == [
        "expired",
        "sale",
    ]


def test_thousands_of_mistakes_that_are_alike_are_twenty() -> None:
    _, errors = run(
        "".join(
            f'2024-01-05 custom "invwd-nrv" "MUG" "much {i}"\n'
            f'2024-01-06 custom "invwd-replacement-cost" "MUG" "much {i}"\n'
            for i in range(1_000)
        )
    )
    assert len(errors) == 40
    assert [error for error in errors if "(and 980 more" in error] == errors[38:]


def test_a_mistake_of_each_of_many_items_is_told() -> None:
    bought = "".join(
        f'2024-01-05 * "Bought {i}"\n  Assets:Store   -1 SKU{i} {{1.00 USD}}\n  Assets:Bank\n'
        for i in range(50)
    )
    _, errors = run(bought + "2024-03-01 price MUG 1.00 USD\n")
    assert len(errors) == 50


def test_units_that_fill_a_shortage_take_nothing_along() -> None:
    for sold in (5, 6):
        written, errors = run(
            f"""
2024-01-05 * "Bought"
  Assets:Store   10 MUG {{8.00 USD}}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-02-05 * "Sold before they were moved"
  Assets:Pool   -{sold} MUG {{8.00 USD}}
  Expenses:COGS
2024-02-10 * "Moved"
  Assets:Store   -5 MUG {{8.00 USD}}
  Assets:Pool     5 MUG {{8.00 USD}}
"""
        )
        assert not errors
        assert amounts(written, "transfer") == []
        assert amounts(written, "release") == [(STORE, Decimal("10.00"))]


@pytest.mark.parametrize("sold", [6, 10])
def test_a_sale_that_a_plugin_copied_takes_out_more_than_there_is(sold: int) -> None:
    text = f"""
2024-01-05 * "Bought"
  Assets:Store   10 MUG {{8.00 USD}}
  Assets:Bank
2024-01-10 * "Sold"
  Assets:Store  -{sold} MUG {{}}
  Expenses:COGS
2024-01-31 price MUG 6.00 USD
"""
    entries, _, options = loader.load_string(HEAD + text)
    rows: list[Any] = list(entries)
    index = next(i for i, row in enumerate(rows) if getattr(row, "narration", "") == "Sold")
    copied = [*rows[:index], *[rows[index]] * 2, *rows[index + 1 :]]
    found, errors = invwd(copied, options, CONFIG)
    assert len(found) == len(copied)
    wanted = f"{10 - 2 * sold} MUG in Assets:Store is less than nothing"
    assert [error.message.partition(" and ")[0] for error in errors] == [wanted]


def test_goods_of_several_items_and_accounts_may_share_their_cost() -> None:
    text = """
2024-01-05 * "Bought"
  Assets:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-01-05 * "Bought"
  Assets:Store   10 CUP {8.00 USD}
  Assets:Bank
2024-01-05 * "Bought"
  Assets:Depot   10 CUP {8.00 USD}
  Assets:Bank
2024-01-05 * "Bought"
  Assets:Pool    10 CUP {8.00 USD}
  Assets:Bank
2024-01-10 * "Sold"
  Assets:Store   -9 MUG {}
  Expenses:COGS
2024-01-11 * "Sold"
  Assets:Store   -8 CUP {}
  Expenses:COGS
2024-01-12 * "Sold"
  Assets:Pool    -3 CUP {8.00 USD, 2024-01-05}
  Expenses:COGS
2024-01-12 * "Sold"
  Assets:Pool    -4 CUP {8.00 USD, 2024-01-05}
  Expenses:COGS
2024-01-13 * "Sold"
  Assets:Depot   -6 CUP {}
  Expenses:COGS
2024-01-14 * "Bought of the same delivery"
  Assets:Store    5 MUG {8.00 USD, 2024-01-05}
  Assets:Bank
2024-01-31 price MUG 6.00 USD
2024-01-31 price CUP 6.00 USD
"""
    entries, _, options = loader.load_string(HEAD + text)
    cost = next(p.cost for e in entries if isinstance(e, data.Transaction) for p in e.postings)
    assert cost is not None
    found, errors = invwd(share_cost(entries, cost), options, CONFIG)
    written = [entry for entry in found[len(entries) :] if isinstance(entry, data.Transaction)]
    assert not errors
    assert amounts(written, "write-down") == [
        (STORE, Decimal("-4.00")),
        (DEPOT, Decimal("-8.00")),
        ("Assets:Pool:Allowance", Decimal("-6.00")),
        (STORE, Decimal("-12.00")),
    ]


def test_units_added_at_a_shared_cost_are_no_sale() -> None:
    text = """
2024-01-05 * "Bought"
  Assets:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-03-01 * "Bought of the same delivery"
  Assets:Store    5 MUG {8.00 USD, 2024-01-05}
  Assets:Bank
2024-03-31 price MUG 9.00 USD
"""
    entries, _, options = loader.load_string(HEAD + text)
    cost = next(p.cost for e in entries if isinstance(e, data.Transaction) for p in e.postings)
    config = CONFIG[:-1] + ", 'idle': {60: '25%'}}"
    found, errors = invwd(share_cost(entries, cost), options, config)
    written = [entry for entry in found[len(entries) :] if isinstance(entry, data.Transaction)]
    assert not errors
    assert amounts(written, "write-down") == [(STORE, Decimal("-30.00"))]


def test_a_lot_bought_again_releases_to_sales_that_name_the_lot_before() -> None:
    text = """
2024-01-05 * "Bought"
  Assets:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-01-10 * "Sold"
  Assets:Store  -10 MUG {}
  Expenses:COGS
2024-01-15 * "Bought of the same delivery"
  Assets:Store   10 MUG {8.00 USD, 2024-01-05}
  Assets:Bank
2024-01-31 price MUG 6.00 USD
2024-02-10 * "Sold"
  Assets:Store   -5 MUG {}
  Expenses:COGS
"""
    entries, _, options = loader.load_string(HEAD + text)
    first, *_, last = [entry for entry in entries if isinstance(entry, data.Transaction)]
    sold = last.postings[0]._replace(cost=first.postings[0].cost)
    swapped = last._replace(postings=[sold, *last.postings[1:]])
    rows: list[Any] = [swapped if entry is last else entry for entry in entries]
    found, errors = invwd(rows, options, CONFIG)
    written = [entry for entry in found[len(rows) :] if isinstance(entry, data.Transaction)]
    assert not errors
    assert amounts(written, "release") == [(STORE, Decimal("10.00"))]


def test_more_than_there_is_takes_all_of_an_allowance_along() -> None:
    text = """
2024-01-05 * "Bought"
  Assets:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-01-31 price MUG 6.00 USD
2024-02-10 * "Sold"
  Assets:Store   -6 MUG {}
  Expenses:COGS
2024-02-29 price MUG 6.00 USD
"""
    entries, _, options = loader.load_string(HEAD + text)
    last = [entry for entry in entries if isinstance(entry, data.Transaction)][-1]
    doubled = last._replace(postings=[last.postings[0], *last.postings])
    rows: list[Any] = [doubled if entry is last else entry for entry in entries]
    found, errors = invwd(rows, options, CONFIG)
    written = [entry for entry in found[len(rows) :] if isinstance(entry, data.Transaction)]
    assert amounts(written, "release") == [(STORE, Decimal("20.00"))]
    assert [error.message.partition(" and ")[0] for error in errors] == [
        "-2 MUG in Assets:Store is less than nothing"
    ]


def share_cost(entries: list[Any], cost: Any) -> list[Any]:
    """Entries in which one object is the cost of all goods, and postings have no metadata."""
    return [
        entry._replace(
            postings=[
                posting._replace(cost=posting.cost and cost, meta=None)
                for posting in entry.postings
            ]
        )
        if isinstance(entry, data.Transaction)
        else entry
        for entry in entries
    ]
