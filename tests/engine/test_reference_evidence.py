"""The engine against the slow reference: contracts, materials, demand; and plain trade.

Run `python -m tests.engine.test_reference_evidence 0 5000` for a mass comparison of seeds.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable

import pytest
from beancount import loader
from hypothesis import assume, given

from tests.engine.test_reference import STEADY, as_expected, describe, ordered
from tests.support.random_evidence import evidence_from_seed, evidence_ledgers
from tests.support.random_ledgers import with_plugin
from tests.support.random_trade import trade_from_seed
from tests.support.reference import Expected
from tests.support.reference_evidence import reference


def compare(text: str, config: str) -> tuple[list[Expected], list[Expected]] | None:
    """Return what is missing and what is too much; None if the ledger does not load."""
    entries, errors, options = loader.load_string(text, dedent=False)
    if errors:
        return None
    wanted = Counter(reference(entries, options, config))
    entries, errors, _ = loader.load_string(with_plugin(text, config), dedent=False)
    assert [error.message for error in errors if "fault of the plugin" in error.message] == []
    found = as_expected(entries)
    return ordered(wanted - found), ordered(found - wanted)


@STEADY
@given(evidence_ledgers())
def test_the_engine_writes_what_the_reference_expects(ledger: tuple[str, str]) -> None:
    difference = compare(*ledger)
    assume(difference is not None)
    assert difference == ([], []), "\n".join(ledger)


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("make", [evidence_from_seed, trade_from_seed])
def test_the_engine_agrees_on_fixed_seeds(
    make: Callable[[int], tuple[str, str]], seed: int
) -> None:
    text, config = make(seed)
    difference = compare(text, config)
    if difference is not None:
        assert difference == ([], []), text + config


def main(first: int, last: int) -> None:
    """Print every seed that differs, with a short difference, and how many do."""
    differing: list[int] = []
    count = 0
    for seed in range(first, last):
        for make in (evidence_from_seed, trade_from_seed):
            difference = compare(*make(seed))
            if difference is None:
                continue
            count += 1
            missing, surplus = difference
            if missing or surplus:
                differing.append(seed)
                lines = describe("-", missing[:4]) + describe("+", surplus[:4])
                print(f"{make.__name__} {seed}", *lines, sep="\n", flush=True)  # noqa: T201
    print(f"{len(differing)} of {count} differ: {differing[:60]}")  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
