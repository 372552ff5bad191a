"""`bean-invwd diff`: two versions of a ledger, files or revisions of a git repository."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from beancount_invwd.cli.commands import main
from beancount_invwd.report.diff.amounts import Disclosed, Held
from beancount_invwd.report.diff.diff import Behind, Difference, document_difference
from tests.support.repository import KEEPER, Repository

PRICES = """
2024-01-31 price WIDGET 7.50 USD
2024-02-29 price WIDGET 9.00 USD
2024-02-29 price GADGET 30.00 USD
"""
LEDGER = """option "title" "Two items"
plugin "beancount_invwd"
include "prices.beancount"
2024-01-01 open Assets:Inventory "FIFO"
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:COGS
2024-01-05 * "Supplier" "Widgets"
  Assets:Inventory    100 WIDGET {10.00 USD}
  Assets:Bank
2024-01-06 * "Supplier" "Gadgets"
  Assets:Inventory     10 GADGET {40.00 USD}
  Assets:Bank
2024-02-10 * "Customer" "Widgets"
  Assets:Inventory    -40 WIDGET {}
  Expenses:COGS
2024-03-01 balance Assets:Bank  -1400.00 USD
"""


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit of a ledger in a folder of it, which is the current one."""
    folder = tmp_path / "books"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write(folder)
    Repository(tmp_path).commit("first")
    return folder


def git(folder: Path, *arguments: str) -> str:
    return Repository(folder.parent).git("-C", folder.name, *arguments)


def write(folder: Path, ledger: str = LEDGER, prices: str = PRICES) -> None:
    (folder / "main.beancount").write_text(ledger, encoding="utf-8")
    (folder / "prices.beancount").write_text(prices, encoding="utf-8")


def commit(folder: Path, author: str = KEEPER, day: str = "2024-03-02") -> str:
    return Repository(folder.parent).commit("changed", author, day)


def diff(old: str, new: str, *options: str) -> Result:
    return CliRunner().invoke(main, ["diff", old, new, *options])


def read(old: str, new: str, *options: str) -> dict[str, Any]:
    result = diff(old, new, *options, "--format", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_ledger_does_not_differ_from_itself(books: Path) -> None:
    found = read("HEAD:books/main.beancount", "main.beancount", "--fail-above", "0")
    assert {key for key, rows in found.items() if isinstance(rows, list) and rows} == set()
    assert "No movement differs." in diff("main.beancount", "main.beancount").stdout
    assert books.exists()


def test_a_changed_price_is_the_one_line_behind_what_differs(books: Path) -> None:
    write(books, prices=PRICES.replace("7.50", "7.00"))
    found = read("HEAD:books/main.beancount", "main.beancount")
    moved = [(row["date"], row["kind"], row["difference"]) for row in found["movements"]]
    # 100 × 0.50 more is lost, 40 % of it released, the rest comes back with the price of February
    assert moved == [
        ("2024-01-31", "write-down", "50.00"),
        ("2024-02-10", "release", "-20.00"),
        ("2024-02-29", "reversal", "-30.00"),
    ]
    assert "allowances" not in found
    (row,) = found["directives"]
    assert row == {
        "change": "changed",
        "place": "prices.beancount:2",
        "old": "2024-01-31 price WIDGET 7.50 USD",
        "new": "2024-01-31 price WIDGET 7.00 USD",
        "commit": "not committed",
        "author": "",
        "day": "",
    }


def test_commit_author_and_day_come_from_git(books: Path) -> None:
    write(books, prices=PRICES.replace("7.50", "7.00"))
    head = commit(books, "Accountant", "2024-03-09")
    (row,) = read("HEAD~1:books/main.beancount", "HEAD:books/main.beancount")["directives"]
    assert (row["commit"], row["author"], row["day"]) == (head, "Accountant", "2024-03-09")


def test_who_removed_a_directive_is_told_by_its_words(books: Path) -> None:
    line = "2024-01-31 price WIDGET 7.50 USD\n"
    write(books, prices=PRICES.replace(line, line.replace(" price", "   price")))
    commit(books, "Tidy", "2024-03-03")  # moves words apart, which is no change
    write(books, prices=PRICES.replace(line, ""))
    head = commit(books, "Accountant", "2024-03-09")
    write(books, LEDGER + "; the end\n", PRICES.replace(line, ""))
    commit(books, "Somebody", "2024-03-10")
    (row,) = read("HEAD~3:./main.beancount", "HEAD:books/main.beancount")["directives"]
    assert (row["change"], row["place"]) == ("removed", "prices.beancount:2")
    assert (row["commit"], row["author"], row["day"]) == (head, "Accountant", "2024-03-09")


def test_a_removal_that_is_not_committed_says_so(books: Path) -> None:
    write(books, prices=PRICES.replace("2024-01-31 price WIDGET 7.50 USD\n", ""))
    (row,) = read("HEAD:books/main.beancount", "main.beancount")["directives"]
    assert (row["change"], row["commit"], row["author"]) == ("removed", "not committed", "")
    (row,) = read("main.beancount", "HEAD:books/main.beancount")["directives"]
    assert (row["change"], row["commit"]) == ("added", git(books, "rev-parse", "HEAD")[:9])


def test_renamed_files_are_no_change_and_keep_their_history(books: Path) -> None:
    git(books, "mv", "prices.beancount", "quotes.beancount")
    git(books, "mv", "main.beancount", "shop.beancount")
    path = books / "shop.beancount"
    path.write_text(LEDGER.replace("prices.beancount", "quotes.beancount"), encoding="utf-8")
    commit(books, "Tidy", "2024-03-03")
    found = read("HEAD~1:books/main.beancount", "HEAD:books/shop.beancount")
    assert not any(rows for rows in found.values() if isinstance(rows, list))
    quotes = PRICES.replace("2024-01-31 price WIDGET 7.50 USD\n", "").replace("9.00", "8.00")
    (books / "quotes.beancount").write_text(quotes, encoding="utf-8")
    head = commit(books, "Accountant", "2024-03-09")
    rows = read("HEAD~2:books/main.beancount", "HEAD:books/shop.beancount")["directives"]
    assert {(row["change"], row["place"], row["commit"], row["author"]) for row in rows} == {
        ("removed", "prices.beancount:2", head, "Accountant"),
        ("changed", "quotes.beancount:2", head, "Accountant"),
    }


def test_what_was_removed_may_have_signs_of_patterns(books: Path) -> None:
    more = '2024-01-07 * "A+B (C|D)?" "5 \\d [x] {y} $1^*."\n'
    more += "  Assets:Inventory    10 WIDGET {10.00 USD}\n  Assets:Bank\n"
    main = LEDGER.replace("-1400", "-1500")
    write(books, main + more)
    commit(books)
    write(books)
    head = commit(books, "Accountant")
    found = read("HEAD~1:books/main.beancount", "HEAD:books/main.beancount")
    (row,) = [row for row in found["directives"] if row["change"] == "removed"]
    assert (row["commit"], row["author"]) == (head, "Accountant")


def test_neither_work_tree_nor_index_is_touched(books: Path) -> None:
    write(books, prices=PRICES.replace("7.50", "7.00"))
    (books / "note.txt").write_text("new\n", encoding="utf-8")
    before = (git(books, "status", "--porcelain"), (books / "prices.beancount").read_text("utf-8"))
    diff("HEAD:books/main.beancount", "main.beancount")
    after = (git(books, "status", "--porcelain"), (books / "prices.beancount").read_text("utf-8"))
    assert before == after


def test_spaces_and_comments_are_no_change(books: Path) -> None:
    ledger = LEDGER.replace("  Assets:Bank\n", "  Assets:Bank   \n  ; as usual\n")
    prices = PRICES.replace("02-29 price WIDGET", "02-29   price WIDGET").replace("7.50", "7.00")
    write(books, ledger, "\n; moved down\n" + prices)
    rows = read("HEAD:books/main.beancount", "main.beancount")["directives"]
    assert [(row["place"], row["new"][-8:]) for row in rows] == [("prices.beancount:4", "7.00 USD")]


def test_other_items_do_not_lie_behind_it(books: Path) -> None:
    ledger = LEDGER.replace('"Gadgets"', '"Gadgets again"')
    write(books, ledger, PRICES.replace("7.50", "7.00"))
    rows = read("HEAD:books/main.beancount", "main.beancount")["directives"]
    assert [row["place"] for row in rows] == ["prices.beancount:2"]


def test_what_has_nothing_to_do_with_it_does_not_lie_behind_it(books: Path) -> None:
    others = """2024-01-03 event "location" "Shop"
2024-01-03 custom "budget" Expenses:COGS "monthly" 10.00 USD
2024-01-10 custom "invwd-commitment" 20 GADGET 12.00 USD
  until: 2024-12-31
2024-01-10 custom "invwd-replacement-cost" "GADGET" 12.00 USD
"""
    write(books, LEDGER + others)
    commit(books)
    changed = others.replace("Shop", "Depot").replace("10.00", "11.00").replace("12.00", "13.00")
    write(books, LEDGER + changed, PRICES.replace("7.50", "7.00"))
    rows = read("HEAD:books/main.beancount", "main.beancount")["directives"]
    assert [row["place"] for row in rows] == ["prices.beancount:2"]


def test_what_makes_the_ledger_end_later_lies_behind_what_is_measured_then(books: Path) -> None:
    prices = "2024-01-31 price WIDGET 7.50 USD\n2024-02-15 price WIDGET 6.00 USD\n"
    ledger = LEDGER.partition("2024-03-01")[0] + "2024-01-31 price GADGET 50.00 USD\n"
    write(books, ledger, prices)
    commit(books)
    write(books, ledger, prices + "2024-02-29 price GADGET 50.00 USD\n")
    found = read("HEAD:books/main.beancount", "main.beancount")
    assert {row["commodity"] for row in found["movements"]} == {"WIDGET"}
    assert [row["place"] for row in found["directives"]] == ["prices.beancount:3"]


def test_what_is_booked_lies_behind_by_the_group_that_its_posting_names(books: Path) -> None:
    ledger = f"""{LEDGER}2024-01-01 open Assets:Inventory:Allowance
2024-01-01 open Expenses:Losses
2024-01-20 * "By hand" #invwd
  Assets:Inventory:Allowance  -50.00 USD
    invwd-group: "WIDGET"
  Expenses:Losses
"""
    write(books, ledger)
    commit(books)
    write(books, ledger.replace("-50.00", "-60.00"))
    rows = read("HEAD:books/main.beancount", "main.beancount")["directives"]
    assert [row["place"] for row in rows] == ["main.beancount:19"]


def test_a_changed_purchase_is_one_directive_and_not_its_sales(books: Path) -> None:
    write(books, LEDGER.replace("10.00 USD", "10.50 USD").replace("-1400", "-1450"))
    rows = read("HEAD:books/main.beancount", "main.beancount")["directives"]
    assert [(row["change"], row["place"]) for row in rows] == [("changed", "main.beancount:7")]


def test_a_policy_lies_behind_everything(books: Path) -> None:
    line = """plugin "beancount_invwd" "{'selling_cost': '10%'}\""""
    write(books, LEDGER.replace('plugin "beancount_invwd"', line))
    found = read("HEAD:books/main.beancount", "main.beancount")
    assert [row["new"] for row in found["directives"]] == [line]
    assert {row["commodity"] for row in found["movements"]} == {"WIDGET", "GADGET"}
    figures = {row["figure"]: row["difference"] for row in found["disclosures"]}
    assert figures["closing"] == "84.00"  # 60 × 0.90 and 10 × 3.00


def test_closed_periods_say_so(books: Path) -> None:
    closed = LEDGER + '2024-01-31 custom "invwd-closed" TRUE\n'
    write(books, closed)
    commit(books)
    result = diff(
        "HEAD~1:books/main.beancount", "HEAD:books/main.beancount", "--as-of", "2024-01-31"
    )
    assert "movements that differ are in periods closed on 2024-01-31" in result.stdout
    assert '2024-01-31 custom "invwd-closed" TRUE' in result.stdout


@pytest.mark.parametrize(("limit", "status"), [("100", 0), ("99.99", 1), ("0", 1)])
def test_a_limit_is_a_gate(books: Path, limit: str, status: int) -> None:
    write(books, prices=PRICES.replace("7.50", "7.00"))  # 50.00 + 20.00 + 30.00
    result = diff("HEAD:books/main.beancount", "main.beancount", "--fail-above", limit)
    assert result.exit_code == status
    assert ("Movements differ by 100.00 USD" in result.stderr) == bool(status)


def test_errors_of_a_revision_are_named_as_it_was_asked_for(books: Path) -> None:
    write(books, LEDGER.replace("-1400", "-1500"))
    commit(books)
    result = diff("HEAD:books/main.beancount", "HEAD~1:books/main.beancount")
    assert result.exit_code == 1
    assert "HEAD:books/main.beancount:16:" in result.stderr
    assert "bean-invwd-" not in result.output


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("nothing.beancount", "is no file, nor REV:file"),
        ("HEAD:nothing.beancount", "HEAD of this git repository has no file nothing.beancount"),
        ("v9:main.beancount", "git knows no revision v9"),
    ],
)
@pytest.mark.usefixtures("books")
def test_what_is_not_there_is_said(old: str, words: str) -> None:
    result = diff(old, "main.beancount")
    assert result.exit_code == 2
    assert words in result.stderr


def test_files_need_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name, price in (("old", "7.50"), ("new", "7.00")):
        (tmp_path / name).mkdir()
        write(tmp_path / name, prices=PRICES.replace("7.50", price))
    found = read("old/main.beancount", "new/main.beancount")
    (row,) = found["directives"]
    assert (row["place"], row["commit"]) == ("prices.beancount:2", "")
    assert diff("HEAD:main.beancount", "new/main.beancount").exit_code == 2
    assert datetime.date.fromisoformat(found["as_of"]) == datetime.date(2024, 3, 1)


def test_liabilities_for_what_is_ordered_differ_as_allowances_do(books: Path) -> None:
    order = '2024-01-10 custom "invwd-commitment" 20 WIDGET 10.00 USD\n  until: 2024-12-31\n'
    write(books, LEDGER + order)
    commit(books)
    write(books, LEDGER + order, PRICES.replace("9.00", "8.50"))
    found = read("HEAD:books/main.beancount", "main.beancount")
    liability = {
        "entity": "",
        "currency": "USD",
        "account": "Liabilities:Inventory:Commitments",
        "commodity": "WIDGET",
        "old": "20.00",  # 20 × (10.00 − 9.00)
        "new": "30.00",
        "difference": "10.00",
    }
    assert liability in found["allowances"]
    figures = {row["figure"]: (row["old"], row["new"]) for row in found["disclosures"]}
    assert figures["liability-for-orders"] == ("20.00", "30.00")
    assert figures["recoveries-on-orders"] == ("-30.00", "-20.00")  # of 50.00 in January
    assert "losses-on-orders" not in figures


HELD = Held(Decimal(1), Decimal(2), "", "USD", "Assets:Inventory:Allowance", "WIDGET")
FIGURE = Disclosed(
    Decimal(1), Decimal(2), "", "USD", datetime.date.min, datetime.date.max, "closing"
)
BEHIND = Behind("changed", "main.beancount:1", "", "", "", "", "")


@pytest.mark.parametrize(
    ("held", "disclosed", "behind", "told"),
    [
        ([], [], [], (True, 0)),
        ([HELD], [], [], (False, 1)),
        ([], [FIGURE], [], (False, 1)),
        ([HELD], [FIGURE], [BEHIND], (False, 0)),
    ],
)
def test_what_no_directive_lies_behind_is_warned_of(
    held: list[Held], disclosed: list[Disclosed], behind: list[Behind], told: tuple[bool, int]
) -> None:
    found = Difference(datetime.date.max, None, [], held, disclosed, behind)
    document = document_difference(found, ("old", "new"))
    assert (found.is_empty, len(document.warnings)) == told
    assert [document.facts[name] for name in ("old", "new")] == ["old", "new"]
