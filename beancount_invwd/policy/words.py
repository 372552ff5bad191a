"""The keys of a policy, and what decided a value → words for people.

They stand once: for the narrations of the books, the note to the accounts, and the page. A setting
has two forms, one for a line that sums a policy up and one for a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Setting(NamedTuple):
    """What a value of the configuration is called."""

    in_line: str
    in_sentence: str


STANDARDS: Mapping[str, str] = {
    "ias2": "IAS 2",
    "frs102": "FRS 102",
    "aspe3031": "ASPE 3031",
    "asc330": "ASC 330",
    "asc330-lcm": "ASC 330, lower of cost or market",
    "hgb": "HGB",
}

_NRV, _REPLACEMENT, _RESERVES = "net realisable value", "replacement cost", "cost less reserves"
_LOWER = f"the lower of {_NRV} and {_REPLACEMENT}"
MEASURES: Mapping[str, Setting] = {
    "nrv": Setting(_NRV, _NRV),
    "replacement": Setting(_REPLACEMENT, _REPLACEMENT),
    "cost": Setting(_RESERVES, _RESERVES),
    "lcm": Setting(
        "market within ceiling and floor",
        f"market: {_REPLACEMENT}, not above {_NRV} and not below that less a normal margin",
    ),
    "lower": Setting(_LOWER, _LOWER),
}

BASES: Mapping[str, Setting] = {
    "lot": Setting("each lot", "lot by lot"),
    "item": Setting("each item", "item by item"),
    "category": Setting("each category", "by category of items"),
    "total": Setting("all inventory as one", "for all inventories together"),
}

REVERSALS: Mapping[str, Setting] = {
    "full": Setting(
        "in full", "Write-downs are reversed as far as value comes back, at most to cost."
    ),
    "interim": Setting(
        "within the fiscal year",
        "A write-down is reversed within its fiscal year only; after that it is a new cost basis.",
    ),
    "none": Setting("never", "Write-downs are not reversed."),
}

PERIODS: Mapping[str, str] = {
    "month": "at each month end",
    "quarter": "at each quarter end",
    "year": "at each year end",
    "price": "on each new price",
}

REASONS: Mapping[str, str] = {
    "customer-return": "a customer brought them back",
    "supplier-return": "they went back to the supplier",
    "own-use": "put to own use",
}
"""By the reason of a release, what a person reads where it is no word."""

NRV = (_NRV, "NRV")
VALUES: Mapping[str, tuple[str, str]] = {
    "cost": ("cost", "value"),
    "replacement": (_REPLACEMENT, _REPLACEMENT),
    "ageing": ("cost less a rate by age", "value"),
    "idle": ("cost less a rate for idle goods", "value"),
    "coverage": ("cost less a rate by days of supply", "value"),
    "floor": (f"{_NRV} less normal margin", "market"),
    "used-in": ("what its products leave", "value"),
}
"""By the reason that decided, what goods are written down to, and what that is called beside its
figure; `NRV` for all other reasons."""
