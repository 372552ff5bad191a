"""The note to the accounts: figures of the ledger, gaps for its author."""

from __future__ import annotations

import datetime
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from beancount import loader

from beancount_invwd.engine import follow_ledger
from beancount_invwd.ground.words import speaking
from beancount_invwd.policy import standards
from beancount_invwd.report.ledger.spans import find_comparative
from beancount_invwd.report.note import requirements as texts
from beancount_invwd.report.note.facts import IFRS, US_GAAP, document_facts
from beancount_invwd.report.note.html import write_html
from beancount_invwd.report.note.largest import find_largest, list_names
from beancount_invwd.report.note.markdown import write_block, write_markdown
from beancount_invwd.report.note.note import Note, disclose
from beancount_invwd.report.output.formats import write_json
from beancount_invwd.report.output.numbers import make_numbers

D = datetime.date
LEDGER = """
plugin "beancount_invwd" "{config}"
option "booking_method" "FIFO"
2023-01-01 commodity WIDGET
  category: "a|b <i>_x_"
2023-01-01 open Assets:North:Inventory
2023-01-01 open Assets:South:Inventory "LIFO"
2023-01-01 open Assets:Bank
2023-01-01 open Income:Sales
2023-01-01 open Expenses:COGS:Goods
2023-01-10 * "Widgets"
  Assets:North:Inventory   10 WIDGET {10.00 USD}
  Assets:Bank
2023-01-11 * "More"
  Assets:South:Inventory   10 WIDGET {10.00 USD}
  Assets:Bank
2023-06-30 price WIDGET 6.00 USD
2023-07-01 * "Sold"
  Assets:North:Inventory   -5 WIDGET {}
  Expenses:COGS:Goods       50.00 USD
2023-12-31 price WIDGET 8.00 USD
"""
REPLACED = """2023-06-30 price WIDGET 10.00 USD
2023-06-30 custom "invwd-replacement-cost" "WIDGET" 5.00 USD"""
TWO = "'inventory': 'Assets:(?P<entity>[^:]+):Inventory', 'accounts': {'cogs': 'Expenses:COGS'}"


def write(config: str = TWO, text: str = LEDGER, **given: Any) -> Note:
    entries, errors, options = loader.load_string(text.replace("{config}", "{" + config + "}"))
    assert errors == []
    note = disclose(follow_ledger(entries, options, given.pop("end", None)), **given)
    assert note is not None
    return note


def section(note: Note, paragraph: str) -> str:
    (found,) = [row for row in note.sections if row.paragraph.startswith(paragraph)]
    return "\n".join(map(write_block, found.blocks))


def test_figures_by_entity() -> None:
    note = write()
    assert note.title == "Inventories, 2023-01-01 to 2023-12-31"
    assert section(note, "IAS 2.36 (b)").splitlines()[:6] == [
        "| Entity |   | Currency | Cost | Allowance | Carrying amount |".replace(
            "|   |", "| Class |"
        ),
        "| --- | --- | --- | ---: | ---: | ---: |",
        r"| North | a\|b \<i\>\_x\_ | USD | 50.00 | 10.00 | 40.00 |",
        r"| South | a\|b \<i\>\_x\_ | USD | 100.00 | 20.00 | 80.00 |",
        "| North | **Total** | USD | 50.00 | 10.00 | 40.00 |",
        "| South | **Total** | USD | 100.00 | 20.00 | 80.00 |",
    ]
    assert "| North | In the period | USD | 40.00 | 0.00 | 40.00 |" in section(note, "IAS 2.36 (e)")
    assert "Reversals of North: 10.00 USD." in section(note, "IAS 2.36 (f)")
    reasons = section(note, "IAS 2.36 (g)")
    assert "- 2023-12-31: WIDGET of South, 20.00 USD (price 8.00 USD of 2023-12-31)" in reasons
    assert "[to be written by the author: the circumstances" in reasons


def test_expense_is_that_of_the_account_and_those_below_it() -> None:
    told = section(write(), "IAS 2.36 (d)")
    assert "Charged to Expenses:COGS, releases of write-downs deducted: 30.00 USD." in told
    beside = LEDGER.replace("COGS:Goods", "COGS-Other")
    assert "nothing was charged to Expenses:COGS]" in section(write(text=beside), "IAS 2.36 (d)")
    other = TWO.replace("Expenses:COGS", "Expenses:COG")
    assert "[to be written by the author: the amount; nothing was charged to Expenses:COG]" in (
        section(write(other), "IAS 2.36 (d)")
    )


def test_cost_formulas_by_account_and_what_a_standard_does_not_allow() -> None:
    told = section(write(), "IAS 2.36 (a)")
    assert "Cost formula: first in, first out, in Assets:North:Inventory." in told
    assert (
        "Cost formula: last in, first out, in Assets:South:Inventory. "
        "[to be checked by the author: IAS 2.25 does not allow it]"
    ) in told
    told = section(write(TWO + ", 'standard': 'asc330'"), "ASC 330-10-50-1")
    assert "in Assets:North:Inventory.\n" in told
    assert "Assets:South:Inventory. [to be checked by the author: ASC 330-10-35-1C asks" in told


def test_us_gaap_with_the_schedule_of_the_allowance() -> None:
    note = write(TWO + ", 'standard': 'asc330'")
    assert [row.paragraph for row in note.sections] == [row.paragraph for row in texts.ASC330]
    assert "within its fiscal year only" in section(note, "ASC 330-10-50-1")
    told = section(note, "S-X 12-09").splitlines()
    assert told[0] == (
        "| Entity |   | Currency | Opening | Charged to expense | Charged to other accounts "
        "| Reversed | Deducted | Closing |"
    )
    assert told[2] == "| North | Allowance | USD | 0.00 | 40.00 | 0.00 | -10.00 | -20.00 | 10.00 |"


def test_other_standards_are_marked_to_be_checked() -> None:
    note = write(TWO + ", 'standard': 'hgb'")
    assert write_markdown(note).splitlines()[2] == (
        "[to be checked by the author: what HGB §284 (2) asks for; the list below is that of "
        "IAS 2.36]"
    )


@pytest.mark.parametrize("standard", standards.STANDARDS)
def test_every_standard_has_a_note(standard: str) -> None:
    assert standard in texts.NOTES or standard in texts.OTHERS
    assert write_markdown(write(f"{TWO}, 'standard': '{standard}', 'normal_margin': '5%'"))


def test_a_period_without_anything() -> None:
    note = write(end=D(2023, 1, 31))
    assert section(note, "IAS 2.36 (e)") == "No write-downs were recognised."
    assert section(note, "IAS 2.36 (f)") == "No write-downs were reversed."
    assert section(note, "IAS 2.36 (g)") == "There were none."
    us = write(TWO + ", 'standard': 'asc330'", end=D(2023, 1, 31))
    assert section(us, "S-X 12-09").startswith("There was no allowance.")


def test_a_period_of_two_fiscal_years_is_one_line() -> None:
    note = write(TWO + ", 'standard': 'asc330', 'fiscal_year_end': '09-30'", start=D(2023, 1, 1))
    told = section(note, "S-X 12-09").splitlines()
    assert [line.split(" | ")[0] for line in told[2:4]] == ["| North", "| South"]


def test_a_period_within_the_ledger() -> None:
    note = write(start=D(2023, 7, 1), end=D(2023, 7, 31))
    assert section(note, "IAS 2.36 (e)") == "No write-downs were recognised."
    assert "30.00 USD" in section(note, "IAS 2.36 (d)")


def test_what_could_not_be_assessed_is_said() -> None:
    text = LEDGER.replace("2023-06-30 price WIDGET", "2023-06-30 price CUP")
    text = text.replace("2023-12-31 price WIDGET", "2023-12-31 price CUP")
    note = write(TWO + ", 'missing_price': 'ignore'", text)
    words = r"not all of a\|b \<i\>\_x\_ could be assessed]"
    assert words in section(note, "IAS 2.36 (b)")


def test_reasons_in_the_words_of_the_ledger() -> None:
    stated = LEDGER.replace(
        "2023-06-30 price WIDGET 6.00 USD",
        '2023-06-30 custom "invwd-nrv" "WIDGET" 6.00 USD "wet | [see](x)"',
    )
    assert r"- 2023-06-30: WIDGET of North, 40.00 USD (wet \| \[see\](x))" in (
        section(write(text=stated), "IAS 2.36 (e)")
    )


def test_a_price_is_not_said_to_be_the_floor_that_follows_from_it() -> None:
    text = LEDGER.replace("2023-06-30 price WIDGET 6.00 USD", REPLACED)
    note = write(TWO + ", 'standard': 'asc330-lcm', 'normal_margin': '2.00 USD'", text)
    assert "WIDGET of North, 20.00 USD (floor, by the price 10.00 USD of 2023-06-30)" in (
        write_markdown(note)
    )


def test_goods_that_were_lost_are_told_at_what_they_were_carried_at() -> None:
    scrapped = """
2023-07-02 * "Broken"
  Assets:North:Inventory   -1 WIDGET {}
  Expenses:Inventory:Write-Off  10.00 USD
2023-01-01 open Expenses:Inventory:Write-Off
"""
    told = section(write(text=LEDGER + scrapped), "IAS 2.36 (e)")
    assert told.endswith(
        "Besides, goods that were lost or scrapped, charged to Expenses:Inventory:Write-Off, "
        "releases of write-downs deducted: 6.00 USD."
    )
    early = scrapped.replace("2023-07-02", "2023-06-01")
    note = write(text=LEDGER + early, end=D(2023, 6, 1))
    first, second = section(note, "IAS 2.36 (e)").splitlines()
    assert first == "No write-downs were recognised."
    assert second.startswith("Besides, goods that were lost")


WENT_BACK = """
2023-07-02 open Liabilities:Supplier
2023-07-03 * "To the supplier, for a refund" #invwd
  invwd: "release"
  invwd-group: "WIDGET"
  invwd-reason: "supplier-return"
  Assets:North:Inventory   -2 WIDGET {}
  Liabilities:Supplier   20.00 USD
  Assets:North:Inventory:Allowance  8.00 USD
  Expenses:Inventory:Reversal  -8.00 USD
2023-01-01 open Assets:North:Inventory:Allowance
2023-01-01 open Expenses:Inventory:Reversal
"""


def test_losses_that_did_not_happen_are_told_from_sales_on_the_same_account() -> None:
    # 20.00 were released by the sale of five, and 8.00 by two that went back
    one = TWO.replace(
        "{'cogs': 'Expenses:COGS'}", "{'cogs': 'Expenses:C', 'reversal': 'Expenses:C'}"
    )
    body = (
        LEDGER.replace("Expenses:COGS:Goods", "Expenses:C")
        + """
2023-07-02 open Liabilities:Supplier
2023-07-03 * "To the supplier, for a refund"
  Assets:North:Inventory   -2 WIDGET {}
  Liabilities:Supplier   20.00 USD
"""
    )
    told = section(write(one, body), "IAS 2.36 (f)")
    assert told.endswith("since goods went back, on Expenses:C: 8.00 USD.")
    assert told.count("did not happen") == 1


@pytest.mark.parametrize(("standard", "where"), [("ias2", "IAS 2.36 (f)"), ("asc330", "S-X 12-09")])
def test_losses_that_did_not_happen_are_no_reversals(standard: str, where: str) -> None:
    note = write(f"{TWO}, 'standard': '{standard}'", LEDGER + WENT_BACK)
    text = (
        "Besides, losses that did not happen, since goods went back, on "
        "Expenses:Inventory:Reversal: 8.00 USD."
    )
    assert text in section(note, where).splitlines()
    assert write_markdown(note).count("since goods went back") == 1


def test_what_only_losses_ask_for_is_no_gap_without_them() -> None:
    gap = (
        "[to be written by the author: which of these losses are substantial and unusual, and why]"
    )
    config = TWO + ", 'standard': 'asc330'"
    assert gap in section(write(config), "ASC 330-10-50-2")
    assert gap not in section(write(config, end=D(2023, 1, 31)), "ASC 330-10-50-2")


def test_market_is_right_for_the_retail_method() -> None:
    note = write(TWO + ", 'standard': 'asc330-lcm', 'normal_margin': '5%'")
    told = section(note, "ASC 330-10-50-1")
    assert "North:Inventory. [to be checked by the author: right for the retail inventory" in told
    assert "last in, first out, in Assets:South:Inventory.\n" in told


def test_what_only_registrants_have_to_say_is_marked() -> None:
    note = write(TWO + ", 'standard': 'asc330'")
    told = [row.paragraph for row in note.sections if "S-X" in row.paragraph]
    assert told == [
        "ASC 210-10-50-1, S-X 5-02.6 (registrants)",
        "S-X 12-09 (Schedule II, registrants)",
    ]


def test_whether_losses_are_in_the_expense() -> None:
    assert "not included." in section(write(), "IAS 2.36 (d)")
    told = section(write(TWO + ", 'materiality': '500 USD'"), "IAS 2.36 (d)")
    assert "Write-downs and reversals on these accounts are included, others are not." in told
    within = ", ".join(f"'{kind}': 'Expenses:COGS:Losses'" for kind in ("loss", "write_off"))
    inside = TWO.replace("{'cogs'", "{" + within + ", 'reversal': 'Expenses:COGS', 'cogs'")
    told = section(write(inside), "IAS 2.36 (d)")
    assert "Write-downs and reversals are included." in told
    # 50 sold less 20 released, 40 and 20 written down, 10 reversed
    assert "Charged to Expenses:COGS, releases of write-downs deducted: 80.00 USD." in told


def test_policies_that_deviate_from_the_standard_are_marked() -> None:
    told = section(write(TWO + ", 'basis': 'total', 'reversals': 'none'"), "IAS 2.36 (a)")
    assert "tested for all inventories together. Write-downs are not reversed." in told
    assert (
        "[to be checked by the author: IAS 2.9, 2.29, 2.33 may not allow basis 'total' in place "
        "of 'item', reversals 'none' in place of 'full']"
    ) in told


def test_policies_that_lower_cost_are_told() -> None:
    config = (
        TWO + ", 'ageing': {180: '25%'}, 'idle': {90: '12.5%', 180: '50%'}, "
        "'coverage': {'window': 365, 'rates': {365: '50%'}}"
    )
    told = section(write(config), "IAS 2.36 (a)")
    assert (
        "By age, cost is lowered by 25% from 180 days on after purchase.\n"
        "Without sale or use, cost is lowered by 12.5% from 90 days on, 50% from 180 days on.\n"
        "By days of supply at the demand of 365 days, the cost of the units beyond is lowered by "
        "50% from 365 days on.\n"
    ) in told
    own = LEDGER.replace(
        "  category:", '  invwd-measure: "replacement"\n  invwd-ageing: "90:10%"\n  category:'
    )
    assert section(write(text=own), "IAS 2.36 (a)").splitlines()[1:3] == [
        "In place of this, replacement cost counts for WIDGET.",
        "Rates by age of their own hold for WIDGET.",
    ]


def test_what_is_not_written_on_the_day_is_marked() -> None:
    text = LEDGER + "2023-12-10 price WIDGET 4.00 USD\n"
    first = write_markdown(write(text=text, end=D(2023, 12, 15))).splitlines()[2]
    assert first == (
        "[to be checked by the author: a test on 2023-12-15 would change the allowance of North "
        "by 10.00 USD, which is not written]"
    )
    sold = write_markdown(write(TWO + ", 'release': 'period'", end=D(2023, 7, 15)))
    assert "[to be checked by the author: 20.00 USD of releases wait for the end" in sold


ITEMS = [f"ITEM{n:03}" for n in range(400)]
MANY = LEDGER.partition("2023-01-10")[0] + "".join(
    f'2023-01-10 * "{item}"\n'
    f"  Assets:North:Inventory  1 {item} {{{n + 1}.00 USD}}\n"
    f"  Assets:Bank\n"
    f"2023-12-31 price {item} 0.00 USD\n"
    for n, item in enumerate(ITEMS)
)
CLASSED = "".join(
    f'2023-01-01 commodity {item}\n  category: "class {n % 25:02}"\n'
    for n, item in enumerate(ITEMS)
)


def test_a_note_of_many_items_tells_of_classes_the_largest_and_the_sum_of_others() -> None:
    note = write(text=MANY + CLASSED)
    told = section(note, "IAS 2.36 (b)").splitlines()
    assert len(told) == 2 + 20 + 2 + 1, "head, the largest, others, total, and the gap"
    assert "| North | class 24 | USD | 3400.00 | 3400.00 | 0.00 |" in told, "25 + 50 + … + 400"
    assert "| North | Others | USD | 15240.00 | 15240.00 | 0.00 |" in told
    assert "| North | **Total** | USD | 80200.00 | 80200.00 | 0.00 |" in told, "1 + … + 400"
    told = section(note, "IAS 2.36 (e)").splitlines()
    assert "- class 24 of North: 3400.00 USD (16 entries, price)" in told
    assert told[-1] == "- Others of North: 46920.00 USD"
    body, _, annex = write_markdown(note).partition("## Annex: positions")
    assert len(body.splitlines()) < 90
    assert len(body.split()) < 800, "two pages have about 1000 words"
    assert not re.search(r"ITEM\d", body)
    assert set(re.findall(r"ITEM\d+", annex)) == set(ITEMS)
    assert "| North | **Total** | USD | 80200.00 | 80200.00 | 0.00 |" in annex


def take_items(count: int, more: str = "") -> str:
    """The ledger of the first items, each lost."""
    head, *items = re.split(r"(?=2023-01-10)", MANY)
    return head + "".join(items[:count]) + more


def test_as_many_items_without_a_class_as_are_told_by_name() -> None:
    told = section(write(text=take_items(10)), "IAS 2.36 (b)")
    assert told.count("| North | ITEM") == 10
    assert "No class" not in told
    assert "items that have none" not in told
    told = section(write(text=take_items(11)), "IAS 2.36 (b)")
    assert "| North | ITEM" not in told
    assert "the classes of 11 items that have none" in told


def test_reasons_of_many_movements_are_told_by_class_in_the_readers_language() -> None:
    more = '2023-01-01 commodity ITEM011\n  category: "wood"\n'
    note_of = take_items(12, more)
    told = section(write(text=note_of), "IAS 2.36 (e)").splitlines()
    assert told[-2:] == [
        "- No class of North: 66.00 USD (11 entries, price)",
        "- wood of North: 12.00 USD (1 entry, price)",
    ]
    with speaking("de"):
        told = section(write(text=note_of), "IAS 2.36 (e)").splitlines()
    assert told[-1] == "- wood von North: 12.00 USD (1 Buchung, Preis)"


def test_classes_stand_by_currency() -> None:
    text = take_items(2, '2023-01-01 commodity ITEM000\n  category: "b"\n')
    text = text.replace("{2.00 USD}", "{2.00 EUR}").replace("ITEM001 0.00 USD", "ITEM001 0.00 EUR")
    text += '2023-01-01 commodity ITEM001\n  category: "c"\n'
    text += '2023-01-10 * "C"\n  Assets:North:Inventory  1 ITEM9 {3.00 EUR}\n  Assets:Bank\n'
    text += '2023-12-31 price ITEM9 5.00 EUR\n2023-01-01 commodity ITEM9\n  category: "z"\n'
    told = section(write(text=text), "IAS 2.36 (b)").splitlines()
    assert [line.split(" | ")[1:3] for line in told[2:5]] == [
        ["c", "EUR"],
        ["z", "EUR"],
        ["b", "USD"],
    ]


def test_what_was_there_a_year_before_alone_stands_where_its_name_does() -> None:
    text = take_items(2, '2023-01-01 commodity ITEM000\n  category: "b"\n')
    text += '2023-01-01 commodity ITEM001\n  category: "a"\n2024-03-01 open Expenses:COGS\n'
    text += '2024-03-01 * "Sold"\n  Assets:North:Inventory  -1 ITEM001 {}\n  Expenses:COGS\n'
    text += "2024-12-31 price ITEM000 0.50 USD\n"
    told = section(write(text=text.replace("ITEM001 0.00", "ITEM001 9.00")), "IAS 2.36 (b)")
    assert [line.split(" | ")[1:] for line in told.splitlines()[2:4]] == [
        ["a", "USD", "0.00", "0.00", "0.00", "2.00 |"],
        ["b", "USD", "1.00", "0.50", "0.50", "0.00 |"],
    ]


def test_the_largest_of_rows_and_one_more_are_all_of_them() -> None:
    assert find_largest([1, -3, 2], Decimal, 2) == ([1, -3, 2], [])
    assert find_largest([1, -3, 0, 2], Decimal, 2) == ([-3, 2], [1, 0])


def test_of_many_names_some_are_told() -> None:
    names = list("abcdefghijkl")
    assert list_names(names[:10]) == "a, b, c, d, e, f, g, h, i, j"
    assert list_names(names[:11]) == "a, b, c, d, e, f, g, h, i, j and 1 more"


def test_many_items_without_a_class_are_one_line_and_a_gap() -> None:
    note = write(text=MANY)
    told = section(note, "IAS 2.36 (b)").splitlines()
    assert "| North | No class | USD | 80200.00 | 80200.00 | 0.00 |" in told
    assert told[4].startswith("[to be written by the author: the classes of 400 items that have")
    reasons = section(note, "IAS 2.36 (e)").splitlines()
    assert reasons[-1] == "- No class of North: 80200.00 USD (400 entries, price)"


def test_the_note_as_html_marks_gaps_and_harms_nobody() -> None:
    page = write_html(write())
    assert "<title>Inventories, 2023-01-01 to 2023-12-31</title>" in page
    assert "a|b &lt;i&gt;_x_" in page
    assert '<p class="gap">[to be written by the author: the circumstances' in page
    assert '<td class="num">100.00</td>' in page
    assert page.count("<h2>Annex: positions</h2>") == 1
    assert "<script" not in page


YEAR_AFTER = (
    LEDGER
    + """
2024-02-10 * "Sold"
  Assets:North:Inventory   -5 WIDGET {}
  Expenses:COGS:Goods       50.00 USD
2024-12-31 price WIDGET 9.00 USD
"""
)


def test_beside_a_period_stands_the_one_before() -> None:
    note = write(text=YEAR_AFTER)
    carried = section(note, "IAS 2.36 (b)")
    assert "| Carrying amount on 2023-12-31 |" in carried
    assert r"| North | a\|b \<i\>\_x\_ | USD | 0.00 | 0.00 | 0.00 | 40.00 |" in carried
    assert "| South | **Total** | USD | 100.00 | 10.00 | 90.00 | 80.00 |" in carried
    losses = section(note, "IAS 2.36 (e)")
    assert losses.startswith("No write-downs were recognised.")
    assert "| North | 2023-01-01 to 2023-12-31 | USD | 40.00 | 0.00 | 40.00 |" in losses
    assert section(note, "IAS 2.36 (f)").splitlines() == [
        "Reversals of South: 10.00 USD.",
        "Reversals of North from 2023-01-01 to 2023-12-31: 10.00 USD.",
        "Reversals of South from 2023-01-01 to 2023-12-31: 20.00 USD.",
    ]
    rolled = section(note, "IAS 1.38")
    assert "| South | Allowance | USD | 20.00 | 0.00 | 0.00 | -10.00 | 0.00 | 10.00 |" in rolled
    assert (
        "| South | 2023-01-01 to 2023-12-31 | USD | 0.00 | 40.00 | 0.00 | -20.00 | 0.00 | 20.00 |"
    ) in rolled
    expense = section(note, "IAS 2.36 (d)")
    assert ": 40.00 USD (from 2023-01-01 to 2023-12-31: 30.00 USD)." in expense


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (D(2024, 1, 1), D(2024, 12, 31), (D(2023, 1, 1), D(2023, 12, 31))),
        (D(2024, 1, 1), D(2024, 6, 30), (D(2023, 1, 1), D(2023, 12, 31))),
        (D(2024, 2, 29), D(2024, 12, 30), (D(2023, 2, 28), D(2023, 12, 30))),
        (D(2024, 2, 2), D(2024, 2, 28), (D(2023, 2, 2), D(2023, 2, 28))),
        (D(2024, 2, 2), D(2024, 2, 29), (D(2023, 2, 2), D(2023, 2, 28))),
        (D(2025, 2, 2), D(2025, 2, 28), (D(2024, 2, 2), D(2024, 2, 29))),
        (D(2024, 3, 2), D(2024, 3, 1), (D(2023, 3, 2), D(2023, 3, 1))),
        (D(2023, 6, 1), D(2024, 5, 30), (D(2022, 6, 1), D(2023, 5, 30))),
        (D(2023, 6, 1), D(2024, 1, 1), (D(2022, 6, 1), D(2023, 1, 1))),
        (D(2023, 6, 1), D(2023, 12, 30), None),
        (D(2023, 1, 1), D(2023, 12, 31), None),
        (D.min, D(2023, 12, 31), None),
    ],
)
def test_what_a_period_is_compared_with(
    start: datetime.date, end: datetime.date, told: object
) -> None:
    entries, _, options = loader.load_string(YEAR_AFTER.replace("{config}", "{" + TWO + "}"))
    assert find_comparative(follow_ledger(entries, options), (start, end)) == told


DAMAGED = LEDGER.replace(
    "2023-12-31 price",
    '2023-12-01 custom "invwd-nrv" "WIDGET" 1.00 USD "wet"\n'
    "  account: Assets:South:Inventory\n2023-12-31 price",
)


def test_tax_return_of_the_books() -> None:
    us = TWO + ", 'standard': 'asc330'"
    told = section(write(us, DAMAGED + YEAR_AFTER.removeprefix(LEDGER)), "Form 1125-A")
    assert "| North | 1, inventory at beginning of year | USD | 50.00 | 10.00 | 40.00 |" in told
    assert "| South | 7, inventory at end of year | USD | 100.00 | 90.00 | 10.00 |" in told
    assert "Line 9b: no goods" in told
    first = section(write(us, DAMAGED), "Form 1125-A")
    assert "| 1, " not in first
    assert "whose value is stated were written down by 50.00 USD. [to be checked" in first
    aged = section(write(us + ", 'ageing': {30: '50%'}", LEDGER), "Form 1125-A")
    assert "Of the allowance 75.00 USD rest on age" in aged


def read_facts(config: str, text: str) -> dict[tuple[str, str, str], str]:
    entries, errors, options = loader.load_string(text.replace("{config}", "{" + config + "}"))
    assert errors == []
    run = follow_ledger(entries, options)
    told = json.loads(write_json(document_facts(run), make_numbers(run)))
    assert (told["from"], told["to"]) == (f"{run.as_of.year}-01-01", str(run.as_of))
    for row in told["facts"]:
        assert (row["from"] is None) == (row["period"] == "instant")
        assert (row["unit"], row["decimals"]) == ("iso4217:USD", 2)
    return {(row["concept"], row["entity"], row["to"]): row["value"] for row in told["facts"]}


def test_facts_have_the_names_of_the_taxonomies() -> None:
    facts = read_facts(TWO, YEAR_AFTER)
    assert facts["ifrs-full:Inventories", "South", "2024-12-31"] == "90.00"
    assert facts["ifrs-full:Inventories", "South", "2023-12-31"] == "80.00"
    assert facts["ifrs-full:InventoryWritedown2011", "South", "2023-12-31"] == "40.00"
    assert facts["ifrs-full:ReversalOfInventoryWritedown", "South", "2024-12-31"] == "10.00"
    assert not any(concept.startswith("us-gaap") for concept, *_ in facts)
    facts = read_facts(TWO + ", 'standard': 'asc330'", YEAR_AFTER)
    assert facts["us-gaap:InventoryNet", "South", "2023-12-31"] == "80.00"
    assert facts["us-gaap:InventoryValuationReserves", "South", "2023-12-31"] == "20.00"
    assert facts["us-gaap:InventoryWriteDown", "South", "2023-12-31"] == "20.00"
    assert read_facts(TWO + ", 'standard': 'hgb'", LEDGER) == {}


@pytest.mark.parametrize(("standard", "count"), [("ias2", 0), ("asc330", 0), ("hgb", 1)])
def test_where_no_taxonomy_has_names_that_is_said(standard: str, count: int) -> None:
    config = "{" + f"{TWO}, 'standard': '{standard}'" + "}"
    entries, _, options = loader.load_string(LEDGER.replace("{config}", config))
    assert len(document_facts(follow_ledger(entries, options)).warnings) == count


def test_facts_of_what_is_all_sold_are_nil() -> None:
    sold = '2023-12-01 * "Sold"\n  Assets:North:Inventory  -5 WIDGET {}\n  Expenses:COGS:Goods\n'
    for config, names in ((TWO, IFRS), (TWO + ", 'standard': 'asc330'", US_GAAP)):
        facts = read_facts(config, LEDGER + sold)
        assert facts[names["carrying"], "North", "2023-12-31"] == "0.00"
        if "allowance" in names:
            assert facts[names["allowance"], "North", "2023-12-31"] == "0.00"


ORDERED = (
    YEAR_AFTER
    + """
2023-12-20 custom "invwd-commitment" 30 WIDGET 10.00 USD
  until: 2024-12-31
  account: Assets:South:Inventory
2024-03-10 * "A part of what was ordered"
  Assets:South:Inventory   12 WIDGET {10.00 USD}
  Assets:Bank
"""
)


def test_what_is_ordered_stands_beside_the_year_before() -> None:
    note = write(TWO + ", 'standard': 'asc330'", ORDERED)
    told = section(note, "ASC 330-10-50-5").splitlines()
    past = told.index("From 2023-01-01 to 2023-12-31:")
    assert told[past + 3].endswith("| 0.00 | 60.00 | 0.00 | 0.00 | 60.00 |")


def test_of_many_orders_the_smaller_ones_are_summed_up() -> None:
    orders = "".join(
        f'2023-12-20 custom "invwd-commitment" {n} WIDGET 2.00 USD\n  until: 2024-12-31\n'
        "  account: Assets:South:Inventory\n"
        for n in range(1, 13)
    )
    note = write(TWO + ", 'standard': 'asc330'", LEDGER + orders)
    told = section(note, "ASC 330-10-50-5").splitlines()
    assert told[0].startswith("3 WIDGET are to come until 2024-12-31 at 6.00 USD")
    assert "Smaller orders, 6.00 USD in all, are to come." in told


def test_where_all_is_sold_the_year_before_is_told() -> None:
    sold = """
2024-03-01 * "All sold"
  Assets:North:Inventory   -5 WIDGET {}
  Assets:South:Inventory  -10 WIDGET {}
  Expenses:COGS:Goods
"""
    rest = LEDGER + sold + "2024-12-31 price WIDGET 9.00 USD\n"
    first, head, *_ = section(write(text=rest), "IAS 2.36 (b)").splitlines()
    assert first == "No inventories are on hand on 2024-12-31."
    assert "Carrying amount on 2023-12-31" in head
    note = write(text=LEDGER, end=D(2023, 1, 5))
    assert section(note, "IAS 2.36 (b)").splitlines()[0] == (
        "No inventories are on hand on 2023-01-05."
    )
    assert "| Currency |" not in section(note, "IAS 2.36 (b)")


def test_what_is_lost_on_the_first_day_is_of_the_period() -> None:
    note = write(start=D(2023, 6, 30))
    assert "- 2023-06-30: WIDGET of North, 40.00 USD" in section(note, "IAS 2.36 (e)")


def test_classes_are_shown_by_what_they_cost_and_were_carried_at() -> None:
    own = "".join(
        f'2023-01-01 commodity {item}\n  category: "c{n:02}"\n' for n, item in enumerate(ITEMS[:23])
    )
    later = "".join(f"2024-12-31 price {item} 0.00 USD\n" for item in ITEMS[:23])
    text = take_items(23, own + later).replace("ITEM022 0.00 USD", "ITEM022 30.00 USD", 1)
    told = section(write(text=text), "IAS 2.36 (b)")
    assert "| North | c22 | USD | 23.00 | 23.00 | 0.00 | 23.00 |" in told


def test_facts_of_what_is_ordered() -> None:
    """30 ordered, each 2.00 too dear at the end of 2023; 12 came; 1.00 too dear in 2024."""
    facts = read_facts(TWO, ORDERED)
    name = "ifrs-full:OnerousContractsProvision"
    assert facts[name, "South", "2023-12-31"] == "60.00"
    assert facts[name, "South", "2024-12-31"] == "18.00"
    assert (name, "North", "2024-12-31") not in facts
    assert not any(concept.startswith("us-gaap") for concept, *_ in facts)
    facts = read_facts(TWO + ", 'standard': 'asc330'", ORDERED)
    lost = "us-gaap:InventoryFirmPurchaseCommitmentLoss"
    assert facts[lost, "South", "2023-12-31"] == "60.00"
    assert facts[lost, "South", "2024-12-31"] == "-18.00", "of 60.00 less 24.00 that came"
    assert (lost, "North", "2023-12-31") not in facts
    assert "us-gaap:OnerousContractsProvision" not in {concept for concept, *_ in facts}
