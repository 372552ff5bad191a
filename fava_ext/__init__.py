"""The page "Impairment" in Fava: what inventory is worth, what was lost, and why.

    2024-01-01 custom "fava-extension" "fava_ext"

The page is a face: it shows the rows of `beancount_invwd.report` as they are, and computes nothing
of its own but which of them to show. Fava's private parts are in `fava_api`; the template escapes
all that comes from the ledger and has neither script nor event handler.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fava.ext import FavaExtensionBase

from beancount_invwd.errors import InvwdError
from beancount_invwd.report import NotSwitchedOn, assess, list_positions, sum_totals, tie_out
from fava_ext import fava_api

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal
    from typing import Any, Literal

    from fava.core import FavaLedger

    from beancount_invwd.report import Assessment, Position, TieOut, Total

_log = logging.getLogger(__name__)

_WORDS: Mapping[str, str] = {
    "ias2": "IAS 2",
    "frs102": "FRS 102",
    "aspe3031": "ASPE 3031",
    "asc330": "ASC 330",
    "asc330-lcm": "ASC 330, lower of cost or market",
    "hgb": "HGB",
    "item": "each item",
    "lot": "each lot",
    "category": "each category",
    "total": "all inventory as one",
    "nrv": "net realisable value",
    "replacement": "replacement cost",
    "lcm": "market within ceiling and floor",
    "lower": "the lower of net realisable value and replacement cost",
    "full": "in full",
    "interim": "within the fiscal year",
    "none": "never",
    "month": "at each month end",
    "quarter": "at each quarter end",
    "year": "at each year end",
    "price": "on each new price",
}


@dataclass(frozen=True, slots=True)
class Group:
    """The positions of one entity and cost currency, and their total."""

    total: Total
    positions: Sequence[Position]


@dataclass(frozen=True, slots=True)
class Page:
    """What the template shows.

    Attributes:
        assessment: None if there is none; then `problem`, `fault` or `switched_on` says why.
        errors: What the plugin reported when the ledger was loaded, as bean-check prints it.
        by: "item", or "lot" where an account filter picks lots.
        problem: Why a filter cannot be read; empty if it can.
        fault: What failed in the plugin itself; empty if nothing did.
        switched_on: Whether the ledger has the plugin line.
    """

    assessment: Assessment | None = None
    errors: Sequence[InvwdError] = ()
    by: Literal["item", "lot"] = "item"
    groups: Sequence[Group] = ()
    tie_outs: Sequence[TieOut] = ()
    problem: str = ""
    fault: str = ""
    switched_on: bool = True

    @property
    def is_tied_out(self) -> bool:
        """Whether the allowances of the lots are what the ledger says, in every account."""
        return not any(row.difference for row in self.tie_outs)


class Impairment(FavaExtensionBase):
    """The page; its name is also its address."""

    report_title = "Impairment"

    def __init__(self, ledger: FavaLedger, config: str | None = None) -> None:
        """Take the ledger; the page has no options, and a configuration must not stop Fava."""
        super().__init__(ledger, None)
        self.ignored_config = config

    def build_page(self) -> Page:
        """Assess the inventory as of the end of Fava's time filter, or of the ledger."""
        try:
            return self._assess(fava_api.read_time_filter_end())
        except fava_api.BadFilterError as error:
            return Page(problem=str(error))
        except NotSwitchedOn:
            return Page(switched_on=False)
        except Exception as error:  # noqa: BLE001 (as in plugin.py: said, not thrown)
            _log.exception("the page failed")
            return Page(fault=f"{type(error).__name__}: {error}", errors=self._list_errors())

    def _assess(self, as_of: date | None) -> Page:
        assessment = assess(self.ledger.all_entries, self.ledger.options, as_of)
        accepts = fava_api.read_account_filter()
        by: Literal["item", "lot"] = "lot" if accepts else "item"
        positions = list_positions(assessment, by=by)
        return Page(
            assessment=assessment,
            errors=self._list_errors(),
            by=by,
            groups=_group(_select(positions, accepts)),
            tie_outs=tie_out(assessment, self.ledger.all_entries),
        )

    def _list_errors(self) -> Sequence[InvwdError]:
        return fava_api.list_errors(self.ledger, InvwdError)

    def format_amount(self, number: Decimal, currency: str) -> str:
        """Format an amount as Fava does."""
        return fava_api.format_amount(self.ledger, number, currency)

    def format_exact(self, number: Decimal, currency: str) -> str:
        """Format a quantity or a value per unit with all its digits."""
        return fava_api.format_exact(self.ledger, number, currency)

    def find_source_url(self, source: Mapping[str, Any] | None) -> str | None:
        """Link to a directive in Fava's editor, if a file of the ledger holds it."""
        return fava_api.find_source_url(self.ledger, source)

    def describe_source(self, error: InvwdError) -> str:
        """Name the file and line of an error, without the folder."""
        return f"{Path(str(error.source['filename'])).name}:{error.source['lineno']}"

    def describe_policy(self, assessment: Assessment) -> str:
        """Say in one line what the plugin does; nothing if its configuration is wrong."""
        policy = assessment.policy
        if policy is None:
            return ""
        standard, basis, measure, reversals, period = (
            _WORDS.get(key, key)
            for key in (
                policy.standard,
                policy.basis,
                policy.measure,
                policy.reversals,
                policy.period,
            )
        )
        return f"{standard} · tests {basis} against {measure} · reversals {reversals} · {period}"

    def has_text_filter(self) -> bool:
        """Tell whether Fava's free-text filter is set, which picks entries but no stock."""
        return fava_api.has_text_filter()


def _select(
    positions: Sequence[Position], accepts: Callable[[str], bool] | None
) -> Sequence[Position]:
    """Keep the rows of accounts that a filter accepts; rows of no single account stay."""
    if accepts is None:
        return positions
    return [row for row in positions if row.account is None or accepts(row.account)]


def _group(positions: Sequence[Position]) -> Sequence[Group]:
    """Put rows under their entity and currency, the largest allowance first."""
    by_allowance = sorted(positions, key=lambda row: row.allowance, reverse=True)
    return [
        Group(total, [row for row in by_allowance if _belongs(row, total)])
        for total in sum_totals(positions)
    ]


def _belongs(position: Position, total: Total) -> bool:
    return (position.entity, position.currency) == (total.entity, total.currency)
