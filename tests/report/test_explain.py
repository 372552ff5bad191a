"""Explanations: each rule is spelled out, with the file and line of its evidence."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from beancount import loader

from beancount_invwd.engine import Run, follow_ledger
from beancount_invwd.report.explain.explain import UnknownItem, explain, follow_before
from beancount_invwd.report.explain.steps import Step
from beancount_invwd.report.ledger.sources import Sources
from beancount_invwd.report.output.numbers import show, show_share
from tests.support.random_closed import closed_from_seed
from tests.support.random_evidence import evidence_from_seed
from tests.support.random_ledgers import ledger_from_seed, with_plugin

D = datetime.date
STORE = "Assets:Inventory:Store"
MIDDLE = "the middle one of replacement cost, NRV, and NRV less normal margin (at least 0)"
HEAD = """
plugin "beancount_invwd" "{config}"
2023-01-01 open Assets:Inventory:Store "FIFO"
2023-01-01 open Assets:Bank
2023-01-01 open Income:Sales
2023-01-01 open Expenses:COGS
"""
WIDGET = """
2023-01-10 * "Widgets"
  Assets:Inventory:Store   10 WIDGET {10.00 USD}
  Assets:Bank
"""


def tell(
    body: str, config: str = "{}", item: str = "WIDGET", as_of: datetime.date | None = None
) -> Sequence[Step]:
    entries, _, options = loader.load_string(HEAD.replace("{config}", config) + body)
    (chapter,) = explain(follow_ledger(entries, options, as_of), item).chapters
    return chapter.steps


def lines(steps: Sequence[Step], section: str) -> list[str]:
    found = [step for step in steps if step.section.startswith(section)]
    return [
        f"{step.label}: {step.formula}" + ("" if step.result is None else f" = {show(step.result)}")
        for step in found
    ]


def test_costs_of_every_form_come_off_the_price() -> None:
    body = WIDGET + "2023-01-31 price WIDGET 12.00 USD\n"
    config = "{'selling_cost': '8%', 'completion_cost': '25% of cost'}"
    assert lines(tell(body, config), "Lot") == [
        "cost: 10 × 10.00 = 100.00",
        "sales value: 10 × 12.00 = 120.00",
        "cost to complete: 100.00 × 25% = 25.00",
        "cost to sell: 120.00 × 8% = 9.60",
        "NRV: 120.00 − 25.00 − 9.60 = 85.40",
        "decided by: price",
    ]
    assert lines(tell(body, config), "Loss") == ["loss: 100.00 − 85.40 = 14.60"]


def test_net_realisable_value_is_not_below_nothing() -> None:
    body = WIDGET + "2023-01-31 price WIDGET 0.30 USD\n"
    steps = tell(body, "{'selling_cost': '0.40 USD'}")
    assert "NRV: 3.00 − 4.00 is below 0 = 0" in lines(steps, "Lot")


def test_a_price_in_another_currency_by_the_inverse_rate() -> None:
    body = WIDGET + "2023-01-30 price USD 0.80 EUR\n2023-01-31 price WIDGET 6.00 EUR\n"
    assert lines(tell(body), "Evidence") == [
        "price: 6.00 EUR on 2023-01-31",
        "closing rate: 1 USD = 0.80 EUR on 2023-01-30",
        "price in USD: 6.00 ÷ 0.80 = 7.5",
    ]
    assert "sales value: 10 × 6.00 ÷ 0.80 = 75.0" in lines(tell(body), "Lot")


def test_what_is_known_of_particular_goods() -> None:
    expired = WIDGET.replace('"Widgets"', '"Widgets"\n  expires: 2023-01-20') + "\n"
    day = "2023-01-31 price WIDGET 12.00 USD\n"
    assert lines(tell(expired + day), "Lot")[1:] == [
        "expired: on 2023-01-20",
        "measure: no salvage value is stated = 0",
        "decided by: expired",
    ]
    salvage = expired + "2023-01-01 commodity WIDGET\n  invwd-salvage: 1.50 USD\n"
    assert "measure, at salvage: 10 × 1.50 = 15.00" in lines(tell(salvage + day), "Lot")
    own = expired.replace("expires:", "invwd-salvage: 2.00 USD\n  expires:")
    assert "measure, at salvage: 10 × 2.00 = 20.00" in lines(tell(own + day), "Lot")
    known = WIDGET.replace('"Widgets"', '"Widgets"\n  invwd-nrv: 4.00 USD') + "\n"
    assert "value known at purchase: 10 × 4.00 = 40.00" in lines(tell(known + day), "Lot")
    stated = '2023-01-20 custom "invwd-nrv" "WIDGET" 3.00 USD "wet"\n'
    account = stated + "  account: Assets:Inventory:Store\n"
    assert lines(tell(WIDGET + account + day), "Lot")[1:] == [
        "stated value: 3.00 USD a unit on 2023-01-20: wet",
        "measure: 10 × 3.00 = 30.00",
        "decided by: wet",
    ]


def test_a_value_stated_for_the_item() -> None:
    body = WIDGET + '2023-01-31 custom "invwd-nrv" "WIDGET" 3.00 USD "old"\n'
    steps = tell(body, "{'measure': 'lcm', 'normal_margin': '10%'}")
    assert lines(steps, "Evidence")[0] == "stated value: 3.00 USD a unit on 2023-01-31: old"
    assert lines(steps, "Lot")[1:] == [
        "NRV: 10 × 3.00 = 30.00",
        "replacement cost: 10 × 10.00 = 100.00",
        "normal margin: 30.00 × 10% = 3.00",
        f"measure: {MIDDLE} = 30.00",
        "decided by: old",
    ]


def test_lower_of_cost_or_market() -> None:
    body = WIDGET + "2023-01-31 price WIDGET 12.00 USD\n"
    body += '2023-01-31 custom "invwd-replacement-cost" "WIDGET" 8.00 USD\n'
    steps = tell(body, "{'measure': 'lcm', 'normal_margin': '1.00 USD'}")
    assert lines(steps, "Evidence") == [
        "price: 12.00 USD on 2023-01-31",
        "replacement cost: 8.00 a unit on 2023-01-31",
    ]
    assert "normal margin: 10 × 1.00 = 10.00" in lines(steps, "Lot")
    assert lines(steps, "Lot")[-2].endswith("= 110.00")
    assert lines(steps, "Lot")[-1] == "decided by: floor"


def test_the_smaller_of_nrv_and_replacement_cost() -> None:
    body = WIDGET + "2023-01-31 price WIDGET 12.00 USD\n"
    steps = tell(body, "{'measure': 'lower'}")
    assert lines(steps, "Lot")[-2:] == [
        "measure: the smaller of NRV and replacement cost = 100.00",
        "decided by: replacement",
    ]
    assert lines(steps, "Loss") == ["measure: not below cost, in any group: nothing is lost = 0"]


def test_replacement_cost_that_nobody_knows() -> None:
    body = WIDGET + "2024-06-30 price WIDGET 9.00 USD\n"
    for measure in ("replacement", "lower"):
        steps = tell(body, repr({"measure": measure}))
        assert "replacement cost: none is known: NRV counts" in lines(steps, "Lot")


def test_cost_with_rates_by_age_and_idleness() -> None:
    body = WIDGET + "2023-12-31 balance Assets:Inventory:Store 10 WIDGET\n"
    config = "{'measure': 'cost', 'ageing': {180: '25%'}, 'idle': {90: '30%'}}"
    assert lines(tell(body, config), "Lot") == [
        "cost: 10 × 10.00 = 100.00",
        "measure: cost itself = 100.00",
        "355 days old, at most: 100.00 × (1 − 25%) = 75.00",
        "idle, at most: 100.00 × (1 − 30%) = 70.00",
        "measure: the lowest of these = 70.00",
        "decided by: idle",
    ]


def test_rates_below_the_measure_by_both() -> None:
    body = WIDGET + "2023-12-31 price WIDGET 12.00 USD\n"
    steps = tell(body, "{'measure': 'lower', 'ageing': {180: '25%'}}")
    assert lines(steps, "Lot")[-2:] == [
        "measure: the lowest of these = 75.00",
        "decided by: ageing",
    ]


def test_contracts_and_the_market() -> None:
    # 4 of 10 units at 12.00, the rest at 8.00: 48.00 + 48.00
    body = WIDGET + "2023-01-31 price WIDGET 8.00 USD\n"
    body += '2023-01-15 custom "invwd-contract" 4 WIDGET 12.00 USD\n  until: 2023-12-31\n'
    steps = tell(body)
    assert "contract: 4 at 12.00 USD until 2023-12-31: 40% of the units" in lines(steps, "Evidence")
    assert lines(steps, "Lot")[1:] == [
        "sales value: 10 × 12.00 = 120.00",
        "at contract price: 120.00 = 120.00",
        "part: 120.00 × 40% = 48.00",
        "sales value: 10 × 8.00 = 80.00",
        "at the market: 80.00 = 80.00",
        "part: 80.00 × 60% = 48.00",
        "NRV: 48.00 + 48.00 = 96.00",
        "decided by: contract",
    ]


def test_contracts_for_all_units_need_no_price_and_for_a_part_they_do() -> None:
    contract = '2023-01-31 custom "invwd-contract" {} WIDGET 9.00 USD\n  until: 2023-12-31\n'
    steps = tell(WIDGET + contract.format(10))
    assert lines(steps, "Lot")[-2] == "NRV: 90.00 = 90.00"
    steps = tell(WIDGET + contract.format(5))
    assert lines(steps, "Lot")[-2:] == [
        "NRV: no price: not assessed",
        "measure: not assessed: no price",
    ]


PRODUCT = """
2023-01-01 commodity CHAIR
2023-01-01 commodity WIDGET
  invwd-used-in: "CHAIR"
2023-01-12 * "Chair"
  Assets:Inventory:Store   1 CHAIR {50.00 USD}
  Assets:Bank
"""

AGAIN = '2023-01-31 custom "invwd-replacement-cost" "WIDGET" 10.00 USD'


@pytest.mark.parametrize(
    ("price", "said", "product", "measure"),
    [
        (
            "2023-01-31 price CHAIR 60 USD",
            "CHAIR: all recover their cost",
            ["product: CHAIR: NRV of a unit 60, cost 50.00, price 60 USD on 2023-01-31"],
            "cost itself = 100.00",
        ),
        (
            f"2023-01-31 price CHAIR 40 USD\n{AGAIN}",
            "CHAIR: not all recover their cost, so replacement cost counts",
            ["product: CHAIR: NRV of a unit 40, cost 50.00, price 40 USD on 2023-01-31"],
            "",
        ),
        (
            f'2023-01-31 custom "invwd-nrv" "CHAIR" 40 USD\n{AGAIN}',
            "CHAIR: not all recover their cost, so replacement cost counts",
            ["product: CHAIR: NRV of a unit 40, cost 50.00"],
            "",
        ),
        (
            "2023-01-31 balance Assets:Bank -150 USD",
            "CHAIR: it cannot be told whether CHAIR recovers its cost",
            [],
            "not assessed: no price of what it is used in",
        ),
    ],
)
def test_raw_materials(price: str, said: str, product: list[str], measure: str) -> None:
    steps = tell(WIDGET + PRODUCT + price + "\n")
    evidence = lines(steps, "Evidence")
    assert f"used in: {said}" in evidence
    assert [line for line in evidence if line.startswith("product")] == product
    if measure:
        assert f"measure: {measure}" in lines(steps, "Lot")
    else:
        assert "replacement cost: 10 × 10.00 = 100.00" in lines(steps, "Lot")


def test_what_a_product_leaves_of_its_material() -> None:
    # a widget is a quarter of a chair: 100.00 × 0.25 − 12.00 = 13.00, above 10.00; of 60 USD 3.00
    made = PRODUCT.replace('"CHAIR"', '"0.25 CHAIR"\n  invwd-completion-cost: 12.00 USD')
    steps = tell(WIDGET + made + "2023-01-31 price CHAIR 60 USD\n")
    used = "used in: CHAIR: what is left of them after completion counts"
    assert used in lines(steps, "Evidence")
    assert lines(steps, "Lot")[1:] == [
        "part of CHAIR: 10 × 60 × 0.25 = 150.00",
        "cost to complete: 10 × 12.00 = 120.00",
        "measure: the least that is left = 30.00",
        "decided by: used-in",
    ]
    stated = '2023-01-31 custom "invwd-nrv" "WIDGET" 9.00 USD\n'
    steps = tell(WIDGET + made + "2023-01-31 price CHAIR 60 USD\n" + stated)
    assert "measure: 10 × 9.00 = 90.00" in lines(steps, "Lot")


def test_the_loss_of_parts() -> None:
    # 4 of 10 are sold at 12.00, and gain; the others cost 60.00 and are worth 48.00
    body = WIDGET + "2023-01-31 price WIDGET 8.00 USD\n"
    body += '2023-01-15 custom "invwd-contract" 4 WIDGET 12.00 USD\n  until: 2023-12-31\n'
    assert lines(tell(body), "Loss") == [
        "part: is worth its cost = 0",
        "part: 20.00 × 6 ÷ 10 = 12.00",
        "loss: 0 + 12.00 = 12.00",
    ]


def test_goods_that_cannot_be_assessed() -> None:
    assert lines(tell(WIDGET), "Evidence") == ["price: none that is not too old"]
    assert lines(tell(WIDGET), "Lot")[1:] == [
        "NRV: no price: not assessed",
        "measure: not assessed: no price",
    ]
    assert lines(tell(WIDGET), "Loss") == []
    blocked = WIDGET + "2023-01-01 commodity WIDGET\n  invwd-nrw: 1\n"
    assert lines(tell(blocked), "Lot")[1:] == ["measure: not assessed: see errors"]


def test_pools_and_locked_allowances() -> None:
    body = HEAD.replace('"FIFO"', '"NONE"').replace("{config}", "{'reversals': 'none'}") + WIDGET
    body += "2023-01-31 price WIDGET 8.00 USD\n2023-02-28 price WIDGET 7.00 USD\n"
    entries, _, options = loader.load_string(body)
    (chapter,) = explain(follow_ledger(entries, options), "WIDGET").chapters
    assert lines(chapter.steps, "Lot pool in Assets:Inventory:Store")[0] == (
        "cost: units × cost of all that is in the pool = 100.00"
    )
    assert lines(chapter.steps, "Loss") == [
        "locked: allowance that may not be reversed = 20.00",
        "loss: 100.00 − 20.00 − 70.00 = 10.00",
    ]
    assert lines(chapter.steps, "Allowance") == [
        "before: carried before 2023-02-28 was measured = 20.00",
        "after: 20.00 + 10.00, locked and lost = 30.00",
        "change: 30.00 − 20.00 = 10.00",
        "state: written",
    ]


MORE = """
2023-01-11 * "Cheaper ones"
  Assets:Inventory:Store   10 WIDGET {6.00 USD, "B"}
  Assets:Bank
2023-01-12 * "Cups"
  Assets:Inventory:Store   10 CUP {9.00 USD}
  Assets:Bank
2023-01-31 price WIDGET 7.00 USD
2023-01-31 price CUP 7.00 USD
"""


def test_a_gain_of_one_lot_is_set_against_the_loss_of_another() -> None:
    steps = tell(WIDGET + MORE)
    assert lines(steps, "Loss") == [
        "cost: of 2 lots = 160.00",
        "measure: of 2 lots = 140.00",
        "loss: 160.00 − 140.00 = 20.00",
        "share of 2023-01-10 at 10.00 in Assets:Inventory:Store: 20.00 × 30.00 ÷ 30.00 = 20.00",
        'share of 2023-01-11 at 6.00 "B" in Assets:Inventory:Store: 20.00 × 0 ÷ 30.00 = 0.00',
    ]
    better = MORE.replace("price WIDGET 7.00", "price WIDGET 9.00")
    assert lines(tell(WIDGET + better), "Loss") == [
        "measure: not below cost, in any group: nothing is lost = 0"
    ]


def test_paper_tells_of_the_lots_that_lost_the_most_and_what_the_others_add_up_to() -> None:
    days = range(10, 30)
    lots = "".join(
        WIDGET.replace("01-10", f"01-{day}").replace("10.00", f"{day}.00") for day in days
    )
    cups = "".join(
        WIDGET.replace("WIDGET", f"CUP{day}").replace("10.00", "6.00")
        + f"2023-01-31 price CUP{day} 5.00 USD\n"
        for day in days
    )
    for body, count in ((lots, 14), (lots + cups, 34)):
        steps = tell(body + "2023-01-31 price WIDGET 9.00 USD\n", "{'basis': 'total'}")
        paper = [step for step in steps if step.place != "screen"]
        assert lines(paper, "Lot ")[0].startswith("cost: 10 × 24.00")
        assert lines(paper, "14 more lots") == [
            "cost: of 14 lots = 2310.00",
            "measure: of 14 lots = 1260.00",
            "before: of 14 lots = 0",
            "after: of 14 lots = 1050.00",
            "change: of 14 lots = 1050.00",
        ]
        loss, *shares = [step for step in paper if step.section.startswith("Loss")][2:]
        assert len(shares) == 6 + 1
        assert sum(step.result or 0 for step in shares) == loss.result
        assert lines(shares[-1:], "Loss")[0].startswith(f"shares of the others: of {count} lots")
        whole = [step for step in steps if step.place != "paper"]
        assert len(lines(whole, "Loss")) == 3 + 6 + count
        assert len({step.section for step in whole if step.section.startswith("Lot ")}) == 20


@pytest.mark.parametrize("basis", ["category", "total"])
def test_a_group_of_several_items(basis: str) -> None:
    head = (
        '2023-01-01 commodity WIDGET\n  category: "x"\n2023-01-01 commodity CUP\n  category: "x"\n'
    )
    steps = tell(head + WIDGET + MORE, repr({"basis": basis}))
    section = f"Loss of {'x' if basis == 'category' else 'total'}"
    assert lines(steps, section) == [
        "cost: of 3 lots = 250.00",
        "measure: of 3 lots = 210.00",
        "loss: 250.00 − 210.00 = 40.00",
        f"share of WIDGET 2023-01-10 at 10.00 in {STORE}: 40.00 × 30.00 ÷ 50.00 = 24.00",
        f"share of CUP 2023-01-12 at 9.00 in {STORE}: 40.00 × 20.00 ÷ 50.00 = 16.00",
    ]
    assert lines(steps, "Written")[-1] == "in all: allowance that is left of these = 40.00"


def test_one_lot_by_its_label() -> None:
    entries, _, options = loader.load_string(HEAD.replace("{config}", "{}") + WIDGET + MORE)
    found = explain(follow_ledger(entries, options), "WIDGET", label="B")
    sections = {step.section for step in found.chapters[0].steps if step.section[:3] == "Lot"}
    assert (found.label, sections) == (
        "B",
        {'Lot 2023-01-11 at 6.00 "B" in Assets:Inventory:Store'},
    )


def test_pending_and_sold() -> None:
    body = WIDGET + "2023-01-20 price WIDGET 7.00 USD\n"
    steps = tell(body, as_of=D(2023, 1, 20))
    assert lines(steps, "Allowance")[-2:] == [
        "change: 30.00 − 0 = 30.00",
        "state: pending: 2023-01-20 was not measured",
    ]
    sold = body + '2023-02-05 * "Sold"\n  Assets:Inventory:Store -10 WIDGET {}\n  Expenses:COGS\n'
    steps = tell(sold)
    assert lines(steps, "On hand") == ["units: none on 2023-02-05 = 0"]
    assert [step.label for step in steps if step.section == "Written"] == [
        "2023-01-31 write-down",
        "2023-02-05 release",
        "in all",
    ]


def test_a_closed_period() -> None:
    body = WIDGET + "2023-01-20 price WIDGET 7.00 USD\n"
    body += '2023-02-15 custom "invwd-closed" TRUE\n'
    steps = tell(body, as_of=D(2023, 1, 31))
    assert lines(steps, "Allowance")[-1] == (
        "state: not written, the period is closed on 2023-02-15"
    )


def test_a_late_loss_of_a_closed_year_is_told_as_locked() -> None:
    body = WIDGET + "2023-12-31 price WIDGET 7.00 USD\n2024-01-31 price WIDGET 9.00 USD\n"
    body += '2023-12-31 custom "invwd-closed" TRUE\n2024-02-29 balance Assets:Bank -100.00 USD\n'
    steps = tell(body, "{'standard': 'asc330'}", as_of=D(2024, 1, 31))
    assert lines(steps, "Loss") == [
        "locked: allowance that may not be reversed = 30.00",
        "loss: 100.00 − 30.00 − 90.00 is below 0 = 0",
    ]
    assert lines(steps, "Allowance")[1:] == [
        "after: what is lost now = 30.00",
        "change: 30.00 − 0.00 = 30.00",
        "state: written",
    ]


def test_what_the_ledger_booked_itself() -> None:
    body = WIDGET + "2023-01-01 open Assets:Inventory:Store:Allowance\n"
    body += "2023-01-20 price WIDGET 7.00 USD\n"
    body += '2023-01-31 * "By hand" #invwd\n  invwd-group: "WIDGET"\n'
    body += "  Assets:Inventory:Store:Allowance  -30.00 USD\n  Expenses:COGS\n"
    steps = tell(body)
    assert lines(steps, "Allowance")[-2:] == ["change: 30.00 − 30.00 = 0.00", "state: booked"]
    assert lines(steps, "Written")[0] == "2023-01-31 write-down: By hand = 30.00"


def test_a_date_after_the_ledger_measures_nothing_more() -> None:
    body = WIDGET + "2023-01-20 price WIDGET 7.00 USD\n"
    steps = tell(body, as_of=D(2023, 6, 30))
    assert lines(steps, "Allowance")[0] == "before: carried before 2023-06-30 was measured = 0"
    assert lines(steps, "Allowance")[-1] == "state: pending: 2023-06-30 was not measured"


@pytest.mark.parametrize(
    "config",
    [
        "{'until': '2023-01-30'}",
        "{'start': '2023-01-31'}",
        "{'start': '2023-01-31', 'until': '2023-03-31'}",
    ],
)
def test_bounds_of_the_measurement_dates(config: str) -> None:
    steps = tell(WIDGET + "2023-01-31 price WIDGET 7.00 USD\n", config, as_of=D(2023, 1, 31))
    is_written = "start" in config
    state = "written" if is_written else "pending: 2023-01-31 was not measured"
    assert lines(steps, "Allowance")[-1] == f"state: {state}"
    assert lines(steps, "Allowance")[0].endswith("= 0")


def test_what_is_not_written_yet() -> None:
    body = WIDGET + "2023-01-20 price WIDGET 7.00 USD\n"
    sold = '2023-02-05 * "Sold"\n  Assets:Inventory:Store -4 WIDGET {}\n  Expenses:COGS\n'
    steps = tell(body + sold, "{'release': 'period'}", as_of=D(2023, 2, 5))
    assert lines(steps, "Written")[1:] == [
        "in all: allowance that is left of these = 30.00",
        "waits: releases that are written at the end of the period = -12.00",
    ]
    booked = '2023-01-31 * "By hand" #invwd\n  invwd-group: "WIDGET"\n'
    booked += "  Assets:Inventory:Store:Allowance  -30.00 USD\n  Expenses:COGS\n"
    booked += '2023-02-15 custom "invwd-closed" TRUE\n'
    steps = tell(body + sold + booked, as_of=D(2023, 2, 20))
    assert lines(steps, "Written")[1:] == [
        "in all: allowance that is left of these = 30.00",
        "waits: corrects a closed period, on the next measurement date = -12.00",
    ]


@pytest.mark.parametrize(
    "words",
    ["2023-01-01 commodity WIDGET\n", "2023-01-01 open Assets:Inventory:Depot\n"],
)
def test_excluded_goods_are_said_to_be_so(words: str) -> None:
    body = WIDGET.replace("Store", "Depot") if "Depot" in words else WIDGET
    body = HEAD.replace("{config}", "{}") + words + "  invwd-exclude: TRUE\n" + body
    entries, errors, options = loader.load_string(body)
    assert errors == []
    with pytest.raises(UnknownItem, match="WIDGET is not assessed: invwd-exclude is TRUE for it"):
        explain(follow_ledger(entries, options), "WIDGET")
    with pytest.raises(UnknownItem, match="there are none"):
        explain(follow_ledger(entries, options, D(2023, 1, 9)), "WIDGET")


def test_goods_in_an_allowance_account_are_not_said_to_be_excluded() -> None:
    allowance = "Assets:Inventory:Store:Allowance"
    body = HEAD.replace("{config}", "{}") + f"2023-01-01 open {allowance}\n"
    body += WIDGET.replace("Assets:Inventory:Store", allowance)
    entries, _, options = loader.load_string(body)
    with pytest.raises(UnknownItem, match="no inventory account held WIDGET"):
        explain(follow_ledger(entries, options), "WIDGET")


def test_unknown_items() -> None:
    entries, _, options = loader.load_string(HEAD.replace("{config}", "{}"))
    with pytest.raises(UnknownItem, match="there are none"):
        explain(follow_ledger(entries, options), "WIDGET")


def test_sources(tmp_path: Path) -> None:
    path = tmp_path / "books" / "main.beancount"
    path.parent.mkdir()
    path.write_text('option "title" "x"\nplugin "beancount_invwd" "{}"\n')
    sources = Sources({"filename": str(path)})
    assert sources.locate_plugin() == "main.beancount:2"
    assert sources.locate({"filename": str(tmp_path / "p.beancount"), "lineno": 3}) == (
        "../p.beancount:3"
    )
    assert sources.locate({"filename": "rel.beancount"}) == "rel.beancount:0"
    assert (sources.locate(None), sources.locate({"filename": "<beancount_invwd>"})) == ("", "")
    path.write_text("")
    assert Sources({"filename": str(path)}).locate_plugin() == ""
    assert Sources({}).locate_plugin() == ""


def test_terms_are_traced_to_where_they_are_stated(tmp_path: Path) -> None:
    text = HEAD.replace("{config}", "{}") + WIDGET + "2023-01-31 price WIDGET 9.00 USD\n"
    cost = "  invwd-selling-cost: 1.00 USD\n"
    texts = [
        text.replace('Store "FIFO"\n', f'Store "FIFO"\n{cost}'),
        text + f"2023-01-01 commodity WIDGET\n{cost}",
        text.replace("{10.00 USD}\n", "{10.00 USD}\n  " + cost),
    ]
    found = []
    for number, changed in enumerate(texts):
        path = tmp_path / f"{number}.beancount"
        path.write_text(changed)
        entries, errors, options = loader.load_file(str(path))
        assert errors == []
        steps = explain(follow_ledger(entries, options), "WIDGET").chapters[0].steps
        found += [step.source for step in steps if step.label == "cost to sell"]
    assert found == ["0.beancount:3", "1.beancount:12", "2.beancount:9"]


def test_numbers_of_formulas() -> None:
    assert [show(Decimal(text)) for text in ("40", "1.5", "26.0000", "2.345600", "1E+3")] == [
        *("40", "1.5", "26.00", "2.3456", "1000")
    ]
    assert show(Decimal(1) / 3) == "0.3333333333"
    assert [show_share(Decimal(text)) for text in ("0.25", "1", "0.125")] == [
        "25%",
        "100%",
        "12.5%",
    ]


def test_two_cost_currencies_are_two_chapters() -> None:
    body = WIDGET + MORE + '2023-01-13 * "Euros"\n  Assets:Inventory:Store 1 WIDGET {9.00 EUR}\n'
    entries, _, options = loader.load_string(
        HEAD.replace("{config}", "{}") + body + "  Assets:Bank\n"
    )
    found: Any = explain(follow_ledger(entries, options), "WIDGET")
    assert [chapter.currency for chapter in found.chapters] == ["USD", "EUR"]


def test_what_production_moved_is_told() -> None:
    body = (
        WIDGET
        + """
2023-01-31 price WIDGET 7.00 USD
2023-02-10 * "Sets of widgets"
  Assets:Inventory:Store   -5 WIDGET {}
  Assets:Inventory:Store    2 SET {25.00 USD}
2023-02-28 price SET 24.00 USD
"""
    )
    assert lines(tell(body), "Written")[1:] == [
        "went: with goods made of others, or by movements of wider groups = -15.00",
        "in all: allowance that is left of these = 15.00",
    ]
    assert lines(tell(body, item="SET"), "Written")[-2:] == [
        "came: with goods made of others, or by movements of wider groups = 15.00",
        "in all: allowance that is left of these = 2.00",
    ]


DEMAND = (
    WIDGET.replace("10 WIDGET", "100 WIDGET")
    + """
2023-03-10 * "Used"
  Assets:Inventory:Store   -30 WIDGET {}
  Expenses:COGS
2023-04-30 price WIDGET 10.00 USD
"""
)


def test_how_demand_lowers_cost() -> None:
    rates = "'rates': {90: '50%', 180: '90%'}"
    config = f"{{'idle': {{30: '10%'}}, 'coverage': {{'window': 90, {rates}}}}}"
    steps = tell(DEMAND, config)
    assert lines(steps, "Evidence")[1:] == [
        "idle since: 2023-03-10, 51 days before: 10% off cost",
        "demand: 30 sold or used in 90 days",
        "days of supply: 70 × 90 ÷ 30 = 210",
        "coverage: (90 × 50% + 30 × 90%) ÷ 210 = 34.2857142857% off cost",
    ]
    by_item = config.replace("'rates'", "'apply': 'item', 'rates'")
    assert lines(tell(DEMAND, by_item), "Evidence")[-1] == "coverage: for all units 90% off cost"
    slow = config.replace("30: ", "300: ").replace("{90: '50%', 180", "{900: '50%', 1800")
    assert lines(tell(DEMAND, slow), "Evidence")[1:] == [
        "idle since: 2023-03-10, 51 days before: 0% off cost",
        "demand: 30 sold or used in 90 days",
        "days of supply: 70 × 90 ÷ 30 = 210",
        "coverage: no unit lies beyond the first threshold",
    ]


def test_demand_that_is_not_there() -> None:
    coverage = "{'idle': {30: '10%'}, 'coverage': {'window': 90, 'rates': {90: '50%'}}}"
    young = lines(tell(DEMAND, coverage, as_of=D(2023, 1, 31)), "Evidence")
    assert young[1:] == [
        "idle since: 2023-01-10, 21 days before: 0% off cost",
        "demand: first bought on 2023-01-10, less than 90 days before: not tested",
    ]
    unsold = WIDGET + "2023-04-30 price WIDGET 10.00 USD\n"
    assert lines(tell(unsold, coverage), "Evidence")[1:] == [
        "idle since: 2023-01-10, 110 days before: 10% off cost",
        "demand: 0 sold or used in 90 days",
        "coverage: without demand, the rate of the last threshold: 50% off cost",
    ]


def test_where_the_last_sale_stands(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.beancount"
    ledger.write_text(HEAD.replace("{config}", "{'idle': {30: '10%'}}") + DEMAND)
    entries, _, options = loader.load_file(str(ledger))
    (chapter,) = explain(follow_ledger(list(entries), options), "WIDGET").chapters
    (idle,) = [step for step in chapter.steps if step.label == "idle since"]
    assert idle.source == "ledger.beancount:12"


def test_tax_in_the_price_is_taken_off_first() -> None:
    body = WIDGET + "2023-01-31 price WIDGET 9.60 USD\n"
    steps = tell(body, "{'price_includes': '20%', 'selling_cost': '10%'}")
    told = lines(steps, "Lot")
    assert "sales value: 10 × 9.60 ÷ 120% = 80.0" in told
    assert "cost to sell: 80.0 × 10% = 8.00" in told


@pytest.mark.parametrize("made", [ledger_from_seed, evidence_from_seed, closed_from_seed])
def test_where_nothing_was_measured_the_state_is_that_before_it(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(4):
        text, config = made(seed)
        entries, _, options = loader.load_string(with_plugin(text, config), dedent=False)
        day = entries[len(entries) // 2].date
        runs = [follow_ledger(entries, options, day) for _ in range(2)]
        items = {stock.key.commodity for stock in runs[0].stocks}
        told = [explain(runs[0], item) for item in sorted(items)]
        with monkeypatch.context() as patch:
            patch.setattr(Run, "is_tested", True)
            assert follow_before(runs[1]) is not runs[1]
            assert [explain(runs[1], item) for item in sorted(items)] == told
