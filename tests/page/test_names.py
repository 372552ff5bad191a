"""Both names of the extension, and a `fava_ext` of the user's own beside the ledger."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

import fava_ext
from beancount_invwd.cli.commands import main

LEDGER = """
option "title" "test"
plugin "beancount_invwd"
2023-01-01 custom "fava-extension" "NAME"
2023-01-01 open Assets:Inventory
2023-01-01 open Assets:Bank
2024-01-05 * "Bought"
  Assets:Inventory  10 MUG {8.00 USD}
  Assets:Bank
2024-01-31 price MUG 6.00 USD
"""
OWN = """
from fava.ext import FavaExtensionBase


class Mine(FavaExtensionBase):
    report_title = "Mine"
"""
VISIT = """
import sys
from fava.application import create_app

client = create_app([sys.argv[1]], load=True).test_client()
for address in ("", "positions.csv"):
    answer = client.get(f"/test/extension/Impairment/{address}")
    print(answer.status_code, "MUG" in answer.get_data(as_text=True))
script = client.get("/test/extension_js_module/Impairment.js")
print(script.status_code, *vars(sys.modules["fava_ext"]))
"""


def write_ledger(folder: Path, *names: str) -> Path:
    (folder / "fava_ext.py").write_text(OWN, encoding="utf-8")
    path = folder / "test.beancount"
    lines = "".join(f'2023-01-01 custom "fava-extension" "{name}"\n' for name in names[1:])
    path.write_text(LEDGER.replace("NAME", names[0]) + lines, encoding="utf-8")
    return path


def visit_page(path: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", VISIT, path], check=True, capture_output=True, text=True
    )
    return done.stdout.splitlines()


def test_the_page_is_shown_beside_an_extension_of_that_name(tmp_path: Path) -> None:
    path = write_ledger(tmp_path, "fava_ext", "beancount_invwd.fava")
    *pages, script = visit_page(path)
    assert pages == ["200 True"] * 2
    assert script.startswith("200 ")
    assert "Mine" in script
    path = write_ledger(tmp_path, "beancount_invwd.fava", "fava_ext")
    assert visit_page(path)[:2] == ["200 True"] * 2


def test_the_command_line_says_that_the_page_is_hidden(tmp_path: Path) -> None:
    path = write_ledger(tmp_path, "fava_ext")
    result = CliRunner().invoke(main, ["report", str(path)])
    assert result.exit_code == 0
    assert result.stderr == (
        f"Warning: {tmp_path / 'fava_ext.py'} hides the page of beancount-invwd from Fava; write: "
        '2023-01-01 custom "fava-extension" "beancount_invwd.fava"\n'
    )


def test_the_command_line_says_nothing_where_the_page_is_there(tmp_path: Path) -> None:
    path = write_ledger(tmp_path, "beancount_invwd.fava", "fava_ext")
    assert not CliRunner().invoke(main, ["report", str(path)]).stderr
    (tmp_path / "fava_ext.py").unlink()
    path.write_text(LEDGER.replace("NAME", "fava_ext"), encoding="utf-8")
    assert not CliRunner().invoke(main, ["report", str(path)]).stderr


def test_modules_name_each_other_relative_to_their_folder() -> None:
    """Under the other name they are other modules, and `fava_ext` may be the user's."""
    for path in Path(fava_ext.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert not str(node.module).startswith("fava_ext"), path.name
