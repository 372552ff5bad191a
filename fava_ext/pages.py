"""A request → the page: head, key figures, tie-out, charts, and the view that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .head import Head, Mistake, build_head
from .overview import Overview, build_overview
from .views.index import build_body
from .views.view import Body

if TYPE_CHECKING:
    from .request.context import Context


@dataclass(frozen=True, slots=True)
class Page:
    """What the template shows.

    Attributes:
        problem: Why the address cannot be read; then there is neither head nor body.
        fault: What failed in the plugin itself.
        is_switched_on: Whether the ledger has the plugin line.
    """

    view: str = "todo"
    head: Head | None = None
    overview: Overview | None = None
    body: Body | None = None
    problem: str = ""
    fault: str = ""
    is_switched_on: bool = True
    mistakes: Sequence[Mistake] = ()
    clear_url: str = ""
    editor_url: str = ""


def build_page(context: Context) -> Page:
    """Build the whole page."""
    view = context.question.view
    return Page(view, build_head(context), build_overview(context), build_body(context))
