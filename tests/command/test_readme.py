"""The README and the HOWTO tell the truth: their ledgers, commands, queries and tables."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.parser import printer
from beanquery import query
from click.testing import CliRunner
from openpyxl import load_workbook

from beancount_invwd.cli.commands import main
from beancount_invwd.policy import policy
from beancount_invwd.policy import templates as accounts
from beancount_invwd.policy.standards import STANDARDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOWTO = (ROOT / "beancount_invwd" / "HOWTO.md").read_text(encoding="utf-8")
ERRORS = sorted((ROOT / "tests" / "cases" / "errors").rglob("*.beancount"))
FIRST_PAGE = 40


def block(marker: str, text: str = README) -> str:
    match = re.search(rf"<!-- {re.escape(marker)} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert match is not None, f"there is no block {marker}"
    return match[1]


def markers(kind: str, text: str) -> list[str]:
    return re.findall(rf"^<!-- {kind}: (\w+) -->$", text, re.MULTILINE)


QUERIES = re.findall(r"^SELECT .*\n.*$", block("queries", HOWTO), re.MULTILINE)


def section(title: str, text: str = README) -> str:
    found = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert found, f"there is no section {title}"
    return found


def table(title: str, text: str = README) -> list[list[str]]:
    rows = [line for line in section(title, text).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[2:]]


def load(path: Path, text: str) -> str:
    """Load a ledger that has to be free of errors; print its generated transactions."""
    path.write_text(text, encoding="utf-8")
    entries, errors, _ = loader.load_file(str(path))
    assert not errors, errors[0].message
    added = [e for e in entries if e.meta["filename"] == "<beancount_invwd>" and hasattr(e, "tags")]
    printed = "".join(printer.format_entry(entry) for entry in added)
    return re.sub(r"^  invwd.*\n", "", printed, flags=re.MULTILINE)


def test_ledger_in_gives_entries_out(tmp_path: Path) -> None:
    assert load(tmp_path / "ledger.beancount", block("ledger: in")) == block("ledger: out")


@pytest.mark.parametrize("name", [name for name in markers("ledger", HOWTO) if name != "base"])
def test_ledgers_of_the_howto_give_what_they_say(name: str, tmp_path: Path) -> None:
    text = block(f"ledger: {name}", HOWTO)
    if not text.startswith("plugin"):
        text = block("ledger: base", HOWTO) + text
    written = load(tmp_path / "ledger.beancount", text)
    if name in markers("gives", HOWTO):
        assert block(f"gives: {name}", HOWTO) in written


def fill_in(path: Path, column: str, values: dict[str, float]) -> None:
    """Fill a column of a sheet in as a person does, who closes it then."""
    book = load_workbook(path)
    rows = list(book.active.iter_rows())
    heads = [cell.value for cell in rows[0]]
    items = [row[heads.index("commodity")].value for row in rows[1:]]
    assert items == list(values)
    for row, value in zip(rows[1:], values.values(), strict=True):
        row[heads.index(column)].value = value
    book.save(path)


def walk(folder: Path, commands: str, between: dict[int, Callable[[], None]]) -> list[str]:
    """Run commands line by line as in a shell; what each printed. None may fail."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(folder), "LANG": "C.UTF-8"}
    printed = []
    for number, line in enumerate(commands.splitlines()):
        between.get(number, lambda: None)()
        done = subprocess.run(  # noqa: S602 (it is the README's own)
            line, shell=True, cwd=folder, env=env, text=True, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), line
        printed.append(done.stdout)
    return printed


@pytest.fixture
def way(tmp_path: Path) -> Callable[..., list[str]]:
    def follow(name: str, between: dict[int, Callable[[], None]] | None = None) -> list[str]:
        text = block(f"ledger: {name}")
        (tmp_path / f"{name}.beancount").write_text(text, encoding="utf-8")
        return walk(tmp_path, block(f"card: {name}"), between or {})

    return follow


def test_the_way_of_the_owner(way: Callable[..., list[str]], tmp_path: Path) -> None:
    sheet = tmp_path / "prices.xlsx"
    printed = way("owner", {1: lambda: fill_in(sheet, "price", {"BOWL": 7})})
    assert "what" not in printed[0]
    ledger = (tmp_path / "owner.beancount").read_text(encoding="utf-8")
    assert ledger.endswith("2024-12-31 price BOWL 7 EUR\n")
    assert len(printed) == 4
    written = load(tmp_path / "owner.beancount", ledger)
    assert written.count("Write-down of") == 1  # of the mugs, a sale at 3.00 is the evidence


def test_the_way_of_the_accountant(way: Callable[..., list[str]], tmp_path: Path) -> None:
    note, roll, why, packed, booked, checked = way("accountant")
    assert (note, packed, booked, checked) == ("", "", "", "")
    assert (tmp_path / "year-2024.zip").stat().st_size > 1_000
    assert "300.00" in roll
    assert "30 × 70.00" in why
    assert "IAS 2.36" in (tmp_path / "note.md").read_text(encoding="utf-8")
    closed = (tmp_path / "closed-2024.beancount").read_text(encoding="utf-8")
    assert '2024-12-31 custom "invwd-closed" TRUE' in closed


def test_the_way_of_the_engineer(way: Callable[..., list[str]]) -> None:
    checked, tasks, compared, asked = way("engineer")
    assert checked == ""
    assert [row["kind"] for row in json.loads(tasks)["tasks"]] == ["ageing"]
    assert len(json.loads(compared)["columns"]) == 3
    assert re.search(r"2024-12-31 +BOARD +200.00", asked)


CUPS = """
2024-02-20 * "Cups"
  Assets:Inventory:Store  10 CUP {4.00 USD}
  Assets:Bank
"""


def test_the_commands_of_the_howto(tmp_path: Path) -> None:
    text = block("ledger: base", HOWTO)
    (tmp_path / "ledger.beancount").write_text(text, encoding="utf-8")
    prices, count = tmp_path / "prices.xlsx", tmp_path / "count.xlsx"
    counted = {1: lambda: fill_in(count, "quantity", {"MILK": 47, "MUG": 100})}
    walk(tmp_path, block("commands: count", HOWTO), counted)
    with (tmp_path / "ledger.beancount").open("a", encoding="utf-8") as file:
        file.write(CUPS)
    priced = {1: lambda: fill_in(prices, "price", {"CUP": 5})}
    walk(tmp_path, block("commands: month", HOWTO), priced)
    walk(tmp_path, block("commands: year", HOWTO), {})
    ledger = (tmp_path / "ledger.beancount").read_text(encoding="utf-8")
    assert "-3 MILK" in ledger
    assert "2024-02-29 price CUP 5 USD" in ledger
    assert set(markers("commands", HOWTO)) == {"count", "month", "year"}


def test_the_first_page_says_all_that_a_newcomer_needs() -> None:
    page = "\n".join(README.splitlines()[:FIRST_PAGE])
    for marker in ("ledger: in", "ledger: out", "command: run", "command: test"):
        assert block(marker, page)
    assert "pip install 'beancount-invwd[fava,xlsx]'" in page


@pytest.mark.parametrize("kind", ["write-down", "write-off", "reversal", "release", "transfer"])
def test_each_kind_has_a_query_that_finds_it(kind: str) -> None:
    entries, errors, options = loader.load_file(str(ROOT / "example.beancount"))
    assert not errors
    (text,) = (text for text in QUERIES if f"= '{kind}'" in text)
    columns, rows = query.run_query(entries, options, text)
    written: list[Any] = [entry for entry in entries if entry.meta.get("invwd") == kind]
    accounts_each = 2 if kind == "transfer" else 1
    assert len(rows) == len(written) * accounts_each > 0
    amounts = [abs(row[-1]) for row in rows]
    assert all(isinstance(amount, Decimal) and amount for amount in amounts)
    moved = sum(abs(p.units.number) for entry in written for p in entry.postings)
    assert sum(amounts) == (moved if kind == "transfer" else moved / 2)
    assert columns


def test_options_are_all_there() -> None:
    named = {key for row in table("Options") for key in re.findall(r"`([a-z_]+)`", row[0])}
    assert named == policy.KEYS
    for key in accounts.DEFAULTS:
        assert f"`{key}`" in section("Options")


def test_standards_are_as_in_the_code() -> None:
    rows = {row[0].strip("`"): row[1:] for row in table("Standards")}
    assert rows == {
        name: [s.measure, s.basis, s.reversals, s.period, s.source] for name, s in STANDARDS.items()
    }


def error_messages(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8").partition("\n* Expected\n")[2]
    return re.findall(r"^;! \d+: (?!Balance failed)(.*)$", text, re.MULTILINE)  # Beancount's own


def test_every_error_stands_in_the_table_and_every_row_has_an_error() -> None:
    phrases = [
        phrase for row in table("Errors", HOWTO) for phrase in re.findall(r"`([^`]+)`", row[0])
    ]
    messages = [(path.stem, message) for path in ERRORS for message in error_messages(path)]
    assert len(messages) >= len(ERRORS)
    for name, message in messages:
        assert any(phrase in message for phrase in phrases), (name, message)
    for phrase in phrases:
        assert any(phrase in message for _, message in messages), phrase


def test_the_command_line_says_what_it_says_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    call = "rollforward example.beancount"
    result = CliRunner().invoke(main, call.split())
    assert (result.exit_code, result.output) == (0, block(f"cli: {call}", HOWTO))
    commands = re.findall(r"`([a-z]+)`", "".join(row[0] for row in table("Command line")))
    assert sorted(commands) == sorted(main.commands)


@pytest.mark.parametrize(("text", "folder"), [(README, ROOT), (HOWTO, ROOT / "beancount_invwd")])
def test_pictures_and_files_are_there_and_small(text: str, folder: Path) -> None:
    targets = re.findall(r'(?:src|srcset)="([^"]+)"|\]\((?!https?:)([^)#]+)\)', text)
    paths = [folder / (picture or file) for picture, file in targets]
    assert paths
    for path in paths:
        assert path.exists(), path
        assert path.suffix != ".png" or path.stat().st_size < 80_000, path


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 250
