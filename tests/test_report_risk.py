"""What may have to be written down next; the figures are calculated by hand."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from beancount import loader

from beancount_invwd.report import assess
from beancount_invwd.report.demand import find_demand
from beancount_invwd.report.risk import RiskRow, list_risks

HEAD = """
plugin "beancount_invwd" "{config}"
2022-01-01 open Assets:Inventory:Store "FIFO"
2022-01-01 open Assets:Inventory:Depot "FIFO"
2022-01-01 open Assets:Bank
2022-01-01 open Income:Sales
2022-01-01 open Expenses:COGS
2022-01-01 open Expenses:Inventory:Write-Off
"""
MILK = """
2023-01-01 * "500 bought, to keep until spring"
  Assets:Inventory:Store   500 MILK {2.00 USD}
    expires: 2024-02-10
  Assets:Bank
2023-06-30 * "365 sold"
  Assets:Inventory:Store  -365 MILK {}
  Expenses:COGS            730 USD
  Income:Sales           -1095 USD
  Assets:Bank             1095 USD
2023-12-31 price MILK 3.00 USD
"""


def load(body: str, config: str = "{}") -> tuple[list[Any], Any]:
    entries, errors, options = loader.load_string(HEAD.replace("{config}", config) + body)
    assert errors == []
    return entries, assess(entries, options)


def find_risks(body: str, config: str = "{}", **given: Any) -> list[RiskRow]:
    entries, assessment = load(body, config)
    return list_risks(assessment, entries, **given)


def test_units_that_demand_does_not_reach_before_they_expire() -> None:
    # 365 sold in 364 days; 41 days are left: 41 × 365 ÷ 364 = 41.1 of 135 units will go
    (row,) = find_risks(MILK)
    assert row.expires == datetime.date(2024, 2, 10)
    assert round(row.units_expiring, 2) == Decimal("93.89")
    assert row.loss_expiry == Decimal("187.77")
    assert row.at_risk == row.loss_expiry
    assert row.warnings == ("expiry",)
    assert row.supply is not None
    assert int(row.supply) == 134
    assert (row.idle, row.age, row.price_age) == (184, 364, 0)


def test_those_that_expire_first_are_sold_first() -> None:
    more = (
        MILK
        + """
2023-12-01 * "41 more, which expire earlier"
  Assets:Inventory:Depot   41 MILK {2.50 USD}
    expires: 2024-01-20
  Assets:Bank
"""
    )
    # until 20 January 20 × 365 ÷ 364 = 20.05 go, 20.95 of the 41 stay: 52.36;
    # until 10 February 21 × 365 ÷ 364 = 21.06 of the 135, 113.94 stay: 227.88
    (row,) = find_risks(more)
    assert row.expires == datetime.date(2024, 1, 20)
    assert row.loss_expiry == Decimal("52.36") + Decimal("227.88")


def test_salvage_is_not_lost() -> None:
    rows = find_risks(MILK.replace("expires:", "invwd-salvage: 1.50 USD\n    expires:"))
    assert rows[0].loss_expiry == Decimal("46.94")


def test_what_expires_later_than_asked_is_no_risk() -> None:
    assert find_risks(MILK, within=30) == []


def test_what_has_expired_already_is_no_risk() -> None:
    expired = MILK.replace("2024-02-10", "2023-10-01")
    assert [row.loss_expiry for row in find_risks(expired)] == []


def test_what_is_thrown_away_or_moved_is_no_demand() -> None:
    body = (
        MILK
        + """
2023-07-01 * "Spoiled"
  Assets:Inventory:Store  -10 MILK {}
  Expenses:Inventory:Write-Off
2023-07-02 * "Moved"
  Assets:Inventory:Store  -10 MILK {}
  Assets:Inventory:Depot   10 MILK {2.00 USD, 2023-01-01}
2023-07-03 * "Sold long ago, and no inventory"
  Assets:Bank  1 USD
  Income:Sales
"""
    )
    entries, assessment = load(body)
    (demand,) = find_demand(assessment, entries).values()
    assert (demand.units, demand.days) == (Decimal(365), 364)
    assert demand.last == datetime.date(2023, 6, 30)
    (demand,) = find_demand(assessment, entries, 100).values()
    assert (demand.units, demand.days) == (Decimal(0), 100)
    assert demand.find_supply(Decimal(5)) is None


MUG = """
2022-12-02 * "100 mugs"
  Assets:Inventory:Store   100 MUG {9.00 USD, "A"}
  Assets:Bank
2022-12-02 * "50 mugs"
  Assets:Inventory:Depot    50 MUG {6.00 USD}
  Assets:Bank
2023-12-31 price MUG 10.00 USD
"""


def test_headroom_of_an_item() -> None:
    # NRV 1,500.00, cost 1,200.00: headroom 300.00, 20 %; a fall by 25 % to 1,125.00 costs 75.00
    assert [row.warnings for row in find_risks(MUG)] == [("slow",)]
    (row,) = find_risks(MUG, headroom=Decimal("0.25"))
    figures = (row.measure, row.headroom, row.headroom_share)
    assert figures == (Decimal(1500), Decimal(300), Decimal("0.2"))
    assert (row.loss_price, row.at_risk) == (Decimal("75.00"), Decimal("75.00"))
    assert row.warnings == ("headroom", "slow")
    assert row.account is None


def test_headroom_of_each_lot() -> None:
    # the lot at 9.00: 1,000.00 × 85 % = 850.00, 50.00 below cost; the lot at 6.00 has 40 %
    rows = find_risks(MUG, "{'basis': 'lot'}", headroom=Decimal("0.15"))
    assert [(row.account, row.lot_label) for row in rows] == [
        ("Assets:Inventory:Store", "A"),
        ("Assets:Inventory:Depot", None),
    ]
    assert [row.at_risk for row in rows] == [Decimal("50.00"), Decimal(0)]
    assert rows[0].lot_date == datetime.date(2022, 12, 2)


def test_what_ageing_will_take() -> None:
    # 394 days old on 31 December; 90 days later a half is taken off 1,200.00
    (row,) = find_risks(MUG, "{'ageing': {400: '50%'}}")
    assert (row.loss_ageing, row.at_risk) == (Decimal("600.00"), Decimal("600.00"))
    assert row.warnings == ("ageing", "slow")
    (row,) = find_risks(MUG, "{'idle': {400: '50%'}}")
    assert row.loss_ageing == Decimal("600.00")


def test_money_at_risk_is_at_most_the_carrying_amount() -> None:
    (row,) = find_risks(MUG, "{'ageing': {400: '90%'}}", headroom=Decimal("0.50"))
    assert (row.loss_price, row.loss_ageing) == (Decimal("450.00"), Decimal("1080.00"))
    assert row.at_risk == row.carrying == Decimal("1200.00")


def test_prices_that_get_old_and_prices_that_lack() -> None:
    assert find_risks(MUG, "{'price_max_age': None}", within=400)[0].warnings == ("slow",)
    assert "old price" in find_risks(MUG, within=400)[0].warnings
    body = MUG.replace("2023-12-31 price MUG", "2023-12-31 price CUP")
    (row,) = find_risks(body, "{'missing_price': 'ignore'}")
    assert row.warnings == ("slow", "no price")
    assert (row.measure, row.headroom, row.headroom_share, row.price_age) == (None,) * 4


def test_what_has_no_selling_price_has_no_headroom() -> None:
    for measure in ("cost", "replacement"):
        (row,) = find_risks(MUG, repr({"measure": measure, "price_max_age": None}))
        assert (row.headroom, row.warnings) == (None, ("slow",))


def test_goods_in_negative_number_and_blocked_goods_are_no_risk() -> None:
    text = HEAD.replace("{config}", "{}") + MUG.replace('100 mugs"', '100 mugs"\n  expires: 1')
    entries, _, options = loader.load_string(text)
    (row,) = list_risks(assess(entries, options), entries)
    assert (row.headroom, row.warnings) == (None, ("slow",))
    text = HEAD.replace("{config}", "{}") + MUG.replace('100 MUG {9.00 USD, "A"}', "-3 MUG {9 USD}")
    text = text.replace('Store "FIFO"', 'Store "NONE"')
    entries, _, options = loader.load_string(text)
    (row,) = list_risks(assess(entries, options), entries)
    assert row.quantity == 50


def test_the_most_money_comes_first() -> None:
    rows = find_risks(MILK + MUG, headroom=Decimal("0.5"))
    assert [row.commodity for row in rows] == ["MUG", "MILK"]


def test_without_a_policy_there_is_nothing() -> None:
    text = HEAD.replace("{config}", "{'basis': 1}") + MUG
    entries, _, options = loader.load_string(text)
    assessment = assess(entries, options)
    assert list_risks(assessment, entries) == []
    assert find_demand(assessment, entries) == {}
