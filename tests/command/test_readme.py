"""The README tells the truth: its ledger, its queries, its tables."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.parser import printer
from beanquery import query
from click.testing import CliRunner

from beancount_invwd.cli.commands import main
from beancount_invwd.policy import policy
from beancount_invwd.policy import templates as accounts
from beancount_invwd.policy.standards import STANDARDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ERRORS = sorted((ROOT / "tests" / "cases" / "errors").rglob("*.beancount"))


def block(marker: str) -> str:
    match = re.search(rf"<!-- {re.escape(marker)} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert match is not None, f"the README has no block {marker}"
    return match[1]


QUERIES = re.findall(r"^SELECT .*\n.*$", block("queries"), re.MULTILINE)


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def table(title: str) -> list[list[str]]:
    rows = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[2:]]


def test_ledger_in_gives_entries_out(tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    path.write_text(block("ledger: in"), encoding="utf-8")
    entries, errors, _ = loader.load_file(str(path))
    assert not errors
    added = [entry for entry in entries if entry.meta["filename"] == "<beancount_invwd>"]
    printed = "\n".join(printer.format_entry(entry) for entry in added)
    assert printed == block("ledger: out")


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
    phrases = [phrase for row in table("Errors") for phrase in re.findall(r"`([^`]+)`", row[0])]
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
    assert (result.exit_code, result.output) == (0, block(f"cli: {call}"))
    commands = re.findall(r"`([a-z]+)`", "".join(row[0] for row in table("Command line")))
    assert sorted(commands) == sorted(main.commands)


def test_pictures_and_files_are_there_and_small() -> None:
    targets = re.findall(r'(?:src|srcset)="([^"]+)"|\]\((?!https?:)([^)#]+)\)', README)
    paths = [ROOT / (picture or file) for picture, file in targets]
    assert {path.suffix for path in paths} > {".png"}
    for path in paths:
        assert path.exists(), path
        assert path.suffix != ".png" or path.stat().st_size < 80_000, path


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 250
