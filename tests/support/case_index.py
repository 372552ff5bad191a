"""The index of the case files: by room and topic, what each says in its first sentence.

    python -m tests.support.case_index [--check]

writes `tests/cases/INDEX.md`; with `--check` it only ends with 1 if the index is not up to date.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.support.case_files import ROOT, case_name, find_cases

INDEX = ROOT / "INDEX.md"
HEAD = "# Cases\n\nEach with its first sentence, by `python -m tests.support.case_index`.\n"
FURTHER = re.compile(r";; (?!error: |nothing: |\d{4}-)(?=[a-z\d])")


def make_index() -> str:
    """Return the index as it has to be."""
    parts = [HEAD]
    for folder, paths in groupby(sorted(find_cases(), key=case_name), key=_folder):
        parts.append(f"\n## {folder}\n\n")
        parts += [f"- [{p.stem}]({case_name(p)}.beancount): {first_sentence(p)}\n" for p in paths]
    return "".join(parts)


def first_sentence(path: Path) -> str:
    """Return the sentence that a case begins with, which may go on in further lines."""
    first, *others = path.read_text(encoding="utf-8").splitlines()
    text = " ".join([first.removeprefix(";; "), *_go_on(first, others)])
    return re.split(r"(?<=[.])\s+(?=[A-Z])", text, maxsplit=1)[0]


def _go_on(line: str, others: list[str]) -> Iterator[str]:
    for other in others:
        if line.endswith((".", "!", "?")) or not FURTHER.match(other):
            return
        yield other.removeprefix(";; ")
        line = other


def _folder(path: Path) -> str:
    return case_name(path).rpartition("/")[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.support.case_index")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    if not parser.parse_args().check:
        INDEX.write_text(make_index(), encoding="utf-8")
    sys.exit(INDEX.read_text(encoding="utf-8") != make_index())
