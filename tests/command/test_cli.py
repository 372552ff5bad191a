"""The command line: what it writes, refuses, and tells by its exit status."""

from __future__ import annotations

import csv
import datetime
import importlib.util
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from beancount.scripts.check import main as bean_check
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from beancount_invwd.cli import commands as cli
from beancount_invwd.cli import console

ROOT = Path(__file__).parents[2]
EXAMPLE = "example.beancount"

LEDGER = """
plugin "beancount_invwd"
2024-01-01 commodity WIDGET
  category: "=1+1"
2024-01-01 open Assets:Inventory
2024-01-01 open Assets:Bank
2024-01-05 * "Widgets"
  Assets:Inventory   10 WIDGET {10.00 USD, "@SUM(A1:A9)"}
  Assets:Bank
2024-01-05 * "More"
  Assets:Inventory   10 WIDGET {10.00 USD, "\\tA\x1b[31m"}
  Assets:Bank
2024-01-20 custom "invwd-nrv" "WIDGET" 4.00 USD "-2+3"
  lot: "@SUM(A1:A9)"
2024-01-31 price WIDGET 9.00 USD
"""


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*args: str) -> Result:
    return CliRunner().invoke(cli.main, list(args), prog_name="bean-invwd")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.beancount"
    path.write_text(LEDGER.replace("\\t", "\t"), encoding="utf-8")
    return path


def test_totals_of_all_formats_are_the_same() -> None:
    data = json.loads(run("report", EXAMPLE, "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(run("report", EXAMPLE, "--format", "csv").stdout)))
    periods = json.loads(run("rollforward", EXAMPLE, "--format", "json").stdout)["periods"]
    (total,) = data["totals"]
    assert sum(Decimal(row["allowance"]) for row in rows) == Decimal(total["allowance"]) > 0
    assert total["allowance"] == periods[-1]["closing"]
    assert data["as_of"] == periods[-1]["to"]
    assert data["standard"] == "ias2"


@pytest.mark.parametrize(
    ("by", "lacking"),
    [
        ("lot", set()),
        ("item", {"account", "lot_date", "lot_label"}),
        (
            "category",
            {"account", "lot_date", "lot_label", "commodity", "unit_cost", "price", "price_date"},
        ),
    ],
)
def test_json_has_the_keys_of_the_grouping(by: str, lacking: set[str]) -> None:
    keys = [
        "entity",
        "account",
        "commodity",
        "category",
        "currency",
        "lot_date",
        "lot_label",
        "unit_cost",
        "quantity",
        "cost",
        "price",
        "price_date",
        "measure",
        "allowance",
        "carrying",
        "pending",
        "reason",
    ]
    data = json.loads(run("report", EXAMPLE, "--by", by, "--format", "json").stdout)
    assert list(data) == ["as_of", "standard", "positions", "totals", "commitments", "notices"]
    for row in data["positions"]:
        assert list(row) == [key for key in keys if key not in lacking]
        assert all(value is None or isinstance(value, str) for value in row.values())
    assert list(data["totals"][0]) == [
        "entity",
        "currency",
        "cost",
        "allowance",
        "carrying",
        "pending",
    ]


def test_json_of_rollforward_has_its_keys() -> None:
    keys = [
        "entity",
        "currency",
        "from",
        "to",
        "opening",
        "write_downs",
        "write_offs",
        "reversals",
        "releases",
        "transfers",
        "closing",
    ]
    data = json.loads(run("rollforward", EXAMPLE, "--format", "json").stdout)
    assert list(data) == ["periods", "commitments"]
    assert all(list(row) == keys for row in data["periods"])


WRONG = {
    "no command": ["sums"],
    "no ledger": ["report", "missing.beancount"],
    "a folder": ["report", "tests"],
    "no date": ["report", EXAMPLE, "--as-of", "31.12.2024"],
    "a week": ["report", EXAMPLE, "--as-of", "2024-W01-1"],
    "no format": ["report", EXAMPLE, "--format", "pdf"],
    "no grouping": ["report", EXAMPLE, "--by", "colour"],
    "no share": ["risk", EXAMPLE, "--headroom", "much"],
    "days below 0": ["risk", EXAMPLE, "--within", "-1"],
    "from after to": ["rollforward", EXAMPLE, "--from", "2024-02-01", "--to", "2024-01-01"],
    "note from after to": ["disclose", EXAMPLE, "--from", "2025-02-01"],
    "no scenario": ["compare", EXAMPLE],
    "no setting": ["compare", EXAMPLE, "--with", "hgb"],
    "no value": ["compare", EXAMPLE, "--with", "standard="],
    "unknown key": ["compare", EXAMPLE, "--with", "colour=red"],
    "unknown value": ["compare", EXAMPLE, "--with", "standard=ifrs"],
    "twice": ["compare", EXAMPLE, "--with", "basis=lot,basis=item"],
    "price twice": ["compare", EXAMPLE, "--with", "price=-5%,price=-6%"],
    "no change": ["compare", EXAMPLE, "--with", "price=low"],
    "no percentage": ["compare", EXAMPLE, "--with", "price=0.9"],
    "two signs": ["compare", EXAMPLE, "--with", "price=--5%"],
    "below nothing": ["compare", EXAMPLE, "--with", "price=-101%"],
    "unknown item": ["explain", EXAMPLE, "LAMB"],
    "unknown lot": ["explain", EXAMPLE, "MUG", "--lot", "M-0824"],
}


@pytest.mark.parametrize("args", WRONG.values(), ids=WRONG)
def test_wrong_usage(args: list[str], request: pytest.FixtureRequest) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    said = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(said) == 1, request.node.callspec.id


def test_what_is_near_is_named() -> None:
    assert "did you mean LAMP?" in run("explain", EXAMPLE, "LAMB").stderr
    assert "did you mean MUG?" in run("explain", EXAMPLE, "mug").stderr
    assert "there are CANDLE, COFFEE" in run("explain", EXAMPLE, "THINGS").stderr
    assert 'it had "M-0823"' in run("explain", EXAMPLE, "MUG", "--lot", "x").stderr
    assert "did you mean 'basis'?" in run("compare", EXAMPLE, "--with", "bases=lot").stderr


def test_rows_finer_than_the_unit_of_account_are_refused(ledger: Path) -> None:
    text = ledger.read_text(encoding="utf-8")
    config = "\"beancount_invwd\" \"{'basis': 'total'}\""
    ledger.write_text(text.replace('"beancount_invwd"', config))
    result = run("rollforward", str(ledger), "--by", "item")
    assert result.exit_code == 2
    assert "Invalid value for '--by': the ledger tests all inventory as one" in result.stderr


def test_ledger_without_the_plugin(tmp_path: Path) -> None:
    path = tmp_path / "plain.beancount"
    path.write_text("2024-01-01 open Assets:Inventory\n")
    for command in ("report", "rollforward", "risk", "disclose"):
        result = run(command, str(path))
        assert result.exit_code == 2
        assert 'add the line: plugin "beancount_invwd"' in result.stderr


def test_ledger_with_errors_is_reported_all_the_same(ledger: Path) -> None:
    with ledger.open("a") as file:
        file.write('2024-01-31 custom "invwd-nrv" "WIDGET" 1.00 USD\n  lot: "none"\n')
        file.write("2024-02-01 balance Assets:Bank 5.00 USD\n")
    result = run("report", str(ledger), "--format", "json")
    assert result.exit_code == 1
    assert result.stderr == CliRunner().invoke(bean_check, [str(ledger)]).stderr
    assert "Balance failed" in result.stderr
    (row,) = json.loads(result.stdout)["positions"]
    assert (row["reason"], row["measure"]) == ("not assessed: see errors", None)
    for command in ("rollforward", "risk", "disclose"):
        result = run(command, str(ledger))
        assert (result.exit_code, bool(result.stdout)) == (1, True)


def test_configuration_with_errors(ledger: Path) -> None:
    text = ledger.read_text(encoding="utf-8")
    ledger.write_text(text.replace('"beancount_invwd"', '"beancount_invwd" "{\'basis\': 1}"'))
    for command in ("report", "rollforward", "risk", "disclose"):
        result = run(command, str(ledger))
        assert (result.exit_code, result.stdout) == (1, "")
        assert "'basis' is 1" in result.stderr
        assert "Nothing to report: the configuration has errors" in result.stderr


@pytest.mark.parametrize("command", cli.main.commands)
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert re.search(rf"Example:\n    bean-invwd {command} .*ledger\.beancount", result.stdout)


def test_help_tells_of_completion_which_works() -> None:
    assert "_BEAN_INVWD_COMPLETE=bash_source bean-invwd" in run("--help").stdout
    env = {"_BEAN_INVWD_COMPLETE": "bash_source"}
    result = CliRunner().invoke(cli.main, [], env=env, prog_name="bean-invwd")
    assert "complete -o nosort -F _bean_invwd_completion bean-invwd" in result.stdout


def test_version() -> None:
    assert run("--version").stdout.startswith("bean-invwd, version ")


# Text that a ledger can hold does no harm.


def test_csv_cells_are_no_formulas(ledger: Path) -> None:
    result = run("report", str(ledger), "--by", "lot", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {row["category"] for row in rows} == {"'=1+1"}
    assert {row["lot_label"] for row in rows} == {"'@SUM(A1:A9)", "' A [31m"}
    assert {row["reason"] for row in rows} == {"'-2+3", "price"}
    assert {row["allowance"] for row in rows} == {"60.00", "10.00"}


def test_negative_numbers_stay_numbers() -> None:
    result = run("rollforward", EXAMPLE, "--format", "csv")
    rows = csv.DictReader(io.StringIO(result.stdout))
    assert any(Decimal(row["releases"]) < 0 for row in rows)


def test_xlsx_cells_are_no_formulas_and_numbers_are_numbers(ledger: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.xlsx"
    run("report", str(ledger), "--by", "lot", "--format", "xlsx", "--output", str(output))
    sheet = load_workbook(output)["positions"]
    cells: list[Any] = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    texts = {cell.value: cell for cell in cells if isinstance(cell.value, str)}
    for text in ("=1+1", "@SUM(A1:A9)", "-2+3", " A [31m"):
        assert texts[text].data_type == "s", text
    assert all(texts[text].quotePrefix for text in ("=1+1", "@SUM(A1:A9)", "-2+3", " A [31m"))
    assert not texts["price"].quotePrefix
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s", "n", "d"}
    assert sheet["F2"].value == datetime.datetime(2024, 1, 5)  # noqa: DTZ001 (a date)
    assert (sheet["J2"].value, sheet["J2"].number_format) == (100, "#,##0.00")
    assert sheet.freeze_panes == "A2"


def test_text_has_no_control_characters(ledger: Path) -> None:
    result = run("report", str(ledger), "--by", "lot")
    assert all(char.isprintable() for char in result.stdout.replace("\n", ""))
    assert " A [31m" in result.stdout


def test_a_ledger_without_inventory(tmp_path: Path) -> None:
    path = tmp_path / "empty.beancount"
    path.write_text('plugin "beancount_invwd"\n2024-01-01 open Assets:Inventory\n')
    assert "No inventory is on hand" in run("report", str(path)).stdout
    assert "There was no inventory." in run("rollforward", str(path), "--to", "2024-01-31").stdout
    assert "Nothing is at risk." in run("risk", str(path)).stdout
    result = run("compare", str(path), "--with", "standard=hgb", "--as-of", "2024-01-31")
    assert "There is no allowance under any of these policies." in result.stdout
    assert "No inventories are on hand" in run("disclose", str(path)).stdout


def test_wide_characters_are_aligned(ledger: Path) -> None:
    text = ledger.read_text(encoding="utf-8").replace("=1+1", "商品e\u0301")
    ledger.write_text(text, encoding="utf-8")
    head, rule, row, *_ = run("report", str(ledger)).stdout.splitlines()[2:]
    assert head.startswith("item    category  currency")
    assert rule.startswith("------  --------  --------")
    assert row.startswith("WIDGET  商品e\u0301     USD")


def test_what_does_not_tie_out_is_said(ledger: Path) -> None:
    with ledger.open("a") as file:
        file.write('2024-02-01 * "By hand"\n  Assets:Inventory:Allowance  -1.00 USD\n')
        file.write("  Assets:Bank\n")
    said = (
        "Assets:Inventory:Allowance does not tie out: 70.00 USD by movements, 71.00 USD by the "
        "balance of the ledger, 70.00 USD by the lots"
    )
    assert f"! {said}" in run("rollforward", str(ledger)).stdout
    for style in ("csv", "json"):
        result = run("rollforward", str(ledger), "--format", style)
        assert result.exit_code == 1
        assert "differ from the allowances" in result.stderr
        assert result.stderr.endswith(f"\n{said}\n")


def test_a_scenario_says_what_it_lacks() -> None:
    result = run("compare", EXAMPLE, "--with", "measure=lcm")
    assert result.exit_code == 0
    assert "! measure=lcm: " in result.stdout
    assert "no normal margin" in result.stdout


# Files are written whole or not at all.


def test_output_is_what_stdout_would_be(tmp_path: Path) -> None:
    output = tmp_path / "report.txt"
    result = run("report", EXAMPLE, "--output", str(output))
    assert (result.exit_code, result.stdout) == (0, "")
    assert output.read_text(encoding="utf-8") == run("report", EXAMPLE, "--output", "-").stdout


def test_output_replaces_a_file_and_keeps_its_mode_and_link(tmp_path: Path) -> None:
    output, link = tmp_path / "note.md", tmp_path / "link.md"
    output.write_text("old")
    output.chmod(0o640)
    link.symlink_to(output)
    assert run("disclose", EXAMPLE, "--output", str(link)).exit_code == 0
    assert link.is_symlink()
    assert output.read_text(encoding="utf-8").startswith("# Inventories")
    assert output.stat().st_mode & 0o777 == 0o640


def test_output_to_a_device() -> None:
    assert run("report", EXAMPLE, "--output", "/dev/null").exit_code == 0


def test_output_to_a_pipe() -> None:
    reader, writer = os.pipe()
    result = run("disclose", EXAMPLE, "--output", f"/dev/fd/{writer}")
    os.close(writer)
    with os.fdopen(reader) as pipe:
        assert (result.exit_code, pipe.readline()) == (
            0,
            "# Inventories, 2024-01-01 to 2024-12-31\n",
        )


@pytest.mark.parametrize("place", ["missing/report.txt", "."])
def test_output_that_cannot_be_written(tmp_path: Path, place: str) -> None:
    output = tmp_path / place
    result = run("report", EXAMPLE, "--output", str(output))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Error: cannot write {output}: " in result.stderr


def test_output_that_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "report.txt"
    output.write_text("old")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    result = run("report", EXAMPLE, "--output", str(output))
    assert (result.exit_code, output.read_text()) == (2, "old")
    assert f"cannot write {output}: Permission denied" in result.stderr


def test_output_that_fails_half_way_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "report.txt"
    output.write_text("old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    result = run("report", EXAMPLE, "--output", str(output))
    assert f"cannot write {output}: disk full" in result.stderr
    assert output.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


@pytest.mark.parametrize("name", ["ledger.beancount", "part.beancount", "link", "hard"])
def test_output_over_the_ledger_is_refused(tmp_path: Path, name: str) -> None:
    ledger, part = tmp_path / "ledger.beancount", tmp_path / "part.beancount"
    part.write_text("2024-01-01 open Assets:Bank\n")
    ledger.write_text(f'{Path(EXAMPLE).read_text()}\ninclude "part.beancount"\n')
    (tmp_path / "link").symlink_to(part)
    (tmp_path / "hard").hardlink_to(ledger)
    before = [path.read_text() for path in (ledger, part)]
    result = run("report", str(ledger), "--output", str(tmp_path / name))
    assert result.exit_code == 2
    assert "was read for this and is not written over" in result.stderr
    assert [path.read_text() for path in (ledger, part)] == before


def test_stdout_that_is_full_is_a_clear_error() -> None:
    program = "from beancount_invwd.cli.commands import main; main()"
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-c", program, "report", EXAMPLE],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr.splitlines()[:1]) == (
        2,
        ["Error: cannot write to stdout: No space left on device"],
    )


def test_a_command_that_is_killed_leaves_no_half_file(tmp_path: Path) -> None:
    output = tmp_path / "booked.beancount"
    output.write_text("old")
    program = (
        "import os, signal; from beancount_invwd import cli;"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL); cli.main()"
    )
    call = [sys.executable, "-c", program, "book", EXAMPLE, "--through", "2023-12-31"]
    done = subprocess.run([*call, "--output", str(output)], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert output.read_text() == "old"


def test_the_same_ledger_gives_the_same_workbook() -> None:
    first, second = (run("report", EXAMPLE, "--format", "xlsx").stdout_bytes for _ in range(2))
    assert first == second
    assert load_workbook(io.BytesIO(first)).properties.created.year == 1980


def test_xlsx_without_xlsxwriter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    result = run("report", EXAMPLE, "--format", "xlsx")
    assert result.exit_code == 2
    assert "pip install 'beancount-invwd[xlsx]'" in result.stderr


# A terminal.


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_xlsx_is_not_written_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    with pytest.raises(console.Refusal, match=r"add --output FILE\.xlsx"):
        console.check_format("xlsx", None)
    console.check_format("xlsx", "report.xlsx")
    console.check_format("text", None)


def test_progress_is_shown_on_a_terminal_and_wiped_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(console, "_PATIENCE", 0)
    timers: list[Any] = []
    monkeypatch.setattr(threading, "Timer", make_impatient(timers))
    with console.show_progress("reading"):
        timers[0].fire()
        assert terminal.getvalue() == "bean-invwd: reading …"
    assert terminal.getvalue().endswith("\r\x1b[K")


def make_impatient(timers: list[Any]) -> type:
    class Impatient:
        """A timer that fires when the test says so."""

        daemon = False

        def __init__(self, _seconds: float, fire: Any) -> None:
            self.fire = fire
            timers.append(self)

        def start(self) -> None: ...

        def cancel(self) -> None: ...

        def join(self) -> None: ...

    return Impatient


def test_progress_is_not_shown_if_it_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with console.show_progress("reading"):
        pass
    assert terminal.getvalue() == ""


def test_progress_is_not_shown_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(console, "_PATIENCE", 0)
    with console.show_progress("reading"):
        pass
    assert stream.getvalue() == ""
