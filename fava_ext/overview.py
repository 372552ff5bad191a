"""Above the views: key figures, tie-out, charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from fava_ext import charts, fava_api
from fava_ext.figures import Figures, describe_conversion, list_figures
from fava_ext.tables.columns import Columns

if TYPE_CHECKING:
    from fava_ext.request.context import Context
    from fava_ext.tables.cells import Cell


_OVERVIEWS = {"positions", "movements", "rollforward"}


_CHARTED = {"positions", "movements"}


class TieRow(NamedTuple):
    """An allowance account: what the lots and the ledger say."""

    account: Cell
    lots: Cell
    ledger: Cell
    difference: Cell
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
    if context.question.view not in _OVERVIEWS or not context.selection.state.run.stocks:
        return None
    selection, view = context.selection, context.question.view
    ties = _show_ties(context)
    return Overview(
        figures=list_figures(selection, context.ledger, context.formats),
        ties=ties,
        is_tied=all(row.is_tied for row in ties),
        charts=charts.list_charts(selection, context.ledger, view) if view in _CHARTED else [],
        note=describe_conversion(selection, context.ledger),
        is_at_value=fava_api.is_at_value(),
    )


def _show_ties(context: Context) -> list[TieRow]:
    columns = Columns(context)
    found = []
    for row in context.selection.state.ties:

        def money(number: Decimal, currency: str = row.currency) -> Cell:
            return replace(columns.amount(number, currency), note=currency)

        account = columns.link_account(row.account)
        difference = money(row.difference)
        found.append(
            TieRow(account, money(row.lots), money(row.ledger), difference, not row.difference)
        )
    return found
