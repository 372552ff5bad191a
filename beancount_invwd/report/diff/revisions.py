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
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.ground.words import say
from beancount_invwd.report.diff.diff import Commit

if TYPE_CHECKING:
    from beancount_invwd.report.diff.texts import Text

_HEADER = re.compile(r"([0-9a-f]{40,64}) \d+ (\d+)")
_UNCOMMITTED = re.compile(r"0+")
_SPECIAL = re.compile(r"[][\\.^$*+?{}|()]")  # of an extended regular expression
_NEW = "not committed"
_SHORT = 9  # characters of a hash


class NoSuchVersion(Exception):  # noqa: N818 (what was asked for is wrong)
    """There is no such file, revision or repository; the text says which."""


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
        NoSuchVersion: There is no such file, revision or repository.
    """
    if Path(name).is_file():
        repository = _find_repository(Path(name).resolve().parent)
        yield Version(name, Path(name), repository or Path(name).parent, repository, "")
        return
    revision, colon, file = name.partition(":")
    if not colon or not revision or not file:
        raise NoSuchVersion(
            f"{name} is no file, nor REV:file of a git repository, such as HEAD~1:{name}"
        )
    repository = _find_repository(Path.cwd())
    if repository is None:
        raise NoSuchVersion(
            f"{name} is no file, and there is no git repository here to find {revision} in"
        )
    inside = Path(os.path.relpath(Path.cwd(), repository), file)
    with _open(name, repository, revision, [Path(file), inside]) as version:
        yield version


@contextlib.contextmanager
def open_revision(file: Path, revision: str) -> Iterator[Version]:
    """Give a file as it was in a revision of its repository, as long as it is needed.

    Raises:
        NoSuchVersion: There is no such revision or repository, or it has no such file.
    """
    path = file.resolve()
    repository = _find_repository(path.parent)
    if repository is None:
        raise NoSuchVersion(say("{file} is in no git repository", file=file.name))
    inside = Path(os.path.relpath(path, os.path.realpath(repository)))
    with _open(f"{revision}:{file.name}", repository, revision, [inside]) as version:
        yield version


@contextlib.contextmanager
def _open(name: str, repository: Path, revision: str, places: Sequence[Path]) -> Iterator[Version]:
    """Lay a revision out, and find the file in it."""
    with tempfile.TemporaryDirectory(prefix="bean-invwd-") as folder:
        _lay_out(repository, revision, Path(folder))
        found = [path for place in places if (path := Path(folder, place)).is_file()]
        if not found:
            raise NoSuchVersion(
                say(
                    "{revision} of this git repository has no file {file}",
                    revision=revision,
                    file=places[0],
                )
            )
        yield Version(name, found[0], Path(folder), repository, revision)


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
        text = say("git knows no revision {revision}; see: git log --oneline", revision=revision)
        raise NoSuchVersion(text) from error
    with tempfile.TemporaryDirectory(prefix="bean-invwd-") as beside:
        index = Path(beside, "index")
        _git(repository, "read-tree", tree.strip(), index=index)
        _git(repository, "checkout-index", "--all", f"--prefix={folder.as_posix()}/", index=index)


class Blame:
    """Who wrote a line last, and who removed one, by git's history.

    Args:
        old: The version before.
        new: The version now.
    """

    def __init__(self, old: Version, new: Version) -> None:
        self._old, self._new = old, new
        self._files: dict[str, dict[int, Commit]] = {}

    def find(self, before: Text | None, after: Text | None) -> Commit:
        """Commit, author and day of a change; empty where git does not know."""
        if after is not None:
            lines = range(after.line, after.line + after.words.count("\n") + 1)
            found = [self._find_line(after.file, line) for line in lines]
            return max(found, key=lambda one: (one.commit == _NEW, one.day))
        return Commit() if before is None else self._find_removal(before)

    def _find_line(self, file: str, line: int) -> Commit:
        """Who wrote a line of the new version last."""
        if file not in self._files:
            self._files[file] = self._read(file)
        return self._files[file].get(line, Commit())

    def _read(self, file: str) -> dict[int, Commit]:
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

    def _find_removal(self, text: Text) -> Commit:
        """Who took a directive out of the old version, as far as git tells."""
        old, new = self._old, self._new
        if old.repository is None or old.repository != new.repository or not old.revision:
            return Commit()
        words = text.words.partition("\n")[0].split()
        pattern = "[[:space:]]+".join(_SPECIAL.sub(r"\\\g<0>", word) for word in words)
        span = f"{old.revision}..{new.revision or 'HEAD'}"
        form = "--format=%H%x09%an%x09%as"
        try:  # in whatever file: since then it may have another name
            told = _git(old.repository, "log", "-1", "-M", form, f"-G{pattern}", span)
        except (subprocess.CalledProcessError, OSError):
            return Commit()
        commit, *rest = told.strip().split("\t")
        return Commit(commit[:_SHORT], *rest) if rest else Commit(_NEW if not new.revision else "")


def _read_blame(lines: Sequence[str]) -> dict[int, Commit]:
    """Read what `git blame --line-porcelain` says, by line."""
    found: dict[int, Commit] = {}
    number, commit, author = 0, "", ""
    for line in lines:
        if match := _HEADER.match(line):
            commit, number = match[1][:_SHORT], int(match[2])
        elif line.startswith("author "):
            author = line.removeprefix("author ")
        elif line.startswith("author-time "):
            day = _tell_day(int(line.removeprefix("author-time ")))
            is_new = _UNCOMMITTED.fullmatch(commit) is not None
            found[number] = Commit(_NEW) if is_new else Commit(commit, author, day)
    return found


def _tell_day(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).date().isoformat()
