"""What may have to be written down next; the figures are calculated by hand."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.lots.demand import Turnover
from beancount_invwd.report.risk.prospects import Question
from beancount_invwd.report.risk.risk import RiskRow, document_risks, list_risks, sum_risks
from beancount_invwd.report.risk.spread import spread_expiry, spread_headroom

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


def load(body: str, config: str = "{}") -> tuple[list[Any], Run]:
    entries, errors, options = loader.load_string(HEAD.replace("{config}", config) + body)
    assert errors == []
    return entries, follow_ledger(entries, options)


def find_turnover(run: Run) -> Turnover:
    (stock,) = run.stocks
    return Question(run, 90, Decimal(0)).find_turnover(stock)


def find_risks(body: str, config: str = "{}", **given: Any) -> list[RiskRow]:
    _, run = load(body, config)
    return list_risks(run, **given)


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


def test_what_expires_is_spread_over_its_months() -> None:
    more = f"""{MILK}
2023-12-01 * "41 more, which expire earlier"
  Assets:Inventory:Depot   41 MILK {{2.50 USD}}
    expires: 2024-01-20
  Assets:Bank
"""
    assert spread_expiry(find_risks(more)) == {
        ("2024-01", "USD"): Decimal("52.36"),
        ("2024-02", "USD"): Decimal("227.88"),
    }


def test_carrying_amounts_are_spread_over_bands_of_headroom() -> None:
    # 20 % begins a band, the fourth above nil; of tea no price is known
    tea = '2023-12-01 * "Tea"\n  Assets:Inventory:Depot  1 TEA {5 USD}\n  Assets:Bank\n'
    rows = find_risks(MUG + tea, "{'missing_price': 'ignore'}", is_whole=True)
    assert spread_headroom(rows) == {(4, "USD"): Decimal(1200)}


def test_salvage_is_not_lost() -> None:
    rows = find_risks(MILK.replace("expires:", "invwd-salvage: 1.50 USD\n    expires:"))
    assert rows[0].loss_expiry == Decimal("46.94")
    assert [loss for _, loss in rows[0].losses_dated] == [Decimal("46.94")]
    (row,) = find_risks(
        MILK.replace("expires:", "invwd-salvage: 2.00 USD\n    expires:"), is_whole=True
    )
    assert row.loss_expiry == 0
    assert not row.losses_dated


def test_what_expires_later_than_asked_is_no_risk() -> None:
    assert find_risks(MILK, within=40) == []
    assert [row.warnings for row in find_risks(MILK, within=41)] == [("expiry",)]


def test_what_has_expired_already_is_no_risk() -> None:
    expired = MILK.replace("2024-02-10", "2023-10-01")
    assert [row.loss_expiry for row in find_risks(expired)] == []


# What is certain comes first, and what may come on top of it.

BETWEEN = """
2024-01-05 * "Bought"
  Assets:Inventory:Store  10 AA {10 USD}
  Assets:Inventory:Store  10 AA {10 USD, "B"}
    expires: 2024-02-10
  Assets:Inventory:Store  50 BB {10 USD}
  Assets:Bank
2024-01-31 price AA 20 USD
2024-01-31 price BB 10.50 USD
"""


def find_between(body: str = "", **given: Any) -> list[RiskRow]:
    return find_risks(f"{BETWEEN}{body}2024-02-20 price AA 20 USD\n", **given)


def test_goods_that_expired_do_not_vanish_until_the_next_test() -> None:
    # expired on the 10th, tested on the 29th: 100.00 are gone by the 20th
    rows = find_between()
    assert [(row.commodity, row.pending, row.at_risk) for row in rows] == [
        ("AA", Decimal(100), Decimal(100)),
        ("BB", Decimal(0), Decimal("27.50")),  # 50 × 10.50 × 90 % = 472.50, less than 500.00
    ]
    assert rows[0].warnings == ("pending",)
    assert rows[0].explained["pending"] == "100.00 USD are lost by a test today (expired)"
    (total,) = sum_risks(rows)
    assert (total.pending, total.at_risk) == (Decimal(100), Decimal("127.50"))


def test_what_expires_on_the_day_is_lost_by_then() -> None:
    rows = find_risks(BETWEEN.replace("2024-02-10", "2024-02-20") + "2024-02-20 price AA 20 USD\n")
    assert [row.pending for row in rows] == [100, 0]
    assert [row.units_expiring for row in rows] == [0, 0]
    assert [row.expires for row in rows] == [None, None]


def test_what_is_damaged_is_lost_by_then_and_what_may_come_is_on_top() -> None:
    damaged = '2024-02-12 custom "invwd-nrv" "BB" 9 USD "damaged"\n'
    rows = {row.commodity: row for row in find_between(damaged)}
    # 50.00 by now; at 8.10 another 45.00
    assert (rows["BB"].pending, rows["BB"].loss_price, rows["BB"].at_risk) == (
        Decimal(50),
        Decimal(45),
        Decimal(95),
    )
    assert rows["BB"].warnings == ("pending", "headroom")


def test_what_gained_does_not_hide_what_expired() -> None:
    # all 20 carry 120.00 at 6.00; the price is 20.00 again, but the ten that expired are gone
    cheap = BETWEEN.replace("price AA 20", "price AA 6") + "2024-02-20 price AA 20 USD\n"
    (row,) = [row for row in find_risks(cheap) if row.commodity == "AA"]
    assert [row.carrying, row.pending, row.at_risk] == [120, 60, 60]


def test_ageing_takes_more_of_what_a_test_leaves() -> None:
    # 20.00 by age on the 20th (46 days), then a half: 30.00 more, not 50.00
    config = "{'ageing': {45: '20%', 100: '50%'}}"
    body = buy("10 AA {10 USD}", "2024-01-05")
    body += "2024-01-06 price AA 30 USD\n2024-02-20 price AA 30 USD\n"
    (row,) = find_risks(body, config)
    assert [row.pending, row.loss_ageing, row.at_risk] == [20, 30, 50]


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
    _, run = load(body)
    turnover = find_turnover(run)
    assert (turnover.sold, turnover.days) == (Decimal(365), 364)
    assert turnover.last == datetime.date(2023, 6, 30)
    _, run = load(body + "2024-07-02 price MILK 3.00 USD")
    turnover = find_turnover(run)
    assert (turnover.sold, turnover.days) == (Decimal(0), 365)
    assert turnover.find_supply(Decimal(5)) is None


def test_a_window_tells_the_same_whichever_was_asked_before() -> None:
    body = """
2023-12-20 * "10 more sold"
  Assets:Inventory:Store  -10 MILK {}
  Expenses:COGS             20 USD
  Income:Sales             -30 USD
  Assets:Bank               30 USD
"""
    _, run = load(MILK + body)
    (stock,) = run.stocks
    sold = [run.find_turnover(stock, window).sold for window in (2, 30, 365, 30)]
    assert sold == [0, 10, 375, 10]


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


def test_what_is_lost_already_and_may_be_lost_is_at_most_what_is_carried() -> None:
    # at 8.00 20.00 are lost by now, at 4.00 40.00 more, and 90 % by age leave 10.00
    body = buy("10 AA {10 USD}", "2024-01-05") + "2024-02-15 price AA 8 USD\n"
    given: Any = {"headroom": Decimal("0.50"), "within": 100}
    body = body.replace("2024-02-15", "2024-01-31 price AA 10 USD\n2024-02-15")
    (row,) = find_risks(body, "{'ageing': {100: '90%'}}", **given)
    assert [row.pending, row.loss_price, row.loss_ageing, row.at_risk] == [20, 40, 70, 100]
    # carried at 60.00 since January, and worth 100.00 again: 90.00 of these by age
    back = buy("10 AA {10 USD}", "2024-01-05") + "2024-01-31 price AA 6 USD\n"
    back += "2024-02-15 price AA 30 USD\n"
    (row,) = find_risks(back, "{'ageing': {100: '90%'}}", within=100)
    assert [row.carrying, row.pending, row.loss_ageing, row.at_risk] == [60, 0, 90, 90]


def test_prices_that_get_old_and_prices_that_lack() -> None:
    assert find_risks(MUG, "{'price_max_age': None}", within=400)[0].warnings == ("slow",)
    assert "old price" not in find_risks(MUG, within=365)[0].warnings
    assert "old price" in find_risks(MUG, within=366)[0].warnings
    body = MUG.replace("2023-12-31 price MUG", "2023-12-31 price CUP")
    (row,) = find_risks(body, "{'missing_price': 'ignore'}")
    assert row.warnings == ("slow", "no price")
    assert (row.measure, row.headroom, row.headroom_share, row.price_age) == (None,) * 4


def test_what_has_no_selling_price_has_no_headroom() -> None:
    for measure in ("cost", "replacement"):
        (row,) = find_risks(MUG, repr({"measure": measure, "price_max_age": None}))
        assert (row.headroom, row.warnings) == (None, ("slow",))


def test_what_cannot_be_assessed_has_no_headroom() -> None:
    text = HEAD.replace("{config}", "{'standard': 'asc330-lcm'}") + MUG
    entries, errors, options = loader.load_string(text)
    assert "normal_margin" in errors[0].message
    (row,) = list_risks(follow_ledger(entries, options), is_whole=True)
    assert (row.measure, row.headroom) == (None, None)


def test_of_what_may_be_evidence_of_a_day_before_it_is_asked() -> None:
    body = MUG + "2024-01-20 price MUG 5.00 USD\n2024-01-31 price EUR 1 USD\n"
    _, run = load(body)
    (note,) = document_risks(run, [], Decimal("0.10"), 90).notes
    assert note.startswith("MUG had a price of 5.00 USD on 2024-01-20")


def test_goods_in_negative_number_and_blocked_goods_are_no_risk() -> None:
    text = HEAD.replace("{config}", "{}") + MUG.replace('100 mugs"', '100 mugs"\n  expires: 1')
    entries, _, options = loader.load_string(text)
    (row,) = list_risks(follow_ledger(entries, options))
    assert (row.headroom, row.warnings) == (None, ("slow",))
    text = HEAD.replace("{config}", "{}") + MUG.replace(
        '100 MUG {9.00 USD, "A"}', "-0.5 MUG {9 USD}"
    )
    text = text.replace('Store "FIFO"', 'Store "NONE"')
    entries, _, options = loader.load_string(text)
    (row,) = list_risks(follow_ledger(entries, options))
    assert row.quantity == 50


def test_the_most_money_comes_first() -> None:
    rows = find_risks(MILK + MUG, headroom=Decimal("0.5"))
    assert [row.commodity for row in rows] == ["MUG", "MILK"]


def test_warnings_name_reasons_and_headroom() -> None:
    # 9.50 is 0.50 less than what it is carried at, 5.3 % of 9.50; 0.03 are 0.3 % of 10.03
    body = buy("1 AA {10 USD}; 1 BB {10 USD}") + "2024-06-30 price AA 10 USD\n"
    body += "2024-06-30 price BB 10.03 USD\n2024-07-10 price AA 9.50 USD\n"
    first, second = find_risks(body)
    assert first.explained == {
        "pending": "0.50 USD are lost by a test today (price)",
        "headroom": "0.95 USD are lost if prices fall by 10%; it is worth 5.3% less than it is "
        "carried at",
    }
    assert second.explained["headroom"].endswith("; headroom is 0.3%")


def test_lots_at_the_same_risk_stand_by_account_date_and_label() -> None:
    body = """
2024-01-05 * "Bought"
  Assets:Inventory:Store  10 AA {10 USD, "B"}
  Assets:Inventory:Store  10 AA {10 USD, "A"}
  Assets:Inventory:Store  10 AA {10 USD, 2024-01-04, "C"}
  Assets:Inventory:Depot  10 AA {10 USD, "D"}
  Assets:Bank
2024-01-31 price AA 10 USD
"""
    rows = find_risks(body, "{'basis': 'lot'}")
    assert [row.at_risk for row in rows] == [10] * 4
    assert [row.lot_label for row in rows] == ["D", "C", "A", "B"]


@pytest.mark.parametrize(("units", "warnings"), [(365, ()), (366, ("slow",))])
def test_what_lasts_a_year_is_not_slow(units: int, warnings: tuple[str, ...]) -> None:
    # 365 sold in 365 days
    body = MILK.replace("500 MILK", f"{365 + units} MILK").replace("    expires: 2024-02-10\n", "")
    (row,) = find_risks(body + "2024-01-01 price MILK 3.00 USD\n", is_whole=True)
    assert row.warnings == warnings


def test_goods_of_a_day_sell_at_the_pace_of_a_day() -> None:
    # 5 of 10 were sold on the day they came: the others last for a day
    body = buy("10 AA {10 USD}", "2024-06-30")
    body += '2024-06-30 * "Sold"\n  Assets:Inventory:Store  -5 AA {}\n  Expenses:COGS\n'
    (row,) = find_risks(body + "2024-06-30 price AA 30 USD\n", is_whole=True)
    assert row.supply == 1


def test_worthless_goods_have_no_share_of_headroom() -> None:
    (row,) = find_risks(buy("10 AA {10 USD}") + "2024-06-30 price AA 0 USD\n", is_whole=True)
    assert [row.measure, row.headroom, row.headroom_share] == [0, 0, None]


# What a fall of prices would cost: the engine's measurement at lower prices, less that of today.

LOWER = "{'standard': 'hgb'}"
MIDDLE = "{'standard': 'asc330-lcm', 'normal_margin': '20% of cost'}"


def buy(lots: str, day: str = "2024-06-01") -> str:
    """A purchase, a lot a line."""
    postings = "\n".join(f"  Assets:Inventory:Store  {lot.strip()}" for lot in lots.split(";"))
    return f'{day} * "Bought"\n{postings}\n  Assets:Bank\n'


@pytest.mark.parametrize("config", [LOWER, MIDDLE])
def test_a_price_loses_though_cost_decides_now(config: str) -> None:
    # NRV 1,005.00, bought for 1,000.00, which counts; at 9.045 it is 904.50, 95.50 less
    (row,) = find_risks(buy("100 MUG {10.00 USD}") + "2024-12-31 price MUG 10.05 USD\n", config)
    assert (row.measure, row.headroom) == (Decimal(1005), Decimal(5))
    assert (row.loss_price, row.at_risk) == (Decimal("95.50"), Decimal("95.50"))
    assert (row.warnings, row.price_age) == (("headroom",), 0)


def test_a_price_gets_old_though_cost_decides_now() -> None:
    # 356 days old on 31 December, too old 10 days later
    body = buy("100 MUG {10.00 USD}", "2024-01-05") + "2024-01-10 price MUG 15.00 USD\n"
    (row,) = find_risks(
        body + buy("1 TEA {1 USD}", "2024-12-31") + "2024-12-31 price TEA 9 USD\n", LOWER
    )
    assert (row.commodity, row.price_age, row.warnings) == ("MUG", 356, ("old price",))
    assert row.headroom == Decimal(500)


def test_a_price_falls_only_as_far_as_the_middle_of_three() -> None:
    # now the middle of 70, 94 and 94 - 20 = 74: 740.00; then of 70, 84.60 and 64.60: 700.00
    body = (
        buy("10 AA {100 USD}")
        + """
2024-12-30 custom "invwd-replacement-cost" "AA" 70 USD
2024-12-31 price AA 94 USD
"""
    )
    (row,) = find_risks(body, MIDDLE)
    assert (row.carrying, row.measure, row.headroom) == (Decimal(740), Decimal(940), Decimal(200))
    assert (row.loss_price, row.at_risk) == (Decimal(40), Decimal(40))


SAW_AND_LAMP = (
    buy("100 SAW {20 USD}; 100 LAMP {20 USD}")
    + """
2024-12-31 price SAW 15 USD
2024-12-31 price LAMP %s USD
"""
)


@pytest.mark.parametrize("basis", ["category", "total"])
def test_gains_within_a_group_still_count(basis: str) -> None:
    body = SAW_AND_LAMP
    if basis == "category":
        for item in ("SAW", "LAMP"):
            body = f'2022-01-01 commodity {item}\n  category: "tools"\n{body}'
    config = repr({"basis": basis})
    # cost 4,000.00; at 90 % 1,350.00 + 5,400.00
    assert find_risks(body % 60, config) == []
    # at 90 % 1,350.00 + 2,340.00 = 3,690.00: 310.00, all of it on the saws
    (saw,) = find_risks(body % 26, config)
    assert (saw.commodity, saw.loss_price, saw.at_risk) == ("SAW", Decimal(310), Decimal(310))
    assert saw.headroom == Decimal(-500)
    # 300.00 is lost on the saws by now; at 90 % 650.00 on them and 20.00 on the lamps
    saw, lamp = find_risks(body % 22, config)
    assert (saw.carrying, saw.loss_price) == (Decimal(1700), Decimal(350))
    assert (lamp.carrying, lamp.loss_price) == (Decimal(2000), Decimal(20))


def test_the_price_of_a_contract_does_not_fall() -> None:
    body = """
2024-07-01 custom "invwd-contract" 10 AA 21 USD
  until: 2025-03-31
2024-12-31 price AA %s USD
"""
    assert find_risks(buy("10 AA {20 USD}") + body % 15) == []
    # 210.00 for ten, 334.50 for the others, which cost 300.00; at 20 % less 267.60 for those
    more = buy("25 AA {20 USD}") + body % "22.30"
    assert find_risks(more) == []
    (row,) = find_risks(more, headroom=Decimal("0.20"))
    figures = (row.measure, row.headroom, row.loss_price)
    assert figures == (Decimal("544.5"), Decimal("44.5"), Decimal("32.40"))
    assert row.price_age == 0


def test_the_price_of_what_a_contract_takes_does_not_get_old() -> None:
    body = """
2024-07-01 custom "invwd-contract" %s AA 21 USD
  until: 2026-03-31
2024-12-31 price AA 25 USD
"""
    (row,) = find_risks(buy("10 AA {20 USD}") + body % 9, within=400)
    assert row.warnings == ("old price",)
    assert find_risks(buy("10 AA {20 USD}") + body % 10, within=400) == []


CANDLE = (
    """
2024-01-01 commodity WAX
  invwd-used-in: "CANDLE%s"
"""
    + buy("100 WAX {6 USD}; 10 CANDLE {10 USD}")
    + """
2024-12-30 custom "invwd-replacement-cost" "WAX" 4 USD
2024-12-31 price CANDLE 10.05 USD
"""
)


def test_a_material_loses_with_its_product() -> None:
    # a candle at 9.045 does not recover its cost, so wax is worth what it costs to buy: 400.00
    wax, candle = find_risks(CANDLE % "")
    assert (wax.commodity, wax.carrying, wax.loss_price) == ("WAX", Decimal(600), Decimal(200))
    assert (wax.warnings, wax.headroom, wax.price_age) == (("headroom",), None, None)
    assert (candle.loss_price, candle.headroom) == (Decimal("9.55"), Decimal("0.50"))
    assert [row.commodity for row in find_risks(CANDLE % "", headroom=Decimal("0.004"))] == []


def test_a_material_that_could_not_be_judged_may_lose_with_one_product() -> None:
    # nothing is known of soap; as soon as candles do not recover their cost it does not matter
    text = HEAD.replace("{config}", "{}") + CANDLE % ", SOAP" + buy("1 SOAP {1 USD}")
    entries, _, options = loader.load_string(text)
    rows = {row.commodity: row for row in list_risks(follow_ledger(entries, options))}
    assert rows["WAX"].loss_price == Decimal(200)
    entries, _, options = loader.load_string(text + "2024-12-31 price WAX 7 USD\n")
    rows = {row.commodity: row for row in list_risks(follow_ledger(entries, options))}
    assert rows["WAX"].headroom is None


STATED = '2024-12-31 custom "invwd-nrv" "WAX" 7'


def test_a_value_stated_for_a_material_falls_like_a_price() -> None:
    # the candles do not recover their cost; wax is worth 700.00, and 20 % less 560.00, of 600.00
    body = (
        CANDLE.replace("10.05", "9")
        .replace('2024-12-30 custom "invwd-replacement-cost" "WAX" 4', STATED)
        .replace("2024-06-01", "2023-06-01")
    )
    wax, candle = find_risks(body % "", headroom=Decimal("0.20"))
    assert (wax.commodity, wax.loss_price) == ("WAX", Decimal(40))
    assert candle.loss_price == Decimal(18)


def test_a_value_stated_for_an_item_falls_like_a_price_and_that_of_a_lot_does_not() -> None:
    body = (
        buy('10 AA {10 USD}; 10 AA {10 USD, "B"}; 10 BB {10 USD}')
        + """
2024-12-31 custom "invwd-nrv" "AA" 11 USD "List of December"
2024-12-31 custom "invwd-nrv" "AA" 9 USD "Damaged"
  lot: "B"
2024-12-31 price BB 20 USD
"""
    )
    # 110.00 less 20 % is 88.00; the damaged ones are worth 90.00 as before
    (row,) = find_risks(body, headroom=Decimal("0.20"))
    assert (row.carrying, row.measure, row.headroom) == (Decimal(190), Decimal(110), Decimal(10))
    assert (row.loss_price, row.price_age) == (Decimal(12), None)


def test_costs_per_unit_do_not_fall_with_the_price() -> None:
    # 12.00 - 1.00; 10 % less 10.80 - 1.00 = 9.80: 20.00; of a percentage 10 % less as well
    body = buy("100 AA {10 USD}") + "2024-12-31 price AA 12 USD\n"
    (row,) = find_risks(body, "{'selling_cost': '1 USD'}")
    assert (row.measure, row.loss_price) == (Decimal(1100), Decimal(20))
    # 12.00 × 90 % = 10.80; 10.80 × 90 % = 9.72: 28.00
    (row,) = find_risks(body, "{'selling_cost': '10%'}")
    assert (row.measure, row.loss_price) == (Decimal(1080), Decimal(28))


def test_a_price_in_another_currency_falls_and_its_rate_does_not() -> None:
    # 10 EUR at 1.10 are 11.00; 9.90 after a fall by 10 %
    body = buy("100 AA {10 USD}") + "2024-12-31 price AA 10 EUR\n2024-12-31 price EUR 1.10 USD\n"
    (row,) = find_risks(body)
    assert (row.measure, row.loss_price) == (Decimal(1100), Decimal(10))


def test_what_is_lost_already_is_not_lost_by_a_fall() -> None:
    # tested at the end of the month; 10.00 is lost by then as it is, 9.00 more at 8.10
    body = buy("10 AA {10 USD}") + "2024-06-15 price AA 9 USD\n"
    (row,) = find_risks(body)
    assert (row.carrying, row.headroom) == (Decimal(100), Decimal(-10))
    assert row.loss_price == Decimal(9)


def test_what_was_written_down_before_this_year_is_the_cost_that_may_be_lost() -> None:
    # 80.00 is the cost of 2024 (ASC 330-10-35-14); at 60 % of 120.00 it is 72.00
    body = buy("10 AA {10 USD}", "2023-06-01")
    body += "2023-12-31 price AA 8 USD\n2024-03-31 price AA 12 USD\n"
    (row,) = find_risks(body, "{'standard': 'asc330'}", headroom=Decimal("0.40"))
    assert (row.carrying, row.headroom, row.loss_price) == (Decimal(80), Decimal(40), Decimal(8))


def test_what_a_rate_lowered_may_lose_by_price_besides() -> None:
    # 80.00 by age; at 8.50 less 10 % it is 76.50
    body = buy("10 AA {10 USD}") + "2024-12-31 price AA 8.50 USD\n"
    (row,) = find_risks(body, "{'ageing': {30: '20%'}}")
    assert (row.carrying, row.headroom, row.loss_price) == (Decimal(80), Decimal(5), Decimal("3.5"))
    # 10 new ones besides: what is tested as one has headroom, and loses as well
    more = body + buy("10 AA {8 USD}", "2024-12-30")
    (row,) = find_risks(more, "{'ageing': {30: '20%'}}")
    assert (row.measure, row.headroom, row.loss_price) == (Decimal(85), Decimal(5), Decimal(7))
    more = body + buy("20 AA {8 USD}", "2024-12-30")
    (row,) = find_risks(more, "{'ageing': {30: '20%'}}")
    assert [row.measure, row.headroom, row.loss_price] == [170, 10, Decimal("10.5")]


# What lack of sales will take: counted as the engine counts, so that it is what it will write.

IDLE = "{'idle': {180: '20%'}}"


def list_losses(body: str, day: datetime.date, within: int) -> tuple[list[Decimal], Decimal]:
    """What is foreseen on a day, and what the ledger writes down after it."""
    entries, _ = load(body, IDLE)
    _, _, options = loader.load_string(HEAD.replace("{config}", IDLE) + body)
    rows = list_risks(follow_ledger(entries, options, day), within=within)
    later = follow_ledger(entries, options, day + datetime.timedelta(within))
    return [row.loss_ageing for row in rows], sum((s.allowance for s in later.stocks), Decimal(0))


def test_goods_that_were_thrown_away_were_wanted_by_nobody() -> None:
    # 1 October and 180 days are 29 March; 10 March and 180 days would be 6 September
    body = (
        buy("10 AA {10 USD}", "2023-10-01")
        + """
2024-03-10 * "Spoiled"
  Assets:Inventory:Store  -2 AA {}
  Expenses:Inventory:Write-Off
2024-03-31 price AA 30 USD
2024-12-31 price AA 30 USD
"""
    )
    assert list_losses(body, datetime.date(2024, 3, 10), 18) == ([Decimal(0)], Decimal(0))
    # 80.00 less 20 % from 29 March on, written on the 31st
    assert list_losses(body, datetime.date(2024, 3, 10), 21) == ([Decimal(16)], Decimal(16))


def test_opening_stock_is_idle_since_the_date_of_its_cost() -> None:
    # 1 July and 180 days are 28 December: 50.00 less 20 % on 31 December
    body = (
        buy("10 AA {5 USD, 2023-07-01}", "2023-12-01")
        + """
2023-12-10 price AA 30 USD
2024-01-31 price AA 30 USD
"""
    )
    assert list_losses(body, datetime.date(2023, 12, 10), 30) == ([Decimal(10)], Decimal(10))
    _, run = load(body.replace("2024-01-31", "2023-12-11"), IDLE)
    (row,) = list_risks(run)
    assert row.idle == (datetime.date(2023, 12, 11) - datetime.date(2023, 7, 1)).days
