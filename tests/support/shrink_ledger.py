"""A ledger that differs -> a smaller one that still does.

Directives and options of the configuration are left out one after the other, as long as engine and
model still differ and the ledger still loads.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

T = TypeVar("T")
Differs = Callable[[str, str], bool]
"""Whether engine and model differ on a ledger and a configuration."""


def shrink(text: str, config: str, differs: Differs) -> tuple[str, str]:
    """Return the smallest ledger and configuration that leaving out parts leads to."""
    blocks = re.split(r"\n(?=\S)", text.strip("\n"))
    options = list(ast.literal_eval(config).items())

    def still(kept: Sequence[str], chosen: Sequence[tuple[str, object]]) -> bool:
        return differs("\n".join(kept) + "\n", repr(dict(chosen)))

    before = -1
    while len(blocks) + len(options) != before:
        before = len(blocks) + len(options)
        blocks = leave_out(blocks, partial(still, chosen=tuple(options)))
        options = leave_out(options, partial(still, tuple(blocks)))
    return "\n".join(blocks) + "\n", repr(dict(options))


def leave_out(parts: Sequence[T], still: Callable[[list[T]], bool]) -> list[T]:
    """Leave out what is not needed, many parts at once first."""
    kept = list(parts)
    size = max(1, len(kept) // 2)
    while True:
        start = 0
        while start < len(kept):
            fewer = kept[:start] + kept[start + size :]
            if still(fewer):
                kept = fewer
            else:
                start += size
        if size == 1:
            return kept
        size //= 2
