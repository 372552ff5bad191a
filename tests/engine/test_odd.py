"""Entries of other plugins that no ledger can hold: one error each, and the rest is written."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader
from beancount.core import data
from beancount.core.number import MISSING
from beancount.core.position import CostSpec
from beancount.parser import printer

from beancount_invwd.plugin import invwd

LEDGER = """
2023-01-01 open Assets:Inventory:Store
2023-01-01 open Assets:Bank
2023-01-01 commodity MUG
2024-01-05 * "Mugs"
  Assets:Inventory:Store   10 MUG {8.00 USD}
  Assets:Bank
2024-01-05 * "Cups"
  Assets:Inventory:Store   10 CUP {5.00 USD}
  Assets:Bank
2024-01-20 price MUG 6.00 USD
2024-01-20 price CUP 4.00 USD
2024-02-20 price CUP 4.00 USD
"""
Change = Callable[[Any], Any]


def change_posting(**changes: Any) -> Change:
    """Change the posting of mugs."""

    def change(entry: Any) -> Any:
        if not isinstance(entry, data.Transaction) or entry.narration != "Mugs":
            return entry
        first, *rest = entry.postings
        new = {name: make(getattr(first, name)) for name, make in changes.items()}
        return entry._replace(postings=[first._replace(**new), *rest])

    return change


def change_entry(kind: Any, name: str = "MUG", **changes: Any) -> Change:
    """Change the entries of a kind that name something, such as mugs."""

    def change(entry: Any) -> Any:
        if not isinstance(entry, kind) or name not in str(entry):
            return entry
        return entry._replace(**{key: make(getattr(entry, key)) for key, make in changes.items()})

    return change


def unbook(cost: Any) -> Any:
    return CostSpec(cost.number, None, cost.currency, cost.date, None, merge=False)


NOON = datetime.datetime(2024, 1, 5, 12, tzinfo=datetime.timezone.utc)
ODD: dict[str, tuple[Change, str]] = {
    "a datetime as cost date": (
        change_posting(cost=lambda cost: cost._replace(date=NOON)),
        "the date of a cost is 2024-01-05 12:00:00+00:00 (datetime)",
    ),
    "an unbooked cost": (change_posting(cost=unbook), "the cost of a posting is not booked"),
    "units that are missing": (
        change_posting(units=lambda units: units._replace(number=MISSING)),
        "the amount of a posting is",
    ),
    "endless units": (
        change_posting(units=lambda units: units._replace(number=Decimal("Infinity"))),
        "the amount of a posting is Infinity (Decimal)",
    ),
    "a cost of float": (
        change_posting(cost=lambda cost: cost._replace(number=8.0)),
        "the cost of a posting is 8.0 (float)",
    ),
    "a price of float": (
        change_entry(data.Price, amount=lambda amount: amount._replace(number=6.0)),
        "the price is 6.0 (float)",
    ),
    "a price of int": (
        change_entry(data.Price, amount=lambda amount: amount._replace(number=6)),
        "the price is 6 (int)",
    ),
    "a price that is no number": (
        change_entry(data.Price, amount=lambda amount: amount._replace(number=Decimal("NaN"))),
        "the price is NaN (Decimal)",
    ),
    "a key of a price that is no text": (
        change_entry(data.Price, meta=lambda meta: {**meta, 7: "seven"}),
        "a key of the metadata is 7",
    ),
    "a key of a commodity that is no text": (
        change_entry(data.Commodity, meta=lambda meta: {**meta, 7: "seven"}),
        "a key of the metadata is 7",
    ),
    "a key of a posting that is no text": (
        change_posting(meta=lambda meta: {**meta, 7: "seven"}),
        "a key of the metadata is 7",
    ),
    "metadata of a posting that is a list": (
        change_posting(meta=lambda _: ["lineno"]),
        "the metadata of a posting is ['lineno'] (list)",
    ),
    "an account that is None": (
        change_posting(account=lambda _: None),
        "the account of a posting is None (NoneType)",
    ),
}


def load_odd(change: Change) -> tuple[list[Any], dict[str, Any]]:
    entries, errors, options = loader.load_string(LEDGER)
    assert not errors
    return [change(entry) for entry in entries], options


def list_losses(written: Sequence[Any]) -> list[tuple[str, str, Decimal]]:
    transactions: list[Any] = [row for row in written if isinstance(row, data.Transaction)]
    return [
        (str(row.date), row.meta["invwd-group"], row.postings[-1].units.number)
        for row in transactions
    ]


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_named_and_the_rest_is_written(name: str) -> None:
    change, words = ODD[name]
    entries, options = load_odd(change)
    output, errors = invwd(entries, options, "{}")
    assert all(one is other for one, other in zip(output, entries, strict=False))
    assert list_losses(output[len(entries) :]) == [("2024-01-31", "CUP", Decimal("10.00"))]
    (error,) = errors
    assert error.message.startswith(words)
    assert "does not assess MUG" in error.message
    assert error.source["lineno"] > 0


def test_what_is_odd_of_an_account_leaves_out_its_goods() -> None:
    """All goods of it: what its Open states may concern them."""
    change = change_entry(data.Open, "Store", meta=lambda meta: {**meta, 7: "seven"})
    entries, options = load_odd(change)
    output, errors = invwd(entries, options, "{}")
    assert list_losses(output[len(entries) :]) == []
    (error,) = errors
    assert "does not assess CUP, MUG" in error.message


BOOKED = """
2024-01-31 * "Write-down" #invwd
  invwd-group: "MUG"
  invwd: "write-down"
  Assets:Inventory:Store:Allowance  -20.00 USD
  Expenses:Inventory:Write-Down      20.00 USD
2024-02-10 * "Sold"
  Assets:Inventory:Store   -5 MUG {}
  Expenses:COGS
2024-02-10 * "Release" #invwd
  invwd-group: "MUG"
  invwd: "release"
  Assets:Inventory:Store:Allowance   10.00 USD
  Expenses:COGS                     -10.00 USD
2024-02-29 custom "invwd-closed" TRUE
2024-03-20 price CUP 3.00 USD
2024-04-20 price CUP 3.00 USD
"""


@pytest.mark.parametrize("narration", ["Mugs", "Write-down", "Sold", "Release"])
def test_an_item_is_left_out_from_the_beginning_with_what_is_booked_of_it(narration: str) -> None:
    """A sale that cannot be read: its release is no mistake, and nothing is corrected."""
    entries, _, options = loader.load_string(LEDGER + BOOKED)
    sold = [make_endless(entry, narration) for entry in entries]
    output, errors = invwd(sold, options, "{}")
    (error,) = errors
    assert "leaves out this transaction and does not assess MUG;" in error.message
    assert list_losses(output[len(sold) :]) == [("2024-03-31", "CUP", Decimal("20.00"))]
    again, told = invwd(sorted(output, key=data.entry_sortkey), options, "{}")
    assert len(again) == len(output)
    assert told == errors


def make_endless(entry: Any, narration: str) -> Any:
    """Change the first posting of a transaction."""
    if not isinstance(entry, data.Transaction) or entry.narration != narration:
        return entry
    first, *rest = entry.postings
    assert first.units is not None
    units = first.units._replace(number=Decimal("Infinity"))
    return entry._replace(postings=[first._replace(units=units), *rest])


@pytest.mark.parametrize("group", ["kitchen", "total"])
def test_what_was_booked_as_one_is_left_out_as_one(group: str) -> None:
    """Of 30.00 booked for mugs and pots nobody knows how much was for pots alone."""
    booked = f"""
2023-01-01 commodity POT
  category: "kitchen"
2024-01-05 * "Pots"
  Assets:Inventory:Store   10 POT {{9.00 USD}}
  Assets:Bank
2024-01-31 * "Taken over" #invwd
  invwd-group: "{group}"
  Assets:Inventory:Store:Allowance  -30.00 USD
  Expenses:Inventory:Write-Down      30.00 USD
2024-01-31 price POT 8.00 USD
"""
    ledger = LEDGER.replace("commodity MUG", 'commodity MUG\n  category: "kitchen"')
    entries, _, options = loader.load_string(ledger + booked)
    output, errors = invwd([make_endless(row, "Mugs") for row in entries], options, "{}")
    (error,) = errors
    left_out = {"kitchen": "MUG, POT", "total": "CUP, MUG, POT"}[group]
    assert f"does not assess {left_out};" in error.message
    rest = {"kitchen": ["CUP"], "total": []}[group]
    assert [item for _, item, _ in list_losses(output[len(entries) :])] == rest


def test_a_rate_that_is_odd_leaves_out_what_needs_it() -> None:
    foreign = """
2024-01-05 * "Pots"
  Assets:Inventory:Store   10 POT {9.00 USD}
  Assets:Bank
2024-01-20 price POT 5.00 GBP
2024-01-10 price GBP 1.25 USD
2024-01-20 price GBP 1.20 USD
"""
    entries, _, options = loader.load_string(LEDGER + foreign)
    endless = Decimal("NaN")
    change = change_entry(data.Price, "1.20", amount=lambda row: row._replace(number=endless))
    output, errors = invwd([change(entry) for entry in entries], options, "{}")
    (error,) = errors
    assert "leaves out this price and does not assess POT;" in error.message
    found = [item for _, item, _ in list_losses(output[len(entries) :])]
    assert found == ["CUP", "MUG"]


@pytest.mark.parametrize("account", ["Assets:Inventory:Store:Allowance", "Expenses:COGS"])
def test_an_account_is_there_whatever_is_odd_of_it(account: str) -> None:
    """It is not opened once more, which Beancount would call a duplicate."""
    accounts = "Assets:Inventory:Store:Allowance", "Expenses:Inventory:Write-Down", "Expenses:COGS"
    opens = "".join(f"2023-01-01 open {name}\n" for name in accounts)
    entries, _, options = loader.load_string(opens + LEDGER)
    odd = change_entry(data.Open, account, meta=lambda meta: {**meta, 7: "seven"})
    output, errors = invwd([odd(entry) for entry in entries], options, "{}")
    assert not [row for row in output[len(entries) :] if isinstance(row, data.Open)]
    assert len(errors) == 1


def test_what_is_odd_of_a_directive_for_all_leaves_out_all() -> None:
    """Which dates are closed is not known."""
    entries, _, options = loader.load_string(LEDGER + BOOKED)
    odd = change_entry(data.Custom, "invwd-closed", meta=lambda meta: {**meta, 7: "seven"})
    output, errors = invwd([odd(entry) for entry in entries], options, "{}")
    (error,) = errors
    assert "leaves out this custom and does not assess CUP, MUG;" in error.message
    assert len(output) == len(entries)


def test_postings_need_no_metadata() -> None:
    entries, _, options = loader.load_string("""
2024-01-01 open Assets:Inventory "FIFO"
2024-01-01 open Assets:Bank
2024-01-05 * "Bought"
  Assets:Inventory  10 MUG {8.00 USD}
  Assets:Bank
2024-01-20 * "Sold"
  Assets:Inventory  -4 MUG {}
  Assets:Bank
2024-01-31 price MUG 6.00 USD
""")
    bare = [
        entry._replace(postings=[row._replace(meta=None) for row in entry.postings])
        if isinstance(entry, data.Transaction)
        else entry
        for entry in entries
    ]
    output, errors = invwd(bare, options, "{}")
    assert not errors
    assert list_losses(output[len(entries) :]) == [("2024-01-31", "MUG", Decimal("12.00"))]


def test_what_is_odd_but_can_be_followed_is() -> None:
    entries, options = load_odd(change_posting(cost=lambda cost: cost._replace(label=["a"])))
    output, errors = invwd(entries, options, "{}")
    assert not errors
    assert ("2024-01-31", "MUG", Decimal("20.00")) in list_losses(output[len(entries) :])


@pytest.mark.parametrize(
    "change",
    [
        change_posting(meta=lambda meta: {**(meta or {}), "invwd-nrv": [1]}),
        change_entry(data.Custom, "invwd-contract", values=lambda _: None),
    ],
)
def test_an_error_about_what_cannot_be_printed_can_be(change: Change) -> None:
    """Beancount prints the directive of an error, and raises at values that it does not know."""
    sold = '2024-01-20 custom "invwd-contract" 5 MUG 7.00 USD\n  until: 2024-03-31\n'
    entries, _, options = loader.load_string(LEDGER + sold)
    _, errors = invwd([change(entry) for entry in entries], options, "{}")
    assert [str(printer.format_error(error)) for error in errors]  # type: ignore[no-untyped-call]
