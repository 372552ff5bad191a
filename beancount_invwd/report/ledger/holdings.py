"""The state of a date → positions: what is on hand, what it cost, what it is worth, and why.

    WIDGET   60   cost 600.00   measure 450.00   allowance 150.00   carrying amount 450.00   price

The carrying amount is cost less allowance, never market value: that would count a loss twice.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

from beancount_invwd.ground.money import CONTEXT, ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.engine import Run

By = Literal["lot", "item", "category", "account", "entity"]
Mark = Literal["impaired", "written-off", "expired", "not-assessed", "stale"]

EXPIRED = "expired"
LACKS = {
    "price": "not assessed: no price",
    "margin": "not assessed: no normal margin",
    "terms": "not assessed: see errors",
    "units": "not assessed: negative",
    "product": "not assessed: no price of what it is used in",
    "purchase": "not assessed: no price to buy it again",
}


@dataclass(frozen=True, slots=True)
class Position:
    """Units on hand and their amounts in the cost currency, not rounded.

    Attributes:
        measure: What they are worth in total; None if a lot of them is not assessed.
        allowance: Positive.
        pending: What a measurement on this date would add to the allowance.
        reason: The rules that decided, or why there is no measure.
        marks: What a reader must not miss: an allowance, nothing left, goods that expired, lots
            that are not assessed, prices that are too old to count.

    Keys that the grouping does not have are None.
    """

    entity: str
    account: str | None
    commodity: str | None
    category: str | None
    currency: str
    lot_date: datetime.date | None
    lot_label: str | None
    unit_cost: Decimal | None
    quantity: Decimal
    cost: Decimal
    price: Decimal | None
    price_date: datetime.date | None
    measure: Decimal | None
    allowance: Decimal
    pending: Decimal
    reason: str
    marks: tuple[Mark, ...] = ()

    @property
    def carrying(self) -> Decimal:
        """Cost less allowance."""
        return self.cost - self.allowance


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of an entity and cost currency."""

    entity: str
    currency: str
    cost: Decimal
    allowance: Decimal
    carrying: Decimal
    pending: Decimal


def list_positions(run: Run, by: By = "item", rows: Sequence[Row] | None = None) -> list[Position]:
    """List what is on hand, sorted by entity, currency and name.

    Args:
        run: The state of a date.
        by: What is one position.
        rows: The lots to list, of those of the run; None is all.
    """
    is_all = rows is None or rows is run.rows
    return [*run.share(_LISTS[by])] if is_all else _list(run, by, rows)


def _list(run: Run, by: By, rows: Sequence[Row] | None = None) -> list[Position]:
    with localcontext(CONTEXT):
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in run.rows if rows is None else rows:
            groups.setdefault(_key(row, by), []).append(row)
        found = [_sum_up(run, key, group, by) for key, group in groups.items()]
        return sorted(found, key=_sort_key)


_LISTS: Mapping[By, Callable[[Any], list[Position]]] = {
    by: partial(_list, by=by) for by in get_args(By)
}


def _find_pending(run: Run) -> dict[int, Decimal]:
    """What a measurement would add to the allowance of each lot, by lot number."""
    return {lot.number: new - lot.allowance for plan in run.plans for lot, new in plan.list_new()}


def _key(row: Row, by: By) -> tuple[Any, ...]:
    lot = row.lot
    entity, currency, commodity = lot.stock.key
    own = {
        "lot": (lot.number,),
        "item": (commodity,),
        "category": (lot.stock.category,),
        "account": (lot.account,),
        "entity": (),
    }
    return (entity, currency, *own[by])


def _sum_up(run: Run, key: tuple[Any, ...], rows: Sequence[Row], by: By) -> Position:
    pending = run.share(_find_pending)
    lot = rows[0].lot
    quantity = sum((row.lot.units for row in rows), ZERO)
    cost = sum((row.lot.cost for row in rows), ZERO)
    totals = [row.measured.total for row in rows]
    price = rows[0].measured.price
    is_one_price = all(row.measured.price == price for row in rows)
    names_item = by in {"lot", "item"}
    return Position(
        entity=key[0],
        account=lot.account if by in {"lot", "account"} else None,
        commodity=lot.stock.key.commodity if names_item else None,
        category=lot.stock.category if names_item or by == "category" else None,
        currency=key[1],
        lot_date=lot.date if by == "lot" else None,
        lot_label=lot.label if by == "lot" else None,
        unit_cost=cost / quantity if names_item and quantity else None,
        quantity=quantity,
        cost=cost,
        price=price.number if is_one_price and price is not None else None,
        price_date=price.own_date if is_one_price and price is not None else None,
        measure=sum((total or ZERO for total in totals), ZERO) if None not in totals else None,
        allowance=sum((row.lot.allowance for row in rows), ZERO),
        pending=sum((pending.get(row.lot.number, ZERO) for row in rows), ZERO),
        reason=_find_reasons(rows, pending),
        marks=_find_marks(run, rows),
    )


def _find_reasons(rows: Sequence[Row], pending: dict[int, Decimal]) -> str:
    """The rules that decided: of the lots that carry a loss, if there are any."""
    lossy = [row for row in rows if row.lot.allowance or pending.get(row.lot.number)]
    reasons = [
        LACKS[row.measured.lack] if row.measured.lack else row.measured.reason
        for row in lossy or rows
    ]
    return ", ".join(dict.fromkeys(reasons))


def _find_marks(run: Run, rows: Sequence[Row]) -> tuple[Mark, ...]:
    allowance = sum((row.lot.allowance for row in rows), ZERO)
    is_gone = bool(allowance) and allowance >= sum((row.lot.cost for row in rows), ZERO)
    found: dict[Mark, bool] = {
        "impaired": bool(allowance) and not is_gone,
        "written-off": is_gone,
        "expired": any(row.measured.reason == EXPIRED for row in rows),
        "not-assessed": any(row.measured.total is None for row in rows),
        "stale": any(
            row.measured.lack == "price"
            and run.find_newest_price(row.lot.stock.key.commodity) is not None
            for row in rows
        ),
    }
    return tuple(mark for mark, is_true in found.items() if is_true)


def _sort_key(row: Position) -> tuple[Any, ...]:
    return (
        row.entity,
        row.currency,
        row.category or "",
        row.commodity or "",
        row.account or "",
        row.lot_date or datetime.date.min,
        row.lot_label or "",
    )


def sum_totals(positions: Sequence[Position]) -> list[Total]:
    """Add positions up by entity and cost currency."""
    with localcontext(CONTEXT):
        groups: dict[tuple[str, str], list[Position]] = {}
        for row in positions:
            groups.setdefault((row.entity, row.currency), []).append(row)
        return [
            Total(
                *key,
                cost=sum((row.cost for row in rows), ZERO),
                allowance=sum((row.allowance for row in rows), ZERO),
                carrying=sum((row.carrying for row in rows), ZERO),
                pending=sum((row.pending for row in rows), ZERO),
            )
            for key, rows in sorted(groups.items())
        ]
