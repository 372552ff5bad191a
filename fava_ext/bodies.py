"""The view that is asked for: its table or text, its form, its downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from beancount_invwd.report.explain.explain import UnknownItem
from beancount_invwd.report.ledger.remarks import list_remarks
from beancount_invwd.report.note.markdown import write_markdown
from fava_ext import fava_api
from fava_ext.downloads import find_note, list_formats
from fava_ext.head import Link
from fava_ext.views.compare import show_form
from fava_ext.views.explain import tell_story
from fava_ext.views.movements import show_movements
from fava_ext.views.positions import show_positions
from fava_ext.views.risk import show_risks
from fava_ext.views.rollforward import roll, show_rollforward

if TYPE_CHECKING:
    from collections.abc import Callable

    from beancount_invwd.report.note.note import Note
    from beancount_invwd.report.rollforward import RollTie
    from fava_ext.request.context import Context
    from fava_ext.request.question import Question
    from fava_ext.tables.cells import Grid
    from fava_ext.views.compare import Form
    from fava_ext.views.explain import Story


_WAYS = {
    "item": "Item",
    "lot": "Lot",
    "category": "Category",
    "account": "Account",
    "entity": "Entity",
}


@dataclass(frozen=True, slots=True)
class Body:
    """The view; what it does not need is None or empty.

    Attributes:
        unknown: Why an item cannot be explained.
        remarks: What concerns allowances or goods, but is in no position.
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
    note: Note | None = None
    markdown: str = ""
    values: Sequence[tuple[str, str]] = ()
    hidden: Sequence[tuple[str, str]] = ()
    remarks: Sequence[str] = ()


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
        if by != "entity" or any(s.key.entity for s in context.selection.state.run.stocks)
    ]
    selection, sentence = context.selection, context.formats.sentence
    remarks = () if selection.is_narrow else map(sentence, list_remarks(selection.state.run))
    return Body("positions", show_positions(context), ways, remarks=list(remarks))


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
    note = find_note(context, context.formats).change(context.formats.sentence)
    return Body("disclosure", note=note, markdown=write_markdown(note))


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
