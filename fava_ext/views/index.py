"""The views, in the order of the page; and the one that is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from beancount_invwd.ground.words import mark, translate

from .. import downloads, fava_api
from ..views import (
    audit,
    compare,
    diff,
    disclosure,
    explain,
    lookback,
    movements,
    positions,
    prices,
    risk,
    rollforward,
    todo,
)
from ..words import break_words
from .view import Body, Link, View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..request.context import Context
    from ..request.question import Question

VIEWS: Mapping[str, View] = {
    "todo": View(mark("To do"), todo.show, todo.write, has_figures=True),
    "positions": View(mark("Positions"), positions.show, positions.write, has_figures=True),
    "movements": View(mark("Movements"), movements.show, movements.write, has_figures=True),
    "rollforward": View(
        mark("Roll-forward"), rollforward.show, rollforward.write, has_figures=True
    ),
    "risk": View(mark("At risk"), risk.show, risk.write),
    "prices": View(mark("Prices"), prices.show, prices.write),
    "compare": View(mark("Compare"), compare.show, compare.write),
    "disclosure": View(
        mark("Disclosure"),
        disclosure.show,
        texts={"md": disclosure.write_text, "html": disclosure.write_page},
        whole=mark("The note is of all inventory, whatever the account and text filters."),
    ),
    "help": View(mark("Help"), lambda _: (None, None), is_of_date=False),
    "lookback": View("", lookback.show, lookback.write),
    "audit": View("", audit.show, audit.write),
    "diff": View("", diff.show, diff.write),
    "explain": View(
        "",
        explain.show,
        explain.write,
        whole=mark("The explanation is of the whole item, whatever the account and text filters."),
        is_of_date=False,
    ),
}

_COMMAND = re.compile(r"\bbean-invwd (\w+)(?: LEDGER)?")


def list_links(view: str, tasks: str = "") -> list[Link]:
    """List the views that have an entry of their own, the first one with what is to be done."""
    return [
        Link(
            translate(row.title),
            fava_api.url_of(view=name),
            name == view,
            tasks if name == "todo" else "",
        )
        for name, row in VIEWS.items()
        if row.title
    ]


def link_commands(text: str) -> Markup:
    """Words with a link to the view in place of the command that lists the same."""
    parts, end = [], 0
    for found in _COMMAND.finditer(text):
        view = VIEWS.get(found[1])
        if view is not None and view.title:
            parts += [break_words(text[end : found.start()]), _link(found[1], view.title)]
            end = found.end()
    return Markup().join([*parts, break_words(text[end:])])


def _link(name: str, title: str) -> Markup:
    within = fava_api.read_arguments().get("within")
    url = fava_api.url_of(view=name, **({"within": within} if within else {}))
    return Markup('<a href="{}">{}</a>').format(url, translate(title))


def build_body(context: Context) -> Body:
    """Build the view that is asked for.

    Raises:
        BadQuestionError: A parameter of it cannot be read.
    """
    question = context.question
    grid, content = VIEWS[question.view].show(context)
    return Body(question.view, grid, content, _list_downloads(question), _list_hidden(question))


def _list_downloads(question: Question) -> list[Link]:
    view = VIEWS[question.view]
    if fava_api.is_incognito() or not (view.document or view.texts):
        return []
    if view.document is None:
        names = {"md": "Markdown", "html": "HTML"}
        return [
            Link(names[style], fava_api.url_of(f"{question.view}.{style}")) for style in view.texts
        ]
    return [
        Link(name.upper(), fava_api.url_of(f"{question.view}.{name}", **question.parameters))
        for name in downloads.list_formats()
    ]


def _list_hidden(question: Question) -> list[tuple[str, str]]:
    """What a form has to send along: Fava's filters, and columns that were kept."""
    args = fava_api.read_arguments()
    names = ("time", "account", "filter", "conversion", "interval", "charts")
    kept = [(name, args[name]) for name in names if args.get(name)]
    columns = [("with", name) for name in question.scenarios]
    return [*kept, ("view", question.view), *columns]
