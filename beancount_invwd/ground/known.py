"""A question that is asked of many names again and again → its answers, each found once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


class Known(dict[str, Answer]):
    """Answers by name.

    Args:
        find: Finds the answer of a name.
    """

    def __init__(self, find: Callable[[str], Answer]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, name: str) -> Answer:
        answer = self[name] = self._find(name)
        return answer
