"""Estimates against what came of them; the figures are calculated by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader
from hypothesis import given, settings
from hypothesis import strategies as st

from beancount_invwd.engine import Asked, Run, follow_ledger
from beancount_invwd.report.compare.compare import compare
from beancount_invwd.report.compare.document import document_comparison
from beancount_invwd.report.compare.scenarios import Scenario
from beancount_invwd.report.ledger.outcomes import list_outcomes
from beancount_invwd.report.ledger.spans import find_state
from beancount_invwd.report.ledger.year_end import ask_year_end
from beancount_invwd.report.lookback import (
    REASON_COLUMNS,
    document_lookback,
    find_year_end,
    list_notes,
    list_verdicts,
    look_back,
    sum_lookback,
    sum_reasons,
)
from tests.report.test_properties import STEADY
from tests.support.compare_models import MAKERS

END = date(2023, 12, 31)
HEAD = """
plugin "beancount_invwd" "{config}"
2023-01-01 open Assets:Inventory:Store "FIFO"
2023-01-01 open Assets:Inventory:Depot "FIFO"
2023-01-01 open Assets:Inventory:Pool "NONE"
2023-01-01 open Assets:Bank
2023-01-01 open Income:Sales
2023-01-01 open Expenses:COGS
2023-01-01 open Expenses:Inventory:Write-Off
2023-01-01 open Expenses:Parcels
2023-06-01 * "100 bought"
  Assets:Inventory:Store   100 WIDGET {10.00 USD}
  Assets:Bank
2023-12-31 price WIDGET 8.00 USD
"""


def follow(body: str, config: str = "{}") -> Run:
    text = HEAD.replace("{config}", config) + body
    entries, errors, options = loader.load_string(text)
    assert errors == []
    return follow_ledger(entries, options, END)


def look(body: str, config: str = "{}", within: int = 90) -> list[Any]:
    return list(look_back(follow(body, config), within).rows)


def sell(units: int, income: str, day: str = "2024-01-20", goods: str = "WIDGET {}") -> str:
    return f"""
{day} * "Sale"
  Assets:Inventory:Store   -{units} {goods}
  Income:Sales   -{income}
  Assets:Bank     {income}
  Expenses:COGS   {units * 10} USD
"""


def test_what_was_sold_for_less_shows_that_the_policy_was_too_soft() -> None:
    # 40 at 7.00 where 8.00 was expected: 280.00 less 320.00
    (row,) = look(sell(40, "280.00 USD"))
    assert (row.reason, row.rule, row.quantity) == ("price", "nrv", 100)
    assert (row.measure_unit, row.sold, row.average) == (8, 40, 7)
    assert (row.measured, row.net, row.gain, row.bias) == (320, 280, -40, -40)
    assert (row.left, row.left_cost, row.other) == (60, 600, 0)


def test_the_books_show_a_gain_only_up_to_cost() -> None:
    # 40 at 12.00: 160.00 more than measured, but they cost 10.00 a unit: carried 80.00 too low
    run = follow(sell(40, "480.00 USD"))
    found: Any = look_back(run, 90)
    assert [(row.gain, row.bias) for row in found.rows] == [(160, 80)]
    assert list_verdicts(found)[0] == (
        "What was sold was measured at 320.00 USD and brought 480.00; goods were carried 80.00 USD "
        "too low: too hard (+25.0% of the measure)."
    )


def test_the_net_price_is_less_tax_and_the_costs_of_the_rule() -> None:
    # 11.90 with 19 % tax is 10.00, less 5 % is 9.50; the measure is (8.00 ÷ 1.19) × 95 %
    config = "{'price_includes': '19%', 'selling_cost': '5%'}"
    (row,) = look(sell(10, "100.00 USD", goods="WIDGET {} @ 11.90 USD"), config)
    assert row.average == Decimal("9.5")
    assert row.measured == Decimal("63.87")
    (row,) = look(sell(10, "100.00 USD"), config)  # the income is net already
    assert row.average == Decimal("9.5")


def test_only_the_days_after_count_and_only_goods_that_were_there() -> None:
    body = """
2024-01-10 * "100 more"
  Assets:Inventory:Depot   100 WIDGET {5.00 USD}
  Assets:Bank
2024-01-20 * "Sold of those"
  Assets:Inventory:Depot  -50 WIDGET {}
  Income:Sales            -10.00 USD
  Assets:Bank
  Expenses:COGS           250.00 USD
"""
    assert [row.sold for row in look(body + sell(1, "8.00 USD", "2024-03-30"))] == [1]
    assert [row.sold for row in look(body + sell(1, "8.00 USD", "2024-03-31"))] == [0]
    assert [row.sold for row in look(body + sell(1, "8.00 USD", "2023-12-31"))] == [0]


def test_goods_that_were_moved_or_put_at_another_cost_are_the_same() -> None:
    body = """
2024-01-05 * "To the depot"
  Assets:Inventory:Store  -60 WIDGET {}
  Assets:Inventory:Depot   60 WIDGET {10.00 USD, 2023-06-01}
2024-01-06 * "Freight of it"
  Assets:Inventory:Depot  -60 WIDGET {}
  Assets:Inventory:Depot   60 WIDGET {11.00 USD, 2023-06-01}
  Assets:Bank             -60.00 USD
2024-01-20 * "Sale"
  Assets:Inventory:Depot  -60 WIDGET {}
  Income:Sales           -420.00 USD
  Assets:Bank             420.00 USD
  Expenses:COGS
"""
    assert [(row.sold, row.gain, row.left) for row in look(body)] == [(60, -60, 40)]


def test_what_moves_along_with_a_sale_is_not_sold() -> None:
    body = """
2024-01-05 * "Ten go to the fair, five are sold on the way"
  Assets:Inventory:Store  -10 WIDGET {}
  Assets:Inventory:Depot   10 WIDGET {10.00 USD, 2023-06-01}
  Assets:Inventory:Store   -5 WIDGET {}
  Income:Sales            -35.00 USD
  Assets:Bank              35.00 USD
  Expenses:COGS            50.00 USD
"""
    assert [(row.sold, row.average, row.left) for row in look(body)] == [(5, 7, 95)]


def test_goods_bought_on_the_date_are_of_the_date() -> None:
    body = """
2023-12-31 * "Late"
  Assets:Inventory:Depot   10 CUP {4.00 USD}
  Assets:Bank
2023-12-31 price CUP 5.00 USD
2024-01-05 * "Freight"
  Assets:Inventory:Depot  -10 CUP {}
  Assets:Inventory:Depot   10 CUP {4.50 USD, 2023-12-31}
  Assets:Bank              -5.00 USD
2024-01-20 * "Sale"
  Assets:Inventory:Depot  -10 CUP {}
  Income:Sales            -50.00 USD
  Assets:Bank              50.00 USD
  Expenses:COGS            45.00 USD
"""
    (row,) = [row for row in look(body) if row.commodity == "CUP"]
    assert (row.sold, row.gain) == (10, 0)


def test_of_a_pool_the_first_units_count() -> None:
    body = """
2023-06-02 * "A pool"
  Assets:Inventory:Pool   10 CUP {4.00 USD}
  Assets:Bank
2023-12-31 price CUP 5.00 USD
2024-01-02 * "More"
  Assets:Inventory:Pool   10 CUP {6.00 USD}
  Assets:Bank
2024-01-20 * "Sale"
  Assets:Inventory:Pool  -15 CUP {5.00 USD}
  Income:Sales           -60.00 USD
  Assets:Bank             60.00 USD
  Expenses:COGS           75.00 USD
"""
    (row,) = [row for row in look(body) if row.commodity == "CUP"]
    assert (row.quantity, row.sold, row.average, row.gain, row.bias) == (10, 10, 4, -10, 0)


def test_what_customers_bring_back_was_not_sold() -> None:
    back = """
2024-02-01 * "Came back"
  Assets:Inventory:Store   15 WIDGET {10.00 USD, 2023-06-01}
  Income:Sales            105.00 USD
  Assets:Bank            -105.00 USD
  Expenses:COGS          -150.00 USD
"""
    body = sell(20, "200.00 USD") + sell(10, "70.00 USD", "2024-01-25") + back
    (row,) = look(body)  # last out, first back: 10 at 7.00 and 5 at 10.00
    assert (row.sold, row.net, row.left) == (15, 150, 85)
    (row,) = look(back)  # what was sold before the date proves nothing
    assert (row.sold, row.left, row.other) == (0, 100, 0)


def test_what_left_otherwise_is_told_and_not_judged() -> None:
    body = """
2024-01-05 * "Broken"
  Assets:Inventory:Store  -5 WIDGET {}
  Expenses:Inventory:Write-Off
2024-01-06 * "To a friend"
  invwd-exclude: TRUE
  Assets:Inventory:Store  -3 WIDGET {} @ 1.00 USD
  Assets:Bank   3.00 USD
  Expenses:COGS
2024-01-07 * "Sold, to be billed"
  Assets:Inventory:Store  -2 WIDGET {}
  Expenses:COGS
"""
    found: Any = look_back(follow(body), 90)
    assert [(row.other, row.sold, row.gain, row.left) for row in found.rows] == [(10, 0, 0, 90)]
    assert found.unpriced == 2
    notes = [*list_verdicts(found), *list_notes(found)]
    assert notes[0].startswith("Nothing was sold for a known price")
    assert any(note.startswith("2 units were sold for what the ledger does not") for note in notes)


MANY = """
2023-06-02 * "Cups"
  Assets:Inventory:Store   10 CUP {4.00 USD}
  Assets:Bank
{price}
2024-01-20 * "10 widgets and 10 cups for 90.00, listed at 8.00 and 4.00"
  Assets:Inventory:Store  -10 WIDGET {}
  Assets:Inventory:Store  -10 CUP {}
  Income:Sales            -90.00 USD
  Assets:Bank              90.00 USD
  Expenses:COGS           140.00 USD
"""


def test_a_price_for_several_items_is_shared_as_their_prices_stand() -> None:
    found: Any = look_back(follow(MANY.replace("{price}", "2023-12-31 price CUP 4.00 USD")), 90)
    assert {row.commodity: row.average for row in found.rows} == {"WIDGET": 6, "CUP": 3}
    assert found.shared == 20
    assert any(note.startswith("Of 20 units the price is a share") for note in list_notes(found))


def test_without_prices_it_cannot_be_shared() -> None:
    text = "{'missing_price': 'ignore'}"
    found: Any = look_back(follow(MANY.replace("{price}", ""), text), 90)
    assert [(row.sold, row.other) for row in found.rows] == [(0, 10), (0, 10)]
    cup = next(row for row in found.rows if row.commodity == "CUP")
    assert (cup.reason, cup.measure_unit) == ("not assessed: no price", None)


def test_other_currencies_count_at_the_rate_of_the_day() -> None:
    rate = "2024-01-20 price EUR 1.10 USD\n2024-01-21 price EUR 2.00 USD\n"
    (row,) = look(rate + sell(10, "50.00 EUR"))
    assert (row.average, row.currency) == (Decimal("5.5"), "USD")
    (row,) = look(sell(10, "50.00 EUR"))
    assert (row.sold, row.other) == (0, 10)


def test_income_of_two_currencies_is_of_the_goods_that_cost_it() -> None:
    body = """
2023-06-02 * "Cups"
  Assets:Inventory:Store   10 CUP {4.00 EUR}
  Assets:Bank             -40.00 EUR
2023-12-31 price CUP 4.00 EUR
2024-01-20 * "Both"
  Assets:Inventory:Store  -10 WIDGET {USD}
  Assets:Inventory:Store  -10 CUP {EUR}
  Income:Sales            -70.00 USD
  Income:Sales            -30.00 EUR
  Assets:Bank              70.00 USD
  Assets:Bank              30.00 EUR
  Expenses:COGS           100.00 USD
  Expenses:COGS            40.00 EUR
"""
    run = follow(body)
    rows: Any = look_back(run, 90).rows
    assert {row.currency: row.average for row in rows} == {"EUR": 3, "USD": 7}
    assert {row.currency: row.bias for row in sum_lookback(rows)} == {"EUR": -10, "USD": -10}


def test_reasons_stand_apart() -> None:
    body = """
2023-06-02 * "Chipped"
  Assets:Inventory:Store   10 WIDGET {10.00 USD, "A"}
  Assets:Bank
2023-12-31 custom "invwd-nrv" "WIDGET" 2.00 USD "chipped"
  lot: "A"
"""
    rows = look(body + sell(4, "12.00 USD", goods='WIDGET {"A"}') + sell(10, "80.00 USD"))
    assert {row.reason: row.gain for row in sum_reasons(rows)} == {"chipped": 4, "price": 0}
    assert [(row.reason, row.sold) for row in rows] == [("chipped", 4), ("price", 10)]


def test_entities_stand_apart() -> None:
    config = "{'inventory': 'Assets:Inventory:(?P<entity>[^:]+)'}"
    body = """
2023-06-02 * "The same in the depot"
  Assets:Inventory:Depot   10 WIDGET {10.00 USD, 2023-06-01}
  Assets:Bank
"""
    rows = look(body + sell(10, "70.00 USD"), config)
    assert [(row.entity, row.sold) for row in rows] == [("Store", 10), ("Depot", 0)] or [
        (row.entity, row.sold) for row in rows
    ] == [("Depot", 0), ("Store", 10)]


def test_compare_tells_how_each_policy_would_have_done() -> None:
    found = compare(follow(sell(40, "360.00 USD")), [Scenario("price=+25%", {}, Decimal("0.25"))])
    key = ("", "USD")  # 40 at 9.00, where 8.00 was expected; of 10.00 just as much as they cost
    assert [found.biases[name][key] for name in found.columns] == [40, -40]
    document = document_comparison(found)
    told = (
        "ledger: by the sales of the 90 days after, goods were carried 40.00 USD too low: too hard."
    )
    assert told in document.notes
    assert document.data is not None
    assert [row["bias"] for row in document.data["lookback"]] == [40, -40]
    assert compare(follow(""), []).biases == {"ledger": {}}


def test_a_ledger_without_goods_says_so() -> None:
    entries, errors, options = loader.load_string(
        'plugin "beancount_invwd"\n2023-01-01 open Assets:Inventory\n'
    )
    assert errors == []
    document = document_lookback(look_back(follow_ledger(entries, options, END), 90))
    assert [table.rows for table in document.tables] == [[], [], []]
    assert document.tables[0].empty == "Nothing was on hand on 2023-12-31."


def test_it_says_where_the_ledger_ends() -> None:
    found: Any = look_back(follow(sell(1, "8.00 USD")), 90)
    assert (
        list_notes(found)[-1] == "The ledger ends on 2024-01-20, before the 2024-03-30 asked for."
    )


_STEPS = st.lists(
    st.tuples(
        st.integers(1, 9),  # units bought
        st.integers(1, 40),  # cost in quarters
        st.integers(1, 40),  # price in quarters, of the lot's item
        st.integers(0, 9),  # units sold
        st.booleans(),  # by a price on the posting
    ),
    min_size=1,
    max_size=4,
)


@settings(STEADY, max_examples=40)
@given(
    _STEPS,
    st.sampled_from(["ias2", "asc330", "frs102"]),
    st.sampled_from(["lot", "item", "category", "total"]),
    st.sampled_from(["0%", "7%", "0.40 USD", "12% of cost"]),
    st.sampled_from(["0%", "25%"]),
)
def test_where_prices_come_true_there_is_neither_gain_nor_bias(
    steps: list[tuple[Any, ...]], standard: str, basis: str, cost: str, tax: str
) -> None:
    """Sales at the list price, with tax on the posting or without in Income."""
    config = {"standard": standard, "basis": basis, "selling_cost": cost, "price_includes": tax}
    body, sales, expected = "", "", 0
    for number, (units, unit_cost, price, sold, has_at) in enumerate(steps):
        item = f"ITEM-{number}"
        listed = Decimal(price) / 4
        net = listed / (Decimal(1) + Decimal(tax.rstrip("%")) / 100)
        units_sold = min(units, sold)
        body += (
            f'2023-06-02 * "{item}"\n'
            f"  Assets:Inventory:Store  {units} {item} {{{Decimal(unit_cost) / 4} USD}}\n"
            f"  Assets:Bank\n2023-12-30 price {item} {listed} USD\n"
        )
        if units_sold:
            expected += units_sold
            at = f" @ {listed} USD" if has_at else ""
            sales += (
                f'2024-01-20 * "Sale"\n  Assets:Inventory:Store  -{units_sold} {item} {{}}{at}\n'
                f"  Income:Sales  {-units_sold * net} USD\n  Assets:Bank  {units_sold * net} USD\n"
                f"  Expenses:COGS  {units_sold * Decimal(unit_cost) / 4} USD\n"
            )
    found: Any = look_back(follow(body + sales, repr(config)), 90)
    assert sum(row.sold for row in found.rows) == expected
    assert {(row.gain, row.bias) for row in found.rows} == {(0, 0)}
    assert all(row.average is not None for row in found.rows if row.sold)


@pytest.mark.parametrize("within", [0, 90])
def test_units_are_what_was_sold_left_otherwise_and_is_left(within: int) -> None:
    run = follow(sell(40, "280.00 USD"))
    for row in list_outcomes(run, within):
        assert row.left + row.sold + row.unpriced + row.gone == row.units


def test_the_year_end_is_the_last_one_of_which_something_came_since() -> None:
    assert find_year_end(follow(sell(1, "8.00 USD"))) == END
    assert find_year_end(follow("")) == date(2022, 12, 31)
    entries, _, options = loader.load_string(HEAD.replace("{config}", "{}") + sell(1, "8.00 USD"))
    assert find_year_end(follow_ledger(entries, options, date(2023, 12, 30))) == date(2022, 12, 31)


def test_what_went_the_most_wrong_comes_first_then_what_was_sold_at_all() -> None:
    body = """
2023-06-01 * "Others bought"
  Assets:Inventory:Store   100 ALONE {10.00 USD}
  Assets:Inventory:Store   100 DEAR {10.00 USD}
  Assets:Inventory:Store   100 EVEN {10.00 USD}
  Assets:Bank
2023-12-31 price ALONE 12.00 USD
2023-12-31 price DEAR 12.00 USD
2023-12-31 price EVEN 12.00 USD
"""
    body += sell(10, "130.00 USD", goods="DEAR {}") + sell(10, "120.00 USD", goods="EVEN {}")
    rows = look(body + sell(10, "70.00 USD"))
    assert [(row.commodity, row.bias, row.gain) for row in rows] == [
        ("WIDGET", -10, -10),
        ("DEAR", 0, 10),
        ("EVEN", 0, 0),
        ("ALONE", 0, 0),
    ]


def test_the_columns_of_reasons_are_those_of_sums_with_the_reason() -> None:
    names = [column.name for column in REASON_COLUMNS]
    assert names[:4] == ["entity", "currency", "reason", "rule"]
    assert names[4:] == ["measured", "brought", "gain", "bias", "cost left"]


def test_what_only_paid_its_costs_brought_nothing_and_what_came_true_has_no_share() -> None:
    config = "{'selling_cost': '1.00 USD'}"
    (verdict,) = list_verdicts(look_back(follow(sell(40, "40.00 USD"), config), 90))
    assert "was measured at 280.00 USD and brought 0.00" in verdict
    assert "(-100.0% of the measure)" in verdict
    (verdict,) = list_verdicts(look_back(follow(sell(40, "320.00 USD")), 90))
    assert "%" not in verdict


def test_it_says_nothing_of_an_end_that_was_asked_for() -> None:
    found = look_back(follow(sell(40, "280.00 USD")), 20)
    assert found.last == found.until
    (note,) = list_notes(found)
    assert note.startswith("A net price is what was paid")


@pytest.mark.parametrize("maker", MAKERS)
def test_goods_noted_on_the_way_are_those_of_their_own_date(maker: str) -> None:
    sold = 0
    for seed in range(12):
        text, config = MAKERS[maker](seed)
        entries, _, options = loader.load_string(f'plugin "beancount_invwd" "{config}"\n{text}')
        run = follow_ledger(entries, options, asked=Asked(look_back=ask_year_end))
        day = find_year_end(run)
        for within in (90, 400):  # the first is noted as well, the other asked when all is over
            found = look_back(run, within, day=day)
            assert found == look_back(find_state(run, day), within), seed
            sold += sum(row.sold > 0 for row in found.rows)
    assert sold > 0


def test_a_ledger_need_not_be_followed_to_its_last_year_end_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = "{'inventory': 'Assets:Inventory', 'start': '2023-12-31'}"
    later = sell(40, "280.00 USD") + "2024-12-31 price WIDGET 7.00 USD\n"
    text = HEAD.replace("{config}", config) + later
    entries, errors, options = loader.load_string(text)
    assert errors == []
    run = follow_ledger(entries, options, asked=Asked(look_back=ask_year_end))
    assert (run.as_of, find_year_end(run)) == (date(2024, 12, 31), END)
    monkeypatch.delattr("beancount_invwd.report.ledger.spans.follow_ledger")
    rows: Any = look_back(run, 90, day=END).rows
    (row,) = rows
    assert (row.quantity, row.sold, row.gain, row.left_cost) == (100, 40, -40, 600)


def test_the_tax_that_was_known_on_the_date_counts_also_when_asked_later() -> None:
    body = (
        sell(40, "400.00 USD", goods="WIDGET {} @ 10.00 USD")
        + '2024-06-01 custom "invwd-policy" "price_includes" "100%"\n'
    )
    text = HEAD.replace("{config}", "{'price_includes': '25%'}") + body
    entries, errors, options = loader.load_string(text)
    assert errors == []
    run = follow_ledger(entries, options, asked=Asked(look_back=ask_year_end))
    rows: Any = look_back(run, 30, day=END).rows
    assert [(row.sold, row.average) for row in rows] == [(40, 8)]  # 10.00 / 1.25
