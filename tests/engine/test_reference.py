"""The engine against the slow, obvious reference, on random ledgers.

Run `python -m tests.engine.test_reference 0 5000` for a mass comparison of seeds.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from textwrap import dedent
from typing import Any

import pytest
from beancount import loader
from beancount.core import data
from hypothesis import HealthCheck, Phase, assume, given, settings

from tests.support.random_ledgers import ledger_from_seed, ledgers, with_plugin
from tests.support.reference import Expected, reference

GENERATED = "<beancount_invwd>"

What = tuple[date, str, str, str]
"""Date, kind, entity and currency."""

STEADY = settings(
    derandomize=True,
    max_examples=120,
    deadline=None,
    phases=[Phase.generate] if "CI" in os.environ else [Phase.generate, Phase.shrink],
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

OPENS = """\
2023-01-01 open Assets:Inventory:A
2023-01-01 open Assets:Inventory:B
2023-01-01 open Assets:Inventory:C
2023-01-01 open Assets:Inventory:Pool "NONE"
2023-01-01 open Assets:Cash
2023-01-01 open Income:Sales
2023-01-01 open Expenses:COGS
2023-01-01 open Expenses:Shrinkage
2023-01-01 open Liabilities:Payable
"""

# Worked out by hand: the figures that the reference itself is held against.
PENCIL: dict[str, tuple[str, str, str]] = {
    "a loss, a sale and a recovery": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {5.00 USD}
          Assets:Cash
        2024-01-20 price MUG 3.80 USD
        2024-02-10 * "sell"
          Assets:Inventory:A  -4 MUG {}
          Assets:Cash  30 USD
          Income:Sales  -30 USD
          Expenses:COGS
        2024-02-20 price MUG 4.50 USD
        2024-03-31 price USD 0.9 EUR
        """,
        "{}",
        """
        2024-01-31 write-down | Assets:Inventory:A:Allowance -12, Expenses:Inventory:Write-Down 12
        2024-02-10 release | Assets:Inventory:A:Allowance 4.8, Expenses:COGS -4.8
        2024-02-29 reversal | Assets:Inventory:A:Allowance 4.2, Expenses:Inventory:Reversal -4.2
        """,
    ),
    "item by item nets, lot by lot does not": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {5.00 USD}
          Assets:Inventory:A  10 MUG {3.50 USD}
          Assets:Cash
        2024-01-20 price MUG 4.00 USD
        2024-02-01 price TEA 4 USD
        2024-02-05 * "buy"
          Assets:Inventory:A  8 TEA {5.00 USD}
          Assets:Inventory:A  1 TEA {3.50 USD}
          Assets:Cash
        2024-02-29 price USD 1 EUR
        """,
        "{}",
        """
        2024-01-31 write-down | Assets:Inventory:A:Allowance -5, Expenses:Inventory:Write-Down 5
        2024-02-29 write-down | Assets:Inventory:A:Allowance -7.5, Expenses:Inventory:Write-Down 7.5
        """,
    ),
    "shares by largest remainder, the earliest lot first": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:B  1 MUG {1.00 USD}
          Assets:Inventory:C  1 MUG {1.00 USD}
          Assets:Inventory:A  1 MUG {1.00 USD}
          Assets:Cash
        2024-01-31 price MUG 0.6667 USD
        """,
        "{}",
        """
        2024-01-31 write-down | Assets:Inventory:A:Allowance -0.33, \
Assets:Inventory:B:Allowance -0.34, Assets:Inventory:C:Allowance -0.33, \
Expenses:Inventory:Write-Down 1
        """,
    ),
    "a loss of an earlier fiscal year stays under ASC 330": (
        """
        2023-11-05 * "buy"
          Assets:Inventory:A  10 MUG {5.00 USD}
          Assets:Cash
        2023-11-20 price MUG 4.00 USD
        2023-12-20 price MUG 4.20 USD
        2024-01-20 price MUG 5.20 USD
        2024-02-20 price MUG 4.10 USD
        2024-03-20 price MUG 4.15 USD
        2024-03-31 price USD 1 EUR
        """,
        "{'standard': 'asc330'}",
        """
        2023-11-30 write-down | Assets:Inventory:A:Allowance -10, Expenses:Inventory:Write-Down 10
        2023-12-31 reversal | Assets:Inventory:A:Allowance 2, Expenses:Inventory:Reversal -2
        2024-02-29 write-down | Assets:Inventory:A:Allowance -1, Expenses:Inventory:Write-Down 1
        2024-03-31 reversal | Assets:Inventory:A:Allowance 0.5, Expenses:Inventory:Reversal -0.5
        """,
    ),
    "a transfer that loses units on the way": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  9 MUG {4.00 USD}
          Assets:Cash
        2024-01-31 price MUG 2.889 USD
        2024-02-05 * "move"
          Assets:Inventory:A  -7 MUG {}
          Assets:Inventory:B  5 MUG {4.00 USD}
          Expenses:Shrinkage
        """,
        "{}",
        """
        2024-01-31 write-down | Assets:Inventory:A:Allowance -10, Expenses:Inventory:Write-Down 10
        2024-02-05 release | Assets:Inventory:A:Allowance 2.22, Expenses:Shrinkage -2.22
        2024-02-05 transfer | Assets:Inventory:A:Allowance 5.56, Assets:Inventory:B:Allowance -5.56
        """,
    ),
    "materials become products, a fifth is lost": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {2.00 USD}
          Assets:Inventory:A  10 TEA {3.00 USD}
          Assets:Cash
        2024-01-31 price MUG 1.50 USD
        2024-02-05 * "pack"
          Assets:Inventory:A  -10 MUG {}
          Assets:Inventory:A  -10 TEA {}
          Assets:Inventory:B  4 WIDGET {10.00 USD}
          Expenses:Shrinkage
        """,
        "{}",
        """
        2024-01-31 write-down | Assets:Inventory:A:Allowance -5, Expenses:Inventory:Write-Down 5
        2024-02-05 release | Assets:Inventory:A:Allowance 1, Expenses:Shrinkage -1
        2024-02-05 transfer | Assets:Inventory:A:Allowance 4, Assets:Inventory:B:Allowance -4
        """,
    ),
    "a pool": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:Pool  10 MUG {4.00 USD}
          Assets:Inventory:Pool  10 MUG {6.00 USD}
          Assets:Cash
        2024-01-31 price MUG 4.00 USD
        2024-02-05 * "send back"
          Assets:Inventory:Pool  -5 MUG {5.00 USD}
          Liabilities:Payable
        """,
        "{}",
        """
        2024-01-31 write-down | Assets:Inventory:Pool:Allowance -20, \
Expenses:Inventory:Write-Down 20
        2024-02-05 reversal | Assets:Inventory:Pool:Allowance 5, Expenses:Inventory:Reversal -5
        """,
    ),
    "lower of cost and market: the floor": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2024-01-30 custom "invwd-replacement-cost" "MUG" 6.00 USD
        2024-01-31 price MUG 9.00 USD
        """,
        "{'standard': 'asc330-lcm', 'selling_cost': '10%', 'normal_margin': '20%'}",
        """
        2024-01-31 write-down | Assets:Inventory:A:Allowance -37, Expenses:Inventory:Write-Down 37
        """,
    ),
    "expired goods are not netted, and small losses go to cost of goods sold": (
        """
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
            expires: 2024-02-15
            invwd-salvage: 1.00 USD
          Assets:Inventory:A  10 MUG {9.50 USD}
          Assets:Cash
        2024-01-31 price MUG 9.40 USD
        2024-02-29 price MUG 20.00 USD
        """,
        "{'materiality': '10 USD'}",
        """
        2024-01-31 write-down | Assets:Inventory:A:Allowance -7, Expenses:COGS 7
        2024-02-29 write-down | Assets:Inventory:A:Allowance -84, Expenses:Inventory:Write-Down 84
        2024-02-29 reversal | Assets:Inventory:A:Allowance 1, Expenses:COGS -1
        """,
    ),
    "a price in another currency, at the closing rate": (
        """
        2024-01-01 price USD 0.80 EUR
        2024-01-05 * "buy"
          Assets:Inventory:A  10 MUG {10.00 USD}
          Assets:Cash
        2024-01-20 price MUG 7.00 EUR
        2024-01-31 price EUR 1.30 USD
        """,
        "{'period': 'price', 'release': 'period'}",
        """
        2024-01-20 write-down | Assets:Inventory:A:Allowance -12.5, \
Expenses:Inventory:Write-Down 12.5
        """,
    ),
}


def is_generated(entry: data.Directive) -> bool:
    """Whether the plugin wrote an entry."""
    tags = entry.tags if isinstance(entry, data.Transaction) else None
    return "invwd" in (tags or ()) or entry.meta.get("filename") == GENERATED


def as_expected(entries: Sequence[data.Directive]) -> Counter[Expected]:
    """Return what the plugin wrote, in the words of the reference.

    What differs by its reason only (a lot that is a group of its own beside the rest of its item)
    may be one transaction or two: it is added up.
    """
    sums: dict[tuple[What, Any], dict[str, Decimal]] = {}
    for entry in entries:
        if not isinstance(entry, data.Transaction) or not is_generated(entry):
            continue
        meta = entry.meta
        (currency,) = {posting.units.currency for posting in entry.postings if posting.units}
        source = meta.get("invwd-source"), meta["invwd-reason"] == "return"
        what: What = entry.date, str(meta["invwd"]), str(meta.get("invwd-entity", "")), currency
        legs = sums.setdefault((what, (meta["invwd-group"], source)), {})
        for posting in entry.postings:
            assert posting.units is not None
            assert posting.units.number is not None
            legs[posting.account] = legs.get(posting.account, Decimal(0)) + posting.units.number
    return Counter(
        Expected(*what, tuple(sorted((name, number) for name, number in legs.items() if number)))
        for (what, _), legs in sums.items()
    )


def compare(text: str, config: str) -> tuple[list[Expected], list[Expected]] | None:
    """Return what is missing and what is too much; None if the ledger does not load."""
    entries, errors, options = loader.load_string(text, dedent=False)
    if errors:
        return None
    wanted = Counter(reference(entries, options, config))
    entries, errors, _ = loader.load_string(with_plugin(text, config), dedent=False)
    faults = [error.message for error in errors if "fault of the plugin" in error.message]
    assert faults == [], faults
    found = as_expected(entries)
    return ordered(wanted - found), ordered(found - wanted)


def ordered(counted: Counter[Expected]) -> list[Expected]:
    """Return the elements by date."""
    return sorted(counted.elements(), key=lambda item: (item.date, item.kind, item.postings))


def describe(sign: str, items: Sequence[Expected]) -> list[str]:
    """Return one line for each transaction."""
    return [
        f"  {sign} {item.date} {item.kind} {item.entity} "
        + ", ".join(f"{account} {number} {item.currency}" for account, number in item.postings)
        for item in items
    ]


@pytest.mark.parametrize(("ledger", "config", "pencil"), PENCIL.values(), ids=PENCIL)
def test_the_reference_agrees_with_the_pencil(ledger: str, config: str, pencil: str) -> None:
    entries, errors, options = loader.load_string(OPENS + dedent(ledger), dedent=False)
    assert errors == []
    found = [
        f"{entry.date} {entry.kind} | "
        + ", ".join(f"{account} {number}" for account, number in entry.postings)
        for entry in reference(entries, options, config)
    ]
    assert sorted(found) == sorted(line.strip() for line in pencil.strip().splitlines())


@STEADY
@given(ledgers())
def test_the_engine_writes_what_the_reference_expects(ledger: tuple[str, str]) -> None:
    difference = compare(*ledger)
    assume(difference is not None)
    assert difference is not None
    missing, surplus = difference
    assert (missing, surplus) == ([], []), "\n".join(ledger)


@pytest.mark.parametrize("seed", range(100))
def test_the_engine_agrees_on_fixed_seeds(seed: int) -> None:
    text, config = ledger_from_seed(seed)
    difference = compare(text, config)
    if difference is not None:
        assert difference == ([], []), text + config


def main(first: int, last: int) -> None:
    """Print every seed that differs, with a short difference, and how many do."""
    differing: list[int] = []
    rejected = 0
    for seed in range(first, last):
        try:
            difference = compare(*ledger_from_seed(seed))
        except AssertionError as error:
            print(f"seed {seed}", error.args[0], sep="\n", flush=True)  # noqa: T201
            differing.append(seed)
            continue
        if difference is None:
            rejected += 1
            continue
        missing, surplus = difference
        if missing or surplus:
            differing.append(seed)
            lines = describe("-", missing[:4]) + describe("+", surplus[:4])
            print(f"seed {seed}", *lines, sep="\n", flush=True)  # noqa: T201
    total = last - first - rejected
    print(f"{len(differing)} of {total} differ ({rejected} not loaded): {differing[:60]}")  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
