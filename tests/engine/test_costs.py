"""What it takes to sell: from a price to what is left of it, and back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from beancount_invwd.measure.measured import Unit
from beancount_invwd.measure.rule import Costs

D = Decimal
TEN = Unit(D("80.00"), D(10))


def test_the_price_at_which_goods_realise_an_amount_is_the_way_back() -> None:
    costs = Costs(left=D("0.75"), amount=D("0.50"), of_cost=D("0.25"))
    # 10 at 16.00: 120.00 after a quarter of the price, less 5.00, less a quarter of 80.00
    assert costs.find_net(TEN, D("16.00")) == D("95.00")
    assert costs.find_price(TEN, D("95.00")) == D("16.00")


@pytest.mark.parametrize("left", ["0", "-0.5", "-1"])
def test_no_price_realises_anything_where_costs_take_all_of_it(left: str) -> None:
    costs = Costs(left=D(left))
    assert costs.find_net(TEN, D("16.00")) == 0
    assert costs.find_price(TEN, D("95.00")) is None
