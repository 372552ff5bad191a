"""`invwd-commitment` directives: goods that were ordered at a fixed price and are not here yet.

    2024-11-15 custom "invwd-commitment" 10000 GOLD 310.00 USD
      until: 2025-02-28
      account: Assets:Inventory:Vault   ; where they go, if there are several entities
      penalty: 12.00 USD                ; what leaving it costs per unit
      measure: "replacement"            ; the purchase market decides, not what the item sells for

(ASC 330-10-35-17, IAS 37.66 to 69: a firm order that cannot be cancelled.)
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from beancount_invwd.directives.forms import amount_of, check_names, take_penalty
from beancount_invwd.directives.metadata import show
from beancount_invwd.ground.errors import RuleError
from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from beancount_invwd.directives.chart import Chart

ORDERED = (
    'such as: 2024-11-15 custom "invwd-commitment" 500 WIDGET 11.00 USD, with until: 2025-02-28'
)


class Commitment(NamedTuple):
    """An `invwd-commitment`: units that were ordered at a price per unit.

    Attributes:
        until: The last day of delivery, inclusive.
        account: The inventory account that they go to; "" if nothing is said of it.
        entity: Its entity.
        penalty: What leaving it costs per unit; None if it cannot be left.
        is_replaced: Whether the purchase market tells what they are worth.
    """

    date: datetime.date
    item: str
    units: Decimal
    number: Decimal
    currency: str
    until: datetime.date
    account: str
    entity: str
    penalty: Decimal | None
    is_replaced: bool
    entry: Any


def read_commitment(entry: Any, given: Sequence[Any]) -> Commitment:
    """Read a directive; its entity is found later, by `place`.

    Raises:
        RuleError: It is malformed.
    """
    form = f"invwd-commitment takes units, a price per unit and until, {ORDERED}"
    check_names(entry, ("until", "account", "penalty", "measure"))
    until, account = entry.meta.get("until"), entry.meta.get("account", "")
    if len(given) != 2 or any(isinstance(value, str) for value in given):  # noqa: PLR2004
        raise RuleError(form)
    units, item = amount_of(given[0], form)
    number, currency = amount_of(given[1], form)
    if not isinstance(until, datetime.date) or not units or not isinstance(account, str):
        raise RuleError(form)
    if until < entry.date:
        raise RuleError(f"the commitment ends on {until}, before its date; {form}")
    penalty, is_replaced = take_penalty(entry, currency), _is_replaced(entry)
    row = (entry.date, item, units, number, currency, until, account, "", penalty, is_replaced)
    return Commitment(*row, entry)


def _is_replaced(entry: Any) -> bool:
    """Whether `measure:` asks for the purchase market."""
    if "measure" not in entry.meta:
        return False
    if entry.meta["measure"] != "replacement":
        raise RuleError(
            f"the measure of a commitment is {show(entry.meta['measure'])}; allowed is "
            'measure: "replacement", else it is that of goods on hand'
        )
    return True


def place(row: Commitment, chart: Chart) -> Commitment:
    """Find the entity that ordered.

    Raises:
        RuleError: The account is none of inventory, or is needed.
    """
    homes = [found for name in chart.opens if (found := chart.inventory(name)) is not None]
    names = sorted(found.account for found in homes)
    if row.account:
        home = chart.inventory(row.account)
        if home is None or row.account not in chart.opens:
            raise RuleError(
                f"invwd-commitment names {row.account}, which is no inventory account; check its "
                "name"
            )
        return row._replace(entity=home.entity)
    entities = {found.entity for found in homes}
    if len(entities) > 1:
        raise RuleError(
            "there are several entities, and nothing says which of them ordered; add below the "
            f"directive the account that the goods go to: account: {names[0]}"
        )
    return row._replace(entity="".join(entities))
