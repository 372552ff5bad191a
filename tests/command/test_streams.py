"""Standard output or error that is closed: the status and what is said are right all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = "from beancount_invwd.cli import main; main()"


def run_closed(stream: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with a stream that is closed, as `>&-` does."""
    command = ["sh", "-c", f'exec "$@" {stream}', "sh", sys.executable, "-c", PROGRAM, *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such shell")


def test_without_stdout_nothing_is_delivered_and_it_says_so() -> None:
    done = run_closed(">&-", "report", "example.beancount")
    assert done.returncode == 2
    assert done.stderr == "Error: cannot write to stdout: it is closed; add --output FILE\n"


def test_without_stderr_the_report_is_what_it_is_with_it(tmp_path: Path) -> None:
    text = (ROOT / "example.beancount").read_text(encoding="utf-8")
    path = tmp_path / "wrong.beancount"
    path.write_text(text + '\n2024-01-01 custom "invwd-nrv" "NOTHING"\n', encoding="utf-8")
    with_it = run_closed("", "report", str(path))
    assert (with_it.returncode, bool(with_it.stderr)) == (1, True)
    without = run_closed("2>&-", "report", str(path))
    assert (without.returncode, without.stdout) == (1, with_it.stdout)


def test_a_letter_that_the_encoding_lacks_is_told_with_the_remedy(tmp_path: Path) -> None:
    text = (ROOT / "example.beancount").read_text(encoding="utf-8")
    path = tmp_path / "arrow.beancount"
    path.write_text(text.replace('category: "', 'category: "\u2192'), encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, "report", str(path)]
    windows = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(command, check=False, capture_output=True, cwd=ROOT, env=windows)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(
        b"Error: cannot write to stdout: its encoding cp1252 has no '\\u2192'; add --output FILE"
    )
