"""Git repositories for tests: the same commits give the same history, whoever runs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

KEEPER = "Ledger Keeper"


class Repository:
    """A repository in a folder, made if there is none.

    Args:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / ".git").exists():
            folder.mkdir(parents=True, exist_ok=True)
            self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, **environment: str) -> str:
        """Run git, which must not fail; return what it says."""
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
            env={**make_environment(), **environment},
        )
        return done.stdout

    def commit(self, message: str, author: str = KEEPER, day: str = "2024-03-02") -> str:
        """Commit all files; return the hash, as long as `diff` shows it."""
        self.git("add", "--all")
        date = f"{day}T12:00:00+0000"
        names = {f"GIT_{role}_NAME": author for role in ("AUTHOR", "COMMITTER")}
        dates = {f"GIT_{role}_DATE": date for role in ("AUTHOR", "COMMITTER")}
        self.git("commit", "-q", "-m", message, **names, **dates)
        return self.git("rev-parse", "HEAD").strip()[:9]


def make_environment() -> Mapping[str, str]:
    """The environment without what this machine or a hook that runs the tests says to git."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    emails = {f"GIT_{role}_EMAIL": "keeper@example.org" for role in ("AUTHOR", "COMMITTER")}
    return {**own, **emails, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
