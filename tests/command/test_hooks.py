"""The hooks for pre-commit, called as it calls them: at the top of the repository, before a commit.

pre-commit installs this project and runs `entry` with the `args` of the user's configuration; here
the example of the file itself is the configuration.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command.test_diff import LEDGER, PRICES, write
from tests.support.repository import Repository, make_environment

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def read_hooks() -> dict[str, dict[str, str]]:
    """The hooks that are offered, by name; each is a block of lines `key: value`."""
    found = {}
    for block in re.split(r"(?m)^- ", HOOKS.read_text(encoding="utf-8"))[1:]:
        rows = dict(re.findall(r"(?m)^ *([a-z_]+): (.*?)(?: +#.*)?$", block))
        found[rows["id"]] = rows
    return found


def read_example(name: str) -> list[str]:
    """What the example of the file hands over as `args`."""
    text = HOOKS.read_text(encoding="utf-8").partition("\n- id:")[0]
    (args,) = re.findall(rf"id: {name}\b.*\n#\s+args: \[(.*)\]", text)
    return [part.strip('"') for part in args.split(", ")]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository that runs the hooks before each commit."""
    repository = Repository(tmp_path)
    write(tmp_path)
    repository.commit("first")
    script = tmp_path / ".git" / "hooks" / "pre-commit"
    calls = [
        shlex.join([*shlex.split(hook["entry"]), *read_example(name)])
        for name, hook in read_hooks().items()
    ]
    script.parent.mkdir(exist_ok=True)
    script.write_text("\n".join(["#!/bin/sh", "set -e", *calls]) + "\n", encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    monkeypatch.setenv("PYTHONPATH", str(HOOKS.parent))
    return repository


def commit(shop: Repository) -> subprocess.CompletedProcess[str]:
    """Commit as a user does, with the hooks."""
    return subprocess.run(
        ["git", "commit", "-a", "-m", "changed"],  # noqa: S607
        cwd=shop.folder,
        check=False,
        capture_output=True,
        text=True,
        env={**make_environment(), "GIT_AUTHOR_NAME": "A", "GIT_COMMITTER_NAME": "A"},
    )


def test_hooks_are_those_of_the_command_line() -> None:
    hooks = read_hooks()
    assert {name: shlex.split(row["entry"])[0] for name, row in hooks.items()} == {
        "bean-check": "bean-check",
        "invwd-diff": "bean-invwd",
    }
    for row in hooks.values():
        assert row["pass_filenames"] == "false"  # noqa: S105 (no password)
        assert re.search(row["files"], "books/main.beancount")
        assert not re.search(row["files"], "main.py")


def test_a_small_change_is_committed(shop: Repository) -> None:
    write(shop.folder, prices=PRICES.replace("7.50", "7.01"))  # 49.00 + 19.60 + 29.40
    done = commit(shop)
    assert done.returncode == 0, done.stderr
    assert "Movements differ" not in done.stderr


def test_a_large_change_stops_the_commit(shop: Repository) -> None:
    write(shop.folder, prices=PRICES.replace("7.50", "6.99"))
    done = commit(shop)
    assert done.returncode == 1
    assert "Movements differ by 102.00 USD, more than 100." in done.stderr
    assert shop.git("log", "--format=%s").split() == ["first"]


def test_errors_of_the_ledger_stop_the_commit(shop: Repository) -> None:
    write(shop.folder, LEDGER.replace("-1400", "-1500"))
    done = commit(shop)
    assert done.returncode == 1
    assert "Balance failed" in done.stderr
