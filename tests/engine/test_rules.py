"""The engine against the slow model of the rules, on random ledgers.

`INVWD_SEEDS=2000` in the environment takes so many seeds of each maker. The command
`python -m tests.support.compare_models --seeds 2000` prints what differs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import assume, given

from tests.support.case_files import case_name, read_case
from tests.support.compare_cases import compare_case, find_model_cases
from tests.support.compare_models import MAKERS, Difference, compare, describe
from tests.support.random_evidence import evidence_ledgers
from tests.support.random_ledgers import ledgers
from tests.support.random_situations import situations
from tests.support.steady import STEADY

SEEDS = range(int(os.environ.get("INVWD_SEEDS", "60")))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("maker", MAKERS)
def test_the_engine_writes_what_the_rules_ask_for(maker: str, seed: int) -> None:
    text, config = MAKERS[maker](seed)
    assert_same(compare(text, config) or ([], []), text + config)


@STEADY
@given(ledgers())
def test_the_engine_agrees_on_ledgers(ledger: tuple[str, str]) -> None:
    assert_agreement(ledger)


@STEADY
@given(evidence_ledgers())
def test_the_engine_agrees_on_evidence(ledger: tuple[str, str]) -> None:
    assert_agreement(ledger)


@STEADY
@given(situations())
def test_the_engine_agrees_on_situations(ledger: tuple[str, str]) -> None:
    assert_agreement(ledger)


@pytest.mark.parametrize("path", find_model_cases(), ids=case_name)
def test_accountants_typed_what_the_rules_ask_for(path: Path) -> None:
    case = read_case(path)
    assert_same(compare_case(case), case.name)


def assert_agreement(ledger: tuple[str, str]) -> None:
    """Assert that engine and model agree on a ledger that loads."""
    difference = compare(*ledger)
    assume(difference is not None)
    assert difference is not None
    assert_same(difference, "\n".join(ledger))


def assert_same(difference: Difference, what: str) -> None:
    """Assert that nothing is missing or too much; else say what."""
    missing, surplus = difference
    lines = [*describe("-", missing), *describe("+", surplus)]
    assert not lines, "\n".join([what, *lines])
