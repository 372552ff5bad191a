"""The screen leaves items out that are never below cost, and changes nothing by it.

Run `python -m tests.test_screen 0 5000` for a mass comparison of seeds.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest.mock import patch

import pytest
from beancount import loader
from beancount.core import data

from beancount_invwd import plugin, screen
from beancount_invwd.errors import InvwdError
from beancount_invwd.screen import Screened
from tests.random_ledgers import ledger_from_seed

HEAD = """\
2023-01-01 open Assets:Inventory:A
2023-01-01 open Assets:Inventory:B
2023-01-01 open Assets:Cash
2023-01-01 open Assets:Bank
2023-01-01 open Income:Sales
2023-01-01 open Expenses:COGS
2024-01-05 * "buy"
  Assets:Inventory:A  10 MUG {5.00 USD}
  Assets:Inventory:A  10 TEA {5.00 USD}
  Assets:Cash
2024-01-20 price MUG 8 USD
2024-01-20 price TEA 8 USD
2024-03-31 balance Assets:Bank  0 USD
"""


def run(
    entries: Sequence[Any], options: dict[str, Any], config: str, *, is_screened: bool
) -> tuple[list[Any], list[InvwdError], Screened | None]:
    """What the plugin returns, and what the screen left to follow (None: everything)."""
    found: list[Screened | None] = []

    def watch(*args: Any) -> Screened | None:
        found.append(screen.screen(*args))
        return found[-1]

    with patch.object(plugin, "screen", watch if is_screened else lambda *_: None):
        new, errors = plugin.invwd(entries, options, config)
    return new, errors, found[0] if found else None


def compare(text: str, config: str) -> bool | None:
    """Compare the plugin with and without the screen.

    Returns:
        Whether the screen left something out; None if the ledger does not load.
    """
    entries, errors, options = loader.load_string(text, dedent=False)
    if errors:
        return None
    is_shorter = False
    for policy in (config, config.replace("'missing_price': 'ignore'", "'missing_price': 'error'")):
        fast, fast_errors, screened = run(entries, options, policy, is_screened=True)
        slow, slow_errors, _ = run(entries, options, policy, is_screened=False)
        assert fast == slow
        assert fast_errors == slow_errors
        assert not [error for error in fast_errors if "fault of the plugin" in error.message]
        is_shorter |= screened is not None and len(screened.entries) < len(entries)
    return is_shorter


def find_followed(text: str, config: str = "{}") -> set[str] | None:
    """The items that are followed in a ledger, of those that it has; None is all."""
    entries, errors, options = loader.load_string(HEAD + dedent(text), dedent=False)
    assert errors == []
    new, _, screened = run(entries, options, config, is_screened=True)
    assert new == run(entries, options, config, is_screened=False)[0]
    return None if screened is None else {"MUG", "TEA", "KIT"} & screened.items


@pytest.mark.parametrize("seed", range(200))
def test_random_ledgers_are_written_as_without_the_screen(seed: int) -> None:
    compare(*ledger_from_seed(seed))


CASES = sorted(Path(__file__).parent.glob("cases/**/*.beancount"))


def test_case_files_are_written_as_without_the_screen() -> None:
    for path in CASES:
        entries, _, options = loader.load_file(str(path))
        own = [entry for entry in entries if entry.meta["filename"] != "<beancount_invwd>"]
        for name, config in options["plugin"]:
            if name == "beancount_invwd":
                fast = run(own, options, config or "", is_screened=True)
                slow = run(own, options, config or "", is_screened=False)
                assert fast[:2] == slow[:2], path


LEFT_TO_FOLLOW = {
    "nothing where sums show no loss": ("", "{}", set()),
    "what a price is below": ("2024-02-20 price MUG 4 USD", "{}", {"MUG"}),
    "nothing for a price between two tests": (
        "2024-02-10 price MUG 4 USD\n2024-02-20 price MUG 8 USD",
        "{}",
        set(),
    ),
    "what a price of each date is below": (
        "2024-02-10 price MUG 4 USD\n2024-02-20 price MUG 8 USD",
        "{'period': 'price', 'missing_price': 'ignore'}",
        {"MUG"},
    ),
    "the lot basis looks at the dearest": (
        """
        2024-02-01 * "buy"
          Assets:Inventory:A  1 MUG {8.50 USD}
          Assets:Cash
        """,
        "{'basis': 'lot'}",
        {"MUG"},
    ),
    "the item basis does not": (
        """
        2024-02-01 * "buy"
          Assets:Inventory:A  1 MUG {8.50 USD}
          Assets:Cash
        """,
        "{}",
        set(),
    ),
    "nothing in total, where others make up for it": (
        "2024-02-20 price MUG 4 USD",
        "{'basis': 'total'}",
        set(),
    ),
    "all in total, where they do not": (
        "2024-02-20 price MUG 4 USD\n2024-02-20 price TEA 5.50 USD",
        "{'basis': 'total'}",
        {"MUG", "TEA"},
    ),
    "all in total, where a gain is no evidence any more": (
        "2024-02-20 price MUG 4 USD\n2025-01-20 price MUG 4 USD\n2025-02-20 price MUG 4 USD",
        "{'basis': 'total', 'missing_price': 'ignore'}",
        {"MUG", "TEA"},
    ),
    "selling costs count": ("", "{'selling_cost': '40%'}", {"MUG", "TEA"}),
    "a price of nothing": ("2024-02-20 price MUG 0 USD", "{'basis': 'total'}", {"MUG", "TEA"}),
    "a price in another currency": (
        "2024-02-20 price EUR 1 USD\n2024-02-20 price MUG 8 EUR",
        "{}",
        {"MUG"},
    ),
    "what a directive names": (
        '2024-02-20 custom "invwd-nrv" "MUG" 9 USD "sold off"',
        "{}",
        {"MUG"},
    ),
    "what a lot states": (
        """
        2024-02-01 * "buy"
          Assets:Inventory:A  1 MUG {5 USD}
            expires: 2024-12-31
          Assets:Cash
        """,
        "{}",
        {"MUG"},
    ),
    "what a transaction states": (
        """
        2024-02-01 * "buy"
          expires: 2024-12-31
          Assets:Inventory:A  1 MUG {5 USD}
          Assets:Cash
        """,
        "{}",
        {"MUG"},
    ),
    "an item that is booked": (
        """
        2024-01-31 * "by hand" #invwd
          invwd-group: "MUG"
          Assets:Inventory:A:Allowance  -1 USD
          Expenses:COGS  1 USD
        2024-01-01 open Assets:Inventory:A:Allowance
        """,
        "{}",
        {"MUG"},
    ),
    "everything, if all of it is booked": (
        """
        2024-01-31 * "by hand" #invwd
          invwd-group: "total"
          Assets:Inventory:A:Allowance  -1 USD
          Expenses:COGS  1 USD
        2024-01-01 open Assets:Inventory:A:Allowance
        """,
        "{'basis': 'total'}",
        None,
    ),
    "products of what is followed": (
        """
        2024-02-20 price MUG 4 USD
        2024-03-01 * "pack"
          Assets:Inventory:A  -1 MUG {}
          Assets:Inventory:A  1 KIT {5 USD}
        2024-03-01 price KIT 9 USD
        """,
        "{}",
        {"MUG", "KIT"},
    ),
    "no product where something was sold": (
        """
        2024-02-20 price MUG 4 USD
        2024-03-01 * "sell one, take another in"
          Assets:Inventory:A  -1 MUG {}
          Assets:Inventory:A  1 KIT {5 USD}
          Income:Sales
          Expenses:COGS  5 USD
        2024-03-01 price KIT 9 USD
        """,
        "{}",
        {"MUG"},
    ),
    "no transfer": (
        """
        2024-02-20 price MUG 4 USD
        2024-03-01 * "move"
          Assets:Inventory:A  -1 MUG {}
          Assets:Inventory:A  -1 TEA {}
          Assets:Inventory:B  1 MUG {5 USD}
          Assets:Inventory:B  1 TEA {5 USD}
        """,
        "{}",
        {"MUG"},
    ),
    "what has no price": (
        """
        2024-02-01 * "buy"
          Assets:Inventory:A  1 KIT {5 USD}
          Assets:Cash
        """,
        "{}",
        {"KIT"},
    ),
    "the dearest purchase, against replacement cost": (
        """
        2024-02-01 * "buy"
          Assets:Inventory:A  1 MUG {4 USD}
          Assets:Cash
        """,
        "{'measure': 'lower'}",
        {"MUG"},
    ),
    "nothing at cost": ("2024-02-20 price MUG 4 USD", "{'measure': 'cost'}", set()),
}


@pytest.mark.parametrize(("text", "config", "items"), LEFT_TO_FOLLOW.values(), ids=LEFT_TO_FOLLOW)
def test_the_screen_leaves_to_follow(text: str, config: str, items: set[str] | None) -> None:
    assert find_followed(text, config) == items


def test_one_error_for_all_prices_only_where_all_are_missing() -> None:
    """Both that are followed lack a price, but MUG and TEA have one."""
    text = """
        2024-02-01 * "buy"
          Assets:Inventory:A  1 KIT {5 USD}
          Assets:Inventory:A  1 JUG {5 USD}
          Assets:Cash
    """
    entries, errors, options = loader.load_string(HEAD + dedent(text), dedent=False)
    assert errors == []
    _, found, screened = run(entries, options, "{}", is_screened=True)
    assert screened is not None
    assert [error.message.partition(" and ")[0] for error in found] == [
        "KIT has no price on 2024-03-31",
        "JUG has no price on 2024-03-31",
    ]


def test_a_release_knows_the_cost_of_all_that_left() -> None:
    """Section 8, rule 1: the account of the cost of all units, those that are not followed too."""
    text = """
        2023-01-01 open Expenses:Samples
        2024-02-20 price MUG 4 USD
        2024-03-01 * "give away"
          Assets:Inventory:A  -2 MUG {}
          Assets:Inventory:A  -1 TEA {}
          Assets:Inventory:A  -1 TEA {}
          Assets:Inventory:B  1 TEA {5 USD}
          Expenses:Samples  15 USD
    """
    entries, errors, options = loader.load_string(HEAD + dedent(text), dedent=False)
    assert errors == []
    new, _, screened = run(entries, options, "{}", is_screened=True)
    (release,) = [
        entry
        for entry in new
        if isinstance(entry, data.Transaction) and entry.meta.get("invwd") == "release"
    ]
    assert screened is not None
    assert "TEA" not in screened.items
    assert {posting.account for posting in release.postings} == {
        "Assets:Inventory:A:Allowance",
        "Expenses:Samples",
    }


def main(first: int, last: int) -> None:
    """Compare seeds; print how many ledgers the screen shortened."""
    results = [compare(*ledger_from_seed(seed)) for seed in range(first, last)]
    print(f"{len(results)} ledgers, {results.count(True)} shortened, {results.count(None)} skipped")  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
