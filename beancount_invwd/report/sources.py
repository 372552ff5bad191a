"""Metadata → the file and line of a directive, as a person looks it up."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


_PLUGIN_LINE = re.compile(r'\s*plugin\s+"beancount_invwd(\.plugin)?"')


class Sources:
    """Names places relative to the ledger's folder.

    Args:
        options_map: The ledger's options.
    """

    def __init__(self, options_map: Mapping[str, Any]) -> None:
        self._ledger = Path(str(options_map.get("filename") or ""))
        self._plugin: str | None = None

    def locate(self, meta: Mapping[str, Any] | None) -> str:
        """File and line; empty for what stands in no file."""
        name = str((meta or {}).get("filename") or "")
        if not name or name.startswith("<"):
            return ""
        path = Path(name)
        if path.is_absolute():
            path = Path(os.path.relpath(path, self._ledger.parent))
        return f"{path.as_posix()}:{(meta or {}).get('lineno', 0)}"

    def locate_plugin(self) -> str:
        """The line that switches the plugin on."""
        if self._plugin is None:
            self._plugin = self._find_plugin()
        return self._plugin

    def _find_plugin(self) -> str:
        try:
            lines = self._ledger.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return ""
        for number, line in enumerate(lines, 1):
            if _PLUGIN_LINE.match(line):
                return self.locate({"filename": str(self._ledger), "lineno": number})
        return ""
