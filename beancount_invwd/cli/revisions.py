"""`REV:file` → the file as it was, with all that it includes, read from git's store.

The work tree and the index of the repository are not touched: files are laid out in a folder of
their own by an index of their own.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from beancount_invwd.cli.console import Refusal

_HEADER = re.compile(r"([0-9a-f]{40,64}) \d+ (\d+)")
_UNCOMMITTED = re.compile(r"0+")


class Version(NamedTuple):
    """A version of a ledger.

    Attributes:
        name: What the user called it.
        path: The file to load.
        top: The folder that holds its files: of a revision that they were laid out in.
        repository: The top of the git repository, None if there is none.
        revision: The revision, empty for the file as it is.
    """

    name: str
    path: Path
    top: Path
    repository: Path | None
    revision: str

    def name_in_repository(self, file: str) -> str:
        """A file of this version by its path in the repository."""
        return Path(os.path.relpath(os.path.realpath(file), os.path.realpath(self.top))).as_posix()


@contextlib.contextmanager
def open_version(name: str) -> Iterator[Version]:
    """Give the file of a version, as long as it is needed.

    Raises:
        Refusal: There is no such file, revision or repository.
    """
    if Path(name).is_file():
        repository = _find_repository(Path(name).resolve().parent)
        yield Version(name, Path(name), repository or Path(name).parent, repository, "")
        return
    revision, colon, file = name.partition(":")
    if not colon or not revision or not file:
        raise Refusal(f"{name} is no file, nor REV:file of a git repository, such as HEAD~1:{name}")
    repository = _find_repository(Path.cwd())
    if repository is None:
        raise Refusal(
            f"{name} is no file, and there is no git repository here to find {revision} in"
        )
    with tempfile.TemporaryDirectory(prefix="bean-invwd-") as folder:
        _lay_out(repository, revision, Path(folder))
        inside = Path(os.path.relpath(Path.cwd(), repository), file)
        places = [Path(folder, file), Path(folder, inside)]
        found = next((path for path in places if path.is_file()), None)
        if found is None:
            raise Refusal(f"{revision} of this git repository has no file {file}")
        yield Version(name, found, Path(folder), repository, revision)


def _git(folder: Path, *arguments: str, index: Path | None = None) -> str:
    """Run git, which must answer.

    Raises:
        subprocess.CalledProcessError: It refuses.
        OSError: There is no git.
    """
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    if index is not None:
        environment["GIT_INDEX_FILE"] = str(index)
    done = subprocess.run(  # noqa: S603 (words of ours, and names that stand behind `--` or `:`)
        ["git", "-C", str(folder), "-c", "core.quotePath=false", *arguments],  # noqa: S607
        capture_output=True,
        check=True,
        env=environment,
        encoding="utf-8",
        errors="replace",
    )
    return done.stdout


def _find_repository(folder: Path) -> Path | None:
    try:
        return Path(_git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
    except (subprocess.CalledProcessError, OSError):
        return None


def _lay_out(repository: Path, revision: str, folder: Path) -> None:
    """Write all files of a revision below a folder."""
    try:
        tree = _git(repository, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{tree}}")
    except subprocess.CalledProcessError as error:
        raise Refusal(f"git knows no revision {revision}; see: git log --oneline") from error
    with tempfile.TemporaryDirectory(prefix="bean-invwd-") as beside:
        index = Path(beside, "index")
        _git(repository, "read-tree", tree.strip(), index=index)
        _git(repository, "checkout-index", "--all", f"--prefix={folder}/", index=index)


class Blame:
    """Who wrote a line last, and who removed one, by git's history.

    Args:
        old: The version before.
        new: The version now.
    """

    def __init__(self, old: Version, new: Version) -> None:
        self._old, self._new = old, new
        self._files: dict[str, dict[int, tuple[str, str, str]]] = {}

    def find_line(self, file: str, line: int) -> tuple[str, str, str]:
        """Commit, author and day of a line of the new version; empty if git does not know."""
        if file not in self._files:
            self._files[file] = self._read(file)
        return self._files[file].get(line, ("", "", ""))

    def _read(self, file: str) -> dict[int, tuple[str, str, str]]:
        version = self._new
        if version.repository is None:
            return {}
        revision = [version.revision] if version.revision else []
        name = version.name_in_repository(file)
        try:
            text = _git(version.repository, "blame", "--line-porcelain", *revision, "--", name)
        except (subprocess.CalledProcessError, OSError):
            return {}  # not in the repository
        return _read_blame(text.split("\n"))

    def find_removal(self, file: str, words: str) -> tuple[str, str, str]:
        """Commit, author and day that took a line out of the old version, as far as git tells."""
        old, new = self._old, self._new
        if old.repository is None or old.repository != new.repository or not old.revision:
            return ("", "", "")
        name = old.name_in_repository(file)
        pattern = r"\s+".join(re.escape(word) for word in words.split())
        span = f"{old.revision}..{new.revision or 'HEAD'}"
        form = "--format=%h%x09%an%x09%as"
        try:
            text = _git(
                old.repository, "log", "-1", form, "--perl-regexp", f"-G{pattern}", span, "--", name
            )
        except (subprocess.CalledProcessError, OSError):
            return ("", "", "")
        found = text.strip().split("\t")
        return (found[0], found[1], found[2]) if len(found) > 2 else ("", "", "")  # noqa: PLR2004


def _read_blame(lines: Sequence[str]) -> dict[int, tuple[str, str, str]]:
    """Read what `git blame --line-porcelain` says, by line."""
    found: dict[int, tuple[str, str, str]] = {}
    number, commit, author = 0, "", ""
    for line in lines:
        if match := _HEADER.match(line):
            commit, number = match[1][:9], int(match[2])
        elif line.startswith("author "):
            author = line.removeprefix("author ")
        elif line.startswith("author-time "):
            day = _tell_day(int(line.removeprefix("author-time ")))
            is_new = _UNCOMMITTED.fullmatch(commit) is not None
            found[number] = ("not committed", "", "") if is_new else (commit, author, day)
    return found


def _tell_day(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).date().isoformat()
