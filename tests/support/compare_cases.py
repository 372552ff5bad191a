"""Case files against the slow model of the rules: what accountants typed, once more from scratch.

Cases with errors, booked movements or directives that the model does not know are left out.

    python -m tests.support.compare_cases [PART OF A NAME]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from beancount import loader
from beancount.core import data

from tests.support.case_files import (
    PLUGIN,
    Case,
    find_cases,
    read_case,
    read_errors,
    without_plugin,
)
from tests.support.compare_models import Difference, add_up, describe, ordered, read_transactions
from tests.support.rules.model import reference

CONFIG = re.compile(r'"beancount_invwd"\s+"((?:[^"\\]|\\.)*)"')


def is_for_the_model(case: Case) -> bool:
    """Whether the model knows all that a case is about."""
    is_known = "#invwd" not in case.ledger
    if "invwd-as-of" in case.ledger:
        is_known &= "invwd-closed" not in case.ledger
    return is_known and case.room != "errors" and not read_errors(case)


def find_model_cases() -> list[Path]:
    """Return the case files that the model can work out."""
    return [path for path in find_cases() if is_for_the_model(read_case(path))]


def compare_case(case: Case) -> Difference:
    """Return what the model expects and the case lacks, and what the case has instead.

    Of a ledger that has errors of its own without the plugin nothing is compared.
    """
    plugin = PLUGIN.search(case.ledger)
    config = CONFIG.search(plugin.group()) if plugin else None
    entries, errors, options = loader.load_string(without_plugin(case.ledger), dedent=False)
    if errors:
        return [], []
    typed, _, _ = loader.load_string(without_plugin(case.text), dedent=False)
    written = [
        entry for entry in typed if isinstance(entry, data.Transaction) and "invwd" in entry.tags
    ]
    wanted = add_up(reference(entries, options, config[1] if config else None))
    found = add_up(read_transactions(written))
    return ordered(wanted - found), ordered(found - wanted)


def compare_all(part: str) -> Iterator[str]:
    """Return lines for each case that differs."""
    for path in find_model_cases():
        case = read_case(path)
        if part in case.name:
            missing, surplus = compare_case(case)
            lines = [*describe("-", missing), *describe("+", surplus)]
            yield from [case.name, *lines] if lines else []


if __name__ == "__main__":
    print(*compare_all("".join(sys.argv[1:])), sep="\n")
