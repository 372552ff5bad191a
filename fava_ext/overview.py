"""Above the views: key figures, tie-out, charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount_invwd.report.ledger.tie_out import tie_out
from fava_ext import fava_api
from fava_ext.charts import list_charts
from fava_ext.figures import Figures, describe_conversion, list_figures
from fava_ext.tables.cells import Cells
from fava_ext.views.index import VIEWS

if TYPE_CHECKING:
    from decimal import Decimal

    from fava_ext.request.context import Context
    from fava_ext.tables.cells import Cell


class TieRow(NamedTuple):
    """An allowance account: what the lots and the ledger say."""

    account: Cell
    lots: str
    ledger: str
    difference: str
    is_tied: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """Key figures, tie-out, charts."""

    figures: Sequence[Figures]
    ties: Sequence[TieRow]
    is_tied: bool
    charts: Sequence[fava_api.Chart]
    note: str
    is_at_value: bool


def build_overview(context: Context) -> Overview | None:
    """Build what stands above a view; None where there is nothing to show."""
    name = context.question.view
    view = VIEWS[name]
    if not view.has_figures or not context.run.stocks:
        return None
    ties = _show_ties(context)
    return Overview(
        figures=list_figures(context),
        ties=ties,
        is_tied=all(row.is_tied for row in ties),
        charts=list_charts(context, name) if view.has_charts else [],
        note=describe_conversion(context),
        is_at_value=fava_api.is_at_value(),
    )


def _show_ties(context: Context) -> list[TieRow]:
    link = Cells(context).link_account

    def show(number: Decimal, currency: str) -> str:
        return f"{context.formats.show_money(number, currency)} {currency}"

    return [
        TieRow(
            link(row.account),
            show(row.lots, row.currency),
            show(row.ledger, row.currency),
            show(row.difference, row.currency),
            not row.difference,
        )
        for row in tie_out(context.run)
    ]
