"""A request → the page: head, key figures, tie-out, charts, and the view that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.errors import InvwdError
from beancount_invwd.report.explain import UnknownItem
from fava_ext import charts, fava_api
from fava_ext.columns import Columns
from fava_ext.downloads import find_note, list_formats
from fava_ext.figures import Figures, list_figures
from fava_ext.views.compare import show_form
from fava_ext.views.disclosure import Block, Chapter, read_note, read_remarks
from fava_ext.views.explain import tell_story
from fava_ext.views.movements import show_movements
from fava_ext.views.positions import show_positions
from fava_ext.views.risk import show_risks
from fava_ext.views.rollforward import roll, show_rollforward
from fava_ext.words import describe_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from fava.core import FavaLedger

    from beancount_invwd.report.rollforward import RollTie
    from fava_ext.cells import Cell, Grid
    from fava_ext.context import Context
    from fava_ext.question import Question
    from fava_ext.selection import Selection
    from fava_ext.views.compare import Form
    from fava_ext.views.explain import Story

TITLES = {
    "positions": "Positions",
    "movements": "Movements",
    "rollforward": "Roll-forward",
    "risk": "At risk",
    "compare": "Compare",
    "disclosure": "Disclosure",
}
_OVERVIEWS = {"positions", "movements", "rollforward"}
_CHARTED = {"positions", "movements"}
_WAYS = {
    "item": "Item",
    "lot": "Lot",
    "category": "Category",
    "account": "Account",
    "entity": "Entity",
}


class Link(NamedTuple):
    """A link; `is_here` says that it leads to what is shown."""

    text: str
    url: str
    is_here: bool = False


class Mistake(NamedTuple):
    """An error of the ledger: where, what, and a link to the line."""

    place: str
    text: str
    url: str


class TieRow(NamedTuple):
    """An allowance account: what the lots and the ledger say."""

    account: Cell
    lots: Cell
    ledger: Cell
    difference: Cell
    is_tied: bool


@dataclass(frozen=True, slots=True)
class Written:
    """The note to the accounts."""

    title: str
    remarks: Sequence[Block]
    chapters: Sequence[Chapter]
    markdown: str


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above every view.

    Attributes:
        as_of: The date; empty for a ledger without any.
        time: What the movements are of.
        policy: The policy in one line; empty if the configuration is wrong.
        hints: What the filters do to this page, a sentence each.
    """

    as_of: str
    time: str
    policy: str
    line: Link | None
    views: Sequence[Link]
    mistakes: Sequence[Mistake] = ()
    hints: Sequence[str] = ()
    has_money: bool = True


@dataclass(frozen=True, slots=True)
class Overview:
    """Key figures, tie-out, charts."""

    figures: Sequence[Figures]
    ties: Sequence[TieRow]
    is_tied: bool
    charts: Sequence[fava_api.Chart]
    note: str
    is_at_value: bool


@dataclass(frozen=True, slots=True)
class Body:
    """The view; what it does not need is None or empty.

    Attributes:
        unknown: Why an item cannot be explained.
        values: The fields of the form of the view.
    """

    view: str
    grid: Grid | None = None
    ways: Sequence[Link] = ()
    downloads: Sequence[Link] = ()
    rolled: Sequence[RollTie] = ()
    form: Form | None = None
    story: Story | None = None
    unknown: str = ""
    note: Written | None = None
    values: Sequence[tuple[str, str]] = ()
    hidden: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What the template shows.

    Attributes:
        problem: Why the address cannot be read; then there is neither head nor body.
        fault: What failed in the plugin itself.
        is_switched_on: Whether the ledger has the plugin line.
    """

    view: str = "positions"
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
    question, selection = context.question, context.selection
    assessment = selection.state.assessment
    head = _build_head(context)
    if assessment.policy is None:
        return Page(question.view, head)
    overview = None
    if question.view in _OVERVIEWS and selection.state.assessment.stocks:
        overview = _build_overview(context)
    return Page(question.view, head, overview, build_body(context))


def _build_head(context: Context) -> Head:
    selection, ledger = context.selection, context.ledger
    assessment = selection.state.assessment
    as_of = assessment.as_of
    start = selection.start
    return Head(
        as_of=str(as_of) if as_of.year > 1 else "",
        time=f"{start} – {as_of}" if start else f"up to {as_of}",
        policy=describe_policy(assessment),
        line=_link_line(context),
        views=[
            Link(title, fava_api.url_of(view=view), view == context.question.view)
            for view, title in TITLES.items()
        ],
        mistakes=list_mistakes(ledger, context.formats),
        hints=list(_list_hints(selection)),
        has_money=bool(ledger.options["operating_currency"]),
    )


def _link_line(context: Context) -> Link | None:
    name, _, line = context.store.plugin_line.rpartition(":")
    if not name:
        return None
    source = {"filename": context.ledger.beancount_file_path, "lineno": int(line)}
    return Link(f"{Path(name).name}:{line}", fava_api.url_of_source(context.ledger, source))


def _list_hints(selection: Selection) -> Sequence[str]:
    filters, found = selection.filters, []
    if filters.account:
        found.append(
            "The account filter shows the lots in these accounts, and movements that post to "
            "them. Accounts of one item are tested together, whatever the filter."
        )
    if filters.text:
        found.append(
            "The text filter shows the movements that Fava's journal would, and the items that "
            "entries it picks are about."
        )
    return found


def list_mistakes(ledger: FavaLedger, formats: fava_api.Formats) -> list[Mistake]:
    """List what the plugin reported when the ledger was loaded."""
    return [
        Mistake(
            f"{Path(str(error.source['filename'])).name}:{error.source['lineno']}",
            formats.sentence(error.message),
            fava_api.url_of_source(ledger, error.source),
        )
        for error in fava_api.list_errors(ledger, InvwdError)
    ]


# Above the view


def _build_overview(context: Context) -> Overview:
    selection, view = context.selection, context.question.view
    ties = _show_ties(context)
    currency = fava_api.read_currency()
    note = f"Converted to {currency} at the rates of {selection.state.as_of}." if currency else ""
    return Overview(
        figures=list_figures(selection, context.ledger),
        ties=ties,
        is_tied=all(row.is_tied for row in ties),
        charts=charts.list_charts(selection, context.ledger, view) if view in _CHARTED else [],
        note=note,
        is_at_value=fava_api.is_at_value(),
    )


def _show_ties(context: Context) -> list[TieRow]:
    columns = Columns(context)
    found = []
    for row in context.selection.state.ties:

        def money(number: Any, currency: str = row.currency) -> Cell:
            return replace(columns.amount(number, currency), note=currency)

        account = columns.link_account(row.account)
        difference = money(row.difference)
        found.append(
            TieRow(account, money(row.lots), money(row.ledger), difference, not row.difference)
        )
    return found


# The view


def build_body(context: Context) -> Body:
    """Build the view that is asked for.

    Raises:
        BadQuestionError: A parameter of it cannot be read.
    """
    question = context.question
    body = _BODIES[question.view](context)
    return replace(body, downloads=_list_downloads(context), hidden=_list_hidden(context))


def _list_downloads(context: Context) -> list[Link]:
    question = context.question
    if fava_api.is_incognito():
        return []
    values = _list_values(question)
    if question.view == "disclosure":
        return [Link("Markdown", fava_api.url_of("disclosure.md"))]
    return [
        Link(name.upper(), fava_api.url_of(f"{question.view}.{name}", **values))
        for name in list_formats()
    ]


def _list_values(question: Question) -> dict[str, Any]:
    """The parameters of a view, but for its name."""
    price = question.price.removesuffix("%")
    values: dict[str, dict[str, Any]] = {
        "positions": {"by": question.by},
        "risk": {"headroom": f"{show_percent(question)}%", "within": question.within},
        "compare": {
            "standard": question.standard,
            "basis": question.basis,
            "price": price,
            "with": list(question.scenarios),
        },
        "explain": {"item": question.item, **({"lot": question.lot} if question.lot else {})},
    }
    return values.get(question.view, {})


def show_percent(question: Question) -> str:
    """The share by which NRV may fall, in per cent."""
    return f"{(question.headroom * 100).normalize():f}"


def _list_hidden(context: Context) -> list[tuple[str, str]]:
    """What a form has to send along: Fava's filters, and columns that were kept."""
    args = fava_api.read_arguments()
    names = ("time", "account", "filter", "conversion", "interval", "charts")
    kept = [(name, args[name]) for name in names if args.get(name)]
    columns = [("with", name) for name in context.question.scenarios]
    return [*kept, ("view", context.question.view), *columns]


def _body_of_positions(context: Context) -> Body:
    ways = [
        Link(text, fava_api.url_of(view="positions", by=by), by == context.question.by)
        for by, text in _WAYS.items()
        if by != "entity" or any(s.key.entity for s in context.selection.state.assessment.stocks)
    ]
    return Body("positions", show_positions(context), ways)


def _body_of_movements(context: Context) -> Body:
    return Body("movements", show_movements(context))


def _body_of_rollforward(context: Context) -> Body:
    rolled = roll(context)
    loose = [tie for tie in rolled.ties if not tie.is_tied]
    return Body("rollforward", show_rollforward(context, rolled), rolled=loose)


def _body_of_risk(context: Context) -> Body:
    question = context.question
    values = [("headroom", show_percent(question)), ("within", str(question.within))]
    return Body("risk", show_risks(context), values=values)


def _body_of_comparison(context: Context) -> Body:
    form = show_form(context)
    return Body("compare", form.grid, form=form)


def _body_of_disclosure(context: Context) -> Body:
    note = find_note(context)
    if note is None:
        return Body("disclosure")
    mask = context.formats.sentence
    chapters = read_note(note, mask)
    written = Written(note.title, read_remarks(note), chapters, mask(note.markdown))
    return Body("disclosure", note=written)


def _body_of_explanation(context: Context) -> Body:
    if not context.question.item:
        return Body("explain", unknown="No item is named in this address.")
    try:
        return Body("explain", story=tell_story(context))
    except UnknownItem as error:
        return Body("explain", unknown=str(error))


_BODIES: dict[str, Callable[[Context], Body]] = {
    "positions": _body_of_positions,
    "movements": _body_of_movements,
    "rollforward": _body_of_rollforward,
    "risk": _body_of_risk,
    "compare": _body_of_comparison,
    "disclosure": _body_of_disclosure,
    "explain": _body_of_explanation,
}
