"""The head of the page: date, policy, views, errors, and what the filters do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.engine import InvwdError
from beancount_invwd.ground.words import say, translate
from beancount_invwd.report.ledger.untested import find_untested, tell_cure, tell_gap

from . import fava_api
from .views import todo
from .views.index import VIEWS, list_links
from .views.view import Link
from .words import describe_policy

if TYPE_CHECKING:
    from fava.core import FavaLedger

    from .formats import Formats
    from .request.context import Context
    from .request.selection import Selection


class Mistake(NamedTuple):
    """An error of the ledger: where, what, and a link to the line."""

    place: str
    text: str
    url: str


class Untested(NamedTuple):
    """A period end that has passed and was not tested: what it is about, and what cures it.

    Attributes:
        pending: What a test would change, by currency.
        line: What to paste into the ledger; empty where the plugin line has to be changed.
    """

    date: str
    text: str
    pending: Sequence[str]
    line: str


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above every view.

    Attributes:
        as_of: The date; empty for a ledger without any.
        time: What the movements are of.
        policy: The policy in one line; empty if the configuration is wrong.
        hints: What the filters do to this page, a sentence each.
    """

    views: Sequence[Link]
    mistakes: Sequence[Mistake] = ()
    as_of: str = ""
    time: str = ""
    policy: str = ""
    line: Link | None = None
    hints: Sequence[str] = ()
    untested: Untested | None = None


def build_head(context: Context) -> Head:
    """Build the head."""
    selection, ledger, view = context.selection, context.ledger, context.question.view
    as_of, (start, end) = context.run.as_of, selection.span
    return Head(
        list_links(view, todo.count(context)),
        list_mistakes(ledger, context.formats),
        as_of=str(as_of) if as_of.year > 1 else "",
        time=f"{start} – {end}" + ("" if selection.start else say(", the fiscal year")),
        policy=describe_policy(context.run),
        line=_link_line(context),
        hints=list(_list_hints(selection, view)),
        untested=_find_untested(context) if VIEWS[view].is_of_date else None,
    )


def _find_untested(context: Context) -> Untested | None:
    """What is left out since the ledger does not reach it."""
    found, formats = find_untested(context.run), context.formats
    if found is None:
        return None
    pending = [
        f"{formats.show_money(amount, currency)} {currency}"
        for currency, amount in sorted(found.pending.items())
    ]
    text, line = f"{tell_gap(found)}.", formats.hide(found.cure)
    if line.startswith("'until'"):
        text, line = say("{text} The cure: {cure}.", text=text, cure=tell_cure(found)), ""
    return Untested(str(found.due), formats.sentence(text[0].upper() + text[1:]), pending, line)


def _link_line(context: Context) -> Link | None:
    name, _, line = context.cache.plugin_line.rpartition(":")
    if not name:
        return None
    source = {"filename": context.ledger.beancount_file_path, "lineno": int(line)}
    return Link(f"{Path(name).name}:{line}", fava_api.url_of_source(context.ledger, source))


def _list_hints(selection: Selection, view: str) -> Sequence[str]:
    filters, found = selection.filters, []
    if VIEWS[view].whole:
        return [translate(VIEWS[view].whole)] if selection.is_narrow else []
    if filters.account:
        found.append(
            say(
                "The account filter shows the lots in these accounts, and movements that post to "
                "them. Accounts of one item are tested together, whatever the filter."
            )
        )
    if selection.left_out:
        names = selection.left_out
        more = say(" and {count} more", count=len(names) - 1) if len(names) > 1 else ""
        found.append(
            say(
                "Their allowance stands in {account}{more}, which the account filter leaves out: "
                "movements there, and the carrying amount over time, are not shown.",
                account=names[0],
                more=more,
            )
        )
    if filters.text:
        found.append(
            say(
                "The text filter shows the movements that Fava's journal would, and the items "
                "that entries it picks are about."
            )
        )
    return found


def list_mistakes(ledger: FavaLedger, formats: Formats) -> list[Mistake]:
    """List what the plugin reported when the ledger was loaded."""
    return [
        Mistake(
            f"{Path(str(error.source['filename'])).name}:{error.source['lineno']}",
            formats.sentence(error.message),
            fava_api.url_of_source(ledger, error.source),
        )
        for error in fava_api.list_errors(ledger, InvwdError)
    ]
