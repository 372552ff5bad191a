"""What each standard asks the note on inventories to say, as data with its paragraphs.

Each requirement is either answered from the ledger (`answer` names how), or left to the author:
nothing is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Answer = Literal[
    "policies",
    "carrying",
    "expense",
    "write-downs",
    "reversals",
    "circumstances",
    "commitments",
    "roll-forward",
    "schedule",
    "tax-return",
]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a standard.

    Attributes:
        paragraph: Where it stands.
        heading: What it asks for, in a few words.
        answer: How the ledger answers it; None if no ledger can.
        gap: What the author has to write, empty if the ledger says it all; of commitments only
            where it has none.
        is_of_losses: Whether there is a gap only in a period with losses.
    """

    paragraph: str
    heading: str
    answer: Answer | None
    gap: str = ""
    is_of_losses: bool = False


IAS2 = (
    Requirement(
        "IAS 2.36 (a)",
        "Accounting policies",
        "policies",
        "cost elements included, and why the cost formulas fit the nature and use of the goods",
    ),
    Requirement(
        "IAS 2.36 (b)",
        "Carrying amount",
        "carrying",
        "classes of goods, if categories are not appropriate (IAS 2.37)",
    ),
    Requirement(
        "IAS 2.36 (c)",
        "Carried at fair value less costs to sell",
        None,
        "the carrying amount of such inventories, or that there are none (IAS 2.3 (b))",
    ),
    Requirement(
        "IAS 2.36 (d)",
        "Recognised as an expense",
        "expense",
        "unallocated production overheads and abnormal amounts of production costs (IAS 2.38)",
    ),
    Requirement("IAS 2.36 (e)", "Write-downs", "write-downs"),
    Requirement("IAS 2.36 (f)", "Reversals of write-downs", "reversals"),
    Requirement(
        "IAS 2.36 (g)",
        "Circumstances that led to reversals",
        "circumstances",
    ),
    Requirement("IAS 1.38", "Roll-forward of the allowance", "roll-forward"),
    Requirement(
        "IAS 2.36 (h)",
        "Pledged as security",
        None,
        "the carrying amount of inventories pledged as security for liabilities, or that there "
        "are none",
    ),
)

ONEROUS = Requirement("IAS 37.84", "Provisions for onerous purchase commitments", "commitments")
"""Asked for where the ledger orders something."""

ASC330 = (
    Requirement(
        "ASC 330-10-50-1",
        "Basis of stating inventories",
        "policies",
        "significant changes in the basis, their nature and their effect on income; cost elements",
    ),
    Requirement(
        "ASC 210-10-50-1, S-X 5-02.6 (registrants)",
        "Major classes",
        "carrying",
        "classes such as finished goods, work in process, materials, if categories are others",
    ),
    Requirement(
        "ASC 330-10-50-2",
        "Substantial and unusual losses from subsequent measurement",
        "write-downs",
        "which of these losses are substantial and unusual, and why",
        is_of_losses=True,
    ),
    Requirement(
        "ASC 330-10-50-3, -4",
        "Goods stated above cost or at sales prices",
        None,
        "which goods are stated so, or that there are none",
    ),
    Requirement(
        "ASC 330-10-50-5",
        "Losses on firm purchase commitments",
        "commitments",
        "net losses on firm, uncancelable commitments, or that there are none",
    ),
    Requirement(
        "ASC 330-10-50-6, 275-10-50",
        "Significant estimates",
        None,
        "estimates that may change in the near term, and how much they matter",
    ),
    Requirement(
        "S-X 12-09 (Schedule II, registrants)",
        "Schedule of the allowance",
        "schedule",
        "charges to other accounts, if there are any",
    ),
    Requirement(
        "Form 1125-A (Rev. November 2024), lines 1, 7, 9a, 9b",
        "Cost of goods sold in the tax return",
        "tax-return",
        "whether the return values goods as the books do, costs under section 263A (line 4), lines "
        "2, 3, 5 and 9c to 9f",
    ),
)

FORMULAS: Mapping[str, str] = {
    "FIFO": "first in, first out",
    "LIFO": "last in, first out",
    "HIFO": "highest cost first",
    "AVERAGE": "weighted average cost",
    "NONE": "weighted average cost (one pool per item)",
    "STRICT": "specific identification of lots",
    "STRICT_WITH_SIZE": "specific identification of lots",
}

NOTES: Mapping[str, Sequence[Requirement]] = {
    "ias2": IAS2,
    "asc330": ASC330,
    "asc330-lcm": ASC330,
}

OTHERS: Mapping[str, str] = {
    "frs102": "what FRS 102 13.22 asks for; the list below is that of IAS 2.36",
    "aspe3031": "what ASPE 3031 asks for; the list below is that of IAS 2.36",
    "hgb": "what HGB §284 (2) asks for; the list below is that of IAS 2.36",
}

_NO_LCM = (
    "right for the retail inventory method (ASC 330-10-35-1C); for any other, 35-1B asks for net "
    "realizable value, which is standard 'asc330'"
)
NOT_ALLOWED: Mapping[str, Mapping[str, str]] = {
    "ias2": {"LIFO": "IAS 2.25 does not allow it", "HIFO": "IAS 2.25 does not allow it"},
    "frs102": {
        "LIFO": "FRS 102 13.18 does not allow it",
        "HIFO": "FRS 102 13.18 does not allow it",
    },
    "aspe3031": {
        "LIFO": "ASPE 3031 does not allow it",
        "HIFO": "ASPE 3031 does not allow it",
    },
    "asc330": {"LIFO": "ASC 330-10-35-1C asks for market, which is standard 'asc330-lcm'"},
    "asc330-lcm": {booking: _NO_LCM for booking in FORMULAS if booking != "LIFO"},
    "hgb": {"HIFO": "HGB §256 names first in, first out and last in, first out only"},
}
