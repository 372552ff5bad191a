"""The keys of the configuration → words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def describe_policy(assessment: Assessment) -> str:
    """Say in one line what the plugin does; nothing if its configuration is wrong."""
    policy = assessment.policy
    if policy is None:
        return ""
    keys = (policy.standard, policy.basis, policy.measure, policy.reversals, policy.period)
    standard, basis, measure, reversals, period = (WORDS.get(key, key) for key in keys)
    return f"{standard} · tests {basis} against {measure} · reversals {reversals} · {period}"
