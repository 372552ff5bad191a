"""Metadata → the file and line of a directive, as a person looks it up; and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.errors import find_plugin_line, read_place, relative_to
from beancount_invwd.ground.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping


def write_below(options_map: Mapping[str, Any], meta: Mapping[str, Any], line: str) -> str:
    """Metadata to add to a directive, below a comment that says where."""
    place = Sources(options_map).locate(meta) or say("line {line}", line=read_place(meta)["lineno"])
    return say("; below {place}:\n  {line}", place=place, line=line)


class Sources:
    """Names places relative to the ledger's folder.

    Args:
        options_map: The ledger's options.
    """

    def __init__(self, options_map: Mapping[str, Any]) -> None:
        self._options_map = options_map
        self._ledger = Path(str(options_map.get("filename") or ""))
        self._plugin: str | None = None
        self._files: dict[str, str] = {}

    def locate(self, meta: Mapping[str, Any] | None) -> str:
        """File and line; empty for what stands in no file."""
        name = str((meta or {}).get("filename") or "")
        if not name or name.startswith("<"):
            return ""
        if name not in self._files:
            self._files[name] = relative_to(name, str(self._ledger.parent))
        return f"{self._files[name]}:{(meta or {}).get('lineno', 0)}"

    def read(self, place: str) -> Mapping[str, Any] | None:
        """Read file and line as `locate` names them; None of what names neither."""
        name, _, line = place.rpartition(":")
        if not name or not line.isdigit():
            return None
        return {"filename": os.path.normpath(self._ledger.parent / name), "lineno": int(line)}

    def locate_plugin(self) -> str:
        """The line that switches the plugin on."""
        if self._plugin is None:
            meta = find_plugin_line(self._options_map)
            self._plugin = self.locate(meta) if meta["lineno"] else ""
        return self._plugin
