"""The policy in one line; words that hold paragraphs of standards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.policy import words
from beancount_invwd.policy.standards import STANDARDS
from beancount_invwd.report.note import requirements as notes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_invwd.engine import Run

KINDS: Mapping[str, str] = {
    "write-down": "Write-downs",
    "write-off": "Write-offs",
    "reversal": "Reversals",
    "release": "Releases",
    "transfer": "Transfers",
}


def list_citations() -> list[str]:
    """List the project's own words that hold paragraphs: 'IAS 2.9, 2.29, 2.33'."""
    asked = [row for rows in notes.NOTES.values() for row in rows]
    refused = [text for texts in notes.NOT_ALLOWED.values() for text in texts.values()]
    texts = [text for row in asked for text in (row.paragraph, row.gap)]
    sources = (standard.source for standard in STANDARDS.values())
    return [*sources, *texts, *notes.OTHERS.values(), *refused]


def describe_policy(run: Run) -> str:
    """Say in one line what the plugin does."""
    policy = run.policy
    basis, measure = words.BASES[policy.basis], words.MEASURES[policy.measure]
    parts = [
        words.STANDARDS[policy.standard],
        f"tests {basis.in_line} against {measure.in_line}",
        f"reversals {words.REVERSALS[policy.reversals].in_line}",
        words.PERIODS[policy.period],
    ]
    return " · ".join(parts)
