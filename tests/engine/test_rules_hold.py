"""What an auditor would sign of the slow model itself, on random ledgers."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest
from beancount import loader

from tests.support.compare_models import MAKERS
from tests.support.rules.chart import Chart
from tests.support.rules.exact import ZERO
from tests.support.rules.goods import Books
from tests.support.rules.model import Model
from tests.support.rules.policy import Policy


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("maker", ["situations", "ledgers", "evidence", "closed"])
def test_the_model_keeps_what_the_rules_promise(maker: str, seed: int) -> None:
    text, config = MAKERS[maker](seed)
    entries, errors, options = loader.load_string(text, dedent=False)
    assert errors == [] or maker != "situations"
    policy = Policy(entries, config)
    model = Model(Books(entries, policy, Chart(entries, options, policy)))
    outcome = model.run()
    for entry in outcome.expected:
        assert sum(number for _, number in entry.postings) == 0
    assert_lots_are_sound(model)
    if not policy.is_released_by_period:
        assert_accounts_are_the_lots(model)


def assert_lots_are_sound(model: Model) -> None:
    """No allowance is negative, above cost, or of goods that are gone; no lock is above it."""
    for lot in model.books.lots:
        quantum = model.books.chart.quantum(lot.currency)
        assert 0 <= lot.locked <= lot.allowance
        assert lot.allowance <= (max(ZERO, lot.cost) + quantum / 2 if lot.units > 0 else 0)


def assert_accounts_are_the_lots(model: Model) -> None:
    """The balance of an allowance account is the sum of its lots' allowances, on every day."""
    for day, lots in model.outcome.states.items():
        allowances: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for lot in lots:
            allowances[lot.contra, lot.currency] += lot.written
        balances: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for entry in model.outcome.expected:
            for account, number in entry.postings if entry.date <= day else ():
                balances[account, entry.currency] += number
        for key, allowance in allowances.items():
            assert -Fraction(balances[key]) == allowance, (day, key)
