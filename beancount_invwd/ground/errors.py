"""What can go wrong: error values for users, one private exception for rules.

A user's mistake never raises out of the plugin. It becomes an `InvwdError` that names the file
and line of the directive to mend, the reason and the remedy; the item concerned is skipped and
everything else goes on.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LIKENESS = 0.65
_PLUGIN_LINE = r'\s*plugin\s+"beancount_invwd(\.plugin)?"'


class InvwdError(NamedTuple):
    """An error as bean-check prints it.

    Attributes:
        source: Metadata with `filename` and `lineno` of the directive that has to be mended.
        message: What is wrong, why, and the remedy.
        entry: The directive, or None.
    """

    source: dict[str, Any]
    message: str
    entry: Any


class RuleError(Exception):
    """A value that a rule refuses; turned into an `InvwdError` by the stage that reads it."""


def error_at(meta: Mapping[str, Any], message: str, entry: Any = None) -> InvwdError:
    """Build an error at the file and line of `meta`."""
    return InvwdError(read_place(meta), message, entry)


def read_place(meta: Any) -> dict[str, Any]:
    """File and line that metadata names; `<beancount_invwd>` and 0 for what it does not."""
    known = meta if isinstance(meta, dict) else {}
    filename, line = known.get("filename"), known.get("lineno")
    return {
        "filename": filename if isinstance(filename, str) else "<beancount_invwd>",
        "lineno": line if isinstance(line, int) else 0,
    }


def find_near(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one was meant to be; None if none is much like it."""
    from difflib import get_close_matches  # noqa: PLC0415 (not on the way of bean-check)

    near = get_close_matches(name[:50], list(known), 1, _LIKENESS)
    return near[0] if near else None


def relative_to(filename: str, folder: str) -> str:
    """A file as it is named in a folder, with slashes; whole if it is on another drive."""
    try:
        is_whole = os.path.isabs(filename)  # noqa: PTH117 (pathlib takes 8 ms to import)
        found = os.path.relpath(filename, folder) if is_whole else filename
    except ValueError:  # as Windows says of two drives
        found = filename
    return found.replace(os.sep, "/")


def find_plugin_line(options_map: Mapping[str, Any], before: int = 0) -> dict[str, Any]:
    """Find the ledger's file and the line of its `plugin` directive, 0 if it cannot be read.

    Args:
        options_map: The ledger's options.
        before: How many such directives come before it.
    """
    filename = options_map.get("filename") or "<beancount_invwd>"
    try:
        if not os.path.isfile(filename):  # noqa: PTH113 (as below); a pipe is read but once
            return {"filename": filename, "lineno": 0}
        with open(filename, encoding="utf-8") as file:  # noqa: PTH123 (pathlib takes 8 ms to import)
            for number, line in enumerate(file, 1):
                if re.match(_PLUGIN_LINE, line):
                    if not before:
                        return {"filename": filename, "lineno": number}
                    before -= 1
    except (OSError, ValueError):
        pass
    return {"filename": filename, "lineno": 0}
