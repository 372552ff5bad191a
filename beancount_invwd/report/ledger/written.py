"""Transactions tagged `#invwd` → movements as the ledger has them.

Reports of what happened read what was written, not what the engine would write: so they tie to the
ledger. It makes no difference whether the plugin generated a transaction at this load, or it was
booked earlier and stands in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast, get_args

from beancount_invwd.allowance.groups import Kind
from beancount_invwd.booked.claim import has_goods
from beancount_invwd.directives.chart import Allowance
from beancount_invwd.directives.metadata import GROUP
from beancount_invwd.engine import is_generated
from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.sums import Sums

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterator, Mapping

    from beancount_invwd.engine import Run

KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Written:
    """One movement of the ledger, of one group and in one currency.

    Attributes:
        group: The item, the category, or `total`.
        quantity: Units, None if the transaction does not say; so are cost, measure and price.
        estimate: What of it comes from estimates that changed; 0 if it does not say.
        source: File and line of the sale that released it, else empty.
        changes: By allowance account, increases of the allowance positive.
        entry: The transaction.
    """

    date: datetime.date
    kind: Kind
    reason: str
    group: str
    entity: str
    currency: str
    quantity: Decimal | None
    cost: Decimal | None
    measure: Decimal | None
    price: Decimal | None
    price_date: datetime.date | None
    estimate: Decimal
    source: str
    changes: Mapping[str, Decimal]
    entry: Any

    @property
    def change(self) -> Decimal:
        """The increase of the allowance; a decrease is negative."""
        return sum(self.changes.values(), ZERO)

    @property
    def is_generated(self) -> bool:
        """Whether the plugin wrote it at this load; else it stands in a file of the ledger."""
        return is_generated(self.entry)


class Reader:
    """Reads movements off transactions.

    Args:
        run: Tells which accounts hold allowances, and of which entity groups are.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._entities: dict[str, set[str]] = {}  # of a group, or of an account
        for stock in run.stocks:
            accounts = {lot.place.contra for lot in stock.lots.values()}
            for name in (stock.key.commodity, stock.category, "total", *accounts):
                self._entities.setdefault(name, set()).add(stock.key.entity)

    def read(self, entry: Any) -> Iterator[Written]:
        """Read a transaction; its postings may name a group of their own."""
        return self._read(entry, lambda name: isinstance(self._run.account(name), Allowance))

    def read_ordered(self, entry: Any) -> Iterator[Written]:
        """Read what a transaction changes of liabilities for what is ordered."""
        return self._read(entry, self._run.order_accounts.__contains__)

    def _read(self, entry: Any, is_asked: Callable[[str], bool]) -> Iterator[Written]:
        meta = entry.meta
        is_result = self._run.is_result(entry)
        found = self._sum_changes(entry, is_asked)
        if not any(found.values()):
            return  # a transfer between accounts of the income statement (section 7)
        for (group, currency), changes in found.items():
            entity = meta.get("invwd-entity")
            yield Written(
                date=entry.date,
                kind=_find_kind(entry, changes, is_result=is_result),
                reason=str(meta.get("invwd-reason") or ""),
                group=group,
                entity=str(self._find_entity(*changes, group) if entity is None else entity),
                currency=currency,
                quantity=_number(meta, "invwd-quantity"),
                cost=_number(meta, "invwd-cost"),
                measure=_number(meta, "invwd-measure"),
                price=_number(meta, "invwd-price"),
                price_date=meta.get("invwd-price-date"),
                estimate=_number(meta, "invwd-estimate") or ZERO,
                source=str(meta.get("invwd-source") or ""),
                changes=changes,
                entry=entry,
            )

    @staticmethod
    def _sum_changes(
        entry: Any, is_asked: Callable[[str], bool]
    ) -> Mapping[tuple[str, str], Sums[str]]:
        """What a transaction changes on accounts, by group and currency."""
        found: dict[tuple[str, str], Sums[str]] = {}
        for posting in entry.postings:
            group = (posting.meta or {}).get(GROUP, entry.meta.get(GROUP))
            if group is not None and posting.cost is None:
                account, units = posting.account, posting.units
                changes = found.setdefault((str(group), units.currency), Sums())
                if is_asked(account):
                    changes.add(account, -units.number)
        return found

    def _find_entity(self, *names: str) -> str:
        """The entity of the first account or group that has but one."""
        found = (self._entities.get(name, set()) for name in names)
        return next((entity for entities in found if len(entities) == 1 for entity in entities), "")


def _find_kind(entry: Any, changes: Mapping[str, Decimal], *, is_result: bool) -> Kind:
    """The kind that is stated, else what the amounts show; without a result it is a transfer."""
    stated = entry.meta.get("invwd")
    if stated in KINDS:
        return cast("Kind", stated)
    change = sum(changes.values(), ZERO)
    if change < ZERO:
        if has_goods(entry):
            return "release"
        return "reversal" if is_result else "transfer"
    return "write-down" if change and is_result else "transfer"


def _number(meta: Mapping[str, Any], key: str) -> Decimal | None:
    value = meta.get(key)
    return value if isinstance(value, Decimal) else None
