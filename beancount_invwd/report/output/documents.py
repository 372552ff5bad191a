"""The rows of each report → its document: titles, columns, notes.

The columns of `report` and `rollforward` are those that users' scripts rely on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_invwd.report.explain.steps import show_share
from beancount_invwd.report.output.tables import Cell, Column, Document, Table, pick
from beancount_invwd.report.positions import list_positions, sum_totals
from beancount_invwd.report.remarks import list_remarks

if TYPE_CHECKING:
    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.report.compare import CompareRow, Comparison, Figures
    from beancount_invwd.report.explain.explain import Explanation
    from beancount_invwd.report.positions import By
    from beancount_invwd.report.risk.risk import RiskRow
    from beancount_invwd.report.rollforward import RollBy, Rollforward, RollTie
    from beancount_invwd.report.state import Assessment

ENTITY = Column("entity", "entity")
CURRENCY = Column("currency", "currency")
ITEM = Column("commodity", "item")
CATEGORY = Column("category", "category")
LOT = (
    Column("account", "account"),
    Column("lot_date", "lot date", "date"),
    Column("lot_label", "lot"),
)
_POSITION = (
    ENTITY,
    LOT[0],
    ITEM,
    CATEGORY,
    CURRENCY,
    *LOT[1:],
    Column("unit_cost", "unit cost", "exact"),
    Column("quantity", "quantity", "exact"),
    Column("cost", "cost", "money"),
    Column("price", "price", "exact"),
    Column("price_date", "price date", "date"),
    Column("measure", "measure", "money"),
    Column("allowance", "allowance", "money"),
    Column("carrying", "carrying", "money"),
    Column("pending", "pending", "money"),
    Column("reason", "reason"),
)
_OF_ITEM = {"commodity", "category", "unit_cost", "price", "price_date"}
_OF_LOT = {"account", "lot_date", "lot_label"}
_LACKING: Mapping[str, set[str]] = {
    "lot": set(),
    "item": _OF_LOT,
    "category": (_OF_LOT | _OF_ITEM) - {"category"},
    "account": (_OF_LOT | _OF_ITEM) - {"account"},
    "entity": _OF_LOT | _OF_ITEM,
}
_MOVEMENTS = ("write_downs", "write_offs", "reversals", "releases", "transfers")


def document_positions(
    assessment: Assessment, by: By = "item", lots: Sequence[Row] | None = None
) -> Document:
    """Positions with their totals, by INTERFACE.md; of some lots only, if they are given."""
    policy = assessment.policy
    rows = list_positions(assessment, by, lots)
    columns = [column for column in _POSITION if column.key not in _LACKING[by]]
    kept = {"entity", "currency", "cost", "allowance", "carrying", "pending"}
    sums = [column for column in _POSITION if column.key in kept]
    return Document(
        f"Inventory on {assessment.as_of}",
        {"as_of": assessment.as_of, "standard": policy.standard if policy else None},
        [
            Table(
                "positions",
                columns,
                [pick(row, columns) for row in rows],
                empty=f"No inventory is on hand on {assessment.as_of}.",
            ),
            Table("totals", sums, [pick(row, sums) for row in sum_totals(rows)], "totals"),
        ],
        notes=list_remarks(assessment) if lots is None else [],
    )


def document_rollforward(rolled: Rollforward, by: RollBy | None = None) -> Document:
    """The roll-forward, and whether it ties to the ledger."""
    names = {"item": [ITEM], "category": [CATEGORY], None: []}[by]
    columns = [
        ENTITY,
        CURRENCY,
        *names,
        Column("from", "from", "date"),
        Column("to", "to", "date"),
        Column("opening", "opening", "money"),
        *(Column(key, key.replace("_", "-"), "money") for key in _MOVEMENTS),
        Column("closing", "closing", "money"),
    ]
    same = [column for column in columns if column.key not in {"from", "to"}]
    rows = [{**pick(row, same), "from": row.start, "to": row.end} for row in rolled.rows]
    ties = [
        Column("account", "account"),
        CURRENCY,
        Column("written", "movements", "money"),
        Column("ledger", "ledger", "money"),
        Column("lots", "lots", "money"),
    ]
    state = [_tell_tie(tie) for tie in rolled.ties if not tie.is_tied]
    tied = f"The closing allowance is the balance of the allowance accounts on {rolled.end}."
    return Document(
        "Allowance for inventory",
        {},
        [
            Table("periods", columns, rows, empty="There was no inventory."),
            Table("accounts", ties, [pick(row, ties) for row in rolled.ties], "extra"),
        ],
        notes=[] if state or rolled.is_part else [tied],
        warnings=state,
    )


def _tell_tie(tie: RollTie) -> str:
    return (
        f"{tie.account} does not tie out: {tie.written:f} {tie.currency} by movements, "
        f"{tie.ledger:f} {tie.currency} by the balance of the ledger, "
        f"{tie.lots:f} {tie.currency} by the lots"
    )


def document_risks(
    assessment: Assessment, rows: Sequence[RiskRow], headroom: Decimal, within: int
) -> Document:
    """What is at risk."""
    columns = [
        ENTITY,
        CURRENCY,
        ITEM,
        *LOT,
        Column("quantity", "quantity", "exact"),
        Column("carrying", "carrying", "money"),
        Column("measure", "NRV", "money"),
        Column("headroom", "headroom", "money"),
        Column("headroom_share", "in %", "share"),
        Column("loss_price", "price loss", "money", in_text="rare"),
        Column("expires", "expires", "date"),
        Column("units_expiring", "expiring", "exact", in_text="rare"),
        Column("loss_expiry", "expiry loss", "money", in_text="rare"),
        Column("loss_ageing", "ageing loss", "money", in_text="rare"),
        Column("supply", "supply days", "exact"),
        Column("idle", "idle days", "exact"),
        Column("age", "age days", "exact"),
        Column("price_age", "price days", "exact"),
        Column("at_risk", "at risk", "money"),
        Column("warnings", "warnings"),
    ]
    plain = [column for column in columns if column.key not in {"supply", "warnings"}]
    cells = [
        {**pick(row, plain), "supply": _round_days(row.supply), "warnings": ", ".join(row.warnings)}
        for row in rows
    ]
    title = f"Inventory at risk on {assessment.as_of}"
    return Document(
        f"{title}: if prices fall by {show_share(headroom)}, and within {within} days",
        {"as_of": assessment.as_of, "headroom": headroom, "within": within},
        [Table("items", columns, cells, empty="Nothing is at risk.")],
    )


def _round_days(days: Decimal | None) -> Decimal | None:
    return None if days is None else Decimal(int(days))


def document_comparison(found: Comparison) -> Document:
    """Policies side by side: two lines for each item, its allowance and its profit or loss."""
    columns = [ENTITY, CURRENCY, ITEM, Column("figure", "figure")]
    for number, name in enumerate(found.columns):
        columns.append(Column(f"column {number}", name, "money"))
        if number:
            columns.append(Column(f"difference {number}", "difference", "money"))
    notes = [f"{name}: {message}" for name, messages in found.notes.items() for message in messages]
    return Document(
        f"Allowance on {found.as_of}, profit or loss from {found.start}",
        {},
        [
            Table(
                "rows",
                columns,
                [line for row in found.rows for line in _list_lines(row)],
                empty="There is no allowance under any of these policies.",
            ),
            Table(
                "totals",
                columns,
                [line for row in found.totals for line in _list_lines(row)],
                "totals",
            ),
        ],
        warnings=notes,
        data={
            "as_of": found.as_of,
            "from": found.start,
            "columns": list(found.columns),
            "rows": [_encode(row, found.columns) for row in found.rows],
            "totals": [_encode(row, found.columns) for row in found.totals],
            "notes": notes,
        },
    )


def _list_lines(row: CompareRow) -> list[dict[str, Cell]]:
    lines: list[dict[str, Cell]] = []
    for figure, key in (("allowance", "allowance"), ("profit or loss", "profit")):
        line: dict[str, Cell] = {
            "entity": row.entity,
            "currency": row.currency,
            "commodity": row.commodity,
            "figure": figure,
        }
        for number, (value, more) in enumerate(zip(row.figures, row.differences, strict=True)):
            line[f"column {number}"] = getattr(value, key)
            line[f"difference {number}"] = getattr(more, key)
        lines.append(line)
    return lines


def _encode(row: CompareRow, names: Sequence[str]) -> dict[str, object]:
    def encode(figures: Figures) -> dict[str, Decimal]:
        return {"allowance": figures.allowance, "profit": figures.profit}

    found: dict[str, object] = {"entity": row.entity, "currency": row.currency}
    if row.commodity is not None:
        found["commodity"] = row.commodity
    values = zip(names, row.figures, row.differences, strict=True)
    found["figures"] = [
        {"column": name, **encode(value), "difference": encode(more)}
        for name, value, more in values
    ]
    return found


def document_explanation(found: Explanation) -> Document:
    """The steps, in sections."""
    columns = [
        Column("entity", "entity", in_text="never"),
        Column("currency", "currency", in_text="never"),
        Column("section", "section"),
        Column("label", "step"),
        Column("formula", "how"),
        Column("result", "result", "exact"),
        Column("source", "source"),
    ]
    cells: list[dict[str, Cell]] = []
    for chapter in found.chapters:
        where = " ".join(filter(None, (chapter.currency, chapter.entity)))
        for step in chapter.steps:
            section = f"{step.section} ({where})" if len(found.chapters) > 1 else step.section
            cells.append(
                {
                    "entity": chapter.entity,
                    "currency": chapter.currency,
                    "section": section,
                    "label": step.label,
                    "formula": step.formula,
                    "result": step.result,
                    "source": step.source,
                }
            )
    label = f' "{found.label}"' if found.label else ""
    return Document(
        f"{found.item}{label} on {found.as_of}",
        {"item": found.item, "lot": found.label, "as_of": found.as_of},
        [Table("steps", columns, cells, section="section")],
    )
