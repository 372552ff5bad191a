"""The engine's short ways against its general way: the same entries and errors, to the letter.

Run `python -m tests.engine.test_short_ways 0 5000` for a mass comparison of seeds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from beancount import loader
from beancount.core import data
from beancount.core.amount import Amount
from beancount.parser import printer
from hypothesis import given

from beancount_invwd.allowance.cover import Cover
from beancount_invwd.allowance.weigh import Weigher
from beancount_invwd.lots.books import Books
from beancount_invwd.plugin import invwd
from tests.support.random_evidence import evidence_from_seed
from tests.support.random_ledgers import ledger_from_seed, ledgers
from tests.support.random_situations import situations_from_seed
from tests.support.random_trade import trade_from_seed
from tests.support.steady import STEADY

Maker = Callable[[int], tuple[str, str]]


def _take_any(books: Books, txns: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    found = ((txn, books._apply_any(txn, 0)) for txn in txns)
    yield from ((txn, outflow) for txn, outflow in found if outflow is not None)


@contextmanager
def without_short_ways() -> Iterator[None]:
    """Apply every transaction, and weigh every stock, the general way."""
    with (
        patch.object(Books, "take", _take_any),
        patch.object(Weigher, "_find_known", lambda *_: None),
        patch.object(Weigher, "_weigh_whole", None),
        patch.object(Cover, "list_uncovered", lambda _, stocks, __: [s for s in stocks if s.lots]),
    ):
        yield


def describe(entries: list[Any], options: dict[str, Any], config: str) -> str:
    output, errors = invwd(entries, options, config)
    written = [printer.format_entry(entry) for entry in output[len(entries) :]]
    told = [
        f"{error.source['filename']}:{error.source['lineno']} {error.message}" for error in errors
    ]
    return "\n".join(written + sorted(told))


def compare(text: str, config: str) -> tuple[str, str]:
    entries, _, options = loader.load_string(text, dedent=False)
    short = describe(entries, options, config)
    with without_short_ways():
        return short, describe(entries, options, config)


@STEADY
@given(ledgers())
def test_short_ways_lead_to_the_same_books(ledger: tuple[str, str]) -> None:
    short, general = compare(*ledger)
    assert short == general, "\n".join(ledger)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("make", [evidence_from_seed, trade_from_seed, situations_from_seed])
def test_short_ways_lead_to_the_same_books_on_fixed_seeds(make: Maker, seed: int) -> None:
    short, general = compare(*make(seed))
    assert short == general


FACTS = [
    {"filename": "<other>", "invwd-nrv": Amount(Decimal(2), "USD")},
    {"lineno": 3, "invwd-nrv": Amount(Decimal(2), "USD")},
    {"invwd-nrv": Amount(Decimal(2), "USD"), "note": "torn"},
]


@pytest.mark.parametrize("meta", FACTS)
def test_what_another_plugin_states_of_a_lot_counts(meta: dict[str, Any]) -> None:
    text = """
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Inventory:Store
2024-01-10 * "mugs"
  Assets:Inventory:Store  10 MUG {10.00 USD}
  Assets:Bank
2024-01-31 price MUG 12.00 USD
"""
    entries, _, options = loader.load_string(text, dedent=False)
    changed = [
        entry._replace(postings=[entry.postings[0]._replace(meta=meta), *entry.postings[1:]])
        if isinstance(entry, data.Transaction)
        else entry
        for entry in entries
    ]
    short = describe(changed, options, "{}")
    assert "Assets:Inventory:Store:Allowance  -80.00 USD" in short
    with without_short_ways():
        assert describe(changed, options, "{}") == short


SALES = """
2024-01-01 open Assets:Bank
2024-01-01 open Assets:Depot
2024-01-01 open Assets:Inventory:Store
2024-01-01 open Assets:Inventory:Pool "NONE"
2024-01-10 * "goods"
  Assets:Inventory:Store  10 MUG {{6.00 USD}}
  Assets:Inventory:Store  10 CUP {{6.00 USD}}
  Assets:Inventory:Store  10 BOWL {{6.00 USD}}
  Assets:Inventory:Store  1 VASE {{6.00 USD}}
  Assets:Depot  2 BOND {{6.00 USD}}
  Assets:Bank
2024-02-10 * "sold"
  {posting}
  Assets:Inventory:Store  -2 CUP {{6.00 USD}}
  Assets:Inventory:Store  -3 BOWL {{6.00 USD}}
  Assets:Inventory:Store  -1 VASE {{6.00 USD}}
  Assets:Bank
2024-02-29 price MUG 4.00 USD
2024-02-29 price CUP 4.00 USD
2024-02-29 price BOWL 4.00 USD
2024-02-29 price VASE 4.00 USD
"""


@pytest.mark.parametrize(
    "posting",
    [
        "Assets:Inventory:Store  -1 MUG {6.00 USD}",
        "Assets:Inventory:Store  1 MUG {6.00 USD}",
        "Assets:Inventory:Store  -1 MUG {6.00 USD}\n  Assets:Inventory:Store  1 CUP {5.00 USD}",
        "Assets:Inventory:Pool  -1 CUP {6.00 USD}",
        "Assets:Inventory:Store  3 EUR",
        "Assets:Depot  1 SHARE {6.00 USD}",
        "Assets:Depot  -1 BOND {6.00 USD}",
    ],
)
def test_sales_behind_another_posting_are_the_same(posting: str) -> None:
    short, general = compare(SALES.format(posting=posting), "{}")
    assert "Write-down of BOWL to net realisable value: 7 units" in short
    assert "Write-down of VASE" not in short
    assert short == general


@pytest.mark.parametrize(
    "change",
    [
        {"meta": {"filename": "<other>", "invwd-exclude": True}},
        {"units": Amount(Decimal(-15), "MUG")},
    ],
)
def test_sales_behind_what_another_plugin_changed_are_the_same(change: dict[str, Any]) -> None:
    text = SALES.format(posting="Assets:Inventory:Store  -1 MUG {6.00 USD}")
    entries, _, options = loader.load_string(text, dedent=False)
    sale = next(entry for entry in reversed(entries) if isinstance(entry, data.Transaction))
    postings = [sale.postings[0]._replace(**change), *sale.postings[1:]]
    entries[entries.index(sale)] = sale._replace(postings=postings)
    short = describe(entries, options, "{}")
    assert "Write-down of BOWL to net realisable value: 7 units" in short
    with without_short_ways():
        assert describe(entries, options, "{}") == short


def main(first: int, last: int) -> None:
    """Print every seed that differs, and how many do."""
    differing = []
    for seed in range(first, last):
        for make in (ledger_from_seed, evidence_from_seed, trade_from_seed, situations_from_seed):
            short, general = compare(*make(seed))
            if short != general:
                differing.append(seed)
                print(f"seed {seed}", short, "---", general, sep="\n", flush=True)  # noqa: T201
    print(f"{len(differing)} differ: {differing[:60]}")  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
