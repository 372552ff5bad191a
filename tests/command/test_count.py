"""A count: what is missing is written, appended, and leaves exactly what was counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from beancount import loader
from beancount.core import data

from beancount_invwd.engine import follow_ledger
from beancount_invwd.sheets.count import Count, count
from beancount_invwd.sheets.count_sheet import read_sheet
from tests.support.random_ledgers import ledger_from_seed, with_plugin

HEAD = """
plugin "beancount_invwd" "{{'missing_price': 'ignore'}}"
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:COGS
2024-01-01 open Assets:Inventory:Store "{booking}"
2024-01-01 open Assets:Inventory:Depot "{booking}"
"""
STORE = "Assets:Inventory:Store"
LOSS = "Expenses:Inventory:Write-Off"


def _ledger(booking: str, *postings: str) -> str:
    """A ledger that buys `10 MUG {5 USD}`, one a day from 2 January on."""
    text = HEAD.format(booking=booking)
    for day, posting in enumerate(postings, 2):
        account, rest = posting.split(maxsplit=1) if posting.startswith("Assets") else ("", posting)
        text += f'\n2024-01-{day:02} * "Day {day}"\n  {account or STORE}  {rest}\n  Assets:Bank\n'
    return text


def _count(ledger: str, sheet: str, day: date | None = None) -> Count:
    entries, errors, options = loader.load_string(ledger)
    assert not errors
    return count(follow_ledger(entries, options, day), sheet)


def _sheet(*lines: str) -> str:
    """A sheet of `MUG 7 A-17`: commodity, quantity and perhaps label, in the store."""
    rows = [line.split(maxsplit=2) for line in lines]
    body = "".join(f"{STORE},{row[0]},{row[1]},{''.join(row[2:])}\n" for row in rows)
    return "account,commodity,quantity,label\n" + body


def _append(ledger: str, found: Count) -> list[Any]:
    """Append the shortages and assertions; bean-check has to pass."""
    text = ledger + found.write(has_balances=True)
    entries, errors, _ = loader.load_string(text)
    assert not errors, [text, *errors]
    return entries


def _postings(found: Count) -> list[str]:
    """The lines that take units out."""
    lines = found.write().splitlines()
    return [" ".join(line.split()[1:]) for line in lines if line.startswith("  Assets")]


def _messages(found: Count) -> list[str]:
    return [f"{row.kind}: {row}" for row in found.problems]


def _one(found: Count) -> str:
    (message,) = _messages(found)
    return message


LOTS = ("10 MUG {5.00 USD}", '8 MUG {7.00 USD, "A-17"}', '6 MUG {6.00 USD, "A-18"}')


@pytest.mark.parametrize(
    ("booking", "lots", "sheet", "expected"),
    [
        ("FIFO", LOTS, ["MUG 13"], ["-11 MUG {}"]),
        ("LIFO", LOTS, ["MUG 13"], ["-11 MUG {}"]),
        ("HIFO", LOTS, ["MUG 13"], ["-11 MUG {}"]),
        ("STRICT", LOTS[:1], ["MUG 7"], ["-3 MUG {}"]),
        ("STRICT", LOTS[1:2], ["MUG 7 A-17"], ['-1 MUG {"A-17"}']),
        ("STRICT", LOTS, ["MUG 0"], ["-24 MUG {}"]),
        (
            "STRICT",
            LOTS,
            ["MUG 10", "MUG 7 A-17", "MUG 4 A-18"],
            ['-1 MUG {"A-17"}', '-2 MUG {"A-18"}'],
        ),
        ("STRICT", LOTS, ["MUG 9", "MUG 8 A-17", "MUG 6 A-18"], ["-1 MUG {5.00 USD}"]),
        ("STRICT_WITH_SIZE", LOTS, ["MUG 18"], ["-6 MUG {}"]),
        ("STRICT_WITH_SIZE", LOTS, ["MUG 24"], []),
        ("FIFO", LOTS[::-1], ["MUG 9", "MUG 8 A-17", "MUG 6 A-18"], ["-1 MUG {5.00 USD}"]),
        ("FIFO", LOTS, ["MUG 9", "MUG 6 A-18", "MUG 8 A-17"], ["-1 MUG {}"]),
        ("FIFO", LOTS, ["MUG 0 A-18", "MUG 18"], ['-6 MUG {"A-18"}']),
        ("STRICT", ("1.250 OIL {4.125 USD}",), ["OIL 0.75"], ["-0.500 OIL {}"]),
        ("NONE", ("10 TEA {5 USD}", "10 TEA {6 USD}"), ["TEA 17"], ["-3 TEA {5.50 USD}"]),
        ("NONE", ("10 TEA {5 USD}", "10 TEA {6 USD}"), ["TEA 0"], ["-20 TEA {5.50 USD}"]),
        ("NONE", ("3 TEA {{16 USD}}",), ["TEA 2"], ["-1 TEA {{5.33 USD}}"]),
        ("NONE", ("3 TEA {{16 USD}}",), ["TEA 0"], ["-3 TEA {{16.00 USD}}"]),
        ("NONE", ("3 TEA {1.001 USD}", "4 TEA {1 USD}"), ["TEA 0"], ["-7 TEA {{7.003 USD}}"]),
        ("NONE", ("700 PIN {{0.10 USD}}",), ["PIN 699"], ["-1 PIN {{0.000142857143 USD}}"]),
        ("NONE", ("5 TEA {200 USD}", "4 TEA {1000 USD}"), ["TEA 8"], ["-1 TEA {{555.56 USD}}"]),
        ("NONE", ("7 TEA {100 USD}", "5 TEA {1.00005 USD}"), ["TEA 11"], ["-1 TEA {{58.75 USD}}"]),
        (
            "NONE",
            ("5 TEA {10 USD}", "5 TEA {8 EUR}"),
            ["TEA 0"],
            ["-5 TEA {8.00 EUR}", "-5 TEA {10.00 USD}"],
        ),
        (
            "NONE",
            ("5 TEA {10 USD}", "-5 TEA {10 USD}", "5 TEA {8 EUR}"),
            ["TEA 4"],
            ["-1 TEA {8.00 EUR}"],
        ),
        ("NONE", ("5 TEA {10.5 USD}", "-4 TEA {10 USD}"), ["TEA 0"], ["-1 TEA {12.50 USD}"]),
        ("NONE", ("4 TEA {0 USD}",), ["TEA 3"], ["-1 TEA {0.00 USD}"]),
        (
            "FIFO",
            ("5 TEA {10 USD}", "5 MUG {8 EUR}"),
            ["TEA 4", "MUG 3"],
            ["-1 TEA {USD}", "-2 MUG {EUR}"],
        ),
        (
            "STRICT",
            ('5 TEA {10 USD, "A"}', "5 TEA {8 EUR}"),
            ["TEA 0 A", "TEA 3"],
            ['-5 TEA {USD, "A"}', "-2 TEA {EUR}"],
        ),
        (
            "STRICT",
            ("5 TEA {10 USD}", "5 TEA {8 EUR}"),
            ["TEA 0"],
            ["-5 TEA {EUR}", "-5 TEA {USD}"],
        ),
        (
            "STRICT",
            ('5 MUG {1 USD, "a\\"b"}', "5 MUG {2 USD}"),
            ['MUG 4 a"b', "MUG 5"],
            ['-1 MUG {"a\\"b"}'],
        ),
        (
            "STRICT",
            ("5 MUG {1 USD}", "5 MUG {1 USD}", '5 MUG {1 USD, "A"}'),
            ["MUG 5 A", "MUG 0"],
            ["-5 MUG {1 USD, 2024-01-02}", "-5 MUG {1 USD, 2024-01-03}"],
        ),
        (
            "STRICT",
            (
                '5 MUG {1 USD, 2024-01-01, "A"}',
                '5 MUG {1 USD, 2024-01-01, "B"}',
                '5 MUG {2 USD, "A"}',
            ),
            ["MUG 0 A", "MUG 5 B"],
            ['-10 MUG {"A"}'],
        ),
        (
            "STRICT",
            (
                '5 MUG {1 USD, 2024-01-01, "A"}',
                '5 MUG {1 USD, 2024-01-01, "B"}',
                '4 MUG {2 USD, "C"}',
            ),
            ["MUG 0", "MUG 4 C"],
            ['-5 MUG {1 USD, 2024-01-01, "A"}', "-5 MUG {1 USD}"],
        ),
    ],
)
def test_units_leave_as_the_booking_takes_them(
    booking: str, lots: Sequence[str], sheet: Sequence[str], expected: Sequence[str]
) -> None:
    ledger = _ledger(booking, *lots)
    found = _count(ledger, _sheet(*sheet))
    assert not found.problems
    assert _postings(found) == expected
    assert len(found.balances) == len({line.split()[0] for line in sheet})
    _append(ledger, found)


def test_the_text_reads_as_a_user_would_have_typed_it() -> None:
    ledger = _ledger("STRICT", *LOTS, "20 LAMP {9 USD}")
    found = _count(ledger, _sheet("MUG 10", "MUG 7 A-17", "MUG 4 A-18", "LAMP 9"))
    assert found.write(has_balances=True) == (
        """
2024-01-05 open Expenses:Inventory:Write-Off

2024-01-05 * "Count: 3 MUG missing (11 counted, 14 in the books)"
  Assets:Inventory:Store        -1 MUG {"A-17"}
  Assets:Inventory:Store        -2 MUG {"A-18"}
  Expenses:Inventory:Write-Off

2024-01-05 * "Count: 11 LAMP missing (9 counted, 20 in the books)"
  Assets:Inventory:Store        -11 LAMP {}
  Expenses:Inventory:Write-Off

2024-01-06 balance Assets:Inventory:Store  21 MUG
2024-01-06 balance Assets:Inventory:Store   9 LAMP
"""
    )
    assert _count(ledger, _sheet("MUG 24", "LAMP 20")).write() == ""


def test_once_appended_a_count_finds_nothing_missing() -> None:
    ledger = _ledger("FIFO", *LOTS)
    sheet = _sheet("MUG 13")
    again = _count(ledger + _count(ledger, sheet).write(), sheet)
    assert not again.shortages
    assert not again.problems


def test_the_allowance_of_what_is_missing_goes_to_the_loss() -> None:
    ledger = _ledger("STRICT", "10 MUG {5 USD}") + (
        '\n2024-01-31 price MUG 3 USD\n2024-02-10 note Assets:Bank "x"\n'
    )
    found = _count(ledger, _sheet("MUG 7"), date(2024, 2, 10))
    entries = _append(ledger, found)
    (release,) = [row for row in entries if row.meta.get("invwd") == "release"]
    amounts = {row.account: row.units.number for row in release.postings}
    assert amounts == {f"{STORE}:Allowance": 6, "Expenses:Inventory:Write-Off": -6}


def test_an_account_of_the_loss_by_category_and_entity() -> None:
    ledger = """
plugin "beancount_invwd" "{'inventory': 'Assets:(?P<entity>[^:]+):Stock', 'missing_price': 'ignore',
  'accounts': {'write_off': 'Expenses:{entity}:Lost:{category}'}}"
2024-01-01 open Assets:North:Stock
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:North:Lost:Home
2024-01-01 commodity MUG
  category: "home"
2024-01-02 * "Mugs"
  Assets:North:Stock  10 MUG {5 USD}
  Assets:Bank
"""
    found = _count(ledger, "quantity;commodity;account\n9;MUG;Assets:North:Stock\n")
    assert not found.opens
    assert found.shortages[0].postings[-1].account == "Expenses:North:Lost:Home"
    _append(ledger, found)


def test_the_account_is_opened_when_the_plugin_needs_it() -> None:
    ledger = _ledger("STRICT", "10 MUG {5 USD}", "10 TEA {5 USD}") + (
        '\n2024-01-31 custom "invwd-nrv" "TEA" 0 USD "spoiled"\n2024-02-05 note Assets:Bank "x"\n'
    )
    found = _count(ledger, _sheet("MUG 7", "TEA 10"), date(2024, 2, 5))
    assert found.opens[0].date == date(2024, 1, 31)
    _append(ledger, found)


def test_a_balance_takes_in_the_accounts_below() -> None:
    ledger = _ledger("FIFO", "10 MUG {5 USD}", "Assets:Inventory 9 MUG {5 USD}")
    ledger += "\n2024-01-01 open Assets:Inventory\n"
    found = _count(ledger, _sheet("MUG 8") + "Assets:Inventory,MUG,7,\n")
    assert [row.amount.number for row in found.balances] == [8, 15]
    _append(ledger, found)


# --- What is listed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("booking", "lots", "sheet", "expected"),
    [
        (
            "FIFO",
            LOTS,
            "MUG 30",
            f"surplus: line 2: MUG in {STORE}: 6 more than in the books (30 counted, 24 in the",
        ),
        (
            "FIFO",
            LOTS,
            "MAG 3",
            "unknown: line 2: MAG stands nowhere in the ledger; did you mean MUG",
        ),
        ("FIFO", LOTS, "X 1", "unknown: line 2: X stands nowhere in the ledger; check its name"),
        (
            "NONE",
            LOTS,
            "MUG 3 A-17",
            f"unsettled: line 2: MUG in {STORE}: nothing written off: with booking NONE its lots",
        ),
        (
            "NONE",
            ("5 MUG {1 USD}", "-6 MUG {1 USD}", "9 MUG {2 EUR}"),
            "MUG 0",
            f"unsettled: line 2: MUG in {STORE}: 8 missing, not written off: its pool has neg",
        ),
        (
            "NONE",
            ("5 MUG {1 USD}", "9 MUG {2 EUR}"),
            "MUG 2",
            f"unsettled: line 2: MUG in {STORE}: 12 missing, not written off: its pool has units",
        ),
        (
            "STRICT",
            LOTS[:2],
            "MUG 17",
            f"unsettled: line 2: MUG in {STORE}: 1 missing, not written off: booking STRICT",
        ),
        (
            "STRICT",
            ("5 MUG", "5 MUG {1 USD}"),
            "MUG 3",
            f"unsettled: line 2: MUG in {STORE}: nothing written off: the books hold units of it",
        ),
    ],
)
def test_what_cannot_be_written_is_listed(
    booking: str, lots: Sequence[str], sheet: str, expected: str
) -> None:
    entries, _, options = loader.load_string(_ledger(booking, *lots))
    found = count(follow_ledger(entries, options), _sheet(sheet))
    assert _messages(found)[0].startswith(expected)
    assert not found.shortages
    assert not found.opens
    assert not found.balances


def test_labels_that_are_unknown_and_lots_that_no_line_counts() -> None:
    ledger = _ledger("STRICT", *LOTS)
    found = _count(ledger, _sheet("MUG 8 A-71", "MUG 2 A-18"))
    rest = '10 {5.00 USD, 2024-01-02}, 8 {7.00 USD, 2024-01-03, "A-17"}'
    assert _messages(found) == [
        (
            f'unknown: line 2: MUG "A-71" in {STORE}: 8 counted are not settled: '
            'no lot has this label; it had "A-17", "A-18"'
        ),
        f"not counted: not counted: of MUG in {STORE} {rest}",
    ]
    assert _postings(found) == ['-4 MUG {"A-18"}']
    _append(ledger, found)
    unlabelled = _count(_ledger("STRICT", "5 TEA {1 USD}"), _sheet("TEA 5", "TEA 1 B"))
    assert _one(unlabelled).endswith("no lot has this label; it had none")


def test_a_label_that_is_sold_out_counts_as_none() -> None:
    ledger = _ledger("STRICT", *LOTS[:2], '-8 MUG {"A-17"}')
    assert not _count(ledger, _sheet("MUG 10", "MUG 0 A-17")).problems
    found = _count(ledger, _sheet("MUG 10", "MUG 1 A-17"))
    assert _one(found).startswith(f'surplus: line 3: MUG "A-17" in {STORE}: 1 more')


def test_the_lots_that_are_asked_for_are_named() -> None:
    message = _one(_count(_ledger("STRICT", *LOTS[:2]), _sheet("MUG 17")))
    assert '10 {5.00 USD, 2024-01-02}, 8 {7.00 USD, 2024-01-03, "A-17"}' in message
    assert message.endswith(f"by hand, such as: {STORE}  -1 MUG {{5.00 USD, 2024-01-02}}")


def test_of_two_lots_without_labels_the_posting_that_is_shown_can_be_booked() -> None:
    ledger = _ledger("STRICT", "10 NUT {4.00 USD}", "10 NUT {5.00 USD}")
    found = _count(ledger, _sheet("NUT 17"))
    assert found.write(has_balances=True) == ""
    message = _one(found)
    assert "10 {4.00 USD, 2024-01-02}, 10 {5.00 USD, 2024-01-03}" in message
    _, _, posting = message.partition("such as: ")
    text = f'2024-01-04 * "Count"\n  {posting}\n  Expenses:COGS\n'
    entries, errors, options = loader.load_string(ledger + text)
    assert not errors
    assert not count(follow_ledger(entries, options), _sheet("NUT 17")).problems


def test_one_lot_of_an_item_may_be_written_while_another_is_asked_for() -> None:
    ledger = _ledger("STRICT", *LOTS, "5 MUG {4 USD}")
    found = _count(ledger, _sheet("MUG 12", "MUG 7 A-17", "MUG 6 A-18"))
    assert _postings(found) == ['-1 MUG {"A-17"}']
    assert _one(found).startswith(f"unsettled: line 2: MUG in {STORE}: 3 missing, not written off")
    _append(ledger, found)


def test_an_item_that_an_account_never_had_is_a_surplus() -> None:
    ledger = _ledger("STRICT", "5 MUG {1 USD}") + "\n2024-01-01 commodity TEA\n"
    assert "TEA" in _one(_count(ledger, _sheet("MUG 5", "TEA 1")))
    found = _count(ledger, _sheet("MUG 5", "TEA 0"))
    assert [row.amount.number for row in found.balances] == [5, 0]
    _append(ledger, found)


def test_lots_that_no_posting_tells_apart_are_asked_for() -> None:
    ledger = _ledger(
        "STRICT",
        "5 MUG {1 USD, 2024-01-01}",
        '5 MUG {1 USD, 2024-01-01, "A"}',
        "1 MUG {9 USD}",
    )
    found = _count(ledger, _sheet("MUG 3", "MUG 5 A"))
    assert "does not say which of its lots" in _one(found)
    found = _count(ledger, _sheet("MUG 0", "MUG 5 A"))
    assert "no posting books 5 out of its lot {1 USD, 2024-01-01} alone" in _one(found)
    assert not found.shortages


def test_negative_lots_are_not_counted_against() -> None:
    entries, _, options = loader.load_string(
        _ledger("STRICT", "-3 MUG {1 USD}") + "\n2024-01-01 open Equity:Opening\n"
    )
    found = count(follow_ledger(entries, options), _sheet("MUG 0"))
    assert _one(found).startswith("surplus: line 2")


def test_a_negative_lot_beside_others_is_asked_for() -> None:
    ledger = _ledger("NONE", "9 MUG {1 USD}", "-3 MUG {2 USD}")
    entries, _, options = loader.load_string(ledger)
    strict = [
        row._replace(booking=data.Booking.STRICT) if isinstance(row, data.Open) else row
        for row in entries
    ]
    found = count(follow_ledger(strict, options), _sheet("MUG 1"))
    assert "a lot of it is negative in the books" in _one(found)


def test_excluded_items_are_never_written_off() -> None:
    ledger = _ledger("FIFO", "5 MUG {1 USD}", "5 TEA {1 USD}") + (
        "\n2024-01-01 commodity MUG\n  invwd-exclude: TRUE\n"
    )
    found = _count(ledger, _sheet("MUG 3", "TEA 5"))
    assert _one(found).endswith("it is excluded from write-downs (invwd-exclude)")
    assert not _count(ledger, _sheet("TEA 5")).problems


def test_items_and_accounts_that_the_sheet_does_not_name_are_listed() -> None:
    ledger = _ledger(
        "FIFO",
        "5 MUG {1 USD}",
        "5 TEA {1 USD}",
        "2 OIL {1 USD}",
        "-2 OIL {}",
        "Assets:Inventory:Depot 5 TEA {1 USD}",
    )
    found = _count(ledger, _sheet("MUG 4"))
    assert _messages(found) == [
        "not counted: not counted: Assets:Inventory:Depot (1 item on hand)",
        f"not counted: not counted: in {STORE} 5 TEA",
    ]
    assert _postings(found) == ["-1 MUG {}"]
    more = _ledger("FIFO", "5 MUG {1 USD}", "5 TEA {1 USD}")
    assert _one(_count(more, _sheet())).endswith(f"not counted: {STORE} (2 items on hand)")


def test_an_unknown_account_is_listed_once() -> None:
    ledger = _ledger("FIFO", "5 MUG {1 USD}") + (
        "\n2024-01-01 open Assets:Inventory:Old\n2024-01-02 close Assets:Inventory:Old\n"
    )
    lines = (
        "Assets:Inventory:Stor,MUG,4,\nAssets:Inventory:Stor,TEA,4,\nAssets:Inventory:Old,MUG,0,\n"
    )
    message = "is no inventory account that is open on 2024-01-02; did you mean"
    assert _messages(_count(ledger, _sheet("MUG 5") + lines)) == [
        f"unknown: line 3: Assets:Inventory:Stor {message} {STORE}?",
        f"unknown: line 5: Assets:Inventory:Old {message} {STORE}?",
    ]


# --- What stands against it -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2024-02-01 open Expenses:Inventory:Write-Off", "is not open on 2024-01-02; open it"),
        (
            f"2024-01-01 open {LOSS}\n2024-01-01 close {LOSS}",
            "is not open on 2024-01-02",
        ),
        ("2024-01-01 open Expenses:Inventory:Write-Off EUR", "is not opened for USD; add USD"),
        ("2024-03-01 balance Assets:Inventory 5 MUG", "the balance of 2024-03-01 in <string>:"),
    ],
)
def test_what_the_ledger_forbids_is_not_written(line: str, expected: str) -> None:
    ledger = _ledger("FIFO", "5 MUG {1 USD}") + f"\n2024-01-01 open Assets:Inventory\n{line}\n"
    found = _count(ledger, _sheet("MUG 3"), date(2024, 1, 2))
    assert expected in _one(found)
    assert not found.shortages
    assert not found.balances


@pytest.mark.parametrize(
    "line",
    [
        "2024-01-01 open Expenses:Inventory:Write-Off USD, EUR",
        f"2024-01-01 open {LOSS}\n2024-03-01 close {LOSS}",
        "2024-03-01 balance Assets:Inventory 5 TEA\n2024-03-01 balance Assets:Bank 0 MUG",
    ],
)
def test_what_the_ledger_allows_is_written(line: str) -> None:
    ledger = _ledger("FIFO", "5 MUG {1 USD}") + f"\n2024-01-01 open Assets:Inventory\n{line}\n"
    if "TEA" in line:
        ledger += '\n2024-02-01 * "Tea"\n  Assets:Inventory  5 TEA {1 USD}\n  Assets:Bank\n'
    _append(ledger, _count(ledger, _sheet("MUG 3"), date(2024, 1, 2)))


SALE = """
2024-02-01 * "Sale"
  Assets:Inventory:Store  {units} MUG {{{cost}}}
  Expenses:COGS{sum}
"""


@pytest.mark.parametrize(
    ("booking", "sale", "expected"),
    [
        ("FIFO", ("-20", "", ""), "2 of them leave the books later (until 2024-02-01)"),
        ("FIFO", ("-9", "", "  45 USD"), "later its lot {5 USD, 2024-01-02} leaves the books"),
        ("STRICT", ("-9", "5 USD", ""), "later its lot {5 USD, 2024-01-02} leaves the books"),
        ("NONE", ("-20", "5.50 USD", ""), "2 of them leave the books later (until 2024-02-01)"),
    ],
)
def test_units_that_left_later_cannot_have_been_missing(
    booking: str, sale: tuple[str, str, str], expected: str
) -> None:
    second = "10 MUG {6 USD}" if booking in {"FIFO", "NONE"} else '10 MUG {6 USD, "B"}'
    first = "10 MUG {5 USD}"
    sold = SALE.format(units=sale[0], cost=sale[1], sum=sale[2])
    ledger = _ledger(booking, first, second) + sold
    sheet = _sheet("MUG 18") if booking != "STRICT" else _sheet("MUG 8", "MUG 10 B")
    found = _count(ledger, sheet, date(2024, 1, 31))
    assert expected in _one(found)
    assert not found.shortages


def test_later_sales_may_take_other_lots_if_beancount_fills_in_their_cost() -> None:
    ledger = _ledger("FIFO", "10 MUG {5 USD}", "10 MUG {6 USD}") + SALE.format(
        units=-9, cost="", sum=""
    )
    found = _count(ledger, _sheet("MUG 18"), date(2024, 1, 31))
    assert "are booked from other lots now" in _one(found)
    _append(ledger, found)


@pytest.mark.parametrize("booking", ["FIFO", "STRICT", "NONE"])
def test_later_sales_of_what_is_left_do_no_harm(booking: str) -> None:
    ledger = _ledger(booking, "10 MUG {5 USD}", "10 TEA {5 USD}")
    ledger += SALE.format(units=-7, cost="5 USD", sum="  35 USD")
    ledger += SALE.format(units=-9, cost="5 USD", sum="  45 USD").replace("MUG", "TEA")
    found = _count(ledger, _sheet("MUG 7", "TEA 9"), date(2024, 1, 31))
    assert not found.problems
    _append(ledger, found)


def test_transactions_of_the_day_further_down_in_another_file(tmp_path: Path) -> None:
    main, store = tmp_path / "main.beancount", tmp_path / "store.beancount"
    head, _, purchase = _ledger("FIFO", "5 MUG {1 USD}").partition("\n2024-01-02")
    main.write_text(f'{head}\ninclude "store.beancount"\n')
    store.write_text("\n" * 30 + f"2024-01-02{purchase}")
    entries, errors, options = loader.load_file(str(main))
    assert not errors
    found = count(follow_ledger(entries, options), _sheet("MUG 3"))
    assert _one(found).startswith(f"order: append below {store}:31, in that file")
    store.write_text(store.read_text() + found.write(has_balances=True))
    assert not loader.load_file(str(main))[1]


def test_the_last_day_of_all_has_no_next() -> None:
    found = _count(_ledger("FIFO", "5 MUG {1 USD}"), _sheet("MUG 3"), date.max)
    assert found.shortages
    assert not found.balances


# --- The sheet ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "account,commodity,quantity,label\nA:B,MUG,1.5,X\n",
        "\ufeffaccount;commodity;quantity;label\r\nA:B;MUG;1.5;X\r\n",
        "\n\nLabel\tQuantity\tAccount\tCommodity\nX\t1.5\tA:B\tMUG\n\n",
        ' commodity , quantity,label,account, shelf\n\nMUG, 1.5 ,"X",A:B,"3, top"\n,,,,\n',
        "account;commodity;quantity;label;;\nA:B;MUG;1.5;X;;\n;;;;;\n",
    ],
)
def test_sheets_as_spreadsheets_write_them(text: str) -> None:
    sheet = read_sheet(text)
    assert not sheet.faults
    ((line,),) = sheet.lines.values()
    assert line[1:] == ("A:B", "MUG", "X", Decimal("1.5"))


def test_a_label_is_optional() -> None:
    sheet = read_sheet("account,commodity,quantity\nA:B,MUG,1\n")
    assert sheet.lines["A:B", "MUG"][0].label is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1: the sheet is empty; its first line must be the header: account,commodity,"),
        ("A:B,MUG,1", "line 1: the header has no column account, commodity, quantity; it must"),
        ("\naccount,quantity", "line 2: the header has no column commodity;"),
        ("account,commodity,quantity,lable", "line 1: unknown column 'lable'; did you mean label?"),
        ("account,commodity,quantity,account", "line 1: the column account stands there twice"),
        ("{}\nA:B,MUG", "line 2: has 2 fields, but the header has 4; put a field that"),
        ("{}\nA:B,MUG,1,000,", "line 2: has 5 fields, but the header has 4"),
        ("{}\nA:B,MUG,-2,", "line 2: the quantity -2 is negative; what is not there counts as 0"),
        (
            "account;commodity;quantity\nA:B;MUG;1.400",
            "line 2: the quantity 1.400 may be 1400 or 1.4; write it without a separator of",
        ),
        ('{}\nA:B,MUG,"2,5",', "line 2: the quantity '2,5' is no number; write it with a decimal"),
        ("{}\nA:B,MUG,1e3,", "line 2: the quantity '1e3' is no number"),
        ("{}\nA:B,MUG,NaN,", "line 2: the quantity 'NaN' is no number"),
        ("{}\nA:B,MUG,,", "line 2: the quantity is empty; fill it in (0 if none is there)"),
        ("{}\n,MUG,1,", "line 2: the account is empty; fill it in"),
        ("{}\nA:B,,1,", "line 2: the commodity is empty; fill it in"),
        ('{}\nA:B,MUG,1,"X\nY"\n', "line 2: a field runs over several lines; close its quotes"),
        ("{}\nA:B,MUG,1,X\n\nA:B,MUG,2,X", 'line 4: MUG in A:B with label "X" stands in line 2'),
        ("{}\nA:B,MUG,1,\nA:B,MUG,1,", "line 3: MUG in A:B stands in line 2 already; keep one"),
        ("{}\nA:B,MUG,1," + "X" * 200_000, "line 2: cannot be read as CSV (field larger than"),
    ],
)
def test_faults_of_the_sheet_have_their_line(text: str, expected: str) -> None:
    sheet = read_sheet(text.replace("{}", "account,commodity,quantity,label"))
    (fault,) = sheet.faults
    assert str(fault).startswith(expected)
    assert fault.kind == "sheet"
    assert not sheet.lines


def test_nothing_is_written_of_an_item_with_a_faulty_line() -> None:
    ledger = _ledger("STRICT", *LOTS)
    found = _count(ledger, _sheet("MUG 1 A-17", "MUG many A-18"))
    assert _one(found).startswith("sheet: line 3: the quantity 'many' is no number")
    assert not found.shortages


# --- Any ledger -----------------------------------------------------------------------------------


def test_whatever_is_counted_of_any_ledger_passes_bean_check() -> None:
    written = 0
    for seed in range(60):
        ledger = with_plugin(*ledger_from_seed(seed))
        entries, errors, options = loader.load_string(ledger, dedent=False)
        if errors:
            continue
        sheet = _random_sheet(entries, Random(seed))  # noqa: S311
        found = count(follow_ledger(entries, options), sheet)
        text = ledger + found.write(has_balances=True)
        _, errors, _ = loader.load_string(text, dedent=False)
        assert not errors, [seed, *errors]
        written += len(found.shortages)
    assert written > 50


def _random_sheet(entries: Sequence[Any], dice: Random) -> str:
    """Count some of what is on hand, by item or by label."""
    lots: dict[tuple[str, str], dict[str | None, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    for txn in entries:
        for row in getattr(txn, "postings", ()):
            if row.cost is not None:
                lots[row.account, row.units.currency][row.cost.label] += row.units.number
    text = "account,commodity,quantity,label\n"
    for (account, item), labels in lots.items():
        rows = labels if dice.random() < 0.5 else {None: sum(labels.values(), Decimal())}
        for label, units in rows.items():
            part = Decimal(dice.choice(["0", "0.37", "0.5", "0.81", "1", "1.1"]))
            quantity = max(Decimal(), (units * part).quantize(Decimal("0.01")))
            text += f"{account},{item},{quantity},{label or ''}\n"
    return text
