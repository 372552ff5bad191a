"""Policies and scenarios side by side."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader

from beancount_invwd.engine import BadConfiguration, follow_ledger
from beancount_invwd.ground.words import speaking
from beancount_invwd.report.compare.compare import Comparison, Figures, compare
from beancount_invwd.report.compare.document import document_comparison
from beancount_invwd.report.compare.scenarios import BadScenario, Scenario, read_scenario
from beancount_invwd.report.output.numbers import Numbers

LEDGER = """
plugin "beancount.plugins.implicit_prices"
plugin "beancount_invwd" "{'selling_cost': '10%', 'measure': 'lower'}"
2022-01-01 open Assets:Inventory "FIFO"
2022-01-01 open Assets:Bank
2022-01-01 open Expenses:COGS
2022-12-01 * "Cups and mugs"
  Assets:Inventory   10 CUP {10.00 USD}
  Assets:Inventory   10 MUG {10.00 USD}
  Assets:Bank
2022-12-30 price EUR 1.00 USD
2022-12-31 price CUP 9.00 USD
2022-12-31 price MUG 20.00 EUR
2023-06-30 * "Sold"
  Assets:Inventory   -5 CUP {}
  Expenses:COGS
2023-12-31 price CUP 8.00 USD
2023-12-31 price MUG 20.00 EUR
"""


def load(text: str = LEDGER) -> tuple[list[Any], dict[str, Any]]:
    entries, errors, options = loader.load_string(text)
    assert errors == []
    return entries, options


def run(scenarios: Sequence[Scenario], as_of: datetime.date | None = None) -> Comparison:
    entries, options = load()
    return compare(follow_ledger(entries, options, as_of), scenarios)


def figures(*settings: str) -> dict[str | None, list[tuple[int, int]]]:
    found = run([read_scenario(text) for text in settings])
    return {
        row.commodity: [(int(f.allowance), int(f.profit)) for f in row.figures]
        for row in (*found.rows, *found.totals)
    }


def test_allowance_and_profit_of_the_fiscal_year() -> None:
    # 10 × (10.00 − 8.10) = 19.00 in 2022; 5 × (10.00 − 7.20) = 14.00 at the end, 5.00 less;
    # without selling cost 10 × 1.00 = 10.00, and 5 × 2.00 = 10.00 at the end
    found = figures("selling_cost=0%")
    assert found["CUP"] == [(14, 5), (10, 0)]
    assert "MUG" not in found
    assert found[None] == found["CUP"]


def test_prices_are_scaled_and_neither_rates_nor_purchase_costs_are() -> None:
    # a mug brings 20.00 × 45 % × 90 % = 8.10 EUR, 8.10 USD; its replacement cost stays 10.00
    found = figures("price=-55%", "price=+10%")
    assert found["MUG"] == [(0, 0), (19, 0), (0, 0)]
    # 5 cups × (10.00 − 8.80 × 90 %) = 10.40
    assert found["CUP"][2] == (10, 0)


def test_replacement_costs_are_scaled_and_prices_are_not() -> None:
    # the lower: a mug costs 10.00 to buy again, 9.00 a tenth less; its price of 18.00 is above
    settings = ["replacement=-10%", "replacement=+15%", "replacement=-20%,price=-55%"]
    found = run([read_scenario(text) for text in settings], datetime.date(2022, 12, 31))
    cup, mug = ([int(figure.allowance) for figure in row.figures] for row in found.rows)
    assert mug == [0, 10, 0, 20]
    assert cup[:3] == [19, 19, 19]  # 8.10 by its price is less than 9.00


WAX = """
plugin "beancount_invwd"
2022-01-01 open Assets:Inventory
2022-01-01 open Assets:Bank
2022-01-01 commodity WAX
  invwd-used-in: "CANDLE"
2022-11-01 * "Bought"
  Assets:Inventory   10 WAX {10.00 USD}
  Assets:Inventory   10 CANDLE {20.00 USD}
  Assets:Bank
2022-12-01 * "Bought again"
  Assets:Inventory   10 WAX {8.00 USD}
  Assets:Bank
2022-12-31 price CANDLE 15.00 USD
"""


def test_a_material_costs_more_or_less_to_buy_again() -> None:
    # the older lot at 8.00: 20.00; at 9.20 for all: 8.00 less, and 12.00 of gain within the item;
    # at 7.20: 28.00 + 8.00
    entries, options = load(WAX)
    scenarios = [read_scenario("replacement=+15%"), read_scenario("replacement=-10%")]
    found = compare(follow_ledger(entries, options), scenarios)
    (row,) = [row for row in found.rows if row.commodity == "WAX"]
    assert [figure.allowance for figure in row.figures] == [20, 0, 36]


def test_scenarios_of_several_settings() -> None:
    scenario = read_scenario(" standard=hgb , ageing={180: '25%', 365: '50%'},price = +5.5% ")
    assert scenario.changes == {"standard": "hgb", "ageing": {180: "25%", 365: "50%"}}
    assert scenario.price_change == Decimal("0.055")
    changes = read_scenario("start=2024-01-31,materiality=['1%', \"5,0 USD\"],price_max_age=None")
    assert changes.changes == {
        "start": "2024-01-31",
        "materiality": ["1%", "5,0 USD"],
        "price_max_age": None,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no setting"),
        ("basis", "is no setting"),
        ("=lot", "is no setting"),
        ("basis=lot,,", "is no setting"),
        ("basis=lot,basis=lot", "given twice"),
        ("price=-1%,price=-1%", "given twice"),
        ("replacement=0%,replacement=-1%", "given twice"),
        ("replacement=1", "write replacement=-10%"),
        ("replacment=-10%", "did you mean .replacement.?"),
        ("price=-1", "is no change"),
        ("price=1e3%", "is no change"),
        ("price=²%", "is no change"),
        ("price=%", "is no change"),
        ("price=-100.1%", "nothing can fall by more"),
        ("pirce=-10%", "did you mean .price.?"),
    ],
)
def test_scenarios_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(BadScenario, match=message):
        read_scenario(text)


def test_a_scenario_that_the_configuration_refuses() -> None:
    with pytest.raises(BadScenario, match="inventory=Assets:Stock: 'inventory' 'Assets:Stock' mat"):
        figures("inventory=Assets:Stock")


def test_what_a_scenario_lacks() -> None:
    found = run([read_scenario("measure=lcm")])
    assert found.notes["ledger"] == []
    assert any("normal margin" in note for note in found.notes["measure=lcm"])


def test_columns_of_one_name_keep_what_each_has_to_say() -> None:
    # a column may also be called as the ledger's own
    found = run([read_scenario(f"{name}: measure=lcm") for name in ("A", "A", "ledger")])
    assert found.columns == ["ledger", "A", "A (2)", "ledger (2)"]
    assert list(found.notes) == list(found.levels) == list(found.biases) == found.columns
    assert found.notes["ledger"] == []
    assert all("normal margin" in found.notes[name][0] for name in found.columns[1:])


def test_the_name_of_a_column_is_the_users() -> None:
    found = run([read_scenario("allowance: measure=lcm")])
    with speaking("de"):
        document = document_comparison(found)
        titles = {column.key: column.name for column in document.tables[0].columns}
        abouts = {column.key: column.about for column in document.tables[0].columns}
    assert titles["column 0"] == "Hauptbuch"
    assert titles["column 1"] == "allowance"
    assert not abouts["column 1"]
    assert document.warnings[0].startswith("allowance: ")


def test_what_a_scenario_has_not_measured() -> None:
    # 19.00 of 2022, half of it released, and 14.00 are lost by now
    found = run([read_scenario("until=2022-12-31")])
    assert found.notes == {
        "ledger": [],
        "until=2022-12-31": [
            "a test on 2023-12-31 would change the allowance by 4.50 USD, which is not written"
        ],
    }


def test_an_earlier_date() -> None:
    found = run([], datetime.date(2022, 12, 31))
    assert (found.start, found.columns) == (datetime.date(2022, 1, 1), ["ledger"])
    assert [row.figures[0].profit for row in found.totals] == [Decimal("-19.00")]


@pytest.mark.parametrize("price", ["8.40", "8.00", "9.00"])
@pytest.mark.parametrize("group", ["TEA", "total"])
@pytest.mark.parametrize("amounts", [("160.00",), ("90.00",), ("90.00", "70.00")])
def test_an_allowance_taken_over_is_no_loss(
    price: str, group: str, amounts: tuple[str, ...]
) -> None:
    """As a measurement would give it (160.00), less, or in two parts, of which the last fits."""
    basis = "total" if group == "total" else "item"
    opening = "".join(
        f"""
2024-01-{day} * "Opening allowance" #invwd
  invwd-group: "{group}"
  Assets:Inventory:Store:Allowance  -{amount} USD
  Equity:Opening-Balances
"""
        for day, amount in zip((30, 31), amounts, strict=False)
    )
    entries, errors, options = loader.load_string(f"""
plugin "beancount_invwd" "{{'basis': '{basis}'}}"
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Inventory:Store:Allowance
2024-01-01 open Equity:Opening-Balances
2024-01-01 * "Opening balance"
  Assets:Inventory:Store  100 TEA {{10.00 USD}}
  Equity:Opening-Balances
2024-01-10 price TEA 8.40 USD
{opening}
2024-12-31 price TEA {price} USD
""")
    assert not errors
    (row,) = compare(follow_ledger(entries, options), []).totals
    loss = 1000 - 100 * Decimal(price)
    assert row.figures[0] == Figures(loss, sum(map(Decimal, amounts)) - loss)


def test_a_loss_booked_by_hand_is_a_loss() -> None:
    entries, errors, options = loader.load_string("""
plugin "beancount_invwd"
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Inventory:Store:Allowance
2024-01-01 open Equity:Opening-Balances
2024-01-01 open Expenses:Inventory:Write-Down
2024-01-01 * "Opening balance"
  Assets:Inventory:Store  100 TEA {10.00 USD}
  Equity:Opening-Balances
2024-01-10 price TEA 8.40 USD
2024-01-31 * "Written down" #invwd
  invwd-group: "TEA"
  Assets:Inventory:Store:Allowance  -160.00 USD
  Expenses:Inventory:Write-Down
2024-12-31 price TEA 8.40 USD
""")
    assert not errors
    (row,) = compare(follow_ledger(entries, options), []).totals
    assert row.figures[0] == Figures(Decimal(160), Decimal(-160))


def test_what_items_of_a_category_carry_adds_up() -> None:
    entries, errors, options = loader.load_string("""
plugin "beancount_invwd" "{'basis': 'category'}"
2024-01-01 commodity TEA
  category: "drinks"
2024-01-01 commodity MATE
  category: "drinks"
2024-01-01 open Assets:Inventory
2024-01-01 open Equity:Opening-Balances
2024-01-01 * "Opening balance"
  Assets:Inventory  10 TEA {10.00 USD}
  Assets:Inventory  10 MATE {10.00 USD}
  Equity:Opening-Balances
2024-01-31 price TEA 8.00 USD
2024-01-31 price MATE 8.00 USD
2024-02-29 price TEA 6.00 USD
2024-02-29 price MATE 6.00 USD
""")
    assert not errors
    (row,) = compare(follow_ledger(entries, options), []).totals
    assert row.figures[0] == Figures(Decimal(80), Decimal(-80))


@pytest.mark.parametrize("account", ["Expenses:Inventory:Write-Down", "Equity:Opening-Balances"])
def test_what_was_booked_after_the_last_measurement_is_of_the_year_before(account: str) -> None:
    entries, errors, options = loader.load_string(f"""
plugin "beancount_invwd" "{{'until': '2024-01-31'}}"
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Inventory:Store:Allowance
2024-01-01 open Equity:Opening-Balances
2024-01-01 open Expenses:Inventory:Write-Down
2024-01-01 * "Opening balance"
  Assets:Inventory:Store  100 TEA {{10.00 USD}}
  Equity:Opening-Balances
2024-01-10 price TEA 8.40 USD
2024-06-30 * "Written down" #invwd
  invwd-group: "TEA"
  Assets:Inventory:Store:Allowance  -40.00 USD
  {account}
2025-03-31 price TEA 8.40 USD
""")
    assert not errors
    (row,) = compare(follow_ledger(entries, options, datetime.date(2025, 3, 31)), []).totals
    assert row.figures[0] == Figures(Decimal(200), Decimal(0))


def test_a_configuration_that_cannot_be_read_keeps_its_errors() -> None:
    entries, _, options = loader.load_string(LEDGER.replace("'10%'", "10%"))
    with pytest.raises(BadConfiguration, match="the configuration must be a Python dict"):
        follow_ledger(entries, options, changes={"basis": "lot"})


def test_numbers_by_the_display_context() -> None:
    _, options = load(
        '2023-01-01 open Assets:Bank\n2023-01-01 price X 1.500 USD\noption "render_commas" "TRUE"\n'
    )
    numbers = Numbers(options, {})
    assert numbers.show_money(Decimal("1234.5"), "USD") == "1,234.500"
    assert numbers.show_money(Decimal("-0.001"), "EUR") == "0.00"
    assert numbers.show_exact(Decimal("1234.50000000")) == "1,234.50"
    assert numbers.show_exact(Decimal(1) / 3) == "0.333333"
    assert numbers.show_exact(Decimal("-0")) == "0"
    assert numbers.show_share(Decimal("0.1234")) == "12.3%"
    plain = Numbers({}, {"JPY": Decimal(1)})
    assert plain.show_money(Decimal("1234.5"), "JPY") == "1235"
