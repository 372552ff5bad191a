"""What the user has to mend: the list of errors, whose words stand where each is found.

One error per directive and cause, at the file and line of what has to be mended, with the remedy as
a line that can be pasted; of thousands that are alike, the first twenty. An item that a mistake
concerns is blocked: it is not measured.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.errors import InvwdError, error_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping


MOST_LINES = 10  # of one remedy; what needs more of them is one error
_MOST_ALIKE = 20
_FIGURES = r""""[^"]*"|(?<![\w.'-])-?[0-9][0-9.,-]*"""  # names of items are none


class Mistakes:
    """Collects errors.

    Args:
        find_plugin: Finds the `plugin` line, for what concerns the whole ledger.
        blocked: Items that are known to be concerned by a mistake.
        left_out: Those of them of which an entry cannot be read.

    Attributes:
        blocked: Items that are not measured.
        left_out: Those of them whose goods are not even followed.
        commodities: Commodity directives by name, to point at.
    """

    def __init__(
        self,
        find_plugin: Callable[[], Mapping[str, Any]],
        blocked: Iterable[str] = (),
        left_out: Collection[str] = (),
    ) -> None:
        self.blocked = set(blocked)
        self.left_out = left_out
        self.commodities: dict[str, Any] = {}
        self._find_plugin = cache(find_plugin)  # it reads the ledger's file
        self._errors: dict[Any, InvwdError] = {}

    @property
    def errors(self) -> list[InvwdError]:
        """The errors so far in the order of the ledger, of each item and cause a few."""
        alike: dict[str, list[InvwdError]] = {}
        found = {_place(error): error for error in self._errors.values()}  # each once
        for _, error in sorted(found.items()):
            alike.setdefault(re.sub(_FIGURES, "#", error.message), []).append(error)
        shown = [error for errors in alike.values() for error in _fold(errors)]
        return sorted(shown, key=_place)

    def report(
        self, key: Any, meta: Mapping[str, Any] | None, message: str, entry: Any = None
    ) -> None:
        """Report a mistake, once per key; without `meta` at the ledger's `plugin` line."""
        if key not in self._errors:
            self._errors[key] = error_at(meta or self._find_plugin(), message, entry)

    def adopt_missing(self, other: Mistakes) -> None:
        """Take over which items lack a price."""
        for key, error in other._errors.items():
            if key == "missing" or (isinstance(key, tuple) and key[0] in {"missing", "product"}):
                self._errors[key] = error

    def block(
        self, commodity: str, meta: Mapping[str, Any] | None, message: str, entry: Any = None
    ) -> None:
        """Report a mistake and measure the item no more."""
        self.blocked.add(commodity)
        self.report((commodity, message), meta, message, entry)

    def report_first(
        self, key: Any, meta: Mapping[str, Any], message: str, entry: Any = None
    ) -> None:
        """Report a mistake, of several with this key the one that comes first in the ledger.

        In which order entities and currencies are tested is not told by the ledger.
        """
        known, found = self._errors.get(key), error_at(meta, message, entry)
        if known is None or _place(found) < _place(known):
            self._errors[key] = found


def _place(error: InvwdError) -> tuple[str, int, str]:
    """Where an error stands."""
    return str(error.source["filename"]), error.source["lineno"], error.message


def _fold(errors: list[InvwdError]) -> list[InvwdError]:
    """Leave the first few of errors that differ by words and figures of the user's alone."""
    if len(errors) <= _MOST_ALIKE:
        return errors
    shown, first = errors[: _MOST_ALIKE - 1], errors[_MOST_ALIKE - 1]
    more = len(errors) - len(shown)
    message = f"{first.message}\n(and {more - 1:,} more like this one, from here on)"
    return [*shown, first._replace(message=message)]


def find_meta(txn: Any, posting: Any) -> Mapping[str, Any]:
    """The file and line of a posting, or of its transaction."""
    meta: Mapping[str, Any] = posting.meta if "lineno" in (posting.meta or ()) else txn.meta
    return meta
