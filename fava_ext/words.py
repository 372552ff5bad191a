"""The keys of the configuration → words for people; words that hold paragraphs of standards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.policy.standards import STANDARDS
from beancount_invwd.report.note import requirements as notes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_invwd.report import Assessment

WORDS: Mapping[str, str] = {
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
    "cost": "cost less reserves",
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


def list_citations() -> list[str]:
    """List the project's own words that hold paragraphs: 'IAS 2.9, 2.29, 2.33'."""
    asked = [row for rows in notes.NOTES.values() for row in rows]
    refused = [text for texts in notes.NOT_ALLOWED.values() for text in texts.values()]
    texts = [text for row in asked for text in (row.paragraph, row.gap)]
    sources = (standard.source for standard in STANDARDS.values())
    return [*sources, *texts, *notes.OTHERS.values(), *refused]


def describe_policy(assessment: Assessment) -> str:
    """Say in one line what the plugin does; nothing if its configuration is wrong."""
    policy = assessment.policy
    if policy is None:
        return ""
    keys = (policy.standard, policy.basis, policy.measure, policy.reversals, policy.period)
    standard, basis, measure, reversals, period = (WORDS.get(key, key) for key in keys)
    return f"{standard} · tests {basis} against {measure} · reversals {reversals} · {period}"
