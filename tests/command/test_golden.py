"""Each report of the example in each format, as it was read and found right once.

What changed on purpose is written anew, and read as a diff:

    python -m pytest tests/command/test_golden.py --update-cases
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from beancount_invwd.cli.commands import main
from tests.support.repository import Repository

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
EXAMPLE = "example.beancount"

COMMANDS = {
    "report": ["report", EXAMPLE],
    "report-by-lot": ["report", EXAMPLE, "--by", "lot", "--as-of", "2024-02-15"],
    "rollforward": ["rollforward", EXAMPLE, "--period", "quarter"],
    "rollforward-by-item": ["rollforward", EXAMPLE, "--by", "item", "--from", "2024-01-01"],
    "rollforward-by-cause": ["rollforward", EXAMPLE, "--by", "cause", "--period", "quarter"],
    "risk": ["risk", EXAMPLE, "--as-of", "2023-09-30"],
    "risk-selling": [
        *("risk", EXAMPLE, "--as-of", "2024-03-31"),
        *("--selling-accounts", "Expenses:Fees"),
    ],
    "compare": ["compare", EXAMPLE, "--with", "standard=hgb", "--with", "basis=total,price=-10%"],
    "explain": ["explain", EXAMPLE, "CANDLE", "--as-of", "2024-04-30"],
    "explain-converted": ["explain", EXAMPLE, "LAMP"],
    "todo": ["todo", EXAMPLE, "--as-of", "2024-04-30"],
    "prices": ["prices", EXAMPLE],
    "lookback": ["lookback", EXAMPLE, "--as-of", "2023-12-31"],
    "audit": ["audit", EXAMPLE, "--as-of", "2023-12-31"],
    "count": ["count", EXAMPLE],
    "explain-lot": ["explain", EXAMPLE, "MUG", "--as-of", "2023-09-30", "--lot", "M-0823"],
}
ENDINGS = {"text": "txt", "csv": "csv", "json": "json", "xlsx": "xlsx.txt"}
FORMATS = tuple(ENDINGS)


@pytest.fixture(autouse=True)
def _in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*args: str) -> Result:
    return CliRunner().invoke(main, list(args), prog_name="bean-invwd")


def dump(content: bytes) -> str:
    """Write what a workbook holds, cell by cell."""
    lines = []
    for sheet in load_workbook(io.BytesIO(content)):
        widths = [f"{name}={row.width:g}" for name, row in sheet.column_dimensions.items()]
        lines.append(f"{sheet.title}: frozen at {sheet.freeze_panes}, widths {' '.join(widths)}")
        for row in sheet.iter_rows():
            cells = [cell for cell in row if cell.value is not None]
            lines += [f"  {c.coordinate} {c.data_type} {c.number_format} {c.value}" for c in cells]
    return "\n".join(lines) + "\n"


def compare_golden(name: str, text: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / name
    if request.config.getoption("--update-cases"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def compare_printed(
    name: str,
    call: Sequence[str],
    style: str,
    request: pytest.FixtureRequest,
    named: Mapping[str, str] | None = None,
) -> None:
    """Hold what a command prints against what it printed before; `named` is named otherwise."""
    result = run(*call, "--format", style)
    assert (result.exit_code, result.stderr) == (0, "")
    text = dump(result.stdout_bytes) if style == "xlsx" else result.stdout
    for old, new in (named or {}).items():
        text = text.replace(old, new)
    compare_golden(f"{name}.{ENDINGS[style]}", text, request)


@pytest.mark.parametrize("style", FORMATS)
@pytest.mark.parametrize("name", COMMANDS)
def test_golden(name: str, style: str, request: pytest.FixtureRequest) -> None:
    compare_printed(name, COMMANDS[name], style, request)


def test_golden_note(request: pytest.FixtureRequest) -> None:
    result = run("disclose", EXAMPLE)
    assert (result.exit_code, result.stderr) == (0, "")
    compare_golden("disclose.md", result.stdout, request)
    result = run("disclose", EXAMPLE, "--format", "json")
    compare_golden("disclose.json", result.stdout, request)


CHANGES = {
    "price LAMP                                25.00 EUR": "price LAMP  24.00 EUR",
    '"selling_cost" "3%" "CANDLE"': '"selling_cost" "2%" "CANDLE"',
    "2024-06-17 price SCARF                               10.00 USD\n": "",
}
"""A price and an estimate that change, and a price that is taken out; what is added:"""
ADDED = """
2024-11-06 * "Pottery" "10 vases, on trial"
  Assets:Inventory:Store   10 VASE {20.00 USD}
  Equity:Drawings

2024-11-30 price VASE  14.00 USD
"""


def change(text: str) -> str:
    """Change the example."""
    for old, new in CHANGES.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text + ADDED


@pytest.mark.parametrize("style", FORMATS)
def test_golden_diff_of_files(
    style: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / EXAMPLE).read_text(encoding="utf-8")
    Path(tmp_path, "old.beancount").write_text(text, encoding="utf-8")
    Path(tmp_path, "new.beancount").write_text(change(text), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    compare_printed("diff", ["diff", "old.beancount", "new.beancount"], style, request)


@pytest.mark.parametrize("style", FORMATS)
def test_golden_diff_of_revisions(
    style: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, repository = (ROOT / EXAMPLE).read_text(encoding="utf-8"), Repository(tmp_path)
    path = tmp_path / EXAMPLE
    path.write_text(text, encoding="utf-8")
    repository.commit("Books as they were")
    path.write_text(text + ADDED, encoding="utf-8")
    first = repository.commit("Vases", "Shop Owner", "2024-12-01")
    path.write_text(change(text), encoding="utf-8")
    second = repository.commit("Estimates of the year end", "Accountant", "2025-01-10")
    monkeypatch.chdir(tmp_path)
    call = ["diff", f"HEAD~2:{EXAMPLE}", f"HEAD:{EXAMPLE}"]
    names = {first: "commit001", second: "commit002"}
    compare_printed("diff-revisions", call, style, request, names)


@pytest.mark.parametrize("language", ["en", "de"])
def test_golden_pack(language: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    path = tmp_path / "2024.zip"
    call = ["pack", EXAMPLE, "--through", "2024-12-31", "--language", language]
    result = run(*call, "--output", str(path))
    assert (result.exit_code, result.output) == (0, "")
    with zipfile.ZipFile(path) as archive:
        page, book = map(archive.read, archive.namelist())
    compare_golden(f"pack.{language}.html", page.decode(), request)
    compare_golden(f"pack.{language}.xlsx.txt", dump(book), request)


def test_no_golden_file_is_forgotten() -> None:
    names = [*COMMANDS, "diff", "diff-revisions"]
    known = {f"{name}.{ENDINGS[style]}" for name in names for style in FORMATS}
    known |= {f"pack.{language}.{end}" for language in ("en", "de") for end in ("html", "xlsx.txt")}
    assert {path.name for path in GOLDEN.iterdir()} == known | {"disclose.md", "disclose.json"}
