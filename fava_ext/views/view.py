"""What a view is: what it shows, and the file that can be downloaded of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from beancount_invwd.report.output.tables import Document

    from ..request.context import Context
    from ..tables.grid import Grid


class Link(NamedTuple):
    """A link; `is_here` says that it leads to what is shown, `badge` how much is there."""

    text: str
    url: str
    is_here: bool = False
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """A view as it is shown.

    Attributes:
        grid: Its table, None for one that has none.
        content: What else its template needs.
        downloads: The files of it.
        hidden: What its form has to send along.
    """

    view: str
    grid: Grid | None
    content: Any = None
    downloads: Sequence[Link] = ()
    hidden: Sequence[tuple[str, str]] = ()


class View(NamedTuple):
    """How a view is built.

    Attributes:
        title: What leads to it; empty for one that only links lead to.
        show: Gives its table and its content.
        document: Gives what its files hold as tables, None for nothing.
        texts: Give its files that are no tables, by their suffix.
        has_figures: Whether key figures, tie-out and its charts stand above it.
        is_of_date: Whether what is not tested on its date matters to it.
        whole: What it says where filters are set that it does not follow.
    """

    title: str
    show: Callable[[Context], tuple[Grid | None, Any]]
    document: Callable[[Context], Document] | None = None
    texts: Mapping[str, Callable[[Context], str]] = MappingProxyType({})
    has_figures: bool = False
    whole: str = ""
    is_of_date: bool = True
