"""Above the views: key figures, tie-out, charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_invwd.ground.words import say
from beancount_invwd.report.ledger.tie_out import tie_cost, tie_out
from beancount_invwd.report.output.columns import ALLOWANCE_TIES, COST_TIES

from . import fava_api
from .charts import Gallery, draw_movements, draw_positions, hang
from .figures import Figures, describe_conversion, list_figures
from .tables.cells import Cells
from .tables.grid import LONGEST
from .views.index import VIEWS

if TYPE_CHECKING:
    from beancount_invwd.report.output.columns import Column

    from .request.context import Context
    from .tables.cells import Cell


_ALWAYS = {"lots", "ledger"}
_CHARTS = {"positions": draw_positions, "movements": draw_movements}


class TieRow(NamedTuple):
    """An account: what the lots (and other parts) and the ledger say, without a difference."""

    account: Cell
    parts: Sequence[str]
    difference: str
    is_tied: bool


class Ties(NamedTuple):
    """The tie-out of allowances, or of cost.

    Attributes:
        name: What the table is called; `label` heads its accounts.
        heads: The titles of the amounts, the difference last.
        rest: How many more accounts there are, all of which tie.
    """

    name: str
    label: str
    heads: Sequence[str]
    rows: Sequence[TieRow]
    rest: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Key figures, tie-out, charts."""

    figures: Sequence[Figures]
    ties: Sequence[Ties]
    is_tied: bool
    gallery: Gallery | None
    note: str
    is_at_value: bool


def build_overview(context: Context) -> Overview | None:
    """Build what stands above a view; None where there is nothing to show."""
    name = context.question.view
    view = VIEWS[name]
    if not view.has_figures or not context.run.stocks:
        return None
    run = context.run
    ties = [
        _show_ties(
            say("Tie-out by allowance account"),
            say("Allowance account"),
            ALLOWANCE_TIES,
            tie_out(run),
            context,
        ),
        _show_ties(
            say("Tie-out by inventory account, at cost"),
            say("Inventory account, at cost"),
            COST_TIES,
            tie_cost(run),
            context,
        ),
    ]
    return Overview(
        figures=list_figures(context),
        ties=ties,
        is_tied=all(row.is_tied for table in ties for row in table.rows),
        gallery=hang(context, _CHARTS[name]) if name in _CHARTS else None,
        note=describe_conversion(context),
        is_at_value=fava_api.is_at_value(),
    )


def _show_ties(
    name: str, label: str, columns: Sequence[Column], rows: Sequence[Any], context: Context
) -> Ties:
    """Show what the accounts hold; parts that are nowhere are left out.

    Of many accounts those that do not tie stand first, and only some of those that do are shown.
    """
    cells, formats = Cells(context), context.formats
    amounts = [row for row in columns if row.is_money]
    shown = [row for row in amounts if row.key in _ALWAYS or any(map(row.read, rows))]
    made, picked = [], rows
    if len(rows) > LONGEST and not context.question.is_whole:
        ranked = sorted(rows, key=lambda row: not row.difference)
        picked = ranked[: max(LONGEST, sum(bool(row.difference) for row in rows))]
    for row in picked:
        numbers: list[Any] = [*(column.read(row) for column in shown), row.difference]
        texts = [f"{formats.show_money(number, row.currency)} {row.currency}" for number in numbers]
        made.append(TieRow(cells.link_account(row.account), texts[:-1], texts[-1], not numbers[-1]))
    heads = [*(column.heading for column in shown), say("Difference")]
    return Ties(name, label, heads, made, len(rows) - len(picked))
